"""Boundary events: interrupting and not, once and again."""

from __future__ import annotations

import datetime

import pytest
from play import (
    ERROR,
    ESCALATION,
    MESSAGE,
    ROOTS,
    SIGNAL,
    Case,
    condition,
    diagram,
    end,
    flows,
    service,
    start,
    timer,
    user,
)


def with_boundary(definition: str, *, cancel: bool = True, host: str = "") -> bytes:
    flag = "" if cancel else ' cancelActivity="false"'
    return diagram(
        start()
        + (host or user("a"))
        + f'<boundaryEvent id="b" attachedToRef="a"{flag}>{definition}</boundaryEvent>'
        + user("next", "side")
        + end("e1", "e2"),
        "s>a>next>e1; b>side>e2",
        ROOTS,
    )


@pytest.mark.parametrize("definition", [MESSAGE, SIGNAL])
def test_interrupting_message_or_signal_cancels_the_activity(definition):
    case = Case(with_boundary(definition)).message("b", why="late")
    assert case.tasks == ["side"]
    assert case.variables == {"why": "late"}
    assert [v.outcome for v in case.visits if v.element_id == "a" and v.left_at] == ["cancelled"]
    case.complete("side")
    assert case.ended


@pytest.mark.parametrize("definition", [MESSAGE, SIGNAL])
def test_non_interrupting_message_or_signal_fires_again_and_again(definition):
    case = Case(with_boundary(definition, cancel=False)).message("b").message("b").message("b")
    assert case.tasks == ["a", "side", "side", "side"]
    case.complete("a")
    assert not case.waiting("subscription"), "the boundary ends with its activity"
    assert case.tasks == ["next", "side", "side", "side"]


def test_interrupting_timer():
    case = Case(with_boundary(timer("Duration", "PT1H")))
    assert next(iter(case.open["timer"].values())).due == case.now + datetime.timedelta(hours=1)
    assert case.fire("b").tasks == ["side"]


def test_a_completed_activity_takes_its_timer_along():
    case = Case(with_boundary(timer("Duration", "PT1H"))).complete("a")
    assert not case.waiting("timer")
    assert case.tasks == ["next"]


def test_non_interrupting_duration_fires_once():
    case = Case(with_boundary(timer("Duration", "PT1H"), cancel=False)).fire("b")
    assert case.tasks == ["a", "side"]
    assert not case.waiting("timer")


def test_non_interrupting_cycle_fires_as_often_as_it_says_one_token_each():
    case = Case(with_boundary(timer("Cycle", "R3/PT1H"), cancel=False))
    dues = []
    while case.waiting("timer"):
        dues.append(next(iter(case.open["timer"].values())).due.hour)
        case.fire("b")
    assert dues == [10, 11, 12]
    assert case.tasks == ["a", "side", "side", "side"]


def test_an_unlimited_cycle_goes_on_and_skips_what_was_missed():
    case = Case(with_boundary(timer("Cycle", "R/PT1H"), cancel=False)).fire("b")
    case.now += datetime.timedelta(hours=5, minutes=30)
    case.fire("b")
    assert case.tasks == ["a", "side", "side"]
    assert next(iter(case.open["timer"].values())).due > case.now


def test_a_counted_cycle_fires_late_as_often_as_it_was_due():
    case = Case(with_boundary(timer("Cycle", "R3/PT1H"), cancel=False))
    case.now += datetime.timedelta(days=3)
    while case.waiting("timer"):
        case.fire("b")
    assert case.tasks == ["a", "side", "side", "side"]


def test_conditional_fires_when_the_condition_becomes_true():
    case = Case(with_boundary(condition("x > 3")), {"x": 1})
    assert case.set(x=3).tasks == ["a"]
    assert case.set(x=4).tasks == ["side"]


def test_conditional_fires_at_once_when_true_from_the_start():
    assert Case(with_boundary(condition("x > 3")), {"x": 9}).tasks == ["side"]


def test_non_interrupting_conditional_fires_at_each_turn_to_true():
    case = Case(with_boundary(condition("x > 3"), cancel=False), {"x": 1})
    case.set(x=5).set(x=6)
    assert case.tasks == ["a", "side"], "still true is not becoming true"
    case.set(x=0).set(x=7)
    assert case.tasks == ["a", "side", "side"]


def test_a_condition_sees_what_a_task_writes():
    data = diagram(
        start()
        + '<parallelGateway id="f"/>'
        + user("a", "w", "side")
        + f'<boundaryEvent id="b" attachedToRef="a">{condition("urgent")}</boundaryEvent>',
        "s>f>a; f>w; b>side",
    )
    case = Case(data, {"urgent": False}).complete("w", urgent=True)
    assert case.tasks == ["side"]


ERROR_HOST = service("a")


