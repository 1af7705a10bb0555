"""Cases: events, pools and message flows."""

import snippets as s
from lint_cases.case import Case, between, flowing

ROOT = (
    '<message id="m" name="意见"/><message id="m2"/><message id="m3" name="意见${id}"/><signal id="sig" name="节假日"/><signal id="sig2"/>'
    '<error id="err" name="退件" errorCode="RETURNED"/><error id="err2" name="退件"/>'
    '<escalation id="esc" name="超期" escalationCode="LATE"/><escalation id="esc2" name="超期"/>'
)
LATE = s.timer("P5D")
FIRED = s.event("error", errorRef="err")
PARTS = s.start("s2") + s.end("e2") + s.flow("s2", "e2")


def _attached(inner: str, host: str = s.user("a"), more: str = "", at: str = "a", **attributes: str) -> bytes:
    """Attach a boundary event to activity a."""
    event = s.boundary("late", at, inner, **attributes)
    return between(host, event, s.path("start", "a", "end"), s.flow("late", "end"), more, root=ROOT)


def _caught(inner: str) -> bytes:
    return flowing(s.element("intermediateCatchEvent", "x", inner, name="已收到"), root=ROOT)


def _thrown(inner: str) -> bytes:
    return flowing(s.element("intermediateThrowEvent", "x", inner, name="已发出"), root=ROOT)


def _ended(inner: str) -> bytes:
    return s.diagram(s.start(), s.end(inner=inner), s.path("start", "end"), root=ROOT)


def _on_event(inner: str, more: str = "", loop: str = "", **attributes: str) -> bytes:
    """Put an event subprocess beside a process."""
    body = (s.start("s2", inner, **attributes), s.end("e2"), s.flow("s2", "e2"))
    beside = s.subprocess("x", loop, *body, triggeredByEvent="true")
    return between(s.path("start", "end"), beside, more, root=ROOT)


def _linked(*body: str) -> bytes:
    return between(s.path("start", "out"), *body, s.flow("in", "end"))


def _link(tag: str, id: str, name: str = "补正") -> str:
    return s.element(tag, id, s.event("link", name=name), name=name)


OUT, IN = _link("intermediateThrowEvent", "out"), _link("intermediateCatchEvent", "in")


def _pools(reference: str = "p", second: str = "", source: str = "pub", target: str = "check") -> bytes:
    """Write a pool, a pool of the public, and a message flow."""
    inner = s.element("participant", "own", name="政务办", processRef=reference)
    inner += "\n" + s.element("participant", "pub", name="公众") + second
    inner += "\n" + s.element("messageFlow", "mf", sourceRef=source, targetRef=target)
    body = s.process(s.start(), s.user(), s.end(), s.path("start", "check", "end"))
    return s.document(f'<collaboration id="c">\n{inner}\n</collaboration>', body)


def _timer(text: str, kind: str = "timeDuration") -> bytes:
    return _caught(s.timer(text, kind))


