"""Finding people in the directory, a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from engine import errors
from engine.actions import context, people, policy
from engine.model import commands, instances
from engine.model import people as model
from engine.store import paging


def search(
    engine: context.Engine,
    *,
    text: str | None = None,
    role: str | None = None,
    unit_id: int | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.User]:
    """Return the active people that match, by id.

    Args:
        engine: The engine.
        text: Part of a name or an id, in any case.
        role: Id of a role they have.
        unit_id: A unit that they belong to, or one above it.
        limit: How many.
        after: Where the page begins, as the page before said.

    Raises:
        errors.InvalidInput: `limit` or `after` is wrong.
    """
    limit, begin = paging.checked(limit), _begin(after)
    names = people.directory(engine)
    found: Iterable[model.User] = names.users.values() if unit_id is None else names.in_unit(unit_id)
    part = (text or "").strip().casefold()
    matching = sorted(
        (
            user
            for user in found
            if user.active
            and user.id > begin
            and (role is None or role in user.roles)
            and (part in user.name.casefold() or part in user.id.casefold())
        ),
        key=lambda user: user.id,
    )
    last = matching[limit - 1].id if len(matching) > limit else None
    return paging.Page(tuple(matching[:limit]), None if last is None else _cursor(last))


def successors(engine: context.Engine, task: instances.UserTask, actor: commands.Actor) -> frozenset[str] | None:
    """Return to whom somebody may transfer a task, by id: to its candidates, if it is a unit's; None for anybody."""
    if actor.is_operator or not policy.of_a_unit(task):
        return None
    names = people.directory(engine)
    if not names.users:
        return None
    return frozenset(task.candidate_users) | {user.id for user in names.in_groups(task.candidate_groups)}


def get(engine: context.Engine, user_id: str) -> model.User:
    """Return somebody's account, active or not.

    Raises:
        errors.NotFound: There is none.
    """
    found = people.directory(engine).users.get(user_id)
    if found is None:
        raise errors.NotFound(f"没有标识为“{user_id}”的用户。")
    return found


def _cursor(user_id: str) -> str:
    return base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")


def _begin(after: str | None) -> str:
    try:
        return base64.urlsafe_b64decode((after or "") + "=" * (-len(after or "") % 4)).decode()
    except (binascii.Error, ValueError):
        raise errors.InvalidInput("翻页位置无效，请从第一页重新查看。") from None
