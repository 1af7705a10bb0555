"""Plays diagrams on the executor alone: small diagrams from strings, and a case that is saved after every act."""

from __future__ import annotations

import datetime
import re
from typing import Any

from engine.bpmn import execution, reader, timers
from engine.model import instances, steps

NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=timers.BEIJING)

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">'
)
_CONDITION = '<conditionExpression xsi:type="tFormalExpression"><![CDATA[{}]]></conditionExpression>'


def flows(text: str) -> str:
    """Write sequence flows: `a>b>c; b>[x > 1]d; b>[]e` (a condition in brackets; flow ids are source_target)."""
    found = []
    for chain in filter(None, (part.strip() for part in text.split(";"))):
        parts = re.split(r">(?![^\[]*\])", chain)
        for left, right in zip(parts, parts[1:], strict=False):
            source = re.sub(r"^\[.*\]", "", left).strip()
            match = re.fullmatch(r"(?:\[(.*)\])?\s*(\w+)", right.strip())
            assert match, right
            body = _CONDITION.format(match[1]) if match[1] else ""
            ends = f'sourceRef="{source}" targetRef="{match[2]}"'
            found.append(f'<sequenceFlow id="{source}_{match[2]}" {ends}>{body}</sequenceFlow>')
    return "".join(found)


def diagram(body: str, flow: str = "", roots: str = "", attributes: str = "") -> bytes:
    """Return a BPMN file with one process `p`; `roots` are messages, signals, errors, escalations."""
    process = f'<process id="p" name="P" isExecutable="true" {attributes}>{body}{flows(flow)}</process>'
    return f"{_HEAD}{roots}{process}</definitions>".encode()


ROOTS = (
    '<message id="M" name="msg"/><signal id="S" name="sig"/>'
    '<error id="E" name="err" errorCode="E1"/><error id="E2" name="err2" errorCode="E2"/>'
    '<escalation id="X" name="esc" escalationCode="X1"/><escalation id="X2" name="esc2" escalationCode="X2"/>'
)
MESSAGE = '<messageEventDefinition messageRef="M"/>'
SIGNAL = '<signalEventDefinition signalRef="S"/>'
ERROR = '<errorEventDefinition errorRef="E"/>'
ESCALATION = '<escalationEventDefinition escalationRef="X"/>'
TERMINATE = "<terminateEventDefinition/>"


def timer(kind: str, text: str) -> str:
    """Return a timer event definition: kind is Date, Duration or Cycle."""
    return f'<timerEventDefinition><time{kind} xsi:type="tFormalExpression">{text}</time{kind}></timerEventDefinition>'


def condition(text: str) -> str:
    """Return a conditional event definition."""
    inner = f'<condition xsi:type="tFormalExpression"><![CDATA[{text}]]></condition>'
    return f"<conditionalEventDefinition>{inner}</conditionalEventDefinition>"


def user(*ids: str) -> str:
    """Return user tasks."""
    return "".join(f'<userTask id="{i}" name="{i}"/>' for i in ids)


def service(*ids: str) -> str:
    """Return service tasks whose topic is their id."""
    return "".join(f'<serviceTask id="{i}" name="{i}" camunda:type="external" camunda:topic="{i}"/>' for i in ids)


def start(id: str = "s") -> str:
    """Return a none start event."""
    return f'<startEvent id="{id}"/>'


def end(*ids: str) -> str:
    """Return none end events."""
    return "".join(f'<endEvent id="{i}"/>' for i in ids or ("e",))


def script(id: str, text: str) -> str:
    """Return a script task."""
    return f'<scriptTask id="{id}" scriptFormat="python"><script><![CDATA[{text}]]></script></scriptTask>'


def no_decision(name: str, variables: Any) -> list[dict[str, Any]]:
    """Refuse: the diagram of the test asks no decision."""
    raise AssertionError(name)


