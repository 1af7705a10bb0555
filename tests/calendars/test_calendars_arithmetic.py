"""Adding and counting working days: the vectors checked by hand, the edges, and the algebra against brute force."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors
from engine.calendars import calendar as calendars
from engine.calendars import years

CALENDAR = calendars.load()
DAYS = st.dates(dt.date(2005, 1, 1), dt.date(2039, 12, 31))
ONE_DAY = dt.timedelta(days=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def brute_add(start: dt.date, n: int) -> dt.date:
    step = ONE_DAY if n > 0 else -ONE_DAY
    left = abs(n)
    current = start
    while left:
        current += step
        left -= CALENDAR.is_workday(current)
    return current


@pytest.mark.parametrize(
    ("received", "n", "due", "estimated"),
    [
        ("2026-09-14", 20, "2026-10-16", False),
        ("2026-09-26", 20, "2026-10-29", False),  # a Saturday inside a holiday
        ("2025-01-20", 20, "2025-02-21", False),
        ("2025-01-26", 20, "2025-02-28", False),  # a Sunday that is worked
        ("2025-09-24", 40, "2025-11-25", False),  # 20 + 20
        ("2018-09-20", 30, "2018-11-07", False),  # 15 + 15, the regime of 2007
        ("2026-11-30", 40, "2027-01-26", True),  # 20 + 20 into a year without a notice
    ],
)
def test_limits_checked_by_hand(received, n, due, estimated):
    assert CALENDAR.add_workdays(day(received), n) == (day(due), estimated)


@pytest.mark.parametrize(("received", "reaches_2027"), [("2026-12-03", False), ("2026-12-04", True)])
def test_twenty_working_days_reach_2027_for_requests_from_4_december_2026(received, reaches_2027):
    due, estimated = CALENDAR.add_workdays(day(received), 20)
    assert (due.year == 2027, estimated) == (reaches_2027, reaches_2027)


@pytest.mark.parametrize(("received", "reaches_2027"), [("2026-11-05", False), ("2026-11-06", True)])
def test_with_an_extension_of_twenty_from_6_november_2026(received, reaches_2027):
    assert CALENDAR.add_workdays(day(received), 40).estimated is reaches_2027


def test_counting_starts_on_the_next_working_day_after_a_day_off():
    saturday = day("2026-09-12")
    assert CALENDAR.add_workdays(saturday, 1).day == day("2026-09-14")
    assert CALENDAR.add_workdays(day("2026-09-11"), 1).day == day("2026-09-14")


def test_backwards_the_same_rule_holds():
    assert CALENDAR.add_workdays(day("2026-09-12"), -1).day == day("2026-09-11")
    assert CALENDAR.add_workdays(day("2026-10-08"), -1).day == day("2026-09-30")
    assert CALENDAR.add_workdays(day("2027-01-04"), -1) == (day("2026-12-31"), True)


def test_zero_is_the_day_itself_or_the_next_working_day():
    assert CALENDAR.add_workdays(day("2026-09-14"), 0).day == day("2026-09-14")
    assert CALENDAR.add_workdays(day("2026-10-01"), 0).day == day("2026-10-08")


def test_working_days_between_leave_out_the_first_and_take_the_last():
    assert CALENDAR.workdays_between(day("2026-09-30"), day("2026-10-10")) == 3
    assert CALENDAR.workdays_between(day("2026-09-14"), day("2026-09-14")) == 0
    assert CALENDAR.workdays_between(day("2026-10-01"), day("2026-10-07")) == 0
    assert CALENDAR.workdays_between(day("2026-10-10"), day("2026-09-30")) == -3


def test_days_of_2027_are_estimated_and_days_of_2026_are_not():
    assert CALENDAR.is_estimated(day("2027-01-01"))
    assert not CALENDAR.is_estimated(day("2026-12-31"))
    assert not calendars.Calendar(CALENDAR.years[:3]).spans_estimate(day("2004-01-01"), day("2006-01-01"))


@pytest.mark.parametrize(
    "call",
    [
        lambda: CALENDAR.is_workday(day("2003-12-31")),
        lambda: CALENDAR.is_estimated(day("2041-01-01")),
        lambda: CALENDAR.add_workdays(day("2040-12-20"), 20),
        lambda: CALENDAR.add_workdays(day("2004-01-02"), -5),
        lambda: CALENDAR.workdays_between(day("2026-01-01"), day("2050-01-01")),
        lambda: CALENDAR.day(day("1999-01-01")),
    ],
)
def test_outside_the_calendar_is_refused_with_its_range(call):
    with pytest.raises(errors.CalendarError, match="2004-01-01至2040-12-31.*请核对"):
        call()


@pytest.mark.parametrize("value", [dt.datetime(2026, 9, 14, 23, 0, tzinfo=dt.UTC), "2026-09-14", None])
def test_only_plain_dates_are_taken_because_an_instant_has_no_day_of_its_own(value):
    with pytest.raises(errors.CalendarError, match="应为日期"):
        CALENDAR.is_workday(value)


@pytest.mark.parametrize("n", [1.0, "5", True, None])
def test_the_number_of_days_is_an_integer(n):
    with pytest.raises(errors.CalendarError, match="应为整数"):
        CALENDAR.add_workdays(day("2026-09-14"), n)


@given(DAYS, st.integers(-60, 60).filter(bool))
@settings(max_examples=150, deadline=None)
def test_adding_agrees_with_walking_day_by_day(start, n):
    answer = CALENDAR.add_workdays(start, n).day
    assert answer == brute_add(start, n)
    assert CALENDAR.is_workday(answer)


@given(DAYS, DAYS)
@settings(max_examples=150, deadline=None)
def test_between_agrees_with_counting_day_by_day(a, b):
    low, high = min(a, b).toordinal(), max(a, b).toordinal()
    counted = range(low + 1, high + 1) if a <= b else range(low, high)
    expected = sum(CALENDAR.is_workday(dt.date.fromordinal(ordinal)) for ordinal in counted)
    assert CALENDAR.workdays_between(a, b) == (expected if a <= b else -expected)


@given(DAYS, st.integers(-200, 200))
@settings(max_examples=200, deadline=None)
def test_subtracting_undoes_adding_from_a_working_day(start, n):
    workday = CALENDAR.add_workdays(start, 0).day
    there = CALENDAR.add_workdays(workday, n).day
    assert CALENDAR.add_workdays(there, -n).day == workday


@given(DAYS, st.integers(1, 100), st.integers(1, 100))
@settings(max_examples=150, deadline=None)
def test_adding_in_two_parts_is_adding_at_once(start, first, second):
    halfway = CALENDAR.add_workdays(start, first).day
    assert CALENDAR.add_workdays(halfway, second).day == CALENDAR.add_workdays(start, first + second).day


@given(DAYS, DAYS, st.integers(0, 100), st.integers(0, 100))
@settings(max_examples=150, deadline=None)
def test_a_later_start_or_a_larger_number_never_gives_an_earlier_day(a, b, n, m):
    early, late = sorted((a, b))
    few, many = sorted((n, m))
    assert CALENDAR.add_workdays(early, few).day <= CALENDAR.add_workdays(late, many).day


@given(DAYS, DAYS)
@settings(max_examples=200, deadline=None)
def test_adding_what_lies_between_arrives(a, b):
    target = CALENDAR.add_workdays(b, 0).day
    if target != a:
        assert CALENDAR.add_workdays(a, CALENDAR.workdays_between(a, target)).day == target


@given(DAYS, st.integers(-240, 240))
@settings(max_examples=100, deadline=None)
def test_estimated_exactly_when_a_year_without_a_notice_is_touched(start, n):
    answer = CALENDAR.add_workdays(start, n)
    assert answer.estimated is (max(start, answer.day).year > 2026)


def test_a_new_notice_turns_the_year_official_and_gives_a_new_version():
    notice = years.Notice("国务院办公厅关于2027年部分节假日安排的通知", document="国办发明电〔2026〕1号")
    off = tuple(years.MarkedDay(day(text), "春节") for text in ("2027-02-05", "2027-02-08", "2027-02-09"))
    renewed = CALENDAR.with_year(years.Year(2027, years.Status.OFFICIAL, off, (), (notice,)))
    assert not renewed.is_estimated(day("2027-02-05"))
    assert renewed.is_estimated(day("2028-01-04"))
    assert renewed.version != CALENDAR.version
    assert CALENDAR.is_estimated(day("2027-02-05"))


def test_years_follow_each_other_without_a_gap():
    with pytest.raises(errors.CalendarError, match="2040年之后却是2042年"):
        CALENDAR.with_year(years.Year(2042, years.Status.ESTIMATED, (), ()))
    with pytest.raises(errors.CalendarError, match="没有任何年份"):
        calendars.Calendar(())


def test_equal_content_has_an_equal_version():
    assert calendars.Calendar(CALENDAR.years).version == CALENDAR.version
    assert calendars.Calendar(CALENDAR.years[:-1]).version != CALENDAR.version
