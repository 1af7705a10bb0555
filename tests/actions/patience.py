"""Waiting for what other threads and processes do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

#: Seconds: a bound for what never happens, not a pace. It does nobody harm on a slow machine.
SECONDS = 120.0

Found = TypeVar("Found")


def until(condition: Callable[[], Found], what: str = "nothing happened") -> Found:
    """Wait until something holds, and return what the condition said; fail with `what` when it never does."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.005)
    return found
