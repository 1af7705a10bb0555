"""The read side of the health of the platform: how much is open, and how late it is."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa

from engine.store import tables
from engine.store.unit_of_work import UnitOfWork


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """What is open, counted by indexes that hold nothing else; the oldest due times tell of a stopped worker."""

    open_instances: int
    open_user_tasks: int
    waiting_jobs: int
    running_jobs: int
    open_incidents: int
    oldest_job: datetime.datetime | None
    oldest_timer: datetime.datetime | None


def load(uow: UnitOfWork, now: datetime.datetime) -> Load:
    """Return what is open and how long the oldest due job and timer have been waiting, in two statements."""
    instances, user_tasks, jobs = tables.instances, tables.user_tasks, tables.jobs
    incidents, timers = tables.incidents, tables.timers
    count = sa.func.count()
    waiting = jobs.c.poll_at.is_not(None)
    ready = sa.and_(waiting, jobs.c.status == sa.literal_column("'ready'"))
    counts = sa.select(
        sa.select(count).select_from(instances).where(instances.c.ended_at.is_(None)).scalar_subquery().label("a"),
        sa.select(count)
        .select_from(user_tasks)
        .where(user_tasks.c.status == sa.literal_column("'open'"))
        .scalar_subquery()
        .label("b"),
        sa.select(count).select_from(jobs).where(ready).scalar_subquery().label("c"),
        sa.select(count)
        .select_from(jobs)
        .where(waiting, jobs.c.status == sa.literal_column("'leased'"))
        .scalar_subquery()
        .label("d"),
        sa.select(count).select_from(incidents).where(incidents.c.resolved_at.is_(None)).scalar_subquery().label("e"),
    )
    oldest = sa.select(
        sa.select(jobs.c.due)
        .where(ready, jobs.c.due <= now)
        .order_by(jobs.c.due)
        .limit(1)
        .scalar_subquery()
        .label("a"),
        sa.select(timers.c.due).where(timers.c.due <= now).order_by(timers.c.due).limit(1).scalar_subquery().label("b"),
    )
    (numbers,) = uow.link.select(counts)
    (times,) = uow.link.select(oldest)
    return Load(*numbers, *times)
