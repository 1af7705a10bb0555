"""An incident at every phase of an element: what stays open, what a retry does again, and what it must not."""

from __future__ import annotations

import datetime

import pytest
from pieces import boundary, call, each, enough, event_subprocess, io, job, properties, subprocess, task
from play import ERROR, MESSAGE, NOW, ROOTS, SIGNAL, Case, condition, diagram, end, flows, start, timer, user

from engine import errors
from engine.bpmn import execution
from engine.model.instances import InstanceStatus

HOUR = timer("Duration", "PT5H")


def incidents(case: Case) -> list[str]:
    return case.waiting("incident")


def fail(case: Case, element: str) -> Case:
    token = case.token("job", element)
    del case.open["job"][token]
    case._take(execution.fail(case.process, case.context, case.state, token, "连接失败"))
    return case


# -- when an element begins --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "element",
    [
        task("a", 'camunda:assignee="${mended}"'),
        task("a", 'camunda:dueDate="${mended}"'),
        task("a", "", io({"x": "${mended}"})),
        job("a", io({"x": "${mended}"})),
        call("a", '<camunda:in businessKey="${mended}"/>'),
        call("a", '<camunda:in sourceExpression="${mended}" target="x"/>'),
        task("a", "", each(collection="${[mended]}")),
        task("a", 'camunda:assignee="${mended}"', each(collection="${[1]}")),
        task("a", 'messageRef="M"', properties(correlationKey="${mended}"), "receiveTask"),
        f'<intermediateCatchEvent id="a">{timer("Duration", "${mended}")}</intermediateCatchEvent>',
        f'<intermediateCatchEvent id="a">{condition("len(mended) > 0")}</intermediateCatchEvent>',
    ],
)
def test_what_cannot_begin_waits_for_nothing_but_ops_and_begins_when_tried_again(element):
    case = Case(diagram(start() + element + user("z"), "s>a>z", ROOTS))
    assert incidents(case) == ["a"]
    assert not any(rows for kind, rows in case.open.items() if kind != "incident")
    token = case.token("incident", "a")
    for act in (execution.complete, execution.deliver, execution.complete_call):
        with pytest.raises(errors.Conflict):
            act(case.process, case.context, case.state, token, {})
    case.retry("a")
    assert incidents(case) == ["a"], "not mended yet"
    case.set(mended="P1D").retry("a")
    assert not incidents(case)
    assert case.cancel().status is InstanceStatus.CANCELLED


def test_an_incident_ends_with_the_instance():
    case = Case(diagram(start() + task("a", 'camunda:assignee="${nobody}"'), "s>a")).cancel()
    assert not incidents(case)
    assert [v.outcome for v in case.visits if v.element_id == "a"] == [None, "cancelled"]


# -- events that listen beside an activity or in a scope -------------------------------------------------------------


def test_a_boundary_event_that_cannot_listen_is_an_incident_of_its_own_and_the_task_stays_open():
    data = diagram(start() + user("a", "z", "late") + boundary("b", "a", timer("Duration", "${span}")), "s>a>z; b>late")
    case = Case(data)
    assert (case.tasks, incidents(case)) == (["a"], ["b"])
    case.set(span="PT1H").retry("b")
    assert (case.tasks, case.waiting("timer"), incidents(case)) == (["a"], ["b"], [])
    assert case.fire("b").tasks == ["late"]


def test_a_boundary_event_that_cannot_listen_goes_with_its_activity():
    data = diagram(start() + user("a", "z") + boundary("b", "a", timer("Duration", "${span}")), "s>a>z")
    case = Case(data).complete("a")
    assert (case.tasks, incidents(case)) == (["z"], [])


def test_one_boundary_event_that_cannot_listen_does_not_silence_the_others():
    data = diagram(
        start()
        + user("a", "late", "h")
        + boundary("b1", "a", timer("Duration", "${span}"))
        + boundary("b2", "a", MESSAGE),
        "s>a; b1>late; b2>h",
        ROOTS,
    )
    case = Case(data)
    assert (case.waiting("subscription"), incidents(case)) == (["b2"], ["b1"])
    case.message("b2")
    assert (case.tasks, incidents(case)) == (["h"], [])


