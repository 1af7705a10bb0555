"""Deletes cases whose time is over while the window of the settings is open, beside the jobs of a worker."""

from __future__ import annotations

import logging

from engine.actions import context, erasing
from engine.jobs import repeating

_LOG = logging.getLogger(__name__)

#: Seconds between looks at the clock.
_EVERY = 60.0


class Cleaner(repeating.Repeating):
    """A thread of a worker; without a window in the settings it goes on with what was deleted on demand alone.

    Args:
        engine: The engine.
        name: Who takes cases; that of the worker.
        every: Seconds between rounds.

    One that is stopped takes no further case; cut off, the one at hand stays whole.
    """

    def __init__(self, engine: context.Engine, name: str, every: float = _EVERY) -> None:
        super().__init__(f"{name}-clean-up", self._clean_up, every, f"worker {name} could not clean up")
        self._engine = engine
        self._worker = name

    def _clean_up(self) -> int:
        deleted = erasing.clean_up(self._engine, self._worker, self.goes_on)
        if deleted:
            _LOG.info("worker %s deleted %d cases whose time was over", self._worker, deleted)
        return 0  # the next round is due in a while, however much this one did
