"""Withdrawing a publication (撤回公开): its address and title stay and say when and why, its content goes."""

from __future__ import annotations

from engine import errors
from engine.actions import context, policy, transaction
from engine.model import commands

#: Longest reason, in letters.
LONGEST = 500


def withdraw(engine: context.Engine, publication_id: int, actor: commands.Actor, reason: str) -> None:
    """Withdraw a publication from the public, as when it turns out to contain what nobody may publish.

    Nothing is deleted: the record, its document and the registers stay as they are for whoever may see the case. What
    has to be put right besides is published anew by its procedure.

    Args:
        engine: The engine.
        publication_id: The publication.
        actor: An operator.
        reason: Why; everybody reads it.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such publication.
        errors.InvalidInput: The reason is empty or too long.
        errors.Conflict: It was withdrawn before.
    """
    policy.operate(actor, "撤回公开信息")
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST:
        raise errors.InvalidInput(f"撤回的理由应为 1 至 {LONGEST} 字，现为 {len(reason)} 字。")
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.records.publication(publication_id)
        locked = None if found.instance_id is None else tx.uow.instances.lock(found.instance_id)
        if tx.uow.records.withdrawals([publication_id]):
            raise errors.Conflict(f"“{found.title}”已经撤回，无需再次撤回。")
        tx.uow.records.withdraw(publication_id, tx.now, tx.actor.id, reason)
        name = f"{found.title}：{reason}"
        tx.note(locked, "withdraw-publication", f"publication/{publication_id}", name=name)
