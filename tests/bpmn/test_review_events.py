"""Who catches what: nested event subprocesses, several catchers at once, errors and escalations through scopes."""

from __future__ import annotations

import itertools

import pytest
from pieces import boundary, call, event_subprocess, io, job, properties, subprocess, task
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
    start,
    timer,
    user,
)

from engine.bpmn import execution

CATCH_ALL = "<errorEventDefinition/>"
ANY_ESCALATION = "<escalationEventDefinition/>"
UP = f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
SHOUT = f'<intermediateThrowEvent id="shout">{SIGNAL}</intermediateThrowEvent>'

#: Every kind of start, and the act that makes it happen while user task `a` is open.
KINDS = {
    "message": (MESSAGE, lambda case, at: case.message(at)),
    "signal": (SIGNAL, lambda case, at: case.signal(at)),
    "timer": (timer("Duration", "PT1H"), lambda case, at: case.fire(at)),
    "cycle": (timer("Cycle", "R5/PT1H"), lambda case, at: case.fire(at)),
    "conditional": (condition("x > 1"), lambda case, at: case.set(x=0).set(x=2)),
    "error": (ERROR, lambda case, at: throw(case, "E1")),
    "escalation": (ESCALATION, lambda case, at: case.complete("esc")),
}


def throw(case: Case, code: str, element: str = "a") -> Case:
    token = case.token("user_task", element)
    case._take(execution.throw_error(case.process, case.context, case.state, token, code, "m", {}))
    return case


def level(kind: str, depth: int, interrupting: bool) -> bytes:
    """An event subprocess at some depth of subprocesses, beside user tasks `a` and `esc` (which escalates)."""
    definition = KINDS[kind][0]
    body = (
        '<parallelGateway id="f"/>'
        + user("a", "esc")
        + UP
        + end("e0")
        + event_subprocess("esp", definition, interrupting=interrupting)
        + flows(f"s{depth}>f>a; f>esc>up>e0")
    )
    for number in range(depth, 0, -1):
        body = subprocess(f"sub{number}", start(f"s{number}") + body) + flows(f"s{number - 1}>sub{number}>o{number}")
        body += user(f"o{number}")
    return diagram(start("s0") + body, "", ROOTS)


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_start_interrupts_its_scope_at_every_depth_and_no_more(kind, depth):
    case = Case(level(kind, depth, True), {"x": 0})
    KINDS[kind][1](case, "esp_s")
    assert case.tasks == ["esp_t"]
    assert not case.waiting("timer") and not case.waiting("subscription"), "it was interrupted: nothing starts any more"
    case.complete("esp_t")
    for number in range(depth, 0, -1):
        assert case.tasks == [f"o{number}"], "the scope ends with its event subprocess, and what follows goes on"
        case.complete(f"o{number}")
    assert case.ended


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "error"])
def test_every_start_runs_beside_its_scope_at_every_depth(kind, depth):
    case = Case(level(kind, depth, False), {"x": 0})
    KINDS[kind][1](case, "esp_s")
    assert "esp_t" in case.tasks and "a" in case.tasks
    if kind in ("message", "signal", "cycle", "conditional"):
        KINDS[kind][1](case, "esp_s")
        assert case.tasks.count("esp_t") == 2
    while case.tasks:
        case.complete(case.tasks[-1])
    assert case.ended


def test_an_interrupting_event_subprocess_ends_the_others_that_run():
    first = event_subprocess("one", MESSAGE, interrupting=False)
    data = diagram(start() + user("a") + first + event_subprocess("two", SIGNAL), "s>a", ROOTS)
    case = Case(data).message("one_s").message("one_s").complete("one_t")
    assert case.tasks == ["a", "one_t"]
    case.signal("two_s")
    assert (case.tasks, case.waiting("subscription")) == (["two_t"], [])
    assert case.complete("two_t").ended


