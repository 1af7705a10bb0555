"""Work on its way to a worker: jobs that a queue carries by their ids, timers that somebody is about to fire.

The rows stay the truth. Whatever is on its way is not looked for until it has had its time; then it is sent again. So
an entry of the queue that is lost, doubled or late does no harm, nor does a worker that is killed.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection

import sqlalchemy as sa

from engine.model import instances as model
from engine.store import statements
from engine.store.tables import definitions, instances, jobs, timers

#: The columns of a `Timer`, in its order.
TIMER_COLUMNS = [column for column in timers.c if column.name != "carried_until"]
_ACTIVE: sa.ColumnElement[str] = sa.literal_column("'active'")


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """A job that an entry of the queue is about."""

    job_id: int
    topic: str


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """What is carried: jobs of which topics, and until when nobody else need look for them."""

    topics: Collection[str]
    until: datetime.datetime


# Both pick what is due and nobody else is about to carry, and put off looking for it, in one statement.
_DUE_JOBS = (
    sa.select(jobs.c.id)
    .select_from(jobs.join(instances, instances.c.id == jobs.c.instance_id))
    .where(
        jobs.c.poll_at.is_not(None),
        jobs.c.topic == sa.bindparam("topic"),
        jobs.c.poll_at <= sa.bindparam("now"),
        instances.c.status == _ACTIVE,
    )
    .order_by(jobs.c.poll_at, jobs.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(of=jobs, skip_locked=True)
    .cte("due")
)
_CARRY_JOBS = (
    sa.update(jobs)
    .where(jobs.c.id.in_(sa.select(_DUE_JOBS.c.id)))
    .values(poll_at=sa.bindparam("until"))
    .returning(jobs.c.id, jobs.c.due)
)
_DUE_TIMERS = (
    sa.select(timers.c.id)
    .select_from(
        timers.outerjoin(instances, instances.c.id == timers.c.instance_id).outerjoin(
            definitions, definitions.c.id == timers.c.definition_id
        )
    )
    .where(
        timers.c.due <= sa.bindparam("now"),
        sa.or_(timers.c.carried_until.is_(None), timers.c.carried_until <= sa.bindparam("now")),
        sa.or_(instances.c.status == _ACTIVE, definitions.c.status == _ACTIVE),
    )
    .order_by(timers.c.due, timers.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(of=timers, skip_locked=True)
    .cte("due")
)
_CARRY_TIMERS = (
    sa.update(timers)
    .where(timers.c.id.in_(sa.select(_DUE_TIMERS.c.id)))
    .values(carried_until=sa.bindparam("until"))
    .returning(*TIMER_COLUMNS)
)


def due_jobs(
    link: statements.Link, topic: str, now: datetime.datetime, until: datetime.datetime, limit: int
) -> list[Load]:
    """Return up to `limit` jobs of a topic that a queue is to carry now, oldest first; until then nobody else does."""
    rows = link.all(_CARRY_JOBS, {"topic": topic, "now": now, "until": until, "limit": limit})
    return [Load(row[0], topic) for row in sorted(rows, key=lambda row: (row[1], row[0]))]


def due_timers(
    link: statements.Link, now: datetime.datetime, until: datetime.datetime, limit: int
) -> list[model.Timer]:
    """Return up to `limit` due timers that are the caller's to fire, in order of due time; until then nobody else's."""
    rows = link.all(_CARRY_TIMERS, {"now": now, "until": until, "limit": limit})
    return sorted((model.Timer(*row) for row in rows), key=lambda timer: (timer.due, timer.id))
