"""Open deadlines move when the working-day calendar changes: due times of tasks, reminders of them, and timers."""

from __future__ import annotations

import datetime
import json

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors, testing
from engine.actions import calendar_changes, deadline_moves, notices, reminders, sentences, withdrawals
from engine.bpmn import deadlines
from engine.calendars import moments
from engine.model import calendar_changes as model
from engine.model import commands, events
from engine.model import instances as model_instances
from engine.store import counting

ADMIN = commands.Actor("admin", admin=True)
OTHER = commands.Actor("second", admin=True)
WEDNESDAY = datetime.date(2026, 3, 11)
SATURDAY = datetime.date(2026, 3, 14)
DUE = p.line(s.user("draft", name="起草", camunda_dueDate="${workdays(5)}"), ids=("draft",))
PERIOD = "${workdays(5)}"


def wait(id: str, text: str = PERIOD, kind: str = "timeDate") -> str:
    return s.element("intermediateCatchEvent", id, s.timer(text, kind), name="公示期满")


OTHER_DUE = p.line(s.user("draft", name="起草", camunda_dueDate="${workdays(5)}"), ids=("draft",), id="other")
TIMED = p.line(wait("wait"), s.user("after", name="归档"), ids=("wait", "after"))
REMINDED = p.diagram(
    s.start(), s.user("draft", name="起草", camunda_dueDate="${workdays(5)}"),
    s.boundary("late", "draft", s.timer("${workdays(3)}", "timeDate"), cancelActivity="false"),
    s.user("urge", name="督办"), s.end(), s.end("told"),
    s.path("start", "draft", "end"), s.path("late", "urge", "told"),
)  # fmt: skip


def proposal(day: datetime.date = WEDNESDAY, *, working: bool = False, statutory: bool = True):
    return calendar_changes.Proposal(
        day, working=working, document="市防汛指〔2026〕3号", counts_for_statutory=statutory
    )


def change(driver, day: datetime.date = WEDNESDAY, **kinds: bool) -> model.CalendarChange:
    made = calendar_changes.propose(driver.engine, proposal(day, **kinds), ADMIN)
    return calendar_changes.approve(driver.engine, made.id, OTHER)


def due_day(driver, name: str = "起草", case=None) -> datetime.date:
    due = driver.task(name, case).due
    assert due is not None
    return moments.local_day(due)


def timer_day(driver, case=None) -> datetime.date:
    """The day of the only timer, which the tokens of the case must hold, too."""
    (timer,) = driver.timers(case)
    with driver.engine.store.read() as uow:
        rows = json.loads(uow.instances.state(timer.instance_id).tokens)["tokens"]
    (held,) = [row[5]["due"] for row in rows if "timer" in row[5].get("waits", ())]
    assert datetime.datetime.fromisoformat(held) == timer.due
    return moments.local_day(timer.due)


def march(day: int) -> datetime.date:
    return datetime.date(2026, 3, day)


# --- tasks ----------------------------------------------------------------------------------------------------------------


def test_a_day_off_moves_what_is_due_behind_it(drive):
    driver = drive(main=DUE)
    driver.start("main", as_="zhangsan")
    assert due_day(driver) == march(16)

    approved = change(driver)

    assert due_day(driver) == march(17)
    assert approved.moved == 1
    (found,) = calendar_changes.listed(driver.engine, ADMIN)
    assert found.moved == 1


def test_an_added_working_day_pulls_it_earlier(drive):
    driver = drive(main=DUE)
    driver.start("main", as_="zhangsan")

    change(driver, SATURDAY, working=True)

    assert due_day(driver) == SATURDAY


def test_it_counts_from_when_the_task_was_opened_not_from_the_approval(drive):
    driver = drive(main=DUE)
    driver.start("main", as_="zhangsan")
    driver.advance(days=3)

    change(driver, march(13))

    assert due_day(driver) == march(17)


