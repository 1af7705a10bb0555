"""From the grid to pixels: how wide columns and channels are, how high rows are, and where all of them lie.

Columns and rows have a middle line and an extent to each side of it, which holds shapes and their labels.  Between
them lie channels, which hold nothing but edges, each on a track of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.bpmn.layout import text
from engine.bpmn.layout.model import Kind, Scope
from engine.bpmn.layout.rows import Cells

#: Headers of pools and lanes, and black-box pools, in pixels.
HEADER, BLACK_BOX = 30, 60
_TRACK = 14
_COLUMN_GAP, _OUTER_GAP, _ROW_GAP, _LANE_PAD, _SCOPE_PAD, _POOL_GAP = 50, 30, 30, 18, 6, 56
_MARGIN_V, _MARGIN_H = 20, 16
_LANE_HEIGHT = 110


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line of the grid: a row, or a channel above, between or below rows; outside of pools, band None."""

    row: int | None
    band: int | None
    pool: int | None


def levels(scope: Scope, cells: Cells) -> list[Level]:
    """All horizontal lines from top to bottom."""
    found: list[Level] = []
    framed = bool(scope.pools) and scope.pools[0].id is not None
    if framed:
        found.append(Level(None, None, None))
    for index, pool in enumerate(scope.pools):
        for band in range(pool.first, pool.last + 1):
            found.append(Level(None, band, index))
            for row in cells.rows[band]:
                found += (Level(row, band, index), Level(None, band, index))
        if framed:
            found.append(Level(None, None, None))
    return found


@dataclass(slots=True)
class Extents:
    """What has to fit: extents of columns and rows to both sides of their middle, tracks in every channel."""

    left: list[float]
    right: list[float]
    above: list[float]
    below: list[float]
    columns: dict[int, int] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)
    #: Room for labels at the left of single vertical channels.
    aside: dict[int, float] = field(default_factory=dict)
    #: Extra height of the channels between pools, for the names of message flows.
    message: float = 0.0


def extents(scope: Scope, cells: Cells) -> Extents:
    """The extents that the shapes alone ask for."""
    count = cells.columns
    rows = cells.rows[-1].stop if cells.rows else 0
    found = Extents([25.0] * count, [25.0] * count, [25.0] * rows, [25.0] * rows)
    for key, cell in cells.of.items():
        node = scope.nodes[key]
        if cell.span == 1:
            found.left[cell.column] = max(found.left[cell.column], node.width / 2)
            found.right[cell.column] = max(found.right[cell.column], node.width / 2)
        found.above[cell.row] = max(found.above[cell.row], node.height / 2)
        found.below[cell.row] = max(found.below[cell.row], node.height / 2)
    for node in scope.nodes.values():
        if node.kind is Kind.BOUNDARY and node.host in cells.of:
            row = cells.of[node.host].row
            found.below[row] = max(found.below[row], scope.nodes[node.host].height / 2 + node.height / 2)
    return found


@dataclass(slots=True)
class Frame:
    """Pixels: middles and sides of columns, middles of rows, tracks of channels, bands and pools."""

    left: list[float]
    center: list[float]
    right: list[float]
    middle: list[float]
    vertical: dict[int, list[float]]
    horizontal: dict[int, list[float]]
    bands: list[tuple[float, float]]
    pools: list[tuple[float, float]]
    #: From the left side of pool contents to the right one, headers not included.
    start: float
    end: float
    #: From the upper to the lower side of everything, channels outside of pools included.
    top: float
    bottom: float


def solve(scope: Scope, cells: Cells, need: Extents) -> Frame:
    """Put columns side by side and rows one below the other."""
    frame = Frame([], [], [], [], {}, {}, [], [], 0, 0, 0, 0)
    _columns(scope, cells, need, frame)
    _rows(scope, cells, need, frame)
    return frame


def _tracks(start: float, width: float, count: int) -> list[float]:
    if not count:
        return [start + width / 2]
    # Few tracks keep to the middle of a wide channel.
    step = min(_TRACK * 1.2, width / (count + 1))
    first = start + width / 2 - step * (count - 1) / 2
    return [round(first + step * i) for i in range(count)]


