"""A case goes on with another version of its process: what stays, what goes on, and what keeps it from going."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s
from migrated import CHECK, DRAFT, FORM, ONE, REVIEW, TWO, line, migrate, plan, redeploy, version

from engine import errors
from engine.actions import (
    case_view,
    deployments,
    instances,
    jobs,
    migrating,
    oversight,
    task_view,
    user_tasks,
)
from engine.model import instances as model
from engine.store import counting


@pytest.fixture
def moved(drive):
    """A case that waits for its first task, and a second version with one task more."""
    driver = drive(main=ONE, forms=FORM)
    driver.start("main", as_="zhangsan")
    redeploy(driver, main=TWO)
    return driver


# --- what happens ------------------------------------------------------------------------------------------------


def test_a_case_goes_on_with_the_newest_version(moved):
    driver, task = moved, moved.task("起草")
    found = migrate(driver)
    assert (found.from_version, found.to_version, found.findings) == (1, 2, ())
    assert version(driver) == 2
    assert driver.task("起草").id == task.id
    driver.complete("起草", as_="zhangsan", form={"title": "指南"})
    driver.complete("复核", as_="lisi")
    driver.complete("审核", as_="wangwu")
    assert driver.status() == "completed"
    assert driver.path() == ["start", "draft", "check", "review", "end"]


def test_the_audit_trail_tells_from_where_to_where_and_everybody_reads_it_in_the_timeline(moved):
    driver = moved
    migrate(driver, version=2, mapping={"draft": "draft"})
    entry = next(each for each in driver.audit() if each.action == "migrate-instance")
    assert (entry.actor, entry.subject) == ("admin", f"instance/{driver.case().id}")
    assert {name: entry.details[name] for name in ("from_version", "to_version", "definitions", "mapping")} == {
        "from_version": 1,
        "to_version": 2,
        "definitions": [1, 2],
        "mapping": {"draft": "draft"},
    }
    view = case_view.view(driver.engine, driver.case().id, driver.user("zhangsan"))
    assert "将事项由流程第 1 版迁移到第 2 版" in [each.sentence for each in view.timeline][-1]
    assert view.header.version == 2
    assert oversight.verify_audit(driver.engine, driver.user("admin")).problems == ()


def test_the_plan_says_what_would_happen_and_changes_nothing(moved):
    driver = moved
    before = driver.tasks(), driver.audit(), driver.case()
    with counting.counted(driver.engine.store) as sent:
        found = plan(driver)
    assert (found.possible, found.from_version, found.to_version, found.name) == (True, 1, 2, "公开申请审核")
    assert not [each for each in sent.sql if each.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert (driver.tasks(), driver.audit(), driver.case()) == before


def test_a_case_goes_back_to_an_earlier_version_by_its_tag(drive):
    driver = drive(main=line(DRAFT, ids=("draft",), tag="2025"), forms=FORM)
    redeploy(driver, main=line(DRAFT, REVIEW, ids=("draft", "review"), tag="2026"))
    driver.start("main", as_="zhangsan")
    migrate(driver, version_tag="2025")
    driver.complete("起草", as_="zhangsan", form={"title": "指南"})
    assert driver.status() == "completed"


def test_it_has_the_forms_of_the_version_and_keeps_what_is_filled_in(drive):
    driver = drive(main=ONE, forms=FORM)
    driver.start("main", as_="zhangsan")
    driver.claim("起草", as_="zhangsan")
    driver.save_draft("起草", as_="zhangsan", form={"title": "办事指南"})
    redeploy(driver, main=ONE, forms={"report": p.schema(title=p.text(), basis=p.text(title="依据"))})
    migrate(driver)
    assert (driver.task("起草").draft, driver.task("起草").assignee) == ({"title": "办事指南"}, "zhangsan")
    with pytest.raises(errors.InvalidForm, match="依据"):
        driver.complete("起草", as_="zhangsan", form={"title": "办事指南"})
    driver.complete("起草", as_="zhangsan", form={"title": "办事指南", "basis": "条例"})
    assert driver.variables()["basis"] == "条例"


def test_a_case_that_rests_goes_on_resting(moved):
    driver = moved
    driver.suspend()
    migrate(driver)
    assert driver.status() == "suspended"
    driver.activate()
    driver.complete("起草", as_="zhangsan", form={"title": "指南"})
    assert [task.name for task in driver.tasks()] == ["复核"]


# --- what goes on ------------------------------------------------------------------------------------------------

JOB = line(s.service("send", camunda_topic="demo.send"), DRAFT, ids=("send", "draft"))
LONGER = line(s.service("send", camunda_topic="demo.send"), CHECK, DRAFT, ids=("send", "check", "draft"))
SEND = """
@registry.handler("demo.send")
def send(job):
    return {"sent": True}
