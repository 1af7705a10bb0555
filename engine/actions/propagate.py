"""What a step of one instance sets off in others, within the same transaction.

Calls start child instances, a child that ends lets its caller go on, errors and escalations climb from child to parent,
messages and signals find who waits for them.  Every effect is itself a step of some instance, with effects of its own:
they are worked off one after the other, never recursively, and not more than `LIMIT` of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine import errors
from engine.actions import correlation, starting
from engine.bpmn import execution, process
from engine.model import instances, steps
from engine.store import instances as stored

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction

#: Steps that one transaction may set off. Two processes that wake each other for ever would never end.
LIMIT = 2000


def settle(tx: Transaction) -> None:
    """Carry through everything that the recorded steps set off.

    Raises:
        errors.Conflict: There is no end to it; nothing of the transaction is kept.
    """
    done = 0
    while tx.agenda:
        done += 1
        if done > LIMIT:
            raise errors.Conflict(
                f"一次操作引发的连锁处理超过 {LIMIT} 步，操作未执行。请检查是否有流程互相触发、没有尽头。"
            )
        _effects(tx, *tx.agenda.popleft())


def _effects(tx: Transaction, locked: stored.LockedInstance, step: steps.Step) -> None:
    for wait in step.closed:
        if wait.kind == "call" and wait.outcome == "cancelled":
            _cancel_child(tx, locked, wait.token)
    for incident in step.incidents:
        if incident.error_code is not None:
            _climb(tx, locked, incident, incident.error_code)
    for call in step.calls:
        _call(tx, locked, call)
    for message in step.messages:
        correlation.thrown(tx, message)
    for signal in step.signals:
        correlation.broadcast(tx, signal.name, signal.payload, sender=locked.id)
    for escalation in step.escalations:
        _escalate(tx, locked, escalation)
    for subscription in step.subscriptions:
        if subscription.kind is instances.SubscriptionKind.MESSAGE:
            correlation.from_buffer(tx, locked, subscription.token, subscription.name, subscription.correlation_key)
    if step.status is instances.InstanceStatus.COMPLETED:
        _return(tx, locked)


# --- calls -----------------------------------------------------------------------------------------------------------


def _call(tx: Transaction, parent: stored.LockedInstance, call: steps.ChildCalled) -> None:
    if parent.instance.status.ended:  # by another effect of this transaction
        return
    try:
        definition = starting.called(tx, tx.of(parent), call)
    except (errors.NotFound, errors.Conflict) as error:
        message = error.message
        step = _if_waiting(lambda: execution.fail(*_at(tx, parent), call.token, message))
        if step is not None:
            tx.record(parent, step)
        return
    above = parent.instance
    child = starting.launch(
        tx,
        definition,
        business_key=call.business_key,
        variables=call.variables,
        started_by=above.started_by,
        parent=(above, call.token),
    )
    if above.status is instances.InstanceStatus.SUSPENDED and not child.instance.status.ended:
        # A variable changed while the caller rests made it call: what it calls rests with it.
        tx.note(child, "suspend-instance", f"instance/{child.id}")
        tx.uow.instances.set_status(child, instances.InstanceStatus.SUSPENDED, at=tx.now)


def _return(tx: Transaction, child: stored.LockedInstance) -> None:
    """Give the variables of an ended child to the call activity that waits for it."""
    found = _parent(tx, child)
    if found is None:
        return
    parent, token = found
    given = execution.variables_at(tx.of(child).process, child.state)
    step = _if_waiting(lambda: execution.complete_call(*_at(tx, parent), token, given))
    if step is not None:
        tx.note(parent, "child-completed", f"instance/{child.id}", case=child.instance.business_key)
        tx.record(parent, step)


def _cancel_child(tx: Transaction, parent: stored.LockedInstance, token: int) -> None:
    child = tx.uow.instances.child(parent.id, token)
    if child is None or child.status.ended:
        return
    end(tx, tx.uow.instances.lock(child.id), instances.InstanceStatus.CANCELLED, "上级流程不再需要")


def end(tx: Transaction, locked: stored.LockedInstance, status: instances.InstanceStatus, reason: str) -> None:
    """End an instance at once; the instances it called end with it."""
    if locked.instance.status.ended:
        return
    step = execution.cancel(*_at(tx, locked))
    tx.note(locked, f"instance-{status.value}", f"instance/{locked.id}", reason=reason)
    tx.record(locked, step, status=status, end_reason=reason)


# --- errors and escalations ------------------------------------------------------------------------------------------


def _climb(tx: Transaction, locked: stored.LockedInstance, incident: steps.IncidentOpened, code: str) -> None:
    """Give a BPMN error that nothing caught to the nearest caller that does; what lies below it ends with an error.

    When no caller catches it, the incident stays where the error was thrown.
    """
    below = [locked]
    while (found := _parent(tx, below[-1])) is not None:
        parent, token = found
        if _catches(tx, parent, token, code):
            for each in below:
                end(tx, each, instances.InstanceStatus.ERROR, f"业务错误 {code}：{incident.message}")
            tx.note(parent, "error-caught", f"instance/{locked.id}", case=locked.instance.business_key, code=code)
            step = execution.throw_error(*_at(tx, parent), token, code, incident.message, incident.error_variables)
            tx.record(parent, step)
            return
        below.append(parent)


def _catches(tx: Transaction, locked: stored.LockedInstance, token: int, code: str) -> bool:
    try:
        return execution.catches_error(tx.of(locked).process, locked.state, token, code)
    except errors.Conflict:  # the call is over
        return False


def _escalate(tx: Transaction, child: stored.LockedInstance, escalation: steps.EscalationThrown) -> None:
    found = _parent(tx, child)
    if found is None:
        return
    parent, token = found
    step = _if_waiting(lambda: execution.escalate(*_at(tx, parent), token, escalation.code, escalation.payload))
    if step is not None:
        tx.note(parent, "escalated", f"instance/{child.id}", case=child.instance.business_key, code=escalation.code)
        tx.record(parent, step)


# --- shared ----------------------------------------------------------------------------------------------------------


def _parent(tx: Transaction, child: stored.LockedInstance) -> tuple[stored.LockedInstance, int] | None:
    parent_id, token = child.instance.parent_id, child.instance.parent_token
    if parent_id is None or token is None:
        return None
    parent = tx.uow.instances.lock(parent_id)
    return None if parent.instance.status.ended else (parent, token)


def _at(
    tx: Transaction, locked: stored.LockedInstance
) -> tuple[process.Process, execution.Context, instances.InstanceState]:
    return tx.of(locked).process, tx.context(locked), locked.state


def _if_waiting(act: Callable[[], steps.Step]) -> steps.Step | None:
    """Return the step, or None when the token does not wait for it any more: another effect was first."""
    try:
        return act()
    except errors.Conflict:
        return None