def test_taking_the_change_back_takes_the_move_back(drive):
    driver = drive(main=DUE)
    driver.start("main", as_="zhangsan")
    made = change(driver)
    back = calendar_changes.propose_revocation(driver.engine, made.id, ADMIN)
    assert [each.new.day for each in calendar_changes.preview(driver.engine, back.id, OTHER).moves] == [16]

    calendar_changes.approve(driver.engine, back.id, OTHER)

    assert due_day(driver) == march(16)


def test_what_was_set_by_hand_stays(drive):
    driver = drive(main=DUE)
    driver.start("main", as_="zhangsan")
    by_hand = testing.moment("2026-03-20 12:00")
    number = driver.task("起草").id
    with driver.engine.store.write() as uow:
        task, _ = uow.user_tasks.lock(number)
        uow.user_tasks.change(task, due=by_hand)

    assert change(driver).moved == 0
    assert driver.task("起草").due == by_hand


def test_what_counts_on_data_that_have_changed_since_stays(drive):
    driver = drive(main=p.line(s.user("draft", name="起草", camunda_dueDate="${workdays(n)}"), ids=("draft",)))
    driver.start("main", as_="admin", variables={"n": 5})
    driver.set_variables({"n": 8})

    assert change(driver).moved == 0
    assert due_day(driver) == march(16)


def test_what_counts_calendar_days_stays(drive):
    driver = drive(main=p.line(s.user("draft", name="起草", camunda_dueDate="${days(5)}"), ids=("draft",)))
    driver.start("main", as_="zhangsan")

    assert change(driver).moved == 0
    assert due_day(driver) == march(14)


def test_a_day_off_of_the_office_alone_moves_no_limit(drive):
    driver = drive(main=DUE)
    driver.start("main", as_="zhangsan")

    assert change(driver, statutory=False).moved == 0
    assert due_day(driver) == march(16)


def test_an_overdue_task_may_be_in_time_again_but_nothing_that_is_past_is_touched(drive):
    driver = drive(main=DUE)
    early = driver.start("main", as_="zhangsan").id
    driver.advance(to="2026-03-12 09:00")
    late = driver.start("main", as_="zhangsan").id  # due on the 19th
    driver.advance(to="2026-03-17 08:00")  # the first is overdue since yesterday

    assert change(driver, march(17)).moved == 1
    assert (due_day(driver, case=early), due_day(driver, case=late)) == (march(16), march(20))
    assert change(driver, march(16)).moved == 2
    assert due_day(driver, case=early) == march(18)  # not the 17th, which is off by now, too
    driver.advance(to="2026-03-26 09:00")
    assert change(driver, march(13)).moved == 0  # over before and after


def test_a_suspended_case_moves_as_well_and_stays_suspended(drive):
    driver = drive(main=REMINDED)
    case = driver.start("main", as_="zhangsan").id
    driver.suspend()

    assert change(driver).moved == 2

    assert driver.status() == "suspended"
    assert due_day(driver, case=case) == march(17)
    assert timer_day(driver) == march(13)


def test_what_is_done_does_not_move(drive):
    driver = drive(main=DUE)
    case = driver.start("main", as_="zhangsan").id
    driver.complete("起草", as_="zhangsan")

    assert change(driver).moved == 0
    with driver.engine.store.read() as uow:
        (task,) = uow.user_tasks.of_instance(case)
    assert moments.local_day(task.due) == march(16)


# --- timers ---------------------------------------------------------------------------------------------------------------


def test_a_timer_moves_and_fires_at_the_new_time_only(drive):
    driver = drive(main=TIMED)
    driver.start("main", as_="zhangsan")

    assert change(driver).moved == 1

    assert timer_day(driver) == march(17)
    driver.advance(to="2026-03-17 23:59:58")
    assert driver.tasks() == []
    driver.advance(seconds=1)
    assert driver.task("归档").created_at == testing.moment("2026-03-17 23:59:59")


