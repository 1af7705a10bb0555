"""Signals from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.actions import context, correlation, policy, transaction
from engine.model import commands


def send(
    engine: context.Engine, name: str, actor: commands.Actor, *, payload: Mapping[str, Any] | None = None
) -> correlation.Broadcast:
    """Give a signal to everything that waits for it, and start the processes that start with it. It is not kept.

    Raises:
        errors.Forbidden: The actor is no operator.
    """
    policy.operate(actor, "发送信号")
    if not name.strip():
        raise errors.InvalidInput("没有说明信号的名称。")
    with transaction.begin(engine, actor) as tx:
        reached = correlation.broadcast(tx, name, payload or {})
        tx.note(None, "send-signal", f"signal/{name}", delivered=list(reached.delivered), started=list(reached.started))
    return reached
