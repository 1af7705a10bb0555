"""What a form refers to: uploaded files, people, roles and units. A submission may name only what there is."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine import errors, forms
from engine.actions import definition_cache, directory
from engine.model import instances

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction


class Office:
    """Knows what a submission may refer to, within one transaction.

    Args:
        tx: The transaction.
        definition: Of the case.
        instance: The case, once there is one.
        user_task: The task that is filled in; files of its draft are as good as the actor's own.
        trusted: Whether any file may be named that there is: for operators and for what instances send each other.
    """

    def __init__(
        self,
        tx: Transaction,
        definition: definition_cache.Definition,
        instance: instances.ProcessInstance | None = None,
        user_task: instances.UserTask | None = None,
        *,
        trusted: bool = False,
    ) -> None:
        self._tx = tx
        self._definition = definition
        self._instance = instance
        self._user_task = user_task
        self._trusted = trusted

    def problem(self, field: forms.Field, value: Any) -> str | None:
        """Return what is wrong with a file or an id; None if nothing is."""
        if isinstance(value, dict):
            return self.problem_of_file(value)
        if field.widget == "person":
            return self._person(value, field.settings.get("role"))
        if field.widget == "role":
            return None if value in self._directory.roles else f"没有标识为“{value}”的角色，请从列表中选择"
        known = value.isdecimal() and int(value) in self._directory.units
        return None if known else f"没有编号为“{value}”的单位，请从列表中选择"

    @functools.cached_property
    def _directory(self) -> directory.Directory:
        return self._tx.engine.directory.within(self._tx.uow)

    def problem_of_file(self, value: dict[str, Any]) -> str | None:
        """Return None for a file that the actor uploaded, or that the case has already, exactly as it was stored."""
        stored = self._tx.uow.files.find(value["token"])
        if stored is None or stored.as_value() != value:
            return f"文件“{value['name']}”已不存在，请重新上传"
        if self._trusted or stored.owner == self._tx.actor.id or stored.id in self._files_of_case:
            return None
        return f"文件“{value['name']}”不是您上传的，也不属于本事项，请重新上传"

    @functools.cached_property
    def _files_of_case(self) -> frozenset[int]:
        if self._instance is None:
            return frozenset()
        root = self._instance.root_id or self._instance.id
        return self._tx.uow.files.of_case(root, None if self._user_task is None else self._user_task.id)

    def _person(self, user_id: str, role: str | None) -> str | None:
        """Accept somebody with an account (while there are none: of the pack), and with the role that is asked for."""
        pack = {user.id: user for user in self._definition.pack.users}
        names = {user.id: user.name for user in pack.values()}
        try:
            directory.somebody(self._tx.uow, user_id, names)
        except errors.InvalidInput as error:
            return error.message.removesuffix("。")
        if role is None:
            return None
        account = self._tx.uow.users.find(user_id)
        roles = pack[user_id].roles if account is None else account.roles
        return None if role in roles else f"应为{self._directory.role_name(role)}的人员，请从列表中选择"


def link_files(tx: Transaction, instance_id: int, *values: Any) -> None:
    """Note that the files among these values belong to a case now."""
    tokens = dict.fromkeys(value["token"] for value in _files(values))
    found = [tx.uow.files.find(token) for token in tokens]
    ids = [each.id for each in found if each is not None]
    if ids:
        tx.uow.files.link(ids, instance_id, at=tx.now, by=tx.actor.id)


def keep_draft_files(tx: Transaction, office: Office, user_task_id: int, draft: Any) -> None:
    """Note which files a draft holds: those that a submission may hold, too."""
    found = (tx.uow.files.find(value["token"]) for value in _files(draft) if office.problem_of_file(value) is None)
    tx.uow.files.keep_draft(user_task_id, [each.id for each in found if each is not None])


def _files(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the values of files that are somewhere within a value."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if forms.is_file(part):
                yield part
            else:
                pending.extend(part.values())
        elif isinstance(part, list | tuple):
            pending.extend(part)