def test_while_an_interrupting_event_subprocess_runs_no_other_starts_in_its_scope():
    """BPMN 2.0 13.5.4: no new event handlers can be initiated; an error goes to the boundary of the scope."""
    inside = (
        start("s2")
        + user("a")
        + flows("s2>a")
        + event_subprocess("esp", MESSAGE, body=job("risky"), flow="esp_s>risky")
        + event_subprocess("err", ERROR)
    )
    data = diagram(
        start() + subprocess("sub", inside) + boundary("b", "sub", ERROR) + user("outer"), "s>sub; b>outer", ROOTS
    )
    assert Case(data).message("esp_s").job_error("risky", "E1").tasks == ["outer"]


def test_an_error_in_a_non_interrupting_event_subprocess_may_start_another():
    esp = event_subprocess("esp", MESSAGE, interrupting=False, body=job("risky"), flow="esp_s>risky")
    data = diagram(start() + user("a") + esp + event_subprocess("err", ERROR), "s>a", ROOTS)
    case = Case(data).message("esp_s").job_error("risky", "E1")
    assert (case.tasks, case.waiting("subscription")) == (["err_t"], [])


def test_an_event_subprocess_may_hold_event_subprocesses_of_every_kind():
    deep = event_subprocess("d1", SIGNAL, interrupting=False) + event_subprocess("d2", timer("Duration", "PT1H"))
    data = diagram(start() + user("a") + event_subprocess("esp", MESSAGE, interrupting=False, extra=deep), "s>a", ROOTS)
    case = Case(data).message("esp_s").message("esp_s")
    assert case.waiting("timer") == ["d2_s", "d2_s"]
    case.signal("d1_s", index=0)
    assert case.tasks == ["a", "d1_t", "esp_t", "esp_t"]
    case.fire("d2_s", index=0)
    assert case.tasks == ["a", "d2_t", "esp_t"], "only the round whose time was over is interrupted"
    case.complete("d2_t").complete("esp_t").complete("a")
    assert case.ended


def test_an_event_subprocess_within_one_sees_what_came_with_the_event():
    deep = event_subprocess("deep", timer("Duration", "${span}"))
    data = diagram(start() + user("a") + event_subprocess("esp", MESSAGE, extra=deep), "s>a", ROOTS)
    case = Case(data).message("esp_s", span="PT1H")
    assert (case.waiting("timer"), case.waiting("incident")) == (["deep_s"], [])


def test_terminate_in_an_event_subprocess_ends_that_one_only():
    esp = event_subprocess(
        "esp",
        MESSAGE,
        interrupting=False,
        body=user("h") + f'<endEvent id="t">{TERMINATE}</endEvent>',
        flow="esp_s>h>t",
    )
    data = diagram(start() + user("a") + esp, "s>a", ROOTS)
    case = Case(data).message("esp_s").message("esp_s").complete("h")
    assert case.tasks == ["a", "h"]


def test_terminate_within_a_subprocess_ends_what_is_nested_in_it():
    deep = subprocess("deep", start("s3") + user("x") + flows("s3>x"))
    inside = (
        start("s2") + '<parallelGateway id="f"/>' + user("t1") + f'<endEvent id="t">{TERMINATE}</endEvent>' + deep
        + call("c") + event_subprocess("esp", SIGNAL) + flows("s2>f>t1>t; f>deep; f>c")
    )  # fmt: skip
    data = diagram(
        start() + '<parallelGateway id="p"/>' + subprocess("sub", inside) + user("z", "beside"),
        "s>p>sub>z; p>beside",
        ROOTS,
    )
    case = Case(data).complete("t1")
    assert case.tasks == ["beside", "z"]
    assert not case.waiting("call") and not case.waiting("subscription")


# -- several catchers --------------------------------------------------------------------------------------------------


