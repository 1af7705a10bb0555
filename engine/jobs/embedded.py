"""Work without a queue: a worker looks at the rows of jobs and timers itself, and is told of those of its process."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Collection

from engine.actions import context, timers
from engine.actions import jobs as actions
from engine.jobs import pump
from engine.model import instances

_LOG = logging.getLogger(__name__)


class Rows:
    """A source of work; see `engine.jobs.worker.Source`.

    Args:
        engine: The engine.
        name: Who takes the jobs.
        topics: Jobs of which are taken; None: of all.
        free: Tells how many more jobs may run now.
        begin: Runs a job in a thread of its own; returns at once.
    """

    def __init__(
        self,
        engine: context.Engine,
        name: str,
        topics: Collection[str] | None,
        *,
        free: Callable[[], int],
        begin: Callable[[instances.LeasedJob], None],
    ) -> None:
        self._engine = engine
        self._name = name
        self._topics = topics
        self._free = free
        self._begin = begin
        self.last_look: datetime.datetime | None = None

    def start(self) -> None:
        """Nothing is needed."""

    def request_stop(self) -> None:
        """Nothing is taken unless `look` is called."""

    def stop(self, grace: float) -> None:
        """Nothing is left behind."""

    def look(self) -> datetime.datetime | None:
        """Do what is due; see `Source.look`."""
        now = self._engine.clock.now()
        due = pump.next_work_due(self._engine, self._topics)
        self.last_look = now
        if due is None or due > now:
            return due
        fired = self._fire()
        free = self._free()
        leased = actions.lease(self._engine, self._name, limit=free, topics=self._topics) if free > 0 else []
        for job in leased:
            self._begin(job)
        return due if fired or leased else None

    def _fire(self) -> int:
        try:
            return timers.fire_due(self._engine)
        except Exception:
            # A timer that fails is tried again at the next poll, and keeps no job from its run.
            _LOG.exception("worker %s could not fire every timer", self._name)
            return 0
