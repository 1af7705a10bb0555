"""Names of edges: next to their source where possible, and where nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.bpmn.layout import text
from engine.bpmn.layout.geometry import Box, Line, Point, pieces
from engine.bpmn.layout.model import Edge, Flow

_NEAR, _START, _STEP = 4, 6, 12
_BOX, _LABEL, _EDGE, _BORDER, _OWN, _OUTSIDE, _SHARED = 1000.0, 1000.0, 400.0, 60.0, 500.0, 300.0, 150.0


@dataclass(slots=True)
class Surroundings:
    """What a label must keep clear of."""

    boxes: list[Box]
    labels: list[Box]
    lines: dict[str, Line]
    #: Horizontal borders of lanes and pools.
    borders: list[float]
    #: Stripes between pools, in which the names of message flows like to stand.
    stripes: list[tuple[float, float]] = field(default_factory=list)
    #: The area that labels must not leave.
    area: Box | None = None


def place(edges: list[Edge], around: Surroundings) -> dict[str, Box]:
    """Labels of all named edges that have a line."""
    found: dict[str, Box] = {}
    named = [e for e in edges if e.name and e.id in around.lines]
    for edge in sorted(named, key=lambda e: e.flow is Flow.MESSAGE):
        block = text.label(edge.name)
        width, height = round(block.width + 2), round(block.height)
        best: tuple[float, Box] | None = None
        mates = [
            around.lines[e.id] for e in edges if e.source == edge.source and e.id in around.lines and e is not edge
        ]
        for liking, box in _candidates(edge, around, width, height):
            if best is not None and liking >= best[0]:
                continue
            cost = liking + _trouble(edge.id, box, around)
            # Next to a piece that two edges share, nobody knows whose name it is.
            if any(box.struck(a, b, _START + 5) for mate in mates for a, b in pieces(mate)):
                cost += _SHARED
            if best is None or cost < best[0]:
                best = (cost, box)
        if best is not None:
            found[edge.id] = best[1]
            around.labels.append(best[1])
    return found


def _candidates(edge: Edge, around: Surroundings, width: int, height: int) -> Iterator[tuple[float, Box]]:
    for n, (a, b) in enumerate(pieces(around.lines[edge.id])):
        far = 30.0 * n
        if edge.flow is Flow.MESSAGE:
            if a[0] == b[0]:
                yield from _message(a, b, width, height, around.stripes)
        elif a[1] == b[1]:
            yield from _flat(a, b, width, height, far, _first(edge, n))
        else:
            yield from _steep(a, b, width, height, far, _first(edge, n))
    if edge.flow is Flow.MESSAGE:
        for a, b in pieces(around.lines[edge.id]):
            if a[1] == b[1]:
                yield from _flat(a, b, width, height, 100)


def _first(edge: Edge, n: int) -> float:
    """Where a label may begin: behind the slash of a default flow."""
    return 16.0 if edge.default and n == 0 else 0.0


def _flat(a: Point, b: Point, width: int, height: int, far: float, first: float = 0) -> Iterator[tuple[float, Box]]:
    length = abs(b[0] - a[0])
    # A label that is longer than its piece of line reads badly.
    short = 40.0 if length < width else 0.0
    right = b[0] > a[0]
    offset = max(float(_START), first)
    while True:
        x = a[0] + offset if right else a[0] - offset - width
        for below, y in ((0.0, a[1] - height - _NEAR + 1), (3.0, a[1] + _NEAR)):
            yield far + short + below + offset / 20, Box(round(x), round(y), width, height)
        offset += _STEP
        if offset + width > length - 10:
            return


def _steep(a: Point, b: Point, width: int, height: int, far: float, first: float = 0) -> Iterator[tuple[float, Box]]:
    length = abs(b[1] - a[1])
    down = b[1] > a[1]
    offset = float(_NEAR)
    aside = _START + (4 if first else 0)
    while True:
        y = a[1] + offset if down else a[1] - offset - height
        for left, x in ((0.0, a[0] + aside), (2.0, a[0] - aside - width)):
            yield far + left + offset / 20 + (20.0 if length < height else 0.0), Box(round(x), round(y), width, height)
        offset += _STEP
        if offset + height > length - 4:
            return


def _message(
    a: Point, b: Point, width: int, height: int, stripes: list[tuple[float, float]]
) -> Iterator[tuple[float, Box]]:
    low, high = min(a[1], b[1]), max(a[1], b[1])
    for top, bottom in stripes:
        start, end = max(low, top), min(high, bottom)
        if end - start < 20:
            continue
        middle = (start + end - height) / 2
        for shift in (0, -8, 8, -16, 16, -26, 26, -36, 36):
            for left, x in ((0.0, a[0] + _START), (2.0, a[0] - _START - width)):
                yield left + abs(shift) / 10, Box(round(x), round(middle + shift), width, height)
    yield from _steep(a, b, width, height, 40.0)


def _trouble(own: str, box: Box, around: Surroundings) -> float:
    cost = 0.0
    cost += _BOX * sum(box.overlaps(other, 2) for other in around.boxes)
    cost += _LABEL * sum(box.overlaps(other, 2) for other in around.labels)
    for key, line in around.lines.items():
        for a, b in pieces(line):
            if box.struck(a, b, 1):
                cost += _OWN if key == own else _EDGE
    cost += _BORDER * sum(box.y - 1 < y < box.bottom + 1 for y in around.borders)
    if around.area is not None and not around.area.holds(box):
        cost += _OUTSIDE
    return cost
