"""Deadlines: floors, nominal periods and ceilings; stops, extensions, states, and what a new calendar changes."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors
from engine.calendars import calendar as calendars
from engine.calendars import deadline as deadlines
from engine.calendars import moments, overrides, reckoning, records, wording, years
from engine.calendars.deadline import Deadline, Extension, Kind, Stop, Unit
from engine.calendars.reckoning import State

CALENDAR = calendars.load()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def at(text: str) -> dt.datetime:
    """A moment in official Chinese time."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=moments.SHANGHAI)


def reply(start: str, amount: int = 20, **values: object) -> Deadline:
    return Deadline("答复期限", "711号 §33", Kind.CEILING, Unit.WORKDAYS, amount, day(start), **values)


def notice(start: str, **values: object) -> Deadline:
    return Deadline("听证公告期", "P000-04 §9", Kind.FLOOR, Unit.DAYS, 5, day(start), **values)


def due(deadline: Deadline) -> dt.datetime | None:
    return reckoning.compute(deadline, CALENDAR).due


def state(deadline: Deadline, now: str) -> State:
    return reckoning.state(deadline, at(now), CALENDAR)


def left(deadline: Deadline, now: str) -> int | float:
    return reckoning.remaining(deadline, at(now), CALENDAR).amount


EXTENDED = (Extension(20, "工作机构负责人", "需查阅历史档案", applicant_informed=True),)
ASKED = (Stop(day("2025-09-26"), day("2025-10-15"), "征求第三方意见"),)


# --- limits checked by hand -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deadline", "last_day", "estimated"),
    [
        (reply("2026-09-14"), "2026-10-16", False),
        (reply("2026-09-26"), "2026-10-29", False),
        (reply("2025-01-20"), "2025-02-21", False),
        (reply("2025-01-26"), "2025-02-28", False),
        (reply("2025-09-24", stops=ASKED), "2025-11-10", False),
        (reply("2025-09-24", extensions=EXTENDED), "2025-11-25", False),
        (reply("2018-09-20", 15, extensions=(Extension(15, "负责人", "情况复杂", True),)), "2018-11-07", False),
        (reply("2026-11-30", extensions=EXTENDED), "2027-01-26", True),
    ],
)
def test_the_limits_checked_by_hand(deadline, last_day, estimated):
    computed = reckoning.compute(deadline, CALENDAR)
    assert computed.due == at(f"{last_day}T23:59:59")
    assert computed.last_day == day(last_day)
    assert computed.estimated is estimated
    assert computed.calendar_version == CALENDAR.version


def test_the_start_is_a_day_in_official_time_wherever_the_clock_stood():
    utc = dt.datetime(2026, 9, 13, 16, 30, tzinfo=dt.UTC)  # 00:30 on the 14th in China
    assert due(dataclasses.replace(reply("2026-09-14"), start=utc)) == due(reply("2026-09-14"))


# --- units ------------------------------------------------------------------------------------------------------------


def test_calendar_days_run_through_holidays():
    published = Deadline("公示期", "P000-07 §19", Kind.NOMINAL, Unit.DAYS, 5, day("2026-09-30"))
    assert due(published) == at("2026-10-05T23:59:59")


def test_calendar_days_never_need_the_table():
    long = Deadline("保管期", "", Kind.FLOOR, Unit.DAYS, 365 * 30, day("2026-01-01"))
    assert not reckoning.compute(long, CALENDAR).estimated
    assert due(long) == at("2055-12-26T00:00:00")


def test_a_last_day_off_rolls_forward_only_where_the_rule_says_so():
    pay = Deadline("缴费", "民法典 §203", Kind.CEILING, Unit.DAYS, 5, day("2026-09-30"))
    rolled = dataclasses.replace(pay, roll_forward=True)
    assert due(rolled) == at("2026-10-08T23:59:59")
    assert left(rolled, "2026-10-05T09:00:00") == 3
    assert state(rolled, "2026-10-06T09:00:00") is State.RUNNING
    assert due(dataclasses.replace(rolled, start=day("2026-09-25"))) == at("2026-09-30T23:59:59")
    into_2027 = dataclasses.replace(rolled, start=day("2026-12-27"))
    assert reckoning.compute(into_2027, CALENDAR).estimated
    assert due(into_2027) == at("2027-01-04T23:59:59")


