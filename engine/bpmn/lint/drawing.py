"""Pools, message flows, and whether everything is drawn."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.lint import markup
from engine.bpmn.lint.diagram import Diagram
from engine.bpmn.lint.markup import BPMNDI
from engine.model import definitions

Findings = Iterator[definitions.Finding]

_SHAPES = markup.FLOW_NODES | {
    "participant",
    "lane",
    "textAnnotation",
    "group",
    "dataObjectReference",
    "dataStoreReference",
}
_EDGES = frozenset({"sequenceFlow", "messageFlow", "association"})


def check(seen: Diagram) -> Findings:
    """Yield what is wrong with pools and message flows, and what is not drawn."""
    yield from _pools(seen)
    yield from _message_flows(seen)
    yield from _drawn(seen)


def _pools(seen: Diagram) -> Findings:
    owners: dict[str, etree._Element] = {}
    for collaboration in seen.collaborations:
        for pool in markup.bpmn_children(collaboration, "participant"):
            reference = pool.get("processRef")
            if reference is None:
                continue
            found = seen.resolve(reference)
            if found is None or markup.local(found) != "process":
                yield seen.finding("pool", pool, "processRef 是流程的 id", f"“{reference}”")
            elif (other := owners.setdefault(markup.plain(reference), pool)) is not pool:
                name = markup.name_of(other) or other.get("id")
                yield seen.finding("pool", pool, "一个流程一个泳池", f"流程“{reference}”已在泳池“{name}”中")


def _message_flows(seen: Diagram) -> Findings:
    for collaboration in seen.collaborations:
        pools = markup.bpmn_children(collaboration, "participant")
        for flow in markup.bpmn_children(collaboration, "messageFlow"):
            ends = [_pool_of(seen, pools, flow.get(end, "")) for end in ("sourceRef", "targetRef")]
            for end, pool in zip(("sourceRef", "targetRef"), ends, strict=True):
                if pool is None:
                    yield seen.finding("message-flow", flow, f"{end} 是泳池或泳池中的节点", f"“{flow.get(end, '')}”")
            if ends[0] is not None and ends[0] is ends[1]:
                name = markup.name_of(ends[0]) or ends[0].get("id")
                yield seen.finding("message-flow", flow, "连接两个不同的泳池", f"两端都在泳池“{name}”中")


def _pool_of(seen: Diagram, pools: list[etree._Element], reference: str) -> etree._Element | None:
    """Return the pool that an end of a message flow is, or lies in."""
    found = seen.resolve(reference)
    if found in pools:
        return found
    node = seen.node_by_id.get(markup.plain(reference))
    if node is None:
        return None
    process = node.scope.process.element.get("id", "")
    return next((pool for pool in pools if markup.plain(pool.get("processRef", "")) == process), None)


def _drawn(seen: Diagram) -> Findings:
    shapes = _references(seen, "BPMNShape")
    edges = _references(seen, "BPMNEdge")
    if not shapes and not edges:
        if seen.nodes:
            yield seen.finding(
                "diagram-missing", seen.root, "有图形信息（gongkai layout 可自动排版）", "整个文件都没有"
            )
        return
    for element in markup.elements(seen.root):
        if markup.namespace(element) != markup.BPMN or not element.get("id"):
            continue
        tag = markup.local(element)
        if tag in _SHAPES and element.get("id") not in shapes:
            yield seen.finding("diagram-missing", element, f"{markup.KINDS.get(tag, tag)}有图形（BPMNShape）", "没有")
        elif tag in _EDGES and element.get("id") not in edges:
            yield seen.finding("diagram-missing", element, f"{markup.KINDS.get(tag, tag)}有连线（BPMNEdge）", "没有")
    for reference, drawn in [*shapes.items(), *edges.items()]:
        if reference not in seen.by_id:
            yield seen.finding("diagram-dangling", drawn, "bpmnElement 是文件中元素的 id", f"“{reference}”")


def _references(seen: Diagram, tag: str) -> dict[str, etree._Element]:
    return {markup.plain(each.get("bpmnElement", "")): each for each in seen.root.iter(f"{{{BPMNDI}}}{tag}")}
