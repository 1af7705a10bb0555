"""Rows: every lane gets as many as it needs, straight runs keep theirs, and a local search removes crossings."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.layout import runs
from engine.bpmn.layout.model import ARTIFACTS, Flow, Kind, Node, Scope
from engine.bpmn.layout.rank import Ranking
from engine.bpmn.layout.search import Link, Search

#: What it costs when the happy path, or another run, leaves its row within one lane.
_STRAIGHT, _LEVEL = 3.0, 0.4


@dataclass(frozen=True, slots=True)
class Cell:
    """A node's place in the grid of its scope; rows count through all bands."""

    column: int
    span: int
    row: int


@dataclass(frozen=True, slots=True)
class Cells:
    """The grid: the cell of every node but boundary events, and the rows of every band."""

    of: dict[str, Cell]
    rows: tuple[range, ...]

    @property
    def columns(self) -> int:
        """Number of columns."""
        return max((cell.column + cell.span for cell in self.of.values()), default=1)


def assign(scope: Scope, ranking: Ranking, span: dict[str, int]) -> Cells:
    """Give every node a row in its band, and artifacts a column near what they belong to.

    ``span`` holds how many columns subprocesses cover.
    """
    search = Search({n.id: n.band for n in scope.nodes.values()})
    for run in runs.decompose(scope, ranking):
        cells = {n: (ranking.column[n], ranking.span[n]) for n in run}
        straight = _STRAIGHT if run[0] in ranking.happy else _LEVEL
        search.place(run, cells, _links(scope, ranking, search, run), straight=straight)
    search.improve(rounds=4)
    for node in sorted(_artifacts(scope), key=lambda n: n.kind is not Kind.DATA):
        _place_artifact(scope, search, node)
    search.improve(rounds=2)
    search.improve(rounds=2, single=True)
    _place_apart(scope, span, search)
    return _cells(scope, search)


def _artifacts(scope: Scope) -> list[Node]:
    return [n for n in scope.nodes.values() if n.kind in ARTIFACTS]


def _links(scope: Scope, ranking: Ranking, search: Search, run: list[str]) -> list[Link]:
    """The edges between the nodes of a run, and from them to nodes that are placed."""
    happy = set(zip(ranking.happy, ranking.happy[1:], strict=False))
    known = search.placed | set(run)
    fresh = set(run)
    found = []
    for step in (*ranking.forward, *ranking.back):
        if step.source in known and step.target in known and fresh & {step.source, step.target}:
            if step.source == step.target:
                continue
            weight = 3.0 if (step.source, step.target) in happy else 1.0
            gateways = [scope.nodes[end].kind is Kind.GATEWAY for end in (step.source, step.target)]
            below = step.edge.source != step.source
            found.append(Link(step.source, step.target, weight, gateways[0], gateways[1], below=below))
    for edge in scope.edges:
        if edge.flow is Flow.MESSAGE:
            source, target = _body(scope, edge.source), _body(scope, edge.target)
            if source in known and target in known and fresh & {source, target}:
                found.append(Link(source, target, 0.7, True, True, beside=True))
    return found


def _body(scope: Scope, end: str) -> str:
    node = scope.nodes.get(end)
    return node.host if node is not None and node.host else end


def _place_artifact(scope: Scope, search: Search, node: Node) -> None:
    """Right above or below a partner where there is room, else nearby."""
    flows = {e.id: e.source for e in scope.edges}
    partners = []
    for edge in scope.edges:
        if node.id in (edge.source, edge.target):
            other = _body(scope, edge.target if edge.source == node.id else edge.source)
            other = other if other in scope.nodes else _body(scope, flows.get(other, ""))
            if other in search.placed:
                partners.append(other)
    links = [Link(node.id, p, 0.8, True, True, beside=True) for p in dict.fromkeys(partners)]
    columns = [c for p in partners for c in range(search.column[p], search.column[p] + search.span[p])]
    low, high = min(columns, default=0), max(columns, default=0)
    choices = list(range(max(0, low - 1), high + 2)) if partners else [0]
    search.place([node.id], {node.id: (low, 1)}, links, choices)


def _place_apart(scope: Scope, spans: dict[str, int], search: Search) -> None:
    """Event subprocesses stand below everything else of their band, side by side."""
    free: dict[int, int] = {}
    for node in scope.nodes.values():
        if node.event_driven:
            span = spans.get(node.id, 1)
            column = free.get(node.band, 0)
            search.append(node.id, column, span, new_row=node.band not in free)
            free[node.band] = column + span


def _cells(scope: Scope, search: Search) -> Cells:
    ranges = []
    index: dict[tuple[int, float], int] = {}
    total = 0
    for band in range(scope.bands):
        keys = search.keys(band) or [0.0]
        for offset, key in enumerate(keys):
            index[band, key] = total + offset
        ranges.append(range(total, total + len(keys)))
        total += len(keys)
    cells = {
        node: Cell(search.column[node], search.span[node], index[search.band[node], search.row[node]])
        for node in search.row
    }
    return Cells(cells, tuple(ranges))
