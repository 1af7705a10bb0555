"""Deletes cases whose time is over while the window of the settings is open, beside the jobs of a worker."""

from __future__ import annotations

import logging
import threading

from engine.actions import context, erasing

_LOG = logging.getLogger(__name__)

#: Seconds between looks at the clock.
_EVERY = 60.0


class Cleaner:
    """A thread of a worker; there is none as long as the settings have no window.

    Args:
        engine: The engine.
        name: Who takes cases; that of the worker.
        every: Seconds between rounds.
    """

    def __init__(self, engine: context.Engine, name: str, every: float = _EVERY) -> None:
        self._engine = engine
        self._name = name
        self._every = every
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where there is anything to do at all."""
        if self._engine.settings.cleanup_window:
            self._thread = threading.Thread(target=self._work, name=f"{self._name}-clean-up", daemon=True)
            self._thread.start()

    def request_stop(self) -> None:
        """Take no further case."""
        self._stopping.set()

    def stop(self, grace: float) -> None:
        """Take no further case, and wait for the one at hand, as many seconds at most: cut off, it stays whole."""
        self.request_stop()
        if self._thread is not None:
            self._thread.join(grace)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                deleted = erasing.clean_up(self._engine, self._name, lambda: not self._stopping.is_set())
                if deleted:
                    _LOG.info("worker %s deleted %d cases whose time was over", self._name, deleted)
            except Exception:
                # A database that is away comes back; what is not deleted now is deleted later.
                _LOG.exception("worker %s could not clean up", self._name)
            self._stopping.wait(self._every)
