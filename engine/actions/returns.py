"""Sending a case back from one user task to an earlier one (退回).

Which tasks those are, and which of them may be opened again without leaving the case unsound, the executor knows
(`engine.bpmn.returning`). A process may permit fewer: property `return` of the task or of the process is ``none``, or
the ids of the tasks that are permitted.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from engine import errors
from engine.actions import context, definition_cache, duties, open_tasks, policy, transaction, wording
from engine.bpmn import returning
from engine.model import commands, instances, steps
from engine.store import instances as stored
from engine.store import unit_of_work

RETURNED = "return-user-task"


@dataclasses.dataclass(frozen=True, slots=True)
class ReturnTarget:
    """A task that lies behind an open one: who completed it last, when, and why a case cannot go back there.

    `completed_by` and `at` are None for a task that several people did.
    """

    element_id: str
    name: str
    completed_by: str | None
    at: datetime.datetime | None
    allowed: bool
    why: str


def return_targets(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> tuple[ReturnTarget, ...]:
    """Return the tasks that lie behind an open one, the nearest first, with whether the case may be sent back there.

    Raises:
        errors.NotFound: There is no such task.
        errors.Forbidden: The actor may not see the case.
    """
    with engine.store.read() as uow:
        task = uow.user_tasks.get(user_task_id)
        policy.see(uow, actor, task.instance_id)
        if task.status is not instances.UserTaskStatus.OPEN:
            return ()
        instance = uow.instances.get(task.instance_id)
        definition = engine.definitions.get(uow, instance.definition_id)
        return _targets(uow, definition, uow.instances.state(task.instance_id), task)


@transaction.again
def return_to(
    engine: context.Engine, user_task_id: int, element_id: str, reason: str, actor: commands.Actor
) -> instances.UserTask:
    """Send a case back to an earlier task, which is opened again for who did it, or else for its role.

    Args:
        engine: The engine.
        user_task_id: The task that the actor has.
        element_id: The earlier task; one of `return_targets`.
        reason: Why, in 1 to 500 letters.
        actor: Who has the task.

    Returns:
        The earlier task, open again.

    Raises:
        errors.Forbidden: The actor does not have the task, or did one that others must do.
        errors.InvalidInput: No reason, or a task that does not lie behind this one.
        errors.Conflict: Going back there is not permitted or would leave the case unsound; the task is over, delegated,
            or waits for opinions.
    """
    reason = wording.reason(reason)
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        policy.own(actor, task, "退回", tx.names(locked))
        open_tasks.refuse_delegated(tx, locked, task, "退回")
        open_tasks.refuse_held_up(tx, locked, task, "退回", parallel=True)
        whom = duties.by_right_of(tx, locked, task)
        definition = tx.of(locked)
        targets = {each.element_id: each for each in _targets(tx.uow, definition, locked.state, task)}
        target = _permitted(targets, task, element_id)
        step = returning.return_to(definition.process, tx.context(locked), locked.state, task.token, element_id)
        doer = _doer(tx, locked, element_id)
        step = dataclasses.replace(step, user_tasks=tuple(_again(each, element_id, doer) for each in step.user_tasks))
        on_behalf = None if whom == actor.id else whom
        opened = tx.record(locked, step, on_behalf=on_behalf)
        again = tx.uow.user_tasks.get(_opened(step, opened, element_id, target))
        tx.uow.returns.add(locked.id, task.id, again.id, actor.id, tx.now, reason)
        tx.uow.comments.add(locked.id, task.id, actor.id, f"退回“{again.name}”：{reason}", tx.now)
        details = {"to_element": element_id, "to_task": again.id, "to": [again.assignee] if again.assignee else []}
        told = duties.told(actor, whom)
        subject = open_tasks.subject(task)
        tx.note(locked, RETURNED, subject, element=task.element_id, text=reason, reason=reason, **details, **told)
        return again


def _targets(
    uow: unit_of_work.UnitOfWork,
    definition: definition_cache.Definition,
    state: instances.InstanceState,
    task: instances.UserTask,
) -> tuple[ReturnTarget, ...]:
    done = {
        each.element_id: each
        for each in uow.user_tasks.of_instance(task.instance_id)
        if each.status is instances.UserTaskStatus.COMPLETED
    }
    permitted = definition.permitted_returns(task.element_id)
    found = []
    for target in returning.targets(definition.process, state, task.token):
        element = definition.process.elements[target.element_id]
        last = done.get(target.element_id)
        one = last is not None and last.token == target.token
        why = target.why
        if permitted is not None and target.element_id not in permitted:
            allowed = "、".join(f"“{definition.process.elements[each].name}”" for each in sorted(permitted))
            rule = f"只能退回{allowed}" if permitted else "不能退回"
            why = f"按照本流程的规定，“{task.name}”{rule}。"
        found.append(
            ReturnTarget(
                target.element_id,
                last.name if last is not None else element.name,
                (last.completed_for or last.completed_by) if last is not None and one else None,
                last.completed_at if last is not None and one else None,
                not why,
                why,
            )
        )
    return tuple(found)


def _permitted(targets: dict[str, ReturnTarget], task: instances.UserTask, element_id: str) -> ReturnTarget:
    target = targets.get(element_id)
    if target is None:
        known = "、".join(f"“{each.name}”" for each in targets.values() if each.allowed) or "无"
        raise errors.InvalidInput(f"“{element_id}”不是“{task.name}”之前办结过的任务。可以退回的任务：{known}。")
    if not target.allowed:
        raise errors.Conflict(target.why)
    return target


def _doer(tx: transaction.Transaction, locked: stored.LockedInstance, element_id: str) -> instances.UserTask | None:
    """Return the task as it was completed last, if who did it may do it again."""
    done = [
        each
        for each in tx.uow.user_tasks.of_instance(locked.id)
        if each.element_id == element_id and each.status is instances.UserTaskStatus.COMPLETED
    ]
    if not done:
        return None
    last = done[-1]
    person = last.completed_for or last.completed_by
    try:
        open_tasks.anybody(tx, locked, person or "")
        duties.separate(tx, locked, last, person or "")
    except (errors.InvalidInput, errors.Forbidden):
        return None
    found = tx.uow.users.find(person or "")
    offered = bool(last.candidate_users or last.candidate_groups)
    if found is not None and offered:
        actor = commands.Actor(found.id, frozenset(found.roles), unit=found.unit)
        return last if policy.is_candidate(actor, last) else None
    return last


def _again(opened: steps.UserTaskOpened, element_id: str, doer: instances.UserTask | None) -> steps.UserTaskOpened:
    if opened.element_id != element_id or doer is None:
        return opened
    return dataclasses.replace(opened, assignee=doer.completed_for or doer.completed_by)


def _opened(step: steps.Step, opened: Mapping[int, int], element_id: str, target: ReturnTarget) -> int:
    for each in step.user_tasks:
        if each.element_id == element_id:
            return opened[each.token]
    raise errors.Conflict(f"“{target.name}”不能重新打开：其办理人、期限等表达式无法求值，请联系系统管理员。")