class Case:
    """One instance. Only the texts of its state live from act to act."""

    def __init__(
        self,
        data: bytes,
        variables: dict[str, Any] | None = None,
        *,
        start: str | None = None,
        payload: dict[str, Any] | None = None,
        key: str | None = "K1",
        decide: Any = no_decision,
        functions: dict[str, Any] | None = None,
    ) -> None:
        self.process = reader.read(data, "test.bpmn")[0]
        self.now = NOW
        self.key = key
        self.decide = decide
        self.functions = functions or {}
        self.open: dict[str, dict[int, Any]] = {
            kind: {} for kind in ("user_task", "job", "timer", "subscription", "call", "incident")
        }
        #: What is open no more.
        self.over: dict[tuple[str, int], Any] = {}
        self.tasks_seen: set[int] = set()
        self.entered: set[int] = set()
        self.inside: set[int] = set()
        self.visits: list[steps.Visit] = []
        self.messages: list[steps.MessageThrown] = []
        self.signals: list[steps.SignalThrown] = []
        self.escalations: list[steps.EscalationThrown] = []
        self.steps = 0
        self.status = instances.InstanceStatus.ACTIVE
        self._take(execution.start(self.process, self.context, variables or {}, start, payload))

    @property
    def context(self) -> execution.Context:
        return execution.Context(self.now, self.functions, self.decide, self.key, 7, "lisi")

    def _take(self, step: steps.Step) -> steps.Step:
        self.steps += 1
        for closed in step.closed:
            assert closed.token in self.open[closed.kind], f"closed what was not open: {closed}"
            self.over[closed.kind, closed.token] = self.open[closed.kind].pop(closed.token)
        opened = {
            "user_task": step.user_tasks,
            "job": step.jobs,
            "timer": step.timers,
            "subscription": step.subscriptions,
            "call": step.calls,
            "incident": step.incidents,
        }
        for kind, rows in opened.items():
            for row in rows:
                assert kind == "timer" or row.token not in self.open[kind], f"opened twice: {row}"
                assert kind != "user_task" or row.token not in self.tasks_seen, (
                    f"the store keeps one row a token: {row}"
                )
                self.tasks_seen.update([row.token] if kind == "user_task" else [])
                self.open[kind][row.token] = row
        for token in step.reopened:
            self.open["user_task"][token] = self.over["user_task", token]
        again = {(c.kind, c.token) for c in step.closed} & {
            (kind, row.token) for kind, rows in opened.items() for row in rows
        }
        assert {kind for kind, _ in again} <= {"incident"}, f"a wait is over or begins, not both: {again}"
        self._follow(step.visits)
        self.messages += step.messages
        self.signals += step.signals
        self.escalations += step.escalations
        self.state, self.status = step.state, step.status
        if self.status.ended:
            assert not any(self.open.values()), f"ended with open waits: {self.open}"
            assert not self.inside, f"ended without leaving {self.inside}"
        return step

    def _follow(self, visits: tuple[steps.Visit, ...]) -> None:
        """Every token enters once and leaves once, unless its leaving is withdrawn."""
        for visit in visits:
            if visit.known and visit.left_at is None:
                assert visit.token in self.entered - self.inside, f"again where it never left: {visit}"
                self.inside.add(visit.token)
            elif visit.known:
                assert visit.token in self.inside, f"left without having entered: {visit}"
            else:
                assert visit.token not in self.entered, f"entered twice: {visit}"
                self.entered.add(visit.token)
                self.inside.add(visit.token)
            if visit.left_at is not None:
                self.inside.remove(visit.token)
        self.visits += visits

    # -- looking ------------------------------------------------------------------------------------------

    @property
    def variables(self) -> dict[str, Any]:
        return execution.variables_at(self.process, self.state)

    @property
    def ended(self) -> bool:
        return self.status is instances.InstanceStatus.COMPLETED

    def waiting(self, kind: str = "user_task") -> list[str]:
        """Element ids of what is open, sorted."""
        return sorted(row.element_id for row in self.open[kind].values())

    @property
    def tasks(self) -> list[str]:
        return self.waiting()

    @property
    def path(self) -> list[str]:
        """Element ids in the order in which they were completed."""
        return [v.element_id for v in self.visits if v.outcome == "completed"]

    def token(self, kind: str, element_id: str, index: int = 0) -> int:
        found = [token for token, row in self.open[kind].items() if row.element_id == element_id]
        assert found, f"{element_id} is not among the open {kind}s {self.waiting(kind)}"
        return found[index]

    # -- acting -------------------------------------------------------------------------------------------

    def complete(self, element_id: str, *, index: int = 0, **variables: Any) -> Case:
        self._do(execution.complete, self.token("user_task", element_id, index), variables)
        return self

    def job(self, element_id: str, *, index: int = 0, **variables: Any) -> Case:
        self._do(execution.complete, self.token("job", element_id, index), variables)
        return self

    def job_error(self, element_id: str, code: str, message: str = "m", **variables: Any) -> Case:
        self._do(execution.throw_error, self.token("job", element_id), code, message, variables)
        return self

    def fire(self, element_id: str, *, index: int = 0) -> Case:
        """Move the clock to the timer and fire it."""
        token = self.token("timer", element_id, index)
        self.now = max(self.now, self.open["timer"][token].due)
        self._do(execution.fire_timer, token)
        return self

    def message(self, element_id: str, *, index: int = 0, **payload: Any) -> Case:
        self._do(execution.deliver, self.token("subscription", element_id, index), payload)
        return self

    signal = message

    def child(self, element_id: str, *, index: int = 0, **variables: Any) -> Case:
        self._do(execution.complete_call, self.token("call", element_id, index), variables)
        return self

    def set(self, **variables: Any) -> Case:
        self._take(execution.set_variables(self.process, self.context, self.state, variables))
        return self

    def retry(self, element_id: str) -> Case:
        self._do(execution.retry, self.token("incident", element_id))
        return self

    def cancel(self) -> Case:
        self._take(execution.cancel(self.process, self.context, self.state))
        return self

    def _do(self, act: Any, token: int, *arguments: Any) -> None:
        self._take(act(self.process, self.context, self.state, token, *arguments))
