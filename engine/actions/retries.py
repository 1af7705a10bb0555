"""When a failed job is tried again: `camunda:failedJobRetryTimeCycle`.

`R3/PT5M` is three runs in all, five minutes apart; `PT1M,PT10M` is a second run after one minute and a third after ten.
Both as Camunda 7 counts them.
"""

from __future__ import annotations

import datetime

from engine.bpmn import timers


def next_run(cycle: str, failures: int, now: datetime.datetime) -> datetime.datetime:
    """Return when a job is to run again.

    Args:
        cycle: The retry cycle.
        failures: How often the job has failed, this time included; at least 1.
        now: When it failed.

    Raises:
        errors.EvaluationFailed: The cycle is neither an ISO 8601 repetition nor a list of durations.
    """
    if cycle.lstrip().startswith("R"):
        return timers.after(now, timers.cycle(cycle).every)
    delays = [part.strip() for part in cycle.split(",")]
    return timers.after(now, delays[min(failures, len(delays)) - 1])