@pytest.mark.parametrize("nested", [False, True])
def test_an_event_subprocess_that_cannot_listen_is_an_incident_and_its_scope_runs(nested):
    inner = user("a") + event_subprocess("esp", timer("Duration", "${span}"))
    if nested:
        data = diagram(start() + subprocess("sub", start("s2") + inner + flows("s2>a")), "s>sub")
    else:
        data = diagram(start() + inner, "s>a")
    case = Case(data)
    assert (case.tasks, incidents(case)) == (["a"], ["esp_s"])
    case.retry("esp_s")
    assert incidents(case) == ["esp_s"], "tried again without a change"
    case.set(span="PT1H").retry("esp_s")
    assert (case.waiting("timer"), incidents(case)) == (["esp_s"], [])
    case.fire("esp_s")
    assert case.tasks == ["esp_t"]
    assert case.complete("esp_t").ended


def test_an_event_subprocess_of_the_process_sees_what_came_with_the_start():
    data = diagram(start() + user("a") + event_subprocess("esp", timer("Duration", "${span}")), "s>a")
    case = Case(data, payload={"span": "PT1H"})
    assert (case.waiting("timer"), incidents(case)) == (["esp_s"], [])


def test_an_event_behind_an_event_gateway_that_cannot_be_awaited_leaves_the_others_waiting():
    arms = (
        f'<intermediateCatchEvent id="t">{timer("Duration", "${span}")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="m">{MESSAGE}</intermediateCatchEvent>'
    )
    data = diagram(start() + '<eventBasedGateway id="g"/>' + arms + user("a", "b"), "s>g>t>a; g>m>b", ROOTS)
    case = Case(data)
    assert (case.waiting("subscription"), incidents(case)) == (["m"], ["t"])
    assert Case(data).message("m").tasks == ["b"]
    case.set(span="PT1H").retry("t")
    assert (case.waiting("timer"), case.waiting("subscription")) == (["t"], ["m"])
    assert case.fire("t").tasks == ["a"]


@pytest.mark.parametrize("where", ["boundary", "event subprocess", "catch"])
def test_a_condition_that_fails_later_is_an_incident_and_is_watched_again_after_a_retry(where):
    watched = condition("x['n'] > 1")
    if where == "boundary":
        name, data = "b", diagram(start() + user("a", "h") + boundary("b", "a", watched), "s>a; b>h")
    elif where == "event subprocess":
        body = user("h")
        esp = event_subprocess("esp", watched, body=body, flow="esp_s>h")
        name, data = "esp_s", diagram(start() + user("a") + esp, "s>a")
    else:
        catch = f'<intermediateCatchEvent id="c">{watched}</intermediateCatchEvent>'
        name, data = "c", diagram(start() + catch + user("h"), "s>c>h")
    case = Case(data, {"x": {"n": 0}}).set(x={})
    assert incidents(case) == [name]
    case.set(x={"n": 2})
    assert incidents(case) == [name], "an incident waits for ops, whatever happens to the variables"
    assert case.retry(name).tasks == ["h"]


# -- when an element is done -----------------------------------------------------------------------------------------


def test_outputs_that_fail_again_and_again_keep_the_result_and_the_deadline():
    data = diagram(
        start() + task("a", "", io(None, {"y": "${given + more}"})) + user("z", "late") + boundary("b", "a", HOUR),
        "s>a>z; b>late",
    )
    case = Case(data).complete("a", given=1)
    for _ in range(3):
        assert (case.tasks, incidents(case), case.waiting("timer")) == ([], ["a"], ["b"])
        case.retry("a")
    assert case.set(more=2).retry("a").tasks == ["z"]
    assert case.variables == {"more": 2, "y": 3}


def test_a_boundary_event_still_takes_an_activity_away_that_stopped_on_its_way_out():
    for element, act in ((task("a", "", io(None, {"y": "${no}"})), "outputs"), (user("a"), "leaving")):
        flow = "s>a>z; b>late" if act == "outputs" else "s>a>[no]z; b>late"
        case = Case(diagram(start() + element + user("z", "late") + boundary("b", "a", HOUR), flow)).complete("a")
        assert incidents(case) == ["a"]
        assert case.fire("b").tasks == ["late"]
        assert not incidents(case)


