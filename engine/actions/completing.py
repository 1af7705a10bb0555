"""How a completion takes effect: at once, or when others agree (后加签)."""

from __future__ import annotations

from typing import Any

from engine.actions import duties, open_tasks, propagate, submissions, transaction
from engine.bpmn import execution
from engine.model import cooperation, instances
from engine.store import instances as stored

#: What the audit trail calls completing a task, and completing one that takes effect when others agree.
COMPLETED, SUBMITTED = "complete-user-task", "submit-user-task"
#: What it calls the moment when the last of them did.
TOOK_EFFECT = "countersigned-user-task"


def carry_out(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    task: instances.UserTask,
    completion: cooperation.HeldCompletion,
    action: str = COMPLETED,
) -> tuple[int, ...]:
    """Let the case go on; return the ids of the tasks that this opened there."""
    definition = tx.of(locked)
    at = tx.context(locked, actor=completion.by)
    step = execution.complete(definition.process, at, locked.state, task.token, completion.values)
    by = {} if action == COMPLETED else {"to": [completion.by]}
    tx.note(locked, action, open_tasks.subject(task), **_details(tx, task, completion), **by)
    filled_in = completion.values if completion.filled_in else None
    opened = tx.record(locked, step, submission=filled_in, on_behalf=completion.on_behalf, by=completion.by)
    propagate.settle(tx)
    return tuple(opened.values())


def hold(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    task: instances.UserTask,
    completion: cooperation.HeldCompletion,
) -> None:
    """Keep a completion, and ask those whose agreement it needs."""
    if task.assignee is None:
        task = tx.uow.user_tasks.change(task, assignee=completion.on_behalf or completion.by)
    asked = []
    for each in tx.uow.countersignatures.of_task(task.id):
        if each.status is cooperation.CountersignStatus.PLANNED:
            tx.uow.countersignatures.change(each, cooperation.CountersignStatus.OPEN, opened_at=tx.now)
            asked.append(each.person)
    tx.note(locked, SUBMITTED, open_tasks.subject(task), to=asked, **_details(tx, task, completion))
    tx.uow.user_tasks.hold(task, completion)


def _details(
    tx: transaction.Transaction, task: instances.UserTask, completion: cooperation.HeldCompletion
) -> dict[str, Any]:
    proof = {"sha256": submissions.digest(completion.values)} if completion.filled_in else {}
    whom = {} if tx.actor.id != completion.by else duties.told(tx.actor, completion.on_behalf)
    return {"element": task.element_id, "variables": sorted(completion.values), **proof, **whom}