def test_an_error_of_a_job_goes_to_the_boundary_of_that_task_only():
    data = diagram(
        start()
        + '<parallelGateway id="f"/>'
        + service("a", "b")
        + user("ea", "eb")
        + f'<boundaryEvent id="xa" attachedToRef="a">{ERROR}</boundaryEvent>'
        + f'<boundaryEvent id="xb" attachedToRef="b">{ERROR}</boundaryEvent>',
        "s>f>a; f>b; xa>ea; xb>eb",
        ROOTS,
    )
    case = Case(data).job_error("a", "E1", detail="d")
    assert case.tasks == ["ea"]
    assert case.waiting("job") == ["b"]
    assert case.variables == {"detail": "d"}


def test_error_code_and_message_are_kept_where_the_diagram_asks():
    definition = '<errorEventDefinition errorRef="E" camunda:errorCodeVariable="c" camunda:errorMessageVariable="m"/>'
    case = Case(with_boundary(definition, host=ERROR_HOST)).job_error("a", "E1", "坏了")
    assert case.variables == {"c": "E1", "m": "坏了"}


def test_an_exact_code_goes_before_a_catch_all():
    data = diagram(
        start()
        + service("a")
        + user("any", "exact")
        + '<boundaryEvent id="x1" attachedToRef="a"><errorEventDefinition/></boundaryEvent>'
        + f'<boundaryEvent id="x2" attachedToRef="a">{ERROR}</boundaryEvent>',
        "s>a; x1>any; x2>exact",
        ROOTS,
    )
    assert Case(data).job_error("a", "E1").tasks == ["exact"]
    assert Case(data).job_error("a", "OTHER").tasks == ["any"]


def test_an_error_climbs_scopes_until_it_is_caught():
    inner = f'<startEvent id="s3"/>{service("a")}<endEvent id="e3"/>' + flows("s3>a>e3")
    middle = f'<startEvent id="s2"/><subProcess id="in">{inner}</subProcess><endEvent id="e2"/>' + flows("s2>in>e2")
    data = diagram(
        start()
        + f'<subProcess id="out">{middle}</subProcess><boundaryEvent id="b" attachedToRef="out">{ERROR}</boundaryEvent>'
        + user("side")
        + end(),
        "s>out>e; b>side",
        ROOTS,
    )
    case = Case(data).job_error("a", "E1")
    assert case.tasks == ["side"]
    assert not case.waiting("job")


def test_an_error_nobody_catches_is_an_incident_and_the_task_can_be_tried_again():
    case = Case(diagram(start() + service("a") + end(), "s>a>e", ROOTS)).job_error("a", "E1", "没有接收者")
    assert case.waiting("incident") == ["a"]
    assert next(iter(case.open["incident"].values())).error_code == "E1"
    case.retry("a")
    assert case.waiting("job") == ["a"]
    assert case.job("a").ended


def escalating(cancel: str) -> bytes:
    throw = f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
    inner = f'<startEvent id="s2"/>{user("w", "after")}{throw}<endEvent id="e2"/>' + flows("s2>w>up>after>e2")
    return diagram(
        start()
        + f'<subProcess id="a">{inner}</subProcess>'
        + f'<boundaryEvent id="b" attachedToRef="a"{cancel}>{ESCALATION}</boundaryEvent>'
        + user("side")
        + end(),
        "s>a>e; b>side",
        ROOTS,
    )


def test_a_non_interrupting_escalation_lets_the_thrower_go_on():
    assert Case(escalating(' cancelActivity="false"')).complete("w").tasks == ["after", "side"]


def test_an_interrupting_escalation_ends_the_thrower():
    assert Case(escalating("")).complete("w").tasks == ["side"]


def test_an_escalation_nobody_catches_is_passed_on_and_the_thrower_goes_on():
    throw = f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
    case = Case(diagram(start() + throw + user("a"), "s>up>a", ROOTS))
    assert case.tasks == ["a"]
    assert [e.code for e in case.escalations] == ["X1"]


def test_boundary_on_a_subprocess_cancels_everything_inside():
    inner = f'<startEvent id="s2"/><parallelGateway id="f"/>{user("x", "y")}' + flows("s2>f>x; f>y")
    case = Case(with_boundary(MESSAGE, host=f'<subProcess id="a">{inner}</subProcess>'))
    assert case.tasks == ["x", "y"]
    case.message("b")
    assert case.tasks == ["side"]


def test_a_subprocess_ends_though_its_boundary_still_listens():
    inner = f'<startEvent id="s2"/>{user("x")}' + flows("s2>x")
    case = Case(with_boundary(MESSAGE, host=f'<subProcess id="a">{inner}</subProcess>', cancel=False))
    assert case.complete("x").tasks == ["next"]


def test_two_boundary_timers_of_one_task_fire_in_their_own_time():
    data = diagram(
        start()
        + user("a", "warn", "late")
        + f'<boundaryEvent id="b1" attachedToRef="a" cancelActivity="false">{timer("Duration", "P1D")}</boundaryEvent>'
        + f'<boundaryEvent id="b2" attachedToRef="a">{timer("Duration", "P2D")}</boundaryEvent>',
        "s>a; b1>warn; b2>late",
    )
    case = Case(data).fire("b1")
    assert case.tasks == ["a", "warn"]
    assert case.fire("b2").tasks == ["late", "warn"]
