"""What instances do to each other: calls, returns, errors, escalations, cancellation."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import propagate
from engine.model import instances as model

IN_OUT = '<camunda:in source="title" target="subject"/><camunda:out source="verdict" target="result"/>'


def call(called="child", inner="", mapping=IN_OUT, **attributes):
    return s.element(
        "callActivity", "call", s.extensions(mapping) + inner, name="会签", calledElement=called, **attributes
    )


def caller(*more, called="child", id="main", mapping=IN_OUT, **attributes):
    body = (s.start(), call(called, mapping=mapping, **attributes), s.user("after", name="汇总"), s.end())
    return p.diagram(*body, s.path("start", "call", "after", "end"), *more, id=id)


CHILD = p.line(
    s.service("judge", camunda_topic="judge"), s.user("sign", name="签字"), ids=("judge", "sign"), id="child"
)
JUDGE = """
@registry.handler("judge")
def judge(job):
    return {"verdict": f"{job.inputs['subject']}可公开", "inner": 1}
"""


def test_a_child_case_runs_on_its_own_and_gives_back_what_was_asked(drive):
    driver = drive(main=caller(), child=CHILD, handlers=JUDGE)
    parent = driver.start("main", as_="admin", variables={"title": "指南"}, business_key="K1")

    (child,) = driver.children()
    assert (child.parent_id, child.root_id, child.started_by) == (parent.id, parent.id, "admin")
    assert driver.variables(child) == {"subject": "指南", "verdict": "指南可公开", "inner": 1}
    assert driver.tasks() == []
    driver.complete("签字", as_="lisi", case=child)

    assert driver.status(child) == "completed"
    assert driver.variables() == {"title": "指南", "result": "指南可公开"}
    driver.complete("汇总", as_="lisi")
    assert driver.status() == "completed"
    assert "child-completed" in [entry.action for entry in driver.audit()]


def test_a_child_that_waits_for_nothing_ends_in_the_same_transaction(drive):
    child = p.diagram(s.start(), s.end(), s.path("start", "end"), id="child")
    driver = drive(main=caller(mapping=""), child=child)
    driver.start("main", as_="zhangsan")
    assert [task.name for task in driver.tasks()] == ["汇总"]


def test_calls_may_be_many_levels_deep(drive):
    depth = 60  # more frames than Python allows, were it recursive
    levels = {f"level{n}": caller(called=f"level{n + 1}", id=f"level{n}", mapping="") for n in range(depth)}
    last = p.diagram(s.start(), s.end(), s.path("start", "end"), id=f"level{depth}")
    driver = drive(**levels, **{f"level{depth}": last})
    top = driver.start("level0", as_="zhangsan")
    case, seen = top, 0
    while children := driver.children(case):
        case, seen = children[0], seen + 1
    assert seen == depth
    assert driver.status(case) == "completed"


def test_a_call_that_calls_itself_for_ever_is_refused_as_a_whole(drive, monkeypatch):
    monkeypatch.setattr(propagate, "LIMIT", 50)
    driver = drive(main=p.diagram(s.start(), call("main", mapping=""), s.end(), s.path("start", "call", "end")))
    with driver.refused("连锁处理超过 50 步，操作未执行", errors.Conflict):
        driver.start("main", as_="zhangsan")
    with driver.engine.store.read() as uow, pytest.raises(errors.NotFound):
        uow.instances.get(1)


def test_a_called_process_has_the_version_its_caller_was_deployed_with(drive):
    driver = drive(
        main=caller(mapping=""),
        newest=caller(mapping="", id="newest", camunda_calledElementBinding="latest"),
        child=p.line(s.user("sign", name="签字"), ids=("sign",), id="child", tag="t1"),
        tagged=caller(
            mapping="", id="tagged", camunda_calledElementBinding="versionTag", camunda_calledElementVersionTag="t1"
        ),
        numbered=caller(
            mapping="", id="numbered", camunda_calledElementBinding="version", camunda_calledElementVersion="1"
        ),
    )
    # By a pack of its own, the child changes without its callers.
    root = driver.engine.packs.roots[0]
    p.write(root, {"child": p.line(s.user("sign", name="新签字"), ids=("sign",), id="child", tag="t2")})
    driver.deploy("demo")

    def first_task(key, **how):
        driver.start(key, as_="zhangsan", **how)
        return driver.tasks(driver.children()[0])[0].name

    assert first_task("main") == "新签字"
    assert first_task("main", version=1) == "签字"
    assert first_task("newest", version=1) == "新签字"
    assert first_task("tagged") == "签字"
    assert first_task("numbered") == "签字"


def test_a_call_that_cannot_be_made_is_an_incident_and_can_be_retried(drive):
    missing = {"camunda_calledElementBinding": "versionTag", "camunda_calledElementVersionTag": "t2"}
    driver = drive(
        main=caller(mapping="", **missing), child=p.line(s.user("sign"), ids=("sign",), id="child", tag="t1")
    )
    driver.start("main", as_="zhangsan")
    (incident,) = driver.incidents()
    assert "所调用的流程“child”（versionTag t2）没有部署" in incident.message

    p.write(
        driver.engine.packs.roots[0], {"child": p.line(s.user("sign"), ids=("sign",), id="child", tag="t2", name="新")}
    )
    driver.deploy("demo")
    driver.retry()

    (child,) = driver.children()
    driver.complete("sign", as_="lisi", case=child)
    assert [task.name for task in driver.tasks()] == ["汇总"]


def test_a_call_of_a_process_that_only_a_message_starts_is_an_incident_and_can_be_retried(drive):
    asked = s.start("asked", s.event("message", messageRef="M"))
    body = (asked, s.user("sign"), s.end(), s.path("asked", "sign", "end"))
    driver = drive(main=caller(mapping=""), child=p.diagram(*body, id="child", tag="t1"))
    driver.start("main", as_="zhangsan")
    (incident,) = driver.incidents()
    assert "没有开始事件" in incident.message
    assert driver.children() == []

    driver.retry()
    assert [each.message for each in driver.incidents()] == [incident.message]
    driver.cancel("无法调用")
    assert driver.status() == "cancelled"


# --- errors climb ------------------------------------------------------------------------------------------------

FAILING = p.line(s.service("judge", camunda_topic="judge"), ids=("judge",), id="child")
REFUSE = """
@registry.handler("judge")
def judge(job):
    raise errors.BpmnError("bad", "材料不合格", {"why": "缺页"})