"""
OTHER = SEND.replace("demo.send", "demo.other").replace("def send", "def other")


def test_a_leased_job_completes_on_the_new_version(drive):
    driver = drive(main=JOB, forms=FORM, handlers=SEND)
    case = user_case(driver)
    (job,) = jobs.lease(driver.engine, "w")
    redeploy_only(driver, main=LONGER)
    migrate(driver, case)
    jobs.complete(driver.engine, job, {"sent": True})
    assert [task.name for task in driver.tasks(case)] == ["复核"]
    with pytest.raises(errors.Conflict):
        jobs.complete(driver.engine, job, {"sent": True})


def test_a_job_that_is_another_topics_now_is_refused(drive):
    driver = drive(main=JOB, forms=FORM, handlers=SEND + OTHER)
    case = user_case(driver)
    redeploy_only(driver, main=line(s.service("send", camunda_topic="demo.other"), DRAFT, ids=("send", "draft")))
    with pytest.raises(errors.Conflict, match=r"仍由“demo\.send”处理"):
        migrate(driver, case)


def test_timers_keep_their_time_unless_they_are_counted_anew(drive):
    def due(days: int) -> bytes:
        late = s.boundary("late", "check", s.timer(f"P{days}D"), cancelActivity="false")
        check = s.user("check", camunda_dueDate=f"${{days({days})}}")
        return p.diagram(
            s.start(), check, late, s.end(), s.end("told"), s.path("start", "check", "end"), s.path("late", "told")
        )

    driver = drive(main=due(5))
    driver.start("main", as_="zhangsan")
    began, task = driver.now, driver.task("check")
    driver.advance(days=1)
    redeploy(driver, main=due(9))
    migrate(driver, version=2)
    assert (driver.task("check").due, [each.due for each in driver.timers()]) == (
        task.due,
        [began + datetime.timedelta(days=5)],
    )
    migrate(driver, version=1)
    migrate(driver, version=2, reckon=True)
    assert [each.due for each in driver.timers()] == [began + datetime.timedelta(days=9)]
    assert driver.task("check").due == task.due + datetime.timedelta(days=4)


def test_rows_follow_an_exchange_of_ids(drive):
    driver = drive(main=line(s.user("a", name="甲"), s.user("b", name="乙"), ids=("a", "b")))
    driver.start("main", as_="zhangsan")
    driver.complete("甲", as_="zhangsan")
    redeploy(driver, main=line(s.user("b", name="甲"), s.user("a", name="乙"), ids=("b", "a")))
    migrate(driver, mapping={"a": "b", "b": "a"})
    assert (driver.task("乙").element_id, driver.path()) == ("a", ["start", "b", "a"])
    driver.complete("乙", as_="lisi")
    assert driver.path() == ["start", "b", "a", "end"]


def test_a_called_case_is_migrated_by_itself_and_gives_back_to_its_caller(drive):
    call = s.element("callActivity", "call", name="会签", calledElement="child")
    main = p.diagram(s.start(), call, s.user("after", name="汇总"), s.end(), s.path("start", "call", "after", "end"))
    driver = drive(main=main, child=line(s.user("sign", name="签字"), ids=("sign",), id="child"))
    parent = driver.start("main", as_="zhangsan")
    (child,) = driver.children()
    redeploy(
        driver, child=line(s.user("sign", name="签字"), s.user("seal", name="盖章"), ids=("sign", "seal"), id="child")
    )
    migrate(driver, child)
    assert (version(driver, child), version(driver, parent)) == (2, 1)
    migrate(driver, parent)
    assert version(driver, parent) == 2
    driver.complete("签字", as_="lisi", case=child)
    driver.complete("盖章", as_="lisi", case=child)
    assert driver.status(child) == "completed"
    driver.complete("汇总", as_="lisi", case=parent)
    assert driver.status(parent) == "completed"


def test_a_message_that_has_come_before_the_version_waits_for_it_is_delivered(drive):
    driver = drive(main=line(s.user("check"), ids=("check",)))
    case = driver.start("main", as_="zhangsan", business_key="K1")
    driver.message("补正材料", key="K1", ttl=datetime.timedelta(days=1))
    more = s.boundary("more", "check", s.event("message", messageRef="M"), cancelActivity="false")
    asked = (s.user("read", name="查阅补正"), s.end("done"), s.path("more", "read", "done"))
    redeploy(driver, main=p.diagram(s.start(), s.user("check"), more, *asked, s.end(), s.path("start", "check", "end")))
    migrate(driver, case)
    assert sorted(task.name for task in driver.tasks(case)) == ["审核申请", "查阅补正"]


# --- what happens at the same time -------------------------------------------------------------------------------


def test_a_task_that_is_completed_first_leads_where_the_old_version_says_and_goes_on_in_the_new_one(moved):
    driver = moved
    thought = plan(driver)
    driver.complete("起草", as_="zhangsan", form={"title": "指南"})
    assert [task.name for task in driver.tasks()] == ["审核"]
    found = migrate(driver)
    assert thought.possible
    assert [each.text for each in found.changes] == ["上一环节的办结不能再撤回"]
    driver.complete("审核", as_="wangwu")
    assert driver.path() == ["start", "draft", "review", "end"]


def test_a_task_that_is_completed_afterwards_leads_where_the_new_version_says(moved):
    driver, task = moved, moved.task("起草")
    migrate(driver)
    user_tasks.complete(driver.engine, task.id, driver.user("zhangsan"), {"title": "指南"}, idempotency_key="k")
    assert [each.name for each in driver.tasks()] == ["复核"]
    again = user_tasks.complete(driver.engine, task.id, driver.user("zhangsan"), {"title": "指南"}, idempotency_key="k")
    assert again.user_task_id == task.id
    assert driver.path() == ["start", "draft", "check"]


def test_what_has_no_place_any_more_when_it_comes_to_it_changes_nothing(drive):
    driver = drive(main=line(s.user("a", name="甲"), s.user("b", name="乙"), ids=("a", "b")))
    driver.start("main", as_="zhangsan")
    redeploy(driver, main=line(s.user("a", name="甲"), ids=("a",)))
    assert plan(driver).possible
    driver.complete("甲", as_="zhangsan")
    with pytest.raises(errors.Conflict, match="没有对应的元素") as refusal:
        migrate(driver)
    assert [each["element_id"] for each in refusal.value.details["findings"]] == ["b"]
    assert version(driver) == 1
    driver.complete("乙", as_="lisi")
    assert driver.status() == "completed"


# --- what is refused ---------------------------------------------------------------------------------------------


def test_a_case_is_not_migrated_to_the_version_it_has(moved):
    migrate(moved)
    with pytest.raises(errors.Conflict, match="已在“公开申请审核”第 2 版上运行，无需迁移"):
        migrate(moved)


def test_a_case_that_has_ended_is_not_migrated(moved):
    moved.cancel("误报")
    for act in (plan, migrate):
        with pytest.raises(errors.Conflict, match="已取消"):
            act(moved)


def test_a_case_stays_one_of_its_own_process(moved):
    with pytest.raises(errors.NotFound, match="只能迁移到本流程的其他版本"):
        migrate(moved, version=7)
    with pytest.raises(errors.NotFound, match="版本标签“x”"):
        migrate(moved, version_tag="x")


# --- what is seen afterwards -------------------------------------------------------------------------------------


def test_what_was_done_and_is_not_in_the_new_version_is_still_told(drive):
    driver = drive(main=line(DRAFT, s.user("check"), ids=("draft", "check")), forms=FORM)
    driver.start("main", as_="zhangsan")
    done = driver.task("起草")
    driver.complete("起草", as_="zhangsan", form={"title": "指南"})
    redeploy(driver, main=line(s.user("check"), ids=("check",)))
    told = [each.text for each in migrate(driver).changes]
    assert any("已办结的“起草”在目标版本中没有对应的元素" in each for each in told)
    view = case_view.view(driver.engine, driver.case().id, driver.user("zhangsan"))
    assert "draft" not in view.diagram.visited
    assert any("起草" in each.sentence for each in view.timeline)
    shown = task_view.view(driver.engine, done.id, driver.user("zhangsan"))
    assert (shown.item.name, shown.form) == ("起草", None)
    driver.complete("check", as_="lisi")
    assert driver.status() == "completed"


def test_the_versions_to_choose_from_are_told(moved):
    present, others = migrating.versions(moved.engine, moved.case().id, moved.user("admin"))
    assert (present.version, [each.version for each in others]) == (1, [2])


def user_case(driver) -> model.ProcessInstance:
    """Start a case whose job nobody runs yet."""
    return instances.start(driver.engine, "main", driver.user("zhangsan"))


def redeploy_only(driver, **parts):
    """Deploy, and let the jobs wait."""
    p.write(driver.engine.packs.roots[0], parts)
    deployments.deploy(driver.engine, "demo", driver.user("admin"))
