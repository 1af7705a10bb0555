"""Where edges may leave and enter shapes, and how much each side is liked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.bpmn.layout.grid import Grid, Line
from engine.bpmn.layout.model import Border, Edge, Flow, Kind, Node, Scope
from engine.bpmn.layout.rows import Cells

RIGHT, LEFT, UP, DOWN = (1, 0), (-1, 0), (0, -1), (0, 1)
#: Distance between the middle of a shape and its further ports, in pixels.  On a task of usual width they lie where
#: boundary events sit, so that lines through both are one line and not two that nearly touch.
SLOTS = {Kind.TASK: 28, Kind.GATEWAY: 14, Kind.EVENT: 10, Kind.DATA: 12}
_MAX = 10_000.0


@dataclass(frozen=True, slots=True)
class Port:
    """A point of the grid next to a shape, and the direction from the shape to it.

    ``side`` is R, L, T, B, or a border of the scope; ``slot`` tells ports of one side apart.
    """

    node: str
    side: str
    slot: float
    line: int
    level: int
    away: tuple[int, int]
    penalty: float


@dataclass(frozen=True, slots=True)
class Route:
    """Points of the grid at which an edge starts, turns and ends (line, level), and its ports."""

    points: tuple[tuple[int, int], ...]
    source: Port
    target: Port
    cost: float


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a boundary event sits: the column, and the shift of its middle from the middle of the column."""

    column: int
    shift: float


@dataclass(slots=True)
class Context:
    """What the ports of a scope depend on."""

    scope: Scope
    cells: Cells
    seats: dict[str, Seat]
    #: (edge, subprocess) -> side and distance from the middle at which an edge from within leaves.
    exits: dict[tuple[str, str], tuple[str, float]]
    back: set[str]
    #: Columns, from and up to, below or above which a black-box pool lies; all when not named.
    border_columns: dict[str, tuple[int, int]]
    #: Width of the place in the middle of the upper border where the name of the subprocess stands, in pixels.
    title: float = 0.0


def extra_lines(context: Context) -> list[Line]:
    """Vertical lines through ports that are not in the middle of a column."""
    lines = [Line(seat.column, False, seat.shift) for seat in context.seats.values() if seat.shift]
    for seat in context.seats.values():
        lines.append(Line(seat.column, False, seat.shift - 10))
    for edge in context.scope.edges:
        for end in (edge.source, edge.target):
            node = context.scope.nodes.get(end)
            if node is None or end not in context.cells.of:
                continue
            cell = context.cells.of[end]
            fixed = context.exits.get((edge.id, end))
            if fixed is not None:
                lines.append(_exit_line(context, end, fixed[1]))
            elif edge.flow is not Flow.SEQUENCE and cell.span == 1:
                lines += (Line(cell.column, False, shift) for shift in _shifts(node))
    return [line for line in lines if line.shift or line.owner]


def _shifts(node: Node) -> tuple[float, ...]:
    slot = SLOTS.get(node.kind)
    return (-slot, slot) if slot else ()


def _exit_line(context: Context, node: str, shift: float) -> Line:
    cell = context.cells.of[node]
    place = 0.5 + shift / max(1, context.scope.nodes[node].width)
    return Line(cell.column + min(cell.span - 1, max(0, int(place * cell.span))), False, shift, node)


def ports(context: Context, grid: Grid, edge: Edge, end: str, out: bool) -> list[Port]:
    """All ports that an edge may use at one of its ends."""
    border = context.scope.borders.get(end)
    if border is not None:
        return _border_ports(context, grid, edge, end)
    node = context.scope.nodes[end]
    fixed = context.exits.get((edge.id, end))
    if fixed is not None:
        line = grid.index[_exit_line(context, end, fixed[1])]
        level = grid.level_of_row[context.cells.of[end].row]
        up = fixed[0] == "top"
        return [Port(end, "T" if up else "B", fixed[1], line, level + (-1 if up else 1), UP if up else DOWN, 0)]
    if node.kind is Kind.BOUNDARY:
        return _boundary_port(context, grid, edge, node)
    return _shape_ports(context, grid, edge, node, out)


def _boundary_port(context: Context, grid: Grid, edge: Edge, node: Node) -> list[Port]:
    seat = context.seats[node.id]
    level = grid.level_of_row[context.cells.of[node.host or ""].row] + 1
    shift = seat.shift if edge.flow is not Flow.MESSAGE else seat.shift - 10
    line = grid.index[Line(seat.column, False, shift)]
    return [Port(node.id, "B", shift - seat.shift, line, level, DOWN, 0)]


