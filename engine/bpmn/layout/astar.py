"""The search for the cheapest way of one edge over the grid."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from engine.bpmn.layout.grid import Grid
from engine.bpmn.layout.ports import Port, Route
from engine.bpmn.layout.traffic import Traffic

_BEND, _CROSSING = 60.0, 110.0
_FEW = 12
_DIRECTIONS = ((1, 0), (0, 1), (-1, 0), (0, -1))


@dataclass(frozen=True, slots=True)
class Task:
    """One search: where to start, where to arrive, and which levels are allowed.

    ``inside`` is what a pixel of a horizontal way inside of a pool costs, compared with one outside of pools.
    """

    edge: str
    starts: tuple[tuple[Port, float], ...]
    goals: tuple[tuple[Port, float], ...]
    low: int
    high: int
    inside: float = 1.0
    #: What a pixel costs at all: little for returns, which may go round.
    length: float = 1.0


def search(grid: Grid, traffic: Traffic, task: Task) -> Route | None:
    """The cheapest route, None when no port can be reached; of equally cheap ones, always the same."""
    return _Search(grid, traffic, task).run()


class _Search:
    def __init__(self, grid: Grid, traffic: Traffic, task: Task) -> None:
        self.grid, self.traffic, self.task = grid, traffic, task
        self.height = len(grid.levels)
        self.goals: dict[tuple[int, int], list[tuple[Port, float]]] = {}
        for port, cost in task.goals:
            self.goals.setdefault((port.line, port.level), []).append((port, cost))
        self.own = {port.line for port, _ in (*task.starts, *task.goals)}
        places = {(grid.x[p.line], grid.y[p.level], cost) for p, cost in task.goals}
        # Many goals lie side by side on a border: the distance to their level is a good enough estimate.
        self.sideways = 1.0 if len(places) <= _FEW else 0.0
        self.targets = sorted(places if self.sideways else {(0.0, y, 0.0) for _, y, _ in places})
        self.best: dict[int, float] = {}
        self.came: dict[int, int] = {}
        self.started: dict[int, Port] = {}
        self.queue: list[tuple[float, int, float, int]] = []
        self.count = 0

    def run(self) -> Route | None:
        for port, cost in self.task.starts:
            state = self._state(port.line, port.level, _DIRECTIONS.index(port.away))
            if cost < self.best.get(state, 1e18):
                self.best[state] = cost
                self.started[state] = port
                self.came.pop(state, None)
                self._push(state, cost, port.line, port.level)
        final: tuple[float, int, Port] | None = None
        while self.queue:
            estimate, _, cost, state = heapq.heappop(self.queue)
            if final is not None and estimate >= final[0]:
                break
            if cost > self.best[state]:
                continue
            i, j, d = self._unpack(state)
            for port, extra in self.goals.get((i, j), ()):
                turn = _DIRECTIONS[d] != (-port.away[0], -port.away[1])
                if turn and (_DIRECTIONS[d] == port.away or port.side == "edge"):
                    continue
                total = cost + extra + (self._turn(i, j) if turn else self._straight(i, j, d))
                if final is None or total < final[0]:
                    final = (total, state, port)
            self._spread(i, j, d, cost, state)
        return None if final is None else self._trace(*final)

    def _spread(self, i: int, j: int, d: int, cost: float, state: int) -> None:
        straight, bend = self._straight(i, j, d), self._turn(i, j)
        start = self.started.get(state)
        # An edge that ends at another one leaves it at a right angle, and not within the channel of that one.
        for turn in (0,) if start is not None and start.side == "edge" else (0, 1, 3):
            nd = (d + turn) % 4
            step = self._step(i, j, nd)
            if step is None:
                continue
            total = cost + step + (bend if turn else straight)
            dx, dy = _DIRECTIONS[nd]
            following = self._state(i + dx, j + dy, nd)
            if total < self.best.get(following, 1e18):
                self.best[following] = total
                self.came[following] = state
                self.started.pop(following, None)
                self._push(following, total, i + dx, j + dy)

    def _straight(self, i: int, j: int, d: int) -> float:
        """Going straight on at a point crosses what goes straight on there the other way."""
        edge = self.task.edge
        return _CROSSING * self.traffic.crossing(i, j, d % 2 == 0, edge) + self.traffic.touching(i, j, False, edge)

    def _turn(self, i: int, j: int) -> float:
        return _BEND + self.traffic.touching(i, j, True, self.task.edge)

    def _step(self, i: int, j: int, d: int) -> float | None:
        """Cost of the way to the next point; None where none leads."""
        grid = self.grid
        dx, dy = _DIRECTIONS[d]
        a, b = i + dx, j + dy
        if not (0 <= a < len(grid.lines) and self.task.low <= b <= self.task.high):
            return None
        if dx:
            low = min(i, a)
            if not grid.flat_free(low, j):
                return None
            length = abs(grid.x[a] - grid.x[i])
            if grid.levels[j].band is not None:
                length *= self.task.inside
            return length * self.task.length + self.traffic.step(low, j, True, self.task.edge)
        low = min(j, b)
        line = grid.lines[i]
        if not grid.steep_free(i, low) or ((line.shift or line.owner) and i not in self.own):
            return None
        return abs(grid.y[b] - grid.y[j]) * self.task.length + self.traffic.step(i, low, False, self.task.edge)

    def _push(self, state: int, cost: float, i: int, j: int) -> None:
        x, y = self.grid.x[i], self.grid.y[j]
        unit = self.task.length
        rest = min((abs(x - tx) * self.sideways + abs(y - ty)) * unit + extra for tx, ty, extra in self.targets)
        self.count += 1
        heapq.heappush(self.queue, (cost + rest, self.count, cost, state))

    def _state(self, i: int, j: int, d: int) -> int:
        return (i * self.height + j) * 4 + d

    def _unpack(self, state: int) -> tuple[int, int, int]:
        place, d = divmod(state, 4)
        i, j = divmod(place, self.height)
        return i, j, d

    def _trace(self, cost: float, state: int, target: Port) -> Route:
        points: list[tuple[int, int]] = []
        while True:
            i, j, _ = self._unpack(state)
            points.append((i, j))
            if state in self.started:
                source = self.started[state]
                break
            state = self.came[state]
        points.reverse()
        kept = [
            p
            for n, p in enumerate(points)
            if n in (0, len(points) - 1) or not _straight(points[n - 1], p, points[n + 1])
        ]
        return Route(tuple(kept), source, target, cost)


def _straight(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return a[0] == b[0] == c[0] or a[1] == b[1] == c[1]
