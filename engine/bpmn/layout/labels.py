"""Names beside events, gateways and data: which side they stand on, and the room they need."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from engine.bpmn.layout import text
from engine.bpmn.layout.geometry import Box
from engine.bpmn.layout.model import Flow, Kind, Node
from engine.bpmn.layout.place import Extents
from engine.bpmn.layout.ports import Context, Route
from engine.bpmn.layout.tracks import Tracks

_NEAR, _ASIDE, _AIR = 4, 6, 4
_NAMED = frozenset({Kind.EVENT, Kind.BOUNDARY, Kind.GATEWAY, Kind.DATA})
#: How much of an empty channel a label may use.
_CHANNEL = 30


@dataclass(frozen=True, slots=True)
class Label:
    """The offset of a label from the middle of its node, and its size."""

    dx: float
    dy: float
    width: float
    height: float

    def at(self, node: Box) -> Box:
        """The label of a node that lies there."""
        x, y = node.center
        return Box(round(x + self.dx), round(y + self.dy), round(self.width), round(self.height))


def plan(context: Context, routes: dict[str, Route]) -> dict[str, Label]:
    """Choose a side for the name of every node that wears it outside."""
    used = _used_sides(routes)
    found: dict[str, Label] = {}
    for node in context.scope.nodes.values():
        if not node.name or node.kind not in _NAMED:
            continue
        block = text.label(node.name)
        side = _boundary_side(context, node, used) if node.kind is Kind.BOUNDARY else _side(node, used[node.id])
        found[node.id] = _offset(node, side, block.width + 2, block.height)
    return found


def _used_sides(routes: dict[str, Route]) -> dict[str, set[str]]:
    used: dict[str, set[str]] = defaultdict(set)
    for route in routes.values():
        for port in (route.source, route.target):
            used[port.node].add(port.side)
            if port.slot < 0:
                used[port.node].add(port.side + "L")
    return used


def _side(node: Node, used: set[str]) -> str:
    preferred = ("T", "B") if node.kind is Kind.GATEWAY else ("B", "T")
    for side in preferred:
        if side not in used:
            return side
    if node.kind is Kind.DATA and "R" not in used:
        return "R"
    # Beside the middle: left of the edge there, or right when another edge runs on the left.
    return next((side + "L" for side in preferred if side + "L" not in used), preferred[0] + "R")


def _boundary_side(context: Context, node: Node, used: dict[str, set[str]]) -> str:
    """Below the host, left of the event, unless something else is there."""
    mine = context.seats[node.id]
    others = [
        (s.column, s.shift)
        for key, s in context.seats.items()
        if key != node.id and context.scope.nodes[key].host == node.host
    ]
    left = [o for o in others if o < (mine.column, mine.shift)]
    right = [o for o in others if o > (mine.column, mine.shift)]
    width = context.scope.nodes[node.host or ""].width
    crowded = bool(left) and len(others) == 1 and context.cells.of[node.host or ""].span == 1 and width < 200
    if (crowded or "B" in used[node.host or ""]) and not right:
        return "BR"
    return "BL"


def _offset(node: Node, side: str, width: float, height: float) -> Label:
    if node.kind is Kind.BOUNDARY:
        dx = -node.width / 2 - _NEAR - width if side == "BL" else node.width / 2 + _NEAR
        return Label(dx, _NEAR, width, height)
    if side == "R":
        return Label(node.width / 2 + _ASIDE, -height / 2, width, height)
    dx = {"": -width / 2, "L": -width - _ASIDE, "R": node.width / 2}[side[1:]]
    dy = -node.height / 2 - _NEAR - height if side[0] == "T" else node.height / 2 + _NEAR
    return Label(dx, dy, width, height)


def reserve(
    context: Context, need: Extents, labels: dict[str, Label], routes: dict[str, Route], tracks: Tracks
) -> None:
    """Make columns and rows large enough for the labels of nodes and for those of edges next to their sources."""
    for key, label in labels.items():
        _fit(context, need, key, label.dx, label.dy, label.width, label.height)
    exits = Counter((r.source.node, r.source.side, r.source.slot) for r in routes.values())
    for edge in context.scope.edges:
        route = routes.get(edge.id)
        if not edge.name or route is None or edge.flow is not Flow.SEQUENCE:
            continue
        node = context.scope.nodes[edge.source]
        block = text.label(edge.name)
        side = route.source.side
        if exits[route.source.node, side, route.source.slot] > 1:
            # Several edges leave together: the names stand at the targets.
            if route.target.side == "L":
                target = context.scope.nodes[edge.target]
                _fit(
                    context,
                    need,
                    target.id,
                    -target.width / 2 - block.width - 26,
                    -block.height - _NEAR,
                    0,
                    block.height,
                )
            continue
        if side == "R":
            cell = context.cells.of[node.id]
            empty = not tracks.columns.get(cell.column + cell.span)
            _fit(
                context,
                need,
                node.id,
                node.width / 2,
                -block.height - _NEAR,
                block.width + 2 * _ASIDE + (12 if edge.default else 0) - (_CHANNEL if empty else 0),
                block.height,
            )
        elif side in ("T", "B"):
            dy = -node.height / 2 - _NEAR - block.height if side == "T" else node.height / 2 + _NEAR
            _fit(context, need, node.id, 0, dy, block.width + 2 * _ASIDE + 4, block.height)
    _reserve_messages(context, need, routes)


def _fit(context: Context, need: Extents, key: str, dx: float, dy: float, width: float, height: float) -> None:
    node = context.scope.nodes[key]
    seat = context.seats.get(key)
    cell = context.cells.of[node.host or key]
    first, last = cell.column, cell.column + cell.span - 1
    if seat is not None:
        first = last = seat.column
        dx += seat.shift
        dy += context.scope.nodes[node.host or ""].height / 2
    if cell.span == 1 or seat is not None:
        need.left[first] = max(need.left[first], -dx + _AIR)
        need.right[last] = max(need.right[last], dx + width + _AIR)
    elif dx > 0:
        need.aside[last + 1] = max(need.aside.get(last + 1, 0.0), width)
    need.above[cell.row] = max(need.above[cell.row], -dy + _AIR)
    need.below[cell.row] = max(need.below[cell.row], dy + height + _AIR)


def _reserve_messages(context: Context, need: Extents, routes: dict[str, Route]) -> None:
    """Names of message flows stand in the channels between pools."""
    names = [e.name for e in context.scope.edges if e.flow is Flow.MESSAGE and e.name and e.id in routes]
    height = max((text.label(name).height for name in names), default=0.0)
    need.message = max(0.0, height - 2 * text.OUTSIDE * text.LINE_HEIGHT)
