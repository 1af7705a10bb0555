"""Taking back what one has completed, while nothing has come of it."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import cooperation, user_tasks
from engine.model import commands, instances
from engine.store import counting

FORM = {"report": p.schema(title=p.text(), days={"type": "integer", "minimum": 1})}
TWO = p.line(
    s.user("draft", name="起草", camunda_formKey="demo/report"),
    s.user("review", name="审核", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft")),
    ids=("draft", "review"),
)


def why(driver, task, who):
    return cooperation.can_withdraw(driver.engine, task.id, driver.user(who))


def withdraw(driver, task, who):
    return cooperation.withdraw(driver.engine, task.id, driver.user(who))


@pytest.fixture
def drafted(drive):
    driver = drive(main=TWO, forms=FORM)
    driver.start("main", as_="zhangsan")
    task = driver.task("起草")
    driver.complete("起草", as_="zhangsan", form={"title": "办事指南", "days": 5})
    return driver, task


def test_it_is_open_again_as_it_was_with_what_was_filled_in(drafted):
    driver, task = drafted
    assert why(driver, task, "zhangsan") is None

    again = withdraw(driver, task, "zhangsan")

    assert (again.id, again.status, again.assignee) == (task.id, instances.UserTaskStatus.OPEN, "zhangsan")
    assert again.draft == {"title": "办事指南", "days": 5}
    assert [each.id for each in driver.tasks()] == [task.id]
    assert "title" not in driver.variables()
    with driver.engine.store.read() as uow:
        rows = {each.element_id: each.status for each in uow.user_tasks.of_instance(task.instance_id)}
        assert uow.user_tasks.submission(task.id) is None
    assert rows["review"] is instances.UserTaskStatus.WITHDRAWN
    (visit,) = (each for each in driver.history() if each.element_id == "draft")
    assert (visit.left_at, visit.outcome) == (None, None)
    assert [each.outcome for each in driver.history() if each.element_id == "review"] == ["withdrawn"]
    entry = next(each for each in driver.audit() if each.action == "withdraw-user-task")
    assert (entry.actor, entry.subject) == ("zhangsan", f"user_task/{task.id}")
    assert (entry.details["to"], entry.details["roles"]) == ([], ["clerk"])

    driver.complete("起草", as_="zhangsan", form={"title": "服务指南", "days": 7})
    driver.complete("审核", as_="lisi")
    assert driver.variables()["title"] == "服务指南"
    assert driver.status() == "completed"


def test_nobody_but_who_completed_it_takes_it_back(drafted):
    driver, task = drafted
    for who in ("lisi", "admin"):
        with driver.refused("只有办结的人可以撤回", errors.Forbidden):
            withdraw(driver, task, who)
    with driver.refused("无关", errors.Forbidden):
        why(driver, task, "zhaoliu")


def test_both_who_stood_in_and_whom_they_stood_in_for_take_it_back(drive):
    driver = drive(main=TWO, forms=FORM)
    driver.start("main", as_="zhangsan")
    task = driver.task("起草")
    stand_in = commands.Actor("zhaoliu", acting_for=(driver.user("zhangsan"),))
    for who in (stand_in, driver.user("zhangsan")):
        driver.complete("起草", as_=stand_in, form={"title": "办事指南", "days": 5})
        assert cooperation.can_withdraw(driver.engine, task.id, who) is None
        assert cooperation.withdraw(driver.engine, task.id, who).assignee == "zhangsan"


def test_when_somebody_has_taken_the_next_task_it_is_too_late_and_says_so(drafted):
    driver, task = drafted
    driver.claim("审核", as_="lisi")
    assert why(driver, task, "zhangsan") == "下一环节“审核”已由李四签收，不能撤回。"
    with driver.refused("已由李四签收", errors.Conflict):
        withdraw(driver, task, "zhangsan")
    driver.unclaim("审核", as_="lisi")
    assert why(driver, task, "zhangsan") is None


def test_when_somebody_has_begun_to_fill_in_the_next_task_it_is_too_late(drive):
    main = p.line(
        s.user("draft", name="起草"), s.user("fill", name="填报", camunda_formKey="demo/report"), ids=("draft", "fill")
    )
    driver = drive(main=main, forms=FORM)
    driver.start("main", as_="zhangsan")
    task = driver.task("起草")
    driver.complete("起草", as_="zhangsan")
    driver.save_draft("填报", as_="lisi", form={"title": "x"})
    assert "已经开始办理" in why(driver, task, "zhangsan")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda driver: driver.complete("审核", as_="lisi"), "已经结束"),
        (lambda driver: driver.set_variables({"x": 1}), "新的进展"),
        (lambda driver: driver.suspend(), "已暂停办理"),
        (lambda driver: driver.cancel("误报"), "已经结束"),
        (lambda driver: driver.transfer("审核", to="lisi", as_="admin"), "已由李四签收"),
    ],
)
def test_whatever_happens_next_ends_the_time_for_it(drafted, act, told):
    driver, task = drafted
    act(driver)
    assert told in why(driver, task, "zhangsan")
    with driver.refused(told, errors.Conflict):
        withdraw(driver, task, "zhangsan")


def test_work_of_the_platform_is_not_taken_back(drive):
    handlers = """
    @registry.handler("notices.send")
    def send(task):
        return {}
    """
    driver = drive(
        main=p.line(s.user("a", name="拟稿"), s.service(), s.user("b"), ids=("a", "send", "b")), handlers=handlers
    )
    driver.start("main", as_="zhangsan")
    task = driver.task("拟稿")
    user_tasks.complete(driver.engine, task.id, driver.user("zhangsan"))
    assert "自动办理“发出通知”" in why(driver, task, "zhangsan")
    driver.run()
    assert "新的进展" in why(driver, task, "zhangsan")


def test_a_task_that_is_not_completed_is_not_taken_back(drafted):
    driver, _ = drafted
    assert why(driver, driver.task("审核"), "zhangsan") == "任务“审核”没有办结，无需撤回。"


def test_deadlines_beside_the_task_are_the_old_ones_and_still_run(drive):
    main = p.diagram(
        s.start(),
        s.user("a", name="拟稿"),
        s.boundary("late", "a", s.timer("P3D")),
        s.user("b", name="核对"),
        s.user("c", name="催报"),
        s.end(),
        s.path("start", "a", "b", "end"),
        s.path("late", "c", "end"),
    )
    driver = drive(main=main)
    driver.start("main", as_="zhangsan")
    task, (timer,) = driver.task("拟稿"), driver.timers()
    driver.advance(days=1)
    driver.complete("拟稿", as_="zhangsan")
    assert driver.timers() == []
    withdraw(driver, task, "zhangsan")
    (again,) = driver.timers()
    assert (again.due, again.token, again.element_id) == (timer.due, timer.token, "late")
    driver.advance(days=2)
    assert [each.name for each in driver.tasks()] == ["催报"]


def test_others_whose_work_ended_with_it_have_it_again(drive):
    loop = (
        '<multiInstanceLoopCharacteristics camunda:collection="${[1, 2, 3]}" camunda:elementVariable="n">'
        "<completionCondition>${nrOfCompletedInstances >= 2}</completionCondition></multiInstanceLoopCharacteristics>"
    )
    driver = drive(main=p.line(s.user("m", loop, name="会签"), s.user("z", name="汇总"), ids=("m", "z")))
    driver.start("main", as_="zhangsan")
    one, two, three = driver.tasks()
    driver.complete(one, as_="zhangsan")
    driver.complete(two, as_="lisi")
    withdraw(driver, two, "lisi")
    assert {(each.id, each.assignee) for each in driver.tasks()} == {(two.id, "lisi"), (three.id, None)}
    assert driver.claim(three, as_="zhangsan").assignee == "zhangsan"


def test_a_completion_costs_no_statement_more_for_it(drive):
    driver = drive(main=TWO, forms=FORM)
    driver.start("main", as_="zhangsan")
    driver.claim("起草", as_="zhangsan")
    task = driver.task("起草")
    with counting.counted(driver.engine.store) as count:
        user_tasks.complete(
            driver.engine, task.id, driver.user("zhangsan"), {"title": "x", "days": 1}, idempotency_key="k"
        )
    assert (count.statements <= 10, count.commits) == (True, 1), "\n".join(count.sql)


def test_the_audit_chain_holds_and_the_old_value_is_gone_after_the_next_act(drafted):
    driver, task = drafted
    with driver.engine.store.read() as uow:
        assert uow.instances.with_undo(task.instance_id, uow.instances.state(task.instance_id)).undo
    driver.claim("审核", as_="lisi")
    driver.complete("审核", as_="lisi")
    with driver.engine.store.read() as uow:
        assert uow.instances.with_undo(task.instance_id, uow.instances.state(task.instance_id)).undo is None
        assert uow.audit.verify() == []
