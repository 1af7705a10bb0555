"""Points in time written in diagrams: ISO 8601 dates, durations and cycles.

Months and years are counted on the calendar (31 January + P1M is the last day of February); a date without a zone is
meant in Beijing time, which has had no daylight saving since 1991.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

from dateutil import relativedelta

from engine import errors

BEIJING = datetime.timezone(datetime.timedelta(hours=8), "UTC+08:00")

_DURATION = re.compile(
    r"P(?=.)(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Cycle:
    """A repetition: how often (None for ever), from when (None for now), how far apart."""

    times: int | None
    start: datetime.datetime | None
    every: str


def duration(text: str) -> relativedelta.relativedelta:
    """Read an ISO 8601 duration such as `P5D` or `PT1H30M`.

    Raises:
        errors.EvaluationFailed: the text is something else; a negative duration is.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise errors.EvaluationFailed(f"时长应为 ISO 8601 写法（如 P5D、PT1H），现为 {text!r}")
    found = match.groupdict("0")
    seconds, _, fraction = found["seconds"].partition(".")
    return relativedelta.relativedelta(
        years=int(found["years"]),
        months=int(found["months"]),
        weeks=int(found["weeks"]),
        days=int(found["days"]),
        hours=int(found["hours"]),
        minutes=int(found["minutes"]),
        seconds=int(seconds),
        microseconds=int(fraction.ljust(6, "0") or 0),
    )


def after(start: datetime.datetime, text: str) -> datetime.datetime:
    """Return the moment a duration after `start`, counted on the Beijing calendar."""
    try:
        return start.astimezone(BEIJING) + duration(text)
    except (OverflowError, ValueError):
        raise errors.EvaluationFailed(f"时长过大：{text!r}") from None


def moment(value: Any, now: datetime.datetime) -> datetime.datetime:
    """Turn what an expression yields into a point in time.

    Args:
        value: a datetime, a date (its end in Beijing), an ISO 8601 text of either, a timedelta or duration (from now).
        now: aware.

    Raises:
        errors.EvaluationFailed: the value is none of these, or lies outside the years 1 to 9999.
    """
    try:
        found = _moment(value, now)
        found.astimezone(datetime.UTC)  # as it will be stored
    except OverflowError:
        raise errors.EvaluationFailed(f"时间应在公元 1 年至 9999 年之间，现为 {value!r}") from None
    except ValueError:
        raise errors.EvaluationFailed(f"时间应为日期、时刻或时长（ISO 8601），现为 {value!r}") from None
    return found


def _moment(value: Any, now: datetime.datetime) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=BEIJING)
    if isinstance(value, datetime.date):
        if value == datetime.date.max:  # 长期有效: its end lies beyond the calendar
            return datetime.datetime.combine(value, datetime.time.max, BEIJING)
        return datetime.datetime.combine(value, datetime.time(), BEIJING) + datetime.timedelta(days=1)
    if isinstance(value, datetime.timedelta):
        return now + value
    if not isinstance(value, str):
        raise ValueError(value)
    text = value.strip()
    if text.startswith("P"):
        return after(now, text)
    if len(text) <= 10:
        return _moment(datetime.date.fromisoformat(text), now)
    return _moment(datetime.datetime.fromisoformat(text), now)


def cycle(text: str) -> Cycle:
    """Read an ISO 8601 repetition such as `R3/PT1H`, `R/P1D` or `R5/2026-01-01T09:00:00+08:00/P1W`.

    Raises:
        errors.EvaluationFailed: the text is something else, or repeats without time passing.
    """
    parts = text.strip().split("/")
    match = re.fullmatch(r"R(\d{0,6})", parts[0])
    if match is None or len(parts) not in (2, 3):
        raise errors.EvaluationFailed(f"循环应为 ISO 8601 写法（如 R3/PT1H），现为 {text!r}")
    epoch = datetime.datetime(2000, 1, 1, tzinfo=BEIJING)
    start = None
    if len(parts) == 3:
        if parts[1].strip().startswith("P"):
            raise errors.EvaluationFailed(f"循环的中段应为起始时刻，现为 {parts[1]!r}")
        start = moment(parts[1], epoch)
    every = parts[-1]
    if match[1] and int(match[1]) == 0:
        raise errors.EvaluationFailed(f"循环的次数应大于零，现为 {text!r}")
    if after(epoch, every) <= epoch:
        raise errors.EvaluationFailed(f"循环的间隔应大于零，现为 {text!r}")
    return Cycle(int(match[1]) if match[1] else None, start, every)


def next_in_cycle(found: Cycle, previous: datetime.datetime, now: datetime.datetime) -> datetime.datetime:
    """Return when a cycle is due after `previous`.

    A counted cycle fires every time it was due, also late; an unlimited one skips what was missed while nothing ran.
    """
    due = after(previous, found.every)
    if found.times is not None or due > now:
        return due
    every = duration(found.every)
    if not every.years and not every.months:  # of equal length: counted, not walked, however long nothing ran
        return previous + (due - previous) * ((now - previous) // (due - previous) + 1)
    while due <= now:
        due = after(due, found.every)
    return due


def first_in_cycle(found: Cycle, now: datetime.datetime) -> datetime.datetime:
    """Return when a cycle is first due: at its start when it has one, else one interval from now."""
    return found.start if found.start is not None else after(now, found.every)