def test_hours_run_to_the_exact_instant():
    publish = Deadline("发布权威信息", "P001-19", Kind.CEILING, Unit.HOURS, 5, at("2026-10-01T22:30:00"))
    assert due(publish) == at("2026-10-02T03:30:00")
    assert left(publish, "2026-10-02T02:00:00") == 1.5
    assert state(publish, "2026-10-02T03:30:00") is State.RUNNING
    assert state(publish, "2026-10-02T03:30:01") is State.OVERDUE


def test_hours_stop_between_question_and_answer():
    stops = (
        Stop(at("2026-09-14T10:00:00"), at("2026-09-14T13:00:00")),
        Stop(at("2026-09-14T12:00:00"), at("2026-09-14T14:00:00")),
    )
    stopped = Deadline("核实", "", Kind.CEILING, Unit.HOURS, 24, at("2026-09-14T08:00:00"), stops)
    assert due(stopped) == at("2026-09-15T12:00:00")
    assert left(stopped, "2026-09-14T13:30:00") == 22
    opened = dataclasses.replace(stopped, stops=(Stop(at("2026-09-14T10:00:00")),))
    assert due(opened) is None
    assert left(opened, "2026-09-20T00:00:00") == 22


# --- floors -----------------------------------------------------------------------------------------------------------


def test_a_floor_is_satisfied_when_its_full_days_have_passed():
    computed = reckoning.compute(notice("2026-05-01"), CALENDAR)
    assert computed.due == at("2026-05-07T00:00:00")
    assert computed.last_day == day("2026-05-06")
    assert state(computed, "2026-05-06T23:59:59") is State.RUNNING
    assert state(computed, "2026-05-07T00:00:00") is State.MET


def test_closing_a_notice_before_its_floor_is_premature():
    early = notice("2026-05-01", met_at=at("2026-05-06T17:00:00"))
    assert state(early, "2026-06-01T09:00:00") is State.PREMATURE
    assert state(notice("2026-05-01", met_at=at("2026-05-07T09:00:00")), "2026-06-01T09:00:00") is State.MET


def test_a_floor_in_working_days_ends_after_its_last_working_day():
    floor = Deadline("考核通知", "P000-12 §27", Kind.FLOOR, Unit.WORKDAYS, 5, day("2026-09-30"))
    assert due(floor) == at("2026-10-14T00:00:00")


def test_a_floor_stands_still_while_stopped():
    stopped = notice("2026-05-01", stops=(Stop(day("2026-05-03")),))
    assert due(stopped) is None
    assert state(stopped, "2026-06-01T09:00:00") is State.STOPPED
    assert (
        state(dataclasses.replace(stopped, met_at=at("2026-06-02T09:00:00")), "2026-06-02T09:00:00") is State.PREMATURE
    )


# --- stops ------------------------------------------------------------------------------------------------------------


def test_the_day_of_sending_counts_and_the_day_of_answer_does_not():
    # Monday start; sent Wednesday (second day), answered Friday: Thursday and Friday do not count.
    stopped = reply("2026-09-07", 5, stops=(Stop(day("2026-09-09"), day("2026-09-11")),))
    assert due(stopped) == at("2026-09-16T23:59:59")
    assert due(reply("2026-09-07", 5)) == at("2026-09-14T23:59:59")


def test_answered_on_the_day_it_was_sent_costs_nothing():
    assert due(reply("2026-09-07", stops=(Stop(day("2026-09-09"), day("2026-09-09")),))) == due(reply("2026-09-07"))


def test_overlapping_stops_are_not_counted_twice():
    apart = (Stop(day("2026-09-08"), day("2026-09-10")), Stop(day("2026-09-09"), day("2026-09-11")))
    together = (Stop(day("2026-09-08"), day("2026-09-11")),)
    assert due(reply("2026-09-07", stops=apart)) == due(reply("2026-09-07", stops=together))
    inside = (Stop(day("2026-09-08"), day("2026-09-11")), Stop(day("2026-09-09"), day("2026-09-10")))
    assert due(reply("2026-09-07", stops=inside)) == due(reply("2026-09-07", stops=together))


