"""Whose the tasks of a case are when it has been migrated, and what is kept from whom."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s
import staff
from migrated import CHECK, DRAFT, FORM, ONE, TWO, line, migrate, plan, redeploy

from engine import errors
from engine.actions import (
    case_view,
    cooperation,
    notices,
    withdrawals,
    worklists,
)
from engine.model import commands
from engine.model.cooperation import CountersignKind


@pytest.fixture
def moved(drive):
    """A case that waits for its first task, and a second version with one task more."""
    driver = drive(main=ONE, forms=FORM)
    driver.start("main", as_="zhangsan")
    redeploy(driver, main=TWO)
    return driver


# --- people ------------------------------------------------------------------------------------------------------


def test_who_may_not_do_the_task_any_more_gives_it_back_to_those_who_may(drive):
    driver = drive(main=line(s.user("check"), ids=("check",)))
    driver.start("main", as_="zhangsan")
    driver.claim("check", as_="zhangsan")
    redeploy(driver, main=line(s.user("check", camunda_candidateGroups="chief"), ids=("check",)))
    told = [each.text for each in plan(driver).changes]
    assert told == ["任务“审核申请”的候选人改为领导小组", "任务“审核申请”不再由张三办理，交回候选人"]
    migrate(driver)
    task = driver.task("check")
    assert (task.assignee, task.candidate_groups) == (None, ("chief",))
    entry = next(each for each in driver.audit() if each.action == "migrate-user-task")
    assert (entry.subject, entry.details["roles"], entry.details["by"]) == (
        f"user_task/{task.id}",
        ["chief"],
        "zhangsan",
    )
    assert case_view.view(driver.engine, driver.case().id, driver.user("zhangsan"))  # who had it still sees it
    with pytest.raises(errors.Forbidden):
        driver.complete("check", as_="zhangsan")
    driver.claim("check", as_="wangwu")
    driver.complete("check", as_="wangwu")
    assert driver.status() == "completed"


def test_who_still_may_do_the_task_keeps_it(drive):
    driver = drive(main=line(s.user("check", camunda_candidateGroups="clerk"), ids=("check",)))
    driver.start("main", as_="zhangsan")
    driver.claim("check", as_="zhangsan")
    redeploy(driver, main=line(s.user("check", camunda_candidateGroups="clerk,chief"), ids=("check",)))
    migrate(driver)
    task = driver.task("check")
    assert (task.assignee, task.candidate_groups) == ("zhangsan", ("clerk", "chief"))


def test_where_the_version_offers_it_to_the_same_people_a_transfer_stays(drive):
    driver = drive(main=line(s.user("check"), ids=("check",)))
    driver.start("main", as_="zhangsan")
    driver.transfer("check", to="wangwu", as_="admin")
    redeploy(driver, main=line(s.user("check", name="核对"), s.user("n"), ids=("check", "n")))
    migrate(driver)
    assert (driver.task("check").name, driver.task("check").assignee) == ("核对", "wangwu")


def test_who_did_what_others_must_do_does_not_keep_the_task(drive):
    driver = drive(main=line(DRAFT, s.user("check"), ids=("draft", "check")), forms=FORM)
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan", form={"title": "指南"})
    driver.claim("check", as_="zhangsan")
    apart = s.properties(clause=s.CLAUSE, notSameActorAs="write")
    written = s.user("write", name="起草", camunda_formKey="demo/report")
    check = s.user("check", props=apart, camunda_candidateGroups="clerk,chief")
    redeploy(driver, main=line(written, check, ids=("write", "check")))
    migrate(driver, mapping={"draft": "write"})
    assert driver.task("check").assignee is None
    with pytest.raises(errors.Forbidden, match="不能由同一人办理"):
        driver.claim("check", as_="zhangsan")
    driver.claim("check", as_="lisi")


def test_separation_of_duties_reaches_back_over_a_renaming_also_by_delegation(drive):
    driver = drive(main=line(s.user("draft", name="起草"), s.user("check"), ids=("draft", "check")))
    driver.start("main", as_="zhangsan")
    driver.claim("起草", as_="zhangsan")
    driver.delegate("起草", to="lisi", as_="zhangsan")
    driver.resolve("起草", as_="lisi")
    driver.complete("起草", as_="zhangsan")
    check = s.user("check", props=s.properties(clause=s.CLAUSE, notSameActorAs="write"))
    redeploy(driver, main=line(s.user("write", name="起草"), check, ids=("write", "check")))
    migrate(driver, mapping={"draft": "write"})
    with pytest.raises(errors.Forbidden, match="不能由同一人办理"):
        driver.claim("check", as_="lisi")


def test_a_candidate_finds_the_task_among_those_of_its_process(moved):
    driver = moved
    migrate(driver)
    chosen = worklists.task_filter({"procedure": "main"})
    found = worklists.to_do(driver.engine, driver.user("lisi"), chosen)
    assert [item.name for item in found.items] == ["起草"]


def test_what_few_people_may_read_stays_so(drive):
    private = {"report": p.schema(title=p.text(), phone=p.text(title="联系方式", **{"x-private": True}))}
    driver = drive(main=ONE, forms=private)
    case = driver.start("main", as_="zhangsan")
    redeploy(driver, main=ONE, forms=FORM)
    assert plan(driver, case).possible  # nothing of the kind has been filled in
    driver.complete("起草", as_="zhangsan", form={"title": "指南", "phone": "13800000000"})
    with pytest.raises(errors.Conflict, match="联系方式.*仍标为个人信息"):
        migrate(driver, case)


def test_what_waits_for_the_agreement_of_others_is_settled_first(drive):
    driver = drive(main=line(s.user("check"), ids=("check",)))
    driver.start("main", as_="zhangsan")
    task = driver.claim("check", as_="zhangsan")
    after = CountersignKind.AFTER
    cooperation.countersign(driver.engine, task.id, after, ["lisi"], driver.user("zhangsan"), question="请会签")
    driver.complete("check", as_="zhangsan")
    redeploy(driver, main=line(s.user("check"), CHECK.replace("check", "again"), ids=("check", "again")))
    with pytest.raises(errors.Conflict, match="先等会签完成"):
        migrate(driver)


def test_the_completion_before_cannot_be_withdrawn_and_says_why(moved):
    driver, task = moved, moved.task("起草")
    driver.complete("起草", as_="zhangsan", form={"title": "指南"})
    assert withdrawals.can_withdraw(driver.engine, task.id, driver.user("zhangsan")) is None
    migrate(driver)
    why = withdrawals.can_withdraw(driver.engine, task.id, driver.user("zhangsan"))
    assert why == "办结之后事项已迁移到流程的另一版本，不能撤回。"


# --- what people are told ----------------------------------------------------------------------------------------


def told(driver, user_id: str) -> list[str]:
    """Run the pump; return the titles of what somebody has to look at."""
    driver.run()
    page = notices.inbox(driver.engine, commands.Actor(user_id), limit=100)
    return [notice.title for notice in reversed(page.items) if notice.settled_at is None]


def test_who_may_do_a_task_now_is_told_and_whoever_had_it_is_not_told_to_do_it(drive):
    driver = drive(main=line(s.user("check"), ids=("check",)), settings=staff.SETTINGS)
    staff.hire(driver)
    driver.start("main", as_="zhangsan")
    driver.claim("check", as_="zhangsan")
    assert told(driver, "wangwu") == []
    redeploy(driver, main=line(s.user("check", camunda_candidateGroups="chief"), ids=("check",)))
    migrate(driver)
    assert told(driver, "wangwu") == ["可签收任务“审核申请”"]


def test_whom_the_version_names_is_told_that_the_task_is_theirs(drive):
    driver = drive(main=line(s.user("check"), ids=("check",)), settings=staff.SETTINGS)
    staff.hire(driver)
    driver.start("main", as_="zhangsan")
    driver.claim("check", as_="zhangsan")
    redeploy(driver, main=line(s.user("check", camunda_assignee="wangwu", camunda_candidateGroups=""), ids=("check",)))
    migrate(driver)
    assert driver.task("check").assignee == "wangwu"
    assert told(driver, "wangwu") == ["流程版本变更，任务“审核申请”改由您办理"]
