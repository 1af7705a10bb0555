"""Who gets a message or a signal.

A message goes to exactly one: the token that has waited longest for its name and correlation key; else to the message
start event of that name; else it is kept for its time to live.  A signal goes to all who wait for it, and is not kept.
A suspended instance gets neither: its messages wait, and start no other instance; signals pass it by.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.actions import overdue, starting, submissions
from engine.bpmn import execution, timers
from engine.model import instances, steps
from engine.store import instances as stored

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction

DELIVERED, STARTED, BUFFERED = "delivered", "started", "buffered"


@dataclasses.dataclass(frozen=True, slots=True)
class Correlation:
    """What became of a message: delivered to an instance, started one, or buffered until `expires_at`."""

    outcome: str
    instance_id: int | None = None
    expires_at: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Broadcast:
    """Whom a signal reached: instances that waited, and instances that it started."""

    delivered: tuple[int, ...] = ()
    started: tuple[int, ...] = ()


def send(
    tx: Transaction,
    name: str,
    key: str | None,
    payload: Mapping[str, Any],
    *,
    ttl: datetime.timedelta,
    message_id: str | None = None,
) -> Correlation:
    """Deliver a message, start an instance with it, or keep it.

    Raises:
        errors.Conflict: A message of this name with this id was received before.
        errors.InvalidInput: Its time to live has no end that a calendar knows.
        errors.InvalidForm: It does not fit the form of the event that waits for it.
        errors.NotFound: Nobody waits for it, and its time to live is zero.
    """
    try:
        expires_at = tx.now + ttl
    except OverflowError:
        raise errors.InvalidInput(f"消息“{name}”的保留时间过长：{ttl.days} 天。") from None
    outcome = _deliver(tx, name, key, payload)
    if outcome is None and not tx.uow.subscriptions.messages(name, key):  # who still waits is suspended
        outcome = _start(tx, name, key, payload)
    if outcome is not None and message_id is None:
        return outcome
    if outcome is None and ttl <= datetime.timedelta():
        raise errors.NotFound(f"没有流程在等待消息“{name}”（关联键 {key or '无'}），消息未被接收。", name=name, key=key)
    tx.uow.messages.add(
        name,
        key,
        dict(payload),
        received_at=tx.now,
        expires_at=expires_at,
        message_id=message_id,
        delivered=outcome is not None,
    )
    return outcome or Correlation(BUFFERED, expires_at=expires_at)


def thrown(tx: Transaction, message: steps.MessageThrown) -> None:
    """Correlate a message that an instance sent."""
    ttl = tx.engine.settings.message_ttl
    if message.time_to_live is not None:
        ttl = timers.after(tx.now, message.time_to_live) - tx.now
    try:
        outcome = send(tx, message.name, message.correlation_key, message.payload, ttl=ttl)
    except errors.InvalidForm as error:
        tx.note(None, "message-refused", f"message/{message.name}", key=message.correlation_key, reason=error.message)
        return
    except errors.NotFound:
        # A sender that wants no buffer accepts that nobody listens; the trail still says so.
        tx.note(None, "message-dropped", f"message/{message.name}", key=message.correlation_key)
        return
    if outcome.outcome == BUFFERED:
        tx.note(None, "message-buffered", f"message/{message.name}", key=message.correlation_key)


def from_buffer(tx: Transaction, locked: stored.LockedInstance, token: int, name: str, key: str | None) -> bool:
    """Deliver the oldest buffered message to a token that waits for it; tell whether there was one.

    A message that does not fit the form of the event is given up, and the trail says why.
    """
    if locked.instance.status is not instances.InstanceStatus.ACTIVE:
        return False
    waiting = tx.uow.subscriptions.at(locked.id, token)
    if waiting is None:
        return False
    while (message := tx.uow.messages.take(name, key, tx.now)) is not None:
        try:
            checked = submissions.message(tx, locked, token, waiting.element_id, message.payload)
        except errors.InvalidForm as error:
            tx.note(locked, "message-refused", f"message/{name}", id=message.id, reason=error.message)
            continue
        _hand(tx, locked, token, name, checked, "message-delivered")
        submissions.keep(tx, locked, waiting.element_id, checked)
        return True
    return False


def start_from_buffer(tx: Transaction, name: str) -> None:
    """Start instances with the messages that came before there was a start event for them."""
    while (message := tx.uow.messages.take_first(name, tx.now)) is not None:
        try:
            started = _start(tx, name, message.correlation_key, message.payload)
        except errors.InvalidForm as error:
            tx.note(None, "message-refused", f"message/{name}", id=message.id, reason=error.message)
            continue
        if started is None:
            raise errors.Conflict(f"消息“{name}”没有可以启动的流程。", name=name)


def broadcast(tx: Transaction, name: str, payload: Mapping[str, Any], *, sender: int | None = None) -> Broadcast:
    """Give a signal to every token that waits for it, and to the start events of its name.

    Args:
        tx: The transaction.
        name: Name of the signal.
        payload: Variables that come with it.
        sender: The instance that threw it and has had it already.
    """
    delivered: dict[int, None] = {}
    for waiting in tx.uow.subscriptions.signals(name):
        assert waiting.instance_id is not None
        assert waiting.token is not None
        if waiting.instance_id == sender:
            continue
        locked = tx.uow.instances.lock(waiting.instance_id)
        if _still_waits(tx, locked, waiting.token):
            _hand(tx, locked, waiting.token, name, payload, "signal-delivered")
            delivered[locked.id] = None
    started = []
    for start in tx.uow.subscriptions.starts(instances.SubscriptionKind.SIGNAL, name):
        locked_start = _launch(tx, start, None, payload)
        if locked_start is not None:
            started.append(locked_start.id)
    return Broadcast(tuple(delivered), tuple(started))


def _deliver(tx: Transaction, name: str, key: str | None, payload: Mapping[str, Any]) -> Correlation | None:
    for waiting in tx.uow.subscriptions.messages(name, key):
        outcome = deliver(tx, waiting, payload)
        if outcome is not None:
            return outcome
    return None


def deliver(
    tx: Transaction, waiting: instances.Subscription, payload: Mapping[str, Any], *, receipt: str | None = None
) -> Correlation | None:
    """Deliver a message to exactly this token; None when it waits no longer, or rests.

    Args:
        tx: The transaction.
        waiting: Where it goes.
        payload: What was filled in.
        receipt: By what the sender can be told something later: the variable `receipt` of the event.

    Raises:
        errors.InvalidForm: It does not fit the form of the event.
    """
    assert waiting.instance_id is not None
    assert waiting.token is not None
    locked = tx.uow.instances.lock(waiting.instance_id)
    overdue.catch_up(tx, locked)
    if not _still_waits(tx, locked, waiting.token):
        return None
    checked = submissions.message(tx, locked, waiting.token, waiting.element_id, payload)
    _hand(tx, locked, waiting.token, waiting.name, _with(receipt, checked), "message-delivered")
    submissions.keep(tx, locked, waiting.element_id, checked)
    return Correlation(DELIVERED, locked.id)


def _start(tx: Transaction, name: str, key: str | None, payload: Mapping[str, Any]) -> Correlation | None:
    for start in tx.uow.subscriptions.starts(instances.SubscriptionKind.MESSAGE, name):
        outcome = begin(tx, start, key, payload)
        if outcome is not None:
            return outcome
    return None


def begin(
    tx: Transaction,
    start: instances.Subscription,
    key: str | None,
    payload: Mapping[str, Any],
    *,
    receipt: str | None = None,
) -> Correlation | None:
    """Start an instance by a message at exactly this start event; None when its definition is suspended.

    `receipt` is as for `deliver`.

    Raises:
        errors.InvalidForm: The message does not fit the form of the event.
    """
    assert start.definition_id is not None
    checked = submissions.start_message(tx, tx.definition(start.definition_id), start.element_id, payload)
    locked = _launch(tx, start, key, _with(receipt, checked))
    return None if locked is None else Correlation(STARTED, locked.id)


def _with(receipt: str | None, checked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a form brought, with the receipt of whoever sent it; a field of that name would not be theirs."""
    return checked if receipt is None else {**checked, "receipt": receipt}


def _launch(
    tx: Transaction, start: instances.Subscription, key: str | None, payload: Mapping[str, Any]
) -> stored.LockedInstance | None:
    assert start.definition_id is not None
    try:
        starting.refuse_suspended(tx.uow.definitions.get(start.definition_id))
    except errors.Conflict:
        return None
    return starting.launch(
        tx,
        tx.definition(start.definition_id),
        business_key=key,
        variables={},
        started_by=tx.actor.id,
        element_id=start.element_id,
        payload=payload,
    )


def _still_waits(tx: Transaction, locked: stored.LockedInstance, token: int) -> bool:
    if locked.instance.status is not instances.InstanceStatus.ACTIVE:
        return False
    return tx.uow.subscriptions.at(locked.id, token) is not None


def _hand(
    tx: Transaction, locked: stored.LockedInstance, token: int, name: str, payload: Mapping[str, Any], act: str
) -> None:
    step = execution.deliver(tx.of(locked).process, tx.context(locked), locked.state, token, payload)
    tx.note(locked, act, f"message/{name}" if act.startswith("message") else f"signal/{name}", token=token)
    tx.record(locked, step)