def _columns(scope: Scope, cells: Cells, need: Extents, frame: Frame) -> None:
    count = cells.columns
    gaps = []
    for channel in range(count + 1):
        tracks = need.columns.get(channel, 0)
        base = _COLUMN_GAP if 0 < channel < count else _OUTER_GAP
        gaps.append(max(base, 2 * _MARGIN_V + _TRACK * (tracks - 1)) if tracks else base)
    left, right = list(need.left), list(need.right)
    for key, cell in sorted(cells.of.items(), key=lambda item: (item[1].span, item[1].column, item[0])):
        if cell.span > 1:
            inside = range(cell.column, cell.column + cell.span)
            have = sum(left[c] + right[c] for c in inside) + sum(gaps[c] for c in inside[1:])
            lack = scope.nodes[key].width - have
            if lack > 0:
                for c in inside:
                    left[c] += lack / cell.span / 2
                    right[c] += lack / cell.span / 2
    x = 0.0
    for c in range(count):
        aside = need.aside.get(c, 0.0)
        frame.vertical[c] = _tracks(x + aside, gaps[c], need.columns.get(c, 0))
        x += aside + gaps[c]
        frame.left.append(round(x))
        frame.center.append(round(x + left[c]))
        x = round(x + left[c] + right[c])
        frame.right.append(x)
    aside = need.aside.get(count, 0.0)
    frame.vertical[count] = _tracks(x + aside, gaps[count], need.columns.get(count, 0))
    frame.end = round(x + aside + gaps[count])


def _rows(scope: Scope, cells: Cells, need: Extents, frame: Frame) -> None:
    lines = levels(scope, cells)
    heights = [_height(scope, lines, i, need) for i in range(len(lines))]
    _stretch_lanes(scope, lines, heights)
    y = 0.0
    tops: dict[int, float] = {}
    bottoms: dict[int, float] = {}
    for i, level in enumerate(lines):
        if level.band is not None:
            tops.setdefault(level.band, y)
        if level.row is None:
            count = need.levels.get(i, 0)
            frame.horizontal[i] = _tracks(y, heights[i], count)
            y = round(y + heights[i])
        else:
            frame.middle.append(round(y + need.above[level.row]))
            y = round(y + need.above[level.row] + need.below[level.row])
        if level.band is not None:
            bottoms[level.band] = y
    frame.bottom = y
    frame.bands = [(tops[b], bottoms[b]) for b in sorted(tops)]
    frame.pools = [(tops[p.first], bottoms[p.last]) for p in scope.pools]


def _height(scope: Scope, lines: list[Level], index: int, need: Extents) -> float:
    level = lines[index]
    if level.row is not None:
        return need.above[level.row] + need.below[level.row]
    tracks = need.levels.get(index, 0)
    room = 2 * _MARGIN_H + _TRACK * (tracks - 1) if tracks else 0
    if level.band is None:
        first, last = index == 0, index == len(lines) - 1
        used = tracks or (first and any(b.above for b in scope.borders.values() if b.pool is None))
        used = used or (last and any(not b.above for b in scope.borders.values() if b.pool is None))
        if (first or last) and not used:
            return 0.0
        return max(_POOL_GAP, room + 10) + need.message
    inner = 0 < index < len(lines) - 1 and all(lines[i].band == level.band for i in (index - 1, index + 1))
    framed = scope.pools[0].id is not None or scope.pools[0].lanes
    return max(_ROW_GAP if inner else _LANE_PAD if framed else _SCOPE_PAD, room)


def _stretch_lanes(scope: Scope, lines: list[Level], heights: list[float]) -> None:
    """Lanes and pools are high enough for their names."""
    for pool in scope.pools:
        if pool.id is None and not pool.lanes:
            continue
        for lane in sorted(pool.lanes, key=lambda lane: -lane.depth):
            least = _LANE_HEIGHT if lane.first == lane.last else 0.0
            _stretch(lines, heights, lane.first, lane.last, max(least, _title(lane.name)))
        _stretch(lines, heights, pool.first, pool.last, max(_LANE_HEIGHT, _title(pool.name)))


def _title(name: str) -> float:
    """Height of a lane for a vertical name: in one line when short, else in two."""
    length = text.width(name, text.INSIDE) + 20
    return length if length <= 220 else length / 2 + 20


def _stretch(lines: list[Level], heights: list[float], first: int, last: int, least: float) -> None:
    inside = [i for i, level in enumerate(lines) if level.band is not None and first <= level.band <= last]
    lack = least - sum(heights[i] for i in inside)
    if lack > 0 and inside:
        edges = [i for i in inside if lines[i].row is None and not _between_rows(lines, i)]
        for i in edges:
            heights[i] += lack / len(edges)


def _between_rows(lines: list[Level], index: int) -> bool:
    band = lines[index].band
    return (
        0 < index < len(lines) - 1
        and lines[index - 1].row is not None
        and lines[index + 1].row is not None
        and lines[index - 1].band == band == lines[index + 1].band
    )