def test_a_subprocess_whose_outputs_fail_keeps_its_boundary_events():
    sub = subprocess("a", start("s2") + user("x") + flows("s2>x"), io(None, {"y": "${q}"}))
    data = diagram(start() + sub + user("late", "z") + boundary("b", "a", HOUR), "s>a>z; b>late")
    case = Case(data).complete("x")
    assert (case.waiting("timer"), incidents(case)) == (["b"], ["a"])
    assert case.set(q=1).retry("a").tasks == ["z"]
    assert not case.waiting("timer")


def test_no_way_out_of_an_activity_can_be_mended():
    case = Case(diagram(start() + user("a", "b"), "s>a>[go]b"), {"go": False}).complete("a")
    assert incidents(case) == ["a"]
    case.retry("a")
    assert incidents(case) == ["a"]
    assert case.set(go=True).retry("a").tasks == ["b"]


@pytest.mark.parametrize("kind", ["script", "message", "signal"])
def test_what_stopped_on_its_way_out_is_not_done_again(kind):
    element = {
        "script": '<scriptTask id="x"><script>n = n + 1</script></scriptTask>',
        "message": f'<intermediateThrowEvent id="x">{MESSAGE}</intermediateThrowEvent>',
        "signal": f'<intermediateThrowEvent id="x">{SIGNAL}</intermediateThrowEvent>',
    }[kind]
    case = Case(diagram(start() + element + user("z"), "s>x>[go]z", ROOTS), {"go": False, "n": 0})
    assert incidents(case) == ["x"]
    case.retry("x").set(go=True).retry("x")
    assert case.tasks == ["z"]
    assert len(case.messages) + len(case.signals) + case.variables["n"] == 1


def test_a_signal_that_was_caught_is_not_caught_again_while_its_outputs_fail():
    catch = f'<intermediateCatchEvent id="c">{io(None, {"y": "${n + more}"})}{SIGNAL}</intermediateCatchEvent>'
    shout = f'<intermediateThrowEvent id="t">{SIGNAL}</intermediateThrowEvent>'
    data = diagram(start() + '<parallelGateway id="f"/>' + catch + user("w", "z") + shout, "s>f>c>z; f>w>t", ROOTS)
    case = Case(data).signal("c", n=1)
    assert incidents(case) == ["c"]
    case.complete("w")
    assert incidents(case) == ["c"]
    assert case.set(more=1).retry("c").variables["y"] == 2


# -- jobs and calls ----------------------------------------------------------------------------------------------------


def test_a_job_or_child_whose_error_nobody_catches_is_over():
    case = Case(diagram(start() + job("a"), "s>a")).job_error("a", "E9")
    assert (case.waiting("job"), incidents(case)) == ([], ["a"])
    case = Case(diagram(start() + call("a"), "s>a"))
    case._do(execution.throw_error, case.token("call", "a"), "E9", "m", {})
    assert (case.waiting("call"), incidents(case)) == ([], ["a"])
    assert case.retry("a").waiting("call") == ["a"]


@pytest.mark.parametrize("how", ["error", "failure"])
def test_a_job_tried_again_keeps_the_deadlines_of_its_activity(how):
    data = diagram(start() + job("a") + user("z", "late") + boundary("b", "a", HOUR), "s>a>z; b>late", ROOTS)
    case = Case(data)
    due = next(iter(case.open["timer"].values())).due
    case = case.job_error("a", "E9") if how == "error" else fail(case, "a")
    case.now += datetime.timedelta(hours=3)
    case.retry("a")
    assert case.waiting("job") == ["a"]
    assert [row.due for row in case.open["timer"].values()] == [due]
    assert case.fire("b").tasks == ["late"]


def test_a_non_interrupting_timer_that_has_fired_does_not_fire_again_after_a_retry():
    data = diagram(start() + job("a") + user("warn") + boundary("b", "a", HOUR, cancel=False), "s>a; b>warn")
    case = fail(Case(data).fire("b"), "a").retry("a")
    assert (case.waiting("job"), case.waiting("timer"), case.tasks) == (["a"], [], ["warn"])


def test_an_error_nobody_catches_leaves_a_user_task_open_and_is_over_when_the_task_is():
    data = diagram(start() + user("a", "z"), "s>a>z")
    for retried in (True, False):
        case = Case(data)
        token = case.token("user_task", "a")
        case._take(execution.throw_error(case.process, case.context, case.state, token, "E9", "坏了", {}))
        assert (case.tasks, incidents(case)) == (["a"], ["a"])
        if retried:
            case.retry("a")
            assert (case.tasks, incidents(case)) == (["a"], [])
        case.complete("a")
        assert (case.tasks, incidents(case)) == (["z"], [])


