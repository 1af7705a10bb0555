"""Joins in loops, with nested scopes, one after the other; tokens too many; several ways into and out of everything."""

from __future__ import annotations

import collections

import pytest
from pieces import boundary, call, each, event_subprocess, job, subprocess, task
from play import MESSAGE, ROOTS, Case, diagram, end, flows, script, start, timer, user

from engine.model.instances import IncidentKind

PAIR = '<inclusiveGateway id="f"/><inclusiveGateway id="j"/>'


def test_an_inclusive_fork_and_join_in_a_loop_joins_once_each_round():
    data = diagram(
        start() + '<exclusiveGateway id="m"/>' + PAIR + user("a", "b") + script("n", "n = n + 1")
        + '<exclusiveGateway id="x" default="x_e"/>' + end(),
        "s>m>f>[True]a>j>n>x>[n < 4]m; f>[n % 2 == 0]b>j; x>e",
    )  # fmt: skip
    case = Case(data, {"n": 0})
    for round_ in range(4):
        assert case.tasks == (["a", "b"] if round_ % 2 == 0 else ["a"]), round_
        case.complete("a")
        if round_ % 2 == 0:
            assert case.tasks == ["b"]
            case.complete("b")
    assert case.ended
    assert collections.Counter(case.path)["j"] == 4


def test_a_token_that_may_also_come_where_one_waits_holds_up_nothing():
    """BPMN 2.0 13.4.3: from b a way leads to the empty flow of the join, and another one to the flow that has a token."""
    data = diagram(
        start() + PAIR + '<exclusiveGateway id="m"/><exclusiveGateway id="x" default="x_j"/>' + user("a", "b", "z"),
        "s>f>[True]m>a>j>z; f>[True]b>x>[back]m; x>j",
    )
    assert Case(data).complete("a").tasks == ["b", "z"]
    only_there = data.replace(b'sourceRef="x" targetRef="m"', b'sourceRef="x" targetRef="b"')
    case = Case(only_there, {"back": True}).complete("a").complete("b")
    assert case.tasks == ["b"], "from here only the empty flow can be reached, however long it takes"
    assert case.complete("b", back=False).tasks == ["z"]


@pytest.mark.parametrize("kind", ["subprocess", "loop", "call", "job", "event gateway", "boundary", "link"])
def test_an_inclusive_join_waits_for_a_token_wherever_it_is_on_the_branch(kind):
    branch, act, way = {
        "subprocess": (subprocess("b", start("s2") + user("x") + flows("s2>x")), lambda c: c.complete("x"), "b"),
        "loop": (task("b", "", each(collection="[1]")), lambda c: c.complete("b"), "b"),
        "call": (call("b"), lambda c: c.child("b"), "b"),
        "job": (job("b"), lambda c: c.job("b"), "b"),
        "event gateway": (
            f'<eventBasedGateway id="b"/><intermediateCatchEvent id="m">{MESSAGE}</intermediateCatchEvent>'
            f'<intermediateCatchEvent id="t">{timer("Duration", "PT1H")}</intermediateCatchEvent>',
            lambda c: c.message("m"), "m",
        ),
        "boundary": (user("b") + boundary("bb", "b", MESSAGE), lambda c: c.message("bb"), "bb"),
        "link": (
            user("b") + '<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent>'
            '<intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent>',
            lambda c: c.complete("b"), "c",
        ),
    }[kind]  # fmt: skip
    more = {"event gateway": "; b>m; b>t>e", "boundary": "; b>e", "link": "; b>t"}.get(kind, "")
    data = diagram(
        start() + PAIR + branch + user("a", "z") + end(), f"s>f>[True]a>j>z; f>[True]b; {way}>j{more}", ROOTS
    )
    case = Case(data).complete("a")
    assert "z" not in case.tasks
    act(case)
    assert case.tasks == ["z"]


def test_an_inclusive_join_does_not_wait_for_a_way_that_ended_elsewhere():
    data = diagram(
        start() + PAIR + user("b") + boundary("late", "b", timer("Duration", "PT1H")) + user("a", "z", "other"),
        "s>f>[True]a>j>z; f>[True]b>j; late>other",
    )
    case = Case(data).complete("a")
    assert case.tasks == ["b"]
    assert case.fire("late").tasks == ["other", "z"]


def test_inclusive_joins_one_behind_the_other_wait_for_each_other():
    data = diagram(
        start() + '<inclusiveGateway id="f"/><inclusiveGateway id="j1"/><inclusiveGateway id="j2"/>'
        + user("a", "b", "c", "z"),
        "s>f>[True]a>j1>j2>z; f>[True]b>j1; f>[True]c>j2",
    )  # fmt: skip
    case = Case(data).complete("c").complete("a")
    assert case.tasks == ["b"]
    assert case.complete("b").tasks == ["z"]


def test_an_inclusive_join_that_waits_for_a_parallel_one_is_told_of_with_it():
    data = diagram(
        start() + '<parallelGateway id="f"/><exclusiveGateway id="x" default="x_e"/><parallelGateway id="p"/><inclusiveGateway id="i"/>'
        + user("a", "b", "c", "z") + end(),
        "s>f>a>p>i>z; f>b>x>[go]p; x>e; f>c>i",
    )  # fmt: skip
    case = Case(data, {"go": False}).complete("a").complete("c").complete("b")
    assert case.waiting("incident") == ["i", "p"]
    assert {row.kind for row in case.open["incident"].values()} == {IncidentKind.STUCK}
    assert Case(data, {"go": True}).complete("a").complete("c").complete("b").tasks == ["z"]


