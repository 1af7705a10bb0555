"""Messages: kept until somebody waits for them or their time to live is over; never taken twice."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

from engine.model import instances as model
from engine.store import statements
from engine.store.tables import messages, subscriptions

#: The columns of a `Message`, in its order.
COLUMNS = [column for column in messages.c if column.name != "status"]
_WAITING = messages.c.status == sa.literal_column("'waiting'")

_INSERT = statements.insert(messages, without=("id",), returning=messages.c.id)
_OLDEST = (
    sa.select(*COLUMNS)
    .where(messages.c.name == sa.bindparam("name"), _WAITING, messages.c.expires_at > sa.bindparam("now"))
    .order_by(messages.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_OLDEST_WITH_KEY = _OLDEST.where(messages.c.correlation_key == sa.bindparam("key"))
_OLDEST_WITHOUT_KEY = _OLDEST.where(messages.c.correlation_key.is_(None))
_OLDEST_FOR_NOBODY = _OLDEST.where(
    ~sa.exists().where(
        subscriptions.c.kind == sa.literal_column(f"'{model.SubscriptionKind.MESSAGE.value}'"),
        subscriptions.c.name == messages.c.name,
        subscriptions.c.correlation_key.is_not_distinct_from(messages.c.correlation_key),
        subscriptions.c.instance_id.is_not(None),
    )
)
# What was in a message is in the case that took it, and goes with that.
_TAKEN = (
    sa.update(messages)
    .where(messages.c.id == sa.bindparam("message"))
    .values(status=sa.literal_column("'delivered'"), payload=sa.literal_column("'{}'"))
)
_LOST = (
    sa.update(messages).where(messages.c.id == sa.bindparam("message")).values(status=sa.literal_column("'expired'"))
)
_EXPIRED = (
    sa.select(*COLUMNS)
    .where(messages.c.expires_at <= sa.bindparam("now"), _WAITING)
    .order_by(messages.c.expires_at, messages.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_IS_OVER = messages.c.status != sa.literal_column("'waiting'")
_PURGE = sa.delete(messages).where(_IS_OVER, messages.c.expires_at < sa.bindparam("before"))


class Messages:
    """The message buffer of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        name: str,
        correlation_key: str | None,
        payload: dict[str, Any],
        *,
        received_at: datetime.datetime,
        expires_at: datetime.datetime,
        message_id: str | None = None,
        delivered: bool = False,
    ) -> model.Message:
        """Keep a message; one that was `delivered` at once only so that a second one with its id is known.

        Raises:
            errors.Conflict: A message of this name with this id was received before.
        """
        row = {
            "name": name,
            "correlation_key": correlation_key,
            "payload": {} if delivered else payload,
            "message_id": message_id,
            "received_at": received_at,
            "expires_at": expires_at,
            "status": "delivered" if delivered else "waiting",
        }
        new_id = self._link.insert(
            _INSERT, row, duplicate=f"编号为“{message_id}”的消息“{name}”已经收到过，不再重复处理。"
        )
        return model.Message(
            new_id, name, correlation_key, payload, message_id, received_at=received_at, expires_at=expires_at
        )

    def take(self, name: str, correlation_key: str | None, now: datetime.datetime) -> model.Message | None:
        """Take the oldest message with this name and exactly this key that has not expired; nobody else gets it."""
        params: dict[str, Any] = {"name": name, "now": now}
        if correlation_key is None:
            return self._take(_OLDEST_WITHOUT_KEY, params)
        return self._take(_OLDEST_WITH_KEY, {**params, "key": correlation_key})

    def take_first(self, name: str, now: datetime.datetime) -> model.Message | None:
        """Take the oldest message with this name, whatever its key: for a start event, which waits for any.

        What a suspended instance waits for is kept for it.
        """
        return self._take(_OLDEST_FOR_NOBODY, {"name": name, "now": now})

    def _take(self, oldest: statements.Statement, params: dict[str, Any]) -> model.Message | None:
        row = self._link.one(oldest, params)
        if row is None:
            return None
        message = model.Message(*row)
        self._link.run(_TAKEN, {"message": message.id})
        return message

    def expire(self, now: datetime.datetime, limit: int) -> list[model.Message]:
        """Take up to `limit` messages that nobody waited for in time, so that their loss can be noted."""
        expired = [model.Message(*row) for row in self._link.all(_EXPIRED, {"now": now, "limit": limit})]
        self._link.run_many(_LOST, [{"message": each.id} for each in expired])
        return expired

    def purge(self, before: datetime.datetime) -> int:
        """Forget delivered and expired messages whose time to live ended before; return how many."""
        return self._link.run(_PURGE, {"before": before})
