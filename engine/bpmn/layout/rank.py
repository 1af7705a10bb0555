"""Columns: longest paths over the edges that lead forward, and the happy path among them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from engine.bpmn.layout import returns
from engine.bpmn.layout.model import ARTIFACTS, Flow, Scope, Step

# A flow with such a name leads away from the happy path.
_REFUSALS = ("否", "不", "未", "无", "退", "驳", "超", "逾", "no", "reject")
_REFUSED = ("不", "未", "退", "驳", "终止", "撤", "放弃", "超", "逾", "视为")
_STEP, _REFUSAL, _BOUNDARY, _UNHAPPY_END, _DEAD_END = 2, -3, -16, -8, -14


@dataclass(slots=True)
class Ranking:
    """The columns of the nodes of the flow, how many columns each covers, and what was found on the way."""

    column: dict[str, int]
    span: dict[str, int]
    forward: list[Step]
    back: list[Step]
    happy: list[str]


def rank(scope: Scope, span: dict[str, int]) -> Ranking:
    """Give every node of the flow its column.

    Args:
        scope: The scope; artifacts and event subprocesses get no column here.
        span: Number of columns that wide nodes cover; 1 for those not named.
    """
    bodies = [n.id for n in scope.nodes.values() if n.kind not in ARTIFACTS and not n.host and not n.event_driven]
    steps = _steps(scope, set(bodies))
    back = _back(bodies, steps, scope)
    forward = [s for s in steps if s.edge.id not in back and s.source != s.target]
    spans = {b: span.get(b, 1) for b in bodies}
    happy = _happy_path(scope, bodies, forward)
    backward = [s for s in steps if s.edge.id in back or s.source == s.target]
    paths = returns.find(scope, forward, backward, set(happy))
    returning = {node for path in paths for node in path.chain}
    column = _columns(scope, bodies, [s for s in forward if s.target not in returning], spans)
    returns.place(column, paths)
    return Ranking(column, spans, forward, backward, happy)


def _steps(scope: Scope, bodies: set[str]) -> list[Step]:
    steps = []
    for edge in scope.edges:
        if edge.flow not in (Flow.SEQUENCE, Flow.ASSOCIATION):
            continue
        ends = []
        for end in (edge.source, edge.target):
            node = scope.nodes.get(end)
            ends.append(end if node is None or not node.host else node.host)
        if ends[0] in bodies and ends[1] in bodies:
            steps.append(Step(edge, ends[0], ends[1]))
    return steps


def _back(bodies: list[str], steps: list[Step], scope: Scope) -> set[str]:
    """Ids of the edges that close a cycle, seen from the starts in the order of the file."""
    after: dict[str, list[Step]] = defaultdict(list)
    targets = {s.target for s in steps if s.source != s.target}
    for step in steps:
        after[step.source].append(step)
    # What leaves at a boundary event is an exception: the normal flow decides first what is forward.
    for found in after.values():
        found.sort(key=lambda s: s.edge.source != s.source)
    starts = [b for b in bodies if b not in targets]
    starts.sort(key=lambda b: scope.nodes[b].tag != "startEvent")
    back: set[str] = set()
    state: dict[str, int] = {}
    for start in starts + bodies:
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(after[start]))]
        while stack:
            node, pending = stack[-1]
            following = next(pending, None)
            if following is None:
                state[node] = 2
                stack.pop()
            elif state.get(following.target) == 1:
                back.add(following.edge.id)
            elif following.target not in state:
                state[following.target] = 1
                stack.append((following.target, iter(after[following.target])))
    return back


def order(bodies: list[str], pairs: list[tuple[str, str]]) -> list[str]:
    """Topological order of an acyclic graph, stable in the order of the bodies."""
    incoming = dict.fromkeys(bodies, 0)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        after[source].append(target)
        incoming[target] += 1
    ready = [b for b in bodies if not incoming[b]]
    done = []
    while ready:
        node = ready.pop(0)
        done.append(node)
        for target in after[node]:
            incoming[target] -= 1
            if not incoming[target]:
                ready.append(target)
    return done


def _happy_path(scope: Scope, bodies: list[str], forward: list[Step]) -> list[str]:
    """The longest path from the first start to an end that is no error, along flows that do not refuse."""
    best: dict[str, tuple[int, str | None]] = {}
    after: dict[str, list[Step]] = defaultdict(list)
    for step in forward:
        if step.edge.flow is Flow.SEQUENCE:
            after[step.source].append(step)
    for node in reversed(order(bodies, [(s.source, s.target) for s in forward])):
        choices = [(_weight(step) + best[step.target][0], step.target) for step in after[node]]
        # max() keeps the first of equals: the order of the file decides.
        score, following = max(choices, key=lambda c: c[0], default=(0, None))
        best[node] = (score + (_STEP if following else _ending(scope, node)), following)
    targets = {s.target for s in forward}
    starts = [b for b in bodies if b not in targets and scope.nodes[b].tag == "startEvent"]
    starts = starts or [b for b in bodies if b not in targets] or bodies[:1]
    path = [max(starts, key=lambda b: best[b][0])] if starts else []
    while path and (following := best[path[-1]][1]) is not None:
        path.append(following)
    return path


def _ending(scope: Scope, node: str) -> int:
    """What it counts to end there: at an end that is none, or at a return, the happy path does not."""
    if not scope.nodes[node].happy_end or scope.nodes[node].name.startswith(_REFUSED):
        return _UNHAPPY_END
    return _DEAD_END if any(e.source == node and e.flow is Flow.SEQUENCE for e in scope.edges) else _STEP


def _weight(step: Step) -> int:
    if step.edge.source != step.source:
        return _BOUNDARY
    return _REFUSAL if step.edge.name.lower().startswith(_REFUSALS) else 0


def _columns(scope: Scope, bodies: list[str], forward: list[Step], span: dict[str, int]) -> dict[str, int]:
    pairs = [(s.source, s.target) for s in forward]
    lengths = {(s.source, s.target): span[s.source] for s in forward}
    _add_messages(scope, set(bodies), pairs, lengths)
    sequence = order(bodies, pairs)
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        before[target].append(source)
        after[source].append(target)
    column: dict[str, int] = {}
    for node in sequence:
        column[node] = max((column[p] + lengths[p, node] for p in before[node]), default=0)
    # What has no predecessor stands right before its successor, but the first start stands first.
    first = next((b for b in sequence if scope.nodes[b].tag == "startEvent"), None)
    for node in reversed(sequence):
        if not before[node] and after[node] and node != first:
            column[node] = max(0, min(column[t] - lengths[node, t] for t in after[node]))
    return column


def _add_messages(
    scope: Scope, bodies: set[str], pairs: list[tuple[str, str]], lengths: dict[tuple[str, str], int]
) -> None:
    """A message between two pools runs straight down when its receiver is no further left than its sender."""
    hosts = {n.id: n.host or n.id for n in scope.nodes.values()}
    for edge in scope.edges:
        source, target = hosts.get(edge.source, ""), hosts.get(edge.target, "")
        if edge.flow is Flow.MESSAGE and source in bodies and target in bodies and not _leads(pairs, target, source):
            pairs.append((source, target))
            lengths.setdefault((source, target), 0)


def _leads(pairs: list[tuple[str, str]], source: str, target: str) -> bool:
    seen, stack = {source}, [source]
    while stack:
        node = stack.pop()
        if node == target:
            return True
        for a, b in pairs:
            if a == node and b not in seen:
                seen.add(b)
                stack.append(b)
    return False
