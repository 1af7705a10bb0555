"""Sending a case back to an earlier task: where to, for whom, and why not."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import cooperation, demo_people, users
from engine.model import commands, instances
from engine.store import counting

THREE = p.line(
    s.user("draft", name="起草"),
    s.user("review", name="审核", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft")),
    s.user("approve", name="批准", camunda_candidateGroups="chief"),
    ids=("draft", "review", "approve"),
)


def chain(*props_of_approve: str, **more) -> dict:
    """Draw three tasks, the last with properties."""
    given = {"clause": s.CLAUSE, **dict(each.split("=", 1) for each in props_of_approve)}
    approve = s.user("approve", name="批准", props=s.properties(**given), camunda_candidateGroups="chief")
    return {
        "main": p.line(
            s.user("draft", name="起草"),
            s.user("review", name="审核"),
            approve,
            ids=("draft", "review", "approve"),
            **more,
        )
    }


def to_approve(driver):
    """Start a case that the chief has."""
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")
    driver.complete("审核", as_="lisi")
    return driver.claim("批准", as_="wangwu")


def back(driver, name, element, *, as_, reason="依据不足，请补充"):
    return cooperation.return_to(driver.engine, driver.task(name).id, element, reason, driver.user(as_))


def targets(driver, name, as_):
    found = cooperation.return_targets(driver.engine, driver.task(name).id, driver.user(as_))
    return {each.element_id: each for each in found}


# --- where to ----------------------------------------------------------------------------------------------------


def test_what_lies_behind_a_task_is_told_with_who_did_it_and_when(drive):
    driver = drive(main=THREE)
    task = to_approve(driver)

    found = cooperation.return_targets(driver.engine, task.id, driver.user("wangwu"))

    assert [(each.element_id, each.name, each.completed_by, each.allowed, each.why) for each in found] == [
        ("review", "审核", "lisi", True, ""),
        ("draft", "起草", "zhangsan", True, ""),
    ]
    assert found[0].at == driver.now


def test_the_earlier_task_opens_again_for_who_did_it_and_everything_says_why(drive):
    driver = drive(main=THREE)
    task = to_approve(driver)

    again = back(driver, "批准", "draft", as_="wangwu", reason="  请补充附件。 ")

    assert (again.element_id, again.assignee, again.candidate_groups) == ("draft", "zhangsan", ("clerk",))
    assert [open_.id for open_ in driver.tasks()] == [again.id]
    with driver.engine.store.read() as uow:
        left = uow.user_tasks.get(task.id)
        assert (left.status, left.completed_by) == (instances.UserTaskStatus.RETURNED, "wangwu")
        (told,) = uow.returns.of_instance(task.instance_id)
        assert uow.returns.to_task(again.id) == told
        assert (told.from_task_id, told.to_task_id, told.by, told.reason) == (
            task.id,
            again.id,
            "wangwu",
            "请补充附件。",
        )
        (comment,) = uow.comments.of_instance(task.instance_id)
        assert (comment.text, comment.author, comment.user_task_id) == ("退回“起草”：请补充附件。", "wangwu", task.id)
    assert [visit.outcome for visit in driver.history() if visit.element_id == "approve"] == ["returned"]
    entry = next(each for each in driver.audit() if each.action == "return-user-task")
    assert entry.subject == f"user_task/{task.id}"
    assert entry.details["to"] == ["zhangsan"]
    assert (entry.details["to_task"], entry.details["text"]) == (again.id, "请补充附件。")

    driver.complete("起草", as_="zhangsan")
    driver.complete("审核", as_="lisi")
    driver.complete("批准", as_="wangwu")
    assert driver.status() == "completed"


def test_who_did_it_may_send_the_case_back_again_and_again(drive):
    driver = drive(main=THREE)
    to_approve(driver)
    for _ in range(3):
        back(driver, "批准", "review", as_="wangwu")
        assert set(targets(driver, "审核", "lisi")) == {"draft"}
        driver.complete("审核", as_="lisi")
        driver.claim("批准", as_="wangwu")
    assert set(targets(driver, "批准", "wangwu")) == {"draft", "review"}


def test_a_task_that_does_not_lie_behind_is_refused_with_those_that_do(drive):
    driver = drive(main=THREE)
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")
    driver.claim("审核", as_="lisi")
    with driver.refused("可以退回的任务：“起草”", errors.InvalidInput):
        back(driver, "审核", "approve", as_="lisi")
    with driver.refused("说明理由", errors.InvalidInput):
        back(driver, "审核", "draft", as_="lisi", reason=" ")


def test_branches_that_are_under_way_are_not_left_behind_and_those_that_joined_are_not_torn_apart(drive):
    body = (
        s.start(),
        *(s.user(each, name=each) for each in ("a", "b", "c", "z")),
        s.gateway("parallel", "f"),
        s.gateway("parallel", "j"),
        s.end(),
        s.path("start", "a", "f", "b", "j", "z", "end"),
        s.path("f", "c", "j"),
    )
    driver = drive(main=p.diagram(*body))
    driver.start("main", as_="zhangsan")
    driver.complete("a", as_="zhangsan")
    driver.claim("b", as_="zhangsan")
    assert "尚未汇合" in targets(driver, "b", "zhangsan")["a"].why
    with driver.refused("尚未汇合", errors.Conflict):
        back(driver, "b", "a", as_="zhangsan")
    driver.complete("b", as_="zhangsan")
    driver.complete("c", as_="zhangsan")
    driver.claim("z", as_="lisi")

    found = targets(driver, "z", "lisi")
    assert {name: each.allowed for name, each in found.items()} == {"a": True, "b": False, "c": False}
    assert "已经汇合的并行分支" in found["b"].why
    back(driver, "z", "a", as_="lisi")
    for each in ("a", "b", "c", "z"):
        driver.complete(each, as_="zhangsan" if each == "a" else "lisi")
    assert driver.status() == "completed"


def test_nothing_is_taken_back_that_has_taken_effect_outside(drive):
    def pack(**props: str) -> bytes:
        send = s.service("send", s.extensions(s.properties(clause=s.CLAUSE, **props)))
        return p.line(s.user("a", name="拟稿"), send, s.user("b", name="核对"), ids=("a", "send", "b"))

    handlers = """
    @registry.handler("notices.send")
    def send(task):
        return {}
    """
    driver = drive(main=pack(), handlers=handlers)
    driver.start("main", as_="zhangsan")
    driver.complete("拟稿", as_="zhangsan")
    driver.claim("核对", as_="lisi")
    with driver.refused("“发出通知”已经完成并对外生效", errors.Conflict):
        back(driver, "核对", "a", as_="lisi")


def test_what_may_be_done_twice_says_so_in_the_diagram(drive):
    send = s.service("send", s.extensions(s.properties(clause=s.CLAUSE, reversible="true")))
    handlers = """
    @registry.handler("notices.send")
    def send(task):
        return {}
    """
    main = p.line(s.user("a", name="拟稿"), send, s.user("b", name="核对"), ids=("a", "send", "b"))
    driver = drive(main=main, handlers=handlers)
    driver.start("main", as_="zhangsan")
    driver.complete("拟稿", as_="zhangsan")
    driver.claim("核对", as_="lisi")
    assert back(driver, "核对", "a", as_="lisi").assignee == "zhangsan"


def test_one_of_several_people_cannot_send_back_what_the_others_work_on_and_none_of_them_is_returned_to(drive):
    loop = '<multiInstanceLoopCharacteristics camunda:collection="${[1, 2]}" camunda:elementVariable="n"/>'
    main = p.line(
        s.user("a", name="拟稿"), s.user("m", loop, name="会签"), s.user("z", name="汇总"), ids=("a", "m", "z")
    )
    driver = drive(main=main)
    driver.start("main", as_="zhangsan")
    driver.complete("拟稿", as_="zhangsan")
    one, other = driver.tasks()
    driver.claim(one, as_="lisi")
    (found,) = cooperation.return_targets(driver.engine, one.id, driver.user("lisi"))
    assert (found.element_id, found.allowed) == ("a", False)
    assert "由多人分别办理" in found.why
    driver.complete(one, as_="lisi")
    driver.complete(other, as_="zhangsan")
    driver.claim("汇总", as_="lisi")
    found = targets(driver, "汇总", "lisi")
    assert (found["a"].allowed, found["m"].allowed, found["m"].completed_by) == (True, False, None)


def test_from_inside_a_subprocess_the_case_goes_back_over_its_border_when_nothing_else_is_open_there(drive):
    inner = s.subprocess(
        "u",
        s.start("us"),
        s.user("x", name="初核"),
        s.user("y", name="复核"),
        s.end("ue"),
        s.path("us", "x", "y", "ue"),
    )
    driver = drive(main=p.line(s.user("a", name="拟稿"), inner, s.user("z", name="归档"), ids=("a", "u", "z")))
    driver.start("main", as_="zhangsan")
    driver.complete("拟稿", as_="zhangsan")
    driver.complete("初核", as_="lisi")
    driver.claim("复核", as_="lisi")
    assert {name: each.allowed for name, each in targets(driver, "复核", "lisi").items()} == {"x": True, "a": True}
    back(driver, "复核", "a", as_="lisi")
    driver.complete("拟稿", as_="zhangsan")
    driver.complete("初核", as_="lisi")
    driver.complete("复核", as_="lisi")
    driver.claim("归档", as_="lisi")
    found = targets(driver, "归档", "lisi")
    assert {name: each.allowed for name, each in found.items()} == {"x": False, "y": False, "a": True}
    assert "已经结束的子流程" in found["y"].why


# --- what the process permits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "told"),
    [(chain("return=none"), "不能退回"), (chain("return=review"), "只能退回“审核”")],
)
def test_a_process_may_permit_less(drive, parts, told):
    driver = drive(**parts)
    to_approve(driver)
    with driver.refused(told, errors.Conflict):
        back(driver, "批准", "draft", as_="wangwu")
    assert targets(driver, "批准", "wangwu")["review"].allowed is (told != "不能退回")


def test_what_the_process_says_holds_for_all_its_tasks_unless_one_says_otherwise(drive):
    given = s.extensions(s.properties(**{"return": "none"})).encode()
    driver = drive(main=chain()["main"].replace(b"<startEvent", given + b"<startEvent", 1))
    to_approve(driver)
    assert not any(each.allowed for each in targets(driver, "批准", "wangwu").values())


# --- who ---------------------------------------------------------------------------------------------------------


def test_only_who_has_the_task_sends_the_case_back(drive):
    driver = drive(main=THREE)
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")
    with driver.refused("尚未签收", errors.Forbidden):
        back(driver, "审核", "draft", as_="lisi")
    driver.claim("审核", as_="lisi")
    with driver.refused("由李四办理", errors.Forbidden):
        back(driver, "审核", "draft", as_="zhangsan")
    with driver.refused("无关", errors.Forbidden):
        targets(driver, "审核", "zhaoliu")
    driver.delegate("审核", to="wangwu", as_="lisi")
    with driver.refused("不能退回", errors.Conflict):
        back(driver, "审核", "draft", as_="wangwu")


def test_who_sent_a_case_back_reviewed_it_and_does_not_draft_it(drive):
    driver = drive(main=THREE)
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")
    driver.claim("审核", as_="lisi")
    again = back(driver, "审核", "draft", as_="lisi")
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.transfer(again, to="lisi", as_="zhangsan")


def test_a_task_goes_to_its_role_when_who_did_it_is_not_there_any_more(drive):
    driver = drive(main=THREE)
    demo_people.seed_demo(driver.engine)
    to_approve(driver)
    users.deactivate(driver.engine, driver.user("admin"), "zhangsan", reason="调离")
    again = back(driver, "批准", "draft", as_="wangwu")
    assert (again.assignee, again.candidate_groups) == (None, ("clerk",))
    driver.add_user("sunqi", "孙七", roles=["clerk"])
    assert driver.claim("起草", as_="sunqi").assignee == "sunqi"


def test_a_task_goes_to_its_role_when_who_did_it_has_another_one_now(drive):
    driver = drive(main=THREE)
    demo_people.seed_demo(driver.engine)
    to_approve(driver)
    users.update_user(driver.engine, driver.user("admin"), "zhangsan", roles=["chief"])
    assert back(driver, "批准", "draft", as_="wangwu").assignee is None


def test_what_a_substitute_did_goes_back_to_whom_they_stood_in_for(drive):
    driver = drive(main=THREE)
    driver.start("main", as_="zhangsan")
    stand_in = commands.Actor("zhaoliu", acting_for=(driver.user("zhangsan"),))
    driver.complete("起草", as_=stand_in)
    driver.claim("审核", as_="lisi")
    assert back(driver, "审核", "draft", as_="lisi").assignee == "zhangsan"


# --- what it costs -----------------------------------------------------------------------------------------------


def test_a_return_is_one_commit_and_does_not_cost_more_the_longer_the_case_is(drive):
    driver = drive(main=THREE)
    to_approve(driver)
    costs = []
    for _ in range(3):
        task = driver.task("批准")
        with counting.counted(driver.engine.store) as count:
            cooperation.return_to(driver.engine, task.id, "review", "补充", driver.user("wangwu"))
        costs.append((count.statements, count.commits))
        driver.complete("审核", as_="lisi")
        driver.claim("批准", as_="wangwu")
    assert len(set(costs)) == 1
    assert costs[0][1] == 1
