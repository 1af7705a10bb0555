"""Boundary events sit on the lower side of their host, in the order in which their flows cross least."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from engine.bpmn.layout.model import Kind, Node, Scope
from engine.bpmn.layout.ports import Seat
from engine.bpmn.layout.rows import Cells

#: Distance of the middle of an event from the corner of its host, and between events, with and without labels.
_CORNER, _PITCH, _LABELLED = 22, 52, 112
#: Width of a usual column and the channel beside it, in pixels.
_COLUMN, _CHANNEL = 100, 50


def spans(scope: Scope) -> dict[str, int]:
    """How many columns the expanded subprocesses cover."""
    return {
        n.id: max(1, round((n.width + _CHANNEL) / (_COLUMN + _CHANNEL)))
        for n in scope.nodes.values()
        if n.kind is Kind.SUBPROCESS
    }


def events_of(scope: Scope) -> dict[str, list[Node]]:
    """The boundary events of every host."""
    found: dict[str, list[Node]] = defaultdict(list)
    for node in scope.nodes.values():
        if node.host is not None and node.host in scope.nodes:
            found[node.host].append(node)
    return found


def widen(scope: Scope) -> None:
    """Make room for three and more boundary events on one host."""
    for host, events in events_of(scope).items():
        if len(events) > 2:
            pitch = _LABELLED if any(e.name for e in events) else _PITCH
            node = scope.nodes[host]
            scope.nodes[host] = replace(node, width=max(node.width, pitch * len(events)))


def assign(scope: Scope, cells: Cells) -> dict[str, Seat]:
    """Give every boundary event its seat."""
    seats: dict[str, Seat] = {}
    for host, events in events_of(scope).items():
        cell = cells.of[host]
        width = scope.nodes[host].width
        events = sorted(events, key=lambda e: _reach(scope, cells, e, cell.row), reverse=True)
        count = len(events)
        for index, event in enumerate(events):
            if cell.span > 1:
                seats[event.id] = _wide_seat(cell.column, cell.span, count, index)
            elif count == 1:
                seats[event.id] = Seat(cell.column, width / 2 - _CORNER)
            else:
                step = (width - 2 * _CORNER) / (count - 1)
                seats[event.id] = Seat(cell.column, round(_CORNER + step * index - width / 2))
    return seats


def _wide_seat(column: int, span: int, count: int, index: int) -> Seat:
    """On a wide host, one event for each column from the right; two when there are too many."""
    place = count - 1 - index
    if count <= span:
        return Seat(column + span - 1 - place, 0)
    each = -(-count // span)
    return Seat(column + max(0, span - 1 - place // each), round(30 - 60 * (place % each) / max(1, each - 1)))


def _reach(scope: Scope, cells: Cells, event: Node, row: int) -> tuple[int, int]:
    """Events whose flows go furthest down, or to the left, sit further left."""
    targets = [cells.of[e.target] for e in scope.edges if e.source == event.id and e.target in cells.of]
    if not targets:
        return (-1, 0)
    target = targets[0]
    host = cells.of[event.host or ""]
    if target.column < host.column:
        return (1000, 0)
    return (target.row - row if target.row >= row else -1, 0)
