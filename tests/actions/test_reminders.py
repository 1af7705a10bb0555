"""Reminders before and after the due day, on working days at 09:00, and never ten where one would do."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import testing
from engine.actions import digests, notices, reminders
from engine.calendars import calendar
from engine.model import commands, events
from engine.model import instances as model
from engine.store import counting

DUE = p.line(s.user("draft", name="起草", camunda_dueDate="${workdays(3)}"), ids=("draft",))
SOON, LATE = events.NoticeKind.DUE_SOON, events.NoticeKind.OVERDUE


@pytest.fixture
def office(drive):
    driver = drive(main=DUE, settings=staff.SETTINGS)  # Monday 2026-03-09 09:00; due on Thursday
    staff.hire(driver)
    return driver


def told(office, user_id: str, *kinds: events.NoticeKind) -> list[tuple[str, str]]:
    """Return when and of what somebody was told, oldest first."""
    page = notices.inbox(office.engine, commands.Actor(user_id), kinds=kinds, limit=1000)
    return [(f"{n.created_at.astimezone(testing.SHANGHAI):%m-%d %H:%M}", n.title) for n in reversed(page.items)]


def choose(office, user_id: str, **given) -> None:
    values = {"remind_before": 1, "remind_overdue": True, "digest": events.DigestRhythm.OFF, **given}
    notices.save_settings(office.engine, commands.Actor(user_id), choices={}, **values)


def test_a_reminder_comes_one_working_day_before(office):
    office.start("main", as_="zhangsan")
    office.advance(to="2026-03-12 18:00")

    assert told(office, "lisi", SOON) == [("03-11 09:00", "任务“起草”即将到期（还剩1个工作日）")]


def test_everybody_chooses_how_early_to_be_reminded(office):
    choose(office, "zhangsan", remind_before=2)
    choose(office, "lisi", remind_before=0)
    office.start("main", as_="zhangsan")
    office.advance(to="2026-03-12 18:00")

    assert [at for at, _ in told(office, "zhangsan", SOON)] == ["03-10 09:00"]
    assert told(office, "lisi", SOON) == [("03-12 09:00", "任务“起草”即将到期（今日到期）")]


def test_who_wants_no_reminder_gets_none(office):
    choose(office, "lisi", remind_before=None, remind_overdue=False)
    office.start("main", as_="zhangsan")
    office.advance(days=14)

    assert told(office, "lisi", SOON, LATE) == []
    assert told(office, "zhangsan", SOON, LATE) != []


def test_a_choice_that_is_made_after_a_task_was_opened_counts_for_it(office):
    office.start("main", as_="zhangsan")
    choose(office, "lisi", remind_before=2)
    office.advance(to="2026-03-12 18:00")

    assert [at for at, _ in told(office, "lisi", SOON)] == ["03-10 09:00"]


def test_who_took_a_task_is_reminded_alone(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="lisi")
    office.advance(to="2026-03-12 18:00")

    assert told(office, "zhangsan", SOON) == []
    assert len(told(office, "lisi", SOON)) == 1


def test_a_task_that_is_done_reminds_nobody(office):
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="lisi")
    office.advance(days=14)

    assert told(office, "lisi", SOON, LATE) == []
    with office.engine.store.read() as uow:
        assert not uow.reminders.any_due(office.now + datetime.timedelta(days=1000))


def test_who_got_a_task_when_it_was_nearly_due_was_told_the_day_with_it(office):
    office.advance(to="2026-03-09 10:00")
    choose(office, "lisi", remind_before=3)
    office.start("main", as_="zhangsan")
    office.advance(to="2026-03-12 18:00")

    assert told(office, "lisi", SOON) == []
    page = notices.inbox(office.engine, commands.Actor("lisi"))
    assert "应于3月12日前办结" in page.items[-1].text


def test_an_overdue_task_reminds_on_every_working_day_and_on_no_other(office):
    office.start("main", as_="zhangsan")
    office.advance(to="2026-03-17 12:00")

    assert told(office, "lisi", LATE) == [
        ("03-13 09:00", "任务“起草”已逾期1个工作日"),
        ("03-16 09:00", "任务“起草”已逾期2个工作日"),
        ("03-17 09:00", "任务“起草”已逾期3个工作日"),
    ]


def test_of_several_reminders_of_a_task_only_the_last_is_still_open(office):
    office.start("main", as_="zhangsan")
    office.advance(to="2026-03-17 12:00")
    page = notices.inbox(office.engine, commands.Actor("lisi"), kinds=[SOON, LATE])

    assert [notice.outcome for notice in page.items] == [None, *["已有新的通知"] * 3]


def test_after_downtime_there_is_one_reminder_and_not_ten(office):
    office.start("main", as_="zhangsan")
    office.sleep(to="2026-03-27 15:00")
    office.run()

    assert told(office, "lisi", SOON) == []
    assert told(office, "lisi", LATE) == [("03-27 15:00", "任务“起草”已逾期11个工作日")]
    office.advance(to="2026-03-30 09:00")
    assert len(told(office, "lisi", LATE)) == 2


def test_after_downtime_over_a_weekend_the_reminder_waits_for_monday(office):
    office.start("main", as_="zhangsan")
    office.sleep(to="2026-03-14 12:00")  # a Saturday
    office.run()
    assert told(office, "lisi", LATE) == []

    office.advance(to="2026-03-16 09:00")
    assert len(told(office, "lisi", LATE)) == 1


def test_a_case_that_rests_reminds_nobody_until_it_goes_on(office):
    office.start("main", as_="zhangsan")
    office.suspend()
    office.advance(to="2026-03-16 08:00")
    assert told(office, "lisi", SOON, LATE) == []

    office.activate()
    office.advance(to="2026-03-16 09:00")
    assert len(told(office, "lisi", LATE)) == 1


def test_reminders_count_on_the_calendar_of_the_office(drive):
    closed = (
        "calendar:\n  - {date: 2026-03-11, working: false, scope: agency, document: 台风停工, proposer: a, approver: b,"
        " valid_from: 2026-01-01, counts_for_statutory: false}\n"
    )
    office = drive(main=DUE, extra=closed, settings=staff.SETTINGS)
    staff.hire(office)
    office.start("main", as_="zhangsan")
    office.advance(to="2026-03-12 18:00")

    # The day before is no working day of this office, although the limit of the law counts it.
    assert [at for at, _ in told(office, "lisi", SOON)] == ["03-10 09:00"]


def test_nothing_is_looked_at_that_is_not_due(office):
    for _ in range(20):
        office.start("main", as_="zhangsan")
    with counting.counted(office.engine.store) as count:
        assert reminders.fire_due(office.engine) == 0
    assert (count.statements, count.commits) == (1, 0)


# --- the arithmetic -------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime.datetime:
    return testing.moment(text)


def task(due: str, created: str = "2026-03-02 09:00") -> model.UserTask:
    return model.UserTask(1, 1, 1, "e", "起草", model.UserTaskStatus.OPEN, at(created), due=at(due))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-02 09:00", "2026-03-05 09:00"),
        ("2026-03-05 09:00", "2026-03-06 09:00"),
        ("2026-03-06 12:00", "2026-03-09 09:00"),
        ("2026-03-11 09:00", "2026-03-12 09:00"),
        ("2026-03-12 09:00", "2026-03-13 09:00"),
        ("2026-03-13 09:00", "2026-03-16 09:00"),
    ],
)
def test_a_task_is_looked_at_on_the_last_working_days_before_it_is_due_and_on_each_after(now, expected):
    looked = reminders.next_look(calendar.load().office, task("2026-03-12 23:59:59"), at(now))

    assert looked == at(expected)


def test_a_task_that_is_due_on_a_holiday_is_remindable_on_the_working_day_before():
    days = calendar.load().office
    assert reminders.before_due(days, at("2026-03-15 23:59:59"), 0) == at("2026-03-13 09:00")
    assert reminders.before_due(days, at("2026-03-15 23:59:59"), 1) == at("2026-03-13 09:00")
    assert reminders.before_due(days, at("2026-10-09 23:59:59"), 1) == at("2026-10-08 09:00")
    assert reminders.before_due(days, at("2026-10-08 23:59:59"), 1) == at("2026-09-30 09:00")


def test_a_task_that_is_due_at_noon_is_not_reminded_of_after_it():
    looked = reminders.next_look(calendar.load().office, task("2026-03-12 08:00"), at("2026-03-11 10:00"))
    assert looked == at("2026-03-12 09:00"), "the first morning on which it is overdue"


def test_a_task_that_is_due_beyond_the_calendar_is_never_looked_at():
    assert reminders.next_look(calendar.load().office, task("2999-01-01 00:00"), at("2026-03-11 10:00")) is None


@pytest.mark.parametrize(
    ("rhythm", "now", "expected"),
    [
        (events.DigestRhythm.DAILY, "2026-03-09 08:00", "2026-03-09 09:00"),
        (events.DigestRhythm.DAILY, "2026-03-09 09:00", "2026-03-10 09:00"),
        (events.DigestRhythm.DAILY, "2026-03-13 09:00", "2026-03-16 09:00"),
        (events.DigestRhythm.WEEKLY, "2026-03-09 09:00", "2026-03-16 09:00"),
        (events.DigestRhythm.WEEKLY, "2026-10-01 09:00", "2026-10-08 09:00"),  # holidays until Wednesday
    ],
)
def test_a_digest_is_due_on_working_days_only(rhythm, now, expected):
    assert digests.next_due(rhythm, at(now)) == at(expected)