CASES = [
    Case("boundary", "no such activity", _attached(LATE, at="gone"), _attached(LATE), "late", "“gone”"),
    Case(
        "boundary",
        "on an event",
        _attached(LATE, s.element("intermediateThrowEvent", "a", name="已发出")),
        _attached(LATE),
        "late",
        "附着在中间抛出事件“已发出”上",
    ),
    Case(
        "boundary",
        "in another scope",
        between(
            s.subprocess("a", PARTS, s.user("b"), s.path("s2", "b", "e2")),
            s.boundary("late", "b", LATE),
            s.path("start", "a", "end"),
            s.flow("late", "end"),
        ),
        between(
            s.subprocess("a", PARTS, s.user("b"), s.path("s2", "b", "e2")),
            s.boundary("late", "a", LATE),
            s.path("start", "a", "end"),
            s.flow("late", "end"),
        ),
        "late",
        "附着在另一层的“审核申请”上",
    ),
    Case("interrupting", "error boundary", _attached(FIRED, cancelActivity="false"), _attached(FIRED), "late", "false"),
    Case("interrupting", "error start", _on_event(FIRED, isInterrupting="false"), _on_event(FIRED), "s2", "false"),
    Case(
        "interrupting",
        "plain start",
        s.diagram(s.start(isInterrupting="false"), s.end(), s.path("start", "end")),
        s.diagram(s.start(isInterrupting="true"), s.end(), s.path("start", "end")),
        "start",
        "false",
    ),
    Case(
        "boundary-never",
        "error of a script",
        _attached(FIRED, s.task("scriptTask", "a", "<script>x = 1</script>", scriptFormat="python")),
        _attached(FIRED, s.service("a")),
        "late",
        "脚本任务“登记结果”不会抛出错误",
        "warning",
    ),
    Case(
        "boundary-never",
        "activity that does not wait",
        _attached(LATE, s.task("task", "a")),
        _attached(LATE),
        "late",
        "任务“登记结果”不等待",
        "warning",
    ),
    Case(
        "boundary-never",
        "escalation of a user task",
        _attached(s.event("escalation", escalationRef="esc")),
        _attached(s.event("escalation", escalationRef="esc"), s.subprocess("a", PARTS)),
        "late",
        "用户任务“审核申请”不会抛出升级",
        "warning",
    ),
    Case(
        "link",
        "no landing",
        _linked(
            OUT,
            _link("intermediateCatchEvent", "in", "退回"),
            _link("intermediateThrowEvent", "o2", "退回"),
            s.flow("start", "o2"),
        ),
        _linked(OUT, IN),
        "out",
        "0 个",
    ),
    Case(
        "link",
        "two landings",
        _linked(OUT, IN, _link("intermediateCatchEvent", "in2"), s.flow("in2", "end")),
        _linked(OUT, IN),
        "out",
        "2 个",
    ),
    Case(
        "link", "nobody jumps", between(s.path("start", "end"), IN, s.flow("in", "end")), _linked(OUT, IN), "in", "没有"
    ),
    Case("link", "throw goes on", _linked(OUT, IN, s.flow("out", "end")), _linked(OUT, IN), "out", "out_end"),
    Case("link", "catch is entered", _linked(OUT, IN, s.flow("start", "in")), _linked(OUT, IN), "in", "start_in"),
    Case(
        "event-subprocess",
        "flow",
        _on_event(LATE, s.flow("start", "x")),
        _on_event(LATE),
        "x",
        "start_x",
    ),
    Case(
        "event-reference",
        "no message",
        _caught(s.event("message")),
        _caught(s.event("message", messageRef="m")),
        "x",
        "没有引用",
    ),
    Case(
        "event-reference",
        "no such message",
        _caught(s.event("message", messageRef="sig")),
        _caught(s.event("message", messageRef="m")),
        "x",
        "“sig”",
    ),
    Case(
        "event-reference",
        "nameless message",
        _caught(s.event("message", messageRef="m2")),
        _caught(s.event("message", messageRef="m")),
        "x",
        "消息“m2”没有 name",
    ),
    Case(
        "event-reference",
        "computed name",
        _caught(s.event("message", messageRef="m3")),
        _caught(s.event("message", messageRef="m")),
        "x",
        "意见${id}",
    ),
    Case(
        "event-reference",
        "nameless signal",
        _thrown(s.event("signal", signalRef="sig2")),
        _thrown(s.event("signal", signalRef="sig")),
        "x",
        "没有 name",
    ),
    Case("event-reference", "error end without reference", _ended(s.event("error")), _ended(FIRED), "end", "没有引用"),
    Case(
        "event-reference",
        "error without code",
        _attached(s.event("error", errorRef="err2")),
        _attached(s.event("error")),
        "late",
        "没有 errorCode",
    ),
    Case(
        "event-reference",
        "escalation without code",
        _ended(s.event("escalation", escalationRef="esc2")),
        _ended(s.event("escalation", escalationRef="esc")),
        "end",
        "没有 escalationCode",
    ),
    Case(
        "event-reference",
        "receive task",
        flowing(s.task("receiveTask", "x"), root=ROOT),
        flowing(s.task("receiveTask", "x", messageRef="m"), root=ROOT),
        "x",
        "没有引用",
    ),
    Case(
        "event-reference",
        "send task",
        flowing(s.task("sendTask", "x"), root=ROOT),
        flowing(s.task("sendTask", "x", camunda_type="external", camunda_topic="notices.send")),
        "x",
        "没有引用",
    ),
    Case("timer", "nothing", _caught(s.event("timer")), _timer("P5D"), "x", "没有"),
    Case("timer", "empty", _timer(""), _timer("${days(5)}"), "x", "没有"),
    *(
        Case("timer", f"{kind} {text}", _timer(text, kind), _timer(good, kind), "x", f"“{text}”")
        for kind, text, good in (
            ("timeDuration", "5 days", "P5D"),
            ("timeDuration", "-P1D", "P1M"),
            ("timeDuration", "PT", "PT1H30M"),
            ("timeDate", "2026-02-30", "2026-02-28"),
            ("timeDate", "P5D", "2026-05-01T09:00:00+08:00"),
        )
    ),
    *(
        Case(
            "timer",
            f"cycle {text}",
            _attached(s.timer(text, "timeCycle"), cancelActivity="false"),
            _attached(s.timer("R3/PT1H", "timeCycle"), cancelActivity="false"),
            "late",
            f"“{text}”",
        )
        for text in ("0 0 9 * * ?", "PT1H", "R3/PT0S", "R-1/PT1H")
    ),
    Case(
        "timer",
        "cycle of an interrupting boundary event",
        _attached(s.timer("R3/PT1H", "timeCycle")),
        _attached(LATE),
        "late",
        "循环“R3/PT1H”",
    ),
    Case("timer", "cycle in between", _timer("R3/PT1H", "timeCycle"), _timer("PT1H"), "x", "循环“R3/PT1H”"),
    Case(
        "timer",
        "cycle of an interrupting event subprocess",
        _on_event(s.timer("R/PT1H", "timeCycle")),
        _on_event(s.timer("R/PT1H", "timeCycle"), isInterrupting="false"),
        "s2",
        "循环“R/PT1H”",
    ),
    Case(
        "pool",
        "no such process",
        _pools("q", source="pub", target="pub2", second='<participant id="pub2" name="法院"/>'),
        _pools(),
        "own",
        "“q”",
    ),
    Case(
        "pool",
        "two of one process",
        _pools(second=s.element("participant", "twin", name="又一个", processRef="p")),
        _pools(),
        "twin",
        "已在泳池“政务办”中",
    ),
    Case("message-flow", "within a pool", _pools(source="start"), _pools(), "mf", "两端都在泳池“政务办”中"),
    Case("message-flow", "no such end", _pools(source="gone"), _pools(), "mf", "“gone”"),
]
