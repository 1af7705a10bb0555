"""Working days and deadlines: no database, no executor."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from bench import measure
from engine.calendars import calendar, deadline, moments, reckoning

_START = datetime.date(2026, 3, 9)
_NOON = datetime.datetime(2026, 3, 9, 12, tzinfo=moments.SHANGHAI)


def figures(*, calls: int, rounds: int) -> list[dict[str, Any]]:
    """Measure one call of each, in microseconds."""
    return [{"name": name, "us": measure.per_call(act, calls, rounds)} for name, act in _calls(calendar.load()).items()]


def _calls(days: calendar.Calendar) -> dict[str, Callable[[], Any]]:
    kinds, units = deadline.Kind, deadline.Unit
    answer = deadline.Deadline("答复期限", "711号 §33", kinds.CEILING, units.WORKDAYS, 20, _START)
    notice = deadline.Deadline("公示期", "P000-07 §19", kinds.FLOOR, units.DAYS, 5, _START)
    rolled = deadline.Deadline("复议期限", "民法典 §203", kinds.CEILING, units.DAYS, 60, _START, roll_forward=True)
    report = deadline.Deadline("速报", "", kinds.CEILING, units.HOURS, 24, _NOON)
    asked = deadline.Stop(datetime.date(2026, 3, 12), datetime.date(2026, 3, 19), "征求第三方意见")
    longer = deadline.Extension(20, "负责人", "案情复杂", applicant_informed=True)
    stopped = deadline.Deadline("答复期限", "711号 §33", kinds.CEILING, units.WORKDAYS, 20, _START, (asked,), (longer,))
    end = datetime.date(2026, 12, 31)
    return {
        "add 20 working days": lambda: days.add_workdays(_START, 20),
        "count the working days of ten months": lambda: days.workdays_between(_START, end),
        "deadline of 20 working days": lambda: reckoning.compute(answer, days),
        "deadline of 5 days, a floor": lambda: reckoning.compute(notice, days),
        "deadline of 60 days, rolled forward": lambda: reckoning.compute(rolled, days),
        "deadline of 24 hours": lambda: reckoning.compute(report, days),
        "deadline of working days with stop and extension": lambda: reckoning.compute(stopped, days),
    }
