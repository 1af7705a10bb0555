"""A guess at how an edge will run, good enough to compare two ways of putting nodes into rows.

Horizontal places are counted in half columns: 2c is the channel left of column c, 2c + 1 its middle.  Vertical places
are row keys; a channel lies 0.2 above or below its row.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

BEND, ROW, CROSSING, OVERLAP, SHARED = 1.0, 0.45, 2.2, 6.0, 1.5
_CHANNEL = 0.2
_SIDE_OF_TASK = 0.9


@dataclass(frozen=True, slots=True)
class End:
    """Where a node stands: first and last column, row key.

    ``corners`` tells whether the middles of its upper and lower side are natural exits, ``below`` that the edge can
    only leave at the lower one, as that of a boundary event does.
    """

    left: int
    right: int
    row: float
    corners: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A guessed run: its cost, and its pieces.

    ``flat`` holds horizontal pieces (y, x1, x2), ``steep`` vertical ones (x, y1, y2, side1, side2), where the sides
    tell whether the edge goes on to the left (-1) or right (1) of the upper and the lower end, or ends there (0).
    """

    cost: float
    points: tuple[tuple[float, float], ...]
    flat: tuple[tuple[float, float, float], ...]
    steep: tuple[tuple[float, float, float, int, int], ...]
    left: float
    right: float
    top: float
    bottom: float


#: A way that an edge could run: its cost and corners.
_Choice = tuple[float, list[tuple[float, float]]]


class Board:
    """Which cells are taken."""

    def __init__(self, taken: Mapping[tuple[float, int], str], rows: Sequence[float]) -> None:
        self.taken, self.rows = taken, rows

    def flat(self, row: float, first: int, last: int) -> bool:
        """Whether the cells of the columns from first to last are free in a row."""
        return all((row, c) not in self.taken for c in range(first, last + 1))

    def steep(self, column: int, a: float, b: float) -> bool:
        """Whether the cells strictly between two rows are free in a column."""
        low, high = min(a, b), max(a, b)
        return all((r, column) not in self.taken for r in self.between(low, high))

    def between(self, low: float, high: float) -> Sequence[float]:
        """Rows strictly between two row keys."""
        start = bisect_left(self.rows, low + 1e-9)
        return self.rows[start : bisect_left(self.rows, high)]

    def distance(self, a: float, b: float) -> int:
        """Number of rows from one to the other."""
        return abs(bisect_left(self.rows, a) - bisect_left(self.rows, b))


def guess(board: Board, source: End, target: End, beside: bool = False) -> Shape:
    """The cheapest plausible run.

    Args:
        board: The taken cells.
        source: Where the edge starts.
        target: Where it ends.
        beside: The edge belongs to an artifact and may start and end at every side.
    """
    if source.below:
        choices = _below(board, source, target)
    elif source.left <= target.right and target.left <= source.right:
        choices = _same_column(board, source, target, beside)
    elif target.left > source.right:
        choices = _forward(board, source, target, beside)
    elif beside:
        choices = _forward(board, target, source, beside)
    else:
        choices = _backward(board, source, target)
    return _build(*min(choices, key=lambda choice: choice[0]))


def _choice(board: Board, points: list[tuple[float, float]], extra: float = 0.0) -> _Choice:
    cost, bends = extra, -1
    flat: bool | None = None
    rows = board.rows
    (ax, ay) = points[0]
    for bx, by in points:
        if ax != bx:
            bends += flat is not True
            flat = True
        elif ay != by:
            bends += flat is not False
            flat = False
            cost += ROW * abs(bisect_left(rows, ay) - bisect_left(rows, by))
        ax, ay = bx, by
    return cost + BEND * max(0, bends), points


def _build(cost: float, points: list[tuple[float, float]]) -> Shape:
    flat: list[tuple[float, float, float]] = []
    steep: list[tuple[float, float, float, int, int]] = []
    for n, ((ax, ay), (bx, by)) in enumerate(itertools.pairwise(points)):
        if ay == by and ax != bx:
            flat.append((ay, min(ax, bx), max(ax, bx)))
        elif ax == bx and ay != by:
            start = _sign(points[n - 1][0] - ax) if n else 0
            end = _sign(points[n + 2][0] - bx) if n + 2 < len(points) else 0
            steep.append((ax, ay, by, start, end) if ay < by else (ax, by, ay, end, start))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Shape(cost, tuple(points), tuple(flat), tuple(steep), min(xs), max(xs), min(ys), max(ys))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _same_column(board: Board, source: End, target: End, beside: bool) -> list[_Choice]:
    a, b = source.row, target.row
    column = (max(source.left, target.left) + min(source.right, target.right)) // 2
    x = 2 * column + 1
    choices = []
    if board.steep(column, a, b):
        side = 0.0 if beside else (0.0 if source.corners else _SIDE_OF_TASK)
        choices.append(_choice(board, [(x, a), (x, b)], side))
    right = 2 * max(source.right, target.right) + 2
    left = 2 * min(source.left, target.left)
    choices.append(_choice(board, [(x, a), (right, a), (right, b), (x, b)], 2.0))
    choices.append(_choice(board, [(x, a), (left, a), (left, b), (x, b)], 2.0))
    return choices


