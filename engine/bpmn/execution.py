"""What can be done to a process instance. Every function is pure: a state in, a Step out, nothing else changes."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine import errors
from engine.bpmn import catching, expressions, state, timers, ways
from engine.bpmn.elements import call_activity
from engine.bpmn.events import ConditionalEvent, EventDefinition, TimerEvent
from engine.bpmn.process import Process
from engine.bpmn.token import Token
from engine.bpmn.workflow import ProcessWorkflow
from engine.model import instances, steps


def _said(whose: Any, _: str) -> str:
    return str(whose)


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What an instance may look at besides its own variables.

    Args:
        now: the moment of the transaction, aware.
        functions: what expressions may call besides the built-ins (`now`, `today`, `workdays`, `days`, ...).
        decide: evaluates a decision by id on variables and returns the rows of its result.
        business_key: of the instance.
        instance_id: of the instance.
        initiator: who starts the instance.
        unit_of: what candidate groups call a unit, given a person of it or the unit itself, and the title of the task
            that is offered within it; raises errors.EvaluationFailed where that cannot be told.
    """

    now: datetime.datetime
    functions: Mapping[str, Callable[..., Any]]
    decide: Callable[[str, Mapping[str, Any]], list[dict[str, Any]]]
    business_key: str | None = None
    instance_id: int | None = None
    initiator: str | None = None
    unit_of: Callable[[Any, str], str] = _said


State = instances.InstanceState
Event = TypeVar("Event", bound=EventDefinition)


