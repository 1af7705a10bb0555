"""What already runs on the grid: which edges use a step, cross a point, or end at a port."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

from engine.bpmn.layout.model import Edge, Flow
from engine.bpmn.layout.ports import Route

_COVER, _MERGE, _SPLIT, _TRACK, _TOUCH, _CORNER = 900.0, 4.0, 60.0, 7.0, 300.0, 45.0


class Traffic:
    """Books of the routed edges."""

    def __init__(self, edges: dict[str, Edge], solid_lines: list[bool], solid_levels: list[bool]) -> None:
        self.edges = edges
        # Lines and levels that are no channels hold one edge only.
        self._solid = {False: solid_lines, True: solid_levels}
        #: Channels that an edge should leave to others: (edge, horizontal, level or line).
        self.banned: set[tuple[str, bool, int]] = set()
        self._steps: dict[tuple[int, int, bool], list[str]] = defaultdict(list)
        self._through: dict[tuple[int, int, bool], list[str]] = defaultdict(list)
        self._corners: dict[tuple[int, int], list[str]] = defaultdict(list)

    def step(self, i: int, j: int, flat: bool, edge: str) -> float:
        """Cost of sharing the step that starts at line i, level j."""
        index = j if flat else i
        fine = _COVER if self.banned and (edge, flat, index) in self.banned else 0.0
        users = self._steps.get((i, j, flat))
        if not users:
            return fine
        solid = self._solid[flat][index]
        return fine + sum(self._share(edge, other, solid) for other in users)

    def _share(self, edge: str, other: str, solid: bool) -> float:
        a, b = self.edges[edge], self.edges[other]
        if a.flow is b.flow is Flow.SEQUENCE:
            if a.target == b.target:
                return _MERGE if solid else 0.0
            if a.source == b.source:
                return _SPLIT if solid else _TRACK
        return _COVER if solid else _TRACK

    def crossing(self, i: int, j: int, flat: bool, edge: str) -> int:
        """How many edges cross the point when going straight on."""
        others = self._through.get((i, j, not flat))
        if not others:
            return 0
        mine = self.edges[edge]
        return sum(not _joined(mine, self.edges[other]) for other in others)

    def busy(self, i: int, j: int, edge: str) -> int:
        """How many other edges pass a point or turn there."""
        found = {
            *self._corners.get((i, j), ()),
            *self._through.get((i, j, True), ()),
            *self._through.get((i, j, False), ()),
        }
        return len(found - {edge})

    def touching(self, i: int, j: int, turn: bool, edge: str) -> float:
        """Cost of meeting a corner of another edge, or a straight edge with a corner, where neither can give way."""
        hard = self._solid[False][i], self._solid[True][j]
        if not any(hard):
            return 0.0
        others = list(self._corners.get((i, j), ()))
        if not all(hard):
            # Here tracks keep two corners apart, as long as nothing else forces their order.
            return _CORNER * sum(not self._kin(edge, o) for o in others) if turn else 0.0
        if turn:
            others += self._through.get((i, j, True), ())
            others += self._through.get((i, j, False), ())
        return _TOUCH * sum(not self._kin(edge, o) for o in others)

    def _kin(self, edge: str, other: str) -> bool:
        a, b = self.edges[edge], self.edges[other]
        return _joined(a, b) or (a.flow is b.flow is Flow.SEQUENCE and a.source == b.source)

    def add(self, edge: str, route: Route) -> None:
        """Book a route."""
        for step in _steps(route.points):
            self._steps[step].append(edge)
        for point in _through(route):
            self._through[point].append(edge)
        for corner in route.points:
            self._corners[corner].append(edge)

    def remove(self, edge: str, route: Route) -> None:
        """Take a route out of the books."""
        for step in _steps(route.points):
            self._steps[step].remove(edge)
        for point in _through(route):
            self._through[point].remove(edge)
        for corner in route.points:
            self._corners[corner].remove(edge)


def _joined(a: Edge, b: Edge) -> bool:
    return a.flow is b.flow is Flow.SEQUENCE and a.target == b.target


def _steps(points: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int, bool]]:
    for (a, b), (c, d) in itertools.pairwise(points):
        if b == d:
            for i in range(min(a, c), max(a, c)):
                yield i, b, True
        else:
            for j in range(min(b, d), max(b, d)):
                yield a, j, False


def walk(points: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """Every point of the grid on the way."""
    for (a, b), (c, d) in itertools.pairwise(points):
        dx, dy = (c > a) - (c < a), (d > b) - (d < b)
        for n in range(abs(c - a) + abs(d - b)):
            yield a + dx * n, b + dy * n
    yield points[-1]


def _through(route: Route) -> Iterator[tuple[int, int, bool]]:
    """Points that are passed straight on, and whether horizontally; into and out of ports counts."""
    way = list(walk(route.points))
    before = (way[0][0] - route.source.away[0], way[0][1] - route.source.away[1])
    after = (way[-1][0] + route.target.away[0] * -1, way[-1][1] + route.target.away[1] * -1)
    full = [before, *way, after]
    for a, b, c in zip(full, full[1:], full[2:], strict=False):
        if a[1] == b[1] == c[1]:
            yield b[0], b[1], True
        elif a[0] == b[0] == c[0]:
            yield b[0], b[1], False
