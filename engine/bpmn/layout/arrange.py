"""Lay out one scope: columns, rows, routes, tracks, pixels, labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.bpmn.layout import draw, edge_labels, labels, place, ports, rank, route, rows, seats, text, tracks
from engine.bpmn.layout.geometry import Box, Line
from engine.bpmn.layout.grid import Grid
from engine.bpmn.layout.model import Scope
from engine.bpmn.layout.place import Frame
from engine.bpmn.layout.rows import Cells

#: How often edges that lie on each other are sent different ways.
_PARTINGS = 3
#: Distance kept from the name of a subprocess, in pixels; more when labels have moved things about.
_TITLE_MARGINS = (25.0, 90.0, 180.0)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A scope in pixels; its upper left corner is the origin."""

    scope: Scope
    frame: Frame
    boxes: dict[str, Box]
    lines: dict[str, Line]
    labels: dict[str, Box]
    #: Left and right sides of the black-box pools.
    sides: dict[str, tuple[float, float]]


def arrange(scope: Scope, exits: dict[tuple[str, str], tuple[str, float]], title: str = "") -> Arrangement:
    """Lay out a scope whose subprocesses have their sizes.

    Args:
        scope: What to lay out.
        exits: For edges from inside of a subprocess, by edge and subprocess: the side at which they leave and the
            distance from the middle, in pixels.
        title: Name of the subprocess whose inside this is.
    """
    seats.widen(scope)
    for margin in _TITLE_MARGINS:
        found = _attempt(scope, exits, title, margin)
        if not _strikes(found, title):
            break
    return found


def _title_width(title: str, margin: float) -> float:
    return text.width(title, text.INSIDE) + 2 * margin if title else 0.0


def _strikes(found: Arrangement, title: str) -> bool:
    """Whether an edge leaves a subprocess through its name."""
    half = text.width(title, text.INSIDE) / 2 + 3 if title else 0.0
    ends = [(edge.id, end, n) for edge in found.scope.edges for n, end in ((0, edge.source), (-1, edge.target))]
    above = {key for key, border in found.scope.borders.items() if border.above and border.pool is None}
    return any(
        abs(found.lines[edge][n][0] - found.frame.end / 2) < half
        for edge, end, n in ends
        if end in above and edge in found.lines
    )


def _attempt(scope: Scope, exits: dict[tuple[str, str], tuple[str, float]], title: str, margin: float) -> Arrangement:
    span = seats.spans(scope)
    ranking = rank.rank(scope, span)
    cells = rows.assign(scope, ranking, span)
    sides = _border_columns(scope, cells)
    back = {step.edge.id for step in ranking.back}
    back |= {s.edge.id for s in ranking.forward if ranking.column[s.target] <= ranking.column[s.source]}
    context = ports.Context(scope, cells, seats.assign(scope, cells), exits, back, sides, _title_width(title, margin))
    need = place.extents(scope, cells)
    grid = Grid(scope, cells, place.solve(scope, cells, need), ports.extra_lines(context))
    router = route.Router(context, grid, ranking.happy)
    routes = router.run()
    plan = tracks.assign(grid, scope.edges, routes)
    for _ in range(_PARTINGS):
        if not plan.conflicts:
            break
        for conflict in plan.conflicts:
            router.part(*conflict)
        plan = tracks.assign(grid, scope.edges, routes)
    need.columns, need.levels = plan.columns, plan.levels
    names = labels.plan(context, routes)
    labels.reserve(context, need, names, routes, plan)
    frame = place.solve(scope, cells, need)
    boxes = draw.boxes(context, frame)
    lines = draw.lines(context, grid, frame, boxes, routes, plan)
    texts = {key: label.at(boxes[key]) for key, label in names.items()}
    around = edge_labels.Surroundings(
        list(boxes.values()),
        list(texts.values()),
        lines,
        list(_borders(frame)),
        _stripes(frame),
        Box(0, frame.top, frame.end, frame.bottom - frame.top),
    )
    texts |= edge_labels.place(scope.edges, around)
    pixels = {key: _pixels(frame, cells, columns) for key, columns in sides.items()}
    return Arrangement(scope, frame, boxes, lines, texts, pixels)


def _borders(frame: Frame) -> Iterable[float]:
    for top, bottom in (*frame.bands, *frame.pools):
        yield top
        yield bottom
    yield frame.top
    yield frame.bottom


def _stripes(frame: Frame) -> list[tuple[float, float]]:
    """Between and around pools."""
    edges = [frame.top, *(y for pool in frame.pools for y in pool), frame.bottom]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _border_columns(scope: Scope, cells: Cells) -> dict[str, tuple[int, int]]:
    """Black-box pools on one side of the diagram share its width by where their partners are."""
    found: dict[str, tuple[int, int]] = {}
    for above in (True, False):
        boxes = [b.id for b in scope.black_boxes if scope.borders[b.id].above is above]
        partners = {box: _partner_columns(scope, cells, box) for box in boxes}
        boxes.sort(key=lambda box: sum(partners[box]) / len(partners[box]) if partners[box] else 1e9)
        count, last = cells.columns, 0
        for index, box in enumerate(boxes):
            if index == len(boxes) - 1:
                end = count
            else:
                here, following = partners[box], partners[boxes[index + 1]]
                middle = (max(here, default=0) + min(following, default=count)) // 2 + 1
                # Every pool gets a column of its own, as long as there are any.
                end = max(last + 1, min(middle, count - (len(boxes) - 1 - index)))
            found[box] = (last, end)
            last = end
    return found


def _partner_columns(scope: Scope, cells: Cells, box: str) -> list[int]:
    found = []
    for edge in scope.edges:
        if box in (edge.source, edge.target):
            node = scope.nodes.get(edge.target if edge.source == box else edge.source)
            if node is not None:
                found.append(cells.of[node.host or node.id].column)
    return sorted(found)


def _pixels(frame: Frame, cells: Cells, columns: tuple[int, int]) -> tuple[float, float]:
    first, last = columns
    left = frame.start if first == 0 else _split(frame, first) + 10
    right = frame.end if last >= cells.columns else _split(frame, last) - 10
    return left, right


def _split(frame: Frame, column: int) -> float:
    """Middle of the channel left of a column; beyond the last one, further right."""
    if column < len(frame.center):
        return frame.vertical[column][0]
    return frame.end + 150 * (column - len(frame.center))
