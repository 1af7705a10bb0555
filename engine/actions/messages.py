"""Messages from outside."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.actions import context, correlation, policy, transaction
from engine.bpmn import expressions
from engine.model import commands

_SENT = "correlate-message"


@transaction.again
def correlate(
    engine: context.Engine,
    name: str,
    actor: commands.Actor,
    *,
    key: str | None = None,
    payload: Mapping[str, Any] | None = None,
    message_id: str | None = None,
    ttl: datetime.timedelta | None = None,
    idempotency_key: str | None = None,
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
        idempotency_key: Repeating the request with the same key gives the first answer.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: It was received before, or the key stands for another message.
        errors.InvalidInput: It has no name, its time to live is too long, or its payload cannot be kept.
        errors.EvaluationFailed: Its payload is not JSON.
        errors.NotFound: Nobody waits for it, and its time to live is zero.
    """
    policy.operate(actor, "发送消息")
    if not name.strip():
        raise errors.InvalidInput("没有说明消息的名称。")
    with transaction.begin(engine, actor) as tx:
        answered = transaction.once(tx, _SENT, idempotency_key)
        if answered is not None:
            return _answer(answered, name, key, idempotency_key)
        kept_for = engine.settings.message_ttl if ttl is None else ttl
        outcome = correlation.send(tx, name, key, _variables(payload or {}), ttl=kept_for, message_id=message_id)
        subject = f"message/{name}"
        tx.note(None, _SENT, subject, key=key, id=message_id, outcome=outcome.outcome)
        transaction.keep(tx, _SENT, idempotency_key, _as_json(outcome, name, key))
    return outcome


def _as_json(outcome: correlation.Correlation, name: str, key: str | None) -> dict[str, Any]:
    until = None if outcome.expires_at is None else outcome.expires_at.isoformat()
    return {"name": name, "key": key, **dataclasses.asdict(outcome), "expires_at": until}


def _answer(
    kept: Mapping[str, Any], name: str, key: str | None, idempotency_key: str | None
) -> correlation.Correlation:
    if (kept["name"], kept["key"]) != (name, key):
        raise errors.Conflict(f"请求标识“{idempotency_key}”已用于消息“{kept['name']}”，请换一个标识。")
    until = None if kept["expires_at"] is None else datetime.datetime.fromisoformat(kept["expires_at"])
    return correlation.Correlation(kept["outcome"], kept["instance_id"], until)


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
