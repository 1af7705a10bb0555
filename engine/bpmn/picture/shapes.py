"""Shapes: what each BPMN element looks like in its bounds."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.layout import text as texts
from engine.bpmn.layout.geometry import Box
from engine.bpmn.layout.read import EVENTS, GATEWAYS, SUBPROCESSES, TASKS, local, q
from engine.bpmn.picture import icons
from engine.bpmn.picture.pen import element, lines, number, shortened, stroke, upright

_DEFINITION = "EventDefinition"
_THROWING = frozenset({"endEvent", "intermediateThrowEvent"})


def draw(node: etree._Element, box: Box, shape: etree._Element, fill: str, color: str) -> str:
    """A shape with the text that stands inside of it."""
    tag = local(node)
    if tag in ("participant", "lane"):
        return _band(node, box, shape, fill, color)
    if tag in EVENTS:
        return _event(node, box, fill, color)
    if tag in GATEWAYS:
        return _gateway(node, box, shape, fill, color)
    if tag in TASKS | SUBPROCESSES:
        return _activity(node, box, shape, fill, color)
    if tag == "textAnnotation":
        return _annotation(node, box, color)
    if tag == "group":
        return element("rect", **_bounds(box), rx=10, **stroke(1.5, "none", color, "8 4 1 4"))
    if tag == "dataStoreReference":
        return _store(box, fill, color)
    return _page(node, box, fill, color)


def expanded(node: etree._Element, shape: etree._Element) -> bool:
    """Whether a subprocess shows its contents."""
    return local(node) in SUBPROCESSES and shape.get("isExpanded") == "true"


def labelled_outside(node: etree._Element) -> bool:
    """Whether the name stands beside the shape."""
    tag = local(node)
    return tag in EVENTS | GATEWAYS or tag.startswith("data")


def _bounds(box: Box) -> dict[str, str | float | None]:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}


def _at(x: float, y: float, content: str) -> str:
    return element("g", content, transform=f"translate({number(x)} {number(y)})") if content else ""


def _band(node: etree._Element, box: Box, shape: etree._Element, fill: str, color: str) -> str:
    outline = element("rect", **_bounds(box), **stroke(1.5, fill, color))
    name = node.get("name") or ""
    if local(node) == "participant" and not node.get("processRef"):
        block = shortened(name, box.width - 20, texts.INSIDE, max(1, int(box.height / 16)))
        return outline + lines(block, box.center[0], box.center[1] - block.height / 2, texts.INSIDE)
    if shape.get("isHorizontal") == "false":
        rule = element(
            "path", d=f"M{number(box.x)},{number(box.y + 30)}h{number(box.width)}", **stroke(1.5, "none", color)
        )
        block = shortened(name, box.width - 10, texts.INSIDE, 2)
        title = lines(block, box.center[0], box.y + 15 - block.height / 2, texts.INSIDE)
    else:
        rule = element(
            "path", d=f"M{number(box.x + 30)},{number(box.y)}v{number(box.height)}", **stroke(1.5, "none", color)
        )
        title = upright(name, box.x + 15, box.center[1], texts.INSIDE, box.height - 10)
    return outline + (rule if local(node) == "participant" else "") + title


def _event(node: etree._Element, box: Box, fill: str, color: str) -> str:
    tag = local(node)
    x, y = box.center
    radius = box.width / 2
    loose = (tag == "startEvent" and node.get("isInterrupting") == "false") or (
        tag == "boundaryEvent" and node.get("cancelActivity") == "false"
    )
    dash = "5 4" if loose else None
    width = 4.0 if tag == "endEvent" else 1.6
    rings = element("circle", cx=x, cy=y, r=radius - (width - 1.6) / 2, **stroke(width, fill, color, dash))
    if tag.startswith("intermediate") or tag == "boundaryEvent":
        rings += element("circle", cx=x, cy=y, r=radius - 3.5, **stroke(1.3, "none", color, dash))
    kinds = [name.removesuffix(_DEFINITION) for name in map(local, node) if name.endswith(_DEFINITION)]
    kind = kinds[0] if len(kinds) == 1 else ""
    if len(kinds) > 1:
        kind = "parallelMultiple" if node.get("parallelMultiple") == "true" else "multiple"
    return rings + _at(x, y, icons.event(kind, tag in _THROWING))


def _gateway(node: etree._Element, box: Box, shape: etree._Element, fill: str, color: str) -> str:
    x, y = box.center
    corners = ((x, box.y), (box.right, y), (x, box.bottom), (box.x, y))
    d = "M" + "L".join(f"{number(a)},{number(b)}" for a, b in corners) + "Z"
    tag = local(node)
    mark = "" if tag == "exclusiveGateway" and shape.get("isMarkerVisible") != "true" else icons.gateway(tag)
    return element("path", d=d, stroke_linejoin="round", **stroke(1.6, fill, color)) + _at(x, y, mark)


def _activity(node: etree._Element, box: Box, shape: etree._Element, fill: str, color: str) -> str:
    tag = local(node)
    dash = "1 5" if node.get("triggeredByEvent") == "true" else None
    width = 4.0 if tag == "callActivity" else 1.6
    cap = "round" if dash else None
    parts = [element("rect", **_bounds(box), rx=10, stroke_linecap=cap, **stroke(width, fill, color, dash))]
    if tag == "transaction":
        inner = Box(box.x + 3, box.y + 3, box.width - 6, box.height - 6)
        parts.append(element("rect", **_bounds(inner), rx=7, **stroke(1.3, "none", color)))
    parts.append(_at(box.x + 15, box.y + 15, icons.task(tag)))
    name = node.get("name") or ""
    if expanded(node, shape):
        block = shortened(name, box.width - 20, texts.INSIDE, 1)
        parts.append(lines(block, box.center[0], box.y + 6, texts.INSIDE))
    else:
        most = max(1, int((box.height - 8) / (texts.INSIDE * texts.LINE_HEIGHT)))
        block = shortened(name, box.width - 10, texts.INSIDE, most)
        parts.append(lines(block, box.center[0], box.center[1] - block.height / 2, texts.INSIDE))
    marks = _markers(node, shape)
    for n, kind in enumerate(marks):
        parts.append(_at(box.center[0] + 18 * (n - (len(marks) - 1) / 2), box.bottom - 11, icons.marker(kind)))
    return "".join(parts)


def _markers(node: etree._Element, shape: etree._Element) -> list[str]:
    found = []
    loop = node.find(q("multiInstanceLoopCharacteristics"))
    if loop is not None:
        found.append("sequential" if loop.get("isSequential") == "true" else "parallel")
    if node.find(q("standardLoopCharacteristics")) is not None:
        found.append("loop")
    if node.get("isForCompensation") == "true":
        found.append("compensation")
    if (local(node) in SUBPROCESSES and not expanded(node, shape)) or local(node) == "callActivity":
        found.append("collapsed")
    if local(node) == "adHocSubProcess":
        found.append("adhoc")
    return found


def _annotation(node: etree._Element, box: Box, color: str) -> str:
    bracket = element(
        "path", d=f"M{number(box.x + 10)},{number(box.y)}h-10v{number(box.height)}h10", **stroke(1.5, "none", color)
    )
    most = max(1, int((box.height - 4) / (texts.INSIDE * texts.LINE_HEIGHT)))
    block = shortened(node.findtext(q("text")) or "", box.width - 14, texts.INSIDE, most)
    return bracket + lines(block, box.x + 7, box.y + 6, texts.INSIDE, "start")


def _store(box: Box, fill: str, color: str) -> str:
    x, y, width, height = box.x, box.y, box.width, box.height
    dip = height * 0.12
    curve = f"c0,{number(dip * 1.4)},{number(width)},{number(dip * 1.4)},{number(width)},0"
    top, bottom = y + dip, y + height - dip
    body = (
        f"M{number(x)},{number(top)}V{number(bottom)}{curve}V{number(top)}"
        f"c0,{number(-dip * 1.4)},{number(-width)},{number(-dip * 1.4)},{number(-width)},0Z"
    )
    rings = "".join(f"M{number(x)},{number(top + step)}{curve}" for step in (0, dip, 2 * dip))
    return element("path", d=body, **stroke(1.6, fill, color)) + element("path", d=rings, **stroke(1.6, "none", color))


def _page(node: etree._Element, box: Box, fill: str, color: str) -> str:
    fold = box.width * 0.3
    d = (
        f"M{number(box.x)},{number(box.y)}H{number(box.right - fold)}L{number(box.right)},{number(box.y + fold)}"
        f"V{number(box.bottom)}H{number(box.x)}Z"
        f"M{number(box.right - fold)},{number(box.y)}v{number(fold)}h{number(fold)}"
    )
    page = element("path", d=d, stroke_linejoin="round", **stroke(1.6, fill, color))
    if node.get("isCollection") == "true":
        page += _at(box.center[0], box.bottom - 9, icons.marker("parallel"))
    return page
