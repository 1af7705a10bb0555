"""Event definitions: what an event waits for (subscribe) or tells (throw)."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import expressions, timers
from engine.model import definitions, instances, steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.bpmn.execution import Context
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


@dataclasses.dataclass(frozen=True)
class EventDefinition:
    """The none event: waits for nothing, tells nothing."""

    #: How a process with such a start event is started; None where it may not start one.
    start_kind = definitions.StartKind.NONE
    #: Whether telling of it reaches beyond the instance: it cannot be taken back.
    reaches_out = False
    #: Whether others made it happen: waiting for it again may be waiting for ever.
    comes_once = False

    def subscribe(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Make the token wait for the event."""

    def rearm(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Make a token that has fired wait again.

        Returns:
            Whether it can fire again.
        """
        return True

    def throw(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Tell of the event.

        Returns:
            True when the token may go on, None when it is gone or stays.
        """
        return True

    def start_name(self) -> str | None:
        """Name what a start event waits for."""
        return None


@dataclasses.dataclass(frozen=True)
class MessageEvent(EventDefinition):
    """A message by name; its correlation key is the business key unless the element has another."""

    name: str
    correlation_key: expressions.Template | None = None
    time_to_live: str | None = None
    start_kind = definitions.StartKind.MESSAGE
    reaches_out = comes_once = True

    def subscribe(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Open a message subscription."""
        workflow.subscribe(token, instances.SubscriptionKind.MESSAGE, self.name, self._key(workflow, token))

    def throw(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Send the message with the input parameters as its payload."""
        key = self._key(workflow, token)
        payload = token.task_spec.handed_over(token)
        workflow.record.messages.append(steps.MessageThrown(self.name, key, payload, self.time_to_live))
        return True

    def _key(self, workflow: ProcessWorkflow, token: Token) -> str | None:
        if self.correlation_key is None:
            return workflow.context.business_key
        value = workflow.evaluate(workflow.variables(token), self.correlation_key)
        return None if value is None else correlation_text(value)

    def start_name(self) -> str | None:
        """Name the message."""
        return self.name


def correlation_text(value: Any) -> str:
    """Write a correlation key as the text that is compared: texts as they are, other values as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(expressions.to_json_value(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclasses.dataclass(frozen=True)
class SignalEvent(EventDefinition):
    """A signal by name, broadcast to everybody."""

    name: str
    start_kind = definitions.StartKind.SIGNAL
    reaches_out = comes_once = True

    def subscribe(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Open a signal subscription."""
        token.internal_data["signal"] = self.name
        workflow.subscribe(token, instances.SubscriptionKind.SIGNAL, self.name, None)

    def throw(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Broadcast the signal: to the own instance at once, to others through the step."""
        payload = token.task_spec.handed_over(token)
        workflow.record.signals.append(steps.SignalThrown(self.name, payload))
        workflow.broadcast(self.name, payload)
        return True if token.id in workflow.tasks else None

    def start_name(self) -> str | None:
        """Name the signal."""
        return self.name


@dataclasses.dataclass(frozen=True)
class TimerEvent(EventDefinition):
    """A date, duration or cycle."""

    kind: str
    template: expressions.Template
    start_kind = definitions.StartKind.TIMER

    def subscribe(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Open the timer."""
        due, cycle = self.first(workflow.variables(token), workflow.context)
        if cycle is not None:
            token.internal_data["cycle"] = [cycle, 1]
        workflow.open_timer(token, due)

    def first(self, variables: Mapping[str, Any], context: Context) -> tuple[datetime.datetime, str | None]:
        """Return when a timer that is set now is first due, and the cycle that it then follows, if it has one."""
        value = self.template.evaluate(variables, context.functions)
        if self.kind == "cycle":
            return timers.first_in_cycle(self.read_cycle(value), context.now), str(value)
        return self.read(value, context.now), None

    def read(self, value: Any, now: datetime.datetime) -> datetime.datetime:
        """Turn the value of a date or duration into a point in time."""
        if self.kind == "duration" and isinstance(value, str):
            return timers.after(now, value)
        return timers.moment(value, now)

    def read_cycle(self, value: Any) -> timers.Cycle:
        """Read the value of a cycle."""
        if not isinstance(value, str):
            raise errors.EvaluationFailed(f"循环应为文本（如 R3/PT1H），现为 {value!r}")
        return timers.cycle(value)

    def rearm(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Set the next time of a cycle; a date or duration fires once."""
        state = token.internal_data.get("cycle")
        if state is None:
            return False
        found = timers.cycle(state[0])
        if found.times is not None and state[1] >= found.times:
            return False
        token.internal_data["cycle"] = [state[0], state[1] + 1]
        previous = datetime.datetime.fromisoformat(token.internal_data["due"])
        workflow.open_timer(token, timers.next_in_cycle(found, previous, workflow.context.now))
        return True

    def start_name(self) -> str | None:
        """Quote the timer."""
        return self.template.source


@dataclasses.dataclass(frozen=True)
class ConditionalEvent(EventDefinition):
    """A condition on variables; fires when it becomes true, or is true when the wait begins."""

    condition: expressions.Expression
    start_kind = definitions.StartKind.CONDITIONAL

    def subscribe(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Watch the condition."""
        token.internal_data["condition"] = False
        workflow.changed = True

    def start_name(self) -> str | None:
        """Quote the condition."""
        return self.condition.source


@dataclasses.dataclass(frozen=True)
class ErrorEvent(EventDefinition):
    """A BPMN error; caught without a code it is any."""

    code: str | None
    code_variable: str | None = None
    message_variable: str | None = None
    name: str | None = None

    def throw(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Send the error up the scopes; nobody catching it is an incident."""
        assert self.code is not None
        workflow.throw_error(token, self.code, self.name or self.code, token.task_spec.handed_over(token))
        return None


@dataclasses.dataclass(frozen=True)
class EscalationEvent(EventDefinition):
    """An escalation; caught without a code it is any."""

    code: str | None
    code_variable: str | None = None
    reaches_out = True

    def throw(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Send the escalation up the scopes; the token goes on unless it was interrupted."""
        assert self.code is not None
        workflow.escalate(token, self.code, token.task_spec.handed_over(token))
        return True if token.id in workflow.tasks else None


@dataclasses.dataclass(frozen=True)
class TerminateEvent(EventDefinition):
    """The end of everything in the scope, at once."""

    def throw(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """End the scope of the token."""
        workflow.terminate(token)
        return None


@dataclasses.dataclass(frozen=True)
class LinkEvent(EventDefinition):
    """A jump within a scope."""

    name: str
