"""Taking back: who completed a user task withdraws it while nothing has come of it (撤回).

The step that completes a task leaves beside the state how it was before: the tokens that went or changed, the variables
that were written over, and which tokens came. The next step of the instance, whatever it is, forgets that: so it costs
no more than what is open, and is there exactly as long as nothing else has happened. What the step set off outside the
instance cannot be taken back; then the reason is kept instead.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import state
from engine.model import instances, steps

if TYPE_CHECKING:
    from engine.bpmn import workflow as workflows
    from engine.bpmn.execution import Context
    from engine.bpmn.process import Process

Row = list[Any]


def _undo(before: instances.InstanceState) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(before.undo or "{}")
    return found


def remember(workflow: workflows.ProcessWorkflow, token: int, before: instances.InstanceState, rows: list[Row]) -> Any:
    """Return what it takes to undo the completion of a user task, or why it cannot be undone."""
    was = {row[0]: row for row in json.loads(before.tokens)["tokens"]}
    now = {row[0]: row for row in rows}
    gone = [row for number, row in was.items() if number not in now or _differs(row, now[number])]
    why = _set_off(workflow) or _lost(workflow, gone, now)
    if why:
        return {"of": token, "why": why}
    people = {number: each.assignee for number, each in workflow.record.opened["user_task"].items()}
    came = {str(number): people.get(number) for number in now if number not in was}
    return {"of": token, "gone": gone, "came": came, "set": workflow.overwritten}


def why_not(before: instances.InstanceState, token: int) -> str:
    """Tell why the completion of a user task by this token cannot be undone; nothing when it can."""
    undo = _undo(before)
    if undo.get("of") != token:
        return "办结之后事项又有新的进展，不能撤回。"
    return str(undo.get("why", ""))


def opened(before: instances.InstanceState) -> dict[int, str | None]:
    """Return the tokens that the last completion brought about, and to whom it assigned those that are user tasks."""
    return {int(number): assignee for number, assignee in _undo(before).get("came", {}).items()}


def withdraw(process: Process, context: Context, before: instances.InstanceState, token: int) -> steps.Step:
    """Undo the completion of a user task: the instance waits for it again as before, at the same token.

    Raises:
        errors.Conflict: that was not the last that happened, or it had effects outside.
        errors.EvaluationFailed: what waited for a message then cannot say for which one now.
    """
    why = why_not(before, token)
    if why:
        raise errors.Conflict(why)
    found, undo = state.read(before), _undo(before)
    now = {row[0]: row for row in found["tokens"]}
    current = state.load(process, context, before)
    for number in reversed([int(each) for each in undo["came"]]):
        current.close_waits(current.tasks[number], "withdrawn")
        if current.tasks[number].internal_data.get("role") is None:
            current.record.leave(current.tasks[number], "withdrawn")
    restored = _restore(process, context, before, found, undo)
    restored.record = current.record
    current.forget()
    reopened = [number for row in undo["gone"] for number in _wait_again(restored, row, now.get(row[0]))]
    step = restored.record.step(state.save(restored, before), instances.InstanceStatus.ACTIVE, tuple(reopened))
    restored.forget()
    return step


def _restore(
    process: Process,
    context: Context,
    before: instances.InstanceState,
    found: Mapping[str, Any],
    undo: Mapping[str, Any],
) -> workflows.ProcessWorkflow:
    rows = {row[0]: row for row in found["tokens"] if str(row[0]) not in undo["came"]}
    rows |= {row[0]: row for row in undo["gone"]}
    written: dict[str, list[Any]] = undo["set"]
    variables = {name: value for name, value in json.loads(before.variables).items() if name not in written}
    variables |= {name: old[0] for name, old in written.items() if old}
    tokens = {"v": found["v"], "next": found["next"], "tokens": [rows[number] for number in sorted(rows)]}
    as_it_was = instances.InstanceState(json.dumps(variables), json.dumps(tokens))
    restored = state.load(process, context, as_it_was)
    restored.variables_changed = bool(written)
    return restored


def _wait_again(workflow: workflows.ProcessWorkflow, row: Row, now: Row | None) -> list[int]:
    """Open again what a token waited for and does not any more; return it if that is a person."""
    token = workflow.tasks[row[0]]
    waited = row[5].get("waits", ())
    waits = now[5].get("waits", ()) if now else ()
    for kind in set(waits) - set(waited):
        workflow.record.close(kind, token.id, "withdrawn")
    if "timer" in waited:  # also one that has been moved
        workflow.open_timer(token, datetime.datetime.fromisoformat(row[5]["due"]))
    if "subscription" in waited and "subscription" not in waits:
        token.task_spec.event.subscribe(workflow, token)
    if now is None and "role" not in row[5]:
        workflow.record.enter_again(token)
    return [token.id] if "user_task" in waited and "user_task" not in waits else []


def _differs(before: Row, after: Row) -> bool:
    """Tell whether a token has changed; 1 and true are equal to Python, not to a variable."""
    return before != after or (bool(before[4]) and json.dumps(before[4]) != json.dumps(after[4]))


def _set_off(workflow: workflows.ProcessWorkflow) -> str:
    """Tell what a step did beyond the instance; nothing if it did nothing there."""
    specs, record = workflow.process.spec.task_specs, workflow.record
    for kind, act in (("job", "自动办理“{}”"), ("call", "启动“{}”"), ("incident", "办理“{}”时发生异常")):
        for each in record.opened[kind].values():
            return f"办结之后平台已{act.format(specs[each.element_id].title)}，不能撤回。"
    told = [*(each.name for each in record.messages), *(each.name for each in record.signals)]
    if told:
        return f"办结之后已发出“{told[0]}”，不能撤回。"
    return "办结之后已上报，不能撤回。" if record.escalations else ""


def _lost(workflow: workflows.ProcessWorkflow, gone: list[Row], now: Mapping[int, Row]) -> str:
    """Tell which wait ended with the step that cannot begin anew: a job, a called instance, an incident."""
    for row in gone:
        waits = now[row[0]][5].get("waits", ()) if row[0] in now else ()
        if {"job", "call", "incident"} & set(row[5].get("waits", ())) - set(waits):
            title = workflow.process.spec.task_specs[row[2]].title
            return f"办结的同时“{title}”已经终止，不能撤回。"
    return ""
