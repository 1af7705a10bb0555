"""Edges: lines with rounded corners and the ends that tell flows, messages and associations apart."""

from __future__ import annotations

import math
from itertools import pairwise

from engine.bpmn.picture.pen import INK, PAPER, element, number, stroke

_CORNER = 5.0
Point = tuple[float, float]


def draw(tag: str, points: list[Point], start: str | None, end: str | None, color: str = INK) -> str:
    """An edge.

    Args:
        tag: BPMN element name, which decides about the dashes.
        points: Waypoints.
        start: What stands at the source: ``circle``, ``slash``, ``diamond``, ``open`` or nothing.
        end: What stands at the target: ``arrow``, ``hollow``, ``open`` or nothing.
        color: Colour of the line.
    """
    if len(points) < 2:
        return ""
    dash = {"messageFlow": "10 8", "association": "1 4"}.get(tag, "1 4" if tag.startswith("data") else None)
    cap = "round" if dash == "1 4" else None
    body = element(
        "path", d=_rounded(points), stroke_linejoin="round", stroke_linecap=cap, **stroke(1.6, "none", color, dash)
    )
    parts = [body]
    if start:
        parts.append(_tip(start, points[0], points[1], color))
    if end:
        parts.append(_tip(end, points[-1], points[-2], color))
    return "".join(parts)


def _rounded(points: list[Point]) -> str:
    d = [f"M{number(points[0][0])},{number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_CORNER, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        a, b = _towards(corner, before, radius), _towards(corner, after, radius)
        d.append(f"L{number(a[0])},{number(a[1])}")
        d.append(f"Q{number(corner[0])},{number(corner[1])},{number(b[0])},{number(b[1])}")
    d.append(f"L{number(points[-1][0])},{number(points[-1][1])}")
    return "".join(d)


def _towards(start: Point, goal: Point, length: float) -> Point:
    distance = math.dist(start, goal)
    if distance == 0:
        return start
    return (
        start[0] + (goal[0] - start[0]) * length / distance,
        start[1] + (goal[1] - start[1]) * length / distance,
    )


def _tip(kind: str, at: Point, back: Point, color: str) -> str:
    """A drawing at the end of an edge; it is made for an edge that comes from the left and ends at the origin."""
    angle = math.degrees(math.atan2(at[1] - back[1], at[0] - back[0]))
    place = f"translate({number(at[0])} {number(at[1])}) rotate({number(angle)})"
    shapes = {
        "arrow": element("path", d="M0,0L-10,-4.5L-10,4.5Z", fill=color),
        "hollow": element("path", d="M-1,0L-10,-4.5L-10,4.5Z", **stroke(1.3, PAPER, color)),
        "open": element("path", d="M-9,-5L0,0L-9,5", **stroke(1.3, "none", color)),
        "circle": element("circle", cx=-4.5, cy=0, r=4, **stroke(1.3, PAPER, color)),
        "slash": element("path", d="M-14,5.5L-8,-5.5", **stroke(1.6, "none", color)),
        "diamond": element("path", d="M0,0L-8,-5L-16,0L-8,5Z", **stroke(1.3, PAPER, color)),
    }
    return element("g", shapes[kind], transform=place)


def middle(points: list[Point]) -> Point:
    """The point half-way along a line."""
    rest = sum(math.dist(a, b) for a, b in pairwise(points)) / 2
    for a, b in pairwise(points):
        length = math.dist(a, b)
        if rest <= length:
            return _towards(a, b, rest)
        rest -= length
    return points[-1]
