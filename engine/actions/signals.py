"""Signals from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.actions import context, correlation, policy, transaction
from engine.model import commands

_SENT = "send-signal"


@transaction.again
def send(
    engine: context.Engine,
    name: str,
    actor: commands.Actor,
    *,
    payload: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> correlation.Broadcast:
    """Give a signal to everything that waits for it, and start the processes that start with it. It is not kept.

    Args:
        engine: The engine.
        name: Name of the signal, as in the diagram.
        actor: An operator.
        payload: Variables that come with it.
        idempotency_key: Repeating the request with the same key gives the first answer.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: The key stands for another signal.
    """
    policy.operate(actor, "发送信号")
    if not name.strip():
        raise errors.InvalidInput("没有说明信号的名称。")
    with transaction.begin(engine, actor) as tx:
        answered = transaction.once(tx, _SENT, idempotency_key)
        if answered is not None:
            if answered["name"] != name:
                raise errors.Conflict(f"请求标识“{idempotency_key}”已用于信号“{answered['name']}”，请换一个标识。")
            return correlation.Broadcast(tuple(answered["delivered"]), tuple(answered["started"]))
        reached = correlation.broadcast(tx, name, payload or {})
        told = {"delivered": list(reached.delivered), "started": list(reached.started)}
        tx.note(None, _SENT, f"signal/{name}", **told)
        transaction.keep(tx, _SENT, idempotency_key, {"name": name, **told})
    return reached
