"""Which conditions are provably complete, and which joins provably blocked."""

from __future__ import annotations

import pytest
import snippets as s

from engine.bpmn import lint
from engine.bpmn.lint import conditions


@pytest.mark.parametrize(
    "written",
    [
        ("secret", "not secret"),
        ("${secret}", "${ not secret }"),
        ("not secret", "secret"),
        ("level == 1", "level != 1"),
        ("level < 3", "level >= 3"),
        ("level>3", "level <= 3"),
        ("kind in ['a', 'b']", "kind not in ['a', 'b']"),
        ("result is None", "result is not None"),
        ("a and b", "not (a and b)"),
        ("a", "b", "not b"),
        ("a", "True"),
    ],
)
def test_opposite_conditions_are_complete(written: tuple[str, ...]) -> None:
    assert conditions.complete(written)


@pytest.mark.parametrize(
    "written",
    [
        (),
        ("secret",),
        ("secret", "open"),
        ("level < 3", "level > 3"),
        ("level == 1", "level == 2"),
        ("a and b", "not a and not b"),
        ("secret ==", "not secret =="),
        ("\0", "("),
        ("1 < level < 3", "1 >= level >= 3"),
    ],
)
def test_other_conditions_are_not(written: tuple[str, ...]) -> None:
    assert not conditions.complete(written)


def _rules(*body: str) -> set[str]:
    data = s.diagram(s.start(), s.end(), *body)
    return {each.rule for each in lint.check(data, "图.bpmn")} & {"join-blocked", "merge-doubled"}


TASKS = [s.task("task", each) for each in "abcdef"]
FORK, JOIN = s.gateway("parallel", "fork"), s.gateway("parallel", "join")


def test_a_fork_inside_a_fork_is_no_block() -> None:
    inner = [s.gateway("parallel", "fork2"), s.gateway("parallel", "join2")]
    ways = [s.path("start", "fork", "fork2", "a", "join2", "join", "end"), s.path("fork2", "b", "join2")]
    assert _rules(*TASKS[:3], FORK, JOIN, *inner, *ways, s.path("fork", "c", "join")) == set()


def test_a_choice_inside_a_branch_is_no_block() -> None:
    inner = [s.gateway("exclusive", "which", name="急？", default="which_b"), s.gateway("exclusive", "merge")]
    ways = [s.path("start", "fork", "which", "b", "merge", "join", "end"), s.flow("which", "a", "urgent", name="是")]
    assert _rules(*TASKS[:3], FORK, JOIN, *inner, *ways, s.path("a", "merge"), s.path("fork", "c", "join")) == set()


def test_a_loop_around_a_fork_is_no_block() -> None:
    gates = [s.gateway("exclusive", "again", name="重来？", default="again_end"), s.gateway("exclusive", "merge")]
    ways = [s.path("start", "merge", "fork", "a", "join", "again", "end"), s.path("fork", "b", "join")]
    assert _rules(*TASKS[:2], FORK, JOIN, *gates, *ways, s.flow("again", "merge", "more", name="是")) == set()


def test_a_return_out_of_one_branch_into_the_other_blocks_only_where_it_must() -> None:
    gates = [s.gateway("exclusive", "which", name="急？", default="which_join")]
    ways = [s.path("start", "fork", "which", "join", "end"), s.path("fork", "b", "join"), s.flow("which", "a", "x")]
    assert _rules(*TASKS[:2], FORK, JOIN, *gates, *ways, s.path("a", "end")) == set()


def test_branches_that_a_boundary_event_separates_never_meet() -> None:
    late = s.boundary("late", "a", s.timer("P5D"))
    ways = [s.path("start", "a", "join", "end"), s.flow("late", "join")]
    assert _rules(s.user("a"), late, JOIN, *ways) == {"join-blocked"}


def test_branches_that_a_non_interrupting_boundary_event_makes_do_meet() -> None:
    late = s.boundary("late", "a", s.timer("P5D"), cancelActivity="false")
    ways = [s.path("start", "a", "join", "end"), s.flow("late", "join")]
    assert _rules(s.user("a"), late, JOIN, *ways) == set()


def test_branches_of_an_inclusive_gateway_may_meet() -> None:
    split = s.gateway("inclusive", "split", name="哪些？", default="split_b")
    ways = [
        s.flow("start", "split"),
        s.flow("split", "a", "x"),
        s.path("split", "b", "join", "end"),
        s.path("a", "join"),
    ]
    assert _rules(*TASKS[:2], split, JOIN, *ways) == {"join-blocked"}  # the default is taken only when a is not
    ways.insert(0, s.flow("split", "c", "y"))
    assert _rules(*TASKS[:3], split, s.gateway("inclusive", "join"), *ways, s.path("c", "join")) == set()


def test_two_joins_that_wait_for_each_other_are_blocked() -> None:
    other = s.gateway("parallel", "other")
    ways = [s.path("start", "fork", "join", "a", "other", "b", "join"), s.path("fork", "other"), s.flow("b", "end")]
    assert _rules(*TASKS[:2], FORK, JOIN, other, *ways) == {"join-blocked"}


def test_links_carry_tokens() -> None:
    jump = s.element("intermediateThrowEvent", "out", s.event("link", name="续"), name="续")
    land = s.element("intermediateCatchEvent", "in", s.event("link", name="续"), name="续")
    ways = [s.path("start", "fork", "out"), s.path("in", "join", "end"), s.path("fork", "a", "join")]
    assert _rules(TASKS[0], FORK, JOIN, jump, land, *ways) == set()