def test_several_stops_add_up_in_any_order():
    first, second = Stop(day("2026-09-08"), day("2026-09-10")), Stop(day("2026-09-15"), day("2026-09-16"))
    expected = at("2026-09-17T23:59:59")
    assert due(reply("2026-09-07", 5, stops=(first, second))) == expected
    assert due(reply("2026-09-07", 5, stops=(second, first))) == expected


def test_an_open_stop_keeps_the_due_day_unknown_until_the_answer():
    waiting = reckoning.compute(reply("2025-09-24", stops=(Stop(day("2025-09-26")),)), CALENDAR)
    assert (waiting.due, waiting.last_day, waiting.estimated) == (None, None, False)
    assert state(waiting, "2025-10-13T09:00:00") is State.STOPPED
    assert left(waiting, "2025-10-13T09:00:00") == 18
    answered = dataclasses.replace(waiting, stops=ASKED)
    assert due(answered) == at("2025-11-10T23:59:59")
    assert state(answered, "2025-10-13T09:00:00") is State.STOPPED
    assert state(answered, "2025-10-15T09:00:00") is State.RUNNING


def test_an_open_stop_swallows_what_follows_and_keeps_what_came_before():
    stops = (
        Stop(day("2026-09-08"), day("2026-09-10")),
        Stop(day("2026-09-14")),
        Stop(day("2026-09-16"), day("2026-09-17")),
    )
    waiting = reply("2026-09-07", 10, stops=stops)
    assert due(waiting) is None
    assert left(waiting, "2026-09-25T09:00:00") == 10 - 3
    again = dataclasses.replace(waiting, stops=(*stops, Stop(day("2026-09-11"))))
    assert left(again, "2026-09-25T09:00:00") == 10 - 2


def test_a_stop_after_the_limit_revives_nothing():
    late = reply("2026-09-07", 5, stops=(Stop(day("2026-09-14")),))
    assert due(late) == at("2026-09-14T23:59:59")
    assert state(late, "2026-09-15T09:00:00") is State.OVERDUE
    assert left(reply("2026-09-07", 5), "2026-09-16T09:00:00") == -2


def test_a_stop_that_began_before_the_start_counts_from_the_start():
    early = reply("2026-09-07", 5, stops=(Stop(day("2026-09-01"), day("2026-09-08")),))
    assert due(early) == at("2026-09-15T23:59:59")
    before = reply("2026-09-07", 5, stops=(Stop(day("2026-09-01"), day("2026-09-04")),))
    assert due(before) == due(reply("2026-09-07", 5))


def test_a_stop_ending_on_a_day_off_resumes_on_the_next_working_day():
    assert due(reply("2026-09-28", 3, stops=(Stop(day("2026-09-29"), day("2026-10-05")),))) == at("2026-10-09T23:59:59")


# --- what is left -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "amount", "expected"),
    [
        ("2026-09-14T09:00:00", 20, State.RUNNING),
        ("2026-09-15T09:00:00", 19, State.RUNNING),
        ("2026-10-16T23:59:59", 0, State.RUNNING),
        ("2026-10-16T23:59:59.900000", 0, State.RUNNING),
        ("2026-10-17T00:00:00", 0, State.OVERDUE),
        ("2026-10-20T09:00:00", -2, State.OVERDUE),
        ("2026-09-01T09:00:00", 20, State.RUNNING),
    ],
)
def test_what_is_left_of_twenty_working_days(now, amount, expected):
    assert (left(reply("2026-09-14"), now), state(reply("2026-09-14"), now)) == (amount, expected)


def test_done_in_time_stays_met_and_done_late_stays_overdue():
    in_time = reply("2026-09-14", met_at=at("2026-10-16T23:59:59.500000"))
    late = reply("2026-09-14", met_at=at("2026-10-19T09:00:00"))
    assert state(in_time, "2027-06-01T09:00:00") is State.MET
    assert state(late, "2027-06-01T09:00:00") is State.OVERDUE
    assert left(late, "2027-06-01T09:00:00") == -1


