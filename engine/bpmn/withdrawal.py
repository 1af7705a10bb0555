"""Taking back: who completed a user task withdraws it while nothing has come of it (撤回).

The step that completes a task leaves beside the state how it was before: the tokens, and the variables that it has
written over. The next step of the instance, whatever it is, forgets that: so it costs no more than what is open, and is
there exactly as long as nothing else has happened. What the step set off outside the instance cannot be taken back;
then the reason is kept instead.

It is kept as a line of JSON about the completion, and behind it the tokens as they were written, which nobody reads
unless somebody withdraws.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import state, written
from engine.model import instances, steps

if TYPE_CHECKING:
    from engine.bpmn import workflow as workflows
    from engine.bpmn.execution import Context
    from engine.bpmn.process import Process

Row = list[Any]


def remember(workflow: workflows.ProcessWorkflow, token: int, before: instances.InstanceState) -> str:
    """Return what it takes to undo the completion of a user task, or why it cannot be undone."""
    why = _set_off(workflow)
    if why:
        return written.encode({"of": token, "why": why})
    people = {number: each.assignee for number, each in workflow.record.opened["user_task"].items() if each.assignee}
    return f"{written.encode({'of': token, 'people': people, 'set': workflow.overwritten})}\n{before.tokens}"


@dataclasses.dataclass(frozen=True)
class _Undo:
    """How an instance was before a completion, and how it is now.

    Args:
        people: to whom user tasks were assigned that the completion opened, by token.
        written: the old values of variables that were written over, each in a list; of new ones an empty list.
        was, now: the tokens.
    """

    people: Mapping[str, str]
    written: Mapping[str, list[Any]]
    was: Mapping[int, Row]
    now: Mapping[int, Row]

    @property
    def came(self) -> list[int]:
        """The tokens that the completion brought about."""
        return [number for number in self.now if number not in self.was]

    @property
    def changed(self) -> list[Row]:
        """The tokens that it took away or changed, as they were."""
        return [row for number, row in self.was.items() if number not in self.now or _differs(row, self.now[number])]


def why_not(before: instances.InstanceState, token: int) -> str:
    """Tell why the completion of a user task by this token cannot be undone; nothing when it can."""
    found = _read(before, token)
    if isinstance(found, str):
        return found
    for row in found.changed:
        waits = found.now[row[0]][5].get("waits", ()) if row[0] in found.now else ()
        if {"job", "call", "incident"} & set(row[5].get("waits", ())) - set(waits):
            return "办结的同时其他正在自动办理的环节已经终止，不能撤回。"
    return ""


def opened(before: instances.InstanceState, token: int) -> dict[int, str | None]:
    """Return the tokens that the last completion brought about, and to whom it assigned those that are user tasks."""
    found = _read(before, token)
    return {} if isinstance(found, str) else {number: found.people.get(str(number)) for number in found.came}


def withdraw(process: Process, context: Context, before: instances.InstanceState, token: int) -> steps.Step:
    """Undo the completion of a user task: the instance waits for it again as before, at the same token.

    Raises:
        errors.Conflict: that was not the last that happened, or it had effects outside.
        errors.EvaluationFailed: what waited for a message then cannot say for which one now.
    """
    undo, why = _read(before, token), why_not(before, token)
    if isinstance(undo, str) or why:
        raise errors.Conflict(why)
    current = state.load(process, context, before)
    for number in reversed(undo.came):
        current.close_waits(current.tasks[number], "withdrawn")
        if current.tasks[number].internal_data.get("role") is None:
            current.record.leave(current.tasks[number], "withdrawn")
    restored = _restore(process, context, before, undo)
    restored.record, restored.next_token = current.record, current.next_token
    current.forget()
    reopened = [number for row in undo.changed for number in _wait_again(restored, row, undo.now.get(row[0]))]
    step = restored.record.step(state.save(restored, before), instances.InstanceStatus.ACTIVE, tuple(reopened))
    restored.forget()
    return step


def with_moved_timer(undo: str | None, token: int, old: str, due: str) -> str | None:
    """Return what is remembered, with the timer of a token moved in it as in the state: the calendar has changed.

    Args:
        undo: as `remember` wrote it, if anything is remembered.
        token: of the timer.
        old: when it was due.
        due: when it is due now.
    """
    about, _, was = (undo or "").partition("\n")
    if not was:
        return undo
    found = json.loads(was)
    for row in found["tokens"]:
        if row[0] == token and row[5].get("due") == old:
            row[5]["due"] = due
    return f"{about}\n{written.encode(found)}"


def _read(before: instances.InstanceState, token: int) -> _Undo | str:
    about, _, was = (before.undo or "{}").partition("\n")
    found: dict[str, Any] = json.loads(about)
    if found.get("of") != token:
        return "办结之后事项又有新的进展，不能撤回。"
    if "why" in found:
        return str(found["why"])
    earlier, now = (state.read(dataclasses.replace(before, tokens=text)) for text in (was, before.tokens))
    rows = ({row[0]: row for row in each["tokens"]} for each in (earlier, now))
    return _Undo(found["people"], found["set"], *rows)


def _restore(
    process: Process, context: Context, before: instances.InstanceState, undo: _Undo
) -> workflows.ProcessWorkflow:
    variables = {name: value for name, value in json.loads(before.variables).items() if name not in undo.written}
    variables |= {name: old[0] for name, old in undo.written.items() if old}
    was = (before.undo or "").partition("\n")[2]
    restored = state.load(process, context, instances.InstanceState(written.encode(variables), was))
    restored.variables_changed = bool(undo.written)
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
