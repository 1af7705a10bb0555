"""Write the diagram part of a file and leave every other byte of it alone."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from lxml import etree

from engine.bpmn.layout.compose import Drawing
from engine.bpmn.layout.geometry import Box

_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"
_WANTED = {_DI: "bpmndi", _DC: "dc", _DD: "di"}


def render(root: etree._Element, drawings: list[Drawing]) -> str:
    """The BPMNDiagram elements as text, with the prefixes that the file uses for their namespaces."""
    return _Renderer(root).diagrams(drawings)


class _Renderer:
    def __init__(self, root: etree._Element) -> None:
        taken = {p for p in root.nsmap if p}
        self.prefix: dict[str, str] = {}
        self.declare = ""
        for uri, wanted in _WANTED.items():
            known = sorted(p for p, u in root.nsmap.items() if u == uri and p)
            if known:
                self.prefix[uri] = known[0] + ":"
                continue
            prefix = wanted
            while prefix in taken:
                prefix += "_"
            taken.add(prefix)
            self.prefix[uri] = prefix + ":"
            self.declare += f" xmlns:{prefix}={quoteattr(uri)}"
        gone = set(root.iter(f"{{{_DI}}}*", f"{{{_DD}}}*", f"{{{_DC}}}*"))
        self.ids = {e.get("id") for e in root.iter("*") if e.get("id") and e not in gone}
        self.kept = _foreign_attributes(root)
        self.out: list[str] = []

    def diagrams(self, drawings: list[Drawing]) -> str:
        di = self.prefix[_DI]
        for number, drawing in enumerate(drawings, 1):
            self._line(1, f"<{di}BPMNDiagram id={self._id(f'BPMNDiagram_{number}')}{self.declare}>")
            plane = f"<{di}BPMNPlane id={self._id(f'BPMNPlane_{number}')} bpmnElement={quoteattr(drawing.plane)}>"
            self._line(2, plane)
            for shape in drawing.shapes:
                flags = ' isHorizontal="true"' if shape.pool else ""
                flags += "" if shape.expanded is None else f' isExpanded="{str(shape.expanded).lower()}"'
                flags += ' isMarkerVisible="true"' if shape.marker else ""
                self._open(f"{di}BPMNShape", shape.element, flags)
                self._bounds(4, shape.box)
                self._label(shape.label)
                self._line(3, f"</{di}BPMNShape>")
            for run in drawing.runs:
                self._open(f"{di}BPMNEdge", run.element, "")
                for x, y in run.line:
                    self._line(4, f'<{self.prefix[_DD]}waypoint x="{_number(x)}" y="{_number(y)}" />')
                self._label(run.label)
                self._line(3, f"</{di}BPMNEdge>")
            self._line(2, f"</{di}BPMNPlane>")
            self._line(1, f"</{di}BPMNDiagram>")
        return "\n".join(self.out)

    def _line(self, depth: int, text: str) -> None:
        self.out.append("  " * depth + text)

    def _open(self, tag: str, element: str, flags: str) -> None:
        name = f"id={self._id(element + '_di')} bpmnElement={quoteattr(element)}{flags}{self.kept.get(element, '')}"
        self._line(3, f"<{tag} {name}>")

    def _bounds(self, depth: int, box: Box) -> None:
        x, y, width, height = (_number(v) for v in (box.x, box.y, box.width, box.height))
        self._line(depth, f'<{self.prefix[_DC]}Bounds x="{x}" y="{y}" width="{width}" height="{height}" />')

    def _label(self, box: Box | None) -> None:
        if box is not None:
            self._line(4, f"<{self.prefix[_DI]}BPMNLabel>")
            self._bounds(5, box)
            self._line(4, f"</{self.prefix[_DI]}BPMNLabel>")

    def _id(self, wanted: str) -> str:
        while wanted in self.ids:
            wanted += "_"
        self.ids.add(wanted)
        return quoteattr(wanted)


def _number(value: float) -> str:
    return str(round(value))


def _foreign_attributes(root: etree._Element) -> dict[str, str]:
    """Attributes of other namespaces on the old shapes and edges, such as colours: by element, ready to be written."""
    found: dict[str, str] = {}
    prefixes = {uri: prefix for prefix, uri in root.nsmap.items() if prefix}
    for old in root.iter(f"{{{_DI}}}BPMNShape", f"{{{_DI}}}BPMNEdge"):
        kept = ""
        for name, value in old.attrib.items():
            qualified = etree.QName(name)
            if qualified.namespace in prefixes:
                kept += f" {prefixes[qualified.namespace]}:{qualified.localname}={quoteattr(str(value))}"
        if kept and old.get("bpmnElement"):
            found[old.get("bpmnElement") or ""] = kept
    return found


def splice(data: bytes, encoding: str, text: str) -> bytes:
    """Replace the diagrams of a file, or add them before the end of the root element.

    Args:
        data: The file.
        encoding: Its encoding.
        text: The new BPMNDiagram elements, indented.
    """
    codec = _codec(data, encoding)
    content = data.decode(codec).encode("utf-8")
    found, end = _ranges(content)
    newline = b"\r\n" if b"\r\n" in content[:2000] else b"\n"
    piece = text.replace("\n", newline.decode()).encode("utf-8")
    if found:
        start, stop = found[0]
        pieces = [content[:start], piece.lstrip(), *_between(content, found[1:], stop)]
    else:
        before = content[:end].rstrip()
        pieces = [before, newline, piece, newline, content[end:]]
    return b"".join(pieces).decode("utf-8").encode(codec)


def _between(content: bytes, rest: list[tuple[int, int]], start: int) -> list[bytes]:
    """What follows the first diagram, without the further ones and the white space before them."""
    pieces = []
    for first, stop in rest:
        pieces.append(content[start:first].rstrip())
        start = stop
    return [*pieces, content[start:]]


def _codec(data: bytes, encoding: str) -> str:
    # A byte order mark is kept as a character.
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    name = (encoding or "utf-8").lower()
    return "gb18030" if name.startswith("gb") else name


def _ranges(content: bytes) -> tuple[list[tuple[int, int]], int]:
    """Byte ranges of the diagrams below the root element, and the place of its end tag."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    found: list[tuple[int, int]] = []
    depth, start, end = 0, -1, 0

    def opened(name: str, attributes: object) -> None:
        nonlocal depth, start
        depth += 1
        if depth == 2 and name == f"{_DI} BPMNDiagram":
            start = parser.CurrentByteIndex

    def closed(name: str) -> None:
        nonlocal depth, start, end
        depth -= 1
        if depth == 1 and start >= 0:
            # Of an empty element, expat reports the place behind it as the place of its end.
            place = parser.CurrentByteIndex
            empty = not content.startswith(b"</", place)
            found.append((start, place if empty else content.index(b">", place) + 1))
            start = -1
        if depth == 0:
            end = parser.CurrentByteIndex

    handlers: list[tuple[str, Callable[..., None]]] = [("StartElementHandler", opened), ("EndElementHandler", closed)]
    for name, handler in handlers:
        setattr(parser, name, handler)
    parser.Parse(content, True)
    return found, end
