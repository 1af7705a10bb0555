"""Batches in the background: a thread beside those that run jobs, so that neither waits for the other."""

from __future__ import annotations

import logging
import threading

from engine.actions import batch_work, context

_LOG = logging.getLogger(__name__)


class Batches:
    """Does what there is of batches until it is stopped.

    Args:
        engine: The engine; any number of these, in any number of processes, share its batches.
        name: For logs.
        poll: Seconds between looks at the database when there is nothing to do.

    One that is killed loses nothing: what it had taken and not done is done by another one when its lease has run out.
    """

    def __init__(self, engine: context.Engine, name: str, poll: float) -> None:
        self.engine = engine
        self.name = name
        self.poll = poll
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread = threading.Thread(target=self._repeat, name=f"{self.name}-batches", daemon=True)
        self._thread.start()

    def request_stop(self) -> None:
        """Begin no other item; returns at once."""
        self._stopping.set()

    def stop(self, grace: float) -> None:
        """Begin no other item, and wait for the one under way, at most `grace` seconds; the others are given back."""
        self.request_stop()
        if self._thread is not None:
            self._thread.join(grace)

    def _goes_on(self) -> bool:
        return not self._stopping.is_set()

    def _repeat(self) -> None:
        while self._goes_on():
            try:
                done = batch_work.go_on(self.engine, going=self._goes_on)
            except Exception:
                # A database that is away comes back; what was not done is taken again when its lease has run out.
                _LOG.exception("worker %s could not go on with batches", self.name)
                done = 0
            if not done:
                self._stopping.wait(self.poll)
