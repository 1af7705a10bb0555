"""Taking back what one has completed, while nothing has come of it (撤回)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine import errors, forms
from engine.actions import (
    context,
    countersigning,
    definition_cache,
    directory,
    open_tasks,
    policy,
    transaction,
    wording,
)
from engine.bpmn import withdrawal
from engine.model import commands, cooperation, instances
from engine.store import instances as stored
from engine.store import unit_of_work

WITHDRAWN = "withdraw-user-task"
_SUBMITTED = cooperation.Countersigning.SUBMITTED


def can_withdraw(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> str | None:
    """Tell why the actor cannot take a task back that they completed; None when they can.

    Raises:
        errors.NotFound: There is no such task.
        errors.Forbidden: The actor may not see the case.
    """
    with engine.store.read() as uow:
        task = uow.user_tasks.get(user_task_id)
        policy.see(uow, actor, task.instance_id)
        instance = uow.instances.get(task.instance_id)
        state = uow.instances.with_undo(instance.id, uow.instances.state(instance.id))
        definition = engine.definitions.get(uow, instance.definition_id)
        people = directory.Names(engine.directory, uow, definition.people)
        try:
            check(uow, actor, instance, state, task, people)
        except errors.GongkaiError as refusal:
            return refusal.message
    return None


@transaction.again
def withdraw(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> instances.UserTask:
    """Take a completion back: the task is open again, in the hands of who completed it, filled in as it was.

    Also one that still waits for the agreement of others (后加签), while none of them has answered.

    Returns:
        The task, open again.

    Raises:
        errors.Forbidden: Somebody else completed it.
        errors.Conflict: Something has come of it already; the message says what.
    """
    with transaction.begin(engine, actor) as tx:
        task, locked = tx.uow.user_tasks.lock(user_task_id)
        state = tx.uow.instances.with_undo(locked.id, locked.state)
        check(tx.uow, actor, locked.instance, state, task, tx.names(locked))
        if task.countersign is _SUBMITTED:
            return _take_submission_back(tx, locked, task)
        opened = list(_opened(tx.uow, state, task))
        to = list(dict.fromkeys(person for each in opened for person in _told(each)))
        roles = sorted({role for each in opened if each.assignee is None for role in each.candidate_groups})
        draft = tx.uow.user_tasks.submission(task.id)
        step = withdrawal.withdraw(tx.of(locked).process, tx.context(locked), state, task.token)
        gone = [each.id for each in opened]
        details = {"element": task.element_id, "to": to, "roles": roles, "tasks": gone}
        tx.note(locked, WITHDRAWN, open_tasks.subject(task), **details)
        tx.record(locked, step)
        again = tx.uow.user_tasks.get(task.id)
        mark = cooperation.Countersigning.PLANNED if countersigning.plan_again(tx, again) else None
        holder = task.completed_for or task.completed_by
        return tx.uow.user_tasks.change(
            again, assignee=holder, draft=_as_draft(tx.of(locked), task, draft), countersign=mark
        )


def check(
    uow: unit_of_work.UnitOfWork,
    actor: commands.Actor,
    instance: instances.ProcessInstance,
    state: instances.InstanceState,
    task: instances.UserTask,
    people: Mapping[str, str],
) -> None:
    """Refuse what cannot be withdrawn.

    Args:
        uow: The unit of work.
        actor: Who would withdraw.
        instance: The case.
        state: Its state, with what it takes to undo what happened last.
        task: The task.
        people: Names by id.

    Raises:
        errors.Forbidden: Somebody else completed the task.
        errors.Conflict: It is not completed, or something has come of it.
    """
    if task.status is instances.UserTaskStatus.OPEN and task.countersign is _SUBMITTED:
        _check_submission(uow, actor, task, people)
    elif task.status is not instances.UserTaskStatus.COMPLETED:
        raise errors.Conflict(f"任务“{task.name}”没有办结，无需撤回。")
    else:
        policy.withdraw(actor, task, task.completed_by, task.completed_for)
    if instance.status.ended:
        raise errors.Conflict(f"事项 {instance.id} 已经结束，不能撤回。")
    if instance.status is instances.InstanceStatus.SUSPENDED:
        raise errors.Conflict(f"事项 {instance.id} 已暂停办理，请在恢复后再撤回。")
    if task.status is instances.UserTaskStatus.COMPLETED:
        why = withdrawal.why_not(state, task.token)
        if why:
            raise errors.Conflict(why)
        assigned = withdrawal.opened(state, task.token)
        for each in _opened(uow, state, task):
            _refuse_begun(each, assigned[each.token], people)


def _check_submission(
    uow: unit_of_work.UnitOfWork, actor: commands.Actor, task: instances.UserTask, people: Mapping[str, str]
) -> None:
    held = uow.user_tasks.held(task.id)
    assert held is not None, "the task says that it is submitted"
    policy.withdraw(actor, task, held.by, held.on_behalf)
    for each in uow.countersignatures.of_task(task.id):
        given = each.status is cooperation.CountersignStatus.GIVEN
        if (
            given
            and each.kind is cooperation.CountersignKind.AFTER
            and each.answered_at
            and each.answered_at >= held.at
        ):
            raise errors.Conflict(f"{wording.person(each.answered_by, people)}已经提出会签意见，不能撤回。")


def _refuse_begun(task: instances.UserTask, assigned: str | None, people: Mapping[str, str]) -> None:
    """Refuse when somebody has begun with a task that the completion opened."""
    holder = wording.person(task.assignee, people)
    if task.status is not instances.UserTaskStatus.OPEN:
        raise errors.Conflict("办结之后事项又有新的进展，不能撤回。")
    if task.assignee != assigned:
        raise errors.Conflict(f"下一环节“{task.name}”已由{holder}签收，不能撤回。")
    if task.draft is not None or task.delegation is not None or task.countersign is not None:
        raise errors.Conflict(f"下一环节“{task.name}”已经开始办理，不能撤回。")


def _opened(
    uow: unit_of_work.UnitOfWork, state: instances.InstanceState, completed: instances.UserTask
) -> Iterator[instances.UserTask]:
    """Yield the user tasks that the completion opened."""
    for token in withdrawal.opened(state, completed.token):
        task = uow.user_tasks.at(completed.instance_id, token)
        if task is not None:
            yield task


def _take_submission_back(
    tx: transaction.Transaction, locked: stored.LockedInstance, task: instances.UserTask
) -> instances.UserTask:
    asked = [
        each.person
        for each in tx.uow.countersignatures.of_task(task.id)
        if each.status is cooperation.CountersignStatus.OPEN
    ]
    tx.note(locked, WITHDRAWN, open_tasks.subject(task), element=task.element_id, to=asked, tasks=[])
    return countersigning.give_back(tx, task)


def _told(task: instances.UserTask) -> tuple[str, ...]:
    return task.candidate_users if task.assignee is None else (task.assignee,)


def _as_draft(
    definition: definition_cache.Definition, task: instances.UserTask, submission: Mapping[str, object] | None
) -> dict[str, object] | None:
    """Return what was filled in as what is being filled in."""
    if submission is None or task.form_key is None:
        return None
    return forms.draft(definition.form(task.form_key), submission, definition.rights(task.element_id))