def test_a_signal_reaches_a_catch_event_a_boundary_event_and_an_event_subprocess_at_once():
    data = diagram(
        start()
        + '<parallelGateway id="f"/>'
        + f'<intermediateCatchEvent id="c">{SIGNAL}</intermediateCatchEvent>'
        + user("w", "host", "caught", "side", "after")
        + SHOUT
        + boundary("b", "host", SIGNAL, cancel=False)
        + event_subprocess("esp", SIGNAL, interrupting=False),
        "s>f>c>caught; f>w>shout>after; f>host; b>side",
        ROOTS,
    )
    case = Case(data).complete("w")
    assert case.tasks == ["after", "caught", "esp_t", "host", "side"]
    assert len(case.signals) == 1
    assert case.waiting("subscription") == ["b", "esp_s"]


def test_a_signal_whose_first_catcher_ends_the_others_reaches_those_no_more():
    """The event subprocess listens since the scope was opened; it interrupts what would have caught after it."""
    data = diagram(
        start()
        + '<parallelGateway id="f"/>'
        + f'<intermediateCatchEvent id="c">{SIGNAL}</intermediateCatchEvent>'
        + user("w", "host", "caught", "side", "after")
        + SHOUT
        + boundary("b", "host", SIGNAL)
        + event_subprocess("esp", SIGNAL),
        "s>f>c>caught; f>w>shout>after; f>host; b>side",
        ROOTS,
    )
    case = Case(data).complete("w")
    assert case.tasks == ["esp_t"]
    assert case.path.count("esp_s") == 1
    assert {v.element_id for v in case.visits} & {"caught", "side", "after"} == set()


def test_a_signal_end_event_may_interrupt_its_own_scope():
    inside = start("s2") + user("x") + f'<endEvent id="e2">{SIGNAL}</endEvent>' + flows("s2>x>e2")
    data = diagram(
        start() + subprocess("sub", inside) + boundary("b", "sub", SIGNAL) + user("z", "h"), "s>sub>z; b>h", ROOTS
    )
    assert Case(data).complete("x").tasks == ["h"]


def test_a_signal_start_of_an_event_subprocess_that_throws_the_same_signal_does_not_start_for_ever():
    esp = event_subprocess("esp", SIGNAL, interrupting=True, body=SHOUT + user("h"), flow="esp_s>shout>h")
    data = diagram(start() + user("a") + esp, "s>a", ROOTS)
    case = Case(data).signal("esp_s")
    assert case.tasks == ["h"]


def test_one_message_event_of_two_boundaries_takes_one_delivery():
    data = diagram(
        start() + user("a", "x", "y") + boundary("b1", "a", MESSAGE, cancel=False) + boundary("b2", "a", MESSAGE),
        "s>a; b1>x; b2>y",
        ROOTS,
    )
    case = Case(data).message("b1")
    assert (case.tasks, case.waiting("subscription")) == (["a", "x"], ["b1", "b2"])
    case.message("b2")
    assert (case.tasks, case.waiting("subscription")) == (["x", "y"], [])


def test_a_fired_event_is_completed_and_the_others_of_its_activity_are_cancelled():
    data = diagram(
        start() + user("a", "late") + boundary("b1", "a", timer("Duration", "PT1H")) + boundary("b2", "a", MESSAGE),
        "s>a; b1>late",
        ROOTS,
    )
    case = Case(data)
    timer_, other = case.token("timer", "b1"), case.token("subscription", "b2")
    step = execution.fire_timer(case.process, case.context, case.state, timer_)
    assert {(c.kind, c.token, c.outcome) for c in step.closed} == {
        ("timer", timer_, "completed"),
        ("subscription", other, "cancelled"),
        ("user_task", case.token("user_task", "a"), "cancelled"),
    }


# -- conditions ----------------------------------------------------------------------------------------------------------


def test_a_non_interrupting_condition_is_judged_when_everything_waits():
    """What is true only between two elements of one transaction was never true for anybody outside."""
    data = diagram(
        start()
        + user("a", "w", "side")
        + '<parallelGateway id="f"/>'
        + script("up", "x = 9")
        + script("down", "x = 0")
        + boundary("b", "a", condition("x > 3"), cancel=False),
        "s>f>a; f>w>up>down; b>side",
    )
    assert Case(data, {"x": 0}).complete("w").tasks == ["a"]


