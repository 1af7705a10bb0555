"""Who catches an event, and what catching does: waiting tokens, boundary events, event subprocesses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn import events, ways
from engine.bpmn.elements import boundary_event, sub_process

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


@dataclasses.dataclass(frozen=True, slots=True)
class Catcher:
    """A boundary event or event subprocess and the token it belongs to: the host activity, or the scope."""

    spec: boundary_event.BoundaryEvent | sub_process.EventSubProcess
    at: Token


# -- message, signal, timer, condition -------------------------------------------------------------------------


def fire(workflow: ProcessWorkflow, token: Token, payload: Mapping[str, Any]) -> None:
    """Let a waiting token have its event."""
    role, owner, spec = token.internal_data.get("role"), token.parent, token.task_spec
    if role is None:
        spec.finish(workflow, token, payload)
        return
    if role == "arm" or spec.interrupting or not spec.event.rearm(workflow, token):
        workflow.remove(token, "completed")
    if role == "arm":
        _choose_arm(workflow, spec, owner, payload)
    elif role == "boundary":
        _leave_by_boundary(workflow, spec, owner, payload)
    else:
        subprocess = next(s for s in owner.task_spec.content.event_subprocesses if s.start is spec)
        _enter_event_subprocess(workflow, subprocess, owner, payload)


def _choose_arm(workflow: ProcessWorkflow, spec: Any, gateway: Token, payload: Mapping[str, Any]) -> None:
    """Move on behind an event gateway; its other events are forgotten."""
    winner = workflow.place(spec, gateway.parent, ways.given(ways.of(gateway)))
    workflow.remove(gateway, "completed")
    spec.finish(workflow, winner, payload)


def _leave_by_boundary(
    workflow: ProcessWorkflow, spec: boundary_event.BoundaryEvent, host: Token, payload: Mapping[str, Any]
) -> None:
    scope = host.parent
    token = workflow.place(spec, scope, {})
    if spec.interrupting:
        token.internal_data.update(ways.given(ways.of(host)))
        workflow.remove(host, "cancelled")
    else:
        token.internal_data.update(ways.given(ways.aside(ways.of(host), token.id)))
    spec.finish(workflow, token, payload)


def _enter_event_subprocess(
    workflow: ProcessWorkflow, spec: sub_process.EventSubProcess, scope: Token, payload: Mapping[str, Any]
) -> None:
    start = spec.start
    if start.interrupting:
        workflow.empty_scope(scope)
    workflow.launch(spec, scope, {"payload": dict(payload), **({"interrupting": True} if start.interrupting else {})})


# -- error and escalation ----------------------------------------------------------------------------------------


def find_error(origin: Token, code: str) -> Catcher | None:
    """Find who catches an error thrown at a token: its own boundary first, then scope by scope outwards."""
    return _find(origin, code, events.ErrorEvent)


def find_escalation(origin: Token, code: str) -> Catcher | None:
    """Find who catches an escalation thrown at a token."""
    return _find(origin, code, events.EscalationEvent)


def _find(origin: Token, code: str, kind: type[events.ErrorEvent] | type[events.EscalationEvent]) -> Catcher | None:
    token = origin
    while (scope := token.parent) is not None:
        if "i" not in token.internal_data:
            spec = _match(token.task_spec.boundaries, code, kind)
            if spec is not None:
                return Catcher(spec, token)
            content = scope.task_spec.content
            if content is not None and not token.internal_data.get("interrupting"):
                others = [s for s in content.event_subprocesses if s is not token.task_spec]
                found = _match([s.start for s in others], code, kind)
                if found is not None:
                    return Catcher(next(s for s in others if s.start is found), scope)
        token = scope
    return None


def _match(candidates: list[Any], code: str, kind: type[Any]) -> Any:
    """Choose the event with the same code, else one that catches any."""
    fitting = [c for c in candidates if isinstance(c.event, kind) and c.event.code in (code, None)]
    return min(fitting, key=lambda c: c.event.code is None, default=None)


def catch_error(
    workflow: ProcessWorkflow, catcher: Catcher, code: str, message: str, variables: Mapping[str, Any]
) -> None:
    """Interrupt what the error ends and go on at the catcher, with code and message where it asks for them."""
    event = _event(catcher)
    payload = dict(variables)
    if event.code_variable:
        payload[event.code_variable] = code
    if event.message_variable:
        payload[event.message_variable] = message
    _go(workflow, catcher, payload)


def catch_escalation(workflow: ProcessWorkflow, catcher: Catcher, code: str, variables: Mapping[str, Any]) -> None:
    """Go on at the catcher; only an interrupting one ends what threw."""
    event = _event(catcher)
    payload = dict(variables)
    if event.code_variable:
        payload[event.code_variable] = code
    _go(workflow, catcher, payload)


def _event(catcher: Catcher) -> Any:
    spec = catcher.spec
    return spec.start.event if isinstance(spec, sub_process.EventSubProcess) else spec.event


def _go(workflow: ProcessWorkflow, catcher: Catcher, payload: Mapping[str, Any]) -> None:
    if isinstance(catcher.spec, sub_process.EventSubProcess):
        _enter_event_subprocess(workflow, catcher.spec, catcher.at, payload)
    else:
        _leave_by_boundary(workflow, catcher.spec, catcher.at, payload)
