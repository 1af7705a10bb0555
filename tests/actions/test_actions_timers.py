"""Timers: due in order, once each, also after downtime."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s

from engine import testing
from engine.actions import timers
from engine.bpmn import execution
from engine.store import queries

HOURS = datetime.timedelta(hours=1)


def reminder(cycle="R/PT1H"):
    body = (
        s.start(), s.user("a", name="办理"),
        s.boundary("remind", "a", s.timer(cycle, "timeCycle"), cancelActivity="false", name="到提醒时间"),
        s.user("note", name="提醒"), s.end(), s.end("told"),
    )  # fmt: skip
    return p.diagram(*body, s.path("start", "a", "end"), s.path("remind", "note", "told"))


def waiting(id, duration):
    catch = s.element("intermediateCatchEvent", "wait", s.timer(duration), name="期满")
    return p.diagram(s.start(), catch, s.user("b"), s.end(), s.path("start", "wait", "b", "end"), id=id)


def every(cycle, kind="timeCycle"):
    return p.diagram(s.start("start", s.timer(cycle, kind)), s.user("a"), s.end(), s.path("start", "a", "end"))


def test_a_timer_fires_when_it_is_due_and_not_before(drive):
    driver = drive(main=waiting("main", "P5D"))
    driver.start("main", as_="zhangsan")
    (timer,) = driver.timers()
    assert timer.due == driver.now + 5 * 24 * HOURS
    driver.advance(to=timer.due - datetime.timedelta(seconds=1))
    assert driver.tasks() == []
    driver.advance(seconds=1)
    assert driver.task("b").created_at == timer.due
    assert driver.timers() == []


def test_after_downtime_what_is_overdue_happens_once_each_the_oldest_first(drive):
    driver = drive(slow=waiting("slow", "P3D"), fast=waiting("fast", "P1D"), middle=waiting("middle", "P2D"))
    cases = {key: driver.start(key, as_="zhangsan").id for key in ("slow", "fast", "middle")}
    driver.sleep(days=30)
    order = []

    assert driver.run().timers == 3

    with driver.engine.store.read() as uow:
        for entry in reversed(queries.audit(uow, action="fire-timer").items):
            order.append(entry.chain)
    assert order == [cases["fast"], cases["middle"], cases["slow"]]
    assert driver.run().timers == 0
    assert [len(driver.tasks(case)) for case in cases.values()] == [1, 1, 1]


def test_an_unlimited_cycle_does_not_make_up_for_what_it_missed(drive):
    driver = drive(main=reminder())
    driver.start("main", as_="zhangsan")
    driver.advance(hours=2)
    assert driver.visits("note") == 2
    driver.sleep(hours=10, minutes=30)
    driver.run()
    assert driver.visits("note") == 3
    assert driver.timers()[0].due == testing.MONDAY + 13 * HOURS


def test_a_counted_cycle_fires_as_often_as_it_says(drive):
    driver = drive(main=reminder("R3/PT1H"))
    driver.start("main", as_="zhangsan")
    driver.sleep(days=1)
    driver.run()
    assert driver.visits("note") == 3
    assert driver.timers() == []


def test_a_completed_task_takes_its_timers_along(drive):
    driver = drive(main=reminder())
    driver.start("main", as_="zhangsan")
    driver.complete("办理", as_="lisi")
    driver.advance(days=1)
    assert driver.status() == "completed"
    assert driver.visits("note") == 0


def test_a_timer_start_event_starts_a_case_each_time(drive):
    driver = drive(main=every("R2/P1D"))
    driver.advance(days=5)
    with driver.engine.store.read() as uow:
        started = [row.instance for row in queries.instances(uow).items]
        assert uow.timers.next_due() is None
    assert sorted(each.started_at for each in started) == [testing.MONDAY + n * 24 * HOURS for n in (1, 2)]
    assert {each.started_by for each in started} == {"system"}


def test_a_timer_start_event_of_an_endless_cycle_skips_downtime(drive):
    driver = drive(main=every("R/P1D"))
    driver.sleep(days=10, hours=1)
    assert driver.run().timers == 1
    with driver.engine.store.read() as uow:
        assert uow.timers.next_due() == testing.MONDAY + 11 * 24 * HOURS


def test_a_new_version_has_its_own_timer_and_the_old_one_starts_no_more(drive):
    driver = drive(main=every("R/P1D"))
    p.write(driver.engine.packs.roots[0], {"main": every("2026-03-12T09:00:00+08:00", "timeDate")})
    driver.deploy("demo")
    driver.advance(days=10)
    with driver.engine.store.read() as uow:
        (row,) = queries.instances(uow).items
    assert row.definition_version == 2
    assert row.instance.started_at == testing.MONDAY + 3 * 24 * HOURS


def test_one_failing_timer_does_not_hold_up_the_others(drive, monkeypatch):
    driver = drive(main=waiting("main", "P1D"))
    first, second = (driver.start("main", as_="zhangsan").id for _ in range(2))
    real = execution.fire_timer

    def broken(process, context, state, token):
        if context.instance_id == first:
            raise RuntimeError("out of luck")
        return real(process, context, state, token)

    driver.sleep(days=1)
    monkeypatch.setattr(execution, "fire_timer", broken)
    with pytest.raises(RuntimeError, match="out of luck"):
        timers.fire_due(driver.engine)
    assert [len(driver.tasks(case)) for case in (first, second)] == [0, 1]
    assert len(driver.timers(first)) == 1

    monkeypatch.undo()
    assert timers.fire_due(driver.engine) == 1
    assert len(driver.tasks(first)) == 1


def test_a_deadline_in_working_days_skips_the_holiday(drive):
    body = (s.start(), s.user("a", name="公示", camunda_dueDate="${workdays(5)}"), s.end(), s.path("start", "a", "end"))
    driver = drive(at="2026-09-28 09:00", main=p.diagram(*body))
    driver.start("main", as_="zhangsan")
    # 29 and 30 September, then the holiday of seven days, then 8, 9 and 10 October (a worked Saturday).
    assert driver.task("公示").due == testing.moment("2026-10-10 23:59:59")


def test_the_calendar_of_the_pack_counts_also_for_cases_that_run_already(drive):
    extra = (
        "calendar:\n  - {date: 2026-03-10, working: false, document: 演政发1号, scope: city, proposer: 张三, approver: 李四,"
        " valid_from: 2026-01-01, counts_for_statutory: true}\n"
    )
    main = p.line(
        s.user("before", name="起草"), s.user("a", name="公示", camunda_dueDate="${workdays(1)}"), ids=("before", "a")
    )
    driver = drive(main=main)
    driver.start("main", as_="zhangsan")
    p.write(driver.engine.packs.roots[0], {}, extra=extra)
    report = driver.deploy("demo")
    assert [change.version for change in report.changes] == [1]

    driver.complete("起草", as_="lisi")
    assert driver.task("公示").due == testing.moment("2026-03-11 23:59:59")
