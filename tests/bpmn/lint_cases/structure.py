"""Cases: starts, ends, flows, joins."""

import snippets as s
from lint_cases.case import Case, between

STRAIGHT = s.path("start", "a", "end")
A, B, C = (s.task("task", each) for each in "abc")
GOOD = between(A, STRAIGHT)


def _inside(*body: str, **attributes: str) -> bytes:
    """Put a subprocess between start and end."""
    return between(s.subprocess("x", *body, **attributes), s.path("start", "x", "end"))


def _on_event(*body: str) -> bytes:
    """Put an event subprocess beside a process."""
    return between(s.path("start", "end"), s.subprocess("x", *body, triggeredByEvent="true"))


INNER = (s.start("s2"), s.end("e2"), s.flow("s2", "e2"))
OVERDUE = (s.start("s2", s.timer("P5D")), s.end("e2"), s.flow("s2", "e2"))


def _forked(split: str, join: str, *more: str) -> bytes:
    """Fork into two tasks and join them again."""
    first = s.gateway(split, "fork", name="涉密？")
    labelled = [s.flow("fork", "a", "secret", name="是"), s.flow("fork", "b", "not secret", name="否")]
    plain = [s.flow("fork", "a"), s.flow("fork", "b")]
    branches = plain if split == "parallel" else labelled
    second = s.gateway(join, "join")
    ways = s.path("a", "join", "end") + s.flow("b", "join")
    return between(first, A, B, second, s.flow("start", "fork"), *branches, ways, *more)


CASES = [
    Case("start-event", "process without", s.diagram(A, s.end(), s.flow("a", "end")), GOOD, "p", "没有"),
    Case(
        "start-event",
        "two that wait for nothing",
        between(A, STRAIGHT, s.start("s2", name="又收到"), s.flow("s2", "a")),
        between(A, STRAIGHT, s.start("s2", s.timer("R/P1D", "timeCycle")), s.flow("s2", "a")),
        "s2",
        "“收到材料”也是",
    ),
    Case("start-event", "subprocess without", _inside(A, s.end("e2"), s.flow("a", "e2")), _inside(*INNER), "x", "没有"),
    Case(
        "start-event",
        "subprocess with two",
        _inside(*INNER, s.start("s3"), s.flow("s3", "e2")),
        _inside(*INNER),
        "s3",
        "“收到材料”也是",
    ),
    Case("start-event", "subprocess with timer", _inside(*OVERDUE), _inside(*INNER), "s2", "有类型"),
    Case("start-event", "event subprocess without event", _on_event(*INNER), _on_event(*OVERDUE), "s2", "无类型"),
    Case(
        "flow-ends",
        "no such target",
        between(A, STRAIGHT, s.flow("a", "gone")),
        GOOD,
        "a_gone",
        "“gone”",
    ),
    Case(
        "flow-ends",
        "across scopes",
        between(s.subprocess("x", A, *INNER, s.flow("s2", "a"), s.flow("a", "end")), s.path("start", "x", "end")),
        between(s.subprocess("x", A, *INNER, s.flow("s2", "a"), s.flow("a", "e2")), s.path("start", "x", "end")),
        "a_end",
        "在另一层（流程 公开申请审核）",
    ),
    Case("flow-ends", "into a start", between(A, STRAIGHT, s.flow("a", "start")), GOOD, "a_start", "进入“收到材料”"),
    Case("flow-ends", "out of an end", between(A, STRAIGHT, s.flow("end", "a")), GOOD, "end_a", "从“已办结”出发"),
    Case(
        "flow-mismatch",
        "outgoing",
        between(s.task("task", "a", "<outgoing>other</outgoing>"), STRAIGHT),
        between(s.task("task", "a", "<outgoing>a_end</outgoing>"), STRAIGHT),
        "a",
        "登记了 other",
    ),
    Case("unreachable", "nothing leads there", between(A, B, STRAIGHT, s.flow("b", "a")), GOOD, "b", "没有任何流入"),
    Case(
        "unreachable",
        "circle of its own",
        between(A, B, STRAIGHT, s.path("b", "b"), s.flow("b", "end")),
        GOOD,
        "b",
        "只能从它自己的回路走到",
    ),
    Case("dead-end", "nothing leads on", between(A, B, STRAIGHT, s.flow("a", "b")), GOOD, "b", "没有任何流出"),
    Case(
        "dead-end",
        "circle for ever",
        between(A, B, C, STRAIGHT, s.path("a", "b", "c", "b")),
        between(A, B, C, STRAIGHT, s.path("a", "b", "c"), s.flow("b", "end"), s.flow("c", "end")),
        "b",
        "只在回路里打转",
    ),
    Case(
        "dead-end",
        "boundary event leads nowhere",
        between(s.user("a"), STRAIGHT, s.boundary("late", "a", s.timer("P5D"))),
        between(s.user("a"), STRAIGHT, s.boundary("late", "a", s.timer("P5D")), s.flow("late", "end")),
        "late",
        "没有任何流出",
    ),
    Case(
        "join-blocked",
        "either or",
        _forked("exclusive", "parallel"),
        _forked("exclusive", "exclusive"),
        "join",
        "“登记结果”和“登记结果”两路不会同时到达",
    ),
    Case(
        "join-blocked",
        "waits for itself",
        between(A, s.gateway("parallel", "join"), s.path("start", "join", "a", "join"), s.flow("a", "end")),
        GOOD,
        "join",
        "“登记结果”一路要等本网关走过才会到达",
    ),
    Case(
        "merge-doubled",
        "parallel branches",
        _forked("parallel", "exclusive"),
        _forked("parallel", "parallel"),
        "join",
        "两路可能都到达",
        "warning",
    ),
    Case(
        "merge-doubled",
        "reminder comes back",
        between(
            s.user("a"),
            s.boundary("late", "a", s.timer("P5D"), cancelActivity="false"),
            s.gateway("exclusive", "join"),
            s.path("start", "a", "join", "end"),
            s.flow("late", "join"),
        ),
        between(
            s.user("a"),
            s.boundary("late", "a", s.timer("P5D")),
            s.gateway("exclusive", "join"),
            s.path("start", "a", "join", "end"),
            s.flow("late", "join"),
        ),
        "join",
        "“审核申请”和“已逾期”两路可能都到达",
        "warning",
    ),
]
