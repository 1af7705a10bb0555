"""Events: where they stand, what they refer to, when timers fire."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.lint import flow, literals, markup
from engine.bpmn.lint.diagram import Diagram, Node, Scope
from engine.model import definitions

Findings = Iterator[definitions.Finding]

#: Event definition -> attribute of the reference, tag of what it refers to, the attribute that names it, in Chinese.
_REFERENCES = {
    "messageEventDefinition": ("messageRef", "message", "name", "消息"),
    "signalEventDefinition": ("signalRef", "signal", "name", "信号"),
    "errorEventDefinition": ("errorRef", "error", "errorCode", "错误"),
    "escalationEventDefinition": ("escalationRef", "escalation", "escalationCode", "升级"),
}
_CATCH_ALL = frozenset({"errorEventDefinition", "escalationEventDefinition"})
_TIMES = {"timeDate": "日期", "timeDuration": "时长", "timeCycle": "循环"}


def check(seen: Diagram) -> Findings:
    """Yield what is wrong with events."""
    for node in seen.nodes:
        if node.tag == "boundaryEvent":
            yield from _boundary(seen, node)
        yield from _interrupting(seen, node)
        if node.triggered_by_event:
            yield from _event_subprocess(seen, node)
        for definition in node.events:
            yield from _reference(seen, node, definition)
            if markup.local(definition) == "timerEventDefinition":
                yield from _timer(seen, node, definition)
        if node.tag in ("sendTask", "receiveTask") and not sends_by_job(node.element):
            yield from _message_task(seen, node)
    for scope in seen.scopes:
        yield from _links(seen, scope)


def sends_by_job(element: etree._Element) -> bool:
    """Tell whether a sending element leaves its message to a handler."""
    return markup.camunda(element, "type") == "external" or markup.camunda(element, "topic") is not None


def _boundary(seen: Diagram, node: Node) -> Findings:
    reference = node.element.get("attachedToRef", "")
    host = seen.node_by_id.get(reference)
    if host is None or node not in host.boundary:
        yield seen.finding("boundary", node.element, "attachedToRef 是活动的 id", f"“{reference}”")
    elif host.scope is not node.scope:
        yield seen.finding("boundary", node.element, "附着在同一层的活动上", f"附着在另一层的“{host.label}”上")
    elif host.tag not in markup.ACTIVITIES or host.triggered_by_event:
        kind = "事件子流程" if host.triggered_by_event else host.kind
        yield seen.finding("boundary", node.element, "附着在活动上", f"附着在{kind}“{host.label}”上")
    elif node.event not in ("error", "escalation") and not _waits(host):
        expected = "附着在会等待的活动上（用户、服务、接收任务，带主题的发送任务，调用活动，子流程）"
        yield seen.finding("boundary-never", node.element, expected, f"{host.kind}“{host.label}”不等待")
    elif node.event == "error" and not _throws_errors(host):
        expected = "附着在用户任务、服务任务、带主题的发送任务、调用活动或子流程上"
        yield seen.finding("boundary-never", node.element, expected, f"{host.kind}“{host.label}”不会抛出错误")
    elif node.event == "escalation" and host.tag not in ("callActivity", "subProcess"):
        found = f"{host.kind}“{host.label}”不会抛出升级"
        yield seen.finding("boundary-never", node.element, "附着在调用活动或子流程上", found)


def _waits(host: Node) -> bool:
    if host.tag == "sendTask":
        return sends_by_job(host.element)
    return host.tag in ("userTask", "serviceTask", "receiveTask", "callActivity") or host.tag in markup.SUBPROCESSES


def _throws_errors(host: Node) -> bool:
    if host.tag == "sendTask":
        return sends_by_job(host.element)
    return host.tag in ("userTask", "serviceTask", "callActivity", "subProcess")


def _interrupting(seen: Diagram, node: Node) -> Findings:
    if node.tag == "boundaryEvent" and node.event == "error" and not markup.truth(node.element, "cancelActivity", True):
        yield seen.finding("interrupting", node.element, "错误边界事件总是中断", "cancelActivity=“false”")
    if node.tag != "startEvent" or markup.truth(node.element, "isInterrupting", True):
        return
    if node.scope.node is None or not node.scope.node.triggered_by_event:
        expected = "只有事件子流程的开始事件可以不中断"
        yield seen.finding("interrupting", node.element, expected, "isInterrupting=“false”")
    elif node.event == "error":
        yield seen.finding("interrupting", node.element, "错误总是中断", "isInterrupting=“false”")


def _event_subprocess(seen: Diagram, node: Node) -> Findings:
    if node.incoming or node.outgoing:
        flows = "、".join(each.label for each in [*node.incoming, *node.outgoing])
        yield seen.finding("event-subprocess", node.element, "没有流入流出的顺序流", flows)
    for each in markup.bpmn_children(node.element):
        if markup.local(each).endswith("LoopCharacteristics"):
            yield seen.finding("event-subprocess", each, "事件子流程没有循环和多实例", markup.local(each))


def _reference(seen: Diagram, node: Node, definition: etree._Element) -> Findings:
    tag = markup.local(definition)
    if tag not in _REFERENCES:
        return
    if tag == "messageEventDefinition" and node.tag in markup.THROW_EVENTS and sends_by_job(definition):
        return
    attribute = _REFERENCES[tag][0]
    if tag in _CATCH_ALL and node.tag in markup.CATCH_EVENTS and attribute not in definition.attrib:
        return
    yield from _named(seen, definition, definition, tag)


def _message_task(seen: Diagram, node: Node) -> Findings:
    yield from _named(seen, node.element, node.element, "messageEventDefinition")


def _named(seen: Diagram, at: etree._Element, definition: etree._Element, tag: str) -> Findings:
    """Yield what is wrong with a reference: absent, leading nowhere, or to something without a name or code."""
    attribute, wanted, name, word = _REFERENCES[tag]
    reference = definition.get(attribute)
    if not reference:
        yield seen.finding("event-reference", at, f"{attribute} 引用一个{word}", "没有引用")
        return
    found = seen.resolve(reference)
    if found is None or markup.local(found) != wanted:
        yield seen.finding("event-reference", at, f"{attribute} 是{word}（{wanted}）的 id", f"“{reference}”")
        return
    value = found.get(name, "").strip()
    if not value:
        yield seen.finding("event-reference", at, f"所引用的{word}有 {name}", f"{word}“{reference}”没有 {name}")
    elif "${" in value:
        yield seen.finding("event-reference", at, f"{name} 是固定的文字", f"“{value}”")


def _timer(seen: Diagram, node: Node, definition: etree._Element) -> Findings:
    written = [each for each in markup.bpmn_children(definition) if markup.local(each) in _TIMES]
    filled = [each for each in written if markup.text_of(each)]
    if len(filled) != 1:
        found = "、".join(_TIMES[markup.local(each)] for each in filled) or "没有"
        yield seen.finding("timer", definition, "日期、时长、循环之一", found)
        return
    tag, text = markup.local(filled[0]), markup.text_of(filled[0])
    if tag == "timeCycle" and not _may_repeat(node):
        expected = "日期或时长；循环只用在流程的开始事件、不中断的边界事件和不中断的事件子流程上"
        yield seen.finding("timer", filled[0], expected, f"循环“{text}”")
    elif "${" not in text and not _VALID[tag](text):
        yield seen.finding("timer", filled[0], _EXAMPLES[tag], f"“{text}”")


_EXAMPLES = {
    "timeDate": "ISO 8601 日期或时刻（如 2026-05-01T09:00:00+08:00），或 ${…}",
    "timeDuration": "ISO 8601 时长（如 P5D、PT1H），或 ${…}",
    "timeCycle": "ISO 8601 循环（如 R3/PT1H，不支持 cron），或 ${…}",
}


_VALID = {"timeDate": literals.is_date, "timeDuration": literals.is_duration, "timeCycle": literals.is_cycle}


def _may_repeat(node: Node) -> bool:
    if node.tag == "boundaryEvent":
        return not markup.truth(node.element, "cancelActivity", True)
    if node.tag != "startEvent":
        return False
    return node.scope.node is None or not markup.truth(node.element, "isInterrupting", True)


def _links(seen: Diagram, scope: Scope) -> Findings:
    linked = [node for node in scope.nodes if node.event == "link"]
    throws = [node for node in linked if node.tag == "intermediateThrowEvent"]
    catches = [node for node in linked if node.tag == "intermediateCatchEvent"]
    for node in throws:
        name, landings = flow.link_name(node), flow.landings(node)
        if len(landings) != 1:
            found = f"{len(landings)} 个"
            yield seen.finding("link", node.element, f"同一层恰有一个名为“{name}”的链接捕获事件", found)
        if node.outgoing:
            yield seen.finding("link", node.element, "链接抛出事件没有流出的顺序流", node.outgoing[0].label)
    for node in catches:
        name = flow.link_name(node)
        if not any(flow.link_name(other) == name for other in throws):
            yield seen.finding("link", node.element, f"同一层有名为“{name}”的链接抛出事件", "没有")
        if node.incoming:
            yield seen.finding("link", node.element, "链接捕获事件没有流入的顺序流", node.incoming[0].label)
