"""Moving a running instance to another version of its process (迁移).

Every open token goes to the element that stands for its own: the one of the same id, or the one that a mapping names.
What it waits for goes on: a user task keeps its number and what is filled in, a job its lease, a called instance its
own version, a timer its time. What listens beside it follows the diagram: boundary events and event subprocesses that
are new begin to listen, those that are gone cease. Where a token has no place, all such places are told and nothing is
changed. See docs/decisions/0015-migration.md and docs/reference/semantics.md.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine import errors
from engine.bpmn import events, fitting, loops, state, timers, ways, written
from engine.bpmn.elements import activity, event_gateway, user_task
from engine.bpmn.execution import Context, run
from engine.bpmn.process import Process
from engine.bpmn.token import Token
from engine.model import instances, steps
from engine.model.migrations import Change, Finding

#: Why a completion cannot be withdrawn any more.
MIGRATED = "办结之后事项已迁移到流程的另一版本，不能撤回。"


@dataclasses.dataclass(frozen=True, slots=True)
class Contexts:
    """What an instance may look at in each version.

    Args:
        was: In the version that it runs on.
        now: In the version that it is to run on.
        began: In that version, at the moment at which the wait of a token began. Given, timers and due times are
            counted anew from then on; not given, they stay as they are.
    """

    was: Context
    now: Context
    began: Callable[[int], Context] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Offer:
    """An open user task as each version offers it; `was` is None where that cannot be told any more."""

    was: steps.UserTaskOpened | None
    now: steps.UserTaskOpened


@dataclasses.dataclass(frozen=True, slots=True)
class Migration:
    """What became of a migration. There is a step where nothing was found.

    `offers` are the user tasks that were open and still are.
    """

    step: steps.Step | None
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()
    offers: tuple[Offer, ...] = ()


def migrate(
    old: Process, new: Process, contexts: Contexts, before: instances.InstanceState, mapping: Mapping[str, str]
) -> Migration:
    """Move an instance to another version of its process; the state that is given stays as it is.

    Args:
        old: What it runs on.
        new: What it is to run on.
        contexts: As everywhere, for both.
        before: Its state, with what it takes to withdraw (`undo`) where that is to be forgotten with a reason.
        mapping: New element by old one, and new sequence flow by old one where it is not clear by which flow the
            branches stand that have come to a join.
    """
    versions = fitting.Versions(old, new, mapping)
    read = state.read(before)
    rows: dict[int, fitting.Row] = {row[0]: row for row in read["tokens"]}
    findings = [*versions.unknown(), *fitting.misfits(versions, rows)]
    if findings:
        return Migration(None, tuple(findings))
    return _Move(versions, contexts, before, rows, read["next"]).carry_out()


class _Move:
    """One migration under way."""

    def __init__(
        self,
        versions: fitting.Versions,
        contexts: Contexts,
        before: instances.InstanceState,
        rows: dict[int, fitting.Row],
        next_token: int,
    ) -> None:
        self.versions = versions
        self.contexts = contexts
        self.before = before
        self.rows = rows
        self.changes: list[Change] = []
        gone = {number: row for number, row in rows.items() if self._listened(row) is None}
        kept = [self._moved(row) for number, row in rows.items() if number not in gone]
        tokens = written.encode({"v": state.VERSION, "next": next_token, "tokens": kept})
        self.workflow = state.load(versions.new, contexts.now, instances.InstanceState(before.variables, tokens))
        self.old = state.load(versions.old, contexts.was, before)
        for row in gone.values():
            for kind in row[5].get("waits", ()):
                self.workflow.record.close(kind, row[0], "cancelled")
            self._tell(versions.old.spec.task_specs[row[2]], "不再等待：目标版本在此没有它，或者它等待的是另一类事件")

    def carry_out(self) -> Migration:
        """Move what is open, and let go on what can go on now."""
        workflow = self.workflow
        offers: list[Offer] = []
        troubles: list[Finding] = []
        for token in list(workflow.tasks.values()):
            try:
                self._wait_on(token)
                offers += self._offered(token)
            except errors.EvaluationFailed as error:
                title = token.task_spec.title
                troubles.append(
                    Finding(token.task_spec.name, title, "在目标版本中能够继续等待", f"求值失败：{error.message}")
                )
        if troubles:
            return Migration(None, tuple(troubles))
        self._pass_full_joins()
        step = run(workflow, self.before)
        troubles = [self._trouble(each) for each in step.incidents]
        if troubles:
            return Migration(None, tuple(troubles))
        undo = _forgotten(self.before.undo)
        step = dataclasses.replace(step, state=dataclasses.replace(step.state, undo=undo))
        if undo is not None:
            self.changes.append(Change("", "上一环节的办结不能再撤回"))
        self.old.forget()
        return Migration(step, (), tuple(self.changes), tuple(offers))

    # -- tokens ---------------------------------------------------------------------------------------------

    def _listened(self, row: fitting.Row) -> Any:
        """Return the element at which a token goes on; None for one that only listens and does so no more."""
        old, role = self.versions.old.spec.task_specs[row[2]], row[5].get("role")
        if role is None:
            return self.versions.target(row[2])
        return self.versions.among(old, _listening(self.versions.target(self.rows[row[1]][2]), role))

    def _moved(self, row: fitting.Row) -> fitting.Row:
        number, parent, name, status, data, internal = row
        spec = self.versions.target(name)
        assert spec is not None
        internal = dict(internal)
        if "way" in internal:
            internal["way"] = ways.renamed(internal["way"], self.versions.entry)
        if "in" in internal:
            self._turn_arrivals(name, spec, internal)
        if spec.name != name and "i" not in internal:
            old = self.versions.old.spec.task_specs[name]
            self._tell(old, f"对应到“{spec.title}”（{spec.name}）")
        return [number, parent, spec.name, status, data, internal]

    def _turn_arrivals(self, name: str, spec: Any, internal: dict[str, Any]) -> None:
        old = self.versions.old.spec.task_specs[name]
        arrived = internal["in"]
        flows, _ = fitting.arrivals(self.versions, old, spec, arrived)
        came = internal.get("ways", {})
        internal["ways"] = {
            flows[flow]: ways.renamed(way, self.versions.entry) for flow, way in came.items() if flow in flows
        }
        internal["in"] = collections.Counter()
        for flow, count in arrived.items():
            internal["in"][flows[flow]] += count
        sources = {flow.id: flow.source for flow in spec.incoming}
        for was, now in flows.items():
            if was != now:
                self._tell(spec, f"已到达的分支计为来自“{sources[now].title}”的分支，其间新加的环节不再补办")

    def _wait_on(self, token: Token) -> None:
        """Let a token wait as its element says now, and listen to what is new."""
        old = self.versions.old.spec.task_specs[self.rows[token.id][2]]
        spec, internal = token.task_spec, token.internal_data
        if "loop" in internal and "i" not in internal and isinstance(spec.loop, loops.MultiInstance):
            _collect(token)
        inputs = [_sources(each.extensions.inputs) for each in (old, spec)]
        if inputs[0] != inputs[1] and "user_task" in internal.get("waits", ()):
            for name, _ in old.extensions.inputs:
                token.data.pop(name, None)
            spec.map_inputs(self.workflow, token)
        if "error" not in internal:
            self._wait_for_event(token, old)
        self._listen(token, old)

    def _wait_for_event(self, token: Token, old: Any) -> None:
        was, event = _event(old), _event(token.task_spec)
        waits = token.internal_data.get("waits", ())
        if isinstance(event, events.TimerEvent) and "timer" in waits:
            self._keep_time(token, was, event)
        elif isinstance(event, events.ConditionalEvent) and "condition" in token.internal_data:
            if event.condition.source != was.condition.source:
                event.subscribe(self.workflow, token)
        elif "subscription" in waits and _awaited(was) != _awaited(event):
            event.subscribe(self.workflow, token)
            self._tell(token.task_spec, f"改为等待“{event.name}”")

    def _keep_time(self, token: Token, was: Any, event: events.TimerEvent) -> None:
        internal, began = token.internal_data, self.contexts.began
        cycles = (was.kind == "cycle", event.kind == "cycle")
        again = internal.get("cycle", [None, 1])[1] > 1
        if cycles[0] == cycles[1] and (began is None or again):
            if was.template.source != event.template.source:
                due = datetime.datetime.fromisoformat(internal["due"])
                self._tell(token.task_spec, f"到期时间不变，仍为 {_moment(due)}（新版本写为 {event.template.source}）")
            return
        whose = token.parent.id if "role" in internal else token.id
        context = self.contexts.now if began is None else began(whose)
        due, cycle = event.first(self.workflow.variables(token), context)
        internal.pop("cycle", None)
        if cycle is not None:
            internal["cycle"] = [cycle, 1]
        if internal["due"] != due.isoformat():
            self.workflow.open_timer(token, due)
            self._tell(token.task_spec, f"到期时间改为 {_moment(due)}")

    # -- what listens ---------------------------------------------------------------------------------------

    def _listen(self, token: Token, old: Any) -> None:
        for role in _roles_beside(token):
            there = _listening(token.task_spec, role)
            known = [self.versions.among(each, there) for each in _listening(old, role)]
            for spec in there:
                if spec not in known and not isinstance(spec.event, events.ErrorEvent | events.EscalationEvent):
                    self.workflow.listen(spec, token, role)
                    self._tell(spec, "开始等待")
            if role == "boundary":
                token.internal_data.pop("armed", None)
                token.internal_data.update({"armed": True} if there else {})

    # -- people ---------------------------------------------------------------------------------------------

    def _offered(self, token: Token) -> Iterator[Offer]:
        """Yield a user task as both versions offer it."""
        spec = token.task_spec
        if "user_task" not in token.internal_data.get("waits", ()):
            return
        assert isinstance(spec, user_task.UserTask)
        now = spec.offer(self.workflow, token)
        if self.contexts.began is not None:
            context, variables = self.contexts.began(token.id), self.workflow.variables(token)
            due, follow_up = (spec.moment(name, variables, context) for name in ("dueDate", "followUpDate"))
            now = dataclasses.replace(now, due=due, follow_up=follow_up)
        earlier = self.old.tasks[token.id]
        try:
            was = earlier.task_spec.offer(self.old, earlier)
        except errors.EvaluationFailed:
            was = None
        yield Offer(was, now)

    # -- going on -------------------------------------------------------------------------------------------

    def _pass_full_joins(self) -> None:
        """Let the joins go on that wait for nobody any more: a branch is gone."""
        for token in list(self.workflow.tasks.values()):
            spec, scope, waits = token.task_spec, token.parent, "in" in token.internal_data
            full = waits and (len(spec.incoming) < 2 or spec.complete_at_once(token.internal_data["in"]))
            while full:
                self._tell(spec, "等待的分支已全部到达，继续向下")
                spec.pass_on(self.workflow, token)
                token = self.workflow.waiting_join(spec, scope)
                full = token is not None and len(spec.incoming) < 2

    def _trouble(self, incident: steps.IncidentOpened) -> Finding:
        spec = self.versions.new.spec.task_specs[incident.element_id]
        return Finding(spec.name, spec.title, "在目标版本中能够继续", f"会发生异常：{incident.message}")

    def _tell(self, spec: Any, text: str) -> None:
        self.changes.append(Change(spec.name, f"“{spec.title}”{text}"))


def _listening(spec: Any, role: str) -> list[Any]:
    """Return the events that listen in a role beside a token at an element."""
    if spec is None:
        return []
    if role == "boundary":
        return list(spec.boundaries)
    if role == "arm":
        return [flow.target for flow in spec.outgoing]
    return [] if spec.content is None else [each.start for each in spec.content.event_subprocesses]


def _roles_beside(token: Token) -> Iterator[str]:
    """Yield in which roles events listen beside a token as it stands."""
    internal, spec = token.internal_data, token.task_spec
    if "role" in internal or internal.get("done"):
        return
    inside = list(token.inside())
    if isinstance(spec, event_gateway.EventGateway) and "error" not in internal:
        yield "arm"
    if isinstance(spec, activity.Activity) and "i" not in internal:
        begun = inside or "loop" in internal or set(internal.get("waits", ())) - {"incident"}
        if begun or internal.get("armed"):
            yield "boundary"
    body = spec.loop is not None and "i" not in internal
    interrupted = any("interrupting" in each.internal_data for each in inside)
    if spec.content is not None and not body and inside and not interrupted:
        yield "listener"


def _collect(body: Token) -> None:
    """Let a running multi-instance collect results as its element says now; those of runs that are over are lost."""
    internal = body.internal_data
    if body.task_spec.loop.output_collection is None:
        internal.pop("results", None)
    elif "results" not in internal:
        internal["results"] = [None] * internal["loop"]["nrOfInstances"]


def _moment(due: datetime.datetime) -> str:
    return f"{due.astimezone(timers.BEIJING):%Y-%m-%d %H:%M}"


def _event(spec: Any) -> Any:
    return getattr(spec, "event", None)


def _awaited(event: Any) -> tuple[Any, ...]:
    key = getattr(event, "correlation_key", None)
    return (event.name, None if key is None else key.source)


def _sources(value: Any) -> Any:
    """Return what compiled values were compiled from, to compare them."""
    if isinstance(value, tuple | list):
        return tuple(map(_sources, value))
    if dataclasses.is_dataclass(value) and not hasattr(value, "source"):
        return _sources(next(iter(getattr(value, field.name) for field in dataclasses.fields(value))))
    return getattr(value, "source", value)


def _forgotten(undo: str | None) -> str | None:
    """Return what is left of what it takes to withdraw a completion: why it cannot be withdrawn."""
    about = json.loads((undo or "{}").partition("\n")[0])
    return written.encode({"of": about["of"], "why": MIGRATED}) if "of" in about else None
