"""Messages from outside."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.actions import context, correlation, policy, transaction
from engine.bpmn import expressions
from engine.model import commands


def correlate(
    engine: context.Engine,
    name: str,
    actor: commands.Actor,
    *,
    key: str | None = None,
    payload: Mapping[str, Any] | None = None,
    message_id: str | None = None,
    ttl: datetime.timedelta | None = None,
) -> correlation.Correlation:
    """Give a message to the one who waits for it, start an instance with it, or keep it for its time to live.

    Args:
        engine: The engine.
        name: Name of the message, as in the diagram.
        actor: An operator; people start instances by `instances.start_by_message`.
        key: Correlation key: by default the business key of the instance that waits. It becomes the business key of an
            instance that the message starts.
        payload: Variables that come with it.
        message_id: The sender's id: a second message of this name with the same id is refused.
        ttl: How long to keep it when nobody waits (default: the setting); zero refuses it then.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: It was received before.
        errors.InvalidInput: It has no name, its time to live is too long, or its payload cannot be kept.
        errors.EvaluationFailed: Its payload is not JSON.
        errors.NotFound: Nobody waits for it, and its time to live is zero.
    """
    policy.operate(actor, "发送消息")
    if not name.strip():
        raise errors.InvalidInput("没有说明消息的名称。")
    with transaction.begin(engine, actor) as tx:
        kept_for = engine.settings.message_ttl if ttl is None else ttl
        outcome = correlation.send(tx, name, key, _variables(payload or {}), ttl=kept_for, message_id=message_id)
        subject = f"message/{name}"
        tx.note(None, "correlate-message", subject, key=key, id=message_id, outcome=outcome.outcome)
    return outcome


def _variables(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload that can become variables: who takes it from the buffer one day is not to stumble over it."""
    values: dict[str, Any] = expressions.to_json_value(dict(payload))
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise errors.InvalidInput("消息的内容含有不能保存的字符，请删除后再发送。") from None
    return values


def expire(engine: context.Engine, *, limit: int = 100) -> int:
    """Give up messages whose time to live is over, and note each in the audit trail; return how many."""
    with transaction.begin(engine, commands.SYSTEM) as tx:
        expired = tx.uow.messages.expire(tx.now, limit)
        for message in expired:
            tx.note(None, "message-expired", f"message/{message.name}", key=message.correlation_key, id=message.id)
    return len(expired)
