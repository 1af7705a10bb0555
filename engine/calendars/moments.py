"""Days and moments in official Chinese time, and how a day ends."""

from __future__ import annotations

import datetime as dt

from engine import errors

#: China has kept one time zone without daylight saving since 1992, before the first year of the calendar. A fixed
#: offset therefore says the same as the IANA zone and needs no zone database on the machine.
SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")

#: A day in official time, or an instant.
Moment = dt.date | dt.datetime


def local_day(moment: Moment) -> dt.date:
    """Return the calendar day in Asia/Shanghai on which the moment falls.

    Raises:
        CalendarError: the moment is a datetime without a time zone, so its day is not known.
    """
    if isinstance(moment, dt.datetime):
        return aware(moment).astimezone(SHANGHAI).date()
    return moment


def aware(moment: dt.datetime) -> dt.datetime:
    """Return the datetime unchanged, or refuse it.

    Raises:
        CalendarError: it has no time zone.
    """
    if moment.utcoffset() is None:
        raise errors.CalendarError(
            f"时间{moment.isoformat()}没有时区，无法确定是哪一天。请给出带时区的时间，例如{moment.isoformat()}+08:00。"
        )
    return moment


def end_of_day(day: dt.date) -> dt.datetime:
    """Return 23:59:59 in Asia/Shanghai: the last second on which something due that day is in time.

    The law ends a day at 24:00 (民法典 §203). The last second is used instead so that the date of a due time is the day
    a reader expects on a letter; whatever happens within that second is still in time.
    """
    return dt.datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI)


def begin(day: dt.date) -> dt.datetime:
    """Return 00:00 of a day in Asia/Shanghai."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def end_passed(day: dt.date) -> dt.datetime:
    """Return 00:00 of the following day in Asia/Shanghai: the first moment at which the whole day has passed."""
    return begin(day) + dt.timedelta(days=1)


def closing(at: dt.datetime) -> str:
    """Return the time at which something ends as people read it: midnight belongs to the day that it ends, 24:00."""
    local = at.astimezone(SHANGHAI)
    if local.time() == dt.time():
        return f"{local - dt.timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"


def read(value: Moment | str) -> Moment:
    """Read a day or moment as people and forms write it.

    Parameters:
        value: a date, a datetime, or either in ISO 8601; without a time zone it is taken as official Chinese time,
            because date and time fields of a form carry none.

    Raises:
        CalendarError: the text is neither a date nor a time.
    """
    if isinstance(value, str):
        value = _parse(value.strip())
    if isinstance(value, dt.datetime):
        return value if value.utcoffset() is not None else value.replace(tzinfo=SHANGHAI)
    if isinstance(value, dt.date):
        return value
    raise errors.CalendarError(f"应为日期或时间，实为{value!r}。")


def _parse(text: str) -> Moment:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        try:
            return dt.datetime.fromisoformat(text)
        except ValueError as error:
            raise errors.CalendarError(
                f"“{text}”不是日期。请写成2026-09-14或2026-09-14T10:00:00+08:00的形式。"
            ) from error
