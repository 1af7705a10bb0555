"""Route all edges of a scope, the important ones first, then each of them once more among all others."""

from __future__ import annotations

import itertools
from collections import defaultdict

from engine.bpmn.layout import astar, ports
from engine.bpmn.layout.grid import Grid
from engine.bpmn.layout.model import Edge, Flow, Kind
from engine.bpmn.layout.ports import Context, Port, Route
from engine.bpmn.layout.traffic import Traffic, walk

_ORDER = {Flow.SEQUENCE: 0, Flow.DATA: 1, Flow.MESSAGE: 2, Flow.ASSOCIATION: 3}
_AGAINST, _SAME_EXIT, _OTHER_FLOW, _NAMED = 500.0, 90.0, 900.0, 60.0
_BUSY = 200.0
_PASSES = 2
_RETURN = 0.6
_MOST = 3


class Router:
    """Routes of the edges of one scope."""

    def __init__(self, context: Context, grid: Grid, happy: list[str]) -> None:
        self.context, self.grid = context, grid
        self.edges = {e.id: e for e in context.scope.edges}
        self.happy = set(itertools.pairwise(happy))
        solid_lines = [not line.channel for line in grid.lines]
        solid_levels = [level.row is not None for level in grid.levels]
        self.traffic = Traffic(self.edges, solid_lines, solid_levels)
        self.routes: dict[str, Route] = {}
        self.used: dict[tuple[str, str, float], list[tuple[str, bool]]] = defaultdict(list)

    def run(self) -> dict[str, Route]:
        """Route everything; edges whose ends cannot be reached are left out."""
        order = sorted(self.edges.values(), key=self._rank)
        for edge in order:
            self._route(edge)
        for _ in range(_PASSES - 1):
            for edge in order:
                if self._anchored(edge) or edge.id not in self.routes:
                    continue
                self._remove(edge.id)
                self._route(edge)
        for rivals in self._rivals(order):
            self._reorder(rivals)
        for edge in order:
            if self._anchored(edge):
                if edge.id in self.routes:
                    self._remove(edge.id)
                self._route(edge)
        return self.routes

    def _rivals(self, order: list[Edge]) -> list[list[Edge]]:
        """Edges that leave one gateway, or enter one node, want the same ports: who comes first decides."""
        found: dict[tuple[bool, str], list[Edge]] = defaultdict(list)
        for edge in order:
            if edge.flow is Flow.SEQUENCE and edge.id in self.routes:
                found[True, edge.source].append(edge)
                found[False, edge.target].append(edge)
        return [rivals for rivals in found.values() if 1 < len(rivals) <= _MOST]

    def _reorder(self, rivals: list[Edge]) -> None:
        """Keep the order of routing that costs least in sum."""
        best: tuple[float, list[Route]] | None = None
        before = [self.routes[e.id] for e in rivals]
        for order in itertools.permutations(rivals):
            for edge in rivals:
                if edge.id in self.routes:
                    self._remove(edge.id)
            for edge in order:
                self._route(edge)
            if any(e.id not in self.routes for e in rivals):
                continue
            cost = sum(self.routes[e.id].cost for e in rivals)
            if best is None or cost < best[0] - 1:
                best = (cost, [self.routes[e.id] for e in rivals])
        for edge in rivals:
            if edge.id in self.routes:
                self._remove(edge.id)
        for edge, route in zip(rivals, best[1] if best is not None else before, strict=True):
            self._add(edge.id, route)

    def part(self, one: list[str], other: list[str], flat: bool, index: int) -> None:
        """Send edges that cannot share a channel different ways: the less important ones give it up."""
        giving = max(one, other, key=lambda group: (-len(group), max(self._rank(self.edges[e]) for e in group)))
        for edge in giving:
            self.traffic.banned.add((edge, flat, index))
            self._remove(edge)
            self._route(self.edges[edge])

    def _anchored(self, edge: Edge) -> bool:
        """Whether the edge ends at another edge, which has to lie still."""
        return edge.source in self.edges or edge.target in self.edges

    def _rank(self, edge: Edge) -> tuple[int, bool, bool, int, int, str]:
        scope, cells = self.context.scope, self.context.cells
        ends = []
        for end in (edge.source, edge.target):
            node = scope.nodes.get(end)
            cell = cells.of.get(node.host or node.id) if node is not None else None
            ends.append((cell.row, cell.column) if cell is not None else (0, 0))
        rows, columns = abs(ends[0][0] - ends[1][0]), abs(ends[0][1] - ends[1][1])
        anchored = self._anchored(edge)
        happy = (edge.source, edge.target) in self.happy
        return (_ORDER[edge.flow] + anchored, edge.id in self.context.back, not happy, rows, columns, edge.id)

    def _route(self, edge: Edge) -> None:
        starts = [(p, p.penalty + self._crowding(edge, p, True)) for p in self._ports(edge, edge.source, True)]
        goals = [(p, p.penalty + self._crowding(edge, p, False)) for p in self._ports(edge, edge.target, False)]
        if not starts or not goals:
            return
        low, high = self._region(edge)
        inside = 1.5 if edge.flow is Flow.MESSAGE else 1.0
        length = _RETURN if edge.id in self.context.back else 1.0
        task = astar.Task(edge.id, tuple(starts), tuple(goals), low, high, inside, length)
        route = astar.search(self.grid, self.traffic, task)
        if route is None:
            return
        self._add(edge.id, route)

    def _add(self, edge: str, route: Route) -> None:
        self.routes[edge] = route
        self.traffic.add(edge, route)
        for port, out in ((route.source, True), (route.target, False)):
            self.used[port.node, port.side, port.slot].append((edge, out))

    def _remove(self, edge: str) -> None:
        route = self.routes.pop(edge)
        self.traffic.remove(edge, route)
        for port, out in ((route.source, True), (route.target, False)):
            self.used[port.node, port.side, port.slot].remove((edge, out))

    def _region(self, edge: Edge) -> tuple[int, int]:
        if edge.flow is Flow.MESSAGE or len(self.context.scope.pools) == 1:
            if edge.flow is Flow.SEQUENCE:
                return self.grid.region(0)
            return self.grid.region(None)
        bands = [n.band for n in map(self.context.scope.nodes.get, (edge.source, edge.target)) if n is not None]
        pools = {self.context.scope.pool_of(band) for band in bands}
        return self.grid.region(pools.pop() if len(pools) == 1 else None)

    def _ports(self, edge: Edge, end: str, out: bool) -> list[Port]:
        if end not in self.edges:
            return ports.ports(self.context, self.grid, edge, end, out)
        route = self.routes.get(end)
        if route is None:
            return []
        way = list(walk(route.points))
        found = []
        for n, (i, j) in enumerate(way):
            penalty = 6.0 * abs(n - (len(way) - 1) / 2) + _BUSY * self.traffic.busy(i, j, end)
            for away in ports.RIGHT, ports.LEFT, ports.UP, ports.DOWN:
                if self._clear(way, route, n, away):
                    found.append(Port(end, "edge", float(n), i, j, away, penalty))
        return found

    def _clear(self, way: list[tuple[int, int]], route: Route, n: int, away: tuple[int, int]) -> bool:
        """Whether the edge goes straight on, across the given direction, at the nth point of its way."""
        before = way[n - 1] if n else (way[0][0] - route.source.away[0], way[0][1] - route.source.away[1])
        after = way[n + 1] if n + 1 < len(way) else (way[n][0] - route.target.away[0], way[n][1] - route.target.away[1])
        flat = before[1] == way[n][1] == after[1]
        steep = before[0] == way[n][0] == after[0]
        return (flat and away[0] == 0) or (steep and away[1] == 0)

    def _crowding(self, edge: Edge, port: Port, out: bool) -> float:
        """What it costs to share a port."""
        if port.side == "edge":
            return 0.0
        if port.side == "border":
            return _OTHER_FLOW * len(self.used.get((port.node, port.side, port.slot), ()))
        cost = 0.0
        gateway = self.context.scope.nodes[port.node].kind is Kind.GATEWAY
        for other_id, other_out in self.used.get((port.node, port.side, port.slot), ()):
            other = self.edges[other_id]
            if edge.flow is not Flow.SEQUENCE or other.flow is not Flow.SEQUENCE:
                cost += _OTHER_FLOW
            elif other_out != out:
                cost += _AGAINST
            elif out:
                cost += (_SAME_EXIT if gateway else 20.0) + (_NAMED if edge.name or other.name else 0.0)
        return cost
