"""What people do with user tasks: claim, fill in, hand over, complete, comment."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Mapping
from typing import Any

from engine import errors, metrics
from engine.actions import (
    completing,
    context,
    duties,
    mentions,
    open_tasks,
    policy,
    submissions,
    transaction,
    versions,
)
from engine.model import commands, cooperation, instances


@dataclasses.dataclass(frozen=True, slots=True)
class Completion:
    """The answer to a completion: who did it when, how the case stands, and which tasks it opened there.

    `completed_for` is whom they stood in for, if anybody. A completion that is `held` takes effect when those agree who
    were asked to countersign it (后加签); until then the task stays open.
    """

    user_task_id: int
    instance_id: int
    completed_by: str
    completed_at: datetime.datetime
    instance_status: instances.InstanceStatus
    opened: tuple[int, ...] = ()
    completed_for: str | None = None
    held: bool = False


def claim(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> instances.UserTask:
    """Take a task that is offered to the actor (签收); taking one's own again changes nothing.

    Raises:
        errors.Forbidden: The actor is no candidate, or did a task that somebody else must do this one after.
        errors.Conflict: Somebody else has the task, or it is over, or the case rests.
    """
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        policy.claim(actor, task, tx.names(locked))
        whom = duties.by_right_of(tx, locked, task)
        if task.assignee is not None:
            return task
        tx.note(
            locked, "claim-user-task", open_tasks.subject(task), element=task.element_id, **duties.told(actor, whom)
        )
        return tx.uow.user_tasks.change(task, assignee=whom)


def unclaim(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> instances.UserTask:
    """Give a task back to its candidates (退签).

    Raises:
        errors.Forbidden: The actor does not have the task.
        errors.Conflict: It was delegated, or nobody else could see it.
    """
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        policy.own(actor, task, "退签", tx.names(locked))
        open_tasks.refuse_delegated(tx, locked, task, "退签")
        open_tasks.refuse_held_up(tx, locked, task, "退签")
        if not task.candidate_users and not task.candidate_groups:
            raise errors.Conflict(f"任务“{task.name}”直接指派给您，没有其他候选人，不能退签，可以移交他人。")
        tx.note(
            locked,
            "unclaim-user-task",
            open_tasks.subject(task),
            element=task.element_id,
            **duties.told(actor, task.assignee),
        )
        return tx.uow.user_tasks.change(task, assignee=None, owner=None)


@metrics.completing
@transaction.again
def complete(
    engine: context.Engine,
    user_task_id: int,
    actor: commands.Actor,
    submission: Mapping[str, Any] | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Completion:
    """Complete a task (办结): the form becomes variables, and the case goes on to its next wait states.

    Args:
        engine: The engine.
        user_task_id: The task.
        actor: Its assignee, or a candidate while nobody has it.
        submission: What was filled in, validated by the form that was deployed with the case's definition. A task
            without a form takes none.
        variables: Further variables; from operators only.
        idempotency_key: Repeating the request with the same key gives the first answer.

    Raises:
        errors.Forbidden: The actor may not do the task, or did one that others must do.
        errors.InvalidForm: The form is not filled in right.
        errors.Conflict: The task is over (the message says who did it and when), or the case rests.
    """
    with transaction.begin(engine, actor) as tx:
        found, locked = tx.uow.user_tasks.lock(user_task_id)
        submitted = found.countersign is cooperation.Countersigning.SUBMITTED
        if submitted or found.status is not instances.UserTaskStatus.OPEN:
            answered = transaction.once(tx, completing.COMPLETED, idempotency_key)
            if answered is not None and answered["user_task_id"] == user_task_id:
                return _completion(answered)
        task = open_tasks.refuse_closed(tx, locked, found)
        definition = tx.of(locked)
        policy.work(actor, task, "办理", tx.names(locked))
        open_tasks.refuse_delegated(tx, locked, task, "办结")
        open_tasks.refuse_held_up(tx, locked, task, "办结", parallel=True)
        whom = duties.by_right_of(tx, locked, task)
        on_behalf = None if whom == actor.id else whom
        values = submissions.task(tx, definition, locked, task, submission, variables)
        completion = cooperation.HeldCompletion(actor.id, tx.now, values, task.form_key is not None, on_behalf)
        ids: tuple[int, ...] = ()
        if task.countersign is cooperation.Countersigning.PLANNED:
            completing.hold(tx, locked, task, completion)
        else:
            ids = completing.carry_out(tx, locked, task, completion)
        held = task.countersign is cooperation.Countersigning.PLANNED
        status = locked.instance.status
        answer = Completion(task.id, locked.id, actor.id, tx.now, status, ids, on_behalf, held)
        transaction.keep(tx, completing.COMPLETED, idempotency_key, _as_json(answer))
        return answer


def save_draft(
    engine: context.Engine,
    user_task_id: int,
    actor: commands.Actor,
    submission: Mapping[str, Any],
    *,
    expected: Collection[str] | None = None,
) -> instances.UserTask:
    """Keep an unfinished form (暂存). Keeping one in a task that nobody has does not take the task.

    Args:
        engine: The engine.
        user_task_id: The task.
        actor: Its assignee, or a candidate while nobody has it.
        submission: What has been filled in so far.
        expected: Versions of the draft (`versions.of`) that may be overwritten; by default any.

    Raises:
        errors.Outdated: The draft is of another version.
        errors.Forbidden: The actor may not do the task.
        errors.InvalidForm: It has fields that are not the form's.
        errors.InvalidInput: The task has no form.
    """
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        definition = tx.of(locked)
        policy.work(actor, task, "填写", tx.names(locked))
        open_tasks.refuse_held_up(tx, locked, task, "填写")
        if task.form_key is None:
            raise errors.InvalidInput(f"任务“{task.name}”没有表单，无需暂存。")
        versions.check(task.draft, expected)
        kept = submissions.draft(tx, definition, locked, task, task.form_key, submission)
        tx.note(locked, "save-draft", open_tasks.subject(task), element=task.element_id, fields=sorted(kept))
        return tx.uow.user_tasks.change(task, draft=kept)


def delegate(engine: context.Engine, user_task_id: int, to: str, actor: commands.Actor) -> instances.UserTask:
    """Let somebody else prepare one's task (委派); it comes back by `resolve`, and the actor completes it.

    Raises:
        errors.Forbidden: The actor does not have the task, or the other one must not do it.
        errors.Conflict: It is delegated already.
    """
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        policy.own(actor, task, "委派", tx.names(locked))
        open_tasks.refuse_delegated(tx, locked, task, "再次委派")
        open_tasks.refuse_held_up(tx, locked, task, "再次委派")
        to = open_tasks.person(tx, locked, to, task.assignee)
        duties.separate(tx, locked, task, to)
        told = duties.told(actor, task.assignee)
        tx.note(locked, "delegate-user-task", open_tasks.subject(task), element=task.element_id, to=to, **told)
        pending = instances.Delegation.PENDING
        return tx.uow.user_tasks.change(task, assignee=to, owner=task.assignee, delegation=pending)


def resolve(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> instances.UserTask:
    """Give a delegated task back to its owner (办理后交回).

    Raises:
        errors.Forbidden: The task was not delegated to the actor.
        errors.Conflict: It is not delegated.
    """
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        policy.own(actor, task, "交回", tx.names(locked))
        if task.delegation is not instances.Delegation.PENDING:
            raise errors.Conflict(f"任务“{task.name}”不是委派给您的，无需交回，可以直接办结。")
        told = duties.told(actor, duties.by_right_of(tx, locked, task))
        # `name` and `element` stay readable in the trail: separation of duties counts who worked on a delegated task.
        tx.note(
            locked,
            duties.RESOLVED,
            open_tasks.subject(task),
            element=task.element_id,
            name=task.name,
            to=task.owner,
            **told,
        )
        duties.stay_involved(tx, task, task.assignee)
        return tx.uow.user_tasks.change(task, assignee=task.owner, delegation=instances.Delegation.RESOLVED)


def transfer(engine: context.Engine, user_task_id: int, to: str, actor: commands.Actor) -> instances.UserTask:
    """Hand a task over to somebody else for good (移交); of one that is a unit's, to another of its candidates.

    Raises:
        errors.Forbidden: The actor neither has the task nor operates the platform, or the other one must not do it.
        errors.Conflict: The task was delegated to the actor, who gives it back instead.
    """
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        policy.hand_over(actor, task, tx.names(locked))
        if not actor.is_operator:
            open_tasks.refuse_delegated(tx, locked, task, "移交")
        if not actor.is_operator or task.countersign is cooperation.Countersigning.SUBMITTED:
            open_tasks.refuse_held_up(tx, locked, task, "移交")
        to = open_tasks.person(tx, locked, to, task.assignee)
        if not actor.is_operator:
            policy.within_unit(task, to, tx.office(tx.of(locked)).groups_of(to), tx.names(locked))
        duties.separate(tx, locked, task, to)
        told = {} if actor.is_operator else duties.told(actor, task.assignee)
        tx.note(
            locked,
            "transfer-user-task",
            open_tasks.subject(task),
            element=task.element_id,
            to=to,
            by=task.assignee,
            **told,
        )
        duties.stay_involved(tx, task, task.assignee, task.owner)
        # Once delegated, a task says so for ever: separation of duties then asks the trail who worked on it.
        kept = None if task.delegation is None else instances.Delegation.RESOLVED
        return tx.uow.user_tasks.change(task, assignee=to, owner=None, delegation=kept)


def add_comment(
    engine: context.Engine, instance_id: int, text: str, actor: commands.Actor, *, user_task_id: int | None = None
) -> instances.Comment:
    """Write a comment on a case or one of its tasks, also after its end.

    Raises:
        errors.Forbidden: The actor has nothing to do with the case.
        errors.InvalidInput: The text is empty or too long, or names somebody with @ who may not see the case; or the
            task belongs to another case.
    """
    text = text.strip()
    if not 0 < len(text) <= 4000:
        raise errors.InvalidInput(f"意见应为 1 至 4000 字，现为 {len(text)} 字。")
    with transaction.begin(engine, actor) as tx:
        locked = tx.uow.instances.lock(instance_id)
        tasks = tx.uow.user_tasks.of_instance(instance_id)
        policy.comment(actor, locked.instance, tasks)
        if user_task_id is not None and user_task_id not in {task.id for task in tasks}:
            raise errors.InvalidInput(f"任务 {user_task_id} 不属于事项 {instance_id}。")
        subject = f"instance/{instance_id}" if user_task_id is None else f"user_task/{user_task_id}"
        named = mentions.checked(tx, locked, text)
        tx.note(locked, "add-comment", subject, text=text, **({"to": list(named)} if named else {}))
        return tx.uow.comments.add(instance_id, user_task_id, actor.id, text, tx.now)


def _as_json(answer: Completion) -> dict[str, Any]:
    return {
        "user_task_id": answer.user_task_id,
        "instance_id": answer.instance_id,
        "completed_by": answer.completed_by,
        "completed_at": answer.completed_at.isoformat(),
        "instance_status": answer.instance_status.value,
        "opened": list(answer.opened),
        "completed_for": answer.completed_for,
        "held": answer.held,
    }


def _completion(kept: Mapping[str, Any]) -> Completion:
    return Completion(
        user_task_id=kept["user_task_id"],
        instance_id=kept["instance_id"],
        completed_by=kept["completed_by"],
        completed_at=datetime.datetime.fromisoformat(kept["completed_at"]),
        instance_status=instances.InstanceStatus(kept["instance_status"]),
        opened=tuple(kept["opened"]),
        completed_for=kept.get("completed_for"),
        held=bool(kept.get("held")),
    )
