"""Where a case stands in its diagram, and where it has been: what to draw, and a table that says the same."""

from __future__ import annotations

import bisect
import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence

from engine.actions import definition_cache, standing
from engine.bpmn import process
from engine.bpmn.elements import table
from engine.model import instances, views_diagrams, views_lists

#: The visit of a loop as a whole, beside those of its runs.
_BODY = "multiInstanceBody"
#: Of several ways out of these a token takes one.
_CHOOSING = ("exclusiveGateway", "eventBasedGateway")
_EVENT_SUBPROCESS = "事件子流程"


@dataclasses.dataclass(frozen=True, slots=True)
class Whereabouts:
    """What the history of a case says of its diagram."""

    state: views_diagrams.DiagramState
    steps: tuple[views_diagrams.Step, ...]


def of(
    definition: definition_cache.Definition,
    history: Sequence[instances.HistoryEntry],
    tasks: Iterable[instances.UserTask],
    incidents: Iterable[instances.Incident],
    now: datetime.datetime,
    waiting: Mapping[str, views_lists.Wait],
) -> Whereabouts:
    """Return where a case is and has been.

    Args:
        definition: What it runs on.
        history: Its visits, in order of entry.
        tasks: All its user tasks.
        incidents: Its incidents; those that are resolved are left out.
        now: The time, for what is still open.
        waiting: What it waits for that no person does, by element.
    """
    # What it was at in the version before it was migrated is not in this diagram; the timeline tells of it.
    history = [visit for visit in history if visit.element_id in definition.process.elements]
    troubles = {each.element_id for each in incidents if each.resolved_at is None}
    visits: dict[str, list[instances.HistoryEntry]] = {}
    for entry in history:
        visits.setdefault(entry.element_id, []).append(entry)
    doers: dict[str, dict[str, None]] = {}
    for task in tasks:
        if task.completed_by is not None and task.status is instances.UserTaskStatus.COMPLETED:
            doers.setdefault(task.element_id, {})[task.completed_by] = None
    flows = _taken(definition.process, history)
    ways = {flow.id: flow for flow in definition.process.flows}
    taken: dict[str, dict[str, None]] = {}
    for flow_id in flows:
        taken.setdefault(ways[flow_id].source, {})[ways[flow_id].name] = None
    steps = tuple(
        _step(element, visits.get(element.id, []), element.id in troubles, now, doers, taken, waiting.get(element.id))
        for element in _ordered(definition.process, visits)
    )
    state = views_diagrams.DiagramState(
        process_id=definition.process.key,
        tokens={step.element_id: step.here for step in steps if step.here},
        visited=tuple(step.element_id for step in steps if step.visits),
        flows=flows,
        seconds={step.element_id: step.seconds for step in steps if step.visits},
        incidents=tuple(step.element_id for step in steps if step.element_id in troubles),
    )
    return Whereabouts(state, steps)


def blank(definition: definition_cache.Definition) -> tuple[views_diagrams.Step, ...]:
    """Return the table of a process that nobody has started yet."""
    return tuple(_step(element, [], False, None, {}, {}) for element in _ordered(definition.process, {}))


def kind(element_type: str) -> str:
    """Return what a type of element is called in Chinese."""
    known = table.ELEMENTS.get(element_type)
    return known.title if known is not None else _EVENT_SUBPROCESS


def _ordered(read: process.Process, visits: Mapping[str, list[instances.HistoryEntry]]) -> list[process.Element]:
    """Return what a reader of the diagram reads, in the order of the flows; joins without a name say nothing."""
    after: dict[str, list[str]] = {}
    for flow in read.flows:
        after.setdefault(flow.source, []).append(flow.target)
    into = {flow.target for flow in read.flows}
    placed: dict[str, None] = {}
    pending = [each for each in reversed(list(read.elements)) if each not in into]
    while pending:
        here = pending.pop()
        if here not in placed:
            placed[here] = None
            pending += reversed(after.get(here, []))
    order = [*placed, *(each for each in read.elements if each not in placed)]
    elements = (read.elements[each] for each in order)
    return [each for each in elements if each.name != each.id or (each.id in visits and not _joins(each))]


