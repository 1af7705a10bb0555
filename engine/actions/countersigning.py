"""Countersigning (加签): others are asked for their opinion on a user task, before, beside or after who has it.

- Before: the task rests until all have answered, then goes on with who has it.
- Parallel: who has it works on; it cannot be completed until all have answered.
- After: it is completed, but the case goes on only when all have agreed. Who does not agree gives it back to who
  completed it; all are asked again when it is completed anew.

Every opinion is kept with name and time. Who gives one counts, for separation of duties, as somebody who did the task.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine import errors
from engine.actions import completing, context, duties, open_tasks, policy, transaction, wording
from engine.model import commands, instances
from engine.model import cooperation as model
from engine.store import instances as stored

#: The most letters of a question and of an opinion.
QUESTION, OPINION = 500, 4000

_KINDS = {
    model.CountersignKind.BEFORE: "前加签",
    model.CountersignKind.PARALLEL: "并行加签",
    model.CountersignKind.AFTER: "后加签",
}
_Status = model.CountersignStatus


def countersign(
    engine: context.Engine,
    user_task_id: int,
    kind: model.CountersignKind,
    people: Sequence[str],
    actor: commands.Actor,
    *,
    question: str = "",
) -> tuple[model.Countersignature, ...]:
    """Ask others for their opinion on a task that the actor has (加签).

    Args:
        engine: The engine.
        user_task_id: The task.
        kind: When the opinion is wanted.
        people: Ids of who is asked, each with a piece of work in their list.
        actor: Who has the task.
        question: What they are asked, at most `QUESTION` letters.

    Raises:
        errors.Forbidden: The actor does not have the task, or somebody asked did one that others must do.
        errors.InvalidInput: Nobody is named, somebody twice or who has no account, or who has the task.
        errors.Conflict: The task is over, delegated or submitted, or somebody is asked already.
    """
    question = question.strip()
    if len(question) > QUESTION:
        raise errors.InvalidInput(f"加签说明应不超过 {QUESTION} 字，现为 {len(question)} 字。")
    with transaction.begin(engine, actor) as tx:
        task, locked = open_tasks.lock(tx, user_task_id)
        policy.own(actor, task, "加签", tx.names(locked))
        open_tasks.refuse_delegated(tx, locked, task, "加签")
        if task.countersign is model.Countersigning.SUBMITTED:
            open_tasks.refuse_held_up(tx, locked, task, "再加签")
        asked = _asked(tx, locked, task, people)
        details = {"kind": kind.value, "to": asked, "text": question}
        told = duties.told(actor, task.assignee)
        tx.note(locked, "countersign-user-task", open_tasks.subject(task), element=task.element_id, **details, **told)
        added = tuple(
            tx.uow.countersignatures.add(task, kind, person, asked_by=actor.id, question=question, at=tx.now)
            for person in asked
        )
        tx.uow.user_tasks.change(task, countersign=_waits_for(tx.uow.countersignatures.of_task(task.id)))
        return added


@transaction.again
def answer(
    engine: context.Engine,
    countersignature_id: int,
    actor: commands.Actor,
    *,
    agrees: bool,
    opinion: str = "",
) -> model.Countersignature:
    """Give the opinion that was asked for (提出加签意见); the last agreement after a completion lets the case go on.

    Args:
        engine: The engine.
        countersignature_id: What was asked.
        actor: Who was asked, or who stands in for them.
        agrees: Whether they agree.
        opinion: At most `OPINION` letters; who does not agree says why.

    Raises:
        errors.Forbidden: Somebody else was asked, or the actor did a task that others must do.
        errors.InvalidInput: The opinion is too long, or missing where it must not.
        errors.Conflict: It is answered, removed, not wanted yet, or the task is over.
    """
    opinion = opinion.strip()
    if len(opinion) > OPINION:
        raise errors.InvalidInput(f"意见应不超过 {OPINION} 字，现为 {len(opinion)} 字。")
    if not agrees and not opinion:
        raise errors.InvalidInput("不同意的，请写明意见和理由。")
    with transaction.begin(engine, actor) as tx:
        found, task, locked = _lock(tx, countersignature_id)
        policy.answer(actor, found, task, tx.names(locked))
        _refuse_answered(tx, locked, found)
        tx.refuse_resting(locked)
        for person in dict.fromkeys((actor.id, found.person)):
            duties.separate(tx, locked, task, person)
        details = {"kind": found.kind.value, "to": [found.asked_by], "agrees": agrees, "text": opinion}
        told = duties.told(actor, found.person)
        tx.note(locked, "answer-countersignature", open_tasks.subject(task), element=task.element_id, **details, **told)
        given = tx.uow.countersignatures.change(
            found, _Status.GIVEN, answered_at=tx.now, answered_by=actor.id, agrees=agrees, opinion=opinion
        )
        if task.countersign is not model.Countersigning.SUBMITTED:
            _mark(tx, task)
        elif agrees:
            _take_effect(tx, locked, task)
        else:
            give_back(tx, task)
        return given


@transaction.again
def remove(engine: context.Engine, countersignature_id: int, actor: commands.Actor) -> model.Countersignature:
    """Ask no longer for an opinion that has not been given (撤销加签).

    When it was the last whose agreement a completion waited for, the case goes on.

    Raises:
        errors.Forbidden: The actor neither asked for it, nor has the task.
        errors.Conflict: It is answered or removed already, or the task is over.
    """
    with transaction.begin(engine, actor) as tx:
        found, task, locked = _lock(tx, countersignature_id)
        policy.remove_countersignature(actor, found, task, tx.names(locked))
        if found.status is not _Status.PLANNED:
            _refuse_answered(tx, locked, found)
        tx.refuse_resting(locked)
        details = {"kind": found.kind.value, "to": [found.person], "text": found.question}
        tx.note(locked, "remove-countersignature", open_tasks.subject(task), element=task.element_id, **details)
        removed = tx.uow.countersignatures.change(found, _Status.REMOVED, answered_at=tx.now, answered_by=actor.id)
        if task.countersign is model.Countersigning.SUBMITTED:
            _take_effect(tx, locked, task)
        else:
            _mark(tx, task)
        return removed


def give_back(tx: transaction.Transaction, task: instances.UserTask) -> instances.UserTask:
    """Give a completion that waits for agreement back to who completed it; all are asked again at the next one."""
    held = tx.uow.user_tasks.held(task.id)
    assert held is not None, "the task says that it is submitted"
    plan_again(tx, task)
    after = tx.uow.user_tasks.release(task, model.Countersigning.PLANNED)
    return tx.uow.user_tasks.change(after, draft=held.values) if held.filled_in else after


def plan_again(tx: transaction.Transaction, task: instances.UserTask) -> bool:
    """Have everybody who was asked to agree after a completion be asked at the next one, and tell if there are any."""
    repository = tx.uow.countersignatures
    asked = [each for each in repository.of_task(task.id) if each.kind is model.CountersignKind.AFTER]
    for each in asked:
        if each.status is _Status.OPEN:
            repository.change(each, _Status.PLANNED)
    planned = {each.person for each in asked if each.status in (_Status.OPEN, _Status.PLANNED)}
    for each in asked:
        if each.status is _Status.GIVEN and each.person not in planned:
            planned.add(each.person)
            repository.add(task, each.kind, each.person, asked_by=each.asked_by, question=each.question, at=tx.now)
    return bool(planned)


def _asked(
    tx: transaction.Transaction, locked: stored.LockedInstance, task: instances.UserTask, people: Sequence[str]
) -> list[str]:
    """Return whom to ask, each of whom may be asked."""
    asked = list(dict.fromkeys(open_tasks.anybody(tx, locked, each) for each in people))
    if not asked:
        raise errors.InvalidInput("请选择加签的人员。")
    waiting = (_Status.OPEN, _Status.PLANNED)
    already = {each.person for each in tx.uow.countersignatures.of_task(task.id) if each.status in waiting}
    for person in asked:
        name = wording.person(person, tx.names(locked))
        if person in (tx.actor.id, task.assignee):
            raise errors.InvalidInput(f"任务“{task.name}”由{name}办理，不能再请本人加签，请选择其他人。")
        if person in already:
            raise errors.Conflict(f"已经请{name}加签，请等待其意见，或先撤销。")
        duties.separate(tx, locked, task, person)
    return asked


def _lock(
    tx: transaction.Transaction, countersignature_id: int
) -> tuple[model.Countersignature, instances.UserTask, stored.LockedInstance]:
    """Lock the case of a countersignature, and return that as it is now."""
    user_task_id = tx.uow.countersignatures.get(countersignature_id).user_task_id
    task, locked = tx.uow.user_tasks.lock(user_task_id)
    return tx.uow.countersignatures.get(countersignature_id), task, locked


def _refuse_answered(tx: transaction.Transaction, locked: stored.LockedInstance, found: model.Countersignature) -> None:
    if found.status is _Status.OPEN:
        return
    at = wording.when(found.answered_at or tx.now, tx.now)
    who = wording.person(found.answered_by, tx.names(locked))
    raise errors.Conflict(
        {
            _Status.PLANNED: "该任务尚未办理，办理后才轮到您会签。",
            _Status.GIVEN: f"{who}已于 {at} 提出意见，不能再改。",
            _Status.REMOVED: f"该加签已于 {at} 撤销，无需提出意见。",
            _Status.LAPSED: "任务已经取消或转到其他环节，无需再提出意见。",
        }[found.status],
        countersignature=found.id,
    )


def _waits_for(asked: Sequence[model.Countersignature]) -> model.Countersigning | None:
    """Return what a task that is not submitted waits for."""
    if any(each.status is _Status.OPEN for each in asked):
        return model.Countersigning.ASKED
    if any(each.status is _Status.PLANNED for each in asked):
        return model.Countersigning.PLANNED
    return None


def _mark(tx: transaction.Transaction, task: instances.UserTask) -> None:
    tx.uow.user_tasks.change(task, countersign=_waits_for(tx.uow.countersignatures.of_task(task.id)))


def _take_effect(tx: transaction.Transaction, locked: stored.LockedInstance, task: instances.UserTask) -> None:
    """Let the case go on, unless there is somebody left whose agreement is needed."""
    if any(each.status is _Status.OPEN for each in tx.uow.countersignatures.of_task(task.id)):
        return
    held = tx.uow.user_tasks.held(task.id)
    assert held is not None, "the task says that it is submitted"
    completing.carry_out(tx, locked, task, held, completing.TOOK_EFFECT)


def label(kind: model.CountersignKind) -> str:
    """Return what an office calls a kind of countersigning."""
    return _KINDS[kind]
