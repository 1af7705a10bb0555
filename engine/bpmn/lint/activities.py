"""Activities: what a service, script, decision, call or loop needs to be carried out; and what follows an end."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn import process
from engine.bpmn.lint import literals, markup, vocabulary
from engine.bpmn.lint.diagram import Diagram, Node
from engine.bpmn.lint.surroundings import Surroundings
from engine.model import definitions

Findings = Iterator[definitions.Finding]

_CODE_ATTRIBUTES = ("class", "expression", "delegateExpression")
_VERSIONED = {"version": "calledElementVersion", "versionTag": "calledElementVersionTag"}


def check(seen: Diagram, around: Surroundings) -> Findings:
    """Yield what is wrong with activities."""
    for node in seen.nodes:
        yield from _topics(seen, node, around)
        if node.tag == "businessRuleTask":
            yield from _decision(seen, node, around)
        elif node.tag == "callActivity":
            yield from _call(seen, node, around)
        elif node.tag == "scriptTask":
            yield from _script(seen, node)
        elif node.tag == "endEvent":
            yield from _leads_to(seen, node, around)
        yield from _loops(seen, node)
        yield from _parameters(seen, node)
        yield from _retries(seen, node)


def _topics(seen: Diagram, node: Node, around: Surroundings) -> Findings:
    """Check the topics of a service or send task, or of the message that an event throws."""
    places = [node.element] if node.tag in ("serviceTask", "sendTask") else []
    places += [each for each in node.events if markup.local(each) == "messageEventDefinition"]
    for place in places:
        kind, topic = markup.camunda(place, "type"), markup.camunda(place, "topic")
        if node.tag in markup.CATCH_EVENTS:
            if kind is not None or topic is not None:
                yield seen.finding("topic", place, "等待消息的事件没有主题", f"topic=“{topic or ''}”")
            continue
        written_as_code = any(markup.camunda(place, name) is not None for name in _CODE_ATTRIBUTES)
        if written_as_code or markup.extensions(place, "connector"):
            continue  # refused already, with the advice to use a topic
        if kind not in (None, "", "external"):
            continue  # told by the rule camunda-value
        if node.tag != "serviceTask" and kind is None and topic is None:
            continue
        if kind != "external" or not topic:
            found = f"type=“{kind or ''}”、topic=“{topic or ''}”"
            yield seen.finding("topic", place, 'camunda:type="external" 和 camunda:topic', found)
        elif "${" in topic:
            yield seen.finding("topic", place, "主题是固定的文字", f"“{topic}”")
        elif around.topics is not None and topic not in around.topics:
            yield seen.finding(
                "handler",
                place,
                f"handlers/ 中有主题“{topic}”的处理程序，或者它在 pack.yaml 的 external_topics 中",
                "没有",
            )


def _decision(seen: Diagram, node: Node, around: Surroundings) -> Findings:
    reference = markup.camunda(node.element, "decisionRef")
    if not reference or "${" in reference:
        yield seen.finding("decision", node.element, "camunda:decisionRef 写明决策的 id", f"“{reference or ''}”")
    elif around.decisions is not None and reference not in around.decisions:
        yield seen.finding("decision", node.element, "已有的决策", f"“{reference}”")
    mapping = markup.camunda(node.element, "mapDecisionResult")
    if mapping and not markup.camunda(node.element, "resultVariable"):
        found = f"只有 mapDecisionResult=“{mapping}”"
        yield seen.finding("decision", node.element, "mapDecisionResult 与 camunda:resultVariable 一起写", found)


def _call(seen: Diagram, node: Node, around: Surroundings) -> Findings:
    called = node.element.get("calledElement", "")
    if not called.strip():
        yield seen.finding("called-process", node.element, "calledElement 写明被调用流程的 id", "没有")
    elif not _is_known(seen, called, around):
        yield seen.finding("called-process", node.element, "已有的流程", f"“{called}”")
    binding = markup.camunda(node.element, "calledElementBinding") or "deployment"
    for wanted, attribute in _VERSIONED.items():
        value = markup.camunda(node.element, attribute)
        if (binding == wanted) != bool(value):
            expected = f"calledElementBinding=“{wanted}”与 {attribute} 一起写"
            yield seen.finding("camunda-value", node.element, expected, f"“{binding}”与“{value or ''}”")
        elif value and attribute == "calledElementVersion" and not value.isdecimal():
            yield seen.finding("camunda-value", node.element, f"{attribute} 是正整数", f"“{value}”")
    for mapping in [*markup.extensions(node.element, "in"), *markup.extensions(node.element, "out")]:
        yield from _mapping(seen, mapping)


def _is_known(seen: Diagram, key: str, around: Surroundings) -> bool:
    own = {process.get("id") for process in seen.processes if process not in seen.drawn}
    return around.processes is None or key in around.processes or key in own


def _leads_to(seen: Diagram, node: Node, around: Surroundings) -> Findings:
    for entry in markup.property_elements(node.element):
        keys = process.led_to(entry.get("value", "")) if entry.get("name") == process.LEADS_TO else ()
        for key in sorted(keys):
            if not _is_known(seen, key, around):
                yield seen.finding("leads-to", entry, "leadsTo 是已有的流程", f"“{key}”")


def _mapping(seen: Diagram, mapping: etree._Element) -> Findings:
    sources = [name for name in ("source", "sourceExpression", "variables", "businessKey") if mapping.get(name)]
    if len(sources) != 1:
        found = "、".join(sources) or "没有"
        yield seen.finding("call-mapping", mapping, "source、sourceExpression、variables、businessKey 之一", found)
        return
    if sources == ["variables"] and mapping.get("variables") != "all":
        yield seen.finding("call-mapping", mapping, "variables=“all”", f"“{mapping.get('variables')}”")
    needs_target = sources[0] in ("source", "sourceExpression")
    target = mapping.get("target", "")
    if needs_target and not vocabulary.is_name(target):
        yield seen.finding("call-mapping", mapping, "target 是变量名", f"“{target}”")
    elif not needs_target and target:
        yield seen.finding("call-mapping", mapping, f"{sources[0]} 不写 target", f"“{target}”")
    if sources == ["source"] and not vocabulary.is_name(mapping.get("source", "")):
        yield seen.finding(
            "call-mapping", mapping, "source 是变量名，表达式写在 sourceExpression 中", f"“{mapping.get('source')}”"
        )
    if mapping.get("local", "false") != "false":
        yield seen.finding("call-mapping", mapping, "不写 local", f"“{mapping.get('local')}”")


def _script(seen: Diagram, node: Node) -> Findings:
    language = node.element.get("scriptFormat", "").strip()
    if language.lower() != "python":
        yield seen.finding("script", node.element, "scriptFormat=“python”", f"“{language}”")
    script = markup.child(node.element, "script")
    if script is None or not markup.text_of(script):
        yield seen.finding("script", node.element, "有脚本", "没有")


def _loops(seen: Diagram, node: Node) -> Findings:
    several = markup.child(node.element, "multiInstanceLoopCharacteristics")
    if several is not None:
        yield from _multi_instance(seen, node, several)
    loop = markup.child(node.element, "standardLoopCharacteristics")
    if loop is None:
        return
    condition, maximum = markup.child(loop, "loopCondition"), loop.get("loopMaximum", "").strip()
    if (condition is None or not markup.text_of(condition)) and not maximum:
        yield seen.finding("loop", loop, "loopCondition 或 loopMaximum", "都没有")
    elif maximum and (not maximum.isdecimal() or int(maximum) < 1):
        yield seen.finding("loop", loop, "loopMaximum 是正整数", f"“{maximum}”")


def _multi_instance(seen: Diagram, node: Node, several: etree._Element) -> Findings:
    reference = markup.child(several, "loopDataInputRef")
    written = markup.camunda(several, "collection") or (markup.text_of(reference) if reference is not None else "")
    cardinality = markup.child(several, "loopCardinality")
    number = markup.text_of(cardinality) if cardinality is not None else ""
    if bool(written) == bool(number):
        found = "都有" if written else "都没有"
        yield seen.finding("multi-instance", several, "camunda:collection 与 loopCardinality 之一", found)
    variable = markup.camunda(several, "elementVariable")
    if variable is not None and not written:
        found = f"只有 camunda:elementVariable=“{variable}”"
        yield seen.finding("multi-instance", several, "camunda:elementVariable 与 camunda:collection 一起写", found)
    given = markup.properties(node.element)
    if ("outputCollection" in given) != ("outputElement" in given):
        one = "outputCollection" if "outputCollection" in given else "outputElement"
        yield seen.finding("multi-instance", node.element, "outputCollection 与 outputElement 一起写", f"只有 {one}")


def _parameters(seen: Diagram, node: Node) -> Findings:
    for holder in markup.extensions(node.element, "inputOutput"):
        names: set[tuple[str, str]] = set()
        for each in holder.iterchildren(f"{{{markup.CAMUNDA}}}*"):
            tag, name = markup.local(each), each.get("name", "")
            if not vocabulary.is_name(name):
                yield seen.finding("input-output", each, "name 是变量名", f"“{name}”")
            elif (tag, name) in names:
                yield seen.finding("input-output", each, "不重复的参数", f"又一个“{name}”")
            names.add((tag, name))
            inside = list(each.iterchildren(etree.Element))
            if len(inside) > 1 or (inside and markup.text_of(each)):
                yield seen.finding("input-output", each, "一个值：文字、list 或 map", f"“{name}”有几个值")
            for child in each.iterdescendants(etree.Element):
                if etree.QName(child).namespace != markup.CAMUNDA:
                    yield seen.finding(
                        "input-output", child, "文字、list 或 map", f"“{name}”中有元素 {markup.local(child)}"
                    )
            if use := _useless(node, tag):
                yield seen.finding("input-output", each, use, f"{node.kind}上的 camunda:{tag}")


def _useless(node: Node, tag: str) -> str | None:
    """Say what is right about a parameter that the executor would not look at."""
    if node.triggered_by_event:
        return "事件子流程没有输入输出参数，请写在其中的任务上"
    if tag == "inputParameter":
        return "捕获事件只有输出参数" if node.tag in markup.CATCH_EVENTS else None
    if node.tag == "endEvent" or (node.tag == "intermediateThrowEvent" and not opens_job(node)):
        return "不等处理程序的抛出事件只有输入参数"
    if node.tag == "startEvent" and node.scope.node is not None and not node.scope.node.triggered_by_event:
        return "子流程的开始事件没有输出参数"
    return None


def _retries(seen: Diagram, node: Node) -> Findings:
    for each in markup.extensions(node.element, "failedJobRetryTimeCycle"):
        written = markup.text_of(each)
        if not literals.is_retry_cycle(written):
            yield seen.finding("retry-cycle", each, "R次数/间隔（R3/PT5M）或各次的间隔（PT1M,PT10M）", f"“{written}”")
        elif not opens_job(node):
            yield seen.finding("retry-cycle", each, "写在由处理程序办理的元素上", f"{node.kind}“{node.label}”没有主题")


def opens_job(node: Node) -> bool:
    """Tell whether the node is worked by a handler."""
    places = [node.element, *node.events]
    return node.tag == "serviceTask" or any(markup.camunda(place, "topic") is not None for place in places)
