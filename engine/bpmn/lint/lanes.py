"""Lanes: who a user task belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.lint import markup
from engine.bpmn.lint.diagram import Diagram, Node, Scope
from engine.bpmn.lint.markup import BPMN
from engine.bpmn.lint.surroundings import Surroundings
from engine.model import definitions

Findings = Iterator[definitions.Finding]

_PERSONS = ("assignee", "candidateUsers", "candidateGroups")


def check(seen: Diagram, around: Surroundings) -> Findings:
    """Yield what is wrong with lanes, and user tasks that nobody can do."""
    held: dict[str, list[etree._Element]] = {}
    for scope in seen.scopes:
        lanes = _leaves(scope)
        for lane in lanes:
            yield from _role(seen, lane, around)
            for reference in lane.iterchildren(f"{{{BPMN}}}flowNodeRef"):
                held.setdefault(markup.text_of(reference), []).append(lane)
                yield from _known(seen, lane, reference)
        if lanes:
            yield from _membership(seen, scope, held)
    for node in seen.nodes:
        if node.tag == "userTask" and not _performed(node, held):
            yield seen.finding("performer", node.element, "泳道、办理人、候选人或候选组", "都没有")


def _leaves(scope: Scope) -> list[etree._Element]:
    """Return the lanes of the scope that hold nodes: those without lanes inside them."""
    own = [lane for each in markup.bpmn_children(scope.element, "laneSet") for lane in each.iter(f"{{{BPMN}}}lane")]
    return [lane for lane in own if lane.find(f"{{{BPMN}}}childLaneSet/{{{BPMN}}}lane") is None]


def _role(seen: Diagram, lane: etree._Element, around: Surroundings) -> Findings:
    name = markup.name_of(lane)
    if name is None:
        yield seen.finding("lane-role", lane, "泳道有名称", "没有")
    elif around.roles is not None and name not in around.roles:
        yield seen.finding(
            "lane-role", lane, f"角色 {'、'.join(around.roles) or '（pack.yaml 中没有角色）'} 之一", f"“{name}”"
        )


def _known(seen: Diagram, lane: etree._Element, reference: etree._Element) -> Findings:
    identifier = markup.text_of(reference)
    if identifier not in seen.node_by_id:
        yield seen.finding("lane-membership", reference, "flowNodeRef 是节点的 id", f"“{identifier}”")


def _membership(seen: Diagram, scope: Scope, held: dict[str, list[etree._Element]]) -> Findings:
    for node in scope.nodes:
        lanes = held.get(node.id, [])
        if len(lanes) > 1:
            found = "、".join(markup.name_of(lane) or str(lane.get("id", "")) for lane in lanes)
            yield seen.finding("lane-membership", node.element, "恰在一个泳道中", f"在几个泳道中：{found}")
        elif not lanes and node.tag != "boundaryEvent":  # a boundary event goes where its activity is
            yield seen.finding("lane-membership", node.element, "在一个泳道中", "不在任何泳道中")


def _performed(node: Node, held: dict[str, list[etree._Element]]) -> bool:
    if any(markup.camunda(node.element, name) for name in _PERSONS):
        return True
    here: Node | None = node
    while here is not None:
        if here.id in held:
            return True
        here = here.scope.node
    return False