def test_done_while_stopped_is_in_time():
    done = reply("2025-09-24", stops=(Stop(day("2025-09-26")),), met_at=at("2025-12-01T09:00:00"))
    assert state(done, "2025-12-02T09:00:00") is State.MET


def test_what_is_left_says_when_it_is_estimated():
    assert reckoning.remaining(reply("2026-12-10"), at("2026-12-11T09:00:00"), CALENDAR).estimated
    stopped = reply("2026-12-10", stops=(Stop(day("2026-12-11")),))
    assert not reckoning.remaining(stopped, at("2026-12-14T09:00:00"), CALENDAR).estimated
    assert reckoning.remaining(stopped, at("2027-01-14T09:00:00"), CALENDAR).estimated


# --- extensions and what is wrong with them ---------------------------------------------------------------------------


def test_an_extension_beyond_the_cap_is_refused():
    with pytest.raises(errors.CalendarError, match="累计延长25个工作日，超过711号 §33允许的20个工作日"):
        reply("2026-09-14", extensions=(Extension(25, "负责人", "复杂", True),), extension_cap=20)
    assert reply("2026-09-14", extensions=EXTENDED, extension_cap=20).total == 40


def test_an_extension_granted_late_or_kept_from_the_applicant_is_named():
    late = Extension(20, "负责人", "复杂", applicant_informed=False, granted=day("2026-10-19"))
    found = reckoning.irregularities(reply("2026-09-14", extensions=(late,)), CALENDAR)
    assert found == ("第1次延期没有告知申请人。", "第1次延期于2026-10-19批准，晚于当时的期限2026-10-16 23:59。")
    in_time = dataclasses.replace(late, applicant_informed=True, granted=at("2026-10-16T17:00:00"))
    assert reckoning.irregularities(reply("2026-09-14", extensions=(in_time,)), CALENDAR) == ()


def test_a_second_extension_is_measured_against_the_first():
    second = Extension(5, "负责人", "复杂", True, granted=day("2026-10-20"))
    assert reckoning.irregularities(reply("2026-09-14", extensions=(*EXTENDED, second)), CALENDAR) == ()


def test_stops_without_effect_are_named():
    stops = (Stop(day("2026-09-10"), day("2026-09-15")), Stop(at("2026-12-01T09:00:00"), at("2026-12-02T09:00:00")))
    early, late = reckoning.irregularities(reply("2026-09-14", stops=stops), CALENDAR)
    assert early.startswith("第1次停止计时自2026-09-10起，早于起算日")
    assert "第2次" in late
    assert "届满，不起作用" in late


# --- a new calendar ---------------------------------------------------------------------------------------------------

TORCH_FESTIVAL = overrides.Override(
    day("2026-09-16"),
    False,
    "凉府办发〔2026〕1号",
    overrides.Scope.CITY,
    "王某",
    "李某",
    day("2026-01-01"),
    True,
    "火把节",
)


def test_a_new_local_holiday_moves_open_deadlines():
    stored = reckoning.compute(reply("2026-09-14"), CALENDAR)
    local = CALENDAR.with_overrides([TORCH_FESTIVAL])
    change = reckoning.recompute(stored, local)
    assert change is not None
    assert change.moved
    assert (change.before.due, change.after.due) == (at("2026-10-16T23:59:59"), at("2026-10-19T23:59:59"))
    assert (change.before.calendar_version, change.after.calendar_version) == (CALENDAR.version, local.version)
    assert wording.change(change) == "“答复期限”（711号 §33）由2026年10月16日改为2026年10月19日。"
    assert reckoning.recompute(change.after, local) is None


def test_a_change_elsewhere_or_on_the_same_calendar_changes_nothing():
    stored = reckoning.compute(reply("2026-01-05"), CALENDAR)
    assert reckoning.recompute(stored, CALENDAR) is None
    assert reckoning.recompute(stored, CALENDAR.with_overrides([TORCH_FESTIVAL])) is None


