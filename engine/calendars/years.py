"""The official table of one year: which weekdays are off and which weekends are worked, and by which notice."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine import errors

SATURDAY = 5


class Status(enum.StrEnum):
    """Whether the State Council's notice for the year has been published."""

    OFFICIAL = "official"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice on holiday arrangements (节假日安排的通知).

    Parameters:
        title: what the notice is, or what it changed in this year.
        document: document number (文号), None when it could not be verified.
        issued: date of the document, None when it could not be verified.
        url: where the text was published.
        days: the days it marked; empty for the yearly notice, which marked all that no other notice of the year did.
    """

    title: str
    document: str | None = None
    issued: dt.date | None = None
    url: str | None = None
    days: tuple[dt.date, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """A day that differs from the plain week, and why."""

    date: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class Year:
    """One year of the national table.

    Parameters:
        year: calendar year; every marked day lies in it.
        status: official once the yearly notice is out.
        off: Mondays to Fridays that are not worked, in order.
        working: Saturdays and Sundays that are worked, in order.
        notices: the yearly notice first, then those that changed it.
        source: where the table comes from and how it was checked.

    Raises:
        CalendarError: a day lies outside the year, is out of order, or could not differ from the plain week.
    """

    year: int
    status: Status
    off: tuple[MarkedDay, ...]
    working: tuple[MarkedDay, ...]
    notices: tuple[Notice, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        _check_days(self.year, self.off, weekend=False)
        _check_days(self.year, self.working, weekend=True)
        if self.status is Status.OFFICIAL and not self.notices:
            raise errors.CalendarError(f"{self.year}年标为official，却没有任何通知。请填写notices，或标为estimated。")

    def notice_for(self, day: dt.date) -> Notice | None:
        """Return the notice that decided the day; None in a year without notices."""
        changed = (notice for notice in self.notices if day in notice.days)
        return next(changed, self.notices[0] if self.notices else None)

    def workdays(self) -> Iterator[int]:
        """Yield the proleptic ordinals of the working days of the year, ascending."""
        off = {marked.date.toordinal() for marked in self.off}
        working = {marked.date.toordinal() for marked in self.working}
        first = dt.date(self.year, 1, 1).toordinal()
        for ordinal in range(first, dt.date(self.year, 12, 31).toordinal() + 1):
            if (is_weekend(ordinal) and ordinal in working) or (not is_weekend(ordinal) and ordinal not in off):
                yield ordinal


def is_weekend(ordinal: int) -> bool:
    """Say whether the proleptic ordinal is a Saturday or Sunday."""
    return (ordinal + 6) % 7 >= SATURDAY


def parse(data: object) -> tuple[Year, ...]:
    """Read the years of a calendar file (see docs/reference/calendar.md), ascending.

    Raises:
        CalendarError: the data is not a calendar file, with the place and what was expected there.
    """
    tables = _mapping(_mapping(data, "日历文件").get("years"), "years")
    if not tables:
        raise errors.CalendarError("日历文件的years应至少有一年，实为空。")
    return tuple(_year(key, value) for key, value in sorted(tables.items()))


def dump(years: Sequence[Year]) -> dict[str, object]:
    """Return the content of a calendar file for these years; `parse` reads it back unchanged."""
    return {
        "years": {
            str(year.year): {
                "status": year.status.value,
                "notices": [
                    {
                        "document": notice.document,
                        "issued": notice.issued.isoformat() if notice.issued else None,
                        "title": notice.title,
                        "url": notice.url,
                        "days": [day.isoformat() for day in notice.days],
                    }
                    for notice in year.notices
                ],
                "source": year.source,
                "off": {marked.date.isoformat(): marked.reason for marked in year.off},
                "working": {marked.date.isoformat(): marked.reason for marked in year.working},
            }
            for year in years
        }
    }


def _check_days(year: int, days: Sequence[MarkedDay], *, weekend: bool) -> None:
    expected = "星期六或星期日" if weekend else "星期一至星期五"
    where = "working（上班的周末）" if weekend else "off（放假的工作日）"
    previous = None
    for marked in days:
        if marked.date.year != year:
            raise errors.CalendarError(f"{year}年的{where}里有{marked.date}，不在该年。请移到{marked.date.year}年。")
        if is_weekend(marked.date.toordinal()) is not weekend:
            raise errors.CalendarError(f"{year}年的{where}里的{marked.date}应是{expected}，实际不是。请核对日期。")
        if previous is not None and marked.date <= previous:
            raise errors.CalendarError(f"{year}年的{where}应按日期递增且不重复，{marked.date}排在{previous}之后。")
        previous = marked.date


def _year(key: str, value: object) -> Year:
    where = f"years.{key}"
    if not (key.isdecimal() and len(key) == 4):
        raise errors.CalendarError(f"{where}应是四位数字的年份，实为“{key}”。")
    table = _mapping(value, where)
    try:
        status = Status(str(table.get("status")))
    except ValueError as error:
        raise errors.CalendarError(f"{where}.status应为official或estimated，实为{table.get('status')!r}。") from error
    notices = table.get("notices")
    if not isinstance(notices, list):
        raise errors.CalendarError(f"{where}.notices应为列表，实为{notices!r}。")
    return Year(
        year=int(key),
        status=status,
        off=_marked(table.get("off"), f"{where}.off"),
        working=_marked(table.get("working"), f"{where}.working"),
        notices=tuple(_notice(notice, f"{where}.notices[{index}]") for index, notice in enumerate(notices)),
        source=_text(table.get("source"), f"{where}.source") or "",
    )


def _notice(value: object, where: str) -> Notice:
    table = _mapping(value, where)
    issued = table.get("issued")
    days = table.get("days")
    if not isinstance(days, list):
        raise errors.CalendarError(f"{where}.days应为列表，实为{days!r}。")
    return Notice(
        title=_text(table.get("title"), f"{where}.title") or "",
        document=_text(table.get("document"), f"{where}.document"),
        issued=None if issued is None else _date(issued, f"{where}.issued"),
        url=_text(table.get("url"), f"{where}.url"),
        days=tuple(_date(day, f"{where}.days") for day in days),
    )


def _marked(value: object, where: str) -> tuple[MarkedDay, ...]:
    return tuple(
        MarkedDay(_date(key, where), _text(reason, f"{where}.{key}") or "")
        for key, reason in _mapping(value, where).items()
    )


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise errors.CalendarError(f"{where}应为对象（键为文本），实为{value!r}。")
    return value


def _text(value: object, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise errors.CalendarError(f"{where}应为文本，实为{value!r}。")
    return value


def _date(value: object, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise errors.CalendarError(f"{where}应为2026-01-01形式的日期，实为{value!r}。") from error
