"""Boxes and lines, in pixels."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

Point = tuple[float, float]
Line = list[Point]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Lower side."""
        return self.y + self.height

    @property
    def center(self) -> Point:
        """Middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> Box:
        """The same box somewhere else."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def overlaps(self, other: Box, gap: float = 0.0) -> bool:
        """Whether two boxes have points in common or come closer than ``gap``."""
        return (
            self.x < other.right + gap
            and other.x < self.right + gap
            and self.y < other.bottom + gap
            and other.y < self.bottom + gap
        )

    def holds(self, other: Box) -> bool:
        """Whether another box lies inside of this one."""
        return self.x <= other.x and other.right <= self.right and self.y <= other.y and other.bottom <= self.bottom

    def struck(self, a: Point, b: Point, gap: float = 0.0) -> bool:
        """Whether a horizontal or vertical piece of a line runs through the box or closer to it than ``gap``."""
        return (
            min(a[0], b[0]) < self.right + gap
            and max(a[0], b[0]) > self.x - gap
            and min(a[1], b[1]) < self.bottom + gap
            and max(a[1], b[1]) > self.y - gap
        )


def moved(line: Line, dx: float, dy: float) -> Line:
    """The same line somewhere else."""
    return [(x + dx, y + dy) for x, y in line]


def pieces(line: Line) -> list[tuple[Point, Point]]:
    """The straight pieces of a line."""
    return list(itertools.pairwise(line))


def tidy(line: Line) -> Line:
    """Without repeated points and points between others on a straight piece."""
    kept: Line = []
    for point in line:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept[-1] = point
            continue
        kept.append(point)
    return kept


def whole(value: float) -> int:
    """The nearest pixel; halves always go up, so that equal distances stay equal."""
    return math.floor(value + 0.5)