def test_an_answer_to_a_stop_shows_as_a_change_on_the_same_calendar():
    waiting = reckoning.compute(reply("2025-09-24", stops=(Stop(day("2025-09-26")),)), CALENDAR)
    change = reckoning.recompute(dataclasses.replace(waiting, stops=ASKED), CALENDAR)
    assert change is not None
    assert wording.change(change) == "“答复期限”（711号 §33）由停止计时，期限待定改为2025年11月10日。"


def test_computing_fills_in_the_answer_and_keeps_everything_else():
    asked = reply("2025-09-12", stops=ASKED, extensions=EXTENDED, extension_cap=20, met_at=at("2025-09-20T10:00"))
    computed = reckoning.compute(asked, CALENDAR)
    answer = {"due": due(asked), "calendar_version": CALENDAR.version, "estimated": False}
    assert computed == dataclasses.replace(asked, **answer)
    assert (asked.due, asked.calendar_version) == (None, None)
    assert dataclasses.asdict(computed) == {**dataclasses.asdict(asked), **answer}


def test_a_closed_deadline_stays_as_it_was_computed():
    stored = reckoning.compute(reply("2026-09-14"), CALENDAR)
    met = dataclasses.replace(stored, met_at=at("2026-10-16T09:00:00"))
    assert reckoning.recompute(met, CALENDAR.with_overrides([TORCH_FESTIVAL])) is None


def test_a_notice_that_confirms_the_estimate_takes_the_mark_away():
    stored = reckoning.compute(reply("2026-12-10"), CALENDAR)
    estimate = next(table for table in CALENDAR.years if table.year == 2027)
    notice_2027 = years.Notice("国务院办公厅关于2027年部分节假日安排的通知")
    official = dataclasses.replace(estimate, status=years.Status.OFFICIAL, notices=(notice_2027,))
    change = reckoning.recompute(stored, CALENDAR.with_year(official))
    assert change is not None
    assert not change.moved
    assert wording.change(change) == "“答复期限”（711号 §33）仍为2027年1月8日，已由推算转为确定。"


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: reply("2026-09-14", 0), "“答复期限”的数量应为大于零的整数，实为0"),
        (lambda: reply("2026-09-14", 2.5), "应为大于零的整数，实为2.5"),
        (lambda: Deadline(" ", "", Kind.FLOOR, Unit.DAYS, 5, day("2026-09-14")), "期限没有名称"),
        (lambda: Deadline("公示", "", "floor", Unit.DAYS, 5, day("2026-09-14")), "kind应为floor、nominal、ceiling之一"),
        (lambda: Deadline("公示", "", Kind.FLOOR, "days", 5, day("2026-09-14")), "unit应为days、workdays、hours之一"),
        (lambda: Deadline("公示", "", Kind.FLOOR, Unit.DAYS, 5, dt.datetime(2026, 9, 14)), "没有时区"),
        (lambda: Deadline("发布", "", Kind.CEILING, Unit.HOURS, 5, day("2026-09-14")), "按小时计算.*请补充时刻"),
        (
            lambda: Deadline("发布", "", Kind.CEILING, Unit.HOURS, 5, at("2026-09-14"), (Stop(day("2026-09-15")),)),
            "应为带时区的时间，实为日期2026-09-15",
        ),
        (lambda: reply("2026-09-14", roll_forward=True), "按个工作日计算，不能顺延"),
        (lambda: reply("2026-09-14", met_at=dt.datetime(2026, 9, 15)), "没有时区"),
        (lambda: Stop(day("2026-09-14"), day("2026-09-13")), "答复时间（2026-09-13）早于发出时间（2026-09-14）"),
        (lambda: Stop(at("2026-09-14T10:00"), at("2026-09-14T09:00")), "早于发出时间"),
        (lambda: Stop(dt.datetime(2026, 9, 14)), "没有时区"),
        (lambda: Extension(5, "", "复杂"), "没有填写批准人"),
        (lambda: Extension(5, "负责人", " "), "没有填写理由"),
        (lambda: Extension(-5, "负责人", "复杂"), "延期的数量应为大于零的整数"),
        (lambda: reckoning.state(reply("2026-09-14"), dt.datetime(2026, 9, 15), CALENDAR), "没有时区"),
        (lambda: reckoning.remaining(reply("2026-09-14"), dt.datetime(2026, 9, 15), CALENDAR), "没有时区"),
        (lambda: due(reply("2040-12-20")), "超出工作日历的范围"),
        (lambda: due(reply("2003-12-20")), "不在工作日历的范围"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(make, message):
    with pytest.raises(errors.CalendarError, match=message):
        make()


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deadline", "now", "text"),
    [
        (reply("2026-09-14"), "2026-09-15T09:00:00", "还剩19个工作日"),
        (reply("2026-09-14"), "2026-10-16T09:00:00", "今日届满"),
        (reply("2026-09-14"), "2026-10-17T09:00:00", "已逾期"),
        (reply("2026-09-14"), "2026-10-20T09:00:00", "已逾期2个工作日"),
        (reply("2026-09-14", met_at=at("2026-10-19T09:00:00")), "2026-11-20T09:00:00", "逾期办结1个工作日"),
        (reply("2026-09-14", met_at=at("2026-10-15T09:00:00")), "2026-11-20T09:00:00", "符合期限"),
        (reply("2025-09-24", stops=(Stop(day("2025-09-26")),)), "2025-10-15T09:00:00", "停止计时，还剩18个工作日"),
        (reply("2026-12-10"), "2026-12-11T09:00:00", "还剩19个工作日（推算，该年放假通知尚未发布）"),
        (notice("2026-05-01", met_at=at("2026-05-02T09:00:00")), "2026-05-03T09:00:00", "未满期限"),
        (
            Deadline("发布", "", Kind.CEILING, Unit.HOURS, 5, at("2026-10-01T22:30:00")),
            "2026-10-02T02:00:00",
            "还剩1.5小时",
        ),
    ],
)
def test_where_a_deadline_stands_in_words(deadline, now, text):
    assert wording.standing(deadline, at(now), CALENDAR) == text


