"""Groups: dashed frames around what belongs together.  BPMN says what that is only now and then; the old diagram
shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from engine.bpmn.layout.geometry import Box

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_SHAPE = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNShape"
_BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
_MARGIN = 12
_LOOSE = Box(0, 0, 140, 80)


def find(owners: Iterable[etree._Element], nodes: Iterable[str]) -> dict[str, list[str]]:
    """The groups below some elements, and the nodes in each of them.

    A node belongs to a group when both have the same category value, or when it lay within the frame so far.
    """
    members = list(nodes)
    found: dict[str, list[str]] = {}
    for owner in owners:
        for group in owner.iter(f"{_BPMN}group"):
            if group.get("id"):
                found[group.get("id") or ""] = [*_by_category(owner, group, members), *_by_place(owner, group, members)]
    return found


def _by_category(owner: etree._Element, group: etree._Element, nodes: list[str]) -> Iterator[str]:
    value = group.get("categoryValueRef")
    if value:
        for reference in owner.iter(f"{_BPMN}categoryValueRef"):
            parent = reference.getparent()
            if (reference.text or "").strip() == value and parent is not None and parent.get("id") in nodes:
                yield parent.get("id") or ""


def _by_place(owner: etree._Element, group: etree._Element, nodes: list[str]) -> Iterator[str]:
    places = dict(_places(owner.getroottree().getroot()))
    frame = places.get(group.get("id") or "")
    if frame is not None:
        yield from (node for node in nodes if node in places and frame.holds(places[node]))


def _places(root: etree._Element) -> Iterator[tuple[str, Box]]:
    for shape in root.iter(_SHAPE):
        bounds = shape.find(_BOUNDS)
        if bounds is None:
            continue
        try:
            x, y, width, height = (float(bounds.get(key) or 0) for key in ("x", "y", "width", "height"))
        except ValueError:
            continue  # somebody else's diagram, soon to be replaced
        yield shape.get("bpmnElement") or "", Box(x, y, width, height)


def frames(groups: dict[str, list[str]], boxes: dict[str, Box]) -> Iterator[tuple[str, Box]]:
    """The frame of every group; one that nothing belongs to lies below the diagram."""
    bottom = max((box.bottom for box in boxes.values()), default=0.0)
    left = min((box.x for box in boxes.values()), default=0.0)
    for group, members in groups.items():
        inside = [boxes[node] for node in members if node in boxes]
        if not inside:
            yield group, _LOOSE.moved(left, bottom + 40)
            left += _LOOSE.width + 20
            continue
        x, y = min(box.x for box in inside) - _MARGIN, min(box.y for box in inside) - _MARGIN
        right, lower = max(box.right for box in inside) + _MARGIN, max(box.bottom for box in inside) + _MARGIN
        yield group, Box(x, y, right - x, lower - y)