def test_a_timer_whose_new_time_is_past_fires_at_once(drive):
    driver = drive(main=p.line(wait("wait", "${workdays(4)}"), s.user("after", name="归档"), ids=("wait", "after")))
    driver.start("main", as_="zhangsan", variables=None)
    driver.advance(to="2026-03-13 08:00")
    assert timer_day(driver) == march(13)
    # The Sunday before is declared worked afterwards; it lies before the start and moves nothing.
    assert change(driver, datetime.date(2026, 3, 8), working=True).moved == 0
    driver.sleep(to="2026-03-13 23:59:00")

    changed = change(driver, march(10))
    assert changed.moved == 1
    assert timer_day(driver) == march(16)
    driver.sleep(to="2026-03-15 12:00")
    calendar_changes.approve(
        driver.engine, calendar_changes.propose_revocation(driver.engine, changed.id, ADMIN).id, OTHER
    )
    assert timer_day(driver) == march(13)
    driver.run()

    assert driver.task("归档").created_at == testing.moment("2026-03-15 12:00")


def test_a_timer_that_has_fired_stays_fired(drive):
    driver = drive(main=TIMED)
    driver.start("main", as_="zhangsan")
    driver.advance(to="2026-03-17 09:00")

    assert change(driver).moved == 0
    assert [task.name for task in driver.tasks()] == ["归档"]


@pytest.mark.parametrize(
    "diagram",
    [
        p.diagram(
            s.start(), s.element("eventBasedGateway", "race"), wait("wait"),
            s.element("intermediateCatchEvent", "m", s.event("message", messageRef="M"), name="收到补正"),
            s.user("a", name="归档"), s.end(), s.end("end2"),
            s.path("start", "race", "wait", "a", "end"), s.path("race", "m", "end2"),
        ),
        p.diagram(
            s.start(), s.user("draft", name="起草"), s.end(), s.path("start", "draft", "end"),
            s.subprocess(
                "esp", s.start("begin", s.timer(PERIOD, "timeDate"), isInterrupting="false"), s.user("a", name="归档"),
                s.end("over"), s.path("begin", "a", "over"), triggeredByEvent="true",
            ),
        ),
        p.diagram(
            s.start(), s.subprocess(
                "sub", s.start("s1"), s.user("draft", name="起草"), s.end("e1"), s.path("s1", "draft", "e1"),
            ),
            s.boundary("late", "sub", s.timer(PERIOD, "timeDate")), s.user("a", name="归档"), s.end(), s.end("end2"),
            s.path("start", "sub", "end"), s.path("late", "a", "end2"),
        ),
    ],
    ids=["event gateway", "event subprocess", "boundary of a subprocess"],
)  # fmt: skip
def test_a_timer_moves_wherever_it_stands(drive, diagram):
    driver = drive(main=diagram)
    driver.start("main", as_="zhangsan")
    driver.advance(hours=5)
    assert timer_day(driver) == march(16)

    assert change(driver).moved == 1
    assert timer_day(driver) == march(17)
    driver.advance(to="2026-03-17 12:00")
    assert "归档" not in [task.name for task in driver.tasks()]
    driver.advance(to="2026-03-18 00:00")
    assert "归档" in [task.name for task in driver.tasks()]


def test_a_cycle_goes_on_from_its_new_beginning_and_moves_no_more_then(drive):
    body = (
        s.start(), s.user("a", name="办理"),
        s.boundary("remind", "a", s.timer("R3/${workdays(5)}/P7D", "timeCycle"), cancelActivity="false"),
        s.user("note", name="提醒"), s.end(), s.end("told"),
    )  # fmt: skip
    driver = drive(main=p.diagram(*body, s.path("start", "a", "end"), s.path("remind", "note", "told")))
    driver.start("main", as_="zhangsan")
    change(driver)
    driver.advance(to="2026-03-18 09:00")
    assert timer_day(driver) == march(24)

    assert change(driver, march(10)).moved == 0
    assert timer_day(driver) == march(24)


