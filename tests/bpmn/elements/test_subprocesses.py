"""Embedded subprocesses and event subprocesses: every start, interrupting and not, nested."""

from __future__ import annotations

import pytest
from play import (
    ERROR,
    ESCALATION,
    MESSAGE,
    ROOTS,
    SIGNAL,
    TERMINATE,
    Case,
    condition,
    diagram,
    end,
    flows,
    script,
    service,
    start,
    timer,
    user,
)


def event_subprocess(definition: str, *, interrupting: bool, body: str = "", id: str = "esp", task: str = "h") -> str:
    flag = "" if interrupting else ' isInterrupting="false"'
    return (
        f'<subProcess id="{id}" triggeredByEvent="true"><startEvent id="{id}_s"{flag}>{definition}</startEvent>'
        f"{body}{user(task)}<endEvent id='{id}_e'/>{flows(f'{id}_s>{task}>{id}_e')}</subProcess>"
    )


def process(esp: str) -> bytes:
    return diagram(start() + user("a", "b") + end() + esp, "s>a>b>e", ROOTS)


def test_a_subprocess_ends_when_its_last_token_does():
    inner = (
        '<startEvent id="s2"/><parallelGateway id="f"/>'
        + user("x", "y")
        + "<endEvent id='e2'/><endEvent id='e3'/>"
        + flows("s2>f>x>e2; f>y>e3")
    )
    case = Case(diagram(start() + f'<subProcess id="sub">{inner}</subProcess>' + user("z") + end(), "s>sub>z>e"))
    assert case.complete("x").tasks == ["y"]
    assert case.complete("y").tasks == ["z"]
    assert case.complete("z").ended


def test_variables_of_a_subprocess_are_those_of_the_process_unless_it_keeps_its_own():
    def data(extension: str) -> bytes:
        inner = f'{extension}<startEvent id="s2"/>{user("x")}{script("t", "copy = mine")}' + flows("s2>x>t")
        return diagram(start() + f'<subProcess id="sub">{inner}</subProcess>' + user("z"), "s>sub>z")

    assert Case(data(""), {"n": 1}).complete("x", n=2, mine=3).variables == {"n": 2, "mine": 3, "copy": 3}
    local = '<extensionElements><camunda:properties><camunda:property name="localScope" value="true"/></camunda:properties></extensionElements>'
    assert Case(data(local), {"n": 1}).complete("x", n=2, mine=3).variables == {"n": 2}


@pytest.mark.parametrize("definition", [MESSAGE, SIGNAL, timer("Duration", "PT1H")])
def test_an_interrupting_event_subprocess_ends_everything_else_in_its_scope(definition):
    case = Case(process(event_subprocess(definition, interrupting=True)))
    (case.fire if "timer" in definition else case.message)("esp_s")
    assert case.tasks == ["h"]
    assert case.complete("h").ended


@pytest.mark.parametrize("definition", [MESSAGE, SIGNAL])
def test_a_non_interrupting_event_subprocess_runs_beside_and_again(definition):
    case = Case(process(event_subprocess(definition, interrupting=False))).message("esp_s", n=1).message("esp_s", n=2)
    assert case.tasks == ["a", "h", "h"]
    case.complete("a").complete("b")
    assert not case.ended, "the process waits for its event subprocesses"
    case.complete("h").complete("h")
    assert case.ended


def test_a_cycle_starts_an_event_subprocess_each_time():
    case = Case(process(event_subprocess(timer("Cycle", "R2/PT1H"), interrupting=False))).fire("esp_s").fire("esp_s")
    assert case.tasks == ["a", "h", "h"]
    assert not case.waiting("timer")


def test_listening_alone_does_not_keep_a_process_open():
    case = Case(process(event_subprocess(MESSAGE, interrupting=False))).complete("a").complete("b")
    assert case.ended
    assert not case.waiting("subscription")


def test_a_conditional_event_subprocess_starts_when_the_condition_becomes_true():
    case = Case(process(event_subprocess(condition("x > 1"), interrupting=True)), {"x": 0})
    assert case.tasks == ["a"]
    assert case.complete("a", x=2).tasks == ["h"]


def test_nothing_starts_by_itself():
    for definition in (ERROR, ESCALATION, MESSAGE, timer("Duration", "PT1H")):
        assert Case(process(event_subprocess(definition, interrupting=True))).tasks == ["a"]


