"""Times written without an expression, and so known before anything runs; read as the executor reads them."""

from __future__ import annotations

import datetime

from engine import errors
from engine.bpmn import timers

# Any moment will do to tell whether a text can be read as one.
_NOW = datetime.datetime(2026, 1, 1, tzinfo=timers.BEIJING)


def is_duration(text: str) -> bool:
    """Tell whether a text is an ISO 8601 duration (P5D)."""
    try:
        timers.after(_NOW, text)
    except errors.EvaluationFailed:
        return False
    return True


def is_moment(text: str) -> bool:
    """Tell whether a text is an ISO 8601 date, point in time or duration from now."""
    try:
        timers.moment(text, _NOW)
    except (errors.EvaluationFailed, OverflowError):
        return False
    return True


def is_date(text: str) -> bool:
    """Tell whether a text is an ISO 8601 date or point in time."""
    return not text.strip().startswith("P") and is_moment(text)


def is_cycle(text: str) -> bool:
    """Tell whether a text is an ISO 8601 repetition (R3/PT1H)."""
    try:
        return timers.cycle(text).times != 0
    except (errors.EvaluationFailed, OverflowError):
        return False


def is_retry_cycle(text: str) -> bool:
    """Tell whether a text is a counted repetition from now (R3/PT5M) or a list of delays (PT1M,PT10M)."""
    if "," in text:
        return all(is_duration(delay.strip()) for delay in text.split(","))
    if not is_cycle(text):
        return False
    cycle = timers.cycle(text)
    return cycle.times is not None and cycle.start is None
