"""Requests that a client may repeat: the first answer is kept under a key that the client chose."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

from engine.store import statements
from engine.store.tables import idempotency

_INSERT = statements.insert(idempotency)
_FIND = sa.select(idempotency.c.result).where(
    idempotency.c.key == sa.bindparam("key"),
    idempotency.c.actor == sa.bindparam("actor"),
    idempotency.c.action == sa.bindparam("action"),
)
_PURGE = sa.delete(idempotency).where(idempotency.c.at < sa.bindparam("before"))


class Idempotency:
    """The kept answers of a unit of work. Keys of different actors, or for different actions, never meet."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def find(self, key: str, actor: str, action: str) -> dict[str, Any] | None:
        """Return the answer to the first request with this key; None if there was none.

        Lock what the action changes first: the lock is what makes a twin of the request wait for this one's answer.
        """
        row = self._link.one(_FIND, {"key": key, "actor": actor, "action": action})
        return None if row is None else row[0]

    def keep(self, key: str, actor: str, action: str, result: dict[str, Any], at: datetime.datetime) -> None:
        """Keep the answer to a request.

        Raises:
            errors.Conflict: Now, or at the end of the transaction: a twin of the request was faster, and asked again it
                gets that one's answer; or the key stands for another request.
        """
        self._link.send(
            _INSERT,
            {"key": key, "actor": actor, "action": action, "result": result, "at": at},
            duplicate=f"请求标识“{key}”已经用过，操作未执行。同一请求请稍后查看结果，其他请求请换一个标识。",
        )

    def purge(self, before: datetime.datetime) -> int:
        """Forget answers kept before; return how many."""
        return self._link.run(_PURGE, {"before": before})
