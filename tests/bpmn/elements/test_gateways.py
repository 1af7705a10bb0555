"""Exclusive, parallel, inclusive and event-based gateways."""

from __future__ import annotations

import re

import pytest
from play import MESSAGE, ROOTS, Case, diagram, end, flows, script, service, start, timer, user

from engine.model.instances import IncidentKind

EXCLUSIVE = diagram(
    start() + '<exclusiveGateway id="g" name="金额？" default="g_c"/>' + user("a", "b", "c") + end(),
    "s>g>[x > 10]a>e; g>[x > 5]b>e; g>c>e",
)


@pytest.mark.parametrize(("x", "chosen"), [(11, "a"), (10, "b"), (6, "b"), (5, "c"), (0, "c")])
def test_exclusive_takes_the_first_true_flow_else_the_default(x, chosen):
    assert Case(EXCLUSIVE, {"x": x}).tasks == [chosen]


def test_exclusive_without_a_true_flow_or_default_is_an_incident_that_can_be_mended():
    data = diagram(start() + '<exclusiveGateway id="g"/>' + user("a", "b"), "s>g>[x == 1]a; g>[x == 2]b")
    case = Case(data, {"x": 3})
    assert case.waiting("incident") == ["g"]
    assert "没有可走的流向" in next(iter(case.open["incident"].values())).message
    case.set(x=2).retry("g")
    assert case.tasks == ["b"]
    assert not case.waiting("incident")


def test_exclusive_with_a_failing_condition_is_an_incident_and_nothing_is_lost():
    data = diagram(
        start() + user("u") + '<exclusiveGateway id="g" default="g_b"/>' + user("a", "b"), "s>u>g>[y > 1]a; g>b"
    )
    case = Case(data).complete("u", kept="yes")
    assert case.waiting("incident") == ["g"]
    assert case.variables == {"kept": "yes"}
    case.set(y=5).retry("g")
    assert case.tasks == ["a"]


def test_exclusive_merges_without_waiting():
    data = diagram(
        start() + '<parallelGateway id="f"/><exclusiveGateway id="m"/>' + user("a") + end(), "s>f>m>a>e; f>m"
    )
    data = data.replace(
        b'id="f_m" sourceRef="f" targetRef="m"></sequenceFlow></process>',
        b'id="f_m2" sourceRef="f" targetRef="m"></sequenceFlow></process>',
    )
    assert Case(data).tasks == ["a", "a"]


def test_a_flow_may_go_round_ten_thousand_times_over_a_user_task_in_constant_space():
    data = diagram(
        start() + script("i", "n = n + 1") + '<exclusiveGateway id="g" default="g_i"/>' + user("a") + end(),
        "s>i>a>g>[n >= 10000]e; g>i",
    )
    case = Case(data, {"n": 0})
    sizes = set()
    while not case.ended:
        case.complete("a")
        if not case.ended:
            sizes.add(len(re.sub(r"\d+", "0", case.state.tokens)))
    assert case.variables == {"n": 10000}
    assert len(sizes) == 1, "the state must not grow with what has happened"
    assert case.path.count("a") == 10000


def test_ten_thousand_rounds_over_a_parallel_gateway_run_in_one_go():
    data = diagram(
        start()
        + '<exclusiveGateway id="m"/><parallelGateway id="f"/><parallelGateway id="j"/><task id="a"/><task id="b"/>'
        + script("i", "n = n + 1")
        + '<exclusiveGateway id="g" default="g_m"/>'
        + end(),
        "s>m>f>a>j>i>g>[n >= 10000]e; g>m; f>b>j",
    )
    case = Case(data, {"n": 0})
    assert case.ended
    assert case.variables == {"n": 10000}


def test_ten_thousand_rounds_over_a_subprocess_run_in_one_go():
    data = diagram(
        start()
        + f'<exclusiveGateway id="m"/><subProcess id="sub"><startEvent id="s2"/>{script("i", "n = n + 1")}<endEvent id="e2"/>{flows("s2>i>e2")}</subProcess>'
        + '<exclusiveGateway id="g" default="g_m"/>'
        + end(),
        "s>m>sub>g>[n >= 10000]e; g>m",
    )
    case = Case(data, {"n": 0})
    assert case.ended
    assert case.variables == {"n": 10000}


def test_a_loop_that_never_waits_is_stopped_by_an_incident():
    data = diagram(start() + '<exclusiveGateway id="g"/><task id="a"/>', "s>g>a>g")
    case = Case(data)
    assert next(iter(case.open["incident"].values())).kind is IncidentKind.LOOP


PARALLEL = diagram(
    start() + '<parallelGateway id="f"/><parallelGateway id="j"/>' + user("a", "b", "c") + end(),
    "s>f>a>j>e; f>b>j; f>c>j",
)


def test_parallel_join_waits_for_every_branch():
    case = Case(PARALLEL)
    assert case.tasks == ["a", "b", "c"]
    case.complete("b").complete("a")
    assert not case.ended
    case.complete("c")
    assert case.ended
    assert case.path.count("e") == 1


def test_parallel_branches_never_lose_each_others_writes():
    case = Case(PARALLEL, {"n": 0, "items": [1, 2, 3]})
    case.complete("a", n=1, items=[3, 1]).complete("b", other="x").complete("c", last={"typename": "foo"})
    assert case.variables == {"n": 1, "items": [3, 1], "other": "x", "last": {"typename": "foo"}}


def test_of_two_writes_the_later_one_wins():
    assert Case(PARALLEL).complete("b", n=2).complete("a", n=1).complete("c", n=3).variables == {"n": 3}
    assert Case(PARALLEL).complete("c", n=3).complete("a", n=1).complete("b", n=2).variables == {"n": 2}


