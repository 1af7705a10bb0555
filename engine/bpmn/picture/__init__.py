"""Draw a diagram as SVG from its diagram interchange: for documents, task pages and for looking at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from engine import errors, xmlio
from engine.bpmn.layout import text as texts
from engine.bpmn.layout.geometry import Box
from engine.bpmn.layout.read import local
from engine.bpmn.picture import lines, pen, shapes
from engine.bpmn.picture.pen import INK, PAPER, element, number

__all__ = ["svg"]

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
_WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
_COLOR = "{http://www.omg.org/spec/BPMN/non-normative/color/1.0}"
_BIOC = "{http://bpmn.io/schema/bpmn/biocolor/1.0}"
_SAFE_COLOR = re.compile(r"#[0-9A-Fa-f]{3,8}")
_MARGIN = 12


def svg(data: bytes, filename: str = "diagram.bpmn", index: int = 0) -> str:
    """A picture of a diagram: no scripts, no styles, no references; the same file always gives the same picture.

    Every element is a group with the attribute ``data-element`` that holds its id and a class ``bpmn-`` plus its type,
    so that a page can mark what is going on; its whole name is its tooltip.

    Args:
        data: Content of a BPMN file with diagram interchange.
        filename: Name used in messages.
        index: Which of the diagrams of the file, from 0.

    Raises:
        errors.InvalidXml: The content is not XML that may be opened.
        errors.InvalidDiagram: There is no such diagram in it.
    """
    root = xmlio.parse(data, filename).getroot()
    planes = list(root.iterfind(f"{_DI}BPMNDiagram/{_DI}BPMNPlane"))
    if index >= len(planes):
        raise errors.InvalidDiagram(
            f"{filename}：应含有图形信息（BPMNDiagram），实际没有。请先运行 gongkai layout 自动排版。"
        )
    return _Picture(root, planes[index]).draw()


@dataclass(frozen=True, slots=True)
class _Item:
    node: etree._Element
    shape: etree._Element
    box: Box
    depth: int


class _Picture:
    def __init__(self, root: etree._Element, plane: etree._Element) -> None:
        self.nodes = {e.get("id"): e for e in root.iter("*") if e.get("id") and local(e)}
        self.plane = plane
        self.extent: list[tuple[float, float]] = []
        self.labels: list[str] = []

    def draw(self) -> str:
        items = [self._item(shape) for shape in self.plane.iterchildren(f"{_DI}BPMNShape")]
        found = [item for item in items if item is not None]
        frames = [item for item in found if self._is_frame(item)]
        frames.sort(key=lambda item: (not _is_band(item), local(item.node) == "lane", item.depth))
        below = [self._shape(item) for item in frames]
        edges = [self._edge(edge) for edge in self.plane.iterchildren(f"{_DI}BPMNEdge")]
        hosts = [item for item in found if not self._is_frame(item)]
        hosts.sort(key=lambda item: local(item.node) == "boundaryEvent")
        above = [self._shape(item) for item in hosts]
        return self._sheet("".join([*below, *edges, *above, *self.labels]))

    def _sheet(self, content: str) -> str:
        xs = [x for x, _ in self.extent] or [0.0]
        ys = [y for _, y in self.extent] or [0.0]
        left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
        width, height = max(xs) + _MARGIN - left, max(ys) + _MARGIN - top
        paper = element("rect", x=left, y=top, width=width, height=height, fill=PAPER)
        owner = self.nodes.get(self.plane.get("bpmnElement"))
        title = self._title(owner)
        return element(
            "svg",
            element("title", escape(title)) + paper + content if title else paper + content,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=" ".join(number(v) for v in (left, top, width, height)),
            width=width,
            height=height,
            role="img",
            font_family=pen.FONT,
        )

    def _title(self, owner: etree._Element | None) -> str:
        if owner is None:
            return ""
        if owner.get("name") or local(owner) != "collaboration":
            return owner.get("name") or ""
        return next((child.get("name") or "" for child in owner if local(child) == "participant"), "")

    def _item(self, shape: etree._Element) -> _Item | None:
        node = self.nodes.get(shape.get("bpmnElement"))
        bounds = shape.find(_BOUNDS)
        if node is None or bounds is None:
            return None
        return _Item(node, shape, _box(bounds), sum(1 for _ in node.iterancestors()))

    def _is_frame(self, item: _Item) -> bool:
        return _is_band(item) or shapes.expanded(item.node, item.shape) or local(item.node) == "group"

    def _shape(self, item: _Item) -> str:
        fill = _color(item.shape, f"{_COLOR}background-color", f"{_BIOC}fill") or PAPER
        color = _color(item.shape, f"{_COLOR}border-color", f"{_BIOC}stroke") or INK
        drawn = shapes.draw(item.node, item.box, item.shape, fill, color)
        self._reach(item.box)
        if shapes.labelled_outside(item.node):
            x, y = item.box.center[0], item.box.bottom + 4
            self._label(item.node, item.shape, x, y)
        return self._group(item.node, drawn)

    def _edge(self, edge: etree._Element) -> str:
        node = self.nodes.get(edge.get("bpmnElement"))
        points = [(float(w.get("x") or 0), float(w.get("y") or 0)) for w in edge.iterchildren(_WAYPOINT)]
        if node is None or len(points) < 2:
            return ""
        color = _color(edge, f"{_COLOR}border-color", f"{_BIOC}stroke") or INK
        start, end = self._tips(node)
        self.extent += points
        if not local(node).startswith("data"):
            x, y = lines.middle(points)
            self._label(node, edge, x, y - texts.OUTSIDE * texts.LINE_HEIGHT - 3)
        return self._group(node, lines.draw(local(node), points, start, end, color))

    def _tips(self, node: etree._Element) -> tuple[str | None, str | None]:
        tag = local(node)
        if tag == "messageFlow":
            return "circle", "hollow"
        if tag == "association":
            direction = node.get("associationDirection")
            return ("open" if direction == "Both" else None), ("open" if direction in ("One", "Both") else None)
        if tag.startswith("data"):
            return None, "open"
        source = self.nodes.get(node.get("sourceRef"))
        if source is not None and source.get("default") == node.get("id"):
            return "slash", "arrow"
        conditional = any(local(child) == "conditionExpression" for child in node)
        if conditional and source is not None and not local(source).endswith("Gateway"):
            return "diamond", "arrow"
        return None, "arrow"

    def _label(self, node: etree._Element, holder: etree._Element, x: float, top: float) -> None:
        """The name beside a shape or an edge: where the file says, or at the given upper middle point."""
        name = (node.get("name") or "").strip()
        if not name:
            return
        bounds = holder.find(f"{_DI}BPMNLabel/{_BOUNDS}")
        limit = float(texts.LABEL_WIDTH)
        if bounds is not None:
            box = _box(bounds)
            limit, x, top = max(limit, box.width), box.center[0], box.y
        block = texts.balanced(name, limit, texts.OUTSIDE)
        self._reach(Box(x - block.width / 2, top, block.width, block.height))
        drawn = pen.lines(block, x, top, texts.OUTSIDE, halo=True)
        self.labels.append(element("g", drawn, class_="bpmn-label", data_label=node.get("id")))

    def _group(self, node: etree._Element, drawn: str) -> str:
        name = (node.get("name") or "").strip()
        tip = element("title", escape(name)) if name else ""
        return element("g", tip + drawn, class_=f"bpmn-{local(node)}", data_element=node.get("id"))

    def _reach(self, box: Box) -> None:
        self.extent += [(box.x, box.y), (box.right, box.bottom)]


def _is_band(item: _Item) -> bool:
    return local(item.node) in ("participant", "lane")


def _box(bounds: etree._Element) -> Box:
    x, y, width, height = (float(bounds.get(key) or 0) for key in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def _color(holder: etree._Element, *names: str) -> str | None:
    for name in names:
        value = holder.get(name) or ""
        if _SAFE_COLOR.fullmatch(value):
            return value
    return None
