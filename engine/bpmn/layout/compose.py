"""Put the scopes of a diagram together: subprocesses into their shapes, pools and lanes around everything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.bpmn.layout import geometry, groups, place, sizes
from engine.bpmn.layout.arrange import Arrangement, arrange
from engine.bpmn.layout.geometry import Box, Line
from engine.bpmn.layout.model import Diagram, Kind, Scope

#: Upper left corner of every diagram, that of the Camunda Modeler.
_ORIGIN = (160, 80)


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of the diagram: where it lies, where its name stands when outside, and what the DI says besides."""

    element: str
    box: Box
    label: Box | None = None
    pool: bool = False
    expanded: bool | None = None
    marker: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """An edge of the diagram."""

    element: str
    line: Line
    label: Box | None = None


@dataclass(slots=True)
class Drawing:
    """A diagram in pixels."""

    plane: str
    shapes: list[Shape] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)


def compose(diagram: Diagram) -> Drawing:
    """Lay out a diagram."""
    arranged: dict[str, Arrangement] = {}
    root = _arrange(diagram, diagram.root, arranged, "")
    drawing = Drawing(diagram.plane)
    header = max((place.HEADER * (pool.depth + (pool.id is not None)) for pool in diagram.root.pools), default=0)
    above = [box for box in diagram.root.black_boxes if diagram.root.borders[box.id].above]
    x, y = _ORIGIN[0] + header, _ORIGIN[1] + (place.BLACK_BOX if above else 0)
    _pools(drawing, root, x, y, header)
    parts: dict[str, dict[str, Line]] = {}
    labels: dict[str, Box] = {}
    _embed(diagram, drawing, root, arranged, x, y, parts, labels)
    for edge, order in diagram.parts.items():
        line = [point for scope in order for point in parts.get(edge, {}).get(scope, [])]
        if line:
            drawing.runs.append(Run(edge, geometry.tidy(line), labels.get(edge)))
    boxes = {shape.element: shape.box for shape in drawing.shapes}
    drawing.shapes += (Shape(group, box) for group, box in groups.frames(diagram.groups, boxes))
    return drawing


def _arrange(diagram: Diagram, scope: Scope, arranged: dict[str, Arrangement], title: str) -> Arrangement:
    exits: dict[tuple[str, str], tuple[str, float]] = {}
    for node in list(scope.nodes.values()):
        if node.kind is not Kind.SUBPROCESS:
            continue
        inner = _arrange(diagram, diagram.inner[node.id], arranged, node.name)
        width, height = sizes.frame(node.name, inner.frame.end, inner.frame.bottom)
        scope.nodes[node.id] = replace(node, width=width, height=height)
        for edge, line in inner.lines.items():
            for point, end in zip((line[0], line[-1]), _ends(inner.scope, edge), strict=True):
                if end in inner.scope.borders:
                    side = "top" if inner.scope.borders[end].above else "bottom"
                    exits[edge, node.id] = (side, point[0] - inner.frame.end / 2)
    found = arranged[scope.id] = arrange(scope, exits, title)
    return found


def _ends(scope: Scope, key: str) -> tuple[str, str]:
    return next((e.source, e.target) for e in scope.edges if e.id == key)


def _pools(drawing: Drawing, root: Arrangement, x: float, y: float, header: float) -> None:
    frame = root.frame
    for pool, (top, bottom) in zip(root.scope.pools, frame.pools, strict=True):
        left = x - header
        if pool.id is not None:
            box = Box(left, y + top, x + frame.end - left, bottom - top)
            drawing.shapes.append(Shape(pool.id, box, pool=True))
            left += place.HEADER
        for lane in pool.lanes:
            if lane.id:
                start = left + place.HEADER * lane.depth
                lane_top, lane_bottom = frame.bands[lane.first][0], frame.bands[lane.last][1]
                box = Box(start, y + lane_top, x + frame.end - start, lane_bottom - lane_top)
                drawing.shapes.append(Shape(lane.id, box, pool=True))
    for key, (first, last) in root.sides.items():
        start = first + x - header if first == frame.start else first + x
        above = root.scope.borders[key].above
        top = y + frame.top - place.BLACK_BOX if above else y + frame.bottom
        drawing.shapes.append(Shape(key, Box(start, top, x + last - start, place.BLACK_BOX), pool=True))


def _embed(
    diagram: Diagram,
    drawing: Drawing,
    arrangement: Arrangement,
    arranged: dict[str, Arrangement],
    x: float,
    y: float,
    parts: dict[str, dict[str, Line]],
    labels: dict[str, Box],
) -> None:
    scope = arrangement.scope
    # Boundary events lie on top of their hosts.
    for node in sorted(scope.nodes.values(), key=lambda n: n.host is not None):
        box = arrangement.boxes[node.id].moved(x, y)
        text = arrangement.labels.get(node.id)
        expanded = True if node.kind is Kind.SUBPROCESS else None
        if node.tag in ("subProcess", "transaction", "adHocSubProcess") and node.kind is Kind.TASK:
            expanded = False
        label = None if text is None else text.moved(x, y)
        drawing.shapes.append(Shape(node.id, box, label, False, expanded, node.tag == "exclusiveGateway"))
        if node.kind is Kind.SUBPROCESS:
            inner = arranged[node.id]
            left = geometry.whole(box.x + (box.width - inner.frame.end) / 2)
            _embed(diagram, drawing, inner, arranged, left, box.y + sizes.FRAME_TOP, parts, labels)
    for edge, line in arrangement.lines.items():
        parts.setdefault(edge, {})[scope.id] = geometry.moved(line, x, y)
        text = arrangement.labels.get(edge)
        # The part in the outermost scope wears the name.
        if text is not None:
            labels[edge] = text.moved(x, y)
