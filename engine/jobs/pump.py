"""One round of background work, and rounds until nothing is left: what a worker does, without threads or waiting."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection

from engine import errors
from engine.actions import batch_work, context, messages, search, timers
from engine.actions import jobs as actions
from engine.jobs import notify, runner

#: Rounds after which `run_until_idle` stops: a process that always makes new work would never end.
LIMIT = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """What background work was done: true if any was. `told` is how much people and programs were told of.

    `batched` counts what was done of batches: their items, and what it takes to begin and to end them.
    """

    timers: int = 0
    jobs: int = 0
    expired: int = 0
    told: int = 0
    batched: int = 0

    def __add__(self, other: Done) -> Done:
        return Done(
            self.timers + other.timers,
            self.jobs + other.jobs,
            self.expired + other.expired,
            self.told + other.told,
            self.batched + other.batched,
        )

    def __bool__(self) -> bool:
        return bool(self.timers or self.jobs or self.batched)


def run_until_idle(engine: context.Engine, *, worker: str = "inline", limit: int = LIMIT) -> Done:
    """Fire due timers, run due jobs and do batches, one after the other, until nothing is due at the engine's time.

    Deterministic: timers in order of due time first, then jobs, oldest first, then a page of every batch; when none is
    left, people and programs are told, and what happened can be searched for. Retries that are due later stay.

    Raises:
        errors.Conflict: There is no end to it after `limit` rounds.
    """
    total = Done()
    for _ in range(limit):
        done = _round(engine, worker)
        if not done:
            total += Done(expired=messages.expire(engine), told=notify.until_idle(engine))
            while search.index_pending(engine):
                pass
            return total
        total += done
    raise errors.Conflict(f"后台处理超过 {limit} 轮仍未结束，请检查是否有流程不断产生新的作业。")


def next_due(engine: context.Engine) -> datetime.datetime | None:
    """Return when time brings anything next, None when it never does; it may be in the past."""
    times = (next_work_due(engine), batch_work.next_due(engine), notify.next_due(engine))
    return min((at for at in times if at is not None), default=None)


def next_work_due(engine: context.Engine, topics: Collection[str] | None = None) -> datetime.datetime | None:
    """Return when the next timer or job (of some topics) is due, None when nothing is; it may be in the past."""
    with engine.store.read() as uow:
        times = (uow.timers.next_due(), uow.jobs.next_due(topics=topics))
        moments = [moment for moment in times if moment is not None]
    return min(moments, default=None)


def _round(engine: context.Engine, worker: str) -> Done:
    fired = timers.fire_due(engine)
    actions.recall(engine)
    leased = actions.lease(engine, worker, limit=1)
    for job in leased:
        runner.run(engine, job)
    batched = 0 if fired or leased else batch_work.go_on(engine)
    return Done(fired, len(leased), batched=batched)