def _shape_ports(context: Context, grid: Grid, edge: Edge, node: Node, out: bool) -> list[Port]:
    cell = context.cells.of[node.id]
    level = grid.level_of_row[cell.row]
    liking = _liking(context, edge, node, out)
    found = []
    for side, column, away in (("R", cell.column + cell.span, RIGHT), ("L", cell.column, LEFT)):
        if liking[side] < _MAX:
            channel = grid.channel(column)
            cost = liking[side] + grid.stub(node.id, node.width, channel)
            found.append(Port(node.id, side, 0, channel, level, away, cost))
    for side, step, away in (("T", -1, UP), ("B", 1, DOWN)):
        if liking[side] >= _MAX:
            continue
        stub = abs(grid.y[level + step] - grid.y[level]) - node.height / 2
        for line, slot, cost in _slots(context, edge, node, side):
            total = liking[side] + cost + stub
            found.append(Port(node.id, side, slot, grid.index[line], level + step, away, total))
    return found


def _slots(context: Context, edge: Edge, node: Node, side: str) -> list[tuple[Line, float, float]]:
    """Ports of the upper or lower side: the middle first, then others, away from boundary events."""
    cell = context.cells.of[node.id]
    middle = cell.column + (cell.span - 1) // 2
    found = []
    for c in range(cell.column, cell.column + cell.span):
        found.append((Line(c, False), float(c), 4.0 * abs(c - middle)))
    if edge.flow is not Flow.SEQUENCE and cell.span == 1:
        found += [(Line(cell.column, False, shift), shift, 4.0) for shift in _shifts(node)]
    if side == "B":
        seats = [s for key, s in context.seats.items() if context.scope.nodes[key].host == node.id]
        found = [f for f in found if all(s.column != f[0].column or abs(s.shift - f[0].shift) > 24 for s in seats)]
    return found


def _border_ports(context: Context, grid: Grid, edge: Edge, end: str) -> list[Port]:
    border = context.scope.borders[end]
    other = edge.target if edge.source == end else edge.source
    inside = False
    if border.pool is None:
        level = 0 if border.above else len(grid.levels) - 1
    else:
        first, last = grid.region(border.pool)
        node = context.scope.nodes.get(other)
        inside = node is not None and context.scope.pool_of(node.band) == border.pool
        level = (first if border.above else last) if inside else (first - 1 if border.above else last + 1)
    # The direction from the border to the grid.
    away = DOWN if border.above == (border.pool is None or inside) else UP
    low, high = context.border_columns.get(end, (0, context.cells.columns))
    penalty = _title(context, grid, border)
    # Lines through single ports belong to the edges of these ports.
    own = {port.line for port in ports(context, grid, edge, other, True)} if other in context.scope.nodes else set()
    return [
        Port(end, "border", float(i), i, level, away, penalty(grid.x[i]))
        for i, line in enumerate(grid.lines)
        if low <= line.column < high + (line.channel and high == context.cells.columns)
        and not (line.channel and line.column == low > 0)
        and (i in own or not (line.shift or line.owner))
    ]


def _title(context: Context, grid: Grid, border: Border) -> Callable[[float], float]:
    """Edges do not leave a subprocess through its name."""
    if border.pool is not None or not border.above or not context.title:
        return lambda x: 0.0
    middle = (grid.x[0] + grid.x[-1]) / 2
    return lambda x: 400.0 if abs(x - middle) < context.title / 2 else 0.0


def _liking(context: Context, edge: Edge, node: Node, out: bool) -> dict[str, float]:
    if edge.flow is Flow.MESSAGE:
        return {"T": 0, "B": 0, "L": 250, "R": 250}
    if edge.flow is Flow.DATA:
        side = 0 if node.kind is Kind.DATA else 60
        return {"T": 0, "B": 0, "L": side, "R": side}
    if edge.flow is Flow.ASSOCIATION:
        side = 10 if node.kind is Kind.NOTE else 90
        return {"T": 0, "B": 0, "L": side, "R": side}
    back = edge.id in context.back
    if node.kind is Kind.GATEWAY:
        if out:
            return {"R": 0, "T": 8, "B": 8, "L": 60 if back else 400}
        # A gateway with many exits needs its upper and lower corners for them.
        exits = sum(e.source == node.id for e in context.scope.edges)
        corner = 15 if exits < 2 else 40 if exits == 2 else 160
        return {"L": 0, "T": corner, "B": corner, "R": 40 if back else 300}
    if out:
        return {"R": 30 if back else 0, "T": 40 if back else 130, "B": 40 if back else 130, "L": 20 if back else _MAX}
    return {"L": 0, "T": 25 if back else 70, "B": 25 if back else 70, "R": 60 if back else _MAX}
