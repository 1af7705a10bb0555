"""Who was asked to countersign user tasks, what they answered, and completions that wait for their agreement."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa

from engine import errors
from engine.model import cooperation as model
from engine.model import instances
from engine.store import statements, types
from engine.store.tables_cooperation import countersignatures

#: The columns of a `Countersignature`, in its order.
COLUMNS = [column for column in countersignatures.c if column.name != "sort_due"]
#: A literal, not a parameter: SQLite uses an index of what is open only where the statement says that it is.
IS_OPEN = countersignatures.c.status == sa.literal_column("'open'")

_INSERT = statements.insert(
    countersignatures,
    without=("id", "answered_at", "answered_by", "agrees", "opinion"),
    returning=countersignatures.c.id,
)
_GET = sa.select(*COLUMNS).where(countersignatures.c.id == sa.bindparam("countersignature"))
_OF_TASK = (
    sa.select(*COLUMNS).where(countersignatures.c.user_task_id == sa.bindparam("task")).order_by(countersignatures.c.id)
)
_OF_INSTANCE = (
    sa.select(*COLUMNS)
    .where(countersignatures.c.instance_id == sa.bindparam("instance"))
    .order_by(countersignatures.c.id)
)
_TASKS_OF = (
    sa.select(countersignatures.c.user_task_id)
    .where(countersignatures.c.person == sa.bindparam("person"), IS_OPEN)
    .order_by(countersignatures.c.user_task_id)
)
_GIVE = (
    sa.update(countersignatures)
    .where(countersignatures.c.id == sa.bindparam("countersignature"))
    .values(person=sa.bindparam("person"))
)
_CHANGEABLE = ("status", "opened_at", "answered_at", "answered_by", "agrees", "opinion")
_SAVE = (
    sa.update(countersignatures)
    .where(
        countersignatures.c.id == sa.bindparam("countersignature"),
        countersignatures.c.status == sa.bindparam("before"),
    )
    .values({name: sa.bindparam(name) for name in _CHANGEABLE})
)
# By instance and token, as a step tells of tasks that are over: their ids need not be looked up.
_LAPSE = (
    sa.update(countersignatures)
    .where(
        countersignatures.c.instance_id == sa.bindparam("instance"),
        countersignatures.c.token == sa.bindparam("at"),
        sa.or_(IS_OPEN, countersignatures.c.status == sa.literal_column("'planned'")),
    )
    .values(status=model.CountersignStatus.LAPSED)
)


class Countersignatures:
    """The countersignatures of a unit of work. Whatever changes one has locked its instance."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        task: instances.UserTask,
        kind: model.CountersignKind,
        person: str,
        *,
        asked_by: str,
        question: str,
        at: datetime.datetime,
    ) -> model.Countersignature:
        """Ask somebody for an opinion on an open user task; one of the kind `after` is planned, others are open."""
        planned = kind is model.CountersignKind.AFTER
        status = model.CountersignStatus.PLANNED if planned else model.CountersignStatus.OPEN
        row = {
            "instance_id": task.instance_id,
            "user_task_id": task.id,
            "token": task.token,
            "kind": kind,
            "status": status,
            "person": person,
            "asked_by": asked_by,
            "asked_at": at,
            "question": question,
            "due": task.due,
            "opened_at": None if planned else at,
            "sort_due": task.due or types.NEVER,
        }
        new_id = self._link.insert(_INSERT, row)
        return model.Countersignature(
            id=new_id,
            instance_id=task.instance_id,
            user_task_id=task.id,
            token=task.token,
            kind=kind,
            status=status,
            person=person,
            asked_by=asked_by,
            asked_at=at,
            question=question,
            due=task.due,
            opened_at=None if planned else at,
        )

    def get(self, countersignature_id: int) -> model.Countersignature:
        """Return a countersignature; lock its user task, then look again, before changing it.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"countersignature": countersignature_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {countersignature_id} 的加签。", countersignature=countersignature_id)
        return model.Countersignature(*row)

    def of_task(self, user_task_id: int) -> list[model.Countersignature]:
        """Return all countersignatures of a user task, oldest first."""
        return [model.Countersignature(*row) for row in self._link.all(_OF_TASK, {"task": user_task_id})]

    def of_instance(self, instance_id: int) -> list[model.Countersignature]:
        """Return all countersignatures of an instance, oldest first."""
        return [model.Countersignature(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]

    def tasks_of(self, person: str) -> list[int]:
        """Return the ids of the user tasks on which somebody is asked for an opinion now."""
        return list(dict.fromkeys(row[0] for row in self._link.all(_TASKS_OF, {"person": person})))

    def give(self, found: model.Countersignature, person: str) -> None:
        """Ask somebody else instead, for good."""
        self._link.run(_GIVE, {"countersignature": found.id, "person": person})

    def change(
        self,
        found: model.Countersignature,
        status: model.CountersignStatus,
        *,
        opened_at: datetime.datetime | None = None,
        answered_at: datetime.datetime | None = None,
        answered_by: str | None = None,
        agrees: bool | None = None,
        opinion: str | None = None,
    ) -> model.Countersignature:
        """Change what a countersignature has come to; return it as it now is.

        Raises:
            errors.Conflict: It is not as it was found any more.
        """
        after = dataclasses.replace(
            found,
            status=status,
            opened_at=opened_at or found.opened_at,
            answered_at=answered_at,
            answered_by=answered_by,
            agrees=agrees,
            opinion=opinion,
        )
        params = {name: getattr(after, name) for name in _CHANGEABLE}
        if self._link.run(_SAVE, params | {"countersignature": found.id, "before": found.status}) != 1:
            raise errors.Conflict("该加签的状态已经改变，操作未执行，请刷新后再试。", countersignature=found.id)
        return after


def lapse(link: statements.Link, instance_id: int, tokens: Sequence[int]) -> None:
    """End what is still open on user tasks that are over in another way than by completion."""
    link.run_many(_LAPSE, [{"instance": instance_id, "at": token} for token in tokens])
