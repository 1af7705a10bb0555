"""What has happened and nobody was told of yet: new tasks, and entries of the audit trail after a place in it.

Acts are told of afterwards, so that no act costs more for it. Whoever reads a feed holds its row, so that nobody else
reads it at the same time.

The entries of the trail are numbered, but on PostgreSQL a transaction with a lower number may end after one with a
higher number. Where a number is missing, everything after it waits until no transaction is left that could have it.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import sqlalchemy as sa

from engine.model import instances as model
from engine.store import statements
from engine.store.tables import audit, user_tasks
from engine.store.tables_events import feeds
from engine.store.user_tasks import COLUMNS as TASK_COLUMNS

#: How long a missing number is waited for. Transactions are short: one that is still open then hangs, and no act is to
#: go unmentioned for it.
PATIENCE = datetime.timedelta(seconds=60)

_AUDIT_COLUMNS = [audit.c.id, *(column for column in audit.c if column.name != "id")]
_LOCK = sa.select(*feeds.c).where(feeds.c.name == sa.bindparam("name")).with_for_update(skip_locked=True)
_PENDING = sa.select(
    sa.or_(
        sa.exists(sa.select(user_tasks.c.id).where(user_tasks.c.announced_at.is_(None))),
        # Not “is there one behind it”: PostgreSQL takes a third of all entries for new ones, and would read them all.
        sa.select(sa.func.max(audit.c.id)).scalar_subquery()
        > sa.select(feeds.c.position).where(feeds.c.name == sa.bindparam("name")).scalar_subquery(),
    )
)
_UNANNOUNCED = (
    sa.select(*TASK_COLUMNS)
    .where(user_tasks.c.announced_at.is_(None))
    .order_by(user_tasks.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(of=user_tasks, skip_locked=True)  # somebody acts on the others just now: the next time
)
_ANNOUNCED = (
    sa.update(user_tasks).where(user_tasks.c.id == sa.bindparam("task")).values(announced_at=sa.bindparam("at"))
)
_ENTRIES = (
    sa.select(*_AUDIT_COLUMNS)
    .where(audit.c.id > sa.bindparam("position"))
    .order_by(audit.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_OLDEST = (
    sa.select(audit.c.at)
    .where(
        audit.c.id > sa.select(feeds.c.position).where(feeds.c.name == sa.bindparam("name")).scalar_subquery(),
    )
    .order_by(audit.c.id)
    .limit(1)
)
_SAVE = (
    sa.update(feeds)
    .where(feeds.c.name == sa.bindparam("name"))
    .values(
        position=sa.bindparam("position"),
        horizon=sa.bindparam("horizon"),
        waiting_since=sa.bindparam("waiting_since"),
    )
)
_HORIZONS: list[sa.ColumnElement[Any]] = [
    sa.cast(sa.cast(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()), sa.Text), sa.BigInteger),
    sa.cast(sa.cast(sa.func.pg_snapshot_xmax(sa.func.pg_current_snapshot()), sa.Text), sa.BigInteger),
]
_NOTHING: list[sa.ColumnElement[Any]] = [sa.literal_column("0"), sa.literal_column("0")]
_SNAPSHOT = statements.PerDialect(sa.select(*_NOTHING), sa.select(*_HORIZONS), None)


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """How far a feed has been read; `horizon` and `waiting_since` are set while a number is missing after it."""

    name: str
    position: int
    horizon: int | None = None
    waiting_since: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """Entries with their numbers, and the feed as it is after them."""

    entries: tuple[tuple[int, model.AuditEntry], ...]
    feed: Feed


class Feeds:
    """The feeds of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def pending(self, name: str) -> bool:
        """Tell whether there is anything to tell of."""
        row = self._link.one(_PENDING, {"name": name})
        return row is not None and bool(row[0])

    def oldest(self, name: str) -> datetime.datetime | None:
        """Return when the oldest act happened that was not told of yet."""
        row = self._link.one(_OLDEST, {"name": name})
        return None if row is None else row[0]

    def lock(self, name: str) -> Feed | None:
        """Take a feed for this unit of work; None when another one reads it just now."""
        row = self._link.one(_LOCK, {"name": name})
        return None if row is None else Feed(*row)

    def unannounced(self, limit: int) -> list[model.UserTask]:
        """Return user tasks that nobody was told of, oldest first, also those that are over already."""
        return [model.UserTask(*row) for row in self._link.all(_UNANNOUNCED, {"limit": limit})]

    def announced(self, tasks: list[model.UserTask], at: datetime.datetime) -> None:
        """Note that people were told of tasks."""
        self._link.run_many(_ANNOUNCED, [{"task": task.id, "at": at} for task in tasks])

    def read(self, feed: Feed, limit: int, now: datetime.datetime) -> Batch:
        """Return the entries after the place that a feed has come to, up to the first number that may yet come.

        Args:
            feed: As `lock` returned it.
            limit: Entries at most.
            now: The time, to bound the waiting.
        """
        # In this order: what ended before the first statement is seen by the second.
        passed = self._passed(feed, now)
        rows = self._link.all(_ENTRIES, {"position": feed.position, "limit": limit})
        if self._link.dialect_name == "sqlite":  # writers take turns: what is missing never comes
            return Batch(tuple(map(_entry, rows)), Feed(feed.name, rows[-1][0] if rows else feed.position))
        taken, position = [], feed.position
        for row in rows:
            if row[0] != position + 1 and not passed:
                break
            passed = False  # that was about the first gap
            taken.append(_entry(row))
            position = row[0]
        if len(taken) == len(rows):
            return Batch(tuple(taken), Feed(feed.name, position))
        if position == feed.position and feed.horizon is not None:
            return Batch((), feed)
        # Who could still have the missing number has begun before now.
        return Batch(tuple(taken), Feed(feed.name, position, self._snapshot()[1], now))

    def save(self, feed: Feed) -> None:
        """Keep how far a feed has been read."""
        self._link.run(
            _SAVE,
            {
                "name": feed.name,
                "position": feed.position,
                "horizon": feed.horizon,
                "waiting_since": feed.waiting_since,
            },
        )

    def _passed(self, feed: Feed, now: datetime.datetime) -> bool:
        """Tell whether the number that is missing after the feed will not come any more."""
        if feed.horizon is None or feed.waiting_since is None:
            return False
        return now - feed.waiting_since >= PATIENCE or self._snapshot()[0] >= feed.horizon

    def _snapshot(self) -> tuple[int, int]:
        """Return the oldest transaction that is still open, and the first that has not begun."""
        row = self._link.one(_SNAPSHOT, {})
        return (0, 0) if row is None else (row[0], row[1])


def _entry(row: statements.Row) -> tuple[int, model.AuditEntry]:
    number, chain, seq, at, actor, action, subject, details, previous_hash, hash_ = row
    entry = model.AuditEntry(chain, seq, at, actor, action, subject, json.loads(details), previous_hash, hash_)
    return number, entry
