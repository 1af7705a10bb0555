"""Substitution (代理): somebody does for a while what falls to somebody else, under the own name."""

from __future__ import annotations

import datetime

from engine import errors
from engine.actions import context, directory, transaction
from engine.model import commands, people

#: Days that a substitution lasts at most: who is away for longer hands over.
LONGEST = 366


def create_substitution(
    engine: context.Engine,
    actor: commands.Actor,
    principal: str,
    substitute: str,
    begins_on: datetime.date,
    ends_on: datetime.date,
    reason: str,
) -> people.Substitution:
    """Have somebody stand in for somebody else, from the first day through the last (Beijing time).

    Args:
        engine: The engine.
        actor: The principal, or an administrator.
        principal: Who is stood in for.
        substitute: Who stands in.
        begins_on: First day.
        ends_on: Last day.
        reason: Why.

    Raises:
        errors.Forbidden: The actor is neither the principal nor an administrator.
        errors.InvalidInput: A person or a day is wrong, or the reason is missing.
        errors.Conflict: The same two are in force for some of the days already.
    """
    if actor.id != principal and not actor.is_operator:
        raise errors.Forbidden(f"您（{actor.id}）不能为他人设置代理。代理由本人或系统管理员设置。")
    reason = reason.strip()
    if not 0 < len(reason) <= 200:
        raise errors.InvalidInput(f"请用 1 至 200 字说明代理的事由，现为 {len(reason)} 字。")
    with transaction.begin(engine, actor) as tx:
        if principal == substitute:
            raise errors.InvalidInput("代理人不能是本人，请选择其他人。")
        for person in (principal, substitute):
            directory.somebody(tx.uow, person, {})
        _check_days(begins_on, ends_on, directory.today(tx.now))
        for each in tx.uow.substitutions.of_user(principal):
            same = (each.principal, each.substitute) == (principal, substitute) and each.ended_at is None
            if same and each.begins_on <= ends_on and begins_on <= each.ends_on:
                raise errors.Conflict(f"{each.begins_on} 至 {each.ends_on} 已设置同样的代理，请先结束或另选日期。")
        added = tx.uow.substitutions.add(
            principal, substitute, begins_on, ends_on, reason=reason, by=actor.id, at=tx.now
        )
        tx.note(
            None,
            "create-substitution",
            f"substitution/{added.id}",
            principal=principal,
            substitute=substitute,
            begins_on=begins_on.isoformat(),
            ends_on=ends_on.isoformat(),
            reason=reason,
        )
        return added


def end_substitution(engine: context.Engine, actor: commands.Actor, substitution_id: int) -> people.Substitution:
    """End a substitution before its last day; it has no effect from this moment on.

    Raises:
        errors.NotFound: There is no such substitution.
        errors.Forbidden: The actor is neither of the two nor an administrator.
        errors.Conflict: It is over already.
    """
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.substitutions.get(substitution_id)
        if actor.id not in (found.principal, found.substitute) and not actor.is_operator:
            raise errors.Forbidden(f"您（{actor.id}）不能结束他人的代理。")
        if found.ends_on < directory.today(tx.now) or not tx.uow.substitutions.end(substitution_id, tx.now):
            raise errors.Conflict("该代理已经结束，无需再次操作。")
        tx.note(None, "end-substitution", f"substitution/{substitution_id}")
        return tx.uow.substitutions.get(substitution_id)


def substitutions(
    engine: context.Engine, actor: commands.Actor, user_id: str | None = None
) -> list[people.Substitution]:
    """Return substitutions, newest first: those of one person, on either side, or (administrators) all.

    Raises:
        errors.Forbidden: They are not the actor's own, who is no administrator.
    """
    if user_id != actor.id and not actor.is_operator:
        raise errors.Forbidden(f"您（{actor.id}）只能查看与自己有关的代理。")
    with engine.store.read() as uow:
        return uow.substitutions.all() if user_id is None else uow.substitutions.of_user(user_id)


def _check_days(begins_on: datetime.date, ends_on: datetime.date, today: datetime.date) -> None:
    if begins_on > ends_on:
        raise errors.InvalidInput(f"代理的最后一天不应早于第一天，现为 {begins_on} 至 {ends_on}。")
    if begins_on < today:
        raise errors.InvalidInput(f"代理最早从今天（{today}）开始，现为 {begins_on}。")
    if (ends_on - begins_on).days >= LONGEST:
        raise errors.InvalidInput(f"代理最长 {LONGEST} 天；离开更久的，请办理离职交接。")
