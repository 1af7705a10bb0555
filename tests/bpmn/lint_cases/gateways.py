"""Cases: gateways, conditions, default flows."""

import snippets as s
from lint_cases.case import Case, between

A, B = s.task("task", "a"), s.task("task", "b")
YES = s.flow("g", "a", "secret", name="是")
NO = s.flow("g", "b", name="否")
ENDS = s.flow("a", "end") + s.flow("b", "end")


def _decided(*flows: str, kind: str = "exclusive", name: str = "涉密？", default: str | None = "g_b") -> bytes:
    """Decide between tasks a and b."""
    given = {"name": name, "default": default}
    node = s.gateway(kind, "g", **{key: value for key, value in given.items() if value})
    return between(node, A, B, s.flow("start", "g"), *flows, ENDS)


GOOD = _decided(YES, NO)
WAIT = s.element("intermediateCatchEvent", "a", s.timer("P5D"), name="期满")
HEAR = s.element("intermediateCatchEvent", "b", s.event("message", messageRef="m"), name="收到意见")
MESSAGE = '<message id="m" name="意见"/>'
FORK = s.flow("g", "a") + s.flow("g", "b")


def _awaited(*body: str, flows: str = FORK) -> bytes:
    """Wait for one of several events."""
    return between(s.gateway("eventBased", "g"), s.flow("start", "g"), *body, flows, ENDS, root=MESSAGE)


def _activity(*flows: str, **attributes: str) -> bytes:
    return between(s.user("g", **attributes), A, B, s.flow("start", "g"), *flows, ENDS)


def _one_way(kind: str, *flows: str) -> bytes:
    """Lead two ways, of which one is taken, into a gateway and one out of it."""
    return between(s.gateway(kind, "g"), A, *TWO_WAYS, *flows, s.flow("a", "end"))


TWO_WAYS = (
    s.user("u"),
    s.boundary("late", "u", s.timer("P5D")),
    s.flow("start", "u"),
    s.flow("u", "g"),
    s.flow("late", "g"),
)

CASES = [
    Case(
        "gateway-condition",
        "none",
        _decided(s.flow("g", "a", name="是"), NO),
        GOOD,
        "g_a",
        "从“涉密？”到“登记结果”的顺序流没有条件",
    ),
    Case(
        "gateway-condition",
        "empty",
        _decided(s.flow("g", "a", "  ", name="是"), NO),
        GOOD,
        "g_a",
        "没有条件",
    ),
    Case(
        "gateway-default",
        "two conditions",
        _decided(YES, s.flow("g", "b", "open", name="否"), default=None),
        _decided(YES, s.flow("g", "b", "not secret", name="否"), default=None),
        "g",
        "2 个条件可能都不成立",
    ),
    Case(
        "gateway-default",
        "inclusive",
        _decided(YES, s.flow("g", "b", "level > 3", name="否"), default=None, kind="inclusive"),
        _decided(
            s.flow("g", "a", "${level <= 3}", name="是"),
            s.flow("g", "b", "level > 3", name="否"),
            default=None,
            kind="inclusive",
        ),
        "g",
        "2 个条件可能都不成立",
    ),
    Case(
        "gateway-default",
        "activity",
        _activity(s.flow("g", "a", "secret"), s.flow("g", "b", "level > 3")),
        _activity(s.flow("g", "a", "secret"), s.flow("g", "b")),
        "g",
        "2 个条件可能都不成立",
    ),
    Case(
        "default-flow",
        "not its own",
        _decided(YES, s.flow("g", "b", "not secret", name="否"), default="a_end"),
        GOOD,
        "g",
        "“a_end”",
    ),
    Case(
        "default-flow", "with condition", _decided(YES, s.flow("g", "b", "open", name="否")), GOOD, "g_b", "条件“open”"
    ),
    Case(
        "conditional-flow",
        "out of a parallel gateway",
        _decided(YES, NO, kind="parallel", default=None),
        _decided(FORK, kind="parallel", default=None),
        "g_a",
        "条件“secret”",
    ),
    Case(
        "conditional-flow",
        "only way out",
        _one_way("exclusive", s.flow("g", "a", "secret")),
        _one_way("exclusive", s.flow("g", "a")),
        "g_a",
        "条件“secret”",
    ),
    Case(
        "conditional-flow",
        "out of an event",
        between(A, s.flow("start", "a", "secret"), s.flow("a", "end")),
        between(A, s.path("start", "a", "end")),
        "start_a",
        "条件“secret”",
    ),
    Case("flow-label", "none", _decided(YES, s.flow("g", "b")), GOOD, "g_b", "从“涉密？”到“登记结果”的顺序流没有文字"),
    Case("gateway-question", "none", _decided(YES, NO, name=""), GOOD, "g", "没有名称", "warning"),
    Case("gateway-question", "no question", _decided(YES, NO, name="涉密"), GOOD, "g", "“涉密”", "warning"),
    Case(
        "gateway-useless",
        "one in, one out",
        between(s.gateway("parallel", "g"), s.path("start", "g", "end")),
        between(s.path("start", "end")),
        "g",
        "1 条流入、1 条流出",
        "warning",
    ),
    Case(
        "gateway-mixed",
        "join and split",
        between(s.gateway("exclusive", "g", name="涉密？", default="g_b"), A, B, *TWO_WAYS, YES, NO, ENDS),
        GOOD,
        "g",
        "2 条流入、2 条流出",
        "warning",
    ),
    Case("event-gateway", "task behind", _awaited(A, HEAR), _awaited(WAIT, HEAR), "g_a", "通向任务“登记结果”"),
    Case(
        "event-gateway",
        "only one",
        between(s.gateway("eventBased", "g"), WAIT, s.path("start", "g", "a", "end")),
        _awaited(WAIT, HEAR),
        "g",
        "1 条",
    ),
    Case(
        "event-gateway",
        "event with another way in",
        _awaited(WAIT, HEAR, s.flow("start", "a")),
        _awaited(WAIT, HEAR),
        "a",
        "“期满”有 2 条流入",
    ),
    Case(
        "event-gateway",
        "receive task with boundary event",
        _awaited(
            WAIT,
            s.task("receiveTask", "b", messageRef="m"),
            s.boundary("late", "b", s.timer("P5D")),
            s.flow("late", "end"),
        ),
        _awaited(WAIT, s.task("receiveTask", "b", messageRef="m")),
        "b",
        "“登记结果”有",
    ),
]