def start(
    process: Process,
    context: Context,
    variables: Mapping[str, Any],
    element_id: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> steps.Step:
    """Start an instance.

    Args:
        process: what to run.
        context: as everywhere.
        variables: first process variables.
        element_id: the start event; by default the one that waits for nothing.
        payload: variables that came with the message, signal or form of the start event.

    Raises:
        errors.NotFound: no such start event.
        errors.EvaluationFailed: variables are not JSON.
    """
    assert process.spec.start.content is not None
    starts = process.spec.start.content.starts
    wanted = [s for s in starts if (s.name == element_id if element_id else type(s.event) is EventDefinition)]
    if not wanted:
        raise errors.NotFound(f"流程“{process.name}”没有开始事件“{element_id or '（无定义）'}”")
    workflow = ProcessWorkflow(process, context)
    root = workflow.place(process.spec.start, None, {}, visit=False)
    workflow.set_variables(root, variables)
    wanted[0].finish(workflow, workflow.place(wanted[0], root, {}), payload or {})
    workflow.open_scope(root)
    return run(workflow, None)


def complete(process: Process, context: Context, before: State, token: int, variables: Mapping[str, Any]) -> steps.Step:
    """Complete the user task or job a token waits for.

    Raises:
        errors.Conflict: the token waits for neither.
        errors.EvaluationFailed: variables are not JSON.
    """
    workflow, found = waiting(process, context, before, token, "user_task", "job")
    if "user_task" in found.internal_data["waits"]:
        workflow.completing = token
    found.task_spec.finish(workflow, found, variables)
    return run(workflow, before)


def throw_error(
    process: Process,
    context: Context,
    before: State,
    token: int,
    code: str,
    message: str,
    variables: Mapping[str, Any],
) -> steps.Step:
    """Throw a BPMN error at the job, user task or call a token waits for: to its own boundary, then scope by scope."""
    workflow, found = waiting(process, context, before, token, "user_task", "job", "call")
    ways.note_effect(found)
    if catching.find_error(found, code) is None:
        # The job or child has ended with this error; a user task stays open beside the incident.
        workflow.close_wait(found, "job", "completed")
        workflow.close_wait(found, "call", "completed")
    workflow.throw_error(found, code, message, expressions.to_json_value(dict(variables)))
    return run(workflow, before)


def catches_error(process: Process, before: State, token: int, code: str) -> bool:
    """Tell whether an error thrown at a token would be caught in this instance."""
    workflow = state.load(process, LOOKING, before)
    caught = catching.find_error(_token(workflow, token), code) is not None
    workflow.forget()
    return caught


def escalate(
    process: Process, context: Context, before: State, token: int, code: str, payload: Mapping[str, Any]
) -> steps.Step:
    """Throw an escalation at the call activity a token waits in."""
    workflow, found = waiting(process, context, before, token, "call")
    workflow.escalate(found, code, payload)
    return run(workflow, before)


def fire_timer(process: Process, context: Context, before: State, token: int) -> steps.Step:
    """Let a timer fire."""
    workflow, found = waiting(process, context, before, token, "timer")
    workflow.fire(found, {})
    return run(workflow, before)


def deliver(process: Process, context: Context, before: State, token: int, payload: Mapping[str, Any]) -> steps.Step:
    """Deliver a message or signal to a token that waits for it."""
    workflow, found = waiting(process, context, before, token, "subscription")
    workflow.fire(found, expressions.to_json_value(dict(payload)))
    return run(workflow, before)


def complete_call(
    process: Process, context: Context, before: State, token: int, variables: Mapping[str, Any]
) -> steps.Step:
    """Tell a call activity that its child instance has ended with these variables."""
    workflow, found = waiting(process, context, before, token, "call")
    spec = found.task_spec
    assert isinstance(spec, call_activity.CallActivity)
    spec.child_ended(workflow, found, variables)
    return run(workflow, before)


def fail(process: Process, context: Context, before: State, token: int, message: str) -> steps.Step:
    """Open an incident for a job whose retries are exhausted, or for a call that cannot be made.

    The job row is the caller's to mark.
    """
    workflow, found = waiting(process, context, before, token, "job", "call")
    waits = found.internal_data["waits"]
    kind = instances.IncidentKind.JOB if "job" in waits else instances.IncidentKind.ERROR
    found.internal_data["waits"] = [wait for wait in waits if wait not in ("job", "call")]
    workflow.open_incident(found, kind, message)
    return run(workflow, before)


def retry(process: Process, context: Context, before: State, token: int) -> steps.Step:
    """Go on at a token with an incident: what failed is done again."""
    workflow, found = waiting(process, context, before, token, "incident")
    workflow.retry(found)
    return run(workflow, before)


def set_variables(
    process: Process, context: Context, before: State, variables: Mapping[str, Any], token: int = 1
) -> steps.Step:
    """Write variables from outside, at the process or at a token; conditions are looked at again.

    Raises:
        errors.Conflict: the token or the instance is over.
        errors.NotFound: there never was such a token.
        errors.EvaluationFailed: variables are not JSON.
    """
    workflow = _open(process, context, before)
    workflow.set_variables(_token(workflow, token or 1), variables)
    return run(workflow, before)


def cancel(process: Process, context: Context, before: State) -> steps.Step:
    """End an instance at once; every wait is closed.

    Raises:
        errors.Conflict: the instance has ended.
    """
    workflow = _open(process, context, before)
    root = workflow.tasks[1]
    root.internal_data["done"] = True
    workflow.empty_scope(root)
    return _step(workflow, before, instances.InstanceStatus.CANCELLED)


def variables_at(process: Process, before: State, token: int = 1) -> dict[str, Any]:
    """Return the variables seen at a token (0 or 1: the process)."""
    return state.visible(process, before, token or 1)


def start_due(
    process: Process,
    context: Context,
    element_id: str,
    fired: int = 0,
    previous: datetime.datetime | None = None,
) -> datetime.datetime | None:
    """Return when a timer start event is next due, None when it will not be again.

    Args:
        process: the definition.
        context: as everywhere.
        element_id: the start event.
        fired: how often it has fired.
        previous: when it was last due.

    Raises:
        errors.NotFound: no such timer start event.
        errors.EvaluationFailed: its time does not evaluate.
    """
    event = _start_event(process, element_id, TimerEvent)
    value = event.template.evaluate({}, context.functions)
    if event.kind != "cycle":
        return None if fired else event.read(value, context.now)
    cycle = event.read_cycle(value)
    if cycle.times is not None and fired >= cycle.times:
        return None
    if previous is None:
        return timers.first_in_cycle(cycle, context.now)
    return timers.next_in_cycle(cycle, previous, context.now)


def start_condition(process: Process, context: Context, element_id: str, variables: Mapping[str, Any]) -> bool:
    """Tell whether the condition of a conditional start event holds for the given variables.

    Raises:
        errors.NotFound: no such conditional start event.
        errors.EvaluationFailed: the condition does not evaluate on these variables.
    """
    event = _start_event(process, element_id, ConditionalEvent)
    return bool(event.condition.evaluate(variables, context.functions))


def open_tokens(before: State) -> list[tuple[int, str]]:
    """Return token number and element id of everything that is open, outermost first."""
    return [(row[0], row[2]) for row in json.loads(before.tokens)["tokens"][1:]]


def _start_event(process: Process, element_id: str, kind: type[Event]) -> Event:
    assert process.spec.start.content is not None
    starts: list[Any] = process.spec.start.content.starts
    for start in starts:
        if start.name == element_id and isinstance(start.event, kind):
            return start.event
    raise errors.NotFound(f"流程“{process.name}”没有这样的开始事件“{element_id}”")


def _refuse(decision: str, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    raise errors.DecisionFailed(f"此处不求值决策“{decision}”")


#: For looking at a state without running it.
LOOKING = Context(datetime.datetime.fromtimestamp(0, datetime.UTC), {}, _refuse)


def _open(process: Process, context: Context, before: State) -> ProcessWorkflow:
    workflow = state.load(process, context, before)
    if workflow.tasks[1].internal_data.get("done"):
        raise errors.Conflict(f"流程“{process.name}”的这一实例已经结束")
    return workflow


def _token(workflow: ProcessWorkflow, number: int) -> Token:
    token: Token | None = workflow.tasks.get(number)
    if token is None:
        raise state.missing(workflow.process, number, workflow.next_token)
    return token


def waiting(
    process: Process, context: Context, before: State, number: int, *kinds: str
) -> tuple[ProcessWorkflow, Token]:
    """Load an instance and find a token of it that waits for one of these kinds of things.

    Raises:
        errors.Conflict: the token waits for none of them.
        errors.NotFound: there never was such a token.
    """
    workflow = state.load(process, context, before)
    token = _token(workflow, number)
    if not set(kinds) & set(token.internal_data.get("waits", ())):
        raise errors.Conflict(f"“{token.task_spec.title}”已不在等待此项操作")
    return workflow, token


def run(workflow: ProcessWorkflow, before: State | None) -> steps.Step:
    """Run an instance to its next wait states."""
    workflow.run()
    status = instances.InstanceStatus.COMPLETED if workflow.ended else instances.InstanceStatus.ACTIVE
    return _step(workflow, before, status)


def _step(workflow: ProcessWorkflow, before: State | None, status: instances.InstanceStatus) -> steps.Step:
    step = workflow.record.step(state.save(workflow, before), status)
    workflow.forget()
    return step
