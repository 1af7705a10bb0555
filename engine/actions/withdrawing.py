"""Withdrawing a publication (撤回公开): its address and title stay and say when and why, its content goes."""

from __future__ import annotations

from engine import errors
from engine.actions import context, policy, transaction
from engine.model import commands
from engine.store import instances as stored
from engine.store import sealing

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
    reason = checked(reason)
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.records.publication(publication_id)
        locked = None if found.instance_id is None else tx.uow.instances.lock(found.instance_id)
        if tx.uow.records.withdrawals([publication_id]):
            raise errors.Conflict(f"“{found.title}”已经撤回，无需再次撤回。")
        take_down(tx, locked, publication_id, reason)


def checked(reason: str) -> str:
    """Return a reason as it is kept; raises errors.InvalidInput when it is empty or too long."""
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST:
        raise errors.InvalidInput(f"撤回的理由应为 1 至 {LONGEST} 字，现为 {len(reason)} 字。")
    return reason


def take_down(
    tx: transaction.Transaction, locked: stored.LockedInstance | None, publication_id: int, reason: str
) -> None:
    """Withdraw a publication within an act, and put it on the trail; what was withdrawn before stays as it was.

    Args:
        tx: The transaction.
        locked: The case that does it; the trail has it there.
        publication_id: The publication; it exists.
        reason: As `checked` returned it.
    """
    if tx.uow.records.withdrawals([publication_id]):
        return
    tx.uow.records.withdraw(publication_id, tx.now, tx.actor.id, reason)
    name = f"{tx.uow.records.publication(publication_id).title}：{reason}"
    seal = sealing.withdrawal(tx.uow.link, publication_id)
    tx.note(locked, "withdraw-publication", f"publication/{publication_id}", name=name, seal=seal)
