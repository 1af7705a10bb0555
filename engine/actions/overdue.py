"""Timers of one instance: firing one, and catching up with those that are overdue before something else happens.

A poller fires timers a moment after they are due. What comes from outside in that moment must not slip in before them:
an opinion that arrives after the period has ended finds the period ended (000 §19).
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from engine.bpmn import execution
from engine.model import instances
from engine.store import instances as stored
from engine.store import queries

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction

_INSTANT = datetime.timedelta(microseconds=1)


def fire(tx: Transaction, timer: instances.Timer) -> bool:
    """Fire a timer of an instance if it is still due; tell whether it did."""
    found = tx.uow.timers.lock(timer.id, tx.now)
    if found is None or found[0].token is None:
        return False
    due, locked = found
    assert due.token is not None
    step = execution.fire_timer(tx.of(locked).process, tx.context(locked), locked.state, due.token)
    tx.note(locked, "fire-timer", f"timer/{due.id}", element=due.element_id, due=due.due.isoformat())
    tx.record(locked, step)
    return True


def catch_up(tx: Transaction, locked: stored.LockedInstance) -> None:
    """Fire what is overdue in an instance, in order of due time; each timer at most as often as it was due."""
    if locked.instance.status is not instances.InstanceStatus.ACTIVE:
        return
    while True:
        due = queries.timers(tx.uow, instance_id=locked.id, due_before=tx.now + _INSTANT, limit=1).items
        if not due or not fire(tx, due[0]):
            return
