"""From routes on the grid to boxes and lines in pixels."""

from __future__ import annotations

import math

from engine.bpmn.layout.geometry import Box, Line, Point, tidy, whole
from engine.bpmn.layout.grid import Grid
from engine.bpmn.layout.model import Kind, Scope
from engine.bpmn.layout.place import Frame
from engine.bpmn.layout.ports import Context, Port, Route
from engine.bpmn.layout.tracks import Segment, Tracks


def boxes(context: Context, frame: Frame) -> dict[str, Box]:
    """Boxes of all nodes."""
    found: dict[str, Box] = {}
    for key, cell in context.cells.of.items():
        node = context.scope.nodes[key]
        y = frame.middle[cell.row] - node.height / 2
        if cell.span == 1:
            found[key] = Box(frame.center[cell.column] - node.width / 2, y, node.width, node.height)
        else:
            left, right = frame.left[cell.column], frame.right[cell.column + cell.span - 1]
            found[key] = Box(left, y, right - left, node.height)
    for key, seat in context.seats.items():
        node = context.scope.nodes[key]
        host = found[node.host or ""]
        x = frame.center[seat.column] + seat.shift
        found[key] = Box(x - node.width / 2, host.bottom - node.height / 2, node.width, node.height)
    return found


def lines(
    context: Context, grid: Grid, frame: Frame, found: dict[str, Box], routes: dict[str, Route], tracks: Tracks
) -> dict[str, Line]:
    """Lines of all edges."""
    drawer = _Drawer(context.scope, grid, frame, found, tracks)
    return {key: drawer.line(route, tracks.segments[key]) for key, route in routes.items()}


class _Drawer:
    def __init__(self, scope: Scope, grid: Grid, frame: Frame, found: dict[str, Box], tracks: Tracks) -> None:
        self.scope, self.grid, self.frame, self.boxes, self.tracks = scope, grid, frame, found, tracks

    def line(self, route: Route, segments: list[Segment]) -> Line:
        """The line of a route, from port to port."""
        places = [self._place(s) for s in segments]
        points: Line = [self._end(route.source, segments[0], places[0])]
        for n in range(1, len(segments)):
            points.append((places[n - 1], places[n]) if segments[n].flat else (places[n], places[n - 1]))
        points.append(self._end(route.target, segments[-1], places[-1]))
        return tidy([(whole(x), whole(y)) for x, y in points])

    def _place(self, segment: Segment) -> float:
        """Coordinate of the line or level that a segment lies on."""
        if segment.flat:
            level = self.grid.levels[segment.index]
            if level.row is not None:
                return self.frame.middle[level.row]
            return self.frame.horizontal[segment.index][segment.track]
        line = self.grid.lines[segment.index]
        if line.channel:
            return self.frame.vertical[line.column][segment.track]
        if line.owner is not None:
            return whole(self.boxes[line.owner].center[0] + line.shift)
        return self.frame.center[line.column] + line.shift

    def _end(self, port: Port, segment: Segment, place: float) -> Point:
        """Where the segment next to a port meets the shape, the border or the other edge."""
        if port.side == "border":
            y = self._border(port.node)
            return place, y
        if port.side == "edge":
            other = self._crossed(port)
            return (other, place) if segment.flat else (place, other)
        box = self.boxes[port.node]
        if segment.flat:
            return (box.right if port.away[0] > 0 else box.x), place
        node = self.scope.nodes[port.node]
        inset = 0.0
        if node.kind in (Kind.EVENT, Kind.BOUNDARY):
            radius = box.width / 2
            inset = radius - math.sqrt(max(0.0, radius**2 - (place - box.center[0]) ** 2))
        elif node.kind is Kind.GATEWAY:
            inset = abs(place - box.center[0])
        return place, (box.y + inset if port.away[1] < 0 else box.bottom - inset)

    def _border(self, key: str) -> float:
        border = self.scope.borders[key]
        if border.pool is not None:
            top, bottom = self.frame.pools[border.pool]
            return top if border.above else bottom
        return self.frame.top if border.above else self.frame.bottom

    def _crossed(self, port: Port) -> float:
        """Coordinate of the edge that an association ends at."""
        flat = port.away[0] == 0
        index = port.level if flat else port.line
        where = port.line if flat else port.level
        for segment in self.tracks.segments[port.node]:
            if segment.flat == flat and segment.index == index and segment.low <= where <= segment.high:
                return self._place(segment)
        return self.frame.middle[0]
