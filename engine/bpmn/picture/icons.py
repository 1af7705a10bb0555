"""The small drawings of BPMN: event types, gateway marks, task types, markers.  All are centred on the origin."""

from __future__ import annotations

import math

from engine.bpmn.picture.pen import INK, PAPER, element, number, stroke

_THIN = 1.3


def _path(d: str, fill: str = "none", width: float = _THIN) -> str:
    return element("path", d=d, stroke_linejoin="round", stroke_linecap="round", **stroke(width, fill))


def _polygon(corners: int, radius: float, turn: float = -90.0) -> str:
    points = []
    for n in range(corners):
        angle = math.radians(turn + 360 * n / corners)
        points.append(f"{number(radius * math.cos(angle))},{number(radius * math.sin(angle))}")
    return "M" + "L".join(points) + "Z"


def _envelope(filled: bool, width: float = 18, height: float = 12) -> str:
    x, y = width / 2, height / 2
    ink, paper = (INK, PAPER) if filled else (PAPER, INK)
    box = element("rect", x=-x, y=-y, width=width, height=height, **stroke(_THIN, ink))
    flap = element("path", d=f"M{number(-x)},{number(-y)}L0,1L{number(x)},{number(-y)}", **stroke(_THIN, "none", paper))
    return box + flap


def _clock() -> str:
    ticks = "".join(
        f"M{number(8 * math.cos(a))},{number(8 * math.sin(a))}L{number(10 * math.cos(a))},{number(10 * math.sin(a))}"
        for a in (math.radians(30 * n) for n in range(12))
    )
    return (
        element("circle", r=10, **stroke(_THIN, PAPER)) + _path(ticks, width=1) + _path("M0,-7L0,0L4.5,2.5", width=1.5)
    )


def _conditional() -> str:
    rows = "".join(f"M-5,{y}L5,{y}" for y in (-6, -2, 2, 6))
    return element("rect", x=-7, y=-9, width=14, height=18, **stroke(_THIN, PAPER)) + _path(rows)


_EVENT_PATHS = {
    "error": "M-9,8L-3,-8L3,2L9,-8L3,9L-3,-2Z",
    "signal": "M0,-9.5L9,6.5L-9,6.5Z",
    "escalation": "M0,-10L7,9L0,2L-7,9Z",
    "link": "M-9,-4L1,-4L1,-8L10,0L1,8L1,4L-9,4Z",
    "compensate": "M0,-7L-9,0L0,7ZM9,-7L0,0L9,7Z",
    "cancel": "M-8,-5L-5,-8L0,-3L5,-8L8,-5L3,0L8,5L5,8L0,3L-5,8L-8,5L-3,0Z",
    "multiple": _polygon(5, 10),
    "parallelMultiple": "M-9,-3L-3,-3L-3,-9L3,-9L3,-3L9,-3L9,3L3,3L3,9L-3,9L-3,3L-9,3Z",
}


def event(kind: str, filled: bool) -> str:
    """The mark of an event; events that throw have it filled."""
    if kind == "message":
        return _envelope(filled)
    if kind == "timer":
        return _clock()
    if kind == "conditional":
        return _conditional()
    if kind == "terminate":
        return element("circle", r=10, fill=INK)
    path = _EVENT_PATHS.get(kind)
    return _path(path, INK if filled else PAPER) if path else ""


def gateway(tag: str) -> str:
    """The mark of a gateway."""
    if tag == "exclusiveGateway":
        return _path("M-8,-9L8,9M8,-9L-8,9", width=4)
    if tag == "parallelGateway":
        return _path("M-11,0L11,0M0,-11L0,11", width=4)
    if tag == "inclusiveGateway":
        return element("circle", r=11, **stroke(2.5))
    if tag == "complexGateway":
        return _path("M-11,0L11,0M0,-11L0,11M-8,-8L8,8M8,-8L-8,8", width=3)
    rings = element("circle", r=14, **stroke(1)) + element("circle", r=11.5, **stroke(1))
    return rings + _path(_polygon(5, 7.5))


def _gear() -> str:
    points = []
    teeth = 8
    for n in range(teeth * 4):
        radius = 8.0 if n % 4 in (1, 2) else 5.8
        angle = 2 * math.pi * (n - 1.5) / (teeth * 4)
        points.append(f"{number(radius * math.cos(angle))},{number(radius * math.sin(angle))}")
    return _path("M" + "L".join(points) + "Z", PAPER, 1.1) + element("circle", r=2.6, **stroke(1.1, PAPER))


def _table() -> str:
    head = element("rect", x=-8, y=-6, width=16, height=4, fill=INK)
    return (
        element("rect", x=-8, y=-6, width=16, height=12, **stroke(1.1, PAPER))
        + head
        + _path("M-8,2L8,2M-3,-6L-3,6", width=1.1)
    )


_HAND = (
    "M-8,6L-8,0L-3.5,-6L-1,-6L-2.5,-2.5L7.5,-2.5L7.5,-0.5L1,-0.5M7.5,-0.5L8,1.5L1,1.5M7.5,1.5L7,3.5L1,3.5"
    "M6.5,3.5L6,6L-8,6"
)
_SCROLL = "M-4,-8L6,-8C2,-4,2,-2,4.5,1C6.5,4,6,6,4,8L-6,8C-2.5,4.5,-3,3,-5.5,0C-7.5,-3,-6.5,-6,-4,-8Z"


def task(tag: str) -> str:
    """The icon in the corner of a task."""
    if tag == "userTask":
        head = element("circle", cy=-3.5, r=3.8, **stroke(1.1, PAPER))
        return _path("M-7.5,8C-7.5,2,-4,0.5,0,0.5C4,0.5,7.5,2,7.5,8Z", PAPER, 1.1) + head
    if tag == "manualTask":
        return _path(_HAND, width=1.1)
    if tag == "serviceTask":
        return _gear()
    if tag == "scriptTask":
        return _path(_SCROLL, PAPER, 1.1) + _path(
            "M-3,-4.5L2,-4.5M-3,-1.5L1.5,-1.5M-2,1.5L3,1.5M-1,4.5L4,4.5", width=1.1
        )
    if tag in ("sendTask", "receiveTask"):
        return _envelope(tag == "sendTask", 16, 11)
    if tag == "businessRuleTask":
        return _table()
    return ""


def marker(kind: str) -> str:
    """A marker at the lower side of an activity."""
    if kind == "parallel":
        return _path("M-4,-5L-4,5M0,-5L0,5M4,-5L4,5", width=2)
    if kind == "sequential":
        return _path("M-5,-4L5,-4M-5,0L5,0M-5,4L5,4", width=2)
    if kind == "loop":
        return _path("M-2,5.2A5.6,5.6,0,1,1,2.2,5.1M-2,5.2L-5.5,5.4M-2,5.2L-2.2,1.6", width=1.5)
    if kind == "compensation":
        return _path("M0,-5L-6,0L0,5ZM6,-5L0,0L6,5Z", width=1.1)
    if kind == "adhoc":
        return _path("M-6,2C-4,-4,-1,-2,0,0C1,2,4,3,6,-2", width=2)
    if kind == "collapsed":
        return element("rect", x=-7, y=-7, width=14, height=14, **stroke(1.1)) + _path("M-4,0L4,0M0,-4L0,4", width=1.5)
    return ""