def test_when_a_deadline_is_due_in_words():
    assert wording.due(reckoning.compute(notice("2026-05-01"), CALENDAR)) == "2026年5月6日"
    assert wording.due(reckoning.compute(reply("2026-12-10"), CALENDAR)).startswith("2027年1月8日（推算")
    hours = Deadline("发布", "", Kind.FLOOR, Unit.HOURS, 5, at("2026-10-01T22:30:00"))
    assert wording.due(reckoning.compute(hours, CALENDAR)) == "2026年10月2日03:30"
    assert wording.due(notice("2026-05-01")) == "停止计时，期限待定"


def test_every_state_and_unit_has_a_name():
    assert all(state.label for state in State)
    assert [unit.label for unit in Unit] == ["日", "个工作日", "小时"]


# --- storing ----------------------------------------------------------------------------------------------------------


def test_a_stored_deadline_is_read_back_unchanged():
    full = reckoning.compute(
        reply("2025-09-24", stops=ASKED, extensions=EXTENDED, extension_cap=20, met_at=at("2025-11-01T09:00:00")),
        CALENDAR,
    )
    granted = dataclasses.replace(full.extensions[0], granted=at("2025-10-01T09:00:00"))
    full = dataclasses.replace(full, extensions=(granted,))
    assert records.parse(records.dump(full)) == full
    assert records.parse(records.dump(notice("2026-05-01"))) == notice("2026-05-01")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "maximum"}, "期限记录无法读取.*maximum"),
        ({"due": "2026-05-01"}, "due应为时间，实为日期2026-05-01"),
        ({"start": "明天"}, "“明天”不是日期"),
        ({"extensions": [{"granted": None}]}, "期限记录无法读取"),
    ],
)
def test_a_broken_record_is_refused(values, message):
    with pytest.raises(errors.CalendarError, match=message):
        records.parse(records.dump(notice("2026-05-01")) | values)


def test_a_record_without_a_field_is_refused():
    record = records.dump(notice("2026-05-01"))
    del record["stops"]
    with pytest.raises(errors.CalendarError, match="缺少字段stops"):
        records.parse(record)


