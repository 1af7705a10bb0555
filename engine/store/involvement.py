"""Who has to do with a case: what decides who may see it. And who does for a reason that nothing else tells."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine.model import people as model
from engine.store import statements
from engine.store.tables import comments, instances, user_tasks
from engine.store.tables_cooperation import copies, countersignatures
from engine.store.tables_people import participants

_TAKE_PART = statements.upsert(participants, ["instance_id", "user_id", "how"], [])


@dataclasses.dataclass(frozen=True, slots=True)
class Involved:
    """The people and roles that have to do with a case, or with one of its family."""

    users: frozenset[str]
    groups: frozenset[str]


class Involvement:
    """Who has to do with the cases of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(self, instance_id: int, user_id: str, how: model.Participation, at: datetime.datetime) -> None:
        """Let somebody see a case from now on; a second time changes nothing."""
        self._link.run(_TAKE_PART, {"instance_id": instance_id, "user_id": user_id, "how": how, "at": at})

    def of_instance(self, instance_id: int) -> Involved:
        """Return who has to do with one case."""
        return _read(self._link.all(_OF_INSTANCE, {"instance": instance_id}))

    def of_family(self, instance_id: int) -> Involved:
        """Return who has to do with a case, with those that called it, or with any that these have called."""
        return _read(self._link.all(_OF_FAMILY, {"instance": instance_id}))


def _read(rows: Iterable[statements.Row]) -> Involved:
    found: dict[str, set[str]] = {"user": set(), "group": set()}
    for kind, names in rows:
        if kind.endswith("s"):  # several, as JSON
            found[kind.removesuffix("s")].update(json.loads(names))
        else:
            found[kind].add(names)
    return Involved(frozenset(found["user"]), frozenset(found["group"]))


def _involved(cases: sa.Select[int]) -> sa.Select[Any]:
    def each(kind: sa.ColumnElement[str] | str, name: sa.ColumnElement[Any], case: sa.ColumnElement[int]) -> Any:
        said = sa.literal_column(f"'{kind}'") if isinstance(kind, str) else kind
        return sa.select(said.label("kind"), sa.cast(name, sa.Text).label("name")).where(
            case.in_(cases), name.is_not(None)
        )

    task = user_tasks.c
    found = sa.union(
        each("user", instances.c.started_by, instances.c.id),
        each("user", task.assignee, task.instance_id),
        each("user", task.owner, task.instance_id),
        each("user", task.completed_by, task.instance_id),
        each("user", task.completed_for, task.instance_id),
        each("users", task.candidate_users, task.instance_id),
        each("groups", task.candidate_groups, task.instance_id),
        each("user", comments.c.author, comments.c.instance_id),
        each("user", countersignatures.c.person, countersignatures.c.instance_id),
        each("user", countersignatures.c.answered_by, countersignatures.c.instance_id),
        each(copies.c.kind, copies.c.name, copies.c.instance_id),
        each("user", participants.c.user_id, participants.c.instance_id),
    ).subquery()
    return sa.select(found.c.kind, found.c.name)


_ITSELF = sa.select(instances.c.id).where(instances.c.id == sa.bindparam("instance"))
_ROOT = (
    sa.select(sa.func.coalesce(instances.c.root_id, instances.c.id))
    .where(instances.c.id == sa.bindparam("instance"))
    .scalar_subquery()
)
_FAMILY = sa.select(
    sa.union_all(
        sa.select(instances.c.id).where(instances.c.id == _ROOT),
        sa.select(instances.c.id).where(instances.c.root_id == _ROOT),
    )
    .subquery()
    .c.id
)
_OF_INSTANCE = _involved(_ITSELF)
_OF_FAMILY = _involved(_FAMILY)
