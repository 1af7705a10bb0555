"""Somebody leaves (离职交接): everything open goes to somebody else, then the account is closed.

Every task is a transaction of its own: what can be handed over is, and the report says what could not be and why.
Handing over the same person again goes on where it was left.
"""

from __future__ import annotations

import dataclasses
import enum

from engine import errors
from engine.actions import context, directory, duties, policy, transaction, users, wording
from engine.model import commands, cooperation, instances, people
from engine.store import instances as stored


class Outcome(enum.StrEnum):
    """What became of one task."""

    HANDED = "handed"  # the successor has it
    RETURNED = "returned"  # delegated by somebody else, it went back to them
    OFFERED = "offered"  # left to the role: nobody has it, its candidates may claim it
    KEPT = "kept"  # nothing could be done: an administrator must look at it


@dataclasses.dataclass(frozen=True, slots=True)
class HandedTask:
    """What became of one task; `reason` says why it did not go to the successor, or what of it did."""

    user_task_id: int
    instance_id: int
    name: str
    outcome: Outcome
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class HandOver:
    """The report: tasks in order, substitutions that ended, those that the successor took on, and the account."""

    tasks: tuple[HandedTask, ...]
    ended: tuple[people.Substitution, ...]
    taken_on: tuple[people.Substitution, ...]
    user: people.User

    def count(self, outcome: Outcome) -> int:
        """Return how many tasks came to an outcome."""
        return sum(task.outcome is outcome for task in self.tasks)


def hand_over(engine: context.Engine, leaving: str, to: str, actor: commands.Actor, reason: str) -> HandOver:
    """Give everything open of somebody to somebody else and close the account.

    A task that the successor must not do, because duties are separate, goes back to its role, or stays and is listed.
    Where the leaver stands in for somebody, the successor does from now on; nobody stands in for the leaver any more.

    Args:
        engine: The engine.
        leaving: Who leaves; the account may be closed already.
        to: The successor.
        actor: An administrator.
        reason: Why.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.NotFound: There is no such account.
        errors.InvalidInput: The successor is no active account, or the same person, or no reason is given.
        errors.Conflict: The leaver is the last administrator; nothing has been handed over.
    """
    policy.operate(actor, "办理离职交接")
    with transaction.begin(engine, actor) as tx:
        user = tx.uow.users.get(leaving)
        _check(tx, user, to)
        reason = wording.reason(reason)
        users.keep_an_admin(tx, user, dataclasses.replace(user, active=False))
        tx.note(None, "begin-hand-over", f"user/{leaving}", to=to, reason=reason)
    done: dict[int, HandedTask] = {}
    _tasks(engine, leaving, to, actor, reason, done)
    ended, taken_on = _close(engine, user, to, actor, reason)
    # Once more: until the account was closed, new work could still come to it.
    _tasks(engine, leaving, to, actor, reason, done)
    with engine.store.read() as uow:
        closed = uow.users.get(leaving)
    return HandOver(tuple(done.values()), ended, taken_on, closed)


def _check(tx: transaction.Transaction, user: people.User, to: str) -> None:
    if to == user.id:
        raise errors.InvalidInput(f"接手人不能是{user.name}本人，请选择其他人。")
    directory.somebody(tx.uow, to, {})


def _tasks(
    engine: context.Engine, leaving: str, to: str, actor: commands.Actor, reason: str, done: dict[int, HandedTask]
) -> None:
    with engine.store.read() as uow:
        pending = [*uow.user_tasks.held_by(leaving), *uow.countersignatures.tasks_of(leaving)]
    for user_task_id in dict.fromkeys(pending):
        if user_task_id not in done:
            with transaction.begin(engine, actor) as tx:
                handed = _Hand(tx, leaving, to, reason).over(user_task_id)
            if handed is not None:
                done[user_task_id] = handed