def _joins(element: process.Element) -> bool:
    return element.type.endswith("Gateway")


def _step(
    element: process.Element,
    visits: list[instances.HistoryEntry],
    trouble: bool,
    now: datetime.datetime | None,
    doers: Mapping[str, Mapping[str, None]],
    taken: Mapping[str, Mapping[str, None]],
    wait: views_lists.Wait | None = None,
) -> views_diagrams.Step:
    runs = [visit for visit in visits if visit.element_type != _BODY] or visits
    here = sum(visit.left_at is None for visit in runs)
    spent = sum(((visit.left_at or now or visit.entered_at) - visit.entered_at).total_seconds() for visit in runs)
    left = [visit.left_at for visit in runs if visit.left_at is not None]
    return views_diagrams.Step(
        element_id=element.id,
        name=element.name if element.name != element.id else kind(element.type),
        kind=kind(element.type),
        lane=element.lane,
        mark=_mark(runs, here, trouble),
        visits=len(runs),
        here=here,
        first_entered_at=min((visit.entered_at for visit in runs), default=None),
        last_left_at=max(left, default=None) if not here else None,
        seconds=spent,
        duration=standing.duration(spent) if runs else "",
        by=tuple(doers.get(element.id, ())),
        ways=tuple(name for name in taken.get(element.id, ()) if name),
        clause=element.clause,
        waits=wait is not None,
        until=None if wait is None else wait.due,
    )


def _mark(runs: list[instances.HistoryEntry], here: int, trouble: bool) -> views_diagrams.Mark:
    if trouble:
        return views_diagrams.Mark.TROUBLE
    if here:
        return views_diagrams.Mark.HERE
    if not runs:
        return views_diagrams.Mark.AHEAD
    return (
        views_diagrams.Mark.DONE if any(run.outcome == "completed" for run in runs) else views_diagrams.Mark.CANCELLED
    )


def _taken(read: process.Process, history: Sequence[instances.HistoryEntry]) -> tuple[str, ...]:
    """Return the flows that tokens took, in the order of the first time.

    The history has visits, not flows. A token takes a flow in the moment in which it leaves, and what it enters then
    has a higher number; where only one way is taken, that is the lowest of them.
    """
    out: dict[str, list[process.SequenceFlow]] = {}
    for flow in read.flows:
        out.setdefault(flow.source, []).append(flow)
    entered: dict[tuple[str, datetime.datetime], list[int]] = {}
    for visit in history:
        entered.setdefault((visit.element_id, visit.entered_at), []).append(visit.token)
    joins: dict[str, list[instances.HistoryEntry]] = {}
    for visit in history:
        if read.elements[visit.element_id].type.endswith("Gateway"):
            joins.setdefault(visit.element_id, []).append(visit)
    taken: dict[str, None] = {}
    for visit in history:
        if visit.left_at is None or visit.outcome != "completed" or visit.element_type == _BODY:
            continue
        reached: list[tuple[int, str]] = []
        for flow in out.get(visit.element_id, ()):
            later = [token for token in entered.get((flow.target, visit.left_at), ()) if token > visit.token]
            if later:
                reached.append((min(later), flow.id))
            elif _waited(joins.get(flow.target, []), visit.left_at):
                reached.append((0, flow.id))
        chosen = sorted(reached)[:1] if read.elements[visit.element_id].type in _CHOOSING else reached
        taken.update(dict.fromkeys(flow_id for _, flow_id in chosen))
    return tuple(taken)


def _waited(visits: list[instances.HistoryEntry], at: datetime.datetime) -> bool:
    """Tell whether a token waited at a joining gateway for others to come: those who come do not enter again."""
    place = bisect.bisect_left(visits, at, key=lambda visit: visit.entered_at) - 1
    left_at = visits[place].left_at if place >= 0 else at
    return place >= 0 and (left_at is None or left_at >= at)
