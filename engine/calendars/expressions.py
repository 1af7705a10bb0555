"""The calendar functions that expressions in diagrams may call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from engine import errors
from engine.calendars import calendar as calendars
from engine.calendars import moments


def functions(
    calendar: calendars.Calendar, now: dt.datetime, due: Mapping[str, dt.datetime] | None = None
) -> dict[str, Callable[..., object]]:
    """Return the functions by the name expressions use, all seeing the same moment.

    - `now()`: the moment, in Asia/Shanghai.
    - `today()`: its day.
    - `workdays(n, start=None)`: the end (23:59:59) of the nth working day after the start.
    - `days(n, start=None)`: the end (23:59:59) of the nth calendar day after the start.
    - `deadline(name)`: when the deadline of that name is due.

    The start is a date, a datetime or either in ISO 8601, by default now; its own day never counts. Without a time zone
    it is taken as official Chinese time. Negative n counts backwards.

    Parameters:
        now: the moment of evaluation, with a time zone.
        due: the deadlines of the case by name.

    Raises:
        CalendarError: `now` has no time zone; the functions raise it for arguments they cannot use.
    """
    here = moments.aware(now).astimezone(moments.SHANGHAI)
    known = dict(due or {})

    def day_zero(start: moments.Moment | str | None) -> dt.date:
        return moments.local_day(here if start is None else moments.read(start))

    def workdays(n: int, start: moments.Moment | str | None = None) -> dt.datetime:
        return moments.end_of_day(calendar.add_workdays(day_zero(start), n).day)

    def days(n: int, start: moments.Moment | str | None = None) -> dt.datetime:
        if type(n) is not int:
            raise errors.CalendarError(f"天数应为整数，实为{n!r}。")
        try:
            return moments.end_of_day(day_zero(start) + dt.timedelta(days=n))
        except OverflowError as error:
            raise errors.CalendarError(f"从{day_zero(start)}起算{n}天，超出可表示的日期。请核对天数。") from error

    def deadline(name: str) -> dt.datetime:
        if name not in known:
            names = "、".join(sorted(known)) or "无"
            raise errors.CalendarError(f"没有名为“{name}”的期限。已有的期限：{names}。")
        return known[name]

    return {
        "now": lambda: here,
        "today": here.date,
        "workdays": workdays,
        "days": days,
        "deadline": deadline,
    }
