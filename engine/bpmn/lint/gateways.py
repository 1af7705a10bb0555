"""Gateways, conditions and default flows: every decision is labelled, decidable and complete."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.lint import conditions, markup
from engine.bpmn.lint.diagram import Diagram, Flow, Node
from engine.model import definitions

Findings = Iterator[definitions.Finding]

_DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})
_AWAITED = frozenset({"message", "timer", "signal", "conditional"})


def check(seen: Diagram) -> Findings:
    """Yield what is wrong with gateways and with the conditions of flows."""
    for node in seen.nodes:
        if node.tag in _DECIDING and len(node.outgoing) > 1:
            yield from _decision(seen, node)
        elif node.tag in markup.ACTIVITIES and any(flow.condition for flow in node.outgoing):
            yield from _complete(seen, node)
        else:
            yield from _unconditional(seen, node)
        yield from _default(seen, node)
        if node.tag in markup.GATEWAYS:
            yield from _shape(seen, node)
        if node.tag == "eventBasedGateway":
            yield from _event_gateway(seen, node)


def _decision(seen: Diagram, node: Node) -> Findings:
    if not node.name.endswith(("？", "?")):
        found = f"“{node.name}”" if node.name else "没有名称"
        yield seen.finding("gateway-question", node.element, "名称是一个问题，以“？”结尾", found)
    for flow in node.outgoing:
        if markup.name_of(flow.element) is None:
            found = f"从“{node.label}”到“{_target(flow)}”的顺序流没有文字"
            yield seen.finding("flow-label", flow.element, "顺序流有文字，说明是哪种情况", found)
        if flow.condition is None and not flow.default:
            found = f"从“{node.label}”到“{_target(flow)}”的顺序流没有条件"
            yield seen.finding("gateway-condition", flow.element, "有条件，或设为缺省流", found)
    if all(flow.condition for flow in node.outgoing):
        yield from _complete(seen, node)


def _complete(seen: Diagram, node: Node) -> Findings:
    written = [flow.condition or "True" for flow in node.outgoing]
    if any(flow.default for flow in node.outgoing) or conditions.complete(written):
        return
    found = f"{len(written)} 个条件可能都不成立" if len(written) > 1 else "唯一的条件可能不成立"
    yield seen.finding("gateway-default", node.element, "有缺省流（default），或者条件可证明周全", found)


def _unconditional(seen: Diagram, node: Node) -> Findings:
    for flow in node.outgoing:
        if flow.condition is None or flow.default:
            continue
        where = f"只有一条流出的{node.kind}" if node.tag in _DECIDING else node.kind
        yield seen.finding(
            "conditional-flow", flow.element, f"没有条件（{where}的流出总会走）", f"条件“{flow.condition}”"
        )


def _default(seen: Diagram, node: Node) -> Findings:
    identifier = node.element.get("default")
    if identifier is None:
        return
    chosen = [flow for flow in node.outgoing if flow.default]
    if not chosen:
        yield seen.finding("default-flow", node.element, "default 是本节点流出的顺序流的 id", f"“{identifier}”")
    for flow in chosen:
        if flow.condition is not None:
            yield seen.finding("default-flow", flow.element, "缺省流没有条件", f"条件“{flow.condition}”")


def _shape(seen: Diagram, node: Node) -> Findings:
    ways_in, ways_out = len(node.incoming), len(node.outgoing)
    if ways_in > 1 and ways_out > 1:
        found = f"{ways_in} 条流入、{ways_out} 条流出"
        yield seen.finding("gateway-mixed", node.element, "汇合用一个网关，分支用另一个", found)
    elif ways_in <= 1 and ways_out <= 1 and node.tag != "eventBasedGateway":
        yield seen.finding(
            "gateway-useless", node.element, "几条流入或几条流出", f"{ways_in} 条流入、{ways_out} 条流出"
        )


def _event_gateway(seen: Diagram, node: Node) -> Findings:
    if len(node.outgoing) < 2:
        yield seen.finding("event-gateway", node.element, "至少两条流出的顺序流", f"{len(node.outgoing)} 条")
    for flow in node.outgoing:
        target = flow.target
        if target is None:
            continue
        awaited = target.tag == "intermediateCatchEvent" and target.event in _AWAITED
        if target.tag != "receiveTask" and not awaited:
            expected = "通向消息、定时、信号、条件的中间捕获事件或接收任务"
            yield seen.finding("event-gateway", flow.element, expected, f"通向{target.kind}“{target.label}”")
        elif len(target.incoming) > 1:
            found = f"“{target.label}”有 {len(target.incoming)} 条流入"
            yield seen.finding("event-gateway", target.element, "只从事件网关流入", found)
        elif target.boundary or (target.tag == "receiveTask" and _loop(target)):
            yield seen.finding("event-gateway", target.element, "没有边界事件和循环的接收任务", f"“{target.label}”有")


def _loop(node: Node) -> bool:
    return any(markup.local(each).endswith("LoopCharacteristics") for each in markup.bpmn_children(node.element))


def _target(flow: Flow) -> str:
    return flow.target.label if flow.target is not None else flow.element.get("targetRef", "")