def test_a_completion_can_still_be_withdrawn_when_a_timer_has_moved(drive):
    body = (
        s.start(), s.element("parallelGateway", "split"), wait("wait"), s.user("after", name="归档"),
        s.user("draft", name="起草"), s.user("check", name="审核"), s.end(), s.end("end2"),
    )  # fmt: skip
    driver = drive(
        main=p.diagram(
            *body, s.path("start", "split", "wait", "after", "end"), s.path("split", "draft", "check", "end2")
        )
    )
    driver.start("main", as_="zhangsan")
    task = driver.task("起草").id
    driver.complete("起草", as_="zhangsan")
    assert change(driver).moved == 1

    withdrawals.withdraw(driver.engine, task, driver.user("zhangsan"))

    assert timer_day(driver) == march(17)
    assert driver.task("起草").id == task


# --- who is told, and what is kept ----------------------------------------------------------------------------------------


def test_the_case_says_in_words_what_moved_and_why(drive):
    driver = drive(main=REMINDED)
    driver.start("main", as_="zhangsan")
    change(driver)

    moved = [entry for entry in driver.audit() if entry.action.startswith("move-")]
    (task,) = driver.tasks()
    words = sentences.Words({"second": "第二管理员"}, {task.id: "起草"}, {"late": "已逾期", "draft": "起草"})
    assert sorted(words.say(entry) for entry in moved) == [
        ("工作日历调整，“已逾期”的时间由2026年3月12日改为2026年3月13日", "市防汛指〔2026〕3号"),
        ("工作日历调整，“起草”的期限由2026年3月16日改为2026年3月17日", "市防汛指〔2026〕3号"),
    ]
    assert {entry.actor for entry in moved} == {"second"}


@pytest.fixture
def office(drive):
    driver = drive(main=DUE, settings=staff.SETTINGS)
    staff.hire(driver)
    return driver


def told(office, user_id: str, *kinds: events.NoticeKind) -> list[tuple[str, str, str]]:
    page = notices.inbox(office.engine, commands.Actor(user_id), kinds=kinds, limit=1000)
    return [(f"{n.created_at.astimezone(testing.SHANGHAI):%m-%d %H:%M}", n.title, n.text) for n in reversed(page.items)]


def test_whoever_may_do_the_task_is_told_once_and_nobody_else(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="lisi")
    office.run()
    change(office)
    office.run()
    office.advance(minutes=5)

    ((_, title, text),) = told(office, "lisi", events.NoticeKind.DUE_MOVED)
    assert title == "任务“起草”的期限由3月16日改为3月17日"
    assert "应于3月17日前办结" in text
    assert "市防汛指〔2026〕3号" in text
    for other in ("zhangsan", "wangwu", "zhaoliu"):
        assert told(office, other, events.NoticeKind.DUE_MOVED) == []


def test_candidates_are_told_where_nobody_has_the_task(office):
    office.start("main", as_="zhangsan")
    change(office)
    office.run()
    for candidate in ("zhangsan", "lisi"):
        assert len(told(office, candidate, events.NoticeKind.DUE_MOVED)) == 1
    assert told(office, "wangwu", events.NoticeKind.DUE_MOVED) == []


def test_reminders_follow(office):
    office.start("main", as_="zhangsan")
    office.run()
    change(office, march(16))
    office.advance(to="2026-03-19 09:00")

    soon = told(office, "lisi", events.NoticeKind.DUE_SOON)
    assert [(at, title) for at, title, _ in soon] == [("03-13 09:00", "任务“起草”即将到期（还剩1个工作日）")]
    late = told(office, "lisi", events.NoticeKind.OVERDUE)
    assert [at for at, _, _ in late] == ["03-18 09:00", "03-19 09:00"]


def test_what_was_said_of_an_overdue_task_is_settled_when_it_is_not_overdue_any_more(office):
    office.start("main", as_="zhangsan")
    office.advance(to="2026-03-17 09:00")
    assert len(told(office, "lisi", events.NoticeKind.OVERDUE)) == 1

    change(office, march(16))
    office.run()

    page = notices.inbox(office.engine, commands.Actor("lisi"), kinds=[events.NoticeKind.OVERDUE])
    assert [notice.outcome for notice in page.items] == ["已有新的通知"]
    with office.engine.store.read() as uow:
        assert uow.reminders.any_due(testing.moment("2026-03-18 09:00"))
        assert not uow.reminders.any_due(office.now)
    assert reminders.fire_due(office.engine) == 0


