"""The local search for rows: place runs one by one where they cost least, then move and swap them while it helps."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from engine.bpmn.layout.shapes import Board, End, Kinship, Shape, clash, guess

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
        self.level: list[tuple[str, str, float]] = []
        self._taken: dict[tuple[float, int], str] = {}
        self._shapes: list[Shape] = []
        self._clashes: list[list[float]] = []
        self._kin: list[list[Kinship]] = []
        self._rows_now = 0.0
        self._settled = False

    @property
    def placed(self) -> set[str]:
        """Nodes that have a place."""
        return set(self.row)

    def keys(self, band: int) -> list[float]:
        """Row keys in use in a band, from top to bottom."""
        return sorted({row for node, row in self.row.items() if self.band[node] == band})

    def place(
        self,
        run: list[str],
        cells: dict[str, tuple[int, int]],
        links: list[Link],
        columns: list[int] | None = None,
        straight: float = 0.0,
    ) -> None:
        """Put a run of nodes of one band into the row, and a single node into the column, where it costs least.

        Args:
            run: The nodes, from left to right.
            cells: First column and number of columns of each of them.
            links: Edges of these nodes to each other and to nodes that have a place.
            columns: Columns to choose from, for a single node.
            straight: What it costs later to move neighbours of the run into different rows.
        """
        band = self.band[run[0]]
        for node, (column, span) in cells.items():
            self.column[node], self.span[node] = column, span
        if columns:
            self.choices[run[0]] = columns
        self.units.append(run)
        self._settle()
        best: tuple[float, int, float, int] | None = None
        for column in columns or [self.column[run[0]]]:
            for index, row in enumerate(self._rows(band)):
                if not self._free(run, row, column):
                    continue
                self._put(run, row, column)
                cost = self._price(run, links)
                if best is None or cost < best[0] - 1e-9:
                    best = (cost, index, row, column)
                self._lift(run)
        assert best is not None  # a fresh row is always free
        self.links += links
        self.level += ((a, b, straight) for a, b in itertools.pairwise(run))
        self._put(run, best[2], best[3])
        self._renumber()

    def _price(self, run: list[str], links: list[Link]) -> float:
        """What a new run costs where it stands."""
        touched = {cell for node in run for cell in self._cells(node, self.row[node], self.column[node])}
        cost, shapes = self._delta(set(), touched)
        board = self._board()
        kins = list(self.links)
        for link in links:
            shape = self._guess(board, link)
            cost += shape.cost * link.weight
            for other, mate in zip(shapes, kins, strict=True):
                if _near(shape, other):
                    cost += clash(shape, other, _kinship(link, mate))
            shapes.append(shape)
            kins.append(link)
        return cost

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
        best: tuple[float, float, int, list[str]] | None = None
        for to_column in self.choices.get(run[0], [column]) if len(run) == 1 else [column]:
            for row in self._rows(self.band[run[0]]):
                if row == here and to_column == column:
                    continue
                others = self._in_the_way(run, row, to_column)
                if others is None or (others and to_column != column):
                    continue
                delta = self._try(run, others, row, here, to_column)
                if best is None or delta < best[0] - 1e-9:
                    best = (delta, row, to_column, others)
        if best is None or best[0] >= -1e-9:
            return False
        self._lift(run)
        self._shift(best[3], here)
        self._put(run, best[1], best[2])
        self._renumber()
        return True

    def _rows(self, band: int) -> list[float]:
        """Rows to try: those in use, nearest to the first ones first, then new ones between and around them."""
        keys = self.keys(band)
        if not keys:
            return [band * _BAND]
        between = [(a + b) / 2 for a, b in itertools.pairwise(keys)]
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

    def _try(self, run: list[str], others: list[str], row: float, here: float, column: int) -> float:
        before = self.column[run[0]]
        touched = {cell for node in (*run, *others) for cell in self._cells(node, self.row[node], self.column[node])}
        self._lift(run)
        self._shift(others, here)
        self._put(run, row, column)
        touched.update(c for node in (*run, *others) for c in self._cells(node, self.row[node], self.column[node]))
        delta, _ = self._delta({*run, *others}, touched)
        self._lift(run)
        self._shift(others, row)
        self._put(run, here, before)
        return delta

    def _board(self) -> Board:
        return Board(self._taken, sorted(set(self.row.values())))

    def _guess(self, board: Board, link: Link) -> Shape:
        source = self._end(link.source, link.source_corners, link.below)
        return guess(board, source, self._end(link.target, link.target_corners), link.beside)

    def _end(self, node: str, corners: bool, below: bool = False) -> End:
        left = self.column[node]
        return End(left, left + self.span[node] - 1, self.row[node], corners, below)

    def _rows_cost(self) -> float:
        row = self.row
        bent = sum(cost for a, b, cost in self.level if a in row and b in row and row[a] != row[b])
        return _ROW * len(set(row.values())) + bent

    def _settle(self) -> None:
        """Remember shapes and clashes of the present state, so that trials cost only what they change."""
        if self._settled:
            return
        self._settled = True
        board = self._board()
        shapes = self._shapes = [self._guess(board, link) for link in self.links]
        count = len(shapes)
        if len(self._kin) != count:
            self._kin = [[_kinship(a, b) for b in self.links] for a in self.links]
        self._clashes = [[0.0] * count for _ in range(count)]
        self._rows_now = self._rows_cost()
        for i in range(count):
            for j in range(i):
                if _near(shapes[i], shapes[j]):
                    value = clash(shapes[i], shapes[j], self._kin[i][j])
                    self._clashes[i][j] = self._clashes[j][i] = value

    def _delta(self, moved: set[str], touched: set[tuple[float, int]]) -> tuple[float, list[Shape]]:
        """What the present state costs more than the settled one, and the shapes of the edges.

        Edges far from the touched cells are taken to run as before.
        """
        board, old = self._board(), self._shapes
        shapes = list(old)
        changed = []
        places = [(y, 2 * c + 1) for y, c in touched]
        for i, link in enumerate(self.links):
            was = old[i]
            if link.source not in moved and link.target not in moved:
                left, right, top, bottom = was.left - 1, was.right + 1, was.top - 0.5, was.bottom + 0.5
                if not any(left <= x <= right and top <= y <= bottom for y, x in places):
                    continue
            shape = self._guess(board, link)
            if shape.cost != was.cost or shape.points != was.points:
                shapes[i] = shape
                changed.append(i)
        delta = self._rows_cost() - self._rows_now
        done: set[int] = set()
        for i in changed:
            shape, row, kin = shapes[i], self._clashes[i], self._kin[i]
            delta += (shape.cost - old[i].cost) * self.links[i].weight
            for j, other in enumerate(shapes):
                if j == i or j in done:
                    continue
                delta -= row[j]
                if _near(shape, other):
                    delta += clash(shape, other, kin[j])
            done.add(i)
        return delta, shapes

    def _renumber(self) -> None:
        """Make the row keys of every band whole numbers again, in order."""
        renamed: dict[tuple[int, float], float] = {}
        for band in sorted({self.band[n] for n in self.row}):
            for index, key in enumerate(self.keys(band)):
                renamed[band, key] = band * _BAND + index
        for node in self.row:
            self.row[node] = renamed[self.band[node], self.row[node]]
        self._taken = {cell: node for node in self.row for cell in self._cells(node, self.row[node], self.column[node])}
        self._settled = False


def _kinship(a: Link, b: Link) -> Kinship:
    if a.target == b.target:
        return Kinship.TARGET
    if a.source != b.source:
        return Kinship.NONE
    if a.below or b.below:
        return Kinship.SEATS
    return Kinship.GATEWAY if a.source_corners else Kinship.SOURCE


def _near(a: Shape, b: Shape) -> bool:
    return a.left <= b.right and b.left <= a.right and a.top <= b.bottom and b.top <= a.bottom