def test_a_second_error_at_a_user_task_replaces_the_first_incident():
    case = Case(diagram(start() + user("a"), "s>a"))
    token = case.token("user_task", "a")
    for code in ("E8", "E9"):
        case._take(execution.throw_error(case.process, case.context, case.state, token, code, "坏了", {}))
    assert [row.error_code for row in case.open["incident"].values()] == ["E9"]
    assert case.retry("a").complete("a").ended


def test_a_call_that_cannot_be_made_is_made_again():
    case = Case(diagram(start() + call("a") + user("z", "late") + boundary("b", "a", HOUR), "s>a>z; b>late"))
    token = case.token("call", "a")
    del case.open["call"][token]
    case._take(execution.fail(case.process, case.context, case.state, token, "没有流程 child"))
    assert incidents(case) == ["a"]
    case.retry("a")
    assert (case.waiting("call"), case.waiting("timer")) == (["a"], ["b"])
    assert case.child("a").tasks == ["z"]


def test_a_child_that_did_not_give_what_was_asked_is_not_called_again():
    data = diagram(start() + call("a", '<camunda:out source="answer" target="reply"/>') + user("z"), "s>a>z")
    case = Case(data).child("a", other=1)
    assert (case.waiting("call"), incidents(case)) == ([], ["a"]), "the child has ended"
    case.retry("a")
    assert (case.waiting("call"), incidents(case)) == ([], ["a"])
    case.set(answer="好").retry("a")
    assert (case.waiting("call"), case.tasks) == ([], ["z"])
    assert case.variables["reply"] == "好"


def test_what_a_child_gave_is_kept_for_the_retry():
    out = '<camunda:out source="answer" target="reply"/><camunda:out sourceExpression="${missing}" target="other"/>'
    case = Case(diagram(start() + call("a", out) + user("z"), "s>a>z"), {"answer": "父"}).child("a", answer="子")
    assert case.set(missing=1).retry("a").variables == {"answer": "父", "missing": 1, "reply": "子", "other": 1}


# -- loops ---------------------------------------------------------------------------------------------------------------


def test_a_completion_condition_that_fails_is_an_incident_of_the_run_that_ended():
    data = diagram(start() + task("a", "", each(enough("nrOfCompletedInstances >= quorum"))) + user("z"), "s>a>z")
    case = Case(data, {"people": ["甲", "乙", "丙"]}).complete("a")
    assert (case.tasks, incidents(case)) == (["a", "a"], ["a"])
    case.set(quorum=2).retry("a")
    assert (case.tasks, incidents(case)) == (["a", "a"], [])
    assert case.complete("a").tasks == ["z"]


def test_an_incident_in_one_run_ends_with_the_others_when_they_are_enough():
    data = diagram(
        start() + task("a", 'camunda:assignee="${person + suffix[person]}"', each(enough("True"))) + user("z"), "s>a>z"
    )
    case = Case(data, {"people": ["甲", "乙"], "suffix": {"甲": "1"}})
    assert (case.tasks, incidents(case)) == (["a"], ["a"])
    assert case.complete("a").tasks == ["z"]
    assert not incidents(case)


def test_an_incident_in_one_run_holds_up_neither_the_others_nor_itself():
    data = diagram(start() + task("a", 'camunda:assignee="${names[person]}"', each()) + user("z"), "s>a>z")
    case = Case(data, {"people": ["甲", "乙", "丙"], "names": {"甲": "1", "丙": "3"}})
    case.complete("a").complete("a")
    assert incidents(case) == ["a"]
    case.set(names={"乙": "2"}).retry("a")
    assert next(iter(case.open["user_task"].values())).assignee == "2"
    assert case.complete("a").tasks == ["z"]


@pytest.mark.parametrize("first", ["true", "false"])
def test_a_loop_condition_that_fails_can_be_mended(first):
    loop = f'<standardLoopCharacteristics testBefore="{first}"><loopCondition>n &lt; 2</loopCondition></standardLoopCharacteristics>'
    case = Case(diagram(start() + task("a", "", loop) + user("z"), "s>a>z"))
    if first == "false":
        case.complete("a")
    assert incidents(case) == ["a"]
    case.set(n=0).retry("a")
    assert case.tasks == ["a"]
    assert case.complete("a", n=2).tasks == ["z"]


