"""Timers: rows polled by their due time. No instance is loaded to find out that nothing is due."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa

from engine.model import definitions as model_definitions
from engine.model import instances as model
from engine.model import steps
from engine.store import carrying, statements
from engine.store.instances import LOCKED_COLUMNS, LOCKED_WIDTH, Instances, LockedInstance
from engine.store.tables import definitions, instances, timers

#: The columns of a `Timer`, in its order.
COLUMNS = carrying.TIMER_COLUMNS
_ACTIVE: sa.ColumnElement[str] = sa.literal_column(f"'{model.InstanceStatus.ACTIVE.value}'")
_STARTABLE: sa.ColumnElement[str] = sa.literal_column(f"'{model_definitions.DefinitionStatus.ACTIVE.value}'")
# A timer of a suspended instance or definition rests; it fires, once, when that goes on.
AWAKE = timers.outerjoin(instances, instances.c.id == timers.c.instance_id).outerjoin(
    definitions, definitions.c.id == timers.c.definition_id
)
IS_AWAKE = sa.or_(instances.c.status == _ACTIVE, definitions.c.status == _STARTABLE)

_UPSERT = statements.upsert(
    timers, ["instance_id", "token"], ["due", "element_id", "carried_until"], without=("id", "definition_id")
)
_UPSERT_START = statements.upsert(
    timers, ["definition_id", "element_id"], ["due", "fired", "carried_until"], without=("id", "instance_id", "token")
)
_DELETE_AT = sa.delete(timers).where(
    timers.c.instance_id == sa.bindparam("instance"), timers.c.token == sa.bindparam("at")
)
_DELETE_START = sa.delete(timers).where(
    timers.c.definition_id == sa.bindparam("definition"), timers.c.element_id == sa.bindparam("element")
)
_DELETE_STARTS = sa.delete(timers).where(timers.c.definition_id == sa.bindparam("definition"))
_DUE = (
    sa.select(*COLUMNS)
    .select_from(AWAKE)
    .where(timers.c.due <= sa.bindparam("now"), IS_AWAKE)
    .order_by(timers.c.due, timers.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_NEXT = sa.select(timers.c.due).select_from(AWAKE).where(IS_AWAKE).order_by(timers.c.due).limit(1)
_LOCK = (
    sa.select(*LOCKED_COLUMNS, *COLUMNS)
    .select_from(instances.join(timers, timers.c.instance_id == instances.c.id))
    .where(timers.c.id == sa.bindparam("timer"), timers.c.due <= sa.bindparam("now"), instances.c.status == _ACTIVE)
    .with_for_update()
)
_LOCK_START = (
    sa.select(*COLUMNS)
    .where(
        timers.c.id == sa.bindparam("timer"),
        timers.c.due <= sa.bindparam("now"),
        timers.c.definition_id.is_not(None),
    )
    .with_for_update()
)
_OF_INSTANCE = (
    sa.select(*COLUMNS).where(timers.c.instance_id == sa.bindparam("instance")).order_by(timers.c.due, timers.c.id)
)


class Timers:
    """The timers of a unit of work."""

    def __init__(self, link: statements.Link, instances_: Instances) -> None:
        self._link = link
        self._instances = instances_

    def due(self, now: datetime.datetime, limit: int) -> list[model.Timer]:
        """Return up to `limit` timers that are due, in order of due time; then `lock` or `lock_start` each."""
        return [model.Timer(*row) for row in self._link.all(_DUE, {"now": now, "limit": limit})]

    def carry(self, now: datetime.datetime, until: datetime.datetime, limit: int) -> list[model.Timer]:
        """Return due timers that are the caller's to fire, in order of due time; until then they are nobody else's."""
        return carrying.due_timers(self._link, now, until, limit)

    def next_due(self) -> datetime.datetime | None:
        """Return when the next timer is due; None if there is none."""
        row = self._link.one(_NEXT, {})
        return None if row is None else row[0]

    def lock(self, timer_id: int, now: datetime.datetime) -> tuple[model.Timer, LockedInstance] | None:
        """Lock the instance of a due timer; None when it has fired, moved or gone, or its instance rests."""
        row = self._link.one(_LOCK, {"timer": timer_id, "now": now})
        if row is None:
            return None
        return model.Timer(*row[LOCKED_WIDTH:]), self._instances.adopt(row)

    def lock_start(self, timer_id: int, now: datetime.datetime) -> model.Timer | None:
        """Lock the due timer of a start event; None when it has fired, moved or gone."""
        row = self._link.one(_LOCK_START, {"timer": timer_id, "now": now})
        return None if row is None else model.Timer(*row)

    def set_start(self, definition_id: int, element_id: str, due: datetime.datetime, *, fired: int = 0) -> None:
        """Set when the start event of a definition is due next; `fired` is how often it has fired so far."""
        row = {"due": due, "element_id": element_id, "definition_id": definition_id, "fired": fired}
        row |= {"carried_until": None}
        self._link.run(_UPSERT_START, row)

    def remove_start(self, definition_id: int, element_id: str) -> None:
        """Remove the timer of a start event that has fired for the last time."""
        self._link.run(_DELETE_START, {"definition": definition_id, "element": element_id})

    def remove_starts(self, definition_id: int) -> None:
        """Remove all start timers of a definition: a newer version has its own."""
        self._link.run(_DELETE_STARTS, {"definition": definition_id})

    def move(self, instance_id: int, token: int, element_id: str, due: datetime.datetime) -> None:
        """Move the timer of a token, e.g. because a calendar changed."""
        open_(self._link, instance_id, [steps.TimerOpened(token, element_id, due)])

    def of_instance(self, instance_id: int) -> list[model.Timer]:
        """Return the timers of an instance, in order of due time."""
        return [model.Timer(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]


def open_(link: statements.Link, instance_id: int, opened: Sequence[steps.TimerOpened]) -> None:
    """Insert the timers of a step; move those of tokens that have one."""
    link.run_many(
        _UPSERT,
        [
            {
                "due": timer.due,
                "element_id": timer.element_id,
                "instance_id": instance_id,
                "token": timer.token,
                "fired": 0,
                "carried_until": None,
            }
            for timer in opened
        ],
    )


def close(link: statements.Link, instance_id: int, waits: Sequence[steps.Closed]) -> None:
    """Remove the timers of tokens."""
    link.run_many(_DELETE_AT, [{"instance": instance_id, "at": wait.token} for wait in waits])
