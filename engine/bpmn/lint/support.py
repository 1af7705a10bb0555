"""What the executor does not execute right is refused: elements, and single constructs of elements."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.elements import table
from engine.bpmn.lint import markup, vocabulary
from engine.bpmn.lint.diagram import Diagram, Node
from engine.model import definitions

Findings = Iterator[definitions.Finding]

#: What may start a process; an event subprocess takes errors and escalations as well.
_PROCESS_STARTS = frozenset({"none", "message", "timer", "signal", "conditional"})

_BOOLEANS = ("isExecutable", "triggeredByEvent", "isInterrupting", "cancelActivity", "isSequential", "testBefore")

_LANGUAGES = frozenset({"", "python", "http://www.python.org", "https://www.python.org"})
_EXPRESSIONS = frozenset(
    {
        "conditionExpression",
        "condition",
        "timeDate",
        "timeDuration",
        "timeCycle",
        "loopCardinality",
        "completionCondition",
        "loopCondition",
    }
)


def check(seen: Diagram) -> Findings:
    """Yield the elements and constructs that are not supported."""
    for element in seen.considered():
        if markup.namespace(element) != markup.BPMN:
            continue
        tag = markup.local(element)
        if tag in vocabulary.REFUSED_ELEMENTS:
            advice = vocabulary.REFUSED_ELEMENTS[tag]
            kind = markup.KINDS.get(tag) or markup.EVENT_KINDS.get(tag)
            yield seen.finding(
                "unsupported-element", element, f"平台能执行的元素（{advice}）", f"{kind or '元素'} {tag}"
            )
        yield from _constructs(seen, element, tag)
        if tag in _EXPRESSIONS and element.get("language", "").strip().lower() not in _LANGUAGES:
            yield seen.finding(
                "expression-language",
                element,
                "Python 的安全子集，不写 language 属性",
                f"language=“{element.get('language')}”",
            )
    for node in seen.nodes:
        yield from _event(seen, node)


def _constructs(seen: Diagram, element: etree._Element, tag: str) -> Findings:
    """Yield what is wrong with the attributes of a supported element."""

    def refuse(expected: str, found: str) -> definitions.Finding:
        return seen.finding("unsupported-construct", element, expected, found)

    for attribute in _BOOLEANS:
        if element.get(attribute, "true") not in ("true", "false"):
            yield refuse(f"{attribute} 写作 true 或 false", f"“{element.get(attribute)}”")
    if markup.truth(element, "isForCompensation"):
        yield refuse("不用于补偿的活动，撤回的工作请画成任务", "isForCompensation=“true”")
    if markup.truth(element, "parallelMultiple"):
        yield refuse("只等一个事件，几个事件请用并行网关", "parallelMultiple=“true”")
    if markup.truth(element, "instantiate"):
        yield refuse("由消息开始事件启动流程", "instantiate=“true”")
    for attribute in ("startQuantity", "completionQuantity"):
        if element.get(attribute, "1").strip() != "1":
            yield refuse("每次一个令牌", f"{attribute}=“{element.get(attribute)}”")
    if tag == "eventBasedGateway" and element.get("eventGatewayType", "Exclusive") == "Parallel":
        yield refuse("先到的事件决定去向（Exclusive）", "eventGatewayType=“Parallel”")
    if tag == "multiInstanceLoopCharacteristics" and element.get("behavior", "All") != "All":
        yield refuse("全部实例完成后继续（All）", f"behavior=“{element.get('behavior')}”")
    if tag == "extension" and markup.truth(element, "mustUnderstand"):
        yield refuse("没有必须理解的扩展", f"必须理解的扩展 {element.get('definition')}")
    if tag == "dataStore" and ("capacity" in element.attrib or not markup.truth(element, "isUnlimited", True)):
        yield refuse("数据存储只是图示，不写 capacity 和 isUnlimited", "有容量限制的数据存储")
    if "operationRef" in element.attrib:
        yield refuse("用消息名称，不用 Web 服务接口", f"operationRef=“{element.get('operationRef')}”")
    written = element.get("implementation", "##unspecified")
    if tag in markup.TASKS and written not in ("##unspecified", "##WebService"):
        yield refuse("由处理程序或人来办，不写 implementation", f"implementation=“{written}”")
    if tag == "definitions":
        for child in markup.bpmn_children(element):
            if markup.local(child).endswith("EventDefinition"):
                yield seen.finding("unsupported-construct", child, "事件类型直接写在事件中", "写在流程之外的事件类型")


def _event(seen: Diagram, node: Node) -> Findings:
    """Yield what is wrong with the event definitions of an event."""
    if node.tag not in markup.EVENTS or node.tag == "implicitThrowEvent":
        return
    if node.event is None:
        kinds = "、".join(event_kind(each) for each in node.events)
        yield seen.finding(
            "unsupported-construct", node.element, "一个事件只有一种类型，几种请分成几个事件", f"几种类型：{kinds}"
        )
        return
    if any(markup.local(each) in vocabulary.REFUSED_ELEMENTS for each in node.events):
        return
    allowed, place = _allowed(node)
    if node.event not in allowed and not (node.tag == "startEvent" and node.event == "none"):
        found = event_kind(node.events[0]) if node.events else "无类型"
        yield seen.finding("event-position", node.element, f"{place}的类型为{_listed(allowed)}之一", f"{found}事件")


def _allowed(node: Node) -> tuple[frozenset[str], str]:
    allowed = frozenset(table.ELEMENTS[node.tag].events)
    if node.tag != "startEvent":
        return allowed, node.kind
    if node.scope.node is None:
        return allowed & _PROCESS_STARTS, "流程开始事件"
    if node.scope.node.triggered_by_event:
        return allowed - {"none"}, "事件子流程开始事件"
    return allowed, node.kind  # that an embedded subprocess has a none start event is told by the rule start-event


def event_kind(definition: etree._Element) -> str:
    """Say in Chinese what kind of event a definition makes."""
    return markup.EVENT_KINDS.get(markup.local(definition), markup.local(definition))


def _listed(kinds: frozenset[str]) -> str:
    names = [name for tag, name in markup.EVENT_KINDS.items() if tag.removesuffix("EventDefinition") in kinds]
    return "、".join(["无类型", *names] if "none" in kinds else names)