# --- beforehand -----------------------------------------------------------------------------------------------------------


def listed(preview: calendar_changes.Preview) -> list[tuple[int, str, bool, datetime.datetime, datetime.datetime]]:
    return [(each.case.instance.id, each.name, each.task is None, each.old, each.new) for each in preview.moves]


def test_whoever_approves_sees_beforehand_exactly_what_happens(drive):
    driver = drive(main=REMINDED)
    for _ in range(3):
        driver.start("main", as_="zhangsan")
        driver.advance(days=1)
    made = calendar_changes.propose(driver.engine, proposal(march(12)), ADMIN)
    before = len(driver.audit())

    preview = calendar_changes.preview(driver.engine, made.id, OTHER)

    assert len(driver.audit()) == before  # looking changes nothing
    promised = listed(preview)
    assert len(promised) == preview.total == 6
    assert calendar_changes.approve(driver.engine, made.id, OTHER).moved == 6
    for case, name, is_timer, old, new in promised:
        assert old < new
        assert (driver.timers(case)[0] if is_timer else driver.task(name, case)).due == new


def test_the_list_is_bounded_and_says_how_many_more_there_are(drive, monkeypatch):
    monkeypatch.setattr(deadline_moves, "BATCH", 2)
    driver = drive(main=DUE)
    for _ in range(5):
        driver.start("main", as_="zhangsan")
    made = calendar_changes.propose(driver.engine, proposal(), ADMIN)

    preview = calendar_changes.preview(driver.engine, made.id, OTHER, limit=3)

    assert (len(preview.moves), preview.rest, preview.total) == (3, 2, 5)


def test_only_administrators_look_and_only_at_what_is_proposed(drive):
    driver = drive(main=DUE)
    made = calendar_changes.propose(driver.engine, proposal(), ADMIN)
    with pytest.raises(errors.Forbidden, match="系统管理员"):
        calendar_changes.preview(driver.engine, made.id, driver.user("zhangsan"))
    calendar_changes.approve(driver.engine, made.id, OTHER)
    with pytest.raises(errors.Conflict, match="已经处理"):
        calendar_changes.preview(driver.engine, made.id, OTHER)


def test_a_change_that_is_proposed_or_refused_moves_nothing(drive):
    driver = drive(main=REMINDED)
    driver.start("main", as_="zhangsan")
    made = calendar_changes.propose(driver.engine, proposal(), ADMIN)
    driver.advance(hours=1)
    assert (due_day(driver), timer_day(driver)) == (march(16), march(12))
    calendar_changes.refuse(driver.engine, made.id, OTHER, "通知有误")
    driver.advance(hours=1)

    assert (due_day(driver), timer_day(driver)) == (march(16), march(12))
    assert [entry.action for entry in driver.audit() if entry.action.startswith("move-")] == []


def test_an_approval_that_fails_moves_nothing(drive):
    driver = drive(main=DUE)
    driver.start("main", as_="zhangsan")
    one, two = (
        calendar_changes.propose(driver.engine, each, ADMIN)
        for each in (proposal(), calendar_changes.Proposal(WEDNESDAY, working=False, document="另一份通知"))
    )
    calendar_changes.approve(driver.engine, one.id, OTHER)
    with pytest.raises(errors.CalendarError, match="不同调整"):
        calendar_changes.preview(driver.engine, two.id, OTHER)
    with pytest.raises(errors.CalendarError, match="不同调整"):
        calendar_changes.approve(driver.engine, two.id, OTHER)

    assert due_day(driver) == march(17)
    driver.start("main", as_="zhangsan")
    assert due_day(driver) == march(17)


# --- many cases, many processes -------------------------------------------------------------------------------------------


