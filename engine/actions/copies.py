"""Sending a case to people and roles to know of (抄送): they may see it, and it says who has read it."""

from __future__ import annotations

from collections.abc import Sequence

from engine import errors
from engine.actions import context, open_tasks, policy, transaction
from engine.model import commands, cooperation
from engine.store import instances as stored
from engine.store import paging, queries_cooperation

#: The most people and roles that one act sends a case to, and the most letters that go with it.
MOST, TEXT = 50, 500


def copy_to(
    engine: context.Engine,
    instance_id: int,
    actor: commands.Actor,
    *,
    people: Sequence[str] = (),
    roles: Sequence[str] = (),
    text: str = "",
    user_task_id: int | None = None,
) -> tuple[cooperation.Copy, ...]:
    """Send a case to people and roles to know of: from now on they may see it.

    Args:
        engine: The engine.
        instance_id: The case; it may have ended.
        actor: Who started the case, did or may do one of its tasks, monitors, or operates.
        people: Ids of people.
        roles: Ids of roles.
        text: What goes with it, at most `TEXT` letters.
        user_task_id: The task of the case that it is about, if one.

    Raises:
        errors.Forbidden: The case is not the actor's to show.
        errors.InvalidInput: Nobody is named, or too many, or somebody who does not exist.
    """
    text = text.strip()
    if len(text) > TEXT:
        raise errors.InvalidInput(f"抄送说明应不超过 {TEXT} 字，现为 {len(text)} 字。")
    with transaction.begin(engine, actor) as tx:
        locked = tx.uow.instances.lock(instance_id)
        tasks = tx.uow.user_tasks.of_instance(instance_id)
        policy.copy(actor, locked.instance, tasks)
        if user_task_id is not None and user_task_id not in {task.id for task in tasks}:
            raise errors.InvalidInput(f"任务 {user_task_id} 不属于事项 {instance_id}。")
        names = [("user", open_tasks.anybody(tx, locked, each)) for each in people]
        names += [("group", _role(tx, locked, each)) for each in roles]
        names = list(dict.fromkeys(name for name in names if name != ("user", actor.id)))
        if not 0 < len(names) <= MOST:
            raise errors.InvalidInput(f"请选择 1 至 {MOST} 个抄送对象（本人不必抄送），现为 {len(names)} 个。")
        to, groups = ([name for kind, name in names if kind == wanted] for wanted in ("user", "group"))
        subject = f"instance/{instance_id}" if user_task_id is None else f"user_task/{user_task_id}"
        tx.note(locked, "copy-case", subject, to=to, roles=groups, text=text)
        return tuple(
            tx.uow.copies.add(instance_id, user_task_id, kind, name, sent_by=actor.id, sent_at=tx.now, text=text)
            for kind, name in names
        )


def received(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    unread_only: bool = False,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[queries_cooperation.CopyRow]:
    """Return what was sent to the actor, by name or by role, newest first, with when they have read it."""
    with engine.store.read() as uow:
        return queries_cooperation.copies_of(
            uow, actor.id, sorted(actor.roles), unread_only=unread_only, limit=limit, after=after
        )


def mark_read(engine: context.Engine, instance_id: int, actor: commands.Actor) -> None:
    """Note that the actor has read what was sent to them of a case; what was sent to others stays unread.

    Nothing of the case changes, so the audit trail says nothing: the copy keeps who read it when.
    """
    now = engine.clock.now()
    with engine.store.write() as uow:
        mine = [copy.id for copy in uow.copies.of_instance(instance_id) if _is_to(copy, actor)]
        uow.copies.read(mine, actor.id, now)


def _is_to(copy: cooperation.Copy, actor: commands.Actor) -> bool:
    return copy.name == actor.id if copy.kind == "user" else copy.name in actor.roles


def _role(tx: transaction.Transaction, locked: stored.LockedInstance, role_id: str) -> str:
    known = tx.engine.directory.within(tx.uow).roles.keys() | {role.id for role in tx.of(locked).pack.roles}
    if role_id not in known:
        raise errors.InvalidInput(f"没有标识为“{role_id}”的角色，请从已有的角色中选择。")
    return role_id
