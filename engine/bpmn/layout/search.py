"""The local search for rows: place runs one by one where they cost least, then move and swap them while it helps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.bpmn.layout.shapes import Board, End, Shape, clash, guess

#: What one more row of a lane costs, compared with a bend of an edge.
_ROW = 0.9
#: Row keys of one band lie within this distance of each other.
_BAND = 1000.0


@dataclass(frozen=True, slots=True)
class Link:
    """An edge as far as the rows are concerned; the flags tell whether upper and lower corners are natural exits."""

    source: str
    target: str
    weight: float
    source_corners: bool
    target_corners: bool
    beside: bool = False
    below: bool = False


class Search:
    """The state of the search: where everything stands, and what that costs."""

    def __init__(self, band: dict[str, int]) -> None:
        self.band = band
        self.row: dict[str, float] = {}
        self.column: dict[str, int] = {}
        self.span: dict[str, int] = {}
        self.links: list[Link] = []
        self.units: list[list[str]] = []
        self.choices: dict[str, list[int]] = {}
        self._taken: dict[tuple[float, int], str] = {}
        self._shapes: list[Shape] = []
        self._clashes: list[list[float]] = []

    @property
    def placed(self) -> set[str]:
        """Nodes that have a place."""
        return set(self.row)

    def keys(self, band: int) -> list[float]:
        """Row keys in use in a band, from top to bottom."""
        return sorted({row for node, row in self.row.items() if self.band[node] == band})

    def place(
        self, run: list[str], cells: dict[str, tuple[int, int]], links: list[Link], columns: list[int] | None = None
    ) -> None:
        """Put a run of nodes of one band into the row, and a single node into the column, where it costs least."""
        band = self.band[run[0]]
        for node, (column, span) in cells.items():
            self.column[node], self.span[node] = column, span
        if columns:
            self.choices[run[0]] = columns
        self.units.append(run)
        self.links += links
        best: tuple[float, int, float, int] | None = None
        for column in columns or [self.column[run[0]]]:
            for index, row in enumerate(self._rows(band)):
                if not self._free(run, row, column):
                    continue
                self._put(run, row, column)
                cost = self._total()
                if best is None or cost < best[0] - 1e-9:
                    best = (cost, index, row, column)
                self._lift(run)
        assert best is not None  # a fresh row is always free
        self._put(run, best[2], best[3])
        self._renumber()

    def append(self, node: str, column: int, span: int, new_row: bool) -> None:
        """Put a node below everything else of its band, or beside the last one put there."""
        keys = self.keys(self.band[node])
        last = keys[-1] if keys else self.band[node] * _BAND
        row = last + 1 if new_row and keys else last
        self.column[node], self.span[node] = column, span
        self._put([node], row, column)

    def improve(self, rounds: int, single: bool = False) -> None:
        """Move runs (or single nodes) to other rows while that makes the whole cheaper."""
        units = [[node] for node in self.row] if single else self.units
        for _ in range(rounds):
            moved = [self._move(unit) for unit in units]
            if not any(moved):
                return

    def _move(self, run: list[str]) -> bool:
        if len({self.row[n] for n in run}) > 1:
            return False
        self._settle()
        here, column = self.row[run[0]], self.column[run[0]]
        base = self._cost
        best: tuple[float, float, int, list[str]] | None = None
        for to_column in self.choices.get(run[0], [column]) if len(run) == 1 else [column]:
            for row in self._rows(self.band[run[0]]):
                if row == here and to_column == column:
                    continue
                others = self._in_the_way(run, row, to_column)
                if others is None or (others and to_column != column):
                    continue
                delta = self._try(run, others, row, here, to_column)
                if delta is not None and (best is None or delta < best[0] - 1e-9):
                    best = (delta, row, to_column, others)
        if best is None or best[0] >= -1e-9:
            return False
        self._lift(run)
        self._shift(best[3], here)
        self._put(run, best[1], best[2])
        self._renumber()
        self._cost = base + best[0]
        return True

    def _rows(self, band: int) -> list[float]:
        """Rows to try: those in use, nearest to the first ones first, then new ones between and around them."""
        keys = self.keys(band)
        if not keys:
            return [band * _BAND]
        between = [(a + b) / 2 for a, b in zip(keys, keys[1:], strict=False)]
        return [*keys, *between, keys[-1] + 1, keys[0] - 1]

    def _cells(self, node: str, row: float, column: int) -> Iterable[tuple[float, int]]:
        return ((row, c) for c in range(column, column + self.span[node]))

    def _free(self, run: list[str], row: float, column: int) -> bool:
        shift = column - self.column[run[0]]
        return all(
            cell not in self._taken for node in run for cell in self._cells(node, row, self.column[node] + shift)
        )

    def _in_the_way(self, run: list[str], row: float, column: int) -> list[str] | None:
        """Nodes that would have to swap places with the run; None when they cannot."""
        shift = column - self.column[run[0]]
        own = set(run)
        cells = [cell for node in run for cell in self._cells(node, row, self.column[node] + shift)]
        others = list(dict.fromkeys(self._taken[c] for c in cells if c in self._taken and self._taken[c] not in own))
        here = self.row[run[0]]
        for node in others:
            for cell in self._cells(node, here, self.column[node]):
                if cell in self._taken and self._taken[cell] not in own:
                    return None
        return others

    def _put(self, run: list[str], row: float, column: int) -> None:
        shift = column - self.column[run[0]]
        for node in run:
            self.column[node] += shift
            self.row[node] = row
            for cell in self._cells(node, row, self.column[node]):
                self._taken[cell] = node

    def _lift(self, run: Iterable[str]) -> None:
        for node in run:
            for cell in self._cells(node, self.row[node], self.column[node]):
                if self._taken.get(cell) == node:
                    del self._taken[cell]
            del self.row[node]

    def _shift(self, nodes: list[str], row: float) -> None:
        self._lift(nodes)
        for node in nodes:
            self._put([node], row, self.column[node])

    def _try(self, run: list[str], others: list[str], row: float, here: float, column: int) -> float | None:
        before = self.column[run[0]]
        self._lift(run)
        self._shift(others, here)
        self._put(run, row, column)
        delta = self._delta()
        self._lift(run)
        self._shift(others, row)
        self._put(run, here, before)
        return delta

    def _guesses(self) -> list[Shape]:
        board = Board(self._taken, sorted(set(self.row.values())))
        shapes = []
        for link in self.links:
            source = self._end(link.source, link.source_corners, link.below)
            shapes.append(guess(board, source, self._end(link.target, link.target_corners), link.beside))
        return shapes

    def _end(self, node: str, corners: bool, below: bool = False) -> End:
        left = self.column[node]
        return End(left, left + self.span[node] - 1, self.row[node], corners, below)

    def _rows_cost(self) -> float:
        return _ROW * len(set(self.row.values()))

    def _clash(self, i: int, j: int, one: Shape, other: Shape) -> float:
        a, b = self.links[i], self.links[j]
        return clash(one, other, a.source == b.source or a.target == b.target)

    def _total(self) -> float:
        shapes = self._guesses()
        cost = self._rows_cost()
        for i, shape in enumerate(shapes):
            cost += shape.cost * self.links[i].weight
            for j in range(i):
                cost += self._clash(i, j, shape, shapes[j])
        return cost

    def _settle(self) -> None:
        """Remember shapes and clashes of the present state, so that trials cost only what they change."""
        if self._shapes and len(self._shapes) == len(self.links):
            return
        self._shapes = self._guesses()
        count = len(self._shapes)
        self._clashes = [[0.0] * count for _ in range(count)]
        self._cost = self._rows_cost()
        self._rows_now = self._cost
        for i in range(count):
            self._cost += self._shapes[i].cost * self.links[i].weight
            for j in range(i):
                value = self._clash(i, j, self._shapes[i], self._shapes[j])
                self._clashes[i][j] = self._clashes[j][i] = value
                self._cost += value

    def _delta(self) -> float:
        shapes = self._guesses()
        changed = [i for i, shape in enumerate(shapes) if shape != self._shapes[i]]
        delta = self._rows_cost() - self._rows_now
        done: set[int] = set()
        for i in changed:
            delta += (shapes[i].cost - self._shapes[i].cost) * self.links[i].weight
            row = self._clashes[i]
            for j, shape in enumerate(shapes):
                if j != i and j not in done:
                    delta += self._clash(i, j, shapes[i], shape) - row[j]
            done.add(i)
        return delta

    def _renumber(self) -> None:
        """Make the row keys of every band whole numbers again, in order."""
        renamed: dict[tuple[int, float], float] = {}
        for band in sorted({self.band[n] for n in self.row}):
            for index, key in enumerate(self.keys(band)):
                renamed[band, key] = band * _BAND + index
        for node in self.row:
            self.row[node] = renamed[self.band[node], self.row[node]]
        self._taken = {cell: node for node in self.row for cell in self._cells(node, self.row[node], self.column[node])}
        self._shapes = []