def test_what_the_approval_does_not_reach_follows_in_the_background(drive, monkeypatch):
    monkeypatch.setattr(deadline_moves, "BATCH", 2)
    driver = drive(main=DUE)
    cases = [driver.start("main", as_="zhangsan").id for _ in range(5)]
    assert change(driver).moved == 2
    driver.run()  # not yet: other processes may still count on the calendar before
    assert [due_day(driver, case=case).day for case in cases] == [17, 17, 16, 16, 16]

    driver.advance(minutes=2)

    assert [due_day(driver, case=case).day for case in cases] == [17] * 5
    (found,) = calendar_changes.listed(driver.engine, ADMIN)
    assert (found.moved, found.look_at) == (5, None)
    assert deadline_moves.go_on(driver.engine) == 0


def test_what_another_process_opened_on_the_calendar_before_moves_a_moment_later(drive):
    driver = drive(main=DUE)
    # Another process has the calendar in memory, and does not notice at once that it has changed.
    driver.start("main", as_="zhangsan")
    stale = dict(driver.engine.calendars._held)
    change(driver)
    driver.engine.calendars._held.update(stale)
    case = driver.start("main", as_="zhangsan").id
    assert due_day(driver, case=case) == march(16)
    driver.engine.calendars.forget_all()

    driver.advance(minutes=2)

    assert due_day(driver, case=case) == march(17)
    (found,) = calendar_changes.listed(driver.engine, ADMIN)
    assert found.moved == 2


def test_a_second_change_does_not_get_lost_while_the_first_is_being_carried_through(drive, monkeypatch):
    monkeypatch.setattr(deadline_moves, "BATCH", 1)
    driver = drive(main=DUE)
    cases = [driver.start("main", as_="zhangsan").id for _ in range(3)]
    change(driver)
    driver.sleep(seconds=1)
    change(driver, march(12))

    driver.advance(minutes=5)

    assert [due_day(driver, case=case).day for case in cases] == [18] * 3


def test_the_cost_grows_with_what_moves_and_not_faster(drive):
    driver = drive(main=REMINDED)
    costs = []
    for day in (10, 11, 12):
        for _ in range(4):
            driver.start("main", as_="zhangsan")
        made = calendar_changes.propose(driver.engine, proposal(march(day)), ADMIN)
        with counting.counted(driver.engine.store) as count:
            moved = calendar_changes.approve(driver.engine, made.id, OTHER).moved
        costs.append((moved, count.statements, count.commits))

    (few, first, _), (more, second, _), (most, third, commits) = costs
    assert (few, more, most) == (8, 16, 24)
    assert second - first == third - second  # each case costs the same
    assert (second - first) / 4 <= 10
    assert commits == 1


def test_looking_at_cases_in_which_nothing_moves_costs_no_statement_for_each(drive):
    driver = drive(
        main=p.line(s.user("draft", name="起草", camunda_dueDate="${days(5)}"), ids=("draft",)), other=OTHER_DUE
    )
    costs = []
    for _ in range(2):
        for _ in range(5):
            driver.start("main", as_="zhangsan")
        made = calendar_changes.propose(driver.engine, proposal(), ADMIN)
        with counting.counted(driver.engine.store) as count:
            calendar_changes.preview(driver.engine, made.id, OTHER)
        calendar_changes.refuse(driver.engine, made.id, OTHER, "试")
        costs.append(count.statements)
    assert costs[0] == costs[1] <= 8


def test_elements_that_count_working_days_are_known_by_their_expressions(drive):
    driver = drive(
        main=REMINDED, other=p.line(s.user("draft", camunda_dueDate="${days(5)}"), ids=("draft",), id="other")
    )
    with driver.engine.store.read() as uow:
        found = {
            row.key: driver.engine.definitions.get(uow, row.id).counting
            for row in (uow.definitions.get(number) for number in (1, 2))
        }
    assert found == {"main": {"draft", "late"}, "other": frozenset()}


def test_a_token_that_is_over_has_no_owner(drive):
    driver = drive(main=DUE)
    case = driver.start("main", as_="zhangsan").id
    with driver.engine.store.read() as uow:
        state: model_instances.InstanceState = uow.instances.state(case)
    with pytest.raises(errors.Conflict, match="不在等待"):
        deadlines.owner(state, 99)