"""
CATCH = (
    s.boundary("caught", "call", s.event("error", errorRef="E", camunda_errorMessageVariable="told")),
    s.user("mend", name="补正"),
    s.end("mended"),
    s.path("caught", "mend", "mended"),
)


def test_an_error_climbs_from_the_child_to_the_boundary_of_the_call(drive):
    driver = drive(main=caller(*CATCH), child=FAILING, handlers=REFUSE)
    driver.start("main", as_="admin", variables={"title": "x"})

    (child,) = driver.children()
    assert driver.status(child) == "error"
    assert child.end_reason.startswith("业务错误 bad：")
    assert driver.incidents(child) == []
    assert [task.name for task in driver.tasks()] == ["补正"]
    assert driver.variables()["why"] == "缺页"
    driver.complete("补正", as_="lisi")
    assert driver.status() == "completed"


def test_an_error_climbs_past_a_caller_that_does_not_catch_it(drive):
    middle = caller(called="child", id="middle", mapping="")
    driver = drive(main=caller(*CATCH, called="middle", mapping=""), middle=middle, child=FAILING, handlers=REFUSE)
    driver.start("main", as_="zhangsan")

    (between,) = driver.children()
    (child,) = driver.children(between)
    assert (driver.status(between), driver.status(child)) == ("error", "error")
    assert [task.name for task in driver.tasks()] == ["补正"]


def test_an_error_that_no_caller_catches_stays_an_incident_where_it_was_thrown(drive):
    driver = drive(main=caller(mapping=""), child=FAILING, handlers=REFUSE)
    driver.start("main", as_="zhangsan")

    (child,) = driver.children()
    assert driver.status(child) == "active"
    assert driver.status() == "active"
    (incident,) = driver.incidents(child)
    assert incident.kind is model.IncidentKind.ERROR
    assert "bad" in incident.message


def test_an_error_end_event_of_the_child_climbs_too(drive):
    child = p.diagram(
        s.start(),
        s.user("sign", name="签字"),
        s.end("end", s.event("error", errorRef="E")),
        s.path("start", "sign", "end"),
        id="child",
    )
    driver = drive(main=caller(*CATCH, mapping=""), child=child)
    driver.start("main", as_="zhangsan")
    driver.complete("签字", as_="lisi", case=driver.children()[0])
    assert [task.name for task in driver.tasks()] == ["补正"]
    assert driver.status(driver.children()[0]) == "error"


def test_an_escalation_reaches_the_caller_and_the_child_goes_on(drive):
    throw = s.element("intermediateThrowEvent", "ask", s.event("escalation", escalationRef="X"), name="已请示")
    child = p.diagram(
        s.start(), throw, s.user("sign", name="签字"), s.end(), s.path("start", "ask", "sign", "end"), id="child"
    )
    heard = (
        s.boundary("heard", "call", s.event("escalation", escalationRef="X"), cancelActivity="false"),
        s.user("answer", name="批复"),
        s.end("answered"),
        s.path("heard", "answer", "answered"),
    )
    driver = drive(main=caller(*heard, mapping=""), child=child)
    driver.start("main", as_="zhangsan")
    assert [task.name for task in driver.tasks()] == ["批复"]
    driver.complete("签字", as_="lisi", case=driver.children()[0])
    assert {task.name for task in driver.tasks()} == {"批复", "汇总"}


# --- ends --------------------------------------------------------------------------------------------------------


def test_cancelling_a_case_ends_everything_it_has_called(drive):
    driver = drive(
        main=caller(called="middle", mapping=""),
        middle=caller(id="middle", mapping=""),
        child=p.line(s.user("sign"), ids=("sign",), id="child"),
    )
    driver.start("main", as_="zhangsan")
    (middle,) = driver.children()
    (child,) = driver.children(middle)
    task = driver.task("sign", child)

    with driver.refused(f"请取消事项 {middle.id}", errors.Conflict):
        driver.cancel("误报", case=child)
    with driver.refused("应说明理由", errors.InvalidInput):
        driver.cancel(" ")
    driver.cancel("申请人撤回")

    assert [driver.status(each) for each in (None, middle, child)] == ["cancelled"] * 3
    assert driver.case().end_reason == "申请人撤回"
    with driver.refused("取消", errors.Conflict):
        driver.complete(task, as_="lisi")
    with driver.refused("已取消，不能再操作", errors.Conflict):
        driver.cancel("再来")


def test_a_deadline_on_the_call_ends_the_child(drive):
    late = (s.boundary("late", "call", s.timer("P5D")), s.end("overdue"), s.path("late", "overdue"))
    driver = drive(main=caller(*late, mapping=""), child=p.line(s.user("sign"), ids=("sign",), id="child"))
    driver.start("main", as_="zhangsan")
    driver.advance(days=5)
    assert driver.status() == "completed"
    assert driver.status(driver.children()[0]) == "cancelled"


def test_the_trail_of_all_cases_is_unbroken(drive):
    driver = drive(main=caller(*CATCH), child=FAILING, handlers=REFUSE)
    driver.start("main", as_="admin", variables={"title": "x"})
    with driver.engine.store.read() as uow:
        assert uow.audit.verify() == []
    actions = [entry.action for entry in driver.audit(driver.children()[0])]
    assert actions == ["start-instance", "throw-bpmn-error", "instance-error"]


def test_many_calls_of_one_activity_are_all_carried_through(drive):
    many = '<multiInstanceLoopCharacteristics camunda:collection="${people}" camunda:elementVariable="person"/>'
    activity = s.element(
        "callActivity",
        "call",
        s.extensions('<camunda:in source="person" target="who"/>') + many,
        name="会签",
        calledElement="child",
    )
    main = p.diagram(s.start(), activity, s.end(), s.path("start", "call", "end"))
    driver = drive(
        main=main,
        child=p.line(s.user("sign", camunda_assignee="${who}", camunda_candidateGroups=""), ids=("sign",), id="child"),
    )
    driver.start("main", as_="admin", variables={"people": ["lisi", "wangwu", "zhaoliu"]})
    for child, person in zip(driver.children(), ["lisi", "wangwu", "zhaoliu"], strict=True):
        assert driver.status() == "active"
        driver.complete("sign", as_=person, case=child)
    assert driver.status() == "completed"


def test_an_escalation_that_nobody_hears_changes_nothing(drive):
    throw = s.element("intermediateThrowEvent", "ask", s.event("escalation", escalationRef="X"), name="已请示")
    child = p.diagram(s.start(), throw, s.user("sign"), s.end(), s.path("start", "ask", "sign", "end"), id="child")
    driver = drive(main=caller(mapping=""), child=child)
    driver.start("child", as_="zhangsan")
    assert [task.element_id for task in driver.tasks()] == ["sign"]
    driver.start("main", as_="zhangsan")
    driver.complete("sign", as_="lisi", case=driver.children()[0])
    assert [task.name for task in driver.tasks()] == ["汇总"]


def test_an_error_of_a_case_that_nobody_called_is_an_incident(drive):
    driver = drive(child=FAILING, handlers=REFUSE)
    driver.start("child", as_="zhangsan")
    assert driver.incidents()[0].kind is model.IncidentKind.ERROR


def test_a_suspended_process_cannot_be_called(drive):
    from engine.actions import definitions

    driver = drive(main=caller(mapping=""), child=p.line(s.user("sign"), ids=("sign",), id="child"))
    with driver.engine.store.read() as uow:
        child = uow.definitions.latest("child")
    definitions.suspend(driver.engine, child.id, driver.user("admin"))
    driver.start("main", as_="zhangsan")
    assert "已停用" in driver.incidents()[0].message
    definitions.activate(driver.engine, child.id, driver.user("admin"))
    driver.retry()
    assert len(driver.children()) == 1