def test_an_error_start_catches_errors_of_its_scope():
    data = diagram(start() + service("a") + end() + event_subprocess(ERROR, interrupting=True), "s>a>e", ROOTS)
    case = Case(data).job_error("a", "E1")
    assert case.tasks == ["h"]
    assert case.complete("h").ended


def test_an_error_inside_its_own_handler_is_not_caught_again():
    esp = (
        '<subProcess id="esp" triggeredByEvent="true"><startEvent id="es">'
        + ERROR
        + "</startEvent>"
        + service("again")
        + "<endEvent id='ee'/>"
        + flows("es>again>ee")
        + "</subProcess>"
    )
    case = Case(diagram(start() + service("a") + end() + esp, "s>a>e", ROOTS)).job_error("a", "E1")
    case.job_error("again", "E1")
    assert case.waiting("incident") == ["again"]


@pytest.mark.parametrize(("interrupting", "tasks"), [(True, ["h"]), (False, ["after", "h"])])
def test_an_escalation_start(interrupting, tasks):
    throw = f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
    data = diagram(
        start() + throw + user("after") + event_subprocess(ESCALATION, interrupting=interrupting), "s>up>after", ROOTS
    )
    assert Case(data).tasks == tasks


def test_a_nested_event_subprocess_listens_while_its_subprocess_is_open():
    inner = f'<startEvent id="s2"/>{user("x")}' + flows("s2>x") + event_subprocess(MESSAGE, interrupting=True)
    data = diagram(start() + f'<subProcess id="sub">{inner}</subProcess>' + user("z"), "s>sub>z", ROOTS)
    case = Case(data)
    assert case.waiting("subscription") == ["esp_s"]
    case.message("esp_s")
    assert case.tasks == ["h"]
    assert case.complete("h").tasks == ["z"], "the subprocess ends normally after its handler"


def test_an_event_subprocess_within_an_event_subprocess():
    inner = event_subprocess(SIGNAL, interrupting=True, id="deep", task="deepest")
    case = Case(process(event_subprocess(MESSAGE, interrupting=False, body=inner)))
    assert case.waiting("subscription") == ["esp_s"]
    case.message("esp_s")
    assert case.waiting("subscription") == ["deep_s", "esp_s"]
    case.signal("deep_s")
    assert case.tasks == ["a", "deepest"]
    assert case.complete("deepest").tasks == ["a"]


def test_an_interrupting_event_subprocess_leaves_the_boundary_of_its_host_alone():
    inner = f'<startEvent id="s2"/>{user("x")}' + flows("s2>x") + event_subprocess(MESSAGE, interrupting=True)
    data = diagram(
        start()
        + f'<subProcess id="sub">{inner}</subProcess>'
        + f'<boundaryEvent id="b" attachedToRef="sub">{timer("Duration", "PT1H")}</boundaryEvent>'
        + user("late"),
        "s>sub; b>late",
        ROOTS,
    )
    case = Case(data).message("esp_s")
    assert case.tasks == ["h"]
    assert case.fire("b").tasks == ["late"]


def test_two_instances_of_one_definition_do_not_touch_it():
    from engine.bpmn import execution, reader

    process_ = reader.read(process(event_subprocess(MESSAGE, interrupting=False)), "t.bpmn")[0]
    before = {n: (list(s._inputs), list(s._outputs), dict(vars(s))) for n, s in process_.spec.task_specs.items()}
    case = Case.__new__(Case)
    for _ in range(2):
        case = Case(process(event_subprocess(MESSAGE, interrupting=False))).message("esp_s")
        step = execution.start(process_, case.context, {})
        step = execution.deliver(process_, case.context, step.state, step.subscriptions[0].token, {})
        assert [t.element_id for t in step.user_tasks] == ["h"]
    after = {n: (list(s._inputs), list(s._outputs), dict(vars(s))) for n, s in process_.spec.task_specs.items()}
    assert before == after


def test_terminate_ends_its_scope_only_and_at_once():
    inner = (
        '<startEvent id="s2"/><parallelGateway id="f"/>'
        + user("x")
        + f'<endEvent id="t">{TERMINATE}</endEvent>'
        + script("never", "hit = True")
        + flows("s2>f>x; f>t; f>never")
    )
    case = Case(diagram(start() + f'<subProcess id="sub">{inner}</subProcess>' + user("z"), "s>sub>z", ROOTS))
    assert case.tasks == ["z"]
    assert case.variables == {}, "a sibling that was ready in the same pass must not run"