def _forward(board: Board, source: End, target: End, beside: bool) -> list[_Choice]:
    a, b = source.row, target.row
    out, into = 2 * source.right + 1, 2 * target.left + 1
    between = (source.right + 1, target.left - 1)
    if a == b and board.flat(a, *between):
        return [_choice(board, [(out, a), (into, a)])]
    choices = []
    first, last = out + 1, into - 1
    if a != b:
        if board.flat(a, *between):
            choices.append(_choice(board, [(out, a), (last, a), (last, b), (into, b)]))
        if board.flat(b, *between):
            choices.append(_choice(board, [(out, a), (first, a), (first, b), (into, b)]))
        if (source.corners or beside) and board.steep(source.right, a, b) and board.flat(b, source.right, between[1]):
            choices.append(_choice(board, [(out, a), (out, b), (into, b)]))
        if (target.corners or beside) and board.steep(target.left, a, b) and board.flat(a, between[0], target.left):
            choices.append(_choice(board, [(out, a), (into, a), (into, b)], 0.2))
    for y in (a + _CHANNEL, a - _CHANNEL, b + _CHANNEL, b - _CHANNEL):
        choices.append(_choice(board, [(out, a), (first, a), (first, y), (last, y), (last, b), (into, b)], 0.5))
        if source.corners and abs(y - a) <= _CHANNEL:
            choices.append(_choice(board, [(out, a), (out, y), (last, y), (last, b), (into, b)], 0.3))
    return choices


def _below(board: Board, source: End, target: End) -> list[_Choice]:
    a, b = source.row, target.row
    out, into = 2 * source.right + 1, 2 * target.left + 1
    y = a + _CHANNEL
    side = into - 1 if target.left > source.right else 2 * target.right + 2
    choices = [_choice(board, [(out, a), (out, y), (side, y), (side, b), (into, b)], 0.3)]
    step = 1 if target.left > source.right else -1
    if (
        b > a
        and board.steep(source.right, a, b)
        and board.flat(
            b, *sorted((source.right if step > 0 else target.right + 1, target.left - 1 if step > 0 else source.right))
        )
    ):
        choices.append(_choice(board, [(out, a), (out, b), (into, b)]))
    return choices


def _backward(board: Board, source: End, target: End) -> list[_Choice]:
    a, b = source.row, target.row
    out, into = 2 * source.right + 1, 2 * target.left + 1
    choices = []
    between = (target.right + 1, source.left - 1)
    if a == b and board.flat(a, *between):
        choices.append(_choice(board, [(out, a), (into, a)], 0.3))
    if a != b:
        if board.steep(source.right, a, b) and board.flat(b, target.right + 1, source.right):
            choices.append(_choice(board, [(out, a), (out, b), (into, b)], 0.0 if source.corners else _SIDE_OF_TASK))
        if board.steep(target.left, a, b) and board.flat(a, target.left, source.left - 1):
            choices.append(_choice(board, [(out, a), (into, a), (into, b)], 0.3))
    for y in (a + _CHANNEL, a - _CHANNEL, b + _CHANNEL, b - _CHANNEL):
        if board.steep(source.right, a, y) and board.steep(target.left, y, b):
            choices.append(_choice(board, [(out, a), (out, y), (into, y), (into, b)], 0.5))
    y = max(a, b) + _CHANNEL
    choices.append(_choice(board, [(out, a), (out + 1, a), (out + 1, y), (into - 1, y), (into - 1, b), (into, b)], 3.0))
    return choices


class Kinship(Enum):
    """What two edges have in common; ``SEATS`` is a host whose boundary events they leave."""

    NONE = 0
    SOURCE = 1
    GATEWAY = 2
    TARGET = 3
    SEATS = 4


# How long a piece of a row two edges may share for nothing, in half columns: the way out of, or into, a shape.
_FREE = {Kinship.NONE: 0.0, Kinship.SOURCE: 1.1, Kinship.GATEWAY: 0.0, Kinship.TARGET: 1.1, Kinship.SEATS: 1.1}


def clash(one: Shape, other: Shape, kinship: Kinship) -> float:
    """What two runs cost by crossing or covering each other."""
    cost = _cross(one, other) + _cross(other, one)
    share, free = (OVERLAP if kinship is Kinship.NONE else SHARED), _FREE[kinship]
    for y, x1, x2 in one.flat:
        if (2 * y).is_integer():  # in a row, not in a channel
            for v, u1, u2 in other.flat:
                if v == y and min(x2, u2) - max(x1, u1) > free:
                    cost += share
    for piece in one.steep:
        for mate in other.steep:
            if piece[0] == mate[0] and piece[1] < mate[2] and mate[1] < piece[2]:
                if piece[0] % 2 == 1:
                    cost += share if kinship is not Kinship.SEATS else 0.0
                elif kinship in (Kinship.NONE, Kinship.SEATS):
                    cost += CROSSING * min(_beside(piece, mate), _beside(mate, piece))
    return cost


def _cross(one: Shape, other: Shape) -> float:
    cost = 0.0
    for y, x1, x2 in one.flat:
        for x, y1, y2, _, _ in other.steep:
            if x1 < x < x2 and y1 < y < y2:
                cost += CROSSING
    return cost


def _beside(left: tuple[float, float, float, int, int], right: tuple[float, float, float, int, int]) -> int:
    """Crossings of two vertical pieces in one channel when the first runs left of the second."""
    count = 0
    for piece, other, sign in ((left, right, 1), (right, left, -1)):
        for y, side in ((piece[1], piece[3]), (piece[2], piece[4])):
            if side != sign:
                continue
            if other[1] < y < other[2] or (y, -sign) in ((other[1], other[3]), (other[2], other[4])):
                count += 1
    return count
