"""What every act on an open user task asks first: is it open, is it in the hands of who acts, is it held up."""

from __future__ import annotations

from engine import errors
from engine.actions import directory, policy, transaction, wording
from engine.model import commands, cooperation, instances
from engine.store import instances as stored

_ASKED, _SUBMITTED = cooperation.Countersigning.ASKED, cooperation.Countersigning.SUBMITTED


def lock(tx: transaction.Transaction, user_task_id: int) -> tuple[instances.UserTask, stored.LockedInstance]:
    """Lock the case of a task, and refuse a task that is over or rests; see `refuse_closed`."""
    found, locked = tx.uow.user_tasks.lock(user_task_id)
    return refuse_closed(tx, locked, found), locked


def refuse_closed(
    tx: transaction.Transaction, locked: stored.LockedInstance, task: instances.UserTask
) -> instances.UserTask:
    """Refuse a task that is over; who had to do with it learns who did it and when, strangers learn nothing."""
    people = tx.names(locked)
    if task.status is instances.UserTaskStatus.OPEN:
        tx.refuse_resting(locked)
        return task
    if not policy.concerns(tx.actor, task):
        policy.work(tx.actor, task, "办理", people)
    at = wording.when(task.completed_at or tx.now, tx.now)
    if task.status in (instances.UserTaskStatus.COMPLETED, instances.UserTaskStatus.RETURNED):
        how = "办结" if task.status is instances.UserTaskStatus.COMPLETED else "退回"
        raise errors.Conflict(
            f"该任务已由{wording.signature(task.completed_by, task.completed_for, people)}于 {at} {how}。",
            completed_by=task.completed_by,
            completed_at=task.completed_at,
        )
    if task.status is instances.UserTaskStatus.WITHDRAWN:
        raise errors.Conflict(f"上一环节已于 {at} 撤回，该任务随之取消，无需办理。")
    raise errors.Conflict(f"该任务已于 {at} 取消，流程已转到其他环节，无需办理。")


def refuse_delegated(
    tx: transaction.Transaction, locked: stored.LockedInstance, task: instances.UserTask, act: str
) -> None:
    """Refuse what only the owner of a delegated task may do.

    Raises:
        errors.Conflict: The task is delegated.
    """
    if task.delegation is instances.Delegation.PENDING:
        owner = wording.person(task.owner, tx.names(locked))
        raise errors.Conflict(f"任务“{task.name}”由{owner}委派，办理后请交回，不能{act}。")


def refuse_held_up(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    task: instances.UserTask,
    act: str,
    *,
    parallel: bool = False,
) -> None:
    """Refuse what may not be done to a task while others are asked to countersign it (加签).

    Args:
        tx: The transaction.
        locked: The case.
        task: The task.
        act: What is to be done, as a verb.
        parallel: Whether it has to wait for opinions that are given at the same time, too.

    Raises:
        errors.Conflict: It waits for others; the message names them.
    """
    if task.countersign not in (_ASKED, _SUBMITTED):
        return
    waiting = [
        each.person
        for each in tx.uow.countersignatures.of_task(task.id)
        if each.status is cooperation.CountersignStatus.OPEN
        and (parallel or each.kind is not cooperation.CountersignKind.PARALLEL)
    ]
    if task.countersign is _SUBMITTED:
        raise errors.Conflict(
            f"任务“{task.name}”已经办理，正在等待{_names(tx, locked, waiting)}会签同意，不能{act}；可以先撤回。"
        )
    if waiting:
        raise errors.Conflict(
            f"任务“{task.name}”正在等待{_names(tx, locked, waiting)}的加签意见，收齐后才能{act}；也可以撤销加签。"
        )


def person(tx: transaction.Transaction, locked: stored.LockedInstance, to: str, present: str | None) -> str:
    """Return whom a task is given to: an active account, or, while there are no accounts, somebody of the pack.

    Who gives a task out of the hands of somebody they stand in for cannot give it to themselves: it would outlive the
    substitution.
    """
    to = to.strip()
    if to and to == present:
        raise errors.InvalidInput(f"任务已经在 {to} 手中，请选择其他人。")
    if to and to == tx.actor.id and present is not None and not tx.actor.is_operator:
        raise errors.InvalidInput("您正在代理该任务，可以直接办理，不能交给自己。")
    return anybody(tx, locked, to)


def anybody(tx: transaction.Transaction, locked: stored.LockedInstance, to: str) -> str:
    """Return who is meant: an active account, or, while there are no accounts, somebody of the pack.

    Raises:
        errors.InvalidInput: There is nobody of this id who can be given work.
    """
    to = to.strip()
    if not to:
        raise errors.InvalidInput("没有说明交给谁。")
    if to == commands.SYSTEM.id:
        raise errors.InvalidInput(f"“{to}”是平台自身的标识，不能交给它办理，请选择其他人。")
    return directory.somebody(tx.uow, to, {user.id: user.name for user in tx.of(locked).pack.users})


def subject(task: instances.UserTask) -> str:
    """Return what the audit trail calls a task."""
    return f"user_task/{task.id}"


def _names(tx: transaction.Transaction, locked: stored.LockedInstance, persons: list[str]) -> str:
    people = tx.names(locked)
    return "、".join(dict.fromkeys(wording.person(each, people) for each in persons)) or "他人"
