"""Asking for a task to be done soon (催办)."""

from __future__ import annotations

import datetime

from engine import errors
from engine.actions import context, open_tasks, policy, transaction, wording
from engine.model import commands, cooperation, instances

#: A task is urged no more often than this, by whomever.
BETWEEN = datetime.timedelta(hours=1)
#: The most letters that go with it.
TEXT = 200


def urge(engine: context.Engine, user_task_id: int, actor: commands.Actor, *, text: str = "") -> cooperation.Urge:
    """Ask whoever an open task waits for to do it soon: who has it, may claim it, or is asked to countersign it.

    Args:
        engine: The engine.
        user_task_id: The task.
        actor: Who started the case, has another of its open tasks, monitors, or operates.
        text: What goes with it, at most `TEXT` letters.

    Raises:
        errors.Forbidden: It is not the actor's to urge.
        errors.Conflict: It is over, rests, or was urged less than `BETWEEN` ago.
    """
    text = text.strip()
    if len(text) > TEXT:
        raise errors.InvalidInput(f"催办说明应不超过 {TEXT} 字，现为 {len(text)} 字。")
    with transaction.begin(engine, actor) as tx:
        task, locked = tx.uow.user_tasks.lock(user_task_id)
        policy.urge(actor, locked.instance, task, tx.uow.user_tasks.of_instance(locked.id))
        open_tasks.refuse_closed(tx, locked, task)
        last = tx.uow.urges.last(task.id)
        if last is not None and tx.now < last.at + BETWEEN:
            who, at = wording.person(last.by, tx.names(locked)), wording.when(last.at, tx.now)
            raise errors.Conflict(f"任务“{task.name}”已于 {at} 由{who}催办，一小时内只能催办一次。", urged_at=last.at)
        to, roles = _waiting_for(tx, task)
        tx.note(
            locked, "urge-user-task", open_tasks.subject(task), element=task.element_id, to=to, roles=roles, text=text
        )
        return tx.uow.urges.add(locked.id, task.id, actor.id, tx.now, text)


def _waiting_for(tx: transaction.Transaction, task: instances.UserTask) -> tuple[list[str], list[str]]:
    """Return the people, or else the roles, for whom a task waits."""
    if task.countersign in (cooperation.Countersigning.ASKED, cooperation.Countersigning.SUBMITTED):
        asked = [
            each
            for each in tx.uow.countersignatures.of_task(task.id)
            if each.status is cooperation.CountersignStatus.OPEN
        ]
        beside = all(each.kind is cooperation.CountersignKind.PARALLEL for each in asked)
        holder = [task.assignee] if beside and task.assignee else []
        return list(dict.fromkeys([*holder, *(each.person for each in asked)])), []
    if task.assignee is not None:
        return [task.assignee], []
    return list(task.candidate_users), list(task.candidate_groups)