def test_two_conditions_that_become_true_together_both_fire():
    data = diagram(
        start()
        + user("a", "x1", "x2")
        + boundary("b1", "a", condition("x > 3"), cancel=False)
        + boundary("b2", "a", condition("x > 5"), cancel=False),
        "s>a; b1>x1; b2>x2",
    )
    assert Case(data, {"x": 0}).set(x=9).tasks == ["a", "x1", "x2"]


def test_a_condition_may_become_true_by_what_another_one_starts():
    data = diagram(
        start()
        + user("a", "h")
        + script("t", "y = 1")
        + boundary("b1", "a", condition("x > 3"), cancel=False)
        + boundary("b2", "a", condition("y == 1")),
        "s>a; b1>t; b2>h",
    )
    case = Case(data, {"x": 0, "y": 0})
    assert case.set(x=9).tasks == ["h"]


def test_a_condition_that_makes_itself_true_again_is_stopped():
    data = diagram(
        start() + user("a") + script("t", "x = 0 if x else 1") + script("u", "x = 1")
        + boundary("b", "a", condition("x"), cancel=False),
        "s>a; b>t>u",
    )  # fmt: skip
    case = Case(data, {"x": 0}).set(x=1)
    assert case.tasks == ["a"], "fired once: nobody saw it false in between"


# -- errors and escalations --------------------------------------------------------------------------------------------


def scopes(inner: str, outer: str, around: str = "") -> bytes:
    """A job in a subprocess in a subprocess, with an element beside each."""
    deep = subprocess("in", start("s3") + job("a") + flows("s3>a") + inner)
    middle = subprocess("out", start("s2") + deep + flows("s2>in") + outer)
    return diagram(start() + middle + around + user("h1", "h2"), "s>out", ROOTS)


def test_a_catch_all_nearby_goes_before_an_exact_code_further_out():
    data = scopes(event_subprocess("any", CATCH_ALL), event_subprocess("exact", ERROR))
    assert Case(data).job_error("a", "E1").tasks == ["any_t"]


def test_a_code_nobody_nearby_knows_goes_further_out():
    other = '<errorEventDefinition errorRef="E2"/>'
    data = scopes(event_subprocess("two", other), event_subprocess("exact", ERROR))
    assert Case(data).job_error("a", "E1").tasks == ["exact_t"]
    assert Case(data).job_error("a", "E2").tasks == ["two_t"]
    case = Case(data).job_error("a", "E3")
    assert (case.tasks, case.waiting("incident")) == ([], ["a"])


def test_the_boundary_of_the_activity_goes_before_event_subprocesses_of_its_scope():
    data = diagram(
        start() + job("a") + boundary("b", "a", CATCH_ALL) + user("h") + event_subprocess("esp", ERROR),
        "s>a; b>h",
        ROOTS,
    )
    assert Case(data).job_error("a", "E1").tasks == ["h"]


def test_an_error_start_may_throw_on_to_the_boundary():
    rethrow = event_subprocess("esp", ERROR, body=f'<endEvent id="again">{ERROR}</endEvent>', flow="esp_s>again")
    data = diagram(
        start() + subprocess("sub", start("s2") + job("a") + flows("s2>a") + rethrow) + boundary("b", "sub", ERROR)
        + user("h"),
        "s>sub; b>h",
        ROOTS,
    )  # fmt: skip
    assert Case(data).job_error("a", "E1").tasks == ["h"]


def test_an_error_carries_its_variables_and_input_parameters_to_the_catcher():
    bad = f'<endEvent id="bad">{io({"why": "${reason + 1}"})}{ERROR}</endEvent>'
    data = diagram(
        start() + subprocess("sub", start("s2") + bad + flows("s2>bad")) + boundary("b", "sub", ERROR) + user("h"),
        "s>sub; b>h",
        ROOTS,
    )
    assert Case(data, {"reason": 1}).variables == {"reason": 1, "why": 2}


