"""Deep and wide cases: the work of a step follows what it does and what is open, never the square of it."""

from __future__ import annotations

import cProfile
import pstats

from pieces import boundary, each, event_subprocess, subprocess
from play import MESSAGE, ROOTS, SIGNAL, Case, condition, diagram, flows, start, timer, user

from engine.bpmn import execution

LEVELS = 50


def calls(act) -> int:
    """Count the calls of Python functions: work that no busy machine can distort."""
    profile = cProfile.Profile()
    profile.runcall(act)
    return int(pstats.Stats(profile).total_calls)


def grows_evenly(make, act, sizes=(100, 400), slack: float = 1.3) -> None:
    """Check that an act on a case four times as wide costs about four times as much at most."""
    small, large = (make(size) for size in sizes)
    one, other = (calls(lambda case=case: act(case)) for case in (small, large))
    assert other <= one * sizes[1] / sizes[0] * slack, f"{one} calls at {sizes[0]}, {other} at {sizes[1]}"


def nested(levels: int) -> bytes:
    body = user("deep") + flows(f"s{levels}>deep")
    for level in range(levels, 0, -1):
        hung = boundary(f"b{level}", f"sub{level}", timer("Duration", f"PT{level}H"), cancel=level % 2 == 0)
        body = subprocess(f"sub{level}", start(f"s{level}") + body) + hung + user(f"late{level}")
        body += flows(f"s{level - 1}>sub{level}; b{level}>late{level}")
    return diagram(start("s0") + body)


def test_fifty_levels_deep():
    case = Case(nested(LEVELS))
    assert case.tasks == ["deep"]
    assert len(case.waiting("timer")) == LEVELS
    assert case.complete("deep").ended, "fifty subprocesses end, one by one, in one step"
    case = Case(nested(LEVELS)).fire("b1")
    assert case.tasks == ["deep", "late1"]
    assert case.fire("b2").tasks == ["late1", "late2"]
    assert Case(nested(LEVELS)).fire("b50").tasks == ["late50"]
    assert not Case(nested(LEVELS)).cancel().waiting("timer")


def test_an_error_climbs_fifty_levels():
    body = user("deep") + flows(f"s{LEVELS}>deep")
    for level in range(LEVELS, 0, -1):
        body = subprocess(f"sub{level}", start(f"s{level}") + body) + flows(f"s{level - 1}>sub{level}")
    data = diagram(
        start("s0") + body + boundary("b", "sub1", '<errorEventDefinition errorRef="E"/>') + user("h"), "b>h", ROOTS
    )
    case = Case(data)
    case._do(execution.throw_error, case.token("user_task", "deep"), "E1", "m", {"n": 1})
    assert (case.tasks, case.variables) == (["h"], {"n": 1})


def branches(number: int, element: str = "task") -> bytes:
    names = [f"u{i}" for i in range(number)]
    ways = ";".join(f"f>{name}>j" for name in names)
    return diagram(
        start() + '<parallelGateway id="f"/><parallelGateway id="j"/>' + "".join(f'<{element} id="{n}"/>' for n in names) + user("z"),
        f"s>f; j>z; {ways}",
    )  # fmt: skip


def test_two_thousand_branches_open_and_close():
    case = Case(branches(2000, "userTask"))
    assert len(case.tasks) == 2000
    for index in (0, 1000, 1999):
        case.complete(f"u{index}")
    assert len(case.tasks) == 1997
    assert case.cancel().visits[-1].outcome == "cancelled"
    assert Case(branches(2000)).tasks == ["z"]


def runs(body: str, around: str = "", flow: str = "s>m>z") -> bytes:
    return diagram(start() + subprocess("m", body, each()) + user("z") + around, flow, ROOTS)


PLAIN = start("s2") + user("x") + flows("s2>x")
WATCHING = PLAIN + event_subprocess("esp", condition("flag"), interrupting=False)
CATCHING = (
    start("s2") + f'<intermediateCatchEvent id="c">{SIGNAL}</intermediateCatchEvent>' + user("x") + flows("s2>c>x")
)
JOINING = (
    start("s2") + '<inclusiveGateway id="f"/><inclusiveGateway id="j"/><task id="a"/><task id="b"/>' + user("x")
    + flows("s2>f>[True]a>j>x; f>[True]b>j")
)  # fmt: skip


def wide(data: bytes):
    return lambda size: Case(data, {"people": list(range(size)), "flag": False})


def test_one_completion_among_many_costs_what_reading_and_writing_them_does():
    for body in (PLAIN, WATCHING, JOINING):
        grows_evenly(wide(runs(body)), lambda case: case.complete("x"))


def test_ending_many_at_once_is_even_work():
    for act in (lambda case: case.message("b"), lambda case: case.cancel()):
        grows_evenly(wide(runs(PLAIN, boundary("b", "m", MESSAGE) + user("h"), "s>m>z; b>h")), act)


def test_starting_many_at_once_is_even_work():
    for body in (PLAIN, WATCHING, CATCHING, JOINING):
        data = runs(body)
        grows_evenly(lambda size: size, lambda size, data=data: wide(data)(size))


def test_a_signal_and_a_condition_reach_many_evenly():
    thrown = f'<parallelGateway id="p"/><intermediateThrowEvent id="t">{SIGNAL}</intermediateThrowEvent>' + user("w")
    grows_evenly(wide(runs(CATCHING, thrown, "s>p>m>z; p>w>t")), lambda case: case.complete("w"))
    grows_evenly(wide(runs(WATCHING)), lambda case: case.set(flag=True))


def test_many_branches_come_together_evenly():
    grows_evenly(lambda size: (size, branches(size)), lambda made: Case(made[1]), slack=1.6)


def test_a_diagram_without_conditions_and_inclusive_joins_does_not_look_for_any(monkeypatch):
    from engine.bpmn import workflow

    case = wide(runs(PLAIN))(50)
    looked = []
    monkeypatch.setattr(workflow.ProcessWorkflow, "test", lambda self, *given: looked.append(given))
    case.set(n=1).complete("x")
    assert not looked
    assert not case.process.spec.has_conditions
    assert not case.process.spec.joins_inclusively
