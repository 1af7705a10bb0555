"""Cancelling (取消): who started a case by mistake undoes it, as long as nobody else has done anything in it."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import instances, notices, people, prospects
from engine.model import commands
from engine.model import instances as model

FILL = s.user("fill", name="填报", camunda_candidateGroups="", camunda_assignee="zhangsan")
CHECK = s.user("check", name="审核")
DECIDE = s.user("decide", name="批准", camunda_candidateGroups="chief")
MAIN = p.diagram(s.start(), FILL, CHECK, DECIDE, s.end(), s.path("start", "fill", "check", "decide", "end"))


@pytest.fixture
def office(drive):
    driver = drive(main=MAIN, settings=staff.SETTINGS)
    staff.hire(driver)
    return driver


def cancel(office, who: str, reason: str = "误报"):
    return instances.cancel(office.engine, office.case().id, reason, office.user(who))


def told(office, who: str) -> list[tuple[str, str, bool]]:
    page = notices.inbox(office.engine, commands.Actor(who))
    return [(each.title, each.text, each.settled_at is None) for each in reversed(page.items)]


def may(office, who: str) -> bool:
    return prospects.cancellable(office.engine, office.case().id, office.user(who))


def test_who_started_a_case_cancels_it_before_anybody_else_has_done_something(office):
    office.start("main", as_="zhangsan")
    office.complete("填报", as_="zhangsan")
    office.claim("审核", as_="lisi")
    office.run()
    assert may(office, "zhangsan")
    ended = cancel(office, "zhangsan", " 选错了流程 ")
    office.run()

    assert (ended.status, ended.end_reason) == (model.InstanceStatus.CANCELLED, "选错了流程")
    assert not office.tasks()
    act = office.audit()[-1]
    assert (act.actor, act.action, act.details["reason"]) == ("zhangsan", "instance-cancelled", "选错了流程")
    # Who had the task in hand is told; who only could have taken it need not look any more; one oneself knows.
    assert told(office, "lisi")[-1] == (f"事项“公开申请审核 {ended.id}”已取消", "选错了流程", True)
    assert not any("已取消" in title for title, _, _ in told(office, "zhangsan"))
    assert told(office, "wangwu") == []


def test_a_reason_is_required_and_what_has_ended_stays(office):
    office.start("main", as_="zhangsan")
    with office.refused("应说明理由", errors.InvalidInput):
        cancel(office, "zhangsan", "  ")
    with office.refused("不超过", errors.InvalidInput):
        cancel(office, "zhangsan", "长" * 2001)
    cancel(office, "zhangsan")
    with office.refused("已取消", errors.Conflict):
        cancel(office, "zhangsan")


def test_after_somebody_else_has_done_a_task_operators_alone_cancel(office):
    office.start("main", as_="zhangsan")
    office.complete("填报", as_="zhangsan")
    assert not may(office, "lisi")
    with office.refused("发起人或系统管理员", errors.Forbidden):
        cancel(office, "lisi")
    office.complete("审核", as_="lisi")
    assert not may(office, "zhangsan")
    with office.refused("已有其他人办理", errors.Forbidden):
        cancel(office, "zhangsan")
    assert may(office, "admin")
    assert cancel(office, "admin").status is model.InstanceStatus.CANCELLED


def test_what_a_substitute_has_done_was_done_by_another(office):
    office.start("main", as_="zhangsan")
    today = office.now.date()
    people.create_substitution(office.engine, staff.ADMIN, "zhangsan", "zhaoliu", today, today, "出差")
    office.complete("填报", as_=staff.acts(office, "zhaoliu"))
    with office.refused("已有其他人办理", errors.Forbidden):
        cancel(office, "zhangsan")


def test_what_was_done_in_a_called_case_counts_and_a_called_case_is_not_cancelled_alone(drive):
    call = s.element("callActivity", "call", "", name="办理下级事项", calledElement="main")
    office = drive(outer=p.line(call, ids=("call",), id="outer", name="上级"), main=MAIN)
    outer = office.start("outer", as_="zhangsan")
    (child,) = office.children(outer)
    assert prospects.cancellable(office.engine, outer.id, office.user("zhangsan"))
    assert not prospects.cancellable(office.engine, child.id, office.user("zhangsan"))
    office.complete("填报", as_="zhangsan", case=child)
    office.complete("审核", as_="lisi", case=child)
    with office.refused("已有其他人办理", errors.Forbidden):
        instances.cancel(office.engine, outer.id, "误报", office.user("zhangsan"))


def test_a_case_that_has_written_a_record_stays(drive):
    write = s.service("write", camunda_topic="write")
    register = "registers:\n  - {id: all, name: 总账, fields: [{id: title, name: 名称}]}\n"
    office = drive(
        main=p.diagram(s.start(), write, CHECK, s.end(), s.path("start", "write", "check", "end")),
        handlers="""
            from engine.model import records
            @registry.handler("write")
            def write(job):
                job.write(records.Append("all", {"title": "收费标准"}))
        """,
        extra=register,
    )
    office.start("main", as_="zhangsan")
    office.run()
    assert office.task("审核")
    with office.refused("已登记台账", errors.Forbidden):
        cancel(office, "zhangsan")