@pytest.mark.parametrize("cancel", [True, False])
def test_an_escalation_climbs_out_of_scopes_that_do_not_catch_it(cancel):
    other = '<escalationEventDefinition escalationRef="X2"/>'
    deep = subprocess("in", start("s3") + user("w") + UP + user("after") + flows("s3>w>up>after"))
    middle = subprocess("out", start("s2") + deep + boundary("bi", "in", other) + flows("s2>in"))
    data = diagram(
        start() + middle + boundary("b", "out", ANY_ESCALATION, cancel=cancel) + user("h"), "s>out; b>h", ROOTS
    )
    assert Case(data).complete("w").tasks == (["h"] if cancel else ["after", "h"])


def test_an_escalation_is_caught_once_by_the_nearest():
    deep = subprocess("in", start("s3") + UP + user("w") + flows("s3>up>w"))
    middle = subprocess(
        "out", start("s2") + deep + boundary("b1", "in", ESCALATION, cancel=False) + user("h1") + flows("s2>in; b1>h1")
    )
    data = diagram(
        start() + middle + boundary("b2", "out", ESCALATION, cancel=False) + user("h2"), "s>out; b2>h2", ROOTS
    )
    case = Case(data)
    assert (case.tasks, case.escalations) == (["h1", "w"], [])


def test_an_escalation_inside_the_event_subprocess_that_caught_it_climbs_on():
    esp = event_subprocess(
        "esp", ESCALATION, interrupting=False, body=UP.replace("up", "up2") + user("h"), flow="esp_s>up2>h"
    )
    inside = subprocess("sub", start("s2") + UP + user("w") + flows("s2>up>w") + esp)
    data = diagram(start() + inside + boundary("b", "sub", ESCALATION, cancel=False) + user("o"), "s>sub; b>o", ROOTS)
    assert Case(data).tasks == ["h", "o", "w"]


def test_the_escalation_of_a_child_reaches_the_boundary_of_the_call_or_climbs_on():
    for cancel, calls, tasks in ((True, [], ["h"]), (False, ["a"], ["h"])):
        data = diagram(
            start() + call("a") + boundary("b", "a", ESCALATION, cancel=cancel) + user("h"), "s>a; b>h", ROOTS
        )
        case = Case(data)
        act = (case.process, case.context, case.state, case.token("call", "a"), "X1", {"n": 1})
        case._take(execution.escalate(*act))
        assert (case.waiting("call"), case.tasks, case.variables) == (calls, tasks, {"n": 1})
        again = Case(data)
        again._take(execution.escalate(again.process, again.context, again.state, again.token("call", "a"), "X9", {}))
        assert ([e.code for e in again.escalations], again.waiting("call")) == (["X9"], ["a"])


def test_the_code_of_an_escalation_is_kept_where_the_diagram_asks():
    definition = '<escalationEventDefinition camunda:escalationCodeVariable="code"/>'
    data = diagram(
        start() + subprocess("a", start("s2") + UP + flows("s2>up")) + boundary("b", "a", definition) + user("h"),
        "s>a; b>h",
        ROOTS,
    )
    assert Case(data).variables == {"code": "X1"}


@pytest.mark.parametrize("attached", ["boundary", "event subprocess"])
def test_an_error_interrupts_even_if_the_diagram_says_otherwise(attached):
    if attached == "boundary":
        data = diagram(start() + job("a") + boundary("b", "a", ERROR, cancel=False) + user("h"), "s>a; b>h", ROOTS)
    else:
        esp = event_subprocess("esp", ERROR, interrupting=False, body=user("h"), flow="esp_s>h")
        data = diagram(start() + job("a") + esp, "s>a", ROOTS)
    case = Case(data).job_error("a", "E1")
    assert (case.tasks, case.waiting("job")) == (["h"], [])


# -- boundary events of calls and receive tasks ------------------------------------------------------------------------


