"""Timers: what is due happens, in order of due time, each in a transaction of its own."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Collection

from engine import metrics
from engine.actions import context, overdue, starting, transaction
from engine.bpmn import execution
from engine.model import commands, instances

_LOG = logging.getLogger(__name__)


def fire_due(engine: context.Engine, *, limit: int = 100) -> int:
    """Fire up to `limit` timers that are due; return how many fired.

    After downtime every overdue timer fires once, the oldest first; an unlimited cycle does not make up for what it
    missed. A timer that fails leaves its instance as it was and does not hold up the others.

    Raises:
        Exception: What made the first of the failed timers fail, after all others have fired.
    """
    fired, passed, failure = 0, set[int](), None
    while fired < limit and (due := _due(engine, limit - fired, passed)):
        for timer in due:
            try:
                done = fire(engine, timer)
            except Exception as error:
                _LOG.exception("timer %s of element %s failed", timer.id, timer.element_id)
                failure, done = failure or error, False
            fired += done
            if not done:
                passed.add(timer.id)
    if failure is not None:
        raise failure
    return fired


def _due(engine: context.Engine, limit: int, passed: Collection[int]) -> list[instances.Timer]:
    """Return due timers, looking past those that failed: they are the oldest, and would hide all others."""
    with engine.store.read() as uow:
        found = uow.timers.due(engine.clock.now(), limit + len(passed))
    return [timer for timer in found if timer.id not in passed][:limit]


def fire_share(engine: context.Engine, patience: datetime.timedelta, *, limit: int = 50) -> int:
    """Fire due timers beside other workers, each its share; return how many there were.

    They are this worker's for as long as `patience`: nobody else looks at them. What it has not fired by then, because
    it was killed or because that failed, is somebody's again.
    """
    with engine.store.write() as uow:
        now = engine.clock.now()
        due = uow.timers.carry(now, now + patience, limit)
    for timer in due:
        try:
            fire(engine, timer)
        except Exception:
            _LOG.exception("timer %s of element %s failed", timer.id, timer.element_id)
    return len(due)


@transaction.again
def fire(engine: context.Engine, timer: instances.Timer) -> bool:
    """Fire a timer if it is still due; tell whether it did."""
    with transaction.begin(engine, commands.SYSTEM) as tx:
        fired = _start(tx, timer) if timer.instance_id is None else overdue.fire(tx, timer)
    if fired:
        metrics.TIMER_LATENESS.observe(max((engine.clock.now() - timer.due).total_seconds(), 0.0))
    return fired


def _start(tx: transaction.Transaction, timer: instances.Timer) -> bool:
    due = tx.uow.timers.lock_start(timer.id, tx.now)
    if due is None or due.definition_id is None:
        return False
    definition = tx.definition(due.definition_id)
    again = execution.start_due(
        definition.process, definition.context(tx.now, tx.days(definition)), due.element_id, due.fired + 1, due.due
    )
    if again is None:
        tx.uow.timers.remove_start(definition.id, due.element_id)
    else:
        tx.uow.timers.set_start(definition.id, due.element_id, again, fired=due.fired + 1)
    starting.launch(
        tx,
        definition,
        business_key=None,
        variables={},
        started_by=tx.actor.id,
        element_id=due.element_id,
    )
    tx.made_work = True
    return True
