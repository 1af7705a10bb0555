"""Subscriptions: tokens and start events that wait for a message or a signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import instances as model
from engine.model import steps
from engine.store import statements
from engine.store.tables import subscriptions

#: The columns of a `Subscription`, in its order.
COLUMNS = list(subscriptions.c)

_UPSERT = statements.upsert(
    subscriptions,
    ["instance_id", "token"],
    ["kind", "name", "element_id", "correlation_key"],
    without=("id", "definition_id"),
)
_UPSERT_START = statements.upsert(
    subscriptions,
    ["definition_id", "element_id"],
    ["kind", "name"],
    without=("id", "instance_id", "token", "correlation_key"),
)
_DELETE_AT = sa.delete(subscriptions).where(
    subscriptions.c.instance_id == sa.bindparam("instance"), subscriptions.c.token == sa.bindparam("at")
)
_DELETE_STARTS = sa.delete(subscriptions).where(subscriptions.c.definition_id == sa.bindparam("definition"))
_NAMED = (
    sa.select(*COLUMNS)
    .where(subscriptions.c.kind == sa.bindparam("kind"), subscriptions.c.name == sa.bindparam("name"))
    .order_by(subscriptions.c.id)
)
_WAITING = _NAMED.where(subscriptions.c.instance_id.is_not(None))
_WAITING_WITH_KEY = _WAITING.where(subscriptions.c.correlation_key == sa.bindparam("key"))
_WAITING_WITHOUT_KEY = _WAITING.where(subscriptions.c.correlation_key.is_(None))
_STARTS = _NAMED.where(subscriptions.c.definition_id.is_not(None))
_AT = sa.select(*COLUMNS).where(
    subscriptions.c.instance_id == sa.bindparam("instance"), subscriptions.c.token == sa.bindparam("at")
)
_OF_INSTANCE = (
    sa.select(*COLUMNS).where(subscriptions.c.instance_id == sa.bindparam("instance")).order_by(subscriptions.c.id)
)


class Subscriptions:
    """The subscriptions of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def messages(self, name: str, correlation_key: str | None) -> list[model.Subscription]:
        """Return the tokens that wait for a message with this name and exactly this key (None is a key), oldest first.

        Lock the instance of one, and look whether the subscription `at` its token is still there, before you deliver.
        """
        params = {"kind": model.SubscriptionKind.MESSAGE, "name": name}
        if correlation_key is None:
            return self._all(_WAITING_WITHOUT_KEY, params)
        return self._all(_WAITING_WITH_KEY, {**params, "key": correlation_key})

    def signals(self, name: str) -> list[model.Subscription]:
        """Return the tokens that wait for a signal with this name, oldest first."""
        return self._all(_WAITING, {"kind": model.SubscriptionKind.SIGNAL, "name": name})

    def starts(self, kind: model.SubscriptionKind, name: str) -> list[model.Subscription]:
        """Return the start events that a message or signal with this name starts."""
        return self._all(_STARTS, {"kind": kind, "name": name})

    def at(self, instance_id: int, token: int) -> model.Subscription | None:
        """Return what a token waits for; None if it waits for no message and no signal."""
        row = self._link.one(_AT, {"instance": instance_id, "at": token})
        return None if row is None else model.Subscription(*row)

    def of_instance(self, instance_id: int) -> list[model.Subscription]:
        """Return what an instance waits for, oldest first."""
        return self._all(_OF_INSTANCE, {"instance": instance_id})

    def set_start(self, definition_id: int, element_id: str, kind: model.SubscriptionKind, name: str) -> None:
        """Let a message or a signal start a definition at one of its start events."""
        self._link.run(
            _UPSERT_START, {"definition_id": definition_id, "element_id": element_id, "kind": kind, "name": name}
        )

    def remove_starts(self, definition_id: int) -> None:
        """Remove all start subscriptions of a definition: a newer version has its own."""
        self._link.run(_DELETE_STARTS, {"definition": definition_id})

    def _all(self, statement: statements.Statement, params: Mapping[str, Any]) -> list[model.Subscription]:
        return [model.Subscription(*row) for row in self._link.all(statement, params)]


def open_(link: statements.Link, instance_id: int, opened: Sequence[steps.SubscriptionOpened]) -> None:
    """Insert the subscriptions of a step; replace those of tokens that have one."""
    link.run_many(
        _UPSERT,
        [
            {
                "kind": each.kind,
                "name": each.name,
                "element_id": each.element_id,
                "correlation_key": each.correlation_key,
                "instance_id": instance_id,
                "token": each.token,
            }
            for each in opened
        ],
    )


def close(link: statements.Link, instance_id: int, waits: Sequence[steps.Closed]) -> None:
    """Remove the subscriptions of tokens."""
    link.run_many(_DELETE_AT, [{"instance": instance_id, "at": wait.token} for wait in waits])
