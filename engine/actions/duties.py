"""Who signs what: separation of duties (职责分离), and acts on behalf of somebody (代理)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from engine import errors
from engine.actions import policy, recusal
from engine.model import commands, instances, people
from engine.store import instances as stored
from engine.store import queries, unit_of_work

if TYPE_CHECKING:
    from engine.actions import transaction

#: What the audit trail calls giving a delegated task back: whoever does, did the task, whoever signs it.
RESOLVED = "resolve-user-task"


def by_right_of(tx: transaction.Transaction, locked: stored.LockedInstance, task: instances.UserTask) -> str:
    """Return by whose right the actor works on a task: the own one, or that of the first principal who is fit for it.

    Raises:
        errors.Forbidden: The actor, or everybody they stand in for here, did a task that others must do this one after.
    """
    separate(tx, locked, task, tx.actor.id)
    refusal: errors.Forbidden | None = None
    for person in policy.entitled(tx.actor, task):
        try:
            if person.id != tx.actor.id:
                separate(tx, locked, task, person.id)
        except errors.Forbidden as error:
            refusal = error
        else:
            return person.id
    assert refusal is not None, "asked of the policy before"
    raise refusal


def told(actor: commands.Actor, whom: str | None) -> dict[str, str]:
    """Return what the audit trail says of an act by substitution: whom it was done for."""
    return {} if whom is None or whom == actor.id else {"for": whom}


def stay_involved(tx: transaction.Transaction, task: instances.UserTask, *persons: str | None) -> None:
    """Let those who give a task out of their hands go on seeing its case."""
    for person in persons:
        if person is not None:
            tx.uow.involvement.add(task.instance_id, person, people.Participation.HANDED_ON, tx.now)


def separate(tx: transaction.Transaction, locked: stored.LockedInstance, task: instances.UserTask, person: str) -> None:
    """Refuse somebody who did a task of the case that must not be done by the same person as this one.

    Those whom the task keeps away (回避) are refused, too.

    Raises:
        errors.Forbidden: With which task that was.
    """
    definition = tx.of(locked)
    recusal.check(definition, locked.state, task, person)
    others = definition.separated.get(task.element_id)
    if others:
        policy.separate(person, task, doers(tx.uow, locked.id, others), tx.names(locked))


def doers(uow: unit_of_work.UnitOfWork, instance_id: int, elements: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield who did tasks of these elements in a case, each with the name of the task.

    That is who completed them or sent the case back from them, who countersigned them, who has submitted them and waits
    for others, whoever they stood in for, and who worked on them by delegation.
    """
    rows = uow.user_tasks.doers(instance_id, elements)
    for person, principal, name, _ in rows:
        yield from ((each, name) for each in (person, principal) if each is not None)
    if not any(delegated for *_, delegated in rows):
        return
    # The trail calls elements as they were called then: a case may have been migrated since.
    meant = {f"user_task/{each.id}" for each in uow.user_tasks.of_instance(instance_id) if each.element_id in elements}
    after = None
    while True:
        page = queries.audit(uow, chain=instance_id, action=RESOLVED, limit=1000, after=after)
        for entry in page.items:
            if entry.subject in meant:
                yield entry.actor, entry.details["name"]
                if "for" in entry.details:
                    yield entry.details["for"], entry.details["name"]
        if (after := page.after) is None:
            return