# --- properties -------------------------------------------------------------------------------------------------------

STARTS = st.dates(dt.date(2024, 1, 1), dt.date(2026, 6, 30))


@st.composite
def stopped_deadlines(draw: st.DrawFn) -> Deadline:
    start = draw(STARTS)
    stops = []
    for _ in range(draw(st.integers(0, 4))):
        sent = start + dt.timedelta(days=draw(st.integers(-5, 60)))
        length = draw(st.none() | st.integers(0, 30))
        stops.append(Stop(sent, None if length is None else sent + dt.timedelta(days=length)))
    unit = draw(st.sampled_from([Unit.DAYS, Unit.WORKDAYS]))
    return Deadline("期限", "", draw(st.sampled_from(Kind)), unit, draw(st.integers(1, 40)), start, tuple(stops))


def counted_days(deadline: Deadline, until: dt.date) -> list[dt.date]:
    """The days that count, found by asking every day on its own."""
    found = []
    current = deadline.start
    while current < until:
        current += dt.timedelta(days=1)
        stopped = any(s.sent < current and (s.answered is None or current <= s.answered) for s in deadline.stops)
        if not stopped and (deadline.unit is Unit.DAYS or CALENDAR.is_workday(current)):
            found.append(current)
    return found


@given(stopped_deadlines())
@settings(max_examples=150, deadline=None)
def test_due_is_the_last_of_the_days_that_count_one_by_one(deadline):
    computed = reckoning.compute(deadline, CALENDAR)
    counted = counted_days(deadline, deadline.start + dt.timedelta(days=400))
    if len(counted) >= deadline.total:
        assert computed.last_day == counted[deadline.total - 1]
    else:
        assert computed.due is None
        assert any(stop.answered is None for stop in deadline.stops)


@given(stopped_deadlines(), st.integers(0, 120))
@settings(max_examples=150, deadline=None)
def test_what_is_left_is_the_total_less_the_days_that_counted(deadline, passed):
    today = deadline.start + dt.timedelta(days=passed)
    now = dt.datetime.combine(today, dt.time(12), moments.SHANGHAI)
    left = reckoning.remaining(deadline, now, CALENDAR).amount
    assert left == deadline.total - len(counted_days(deadline, today))


@given(stopped_deadlines(), st.integers(0, 120))
@settings(max_examples=150, deadline=None)
def test_overdue_exactly_when_nothing_is_left_and_the_day_is_over(deadline, passed):
    now = dt.datetime.combine(deadline.start + dt.timedelta(days=passed), dt.time(12), moments.SHANGHAI)
    last = reckoning.compute(deadline, CALENDAR).last_day
    over = last is not None and moments.local_day(now) > last
    found = reckoning.state(deadline, now, CALENDAR)
    assert (found is (State.MET if deadline.kind is Kind.FLOOR else State.OVERDUE)) is over


@given(stopped_deadlines())
@settings(max_examples=100, deadline=None)
def test_storing_loses_nothing_and_recomputing_on_the_same_calendar_changes_nothing(deadline):
    computed = reckoning.compute(deadline, CALENDAR)
    read = records.parse(records.dump(computed))
    assert read == computed
    assert reckoning.recompute(read, CALENDAR) is None


@given(stopped_deadlines(), st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_an_extension_is_the_same_as_a_larger_amount(deadline, more):
    extended = dataclasses.replace(deadline, extensions=(deadlines.Extension(more, "负责人", "复杂"),))
    larger = dataclasses.replace(deadline, amount=deadline.amount + more)
    assert due(extended) == due(larger)


def test_what_ends_at_midnight_ends_with_the_day_before() -> None:
    midnight = dt.datetime(2026, 11, 25, 16, tzinfo=dt.UTC)
    assert moments.closing(midnight) == "2026-11-25 24:00"
    assert moments.closing(midnight - dt.timedelta(minutes=1)) == "2026-11-25 23:59"
    assert moments.closing(midnight + dt.timedelta(minutes=1)) == "2026-11-26 00:01"
