"""How tokens get about: start events, the ends of flows, and whether every node is on a way from start to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.bpmn.lint import markup
from engine.bpmn.lint.diagram import Diagram, Flow, Node, Scope
from engine.model import definitions

Findings = Iterator[definitions.Finding]


def check(seen: Diagram) -> Findings:
    """Yield what is wrong with the ways through each scope.

    Where flows are broken, what cannot be reached is left for the next run: it would only repeat the same mistake.
    """
    for scope in seen.scopes:
        broken = [*_ends(seen, scope), *_listed(seen, scope)]
        starts = list(_starts(seen, scope))
        yield from broken
        yield from starts
        if not broken:
            onward, back = _ways(scope)
            yield from _unreachable(seen, scope, onward, back)
            yield from _dead_ends(seen, scope, onward, back)


def _starts(seen: Diagram, scope: Scope) -> Findings:
    if scope.tag not in ("process", "subProcess"):
        return
    starts = [node for node in scope.nodes if node.tag == "startEvent"]
    plain = [node for node in starts if node.event == "none"]
    if not starts:
        yield seen.finding("start-event", scope.element, f"{scope.kind}有开始事件", "没有")
    elif scope.node is None:
        for extra in plain[1:]:
            found = f"“{plain[0].label}”也是无类型开始事件"
            yield seen.finding("start-event", extra.element, "流程至多一个无类型的开始事件", found)
    else:
        for extra in starts[1:]:
            yield seen.finding(
                "start-event", extra.element, f"{scope.kind}恰有一个开始事件", f"“{starts[0].label}”也是"
            )
        if not scope.node.triggered_by_event and starts[0] not in plain:
            yield seen.finding("start-event", starts[0].element, "子流程的开始事件无类型", "有类型的开始事件")
        if scope.node.triggered_by_event and starts[0] in plain:
            yield seen.finding("start-event", starts[0].element, "事件子流程的开始事件有类型（消息、定时等）", "无类型")


def _ends(seen: Diagram, scope: Scope) -> Findings:
    for flow in scope.flows:
        for end, node in (("sourceRef", flow.source), ("targetRef", flow.target)):
            if node is None:
                yield seen.finding("flow-ends", flow.element, f"{end} 是节点的 id", f"“{flow.element.get(end, '')}”")
            elif node.scope is not scope:
                found = f"“{node.label}”在另一层（{_place(node.scope)}）"
                yield seen.finding("flow-ends", flow.element, f"{end} 在同一层（{_place(scope)}）", found)
        if flow.target is not None and flow.target.tag in ("startEvent", "boundaryEvent"):
            yield seen.finding("flow-ends", flow.element, f"不进入{flow.target.kind}", f"进入“{flow.target.label}”")
        if flow.source is not None and flow.source.tag == "endEvent":
            yield seen.finding("flow-ends", flow.element, "不离开结束事件", f"从“{flow.source.label}”出发")


def _place(scope: Scope) -> str:
    return f"{scope.kind} {markup.name_of(scope.element) or scope.element.get('id', '')}".strip()


def _listed(seen: Diagram, scope: Scope) -> Findings:
    for node in scope.nodes:
        for tag, word, flows in (("incoming", "流入", node.incoming), ("outgoing", "流出", node.outgoing)):
            listed = [markup.plain(markup.text_of(each)) for each in markup.bpmn_children(node.element, tag)]
            real = [flow.id for flow in flows]
            if listed and set(listed) != set(real):
                found = f"登记了 {_ids(listed)}"
                yield seen.finding("flow-mismatch", node.element, f"登记的{word}顺序流为 {_ids(real)}", found)


def _ids(identifiers: Iterable[str]) -> str:
    return "、".join(sorted(set(identifiers))) or "无"


def ways_on(node: Node) -> list[Node]:
    """Return the nodes of the same scope where a token may go next: along flows, by boundary event, along a link."""
    following = [flow.target for flow in node.outgoing if flow.target is not None and flow.target.scope is node.scope]
    following += [event for event in node.boundary if event.scope is node.scope]
    if node.tag == "intermediateThrowEvent" and node.event == "link":
        following += landings(node)
    return following


def landings(node: Node) -> list[Node]:
    """Return the link catch events where a link throw event lands."""
    return [
        other
        for other in node.scope.nodes
        if other.tag == "intermediateCatchEvent" and other.event == "link" and link_name(other) == link_name(node)
    ]


def link_name(node: Node) -> str:
    """Return the name of a link event's link."""
    return node.events[0].get("name", "").strip()


Ways = Mapping[Node, Sequence[Node]]


def _ways(scope: Scope) -> tuple[Ways, Ways]:
    """Return where a token may go from each node, and where it may come from."""
    onward = {node: ways_on(node) for node in scope.nodes}
    back: dict[Node, list[Node]] = {node: [] for node in scope.nodes}
    for node, following in onward.items():
        for other in following:
            back[other].append(node)
    return onward, back


def _unreachable(seen: Diagram, scope: Scope, onward: Ways, back: Ways) -> Findings:
    starts = [node for node in scope.nodes if node.tag == "startEvent"]
    if not starts:
        return
    apart = [node for node in scope.nodes if node.triggered_by_event or _alone(node)]
    reached = _closure([*starts, *apart], onward)
    for node in _causes([node for node in scope.nodes if node.id and node not in reached], back, onward):
        found = "没有任何流入" if not back[node] else "只能从它自己的回路走到"
        yield seen.finding("unreachable", node.element, "能从开始事件走到", found)


def _dead_ends(seen: Diagram, scope: Scope, onward: Ways, back: Ways) -> Findings:
    ends = [node for node in scope.nodes if node.tag == "endEvent" or node.triggered_by_event]
    ends += [node for node in scope.nodes if node.tag == "intermediateThrowEvent" and node.event == "link"]
    arriving = _closure(ends, back)
    for node in _causes([node for node in scope.nodes if node.id and node not in arriving], onward, back):
        found = "没有任何流出" if not onward[node] else "只在回路里打转"
        yield seen.finding("dead-end", node.element, "能走到结束事件", found)


def _alone(node: Node) -> bool:
    """Tell whether the node is a part whose partner is missing, which other rules tell of."""
    if node.tag == "boundaryEvent":
        return not any(node in other.boundary for other in node.scope.nodes)
    return node.tag == "intermediateCatchEvent" and node.event == "link"


def _causes(nodes: list[Node], before: Ways, after: Ways) -> list[Node]:
    """Return the nodes that explain the others: those with nothing before them, and one of each closed circle."""
    wrong = set(nodes)
    causes = [node for node in nodes if not any(other in wrong for other in before[node])]
    explained = _closure(causes, after)
    for node in nodes:
        if node not in explained:
            causes.append(node)
            explained |= _closure([node], after)
    return causes


def _closure(nodes: Iterable[Node], step: Ways) -> set[Node]:
    found: set[Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(step[node])
    return found


def beyond(node: Node) -> set[Node]:
    """Return the node and every node of its scope that a token may come to after it."""
    return _closure([node], _ways(node.scope)[0])


def in_scope(flows: Iterable[Flow], scope: Scope) -> list[Flow]:
    """Return the flows whose ends are both nodes of the scope."""
    return [
        flow
        for flow in flows
        if flow.source is not None and flow.target is not None and flow.source.scope is flow.target.scope is scope
    ]
