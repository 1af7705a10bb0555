"""The read side of the health of the platform: how much is open, and how late it is."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from engine.store import tables
from engine.store.unit_of_work import UnitOfWork

#: No count goes further: more than this many are told as that many, and counting them costs no more.
MOST = 100_000


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """What is open, counted by indexes that hold nothing else, no further than `MOST` and one more.

    The oldest due times tell of a stopped worker.
    """

    open_instances: int
    open_user_tasks: int
    waiting_jobs: int
    running_jobs: int
    open_incidents: int
    oldest_job: datetime.datetime | None
    oldest_timer: datetime.datetime | None
    oldest_external: datetime.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class Stranded:
    """An open task that nobody has and nobody can take."""

    user_task_id: int
    name: str
    candidate_groups: tuple[str, ...]


def told(count: int) -> str:
    """Return a count of `Load` as people read it: 12, or 100000+."""
    return f"{MOST}+" if count > MOST else str(count)


def candidates(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Return to whom any open task is offered that nobody has, each once: `user` or `group`, and the id.

    From name to name along the index: it costs as much as there are names, not as there are tasks.
    """
    rows = uow.link.select(sa.union_all(_names("user"), _names("group")))
    return [(kind, name) for kind, name in rows]


def _names(kind: str) -> sa.Select[Any]:
    table, other = tables.candidates, tables.candidates.alias()
    first = sa.select(sa.func.min(table.c.name).label("name")).where(table.c.kind == kind)
    names = first.cte(f"{kind}_names", recursive=True)
    later = sa.select(sa.func.min(other.c.name)).where(other.c.kind == kind, other.c.name > names.c.name)
    names = names.union_all(sa.select(later.scalar_subquery()).where(names.c.name.is_not(None)))
    return sa.select(sa.literal(kind).label("kind"), names.c.name).where(names.c.name.is_not(None))


def stranded(uow: UnitOfWork, nobody: Collection[tuple[str, str]], limit: int) -> list[Stranded]:
    """Return the open tasks that are offered to nobody but these, who cannot take them; the oldest first."""
    tasks, candidate, other = tables.user_tasks, tables.candidates, tables.candidates.alias()
    kinds = {kind: [name for each, name in nobody if each == kind] for kind in ("user", "group")}

    def named(table: sa.FromClause) -> sa.ColumnElement[bool]:
        return sa.or_(*(sa.and_(table.c.kind == kind, table.c.name.in_(names)) for kind, names in kinds.items()))

    somebody = sa.exists().where(
        other.c.instance_id == candidate.c.instance_id, other.c.token == candidate.c.token, sa.not_(named(other))
    )
    query = (
        sa.select(tasks.c.id, tasks.c.name, tasks.c.candidate_groups)
        .join_from(
            candidate,
            tasks,
            sa.and_(tasks.c.instance_id == candidate.c.instance_id, tasks.c.token == candidate.c.token),
        )
        .where(named(candidate), sa.not_(somebody))
        .distinct()
        .order_by(tasks.c.id)
        .limit(limit)
    )
    return [Stranded(*row) for row in uow.link.select(query)]


def load(uow: UnitOfWork, now: datetime.datetime) -> Load:
    """Return what is open and how long the oldest due job and timer have been waiting, in two statements."""
    instances, user_tasks, jobs = tables.instances, tables.user_tasks, tables.jobs
    incidents, timers = tables.incidents, tables.timers
    waiting = jobs.c.poll_at.is_not(None)
    ready = sa.and_(waiting, jobs.c.status == sa.literal_column("'ready'"))
    counts: Any = sa.select(
        _counted(sa.select(instances.c.id).where(instances.c.ended_at.is_(None)), "a"),
        _counted(sa.select(user_tasks.c.id).where(user_tasks.c.status == sa.literal_column("'open'")), "b"),
        _counted(sa.select(jobs.c.id).where(ready), "c"),
        _counted(sa.select(jobs.c.id).where(waiting, jobs.c.status == sa.literal_column("'leased'")), "d"),
        _counted(sa.select(incidents.c.id).where(incidents.c.resolved_at.is_(None)), "e"),
    )
    elsewhere = sa.exists().where(tables.external_topics.c.topic == jobs.c.topic)
    late = sa.select(jobs.c.due).where(ready, jobs.c.due <= now).order_by(jobs.c.due).limit(1)
    oldest = sa.select(
        late.where(sa.not_(elsewhere)).scalar_subquery().label("a"),
        sa.select(timers.c.due).where(timers.c.due <= now).order_by(timers.c.due).limit(1).scalar_subquery().label("b"),
        late.where(elsewhere).scalar_subquery().label("c"),
    )
    (numbers,) = uow.link.select(counts)
    (times,) = uow.link.select(oldest)
    return Load(*numbers, *times)


def _counted(rows: sa.Select[tuple[int]], name: str) -> sa.Label[int]:
    bounded = rows.limit(MOST + 1).subquery()
    return sa.select(sa.func.count()).select_from(bounded).scalar_subquery().label(name)
