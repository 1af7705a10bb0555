"""The read side of monitoring: queues and what is late, in few statements that look at open rows only.

Numbers are counted up to `MOST`: a queue that long is told as that long, and telling it costs the same.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa

from engine.store.tables import incidents, instances, jobs, timers
from engine.store.tables_batches import batch_items, batches
from engine.store.tables_events import mails, webhook_deliveries
from engine.store.timers import AWAKE, IS_AWAKE
from engine.store.unit_of_work import UnitOfWork

#: Rows of a queue that are counted at most.
MOST = 10_000

_NOW: sa.BindParameter[datetime.datetime] = sa.bindparam("now")
_MOST: sa.ColumnElement[int] = sa.literal_column(str(MOST))
_POLLED = (
    sa.select(
        jobs.c.topic,
        jobs.c.due,
        sa.case(
            (jobs.c.status == sa.literal_column("'leased'"), sa.literal_column("'running'")),
            (jobs.c.due <= _NOW, sa.literal_column("'due'")),
            else_=sa.literal_column("'later'"),
        ).label("stage"),
    )
    .select_from(jobs.join(instances, instances.c.id == jobs.c.instance_id))
    .where(jobs.c.poll_at.is_not(None), instances.c.status == sa.literal_column("'active'"))
    .order_by(jobs.c.poll_at, jobs.c.id)
    .limit(_MOST)
    .subquery("polled")
)
_QUEUES = (
    sa.select(_POLLED.c.topic, _POLLED.c.stage, sa.func.count(), sa.func.min(_POLLED.c.due))
    .group_by(_POLLED.c.topic, _POLLED.c.stage)
    .order_by(_POLLED.c.topic, _POLLED.c.stage)
)
_LATE = (
    sa.select(timers.c.due)
    .select_from(AWAKE)
    .where(timers.c.due <= _NOW, IS_AWAKE)
    .order_by(timers.c.due, timers.c.id)
    .limit(_MOST)
    .subquery("late")
)
_TIMERS: Any = sa.select(sa.func.count(), sa.func.min(_LATE.c.due)).select_from(_LATE)


def _counted(rows: sa.Select[tuple[int]], name: str) -> sa.ScalarSelect[int]:
    """Count rows, up to the most."""
    return sa.select(sa.func.count()).select_from(rows.limit(_MOST).subquery(name)).scalar_subquery()


_WAITING = (
    sa.select(mails.c.created_at.label("at"))
    .where(mails.c.poll_at.is_not(None))
    .order_by(mails.c.poll_at, mails.c.id)
    .limit(_MOST)
    .subquery("waiting")
)
_COUNTS: Any = sa.select(
    _counted(sa.select(incidents.c.id).where(incidents.c.resolved_at.is_(None)), "open").label("incidents"),
    _counted(
        sa.select(webhook_deliveries.c.id).where(webhook_deliveries.c.status == sa.literal_column("'waiting'")),
        "deliveries",
    ).label("deliveries"),
    _counted(
        sa.select(batch_items.c.target)
        .join(batches, batches.c.id == batch_items.c.batch_id)
        .where(sa.text("batches.state IN ('collecting', 'running')"), batch_items.c.poll_at.is_not(None)),
        "batched",
    ).label("batched"),
    sa.func.count().label("mails"),
    sa.func.min(_WAITING.c.at).label("oldest_mail"),
).select_from(_WAITING)


@dataclasses.dataclass(frozen=True, slots=True)
class Queue:
    """Jobs of a topic that are `due`, `later` (another attempt waits for its time) or `running`; `oldest` by due."""

    topic: str
    stage: str
    depth: int
    oldest: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, at one moment."""

    queues: tuple[Queue, ...]
    late_timers: int
    oldest_timer: datetime.datetime | None
    incidents: int
    deliveries: int
    batched: int
    mails: int
    oldest_mail: datetime.datetime | None


def backlog(uow: UnitOfWork, now: datetime.datetime) -> Backlog:
    """Return what waits, in three statements; the rows of suspended cases rest and do not count."""
    queues = uow.link.all(_QUEUES, {"now": now})
    late = uow.link.one(_TIMERS, {"now": now}) or (0, None)
    counts = uow.link.one(_COUNTS, {}) or (0, 0, 0, 0, None)
    return Backlog(tuple(Queue(*row) for row in queues), *late, *counts)