def test_an_event_subprocess_beside_neither_holds_up_a_join_nor_hides_that_it_is_stuck():
    esp = event_subprocess("esp", MESSAGE, interrupting=False)
    data = diagram(start() + PAIR + user("a", "b", "z") + esp, "s>f>[True]a>j>z; f>[no]b>j", ROOTS)
    case = Case(data, {"no": False}).message("esp_s").complete("a")
    assert case.tasks == ["esp_t", "z"]
    stuck = diagram(
        start() + '<exclusiveGateway id="x" default="x_b"/><parallelGateway id="j"/>' + user("a", "b") + end() + esp,
        "s>x>[True]a>j>e; x>b>j",
        ROOTS,
    )
    case = Case(stuck).message("esp_s").complete("a")
    assert not case.waiting("incident"), "something is still going on in the scope"
    assert case.complete("esp_t").waiting("incident") == ["j"]


def test_an_interrupting_event_subprocess_takes_waiting_joins_away():
    data = diagram(
        start() + '<parallelGateway id="f"/><parallelGateway id="j"/>' + user("a", "b", "z") + event_subprocess("esp", MESSAGE),
        "s>f>a>j>z; f>b>j",
        ROOTS,
    )  # fmt: skip
    case = Case(data).complete("a").message("esp_s")
    assert case.tasks == ["esp_t"]
    assert case.complete("esp_t").ended


def test_joins_in_runs_of_a_loop_do_not_mix():
    for gateway in ("parallelGateway", "inclusiveGateway"):
        body = (
            start("s2") + f'<{gateway} id="f"/><{gateway} id="j"/>' + user("a", "b", "y")
            + flows("s2>f>a>j>y; f>b>j")
        )  # fmt: skip
        case = Case(diagram(start() + subprocess("m", body, each()), "s>m"), {"people": [1, 2]})
        case.complete("a", index=0).complete("b", index=1)
        assert case.tasks == ["a", "b"], "a branch of one run and a branch of the other are no pair"
        case.complete("b")
        assert case.tasks == ["a", "y"]
        assert case.complete("a").tasks == ["y", "y"]


def test_tokens_too_many_at_a_parallel_join_pair_up_in_turn():
    data = diagram(
        start() + '<exclusiveGateway id="m"/><exclusiveGateway id="n"/><parallelGateway id="j"/>' + user("a", "b", "z")
        + boundary("again", "a", MESSAGE, cancel=False) + boundary("more", "b", MESSAGE, cancel=False),
        "s>a>m>j>z; again>m; s>b>n>j; more>n",
        ROOTS,
    )  # fmt: skip
    case = Case(data).message("again").message("again").complete("a")
    assert case.tasks == ["b"], "three on one way are no pair"
    assert case.message("more").tasks == ["b", "z"]
    assert case.complete("b").tasks == ["z", "z"]
    case.complete("z").complete("z")
    assert case.waiting("incident") == ["j"], "one is left over"


def test_several_ways_into_and_out_of_a_gateway():
    data = diagram(
        start() + '<parallelGateway id="f"/><parallelGateway id="g"/>' + user("a", "b", "c", "d"), "s>f>a>g>c; f>b>g>d"
    )
    assert Case(data).complete("a").complete("b").tasks == ["c", "d"]
    mixed = diagram(
        start() + '<parallelGateway id="f"/><inclusiveGateway id="g"/>' + user("a", "b", "c", "d"),
        "s>f>a>g>[True]c; f>b>g>[no]d",
    )
    assert Case(mixed, {"no": False}).complete("a").complete("b").tasks == ["c"]


def test_an_inclusive_fork_without_a_way_is_an_incident_that_can_be_mended():
    data = diagram(start() + PAIR + user("a", "b", "z"), "s>f>[x]a>j>z; f>[y]b>j")
    case = Case(data, {"x": False, "y": False})
    assert case.waiting("incident") == ["f"]
    case.set(y=True).retry("f")
    assert case.tasks == ["b"]
    assert case.complete("b").tasks == ["z"]


def test_an_incident_on_the_way_to_a_join_holds_it_up_and_then_joins():
    for gateway in ("parallelGateway", "inclusiveGateway"):
        ways = f'<parallelGateway id="f"/><{gateway} id="j"/>'
        data = diagram(start() + ways + user("a", "z") + task("b", 'camunda:assignee="${who}"'), "s>f>a>j>z; f>b>j")
        incident_then_join(Case(data).complete("a"))


def incident_then_join(case: Case) -> None:
    assert (case.tasks, case.waiting("incident")) == ([], ["b"])
    assert case.set(who="x").retry("b").complete("b").tasks == ["z"]


def test_two_starts_that_come_together():
    data = diagram(
        start() + f'<startEvent id="m">{MESSAGE}</startEvent><inclusiveGateway id="j"/>' + user("z"),
        "s>j>z; m>j",
        ROOTS,
    )
    assert Case(data).tasks == ["z"]
    assert Case(data, start="m").tasks == ["z"]


def test_a_message_boundary_may_lead_back_to_its_own_activity():
    data = diagram(start() + user("a", "z") + boundary("b", "a", MESSAGE), "s>a>z; b>a", ROOTS)
    case = Case(data)
    tokens = set()
    for _ in range(3):
        tokens.add(case.token("user_task", "a"))
        case.message("b")
        assert (case.tasks, case.waiting("subscription")) == (["a"], ["b"])
    assert len(tokens) == 3
    assert case.complete("a").tasks == ["z"]


def test_an_activity_without_a_way_out_ends_its_token():
    data = diagram(start() + '<parallelGateway id="f"/>' + user("a", "b"), "s>f>a; f>b")
    case = Case(data).complete("a")
    assert not case.ended
    assert case.complete("b").ended
