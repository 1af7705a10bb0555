"""What somebody may not see is not found: the same answer as for a number that was never given."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from engine import errors
from engine.actions import context, policy
from engine.calendars import moments
from engine.model import commands, cooperation, instances
from engine.store import unit_of_work


def case(engine: context.Engine, instance_id: int, actor: commands.Actor) -> instances.ProcessInstance:
    """Return a case that somebody may see.

    Raises:
        errors.NotFound: There is none, or they may not see it; who sees all cases is told that it was deleted.
    """
    with engine.store.read() as uow:
        try:
            found = uow.instances.get(instance_id)
            if policy.sees(uow, actor, instance_id):
                return found
        except errors.NotFound:
            refuse_deleted(uow, instance_id, actor)
    raise errors.NotFound(f"没有编号为 {instance_id} 的事项，或者您不能查看。", instance=instance_id)


def refuse_deleted(uow: unit_of_work.UnitOfWork, instance_id: int, actor: commands.Actor) -> None:
    """Tell who sees all cases, and nobody else, that one was deleted, if it was.

    Raises:
        errors.NotFound: It was.
    """
    deleted = uow.retention.erasure(instance_id) if actor.monitor or actor.is_operator else None
    if deleted is None:
        return
    day = deleted.at.astimezone(moments.SHANGHAI).date()
    package = f"，归档包：{deleted.archive}" if deleted.archive else ""
    told = f"事项 {instance_id} 已于 {day} 删除（{deleted.ground}）{package}。"
    raise errors.NotFound(told, instance=instance_id)


def task(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> instances.UserTask:
    """Return a task of a case that somebody may see; raises as `case` does."""
    with engine.store.read() as uow:
        try:
            found = uow.user_tasks.get(user_task_id)
            if policy.concerns(actor, found) or policy.sees(uow, actor, found.instance_id):
                return found
        except errors.NotFound:
            pass
    raise errors.NotFound(f"没有编号为 {user_task_id} 的任务，或者您不能查看。", user_task=user_task_id)


@contextlib.contextmanager
def of_task(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> Iterator[None]:
    """Have whatever refuses an act on a task say that there is none, if the actor may not see it.

    It raises as `task` does. It is looked at only when something has been refused: who may do a task may see it.
    """
    try:
        yield
    except errors.StoreError:
        raise  # a database that is away answers nothing else either
    except errors.GongkaiError:
        task(engine, user_task_id, actor)
        raise


def countersignature(
    engine: context.Engine, countersignature_id: int, actor: commands.Actor
) -> cooperation.Countersignature:
    """Return a countersignature in a case that somebody may see; raises as `case` does."""
    with engine.store.read() as uow:
        try:
            found = uow.countersignatures.get(countersignature_id)
            if policy.sees(uow, actor, found.instance_id):
                return found
        except errors.NotFound:
            pass
    raise errors.NotFound(f"没有编号为 {countersignature_id} 的加签，或者您不能查看。")


def draft(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> Mapping[str, Any] | None:
    """Return what was kept unfinished of the form of a task, for those who may do it now; None if nothing was.

    Raises:
        errors.NotFound: There is no such task, or they may not see it.
        errors.Forbidden: They may see it, but not do it.
    """
    found = task(engine, user_task_id, actor)
    if not policy.entitled(actor, found):
        raise errors.Forbidden(f"您（{actor.id}）不能办理任务“{found.name}”，看不到暂存的内容。")
    return found.draft
