"""Background work: handlers of service tasks, timers, messages that expire.

`Worker` does it in threads of its own; `run_until_idle` does it here and now, for tests and the demonstration.
"""

from __future__ import annotations

from engine.jobs.pump import Done, next_due, run_until_idle
from engine.jobs.worker import Worker

__all__ = ["Done", "Worker", "next_due", "run_until_idle"]