@pytest.mark.parametrize(("definition", "act"), [(MESSAGE, Case.message), (timer("Duration", "PT1H"), Case.fire)])
def test_a_boundary_event_of_a_call_ends_the_child_or_leaves_it(definition, act):
    for cancel in (True, False):
        data = diagram(
            start() + call("a") + boundary("b", "a", definition, cancel=cancel) + user("z", "h"), "s>a>z; b>h", ROOTS
        )
        case = act(Case(data), "b")
        assert (case.waiting("call"), case.tasks) == ([] if cancel else ["a"], ["h"])
        if not cancel:
            assert case.child("a").tasks == ["h", "z"]


def test_a_receive_task_with_a_deadline():
    data = diagram(
        start() + task("a", 'messageRef="M"', "", "receiveTask") + boundary("b", "a", timer("Duration", "PT1H"))
        + user("z", "late"),
        "s>a>z; b>late",
        ROOTS,
    )  # fmt: skip
    assert Case(data).fire("b").tasks == ["late"]
    case = Case(data).message("a")
    assert (case.tasks, case.waiting("timer")) == (["z"], [])


def test_a_date_in_the_past_is_due_at_once_and_still_a_timer():
    case = Case(
        diagram(
            start()
            + f'<intermediateCatchEvent id="c">{timer("Date", "2001-01-01")}</intermediateCatchEvent>'
            + user("z"),
            "s>c>z",
        )
    )
    assert next(iter(case.open["timer"].values())).due < case.now
    assert case.fire("c").tasks == ["z"]


@pytest.mark.parametrize("where", ["boundary", "event subprocess"])
def test_cycles_fire_one_token_each_and_go_with_their_scope(where):
    cycle = timer("Cycle", "R/PT1H")
    if where == "boundary":
        name = "b"
        data = diagram(start() + user("a", "h") + boundary("b", "a", cycle, cancel=False), "s>a; b>h")
    else:
        name = "esp_s"
        data = diagram(
            start() + user("a") + event_subprocess("esp", cycle, interrupting=False, body=user("h"), flow="esp_s>h"),
            "s>a",
        )
    case = Case(data).fire(name).fire(name).fire(name)
    assert case.tasks == ["a", "h", "h", "h"]
    case.complete("a")
    if where == "boundary":
        assert not case.waiting("timer")
    else:
        assert case.waiting("timer") == ["esp_s"], "the process is open as long as its event subprocesses run"
        assert case.complete("h").complete("h").complete("h").ended


@pytest.mark.parametrize("where", ["boundary", "event subprocess"])
def test_a_cycle_that_ends_what_it_belongs_to_leaves_no_timer(where):
    """The timer was set anew for its next time in the same run in which everything ended."""
    cycle = timer("Cycle", "R5/PT1H")
    stop = f'<endEvent id="stop">{TERMINATE}</endEvent>'
    if where == "boundary":
        data = diagram(start() + user("a") + boundary("b", "a", cycle, cancel=False) + stop, "s>a; b>stop")
    else:
        signal_end = f'<endEvent id="esp_e">{SIGNAL}</endEvent>'
        esp = event_subprocess("b", cycle, interrupting=False, body=signal_end, flow="b_s>esp_e")
        inside = subprocess("sub", start("s2") + user("a") + flows("s2>a") + esp)
        data = diagram(start() + inside + boundary("out", "sub", SIGNAL), "s>sub", ROOTS)
    case = Case(data).fire("b" if where == "boundary" else "b_s")
    assert case.ended


def test_an_interrupting_cycle_fires_once():
    case = Case(diagram(start() + user("a", "h") + boundary("b", "a", timer("Cycle", "R3/PT1H")), "s>a; b>h")).fire("b")
    assert (case.tasks, case.waiting("timer")) == (["h"], [])


# -- gateways with events --------------------------------------------------------------------------------------------------


