"""What a deadline counts along: calendar days, working days or time itself, all as whole numbers.

Each axis turns a moment into a point, moves a point by an amount, and counts between two points. With that one
algorithm (in `reckoning`) serves all three units.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from engine.calendars import calendar as calendars
from engine.calendars import deadline as deadlines
from engine.calendars import moments

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=moments.SHANGHAI)
_TICK = dt.timedelta(microseconds=1)
_TICKS_PER_HOUR = dt.timedelta(hours=1) // _TICK


class Axis(Protocol):
    """One way of counting."""

    @property
    def per_unit(self) -> int:
        """Steps of the axis in one unit of the deadline."""

    def point(self, moment: moments.Moment) -> int:
        """Return where the moment lies."""

    def advance(self, point: int, steps: int) -> int:
        """Return the point so many steps later."""

    def count(self, start: int, end: int) -> int:
        """Count the steps after start up to and including end; start is not after end."""


@dataclass(frozen=True, slots=True)
class Days:
    """Calendar days; a point is a proleptic ordinal."""

    per_unit: int = 1

    def point(self, moment: moments.Moment) -> int:
        return moments.local_day(moment).toordinal()

    def advance(self, point: int, steps: int) -> int:
        return point + steps

    def count(self, start: int, end: int) -> int:
        return end - start


@dataclass(slots=True)
class Workdays:
    """Working days of a calendar; a point is a proleptic ordinal."""

    calendar: calendars.Calendar
    per_unit: int = 1

    def point(self, moment: moments.Moment) -> int:
        return moments.local_day(moment).toordinal()

    def advance(self, point: int, steps: int) -> int:
        return self.calendar.shift(point, steps)

    def count(self, start: int, end: int) -> int:
        return self.calendar.count(start, end)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Time itself; a point is a number of microseconds."""

    per_unit: int = _TICKS_PER_HOUR

    def point(self, moment: moments.Moment) -> int:
        assert isinstance(moment, dt.datetime)  # a deadline in hours holds no bare dates
        return (moment - _EPOCH) // _TICK

    def advance(self, point: int, steps: int) -> int:
        return point + steps

    def count(self, start: int, end: int) -> int:
        return end - start

    @staticmethod
    def moment(point: int) -> dt.datetime:
        """Return the instant of a point in official Chinese time."""
        return _EPOCH + point * _TICK


_DAYS = Days()
_TICKS = Ticks()


def of(unit: deadlines.Unit, calendar: calendars.Calendar) -> Axis:
    """Return the axis that a unit counts along."""
    if unit is deadlines.Unit.WORKDAYS:
        return Workdays(calendar)
    return _TICKS if unit is deadlines.Unit.HOURS else _DAYS
