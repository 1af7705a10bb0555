"""Where stock SpiffWorkflow 3.2.0 breaks the promises of the executor: each finding, and that it does not hold here."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from play import (
    ERROR,
    ESCALATION,
    MESSAGE,
    ROOTS,
    SIGNAL,
    Case,
    diagram,
    end,
    flows,
    script,
    service,
    start,
    timer,
    user,
)

from engine import errors
from engine.bpmn import execution, expressions, reader, state
from engine.model import instances


def test_no_depth_limit_stops_a_loop_silently():
    data = diagram(
        start() + script("i", "n = n + 1") + '<exclusiveGateway id="g" default="g_i"/>' + end(),
        "s>i>g>[n >= 5000]e; g>i",
    )
    case = Case(data, {"n": 0})
    assert case.ended
    assert case.variables == {"n": 5000}


def test_the_order_of_keys_in_a_saved_state_means_nothing():
    data = diagram(
        start() + '<parallelGateway id="f"/><parallelGateway id="j"/>' + user("a", "b") + end(), "s>f>a>j>e; f>b>j"
    )
    case = Case(data, {"z": 1, "a": 2}).complete("a", n=1)
    shuffled = json.dumps(json.loads(case.state.variables), sort_keys=True)
    rows = json.loads(case.state.tokens)
    tokens = json.dumps({key: rows[key] for key in sorted(rows, reverse=True)})
    case.state = instances.InstanceState(shuffled, tokens)
    case.complete("b")
    assert case.ended
    assert case.variables == {"z": 1, "a": 2, "n": 1}


def test_a_form_value_called_typename_does_not_brick_an_instance():
    case = Case(diagram(start() + user("a", "b"), "s>a>b")).complete("a", form={"typename": "foo"})
    assert case.complete("b").variables == {"form": {"typename": "foo"}}


def test_lists_are_replaced_not_merged_element_by_element():
    case = Case(diagram(start() + user("a", "b"), "s>a>b"), {"x": [1, 2, 3]}).complete("a", x=[3, 1])
    assert case.variables == {"x": [3, 1]}


def test_writes_of_parallel_branches_survive_a_join_in_any_order():
    data = diagram(
        start() + '<parallelGateway id="f"/><parallelGateway id="j"/>' + user("a", "b") + end(), "s>f>a>j>e; f>b>j"
    )
    assert Case(data, {"n": 0}).complete("a", n=1).complete("b").variables == {"n": 1}
    assert Case(data, {"n": 0}).complete("b").complete("a", n=1).variables == {"n": 1}
    assert Case(data, {"l": [1]}).complete("a", l=[1, 2]).complete("b", l=[1, 3]).variables == {"l": [1, 3]}


def test_a_timer_started_event_subprocess_neither_runs_as_a_child_nor_blocks_the_end():
    esp = (
        f'<subProcess id="esp" triggeredByEvent="true"><startEvent id="es">{timer("Duration", "P1D")}</startEvent>'
        f"{user('h')}{flows('es>h')}</subProcess>"
    )
    case = Case(diagram(start() + user("a") + end() + esp, "s>a>e"))
    assert case.tasks == ["a"]
    assert case.complete("a").ended


@pytest.mark.parametrize(
    ("element", "what"),
    [
        (f'<endEvent id="x">{SIGNAL}</endEvent>', "signals"),
        (f'<intermediateThrowEvent id="x">{ESCALATION}</intermediateThrowEvent>', "escalations"),
    ],
)
def test_events_are_thrown_not_passed_over(element, what):
    assert len(getattr(Case(diagram(start() + element, "s>x", ROOTS)), what)) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<intermediateThrowEvent id="x"><compensateEventDefinition/></intermediateThrowEvent>', "compensate"),
        ('<transaction id="x"/>', "transaction"),
        ('<adHocSubProcess id="x"/>', "adHocSubProcess"),
        ('<complexGateway id="x"/>', "complexGateway"),
        ('<intermediateCatchEvent id="x"><messageEventDefinition/></intermediateCatchEvent>', "引用"),
        ('<intermediateCatchEvent id="x"><signalEventDefinition signalRef="no"/></intermediateCatchEvent>', "不存在"),
        ('<boundaryEvent id="x" attachedToRef="no"><errorEventDefinition/></boundaryEvent>', "依附"),
        ('<scriptTask id="x"><script>import os</script></scriptTask>', "import"),
        ('<userTask id="x" camunda:assignee="${__import__(1)}"/>', "__import__"),
    ],
)
def test_what_is_not_executed_right_is_refused_when_read(body, reason):
    with pytest.raises(errors.InvalidDiagram, match=reason) as caught:
        reader.read(diagram(start() + body), "bad.bpmn")
    assert caught.value.details["findings"][0].file == "bad.bpmn"


def test_scripts_cannot_reach_python_after_a_restore_either():
    case = Case(diagram(start() + user("a"), "s>a"))
    workflow = state.load(case.process, case.context, case.state)
    with pytest.raises(errors.GongkaiError):
        workflow.script_engine.environment.evaluate("__import__('os').getcwd()", {})
    with pytest.raises(errors.GongkaiError):
        workflow.script_engine.environment.execute("import os", {})
    with pytest.raises(errors.InvalidExpression):
        workflow.script_engine.validate("().__class__")
    assert workflow.script_engine.environment.evaluate("1 + x", {"x": 1}) == 2


def test_a_finished_or_cancelled_token_cannot_be_run_again():
    data = diagram(
        start()
        + '<parallelGateway id="f"/>'
        + user("a", "b")
        + '<endEvent id="t"><terminateEventDefinition/></endEvent>',
        "s>f>a>t; f>b",
    )
    case = Case(data)
    b = case.token("user_task", "b")
    case.complete("a")
    with pytest.raises(errors.Conflict):
        execution.complete(case.process, case.context, case.state, b, {})


@pytest.mark.parametrize("name", ["End", "Start", "Root", "p.EndJoin", "a.BoundaryEventSplit"])
def test_no_element_id_is_special(name):
    data = diagram(f'<startEvent id="s"/><userTask id="{name}"/><userTask id="z"/>').replace(
        b"</process>",
        f'<sequenceFlow id="f1" sourceRef="s" targetRef="{name}"/><sequenceFlow id="f2" sourceRef="{name}" targetRef="z"/></process>'.encode(),
    )
    assert Case(data).complete(name).tasks == ["z"]


def test_an_instance_without_end_event_ends_and_says_so():
    assert Case(diagram(start() + user("a"), "s>a")).complete("a").status is instances.InstanceStatus.COMPLETED


def test_two_timers_of_an_event_gateway_have_a_due_time_each():
    arms = "".join(
        f'<intermediateCatchEvent id="t{h}">{timer("Duration", f"PT{h}H")}</intermediateCatchEvent>' for h in (1, 2)
    )
    case = Case(diagram(start() + '<eventBasedGateway id="g"/>' + arms + user("a", "b"), "s>g>t1>a; g>t2>b"))
    assert len({timer.due for timer in case.open["timer"].values()}) == 2


def test_a_non_interrupting_boundary_event_fires_more_than_once():
    data = diagram(
        start()
        + user("a", "h")
        + f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">{MESSAGE}</boundaryEvent>',
        "s>a; b>h",
        ROOTS,
    )
    assert Case(data).message("b").message("b").tasks == ["a", "h", "h"]


def test_a_job_error_reaches_one_of_two_parallel_tasks_with_the_same_boundary():
    data = diagram(
        start()
        + '<parallelGateway id="f"/>'
        + service("a", "b")
        + user("x", "y")
        + "".join(f'<boundaryEvent id="e{i}" attachedToRef="{i}">{ERROR}</boundaryEvent>' for i in "ab"),
        "s>f>a; f>b; ea>x; eb>y",
        ROOTS,
    )
    case = Case(data).job_error("b", "E1")
    assert (case.tasks, case.waiting("job")) == (["y"], ["a"])


def test_a_definition_is_the_same_after_many_instances():
    data = diagram(
        start()
        + '<userTask id="a"><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>'
        + end(),
        "s>a>e",
    )
    process = reader.read(data, "t")[0]

    def picture():
        return {
            name: {k: repr(v) for k, v in vars(spec).items() if not k.startswith("_wf")}
            for name, spec in process.spec.task_specs.items()
        }

    before = picture()
    context = Case(data).context
    for _ in range(3):
        step = execution.start(process, context, {})
        for opened in step.user_tasks:
            step = execution.complete(process, context, step.state, opened.token, {"x": 1})
        assert step.status is instances.InstanceStatus.COMPLETED
    assert picture() == before


def test_the_state_of_a_case_does_not_grow_with_its_history():
    data = diagram(start() + user("a") + '<exclusiveGateway id="g" default="g_a"/>' + end(), "s>a>g>[stop]e; g>a")
    case = Case(data, {"stop": False})
    case.complete("a")
    first = len(case.state.tokens)
    for _ in range(1000):
        case.complete("a")
    assert len(case.state.tokens) - first < 20


def test_expressions_are_compiled_once():
    assert expressions.compile_expression("x + 1") is expressions.compile_expression("x + 1")


def test_reading_needs_no_network_and_refuses_entities():
    data = b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'
    with pytest.raises(errors.InvalidXml):
        reader.read(data, "x.bpmn")


def test_spiffworkflow_is_never_asked_to_log_or_guess(caplog):
    code = (
        "import logging; logging.basicConfig(level=logging.DEBUG)\n"
        "import sys; sys.path[:0] = ['tests/bpmn']\n"
        "from play import *\n"
        "Case(diagram(start() + user('a'), 's>a')).complete('a', secret='身份证')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "身份证" not in done.stderr, "personal data must not reach the log"