def test_an_event_gateway_in_a_loop_waits_anew_each_round():
    arms = (
        f'<intermediateCatchEvent id="m">{MESSAGE}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="t">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    )
    data = diagram(
        start() + '<exclusiveGateway id="x"/><eventBasedGateway id="g"/>' + arms + user("late"),
        "s>x>g>m>x; g>t>late",
        ROOTS,
    )
    case = Case(data)
    seen = set()
    for _ in range(5):
        seen |= set(case.open["subscription"]) | set(case.open["timer"])
        assert (case.waiting("subscription"), case.waiting("timer")) == (["m"], ["t"])
        case.message("m")
    assert len(seen) == 10, "a token number is never used twice"
    assert case.fire("t").tasks == ["late"]


def test_a_condition_behind_an_event_gateway_wins_like_any_event():
    arms = (
        f'<intermediateCatchEvent id="c">{condition("x > 1")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="m">{MESSAGE}</intermediateCatchEvent>'
    )
    data = diagram(start() + '<eventBasedGateway id="g"/>' + arms + user("a", "b"), "s>g>c>a; g>m>b", ROOTS)
    case = Case(data, {"x": 0}).set(x=5)
    assert (case.tasks, case.waiting("subscription")) == (["a"], [])
    assert Case(data, {"x": 5}).tasks == ["a"]
    assert Case(data, {"x": 0}).message("m").tasks == ["b"]


def test_links_are_of_their_scope():
    def pair(suffix: str) -> str:
        link = '<linkEventDefinition name="L"/>'
        return (
            f'<intermediateThrowEvent id="t{suffix}">{link}</intermediateThrowEvent>'
            f'<intermediateCatchEvent id="c{suffix}">{link}</intermediateCatchEvent>'
        )

    inside = start("s2") + pair("2") + user("x") + flows("s2>t2; c2>x")
    data = diagram(start() + pair("1") + subprocess("sub", inside) + user("z"), "s>t1; c1>sub>z")
    case = Case(data)
    assert case.tasks == ["x"]
    assert case.complete("x").tasks == ["z"]


def test_several_throws_land_at_one_link():
    link = '<linkEventDefinition name="L"/>'
    data = diagram(
        start() + '<parallelGateway id="f"/>'
        + "".join(f'<intermediateThrowEvent id="t{i}">{link}</intermediateThrowEvent>' for i in "12")
        + f'<intermediateCatchEvent id="c">{link}</intermediateCatchEvent>' + user("a", "z"),
        "s>f>t1; f>a>t2; c>z",
    )  # fmt: skip
    case = Case(data)
    assert case.tasks == ["a", "z"]
    assert case.complete("a").tasks == ["z", "z"]


# -- local variables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("local", [True, False])
def test_what_starts_an_event_subprocess_stays_in_it_when_it_keeps_its_own(local):
    esp = event_subprocess("esp", MESSAGE, interrupting=False)
    if local:
        esp = esp.replace("><startEvent", ">" + properties(localScope="true") + "<startEvent", 1)
    data = diagram(start() + user("a") + esp, "s>a", ROOTS)
    case = Case(data).message("esp_s", n=1).message("esp_s", n=2)
    tasks = [t for t, row in case.open["user_task"].items() if row.element_id == "esp_t"]
    seen = [execution.variables_at(case.process, case.state, t)["n"] for t in tasks]
    assert seen == ([1, 2] if local else [2, 2])
    assert case.variables == ({} if local else {"n": 2})


def test_message_starts_beside_a_plain_start_and_each_other():
    data = diagram(
        start()
        + f'<startEvent id="m">{MESSAGE}</startEvent><startEvent id="g">{SIGNAL}</startEvent>'
        + user("a")
        + event_subprocess("esp", timer("Duration", "PT1H"), interrupting=False),
        "s>a; m>a; g>a",
        ROOTS,
    )
    for name, payload in itertools.product((None, "m", "g"), (None, {"n": 1})):
        case = Case(data, start=name, payload=payload)
        assert (case.tasks, case.waiting("timer"), case.variables) == (["a"], ["esp_s"], payload or {})
        assert case.path == [name or "s"]
