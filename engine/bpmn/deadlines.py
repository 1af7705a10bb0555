"""Due times that count working days: what they would be had their wait begun on another calendar, and moving them."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import events, state, withdrawal
from engine.bpmn.elements import user_task
from engine.bpmn.execution import Context, run, waiting

if TYPE_CHECKING:
    from engine.bpmn.process import Process
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow
    from engine.model import instances, steps

#: The only function of expressions whose result depends on the working-day calendar.
_FUNCTION = "workdays"
_DUE = "dueDate"


@dataclasses.dataclass(frozen=True, slots=True)
class Counted:
    """When a wait is due, and the cycle that its timer follows from then on, if it has one."""

    due: datetime.datetime
    cycle: str | None = None


def counting(process: Process) -> frozenset[str]:
    """Return the ids of the elements whose due time or timer may count working days."""
    return frozenset(name for name, spec in process.spec.task_specs.items() if _FUNCTION in _source(spec))


def owner(before: instances.InstanceState, token: int) -> int:
    """Return the token whose visit began when the timer of a token was set: its own, or that of what it belongs to.

    Boundary events, the events behind an event gateway and the starts of event subprocesses wait from when their
    activity, gateway or scope was entered, and have no visit of their own. The process is token 1.

    Raises:
        errors.Conflict: the token is over.
    """
    for number, parent, _, _, _, internal in state.read(before)["tokens"]:
        if number == token:
            return int(parent if internal.get("role") else number)
    raise errors.Conflict(f"令牌{token}已不在等待")


def recount(
    process: Process, before: instances.InstanceState, token: int, was: Context, now: Context
) -> tuple[Counted, Counted] | None:
    """Return when what a token waits for would be due had its wait begun in one context, and in another.

    Args:
        process: what the instance runs on.
        before: the state of the instance.
        token: one that waits at one of the elements of `counting`.
        was, now: with the moment at which the wait began, and the functions of each calendar.

    Returns:
        None where the variables of today do not give a time any more, or a cycle is beyond its first time.
    """
    workflow = state.load(process, was, before)
    try:
        found = workflow.tasks.get(token)
        if found is None:
            return None
        one, other = (_counted(workflow, found, context) for context in (was, now))
        return None if one is None or other is None else (one, other)
    except errors.EvaluationFailed:
        return None
    finally:
        workflow.forget()


def move_timer(
    process: Process, context: Context, before: instances.InstanceState, token: int, to: Counted
) -> steps.Step:
    """Move the timer of a token.  A completion that could be withdrawn before still can be, where `before` has it.

    Raises:
        errors.Conflict: the token waits for no timer.
    """
    workflow, found = waiting(process, context, before, token, "timer")
    old = found.internal_data["due"]
    if to.cycle is not None:
        found.internal_data["cycle"] = [to.cycle, found.internal_data["cycle"][1]]
    workflow.open_timer(found, to.due)
    step = run(workflow, before)
    undo = withdrawal.with_moved_timer(before.undo, token, old, to.due.isoformat())
    return dataclasses.replace(step, state=dataclasses.replace(step.state, undo=undo))


def _source(spec: Any) -> str:
    if isinstance(spec, user_task.UserTask):
        template = spec.extensions.templates.get(_DUE)
        return "" if template is None else template.source
    event = getattr(spec, "event", None)
    return event.template.source if isinstance(event, events.TimerEvent) else ""


def _counted(workflow: ProcessWorkflow, token: Token, context: Context) -> Counted | None:
    spec, variables = token.task_spec, workflow.variables(token)
    if isinstance(spec, user_task.UserTask):
        due = spec.moment(_DUE, variables, context)
        return None if due is None else Counted(due)
    if token.internal_data.get("cycle", [None, 1])[1] != 1:
        return None
    return Counted(*spec.event.first(variables, context))
