"""How far off a due time is, in the words of an office: 还剩 3 个工作日, 今天到期, 已超期 2 个工作日."""

from __future__ import annotations

import datetime

from engine import errors
from engine.calendars import calendar, moments
from engine.model import views_lists

#: Working days ahead that count as soon.
_SOON = 2


def of(due: datetime.datetime | None, now: datetime.datetime, days: calendar.Calendar) -> views_lists.Standing | None:
    """Return where a due time stands; None for what is never due.

    Args:
        due: When it is due.
        now: The time.
        days: The calendar whose working days are counted.
    """
    if due is None:
        return None
    today, last = moments.local_day(now), moments.local_day(due)
    try:
        left = days.workdays_between(today, last) if last >= today else -days.workdays_between(last, today)
        estimated = days.spans_estimate(today, last)
    except errors.CalendarError:  # years from now: no calendar reaches that far
        left, estimated = None, False
    if due < now:
        return views_lists.Standing(due, _overdue(today, last, left), "overdue", left, estimated)
    if last == today:
        return views_lists.Standing(due, "今天到期", "today", 0, estimated)
    tone = "soon" if left is not None and left <= _SOON else "later"
    mark = "（推算）" if estimated else ""
    return views_lists.Standing(due, _left(today, last, left) + mark, tone, left, estimated)


def _left(today: datetime.date, last: datetime.date, left: int | None) -> str:
    if left is None:
        return f"还剩 {(last - today).days} 天"
    return f"还剩 {left} 个工作日" if left else "还剩不足 1 个工作日"


def _overdue(today: datetime.date, last: datetime.date, over: int | None) -> str:
    if last == today:
        return "今天已超期"
    if over is None:
        return f"已超期 {(today - last).days} 天"
    return f"已超期 {-over} 个工作日" if over else "已超期，不足 1 个工作日"


def duration(seconds: float) -> str:
    """Return a length of time as people say it: 3 天 2 小时, 5 分钟, 不到 1 分钟."""
    minutes = int(seconds // 60)
    parts = ((minutes // 1440, "天"), (minutes // 60 % 24, "小时"), (minutes % 60, "分钟"))
    said = [f"{number} {unit}" for number, unit in parts if number][:2]
    return " ".join(said) or "不到 1 分钟"


def bounds(
    due: views_lists.Due | None, now: datetime.datetime
) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """Return from when to before when something is due that a filter asks for; None where there is no bound."""
    tomorrow = moments.end_passed(moments.local_day(now))
    if due is views_lists.Due.OVERDUE:
        return None, now
    if due is views_lists.Due.TODAY:
        return now, tomorrow
    if due is views_lists.Due.WEEK:
        return now, tomorrow + datetime.timedelta(days=6)
    return None, None