def test_a_token_too_many_at_a_parallel_join_waits_for_the_next_round():
    data = diagram(
        start()
        + '<parallelGateway id="f"/><exclusiveGateway id="m"/><parallelGateway id="j"/>'
        + user("a", "b", "c", "z"),
        "s>f>a>m>j>z; f>b>m; f>c>j",
    )
    case = Case(data)
    case.complete("a").complete("b")
    assert case.tasks == ["c"], "two tokens on one flow are not two flows"
    case.complete("c")
    assert case.tasks == ["z"]


def test_a_join_that_can_never_complete_is_reported():
    data = diagram(
        start() + '<exclusiveGateway id="x" default="x_b"/><parallelGateway id="j"/>' + user("a", "b") + end(),
        "s>x>[v == 1]a>j>e; x>b>j",
    )
    case = Case(data, {"v": 1}).complete("a")
    assert next(iter(case.open["incident"].values())).kind is IncidentKind.STUCK
    assert not case.ended


INCLUSIVE = diagram(
    start() + '<inclusiveGateway id="f" default="f_d"/><inclusiveGateway id="j"/>' + user("a", "b", "d", "z") + end(),
    "s>f>[x]a>j>z>e; f>[y]b>j; f>d>j",
)


@pytest.mark.parametrize(
    ("x", "y", "opened"), [(True, True, ["a", "b"]), (True, False, ["a"]), (False, True, ["b"]), (False, False, ["d"])]
)
def test_inclusive_takes_every_true_flow_and_joins_no_more_than_those(x, y, opened):
    case = Case(INCLUSIVE, {"x": x, "y": y})
    assert case.tasks == opened
    for index, task in enumerate(opened):
        assert "z" not in case.tasks, f"joined after {index} of {len(opened)}"
        case.complete(task)
    assert case.tasks == ["z"]


def test_inclusive_join_waits_for_a_token_that_can_still_arrive_over_a_loop():
    data = diagram(
        start()
        + '<inclusiveGateway id="f"/><inclusiveGateway id="j"/><exclusiveGateway id="g" default="g_j"/>'
        + user("a", "b", "z")
        + end(),
        "s>f>[True]a>j>z>e; f>[True]b>g>[again]b; g>j",
    )
    case = Case(data).complete("a").complete("b", again=True)
    assert case.tasks == ["b"]
    case.complete("b", again=False)
    assert case.tasks == ["z"]


def test_inclusive_join_in_a_subprocess_ignores_tokens_outside():
    inner = (
        '<startEvent id="s2"/><inclusiveGateway id="f"/><inclusiveGateway id="j"/>'
        + user("a", "b")
        + "<endEvent id='e2'/>"
        + flows("s2>f>[True]a>j>e2; f>[x]b>j")
    )
    data = diagram(
        start() + f'<parallelGateway id="p1"/><subProcess id="sub">{inner}</subProcess>' + user("o", "z"),
        "s>p1>sub>z; p1>o",
    )
    case = Case(data, {"x": False}).complete("a")
    assert case.tasks == ["o", "z"]


def test_inclusive_join_counts_the_way_out_of_a_boundary_event():
    data = diagram(
        start()
        + '<inclusiveGateway id="f"/><inclusiveGateway id="j"/>'
        + user("a", "b", "z")
        + f'<boundaryEvent id="t" attachedToRef="b">{timer("Duration", "PT1H")}</boundaryEvent><endEvent id="e2"/>',
        "s>f>[True]a>j>z; f>[True]b>e2; t>j",
    )
    case = Case(data).complete("a")
    assert case.tasks == ["b"], "b may still arrive through its timer"
    case.complete("b")
    assert case.tasks == ["z"]


EVENTS = diagram(
    start()
    + '<eventBasedGateway id="g"/>'
    + f'<intermediateCatchEvent id="m">{MESSAGE}</intermediateCatchEvent>'
    + f'<intermediateCatchEvent id="t1">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    + f'<intermediateCatchEvent id="t2">{timer("Duration", "PT2H")}</intermediateCatchEvent>'
    + '<receiveTask id="r" messageRef="M2"/>'
    + user("am", "at", "at2", "ar"),
    "s>g>m>am; g>t1>at; g>t2>at2; g>r>ar",
    ROOTS + '<message id="M2" name="msg2"/>',
)


def test_event_gateway_goes_on_with_the_first_event_and_forgets_the_others():
    case = Case(EVENTS)
    assert case.waiting("subscription") == ["m", "r"]
    assert [t.due.hour for t in sorted(case.open["timer"].values(), key=lambda t: t.due)] == [10, 11]
    case.message("m", answer=42)
    assert case.tasks == ["am"]
    assert case.variables == {"answer": 42}
    assert not case.waiting("timer")
    assert not case.waiting("subscription")


def test_event_gateway_by_its_own_timer_and_by_a_receive_task():
    assert Case(EVENTS).fire("t1").tasks == ["at"]
    assert Case(EVENTS).fire("t2").tasks == ["at2"]
    assert Case(EVENTS).message("r").tasks == ["ar"]


def test_gateway_after_service_tasks():
    data = diagram(
        start() + service("j1") + '<exclusiveGateway id="g" default="g_b"/>' + user("a", "b"), "s>j1>g>[ok]a; g>b"
    )
    assert Case(data).job("j1", ok=True).tasks == ["a"]
    assert Case(data).job("j1", ok=False).tasks == ["b"]