def test_a_job_of_a_run_tried_again_keeps_its_element():
    data = diagram(start() + job("a", each()) + user("z"), "s>a>z")
    case = Case(data, {"people": ["甲", "乙"]})
    token = case.token("job", "a", 1)
    del case.open["job"][token]
    case._take(execution.fail(case.process, case.context, case.state, token, "m"))
    case.retry("a")
    assert case.open["job"][token].inputs["person"] == "乙"


def test_an_input_named_like_the_element_is_made_of_the_element_at_every_try():
    data = diagram(start() + job("a", io({"person": "${person + suffix}"}) + each()), "s>a")
    case = Case(data, {"people": ["甲"], "suffix": "！"})
    assert case.open["job"][case.token("job", "a")].inputs == {"person": "甲！"}
    fail(case, "a").set(suffix="？").retry("a")
    assert case.open["job"][case.token("job", "a")].inputs == {"person": "甲？"}


# -- joins, and the process --------------------------------------------------------------------------------------------


def test_a_stuck_join_stays_stuck_however_often_it_is_tried():
    join = '<exclusiveGateway id="x" default="x_b"/><parallelGateway id="j"/>'
    case = Case(diagram(start() + join + user("a", "b") + end(), "s>x>[v == 1]a>j>e; x>b>j"), {"v": 1}).complete("a")
    for _ in range(2):
        assert incidents(case) == ["j"]
        case.retry("j")
    assert case.cancel().status is InstanceStatus.CANCELLED


def test_a_stuck_join_is_reported_once_whatever_goes_on_elsewhere():
    inner = (
        start("s2") + '<exclusiveGateway id="x" default="x_b"/><parallelGateway id="j"/>' + user("a", "b")
        + flows("s2>x>[True]a>j; x>b>j")
    )  # fmt: skip
    data = diagram(start() + '<parallelGateway id="f"/>' + subprocess("sub", inner) + user("o", "p"), "s>f>sub; f>o>p")
    case = Case(data).complete("a")
    token = case.token("incident", "j")
    step = execution.complete(case.process, case.context, case.state, case.token("user_task", "o"), {})
    assert not step.incidents and not [c for c in step.closed if c.kind == "incident"]
    case._take(step)
    assert case.token("incident", "j") == token


def test_a_loop_without_end_can_be_ended_by_a_variable():
    data = diagram(
        start() + '<exclusiveGateway id="g"/><task id="a"/><exclusiveGateway id="x" default="x_g"/>' + user("z"),
        "s>g>a>x>[stop]z; x>g",
    )
    case = Case(data, {"stop": False})
    name = incidents(case)[0]
    assert case.set(stop=True).retry(name).tasks == ["z"]


def test_an_error_end_tried_again_throws_again():
    data = diagram(start() + f'<endEvent id="e">{ERROR}</endEvent>', "s>e", ROOTS)
    case = Case(data).retry("e")
    assert incidents(case) == ["e"]
    assert [row.error_code for row in case.open["incident"].values()] == ["E1"]


def test_an_event_subprocess_stopped_before_its_start_can_be_tried_again(monkeypatch):
    from engine.bpmn import workflow

    data = diagram(start() + user("a") + event_subprocess("esp", MESSAGE), "s>a", ROOTS)
    case = Case(data)
    monkeypatch.setattr(workflow, "BUDGET", 0)
    case.message("esp_s", n=1)
    assert incidents(case) == ["esp"]
    monkeypatch.undo()
    case.retry("esp")
    assert case.tasks == ["esp_t"]
    assert case.variables == {"n": 1}


def test_the_time_of_a_boundary_timer_is_counted_from_the_retry_that_could_set_it():
    data = diagram(start() + user("a", "l") + boundary("b", "a", timer("Duration", "${span}")), "s>a; b>l")
    case = Case(data)
    case.now += datetime.timedelta(hours=2)
    case.set(span="PT1H").retry("b")
    assert next(iter(case.open["timer"].values())).due == NOW + datetime.timedelta(hours=3)
