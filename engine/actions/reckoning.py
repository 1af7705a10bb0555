"""How a deadline was counted, for whoever has to keep it: from when, by which calendar, what was skipped."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from engine import errors
from engine.calendars import calendar, moments, wording
from engine.model import views_tasks

#: Days between start and due day beyond which the days off are not listed one by one.
_MOST_DAYS = 400


def of(
    start: datetime.datetime, due: datetime.datetime, days: calendar.Calendar, office: str
) -> views_tasks.Reckoning | None:
    """Explain a deadline; None beyond the years that the calendar knows.

    Args:
        start: When the counting began: its day is not counted.
        due: When it is due.
        days: The calendar of the pack.
        office: Title of the pack, whose local changes the calendar has.
    """
    first, last = moments.local_day(start), moments.local_day(due)
    try:
        workdays = days.workdays_between(first, last)
        estimated = days.spans_estimate(first, last)
        skipped = tuple(_off(first, last, days)) if 0 <= (last - first).days <= _MOST_DAYS else ()
    except errors.CalendarError:
        return None
    total = (last - first).days
    free = sum((each.last - each.first).days + 1 for each in skipped)
    changes = len(days.overrides)
    named = f"国家工作日历及“{office}”的 {changes} 项调整" if changes else "国家工作日历"
    return views_tasks.Reckoning(
        due=due,
        start=first,
        workdays=workdays,
        days=total,
        skipped=skipped,
        calendar=named,
        calendar_version=days.version,
        estimated=estimated,
        sentence=_sentence(first, last, workdays, total, free, named, estimated=estimated),
    )


def _sentence(
    first: datetime.date,
    last: datetime.date,
    workdays: int,
    total: int,
    free: int,
    named: str,
    *,
    estimated: bool,
) -> str:
    text = f"自{wording.day(first)}（当日不计）至{wording.day(last)}"
    text += f"，共 {total} 天" if total > 0 else "，当日办结"
    if total > 0:
        text += f"，按{named}计 {workdays} 个工作日"
        text += f"，休息 {free} 天" if free else ""
    return text + ("；其间有年份的放假通知尚未发布，为推算。" if estimated else "。")


def _off(first: datetime.date, last: datetime.date, days: calendar.Calendar) -> Iterator[views_tasks.DayOff]:
    """Yield the days off after the first day, those in a row together."""
    begin: datetime.date | None = None
    reasons: dict[str, None] = {}
    day = first
    while day < last:
        day += datetime.timedelta(days=1)
        known = days.day(day)
        if not known.working:
            begin = begin or day
            reasons[known.reason] = None
        elif begin is not None:
            yield views_tasks.DayOff(begin, day - datetime.timedelta(days=1), "、".join(reasons))
            begin, reasons = None, {}
    if begin is not None:
        yield views_tasks.DayOff(begin, day, "、".join(reasons))
