"""The functions that expressions in diagrams call."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import errors
from engine.calendars import calendar as calendars
from engine.calendars import expressions, moments

NOW = dt.datetime(2026, 9, 14, 1, 30, tzinfo=dt.UTC)  # 09:30 in China


def end_of(text: str) -> dt.datetime:
    return moments.end_of_day(dt.date.fromisoformat(text))


@pytest.fixture
def call() -> dict[str, object]:
    return expressions.functions(calendars.load(), NOW, {"答复期限": end_of("2026-10-16")})


def test_now_and_today_are_in_official_time(call):
    assert call["now"]() == NOW
    assert call["now"]().isoformat() == "2026-09-14T09:30:00+08:00"
    assert call["today"]() == dt.date(2026, 9, 14)
    late = expressions.functions(calendars.load(), dt.datetime(2026, 9, 14, 16, 30, tzinfo=dt.UTC))
    assert late["today"]() == dt.date(2026, 9, 15)


def test_workdays_end_with_the_due_day(call):
    assert call["workdays"](20) == end_of("2026-10-16")
    assert call["workdays"](20).isoformat() == "2026-10-16T23:59:59+08:00"
    assert call["workdays"](-1) == end_of("2026-09-11")
    assert call["workdays"](0) == end_of("2026-09-14")


def test_days_are_calendar_days(call):
    assert call["days"](5) == end_of("2026-09-19")
    assert call["days"](-15, "2026-10-16") == end_of("2026-10-01")


@pytest.mark.parametrize(
    "start",
    [
        dt.date(2026, 9, 26),
        "2026-09-26",
        " 2026-09-26 ",
        "2026-09-26T10:00",
        "2026-09-26T10:00:00+08:00",
        "2026-09-25T17:00:00Z",
        dt.datetime(2026, 9, 26, 10, 0),
        dt.datetime(2026, 9, 25, 17, 0, tzinfo=dt.UTC),
    ],
)
def test_a_start_may_be_written_in_any_usual_way(call, start):
    assert call["workdays"](20, start=start) == end_of("2026-10-29")
    assert call["workdays"](20, start) == end_of("2026-10-29")


def test_a_deadline_is_found_by_name(call):
    assert call["deadline"]("答复期限") == end_of("2026-10-16")
    with pytest.raises(errors.CalendarError, match="没有名为“补正期限”的期限。已有的期限：答复期限。"):
        call["deadline"]("补正期限")
    with pytest.raises(errors.CalendarError, match="已有的期限：无"):
        expressions.functions(calendars.load(), NOW)["deadline"]("补正期限")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda call: call["workdays"](5, start="下周一"), "“下周一”不是日期。请写成2026-09-14"),
        (lambda call: call["workdays"](5, start=20260914), "应为日期或时间，实为20260914"),
        (lambda call: call["workdays"]("5"), "工作日数应为整数，实为'5'"),
        (lambda call: call["workdays"](100_000), "超出工作日历的范围"),
        (lambda call: call["days"](1.5), "天数应为整数，实为1.5"),
        (lambda call: call["days"](10**9), "超出可表示的日期"),
        (lambda call: call["days"](10**12), "超出可表示的日期"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(call, use, message):
    with pytest.raises(errors.CalendarError, match=message):
        use(call)


def test_the_moment_of_evaluation_has_a_time_zone():
    with pytest.raises(errors.CalendarError, match="没有时区"):
        expressions.functions(calendars.load(), dt.datetime(2026, 9, 14))
