"""Every act on every kind of token: done where it is due, refused with nothing changed where it is not."""

from __future__ import annotations

from typing import Any

import pytest
from pieces import boundary, call, each, event_subprocess, job, subprocess, task
from play import MESSAGE, ROOTS, SIGNAL, Case, condition, diagram, end, flows, start, timer, user

from engine import errors
from engine.bpmn import execution
from engine.model.instances import InstanceStatus

#: One token of each kind that waits.
EVERYTHING = diagram(
    start()
    + '<parallelGateway id="f"/><parallelGateway id="j"/><eventBasedGateway id="g"/>'
    + user("u")
    + boundary("bt", "u", timer("Duration", "P1D"), cancel=False)
    + boundary("bc", "u", condition("n > 9"), cancel=False)
    + job("job")
    + call("call")
    + task("mi", "", each())
    + task("bad", 'camunda:assignee="${nobody}"')
    + task("r", 'messageRef="M"', "", "receiveTask")
    + f'<intermediateCatchEvent id="sig">{SIGNAL}</intermediateCatchEvent>'
    + f'<intermediateCatchEvent id="am">{MESSAGE}</intermediateCatchEvent>'
    + f'<intermediateCatchEvent id="at">{timer("Duration", "P2D")}</intermediateCatchEvent>'
    + subprocess("sub", start("s2") + user("x") + flows("s2>x"))
    + event_subprocess("esp", MESSAGE, interrupting=False)
    + "<task id='t'/><task id='side'/>"
    + end(),
    "s>f>u; f>job; f>call; f>mi; f>bad; f>r; f>sig; f>g>am>e; g>at>e; f>sub; f>t>j>e; u>j; bt>side; bc>side",
    ROOTS,
)

Act = Any
ACTS: dict[str, tuple[Act, tuple[Any, ...], set[str]]] = {
    "complete": (execution.complete, ({},), {"user_task", "job"}),
    "throw_error": (execution.throw_error, ("E1", "m", {}), {"user_task", "job", "call"}),
    "escalate": (execution.escalate, ("X1", {}), {"call"}),
    "fire_timer": (execution.fire_timer, (), {"timer"}),
    "deliver": (execution.deliver, ({},), {"subscription"}),
    "complete_call": (execution.complete_call, ({},), {"call"}),
    "fail": (execution.fail, ("m",), {"job", "call"}),
    "retry": (execution.retry, (), {"incident"}),
}


def everything() -> Case:
    return Case(EVERYTHING, {"people": ["甲", "乙"], "n": 0})


def waits_at(case: Case, token: int) -> set[str]:
    return {kind for kind, rows in case.open.items() if token in rows}


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_done_where_it_is_due_and_refused_everywhere_else(name):
    act, arguments, kinds = ACTS[name]
    case = everything()
    state = (case.state.variables, case.state.tokens)
    done = 0
    for token, element in execution.open_tokens(case.state):
        if waits_at(case, token) & kinds:
            step = act(case.process, case.context, case.state, token, *arguments)
            assert step.status is InstanceStatus.ACTIVE
            done += 1
        else:
            with pytest.raises(errors.Conflict, match="等待"):
                act(case.process, case.context, case.state, token, *arguments)
        assert (case.state.variables, case.state.tokens) == state, f"{name} at {element} changed what it was given"
    assert done == sum(len(case.open[kind]) for kind in kinds), "every wait was tried"


@pytest.mark.parametrize("name", ACTS)
def test_a_token_that_never_was_is_not_found_and_one_that_is_over_is_a_conflict(name):
    act, arguments, _ = ACTS[name]
    case = Case(diagram(start() + user("a", "b"), "s>a>b"))
    gone = case.token("user_task", "a")
    case.complete("a")
    for number in (0, -1, 10_000):
        with pytest.raises(errors.NotFound):
            act(case.process, case.context, case.state, number, *arguments)
    for number in (1, 2, gone):
        with pytest.raises(errors.Conflict):
            act(case.process, case.context, case.state, number, *arguments)


def test_looking_at_tokens_that_are_not_there():
    case = Case(diagram(start() + user("a", "b"), "s>a>b"))
    gone = case.token("user_task", "a")
    case.complete("a")
    for look in (execution.variables_at, lambda p, s, t: execution.catches_error(p, s, t, "E1")):
        with pytest.raises(errors.Conflict):
            look(case.process, case.state, gone)
        with pytest.raises(errors.NotFound):
            look(case.process, case.state, 10_000)
    for number, error in ((gone, errors.Conflict), (10_000, errors.NotFound)):
        with pytest.raises(error):
            execution.set_variables(case.process, case.context, case.state, {"x": 1}, number)


