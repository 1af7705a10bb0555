"""The working-day calendar: the national table with its local layers, and arithmetic on it."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from engine import errors
from engine.calendars import overrides as layers_of
from engine.calendars import years as tables


class Reckoning(NamedTuple):
    """The answer of day arithmetic: the day, and whether a year without an official notice was touched on the way."""

    day: dt.date
    estimated: bool


@dataclass(frozen=True, slots=True)
class Day:
    """What the calendar knows of one day.

    Parameters:
        date: the day.
        working: whether it counts as a working day.
        reason: why, in Chinese: 星期六, 国庆节, 与2026-10-10调休 …
        document: the notice or decision it rests on; None for the plain week or an unverified number.
        scope: the layer that decided; None for the plain week.
        estimated: whether its year has no official notice yet.
    """

    date: dt.date
    working: bool
    reason: str
    document: str | None
    scope: layers_of.Scope | None
    estimated: bool


@dataclass(frozen=True, eq=False)
class Calendar:
    """An immutable working-day calendar.

    Parameters:
        years: the national table, consecutive years ascending.
        overrides: entries in force, one per layer and day (see `with_overrides`).
        every_layer: count all overrides, not only those that count for statutory limits (see `office`).

    Raises:
        CalendarError: years are missing or an override lies outside them.
    """

    years: tuple[tables.Year, ...]
    overrides: tuple[layers_of.Override, ...] = ()
    every_layer: bool = False

    def __post_init__(self) -> None:
        if not self.years:
            raise errors.CalendarError("工作日历没有任何年份。请检查日历数据文件。")
        for earlier, later in itertools.pairwise(self.years):
            if later.year != earlier.year + 1:
                raise errors.CalendarError(f"工作日历的年份应连续，{earlier.year}年之后却是{later.year}年。请补齐。")
        for override in self.overrides:
            self._ordinal(override.date)

    @functools.cached_property
    def first_day(self) -> dt.date:
        """The first day the calendar knows."""
        return dt.date(self.years[0].year, 1, 1)

    @functools.cached_property
    def last_day(self) -> dt.date:
        """The last day the calendar knows."""
        return dt.date(self.years[-1].year, 12, 31)

    @functools.cached_property
    def version(self) -> str:
        """Hash of everything the calendar holds; equal content has an equal version."""
        content = {
            "every_layer": self.every_layer,
            "overrides": [layers_of.dump(override) for override in self.overrides],
            **tables.dump(self.years),
        }
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return "cn-" + hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def layers(self) -> Mapping[layers_of.Scope, tuple[layers_of.Override, ...]]:
        """The overrides by layer, from the most general to the most specific; layers without entries are left out."""
        groups = itertools.groupby(self.overrides, key=lambda override: override.scope)
        return {scope: tuple(entries) for scope, entries in groups}

    @functools.cached_property
    def office(self) -> Calendar:
        """The same calendar with every layer counted: the days on which the office is open.

        For limits an agency sets itself. Limits set by law are reckoned on the calendar itself.
        """
        return self if self.every_layer else Calendar(self.years, self.overrides, every_layer=True)

    def with_overrides(self, overrides: Iterable[layers_of.Override], *, as_of: dt.date | None = None) -> Calendar:
        """Return this calendar with more overrides.

        Parameters:
            overrides: entries of any layer, in any order.
            as_of: leave out entries that are not in force on this day yet; None takes all.

        Raises:
            CalendarError: two entries contradict each other, or one lies outside the calendar.
        """
        merged = layers_of.merge([*self.overrides, *overrides], as_of)
        return Calendar(self.years, merged, self.every_layer)

    def with_year(self, year: tables.Year) -> Calendar:
        """Return this calendar with one year replaced, or the following year added.

        For a notice that comes out before the next release ships its table.

        Raises:
            CalendarError: the year would leave a gap.
        """
        kept = [other for other in self.years if other.year != year.year]
        return Calendar(tuple(sorted([*kept, year], key=lambda each: each.year)), self.overrides, self.every_layer)

    def is_workday(self, day: dt.date) -> bool:
        """Say whether the day is a working day.

        Raises:
            CalendarError: the day lies outside the calendar, or is a datetime.
        """
        ordinal = self._ordinal(day)
        index = bisect.bisect_left(self._workdays, ordinal)
        return index < len(self._workdays) and self._workdays[index] == ordinal

    def is_estimated(self, day: dt.date) -> bool:
        """Say whether the day lies in a year for which there is no official notice yet.

        Raises:
            CalendarError: the day lies outside the calendar, or is a datetime.
        """
        self._ordinal(day)
        return day.year in self._estimated_years

    def add_workdays(self, day: dt.date, n: int) -> Reckoning:
        """Return the nth working day after the day.

        Day zero is never counted, whether it is worked or not; the answer is always a working day. A negative n counts
        backwards by the same rule. n = 0 gives the day itself when it is worked, else the next working day.

        Parameters:
            day: day zero, e.g. the day of receipt.
            n: number of working days.

        Raises:
            CalendarError: the day or the answer lies outside the calendar, or n is no integer.
        """
        if type(n) is not int:
            raise errors.CalendarError(f"工作日数应为整数，实为{n!r}。")
        answer = dt.date.fromordinal(self.shift(_ordinal(day), n))
        return Reckoning(answer, self.spans_estimate(day, answer))

    def shift(self, ordinal: int, n: int) -> int:
        """Do as `add_workdays` does, from ordinal to ordinal: for reckoning, which counts in them."""
        if ordinal not in self._known:
            raise self._unknown(ordinal)
        workdays = self._workdays
        index = bisect.bisect_right(workdays, ordinal) - 1 if n > 0 else bisect.bisect_left(workdays, ordinal)
        index += n
        if not 0 <= index < len(workdays):
            day = dt.date.fromordinal(ordinal)
            raise errors.CalendarError(
                f"从{day}起算{n}个工作日，超出工作日历的范围（{self.first_day}至{self.last_day}）。请核对数字，或补充日历数据。"
            )
        return workdays[index]

    def workdays_between(self, a: dt.date, b: dt.date) -> int:
        """Count the working days after a up to and including b.

        When b is before a the count is negative: the working days from b up to but not including a. Either way
        `add_workdays(a, workdays_between(a, b))` is b for every working day b other than a.

        Raises:
            CalendarError: a day lies outside the calendar, or is a datetime.
        """
        return self.count(_ordinal(a), _ordinal(b))

    def count(self, start: int, end: int) -> int:
        """Do as `workdays_between` does, from ordinal to ordinal."""
        for ordinal in (start, end):
            if ordinal not in self._known:
                raise self._unknown(ordinal)
        side = bisect.bisect_right if end >= start else bisect.bisect_left
        return side(self._workdays, end) - side(self._workdays, start)

    def spans_estimate(self, a: dt.date, b: dt.date) -> bool:
        """Say whether a year without an official notice lies between the two days, their own years included."""
        if not self._estimated_years:
            return False
        first, last = (a.year, b.year) if a <= b else (b.year, a.year)
        return not self._estimated_years.isdisjoint(range(first, last + 1))

    def day(self, day: dt.date) -> Day:
        """Return what the calendar knows of the day, with its reason and document.

        Raises:
            CalendarError: the day lies outside the calendar, or is a datetime.
        """
        ordinal = self._ordinal(day)
        estimated = day.year in self._estimated_years
        override = self._decisive.get(ordinal)
        if override is not None:
            reason = override.reason or ("上班" if override.working else "放假")
            return Day(day, override.working, reason, override.document, override.scope, estimated)
        table = self.years[day.year - self.years[0].year]
        working = self.is_workday(day)
        for marked in table.working if working else table.off:
            if marked.date == day:
                notice = table.notice_for(day)
                document = notice.document if notice else None
                return Day(day, working, marked.reason, document, layers_of.Scope.NATION, estimated)
        return Day(day, working, "星期" + "一二三四五六日"[day.weekday()], None, None, estimated)

    @functools.cached_property
    def _decisive(self) -> dict[int, layers_of.Override]:
        """The override that decides each overridden day: the most specific of those that count."""
        counting = (entry for entry in self.overrides if self.every_layer or entry.counts_for_statutory)
        return {override.date.toordinal(): override for override in counting}

    @functools.cached_property
    def _workdays(self) -> list[int]:
        """Ordinals of all working days, ascending: what makes the arithmetic logarithmic."""
        plain = {ordinal for year in self.years for ordinal in year.workdays()}
        added = {ordinal for ordinal, override in self._decisive.items() if override.working}
        removed = {ordinal for ordinal, override in self._decisive.items() if not override.working}
        return sorted((plain | added) - removed)

    @functools.cached_property
    def _estimated_years(self) -> frozenset[int]:
        return frozenset(year.year for year in self.years if year.status is tables.Status.ESTIMATED)

    @functools.cached_property
    def _known(self) -> range:
        """Ordinals of all days that the calendar knows."""
        return range(self.first_day.toordinal(), self.last_day.toordinal() + 1)

    def _unknown(self, ordinal: int) -> errors.CalendarError:
        return errors.CalendarError(
            f"{dt.date.fromordinal(ordinal)}不在工作日历的范围（{self.first_day}至{self.last_day}）之内。"
            "请核对日期，或补充日历数据。"
        )

    def _ordinal(self, day: dt.date) -> int:
        ordinal = _ordinal(day)
        if ordinal not in self._known:
            raise self._unknown(ordinal)
        return ordinal


def _ordinal(day: dt.date) -> int:
    if isinstance(day, dt.datetime) or not isinstance(day, dt.date):
        raise errors.CalendarError(f"应为日期，实为{day!r}。时间应先换算为北京时间的日期。")
    return day.toordinal()


@functools.cache
def load(path: Path | None = None) -> Calendar:
    """Return the national calendar, read once.

    Parameters:
        path: another file of the same format; None reads the one that is shipped.

    Raises:
        CalendarError: the file cannot be read as a calendar.
    """
    source = resources.files("engine.calendars").joinpath("data/cn.json") if path is None else path
    try:
        data = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise errors.CalendarError(
            f"无法读取日历文件{source}：{error}。请检查文件是否存在、是否为UTF-8的JSON。"
        ) from error
    return Calendar(tables.parse(data))
