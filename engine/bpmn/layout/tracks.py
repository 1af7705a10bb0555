"""Tracks: edges that share a channel run side by side, in the order that crosses least.

Edges that go on together to the same target may run on one track; so may edges that come from one source together.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

from engine.bpmn.layout.grid import Grid
from engine.bpmn.layout.model import Edge, Flow
from engine.bpmn.layout.ports import Port, Route

_COVERED, _NEAR = 40.0, 0.9
_ROUNDS = 3


@dataclass(slots=True)
class Segment:
    """A straight piece of an edge: the line or level it lies on, and from where to where in the other direction."""

    edge: str
    flat: bool
    index: int
    start: float
    end: float
    track: int = 0

    @property
    def low(self) -> float:
        """The smaller end."""
        return min(self.start, self.end)

    @property
    def high(self) -> float:
        """The larger end."""
        return max(self.start, self.end)


@dataclass(slots=True)
class Tracks:
    """The segments of every edge from its source to its target, and how many tracks each channel needs."""

    segments: dict[str, list[Segment]]
    columns: dict[int, int] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)
    #: Groups of edges that no order of tracks keeps apart, with the channel: horizontal or not, level or line.
    conflicts: list[tuple[list[str], list[str], bool, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Bundle:
    """Segments on one track: the range they cover and what leaves the track where, and to which side."""

    segments: list[Segment]
    low: float = 0.0
    high: float = 0.0
    ends: list[tuple[float, int]] = field(default_factory=list)


def assign(grid: Grid, edges: list[Edge], routes: dict[str, Route]) -> Tracks:
    """Cut the routes into segments and give those in channels their tracks."""
    by_id = {e.id: e for e in edges}
    tracks = Tracks({key: _segments(key, route) for key, route in routes.items()})
    channels: dict[tuple[bool, int], list[list[Segment]]] = {}
    for key, together in _bundles(grid, by_id, routes, tracks).items():
        channels.setdefault((key[0], key[1]), []).append(together)
    fractions: dict[int, float] = {}
    for _ in range(_ROUNDS):
        tracks.conflicts.clear()
        for (flat, index), members in sorted(channels.items()):
            bundles = _sort([_measure(segments, tracks, fractions) for segments in members])
            count = _settle(bundles)
            tracks.conflicts += ((*pair, flat, index) for pair in _covered(bundles))
            (tracks.levels if flat else tracks.columns)[index if flat else grid.lines[index].column] = count
            for bundle in bundles:
                for segment in bundle.segments:
                    fractions[id(segment)] = (segment.track + 1) / (count + 1) - 0.5
    return tracks


def _segments(edge: str, route: Route) -> list[Segment]:
    first, last = route.points[0], route.points[-1]
    before = (first[0] - route.source.away[0] * 0.5, first[1] - route.source.away[1] * 0.5)
    after = (last[0] - route.target.away[0] * 0.5, last[1] - route.target.away[1] * 0.5)
    points: list[tuple[float, float]] = [before, *route.points, after]
    found: list[Segment] = []
    for a, b in itertools.pairwise(points):
        if a == b:
            continue
        flat = a[1] == b[1]
        start, end = (a[0], b[0]) if flat else (a[1], b[1])
        if found and found[-1].flat == flat:
            found[-1].end = end
        else:
            found.append(Segment(edge, flat, int(a[1] if flat else a[0]), start, end))
    return found


def _bundles(
    grid: Grid, edges: dict[str, Edge], routes: dict[str, Route], tracks: Tracks
) -> dict[tuple[bool, int, object], list[Segment]]:
    """Segments in channels, those that may share a track together."""
    joining: dict[tuple[object, ...], list[Segment]] = defaultdict(list)
    keys: dict[int, tuple[tuple[object, ...], tuple[object, ...]]] = {}
    inside: list[Segment] = []
    for key, segments in tracks.segments.items():
        sequence = edges[key].flow is Flow.SEQUENCE
        for n, segment in enumerate(segments):
            if not (grid.levels[segment.index].row is None if segment.flat else grid.lines[segment.index].channel):
                continue
            inside.append(segment)
            rest = tuple((s.flat, s.index) for s in segments[n:])
            past = tuple((s.flat, s.index) for s in segments[: n + 1])
            route = routes[key]
            into: tuple[object, ...] = ("in", *_name(route.target), rest) if sequence else ("alone", key, n)
            out: tuple[object, ...] = ("out", *_name(route.source), past) if sequence else ("alone", key, n)
            keys[id(segment)] = (into, out)
            joining[into].append(segment)
            if into != out:
                joining[out].append(segment)
    found: dict[tuple[bool, int, object], list[Segment]] = defaultdict(list)
    for segment in inside:
        into, out = keys[id(segment)]
        loose = all(len(joining[keys[id(s)][0]]) < 2 for s in joining[out])
        chosen = into if len(joining[into]) > 1 or not loose else out
        found[segment.flat, segment.index, chosen].append(segment)
    return found


def _name(port: Port) -> tuple[str, str, float]:
    return port.node, port.side, port.slot


def _measure(segments: list[Segment], tracks: Tracks, fractions: dict[int, float]) -> _Bundle:
    bundle = _Bundle(segments)
    places: list[float] = []
    ends: dict[tuple[float, int], None] = {}
    for segment in segments:
        own = tracks.segments[segment.edge]
        n = next(i for i, s in enumerate(own) if s is segment)
        for neighbour, at_start in ((n - 1, True), (n + 1, False)):
            place = segment.start if at_start else segment.end
            side = 0
            if 0 <= neighbour < len(own):
                other = own[neighbour]
                place = other.index + fractions.get(id(other), 0.0)
                far = other.start if at_start else other.end
                side = 1 if far > segment.index else -1
            places.append(place)
            if side:
                ends[place, side] = None
    bundle.low, bundle.high = min(places), max(places)
    bundle.ends = list(ends)
    return bundle


def _cost(one: _Bundle, other: _Bundle) -> float:
    """What crosses when the one lies before (left of, above) the other."""
    cost = 0.0
    for mine, sign, theirs in ((one, 1, other), (other, -1, one)):
        for place, side in mine.ends:
            if side != sign:
                continue
            if any(abs(p - place) < 0.01 and s == -sign for p, s in theirs.ends):
                cost += _COVERED
            elif theirs.low + 0.01 < place < theirs.high - 0.01:
                cost += 1
            elif theirs.low - 0.01 <= place <= theirs.high + 0.01:
                cost += 0.4
    return cost


def _sort(bundles: list[_Bundle]) -> list[_Bundle]:
    bundles.sort(key=lambda b: (sum(side for _, side in b.ends), b.low, b.high))
    count = len(bundles)
    cost = {(i, j): _cost(bundles[i], bundles[j]) for i in range(count) for j in range(count) if i != j}
    order = list(range(count))
    for _ in range(count):
        moved = False
        for item in list(order):
            here = order.index(item)
            rest = order[:here] + order[here + 1 :]
            prices = [0.0]
            # Walking the item to the right past another one swaps the two.
            prices[0] = sum(cost[item, other] for other in rest)
            for other in rest:
                prices.append(prices[-1] - cost[item, other] + cost[other, item])
            best = min(range(len(prices)), key=lambda n: (prices[n], abs(n - here)))
            if prices[best] < prices[here] - 1e-9:
                rest.insert(best, item)
                order = rest
                moved = True
        if not moved:
            break
    return [bundles[i] for i in order]


def _covered(order: list[_Bundle]) -> list[tuple[list[str], list[str]]]:
    return [
        ([s.edge for s in one.segments], [s.edge for s in other.segments])
        for n, one in enumerate(order)
        for other in order[n + 1 :]
        if _cost(one, other) >= _COVERED
    ]


def _settle(order: list[_Bundle]) -> int:
    """Tracks in that order, shared by what is far enough apart; the number of tracks."""
    used = 0
    for n, bundle in enumerate(order):
        track = 0
        for earlier in order[:n]:
            if earlier.low - _NEAR < bundle.high and bundle.low - _NEAR < earlier.high:
                track = max(track, earlier.segments[0].track + 1)
        for segment in bundle.segments:
            segment.track = track
        used = max(used, track + 1)
    return used