def test_a_start_event_that_is_not_there_is_not_found():
    case = Case(diagram(start() + user("a"), "s>a"))
    for name in ("s", "a", "nobody"):
        with pytest.raises(errors.NotFound):
            execution.start_due(case.process, case.context, name)
        with pytest.raises(errors.NotFound):
            execution.start_condition(case.process, case.context, name, {})
    for name in ("a", "nobody"):
        with pytest.raises(errors.NotFound):
            execution.start(case.process, case.context, {}, name)


@pytest.mark.parametrize("name", ACTS)
def test_nothing_can_be_done_to_an_instance_that_has_ended(name):
    act, arguments, _ = ACTS[name]
    for case in (Case(diagram(start() + user("a"), "s>a")).complete("a"), everything().cancel()):
        for number in range(1, 12):
            with pytest.raises((errors.Conflict, errors.NotFound)):
                act(case.process, case.context, case.state, number, *arguments)
        with pytest.raises(errors.Conflict, match="已经结束"):
            execution.set_variables(case.process, case.context, case.state, {"x": 1})
        with pytest.raises(errors.Conflict, match="已经结束"):
            execution.cancel(case.process, case.context, case.state)
        assert execution.open_tokens(case.state) == []
        assert isinstance(execution.variables_at(case.process, case.state), dict), "what an ended one knew can be read"


def test_cancelling_closes_every_wait_once_and_every_visit():
    case = everything()
    waits = {(kind, token) for kind, rows in case.open.items() for token in rows}
    step = execution.cancel(case.process, case.context, case.state)
    closed = [(c.kind, c.token) for c in step.closed]
    assert len(closed) == len(set(closed)) and set(closed) == waits
    assert {c.outcome for c in step.closed} == {"cancelled"}
    case._take(step)
    entered = [v.token for v in case.visits if not v.known]
    left = [v.token for v in case.visits if v.left_at is not None]
    assert sorted(entered) == sorted(left) and len(set(left)) == len(left)


@pytest.mark.parametrize("bad", [{"x": float("nan")}, {"x": object()}, {"x": {1: 2}}, {1: 2}, {"x": "\ud800"}])
def test_what_is_no_data_is_refused_at_every_door(bad):
    case = everything()
    doors = {
        "complete": (execution.complete, case.token("user_task", "u")),
        "job": (execution.complete, case.token("job", "job")),
        "message": (execution.deliver, case.token("subscription", "r")),
        "signal": (execution.deliver, case.token("subscription", "sig")),
        "listener": (execution.deliver, case.token("subscription", "esp_s")),
        "arm": (execution.deliver, case.token("subscription", "am")),
        "call": (execution.complete_call, case.token("call", "call")),
    }
    for act, token in doors.values():
        with pytest.raises(errors.EvaluationFailed):
            act(case.process, case.context, case.state, token, bad)
    with pytest.raises(errors.EvaluationFailed):
        execution.throw_error(case.process, case.context, case.state, doors["job"][1], "E1", "m", bad)
    with pytest.raises(errors.EvaluationFailed):
        execution.escalate(case.process, case.context, case.state, doors["call"][1], "X1", bad)
    with pytest.raises(errors.EvaluationFailed):
        execution.set_variables(case.process, case.context, case.state, bad)
    for given in ((bad, None, None), ({}, None, bad)):
        with pytest.raises(errors.EvaluationFailed):
            execution.start(case.process, case.context, *given)


def test_variables_of_the_process_or_of_what_a_token_sees_can_be_set():
    case = everything()
    run = case.token("user_task", "mi", 1)
    case._take(execution.set_variables(case.process, case.context, case.state, {"n": 1, "new": 2}))
    case._take(execution.set_variables(case.process, case.context, case.state, {"person": "丁", "n": 3, "own": 4}, run))
    assert execution.variables_at(case.process, case.state, run)["person"] == "丁"
    assert execution.variables_at(case.process, case.state, run)["own"] == 4
    assert case.variables == {"people": ["甲", "乙"], "n": 3, "new": 2}
    assert execution.variables_at(case.process, case.state, 0) == case.variables


def test_two_instances_go_the_same_way():
    def play() -> tuple[Any, ...]:
        case = everything()
        case.fire("bt").message("am", n=1).complete("mi").child("call", y=2).set(n=10).signal("sig").complete("x")
        return case.state, case.visits, case.messages

    assert play() == play()


def test_token_numbers_are_never_used_twice_however_a_case_goes():
    data = diagram(
        start()
        + '<exclusiveGateway id="m"/><exclusiveGateway id="g" default="g_m"/>'
        + user("a")
        + boundary("b", "a", MESSAGE, cancel=False)
        + task("side", "", each(), "task")
        + end(),
        "s>m>a>g>[stop]e; g>m; b>side",
        ROOTS,
    )
    case = Case(data, {"stop": False, "people": [1, 2]})
    for _ in range(20):
        case.message("b").complete("a")
    numbers = [v.token for v in case.visits if not v.known]
    assert len(numbers) == len(set(numbers))
    assert case.complete("a", stop=True).ended