class _Hand:
    """Hands over what one task has of the leaver, in one transaction."""

    def __init__(self, tx: transaction.Transaction, leaving: str, to: str, reason: str) -> None:
        self.tx = tx
        self.leaving = leaving
        self.to = to
        self.reason = reason

    def over(self, user_task_id: int) -> HandedTask | None:
        """Do it; None when the task is over, or not the leaver's any more."""
        task, locked = self.tx.uow.user_tasks.lock(user_task_id)
        if task.status is not instances.UserTaskStatus.OPEN:
            return None
        parts = [part for part in (self._task(locked, task), self._opinions(locked, task)) if part is not None]
        if not parts:
            return None
        reasons = "；".join(reason for _, reason in parts if reason)
        return HandedTask(task.id, task.instance_id, task.name, parts[0][0], reasons)

    def _task(self, locked: stored.LockedInstance, task: instances.UserTask) -> tuple[Outcome, str] | None:
        if task.countersign is cooperation.Countersigning.SUBMITTED and self.leaving in (task.assignee, task.owner):
            return Outcome.KEPT, "已经办理，等待会签，会签同意后自动办结"
        if task.assignee == self.leaving and task.delegation is instances.Delegation.PENDING:
            return self._delegated_to(locked, task)
        if task.assignee == self.leaving:
            return self._assigned(locked, task)
        if task.owner == self.leaving:
            return self._delegated_by(locked, task)
        if task.assignee is None and self.leaving in task.candidate_users:
            return self._offered(locked, task)
        return None

    def _assigned(self, locked: stored.LockedInstance, task: instances.UserTask) -> tuple[Outcome, str]:
        refusal = self._refusal(locked, task)
        if refusal is None:
            self._give(locked, task)
            return Outcome.HANDED, ""
        return self._release(locked, task, refusal)

    def _delegated_to(self, locked: stored.LockedInstance, task: instances.UserTask) -> tuple[Outcome, str]:
        """Hand on what somebody else had delegated to the leaver; to its owner where the successor must not."""
        refusal = None if self.to == task.owner else self._refusal(locked, task)
        if self.to != task.owner and refusal is None:
            self._note(locked, task, "transfer-user-task", to=self.to)
            self.tx.uow.user_tasks.change(task, assignee=self.to)
            return Outcome.HANDED, ""
        self._note(locked, task, "transfer-user-task", to=task.owner)
        self.tx.uow.user_tasks.change(task, assignee=task.owner, owner=None, delegation=instances.Delegation.RESOLVED)
        return (Outcome.HANDED, "") if refusal is None else (Outcome.RETURNED, refusal)

    def _delegated_by(self, locked: stored.LockedInstance, task: instances.UserTask) -> tuple[Outcome, str]:
        """Hand on what the leaver has delegated to somebody else: the successor gets it back."""
        refusal = None if self.to == task.assignee else self._refusal(locked, task)
        if refusal is not None:
            return self._release(locked, task, refusal)
        if self.to == task.assignee:
            self._give(locked, task)
            return Outcome.HANDED, ""
        self._note(locked, task, "change-owner", to=self.to)
        self.tx.uow.user_tasks.change(task, owner=self.to)
        return Outcome.HANDED, "已委派给他人，交回时由接手人办结"

    def _offered(self, locked: stored.LockedInstance, task: instances.UserTask) -> tuple[Outcome, str]:
        """Offer to the successor by name what was offered to the leaver by name."""
        others = tuple(person for person in task.candidate_users if person not in (self.leaving, self.to))
        self._note(locked, task, "change-candidates", to=self.to)
        self.tx.uow.user_tasks.change(task, candidate_users=(*others, self.to))
        return Outcome.OFFERED, "尚未签收，已改为可由接手人签收"

    def _opinions(self, locked: stored.LockedInstance, task: instances.UserTask) -> tuple[Outcome, str] | None:
        """Ask the successor for what the leaver was asked for on a task of somebody else (加签)."""
        asked = self.tx.uow.countersignatures.of_task(task.id)
        waiting = (cooperation.CountersignStatus.OPEN, cooperation.CountersignStatus.PLANNED)
        mine = [each for each in asked if each.person == self.leaving and each.status in waiting]
        if not mine:
            return None
        if self.to == task.assignee or any(each.person == self.to and each.status in waiting for each in asked):
            return Outcome.KEPT, "加签意见未移交：接手人是该任务的办理人或已被加签，请由办理人调整"
        for each in mine:
            self.tx.uow.countersignatures.give(each, self.to)
        self._note(locked, task, "transfer-countersignature", to=self.to)
        return Outcome.HANDED, "加签意见改由接手人提出"

    def _give(self, locked: stored.LockedInstance, task: instances.UserTask) -> None:
        self._note(locked, task, "transfer-user-task", to=self.to)
        kept = None if task.delegation is None else instances.Delegation.RESOLVED
        self.tx.uow.user_tasks.change(task, assignee=self.to, owner=None, delegation=kept)

    def _release(self, locked: stored.LockedInstance, task: instances.UserTask, refusal: str) -> tuple[Outcome, str]:
        """Leave a task to its candidates, where there are others than the leaver."""
        others = tuple(person for person in task.candidate_users if person != self.leaving)
        if not others and not task.candidate_groups:
            return Outcome.KEPT, refusal
        kept = None if task.delegation is None else instances.Delegation.RESOLVED
        self._note(locked, task, "unclaim-user-task")
        self.tx.uow.user_tasks.change(task, assignee=None, owner=None, delegation=kept, candidate_users=others)
        return Outcome.OFFERED, refusal

    def _refusal(self, locked: stored.LockedInstance, task: instances.UserTask) -> str | None:
        """Return why the successor must not do a task; None if they may."""
        try:
            duties.separate(self.tx, locked, task, self.to)
            known = self.tx.office(self.tx.of(locked)).groups_of(self.to)
            policy.within_unit(task, self.to, known, self.tx.names(locked))
        except errors.Forbidden as refusal:
            return refusal.message
        return None

    def _note(self, locked: stored.LockedInstance, task: instances.UserTask, act: str, to: str | None = None) -> None:
        told = {} if to is None else {"to": to}
        self.tx.note(
            locked, act, f"user_task/{task.id}", element=task.element_id, by=self.leaving, reason=self.reason, **told
        )


def _close(
    engine: context.Engine, user: people.User, to: str, actor: commands.Actor, reason: str
) -> tuple[tuple[people.Substitution, ...], tuple[people.Substitution, ...]]:
    """Hand on the substitutions and close the account, if it is not closed yet."""
    with transaction.begin(engine, actor) as tx:
        today = directory.today(tx.now)
        found = tx.uow.substitutions.of_user(user.id)
        running = [each for each in found if each.ended_at is None and each.ends_on >= today]
        taken_on = []
        for each in running:
            if each.substitute == user.id and each.principal != to:
                begins_on = max(each.begins_on, today)
                words = f"接替{user.name}：{each.reason}"
                added = tx.uow.substitutions.add(
                    each.principal, to, begins_on, each.ends_on, reason=words, by=actor.id, at=tx.now
                )
                taken_on.append(added)
            tx.uow.substitutions.end(each.id, tx.now)
        told = {"ended": [each.id for each in running], "taken_on": [each.id for each in taken_on]}
        tx.note(None, "hand-over", f"user/{user.id}", to=to, reason=reason, **told)
        if tx.uow.users.lock(user.id).active:
            users.close(tx, user.id, reason)
    engine.directory.forget()
    return tuple(running), tuple(taken_on)
