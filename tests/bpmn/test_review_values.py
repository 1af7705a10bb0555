"""Any name and any JSON value, at every door in and out; who sees what where."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from pieces import boundary, call, each, event_subprocess, io, job, properties, subprocess, task
from play import ERROR, MESSAGE, NOW, ROOTS, SIGNAL, Case, diagram, flows, start, timer, user

from engine import errors
from engine.bpmn import execution

#: Words the executor itself uses, words of Python and of SpiffWorkflow, and none at all.
NAMES = [
    "in", "i", "done", "role", "waits", "loop", "local", "error", "leaving", "items", "results", "child", "payload", "armed",
    "due", "cycle", "signal", "condition", "lacking", "interrupting", "businessKey", "instanceId", "typename", "data", "v",
    "next", "tokens", "variables", "__class__", "__builtins__", "self", "None", "", " ", "名称", "a.b", "${x}", "\u2028", "𠮷",
]  # fmt: skip
VALUE: Any = {"": [None, True, 0, -1.5, "\n", {"in": {"waits": ["user_task"]}}], "n": 2**80}
EVERY = dict.fromkeys(NAMES, VALUE)


def test_any_name_goes_in_and_out_at_every_door():
    data = diagram(
        start() + user("a") + job("b") + call("c", '<camunda:in variables="all"/><camunda:out variables="all"/>')
        + task("d", 'messageRef="M"', "", "receiveTask") + task("m", "", each()) + user("z"),
        "s>a>b>c>d>m>z",
        ROOTS,
    )  # fmt: skip
    case = Case(data, {**EVERY, "people": [1]})
    assert case.variables == {**EVERY, "people": [1]}
    case._do(execution.complete, case.token("user_task", "a"), {"x": 1} | EVERY)
    assert case.open["job"][case.token("job", "b")].inputs == {**EVERY, "people": [1], "x": 1}
    case._do(execution.complete, case.token("job", "b"), EVERY)
    assert case.open["call"][case.token("call", "c")].variables == {**EVERY, "people": [1], "x": 1}
    case._do(execution.complete_call, case.token("call", "c"), EVERY)
    case._do(execution.deliver, case.token("subscription", "d"), EVERY)
    case._do(execution.complete, case.token("user_task", "m"), EVERY)
    assert case.tasks == ["z"]
    assert case.variables == {**EVERY, "people": [1], "x": 1}
    case._take(execution.set_variables(case.process, case.context, case.state, EVERY))
    assert case.complete("z").ended


def test_any_name_comes_with_a_message_signal_error_or_start():
    data = diagram(
        start() + user("a") + boundary("b1", "a", MESSAGE, cancel=False) + boundary("b2", "a", ERROR)
        + event_subprocess("esp", SIGNAL, interrupting=False) + user("x", "y"),
        "s>a; b1>x; b2>y",
        ROOTS,
    )  # fmt: skip
    for act in ("b1", "esp_s"):
        case = Case(data)
        case._do(execution.deliver, case.token("subscription", act), EVERY)
        assert case.variables == EVERY
    case = Case(data)
    case._do(execution.throw_error, case.token("user_task", "a"), "E1", "m", EVERY)
    assert (case.tasks, case.variables) == (["y"], EVERY)
    assert Case(data, payload=EVERY).variables == EVERY


def test_an_uncaught_error_keeps_what_it_said():
    case = Case(diagram(start() + job("a"), "s>a"))
    case._do(execution.throw_error, case.token("job", "a"), "E9", "m", EVERY)
    assert case.open["incident"].popitem()[1].error_variables == EVERY


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_local_to_a_run_or_scope_and_ends_with_it(name):
    scope = subprocess("sub", start("s2") + user("x") + flows("s2>x"), properties(localScope="true"))
    for element, at in ((task("m", "", each()), "m"), (scope, "x")):
        case = Case(diagram(start() + element + user("z"), f"s>{'m' if at == 'm' else 'sub'}>z"), {"people": [1]})
        case._take(
            execution.set_variables(case.process, case.context, case.state, {name: VALUE}, case.token("user_task", at))
        )
        seen = execution.variables_at(case.process, case.state, case.token("user_task", at))
        assert seen[name] == VALUE
        assert case.complete(at).tasks == ["z"]
        assert case.variables == {"people": [1]}


def test_the_name_of_the_business_key_is_the_engines_where_nobody_has_it():
    data = diagram(start() + task("a", 'camunda:assignee="${businessKey}"'), "s>a")
    assert Case(data, key="K7").open["user_task"].popitem()[1].assignee == "K7"
    assert Case(data, key=None).open["user_task"].popitem()[1].assignee is None
    assert Case(data, key="K7").variables == {}, "it is no variable"


@pytest.mark.parametrize(("key", "given"), [("K1", "K1"), (None, None)])
def test_a_child_without_a_key_of_its_own_gets_that_of_the_caller_or_none(key, given):
    data = diagram(start() + call("a", '<camunda:in businessKey="${businessKey}"/>'), "s>a")
    assert Case(data, key=key).open["call"].popitem()[1].business_key == given


@pytest.mark.parametrize(("value", "key"), [("K", "K"), (7, "7"), (True, "true"), (["a", 1], '["a",1]'), (None, None)])
def test_the_key_of_a_child_is_written_as_correlation_keys_are(value, key):
    data = diagram(start() + call("a", '<camunda:in businessKey="${k}"/>'), "s>a")
    assert Case(data, {"k": value}).open["call"].popitem()[1].business_key == key


def test_dates_become_texts_wherever_they_come_from():
    now = {"now": lambda: NOW, "today": NOW.date}
    inputs = io({"when": "${now()}", "day": "${[today()]}"}, {"kept": "${when}"})
    data = diagram(
        start() + task("a", "", inputs) + call("c", '<camunda:in sourceExpression="${now()}" target="t"/>') + job("b", inputs),
        "s>a>c>b",
    )  # fmt: skip
    case = Case(data, functions=now)
    at = execution.variables_at(case.process, case.state, case.token("user_task", "a"))
    assert at == {"when": NOW.isoformat(), "day": [NOW.date().isoformat()]}
    case.complete("a")
    assert case.variables == {"kept": NOW.isoformat()}
    assert case.open["call"][case.token("call", "c")].variables == {"t": NOW.isoformat()}
    case.child("c")
    assert case.open["job"][case.token("job", "b")].inputs["when"] == NOW.isoformat()
    json.dumps(case.open["job"][case.token("job", "b")].inputs)


def test_a_throwing_event_tells_dates_as_texts():
    event = f'<intermediateThrowEvent id="t">{io({"at": "${now()}"})}{MESSAGE}</intermediateThrowEvent>'
    case = Case(diagram(start() + event + user("a"), "s>t>a", ROOTS), functions={"now": lambda: NOW})
    assert case.messages[0].payload == {"at": NOW.isoformat()}


def test_a_result_is_local_where_outputs_pick_from_it_and_must_be_data_there_too():
    case = Case(diagram(start() + task("a", "", io(None, {"y": "${q}"})), "s>a"))
    with pytest.raises(errors.EvaluationFailed):
        case.complete("a", q=float("inf"))
    assert case.complete("a", q=1, noise=2).variables == {"y": 1}


def test_an_input_parameter_hides_a_variable_of_its_name_and_is_written_instead_of_it():
    data = diagram(start() + task("a", "", io({"x": "${x + 1}"})) + user("z"), "s>a>z")
    case = Case(data, {"x": 1})
    assert execution.variables_at(case.process, case.state, case.token("user_task", "a")) == {"x": 2}
    assert case.complete("a", x=9, y=1).variables == {"x": 1, "y": 1}


def test_what_a_decision_finds_must_be_data():
    rule = '<businessRuleTask id="a" camunda:decisionRef="d" camunda:resultVariable="r"/>'
    data = diagram(start() + rule + user("z"), "s>a>z")
    case = Case(data, decide=lambda name, seen: [{"at": NOW, "days": datetime.timedelta(days=2)}])
    assert case.variables == {"r": [{"at": NOW.isoformat(), "days": "P2D"}]}
    case = Case(data, decide=lambda name, seen: [{"x": float("nan")}])
    assert case.waiting("incident") == ["a"]


@pytest.mark.parametrize("name", ["in", "done", "waits", "-", "a-b.c", "_1", "名称"])
def test_any_element_id_will_do(name):
    body = (
        f'<startEvent id="{name}s"/><userTask id="{name}"/><parallelGateway id="{name}f"/><parallelGateway id="{name}j"/>'
        f'<userTask id="z"/>{boundary(name + "b", name, timer("Duration", "P1D"))}'
    )
    pairs = [
        (name + "s", name),
        (name, name + "f"),
        (name + "f", name + "j"),
        (name + "f", name + "j"),
        (name + "j", "z"),
    ]
    ways = "".join(f'<sequenceFlow id="{name}w{i}" sourceRef="{a}" targetRef="{b}"/>' for i, (a, b) in enumerate(pairs))
    case = Case(diagram(body + ways))
    assert case.waiting("timer") == [name + "b"]
    assert case.complete(name).tasks == ["z"]


def test_the_state_is_two_texts_of_json_and_knows_nothing_that_is_over():
    data = diagram(
        start() + user("a") + task("m", "", each(sequential=True)) + user("z"), "s>a>m>z",
    )  # fmt: skip
    case = Case(data, {"people": [1, 2]})
    first = len(case.state.tokens)
    case.complete("a", secret="身份证号").complete("m", secret=None).complete("m")
    assert len(case.state.tokens) - first < 60  # it knows which tasks lie behind
    assert "身份证" not in case.state.variables + case.state.tokens
    json.loads(case.state.variables), json.loads(case.state.tokens)
