"""A thread that does something again and again until it is stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_LOG = logging.getLogger(__name__)


class Repeating:
    """Does rounds of something, one after the other.

    Args:
        name: Of the thread.
        round_: Does a round; how much it did, 0 where there was nothing to do.
        pause: Seconds to wait after a round in which nothing was done, or which failed.
        trouble: What is logged with a round that fails.

    A round that fails is done again: a database that is away comes back, and what a round had taken and not done is
    done when its lease has run out.
    """

    def __init__(self, name: str, round_: Callable[[], int], pause: float, trouble: str) -> None:
        self._name = name
        self._round = round_
        self._pause = pause
        self._trouble = trouble
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._repeat, name=self._name, daemon=True)
        self._thread.start()

    def goes_on(self) -> bool:
        """Tell whether nobody has asked it to stop."""
        return not self._stopping.is_set()

    def request_stop(self) -> None:
        """Begin nothing more; returns at once."""
        self._stopping.set()

    def stop(self, grace: float) -> None:
        """Begin nothing more, and wait for the round under way, at most `grace` seconds."""
        self.request_stop()
        if self._thread is not None:
            self._thread.join(grace)

    def _repeat(self) -> None:
        while self.goes_on():
            try:
                done = self._round()
            except Exception:
                _LOG.exception(self._trouble)
                done = 0
            if not done:
                self._stopping.wait(self._pause)
