"""How connections are made, kept and looked at before they are used again: one function for each kind of database."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc, pool

#: How long a transaction waits for another one, in seconds.
WAIT = 10.0
#: How many connections to PostgreSQL a process keeps.
CONNECTIONS = 16
#: How long one statement may take on PostgreSQL, in seconds.
STATEMENT = 60.0
#: A connection that has been idle for so many seconds is asked whether it still lives before it is used.
_FRESH = 1.0
#: Seconds until a file that is being made by another process is tried again.
_PAUSE = 0.01
#: Seconds until a server that does not answer counts as away.
_CONNECT = 10


class Pool(pool.QueuePool):
    """Connections that are kept; of a pool that was left, also those that were in use meanwhile are closed.

    SQLAlchemy's own keeps what comes back after `dispose` open until the garbage is collected, and a server that waits
    for its connections to end waits as long.
    """

    _left = False

    def dispose(self) -> None:
        """Close all connections: those in use when they come back."""
        self._left = True
        super().dispose()

    def _do_return_conn(self, record: pool.ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        if self._left:  # asked afterwards: whoever leaves the pool between the two closes it
            super().dispose()


@dataclasses.dataclass(frozen=True, slots=True)
class Bounds:
    """What a store may take of a database, and for how long.

    Attributes:
        wait: How long a transaction waits for another one, or for a connection, before it is refused; seconds.
        connections: How many connections are kept; twice as many may be open for a while.
        statement: How long one statement may take on PostgreSQL, in seconds; 0 is without a bound. A transaction in
            which nothing happens for as long is ended, too: what it holds is waited for by others.
    """

    wait: float
    connections: int
    statement: float


def connect(url: sa.URL, bounds: Bounds) -> sa.Engine:
    """Return what makes connections to a database.

    Raises:
        sqlalchemy.exc.NoSuchModuleError: It is of no kind that is known here.
    """
    kind = url.get_dialect().name
    if kind == "sqlite":
        return _sqlite(url, bounds)
    if kind == "postgresql":
        return _postgresql(url, bounds)
    raise exc.NoSuchModuleError(kind)


def in_memory(url: sa.URL) -> bool:
    """Tell whether a URL names a SQLite database that is in no file."""
    return url.get_dialect().name == "sqlite" and url.database in (None, "", ":memory:")


def _sqlite(url: sa.URL, bounds: Bounds) -> sa.Engine:
    shared = in_memory(url)
    engine = sa.create_engine(
        url,
        poolclass=pool.StaticPool if shared else Pool,
        connect_args={"check_same_thread": False, "timeout": bounds.wait, "isolation_level": None},
        **({} if shared else {"pool_size": 8, "max_overflow": 56, "pool_timeout": bounds.wait}),
    )
    sa.event.listen(engine, "connect", lambda raw, _record: _prepare_sqlite(raw, bounds.wait))
    return engine


def _prepare_sqlite(raw: sqlite3.Connection, wait: float) -> None:
    # isolation_level=None above: the driver begins nothing by itself, `Link.begin` does.
    with contextlib.closing(raw.cursor()) as cursor:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        until = time.monotonic() + wait
        while True:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError as error:
                # Of two processes that open a new file at once SQLite refuses one here without waiting.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)


def _postgresql(url: sa.URL, bounds: Bounds) -> sa.Engine:
    engine = sa.create_engine(
        url.update_query_dict({} if "connect_timeout" in url.query else {"connect_timeout": str(_CONNECT)}),
        poolclass=Pool,
        pool_size=bounds.connections,
        max_overflow=bounds.connections,
        pool_timeout=bounds.wait,
        isolation_level="READ COMMITTED",
        # The newest connections first: those that a burst made grow old, and are asked whether they live.
        pool_use_lifo=True,
    )
    limit = int(bounds.statement * 1000)
    settings = {
        "lock_timeout": int(bounds.wait * 1000),
        "statement_timeout": limit,
        "idle_in_transaction_session_timeout": limit,
    }

    def prepare(raw: Any, _record: Any) -> None:
        # The driver would prepare some statements by itself, and at a rollback have the server forget all there are:
        # also those of `engine.store.wire`, which would then fail on this connection for ever.
        raw.prepare_threshold = None
        with raw.cursor() as cursor:
            cursor.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
        raw.commit()

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "checkin", _leave)
    sa.event.listen(engine, "checkout", _look_at)
    return engine


def _leave(_raw: Any, record: Any) -> None:
    record.info["left"] = time.monotonic()


def _look_at(raw: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that has been idle whether it lives: a server that was restarted has closed it."""
    if time.monotonic() - record.info.get("left", time.monotonic()) < _FRESH:
        return
    try:
        with raw.cursor() as cursor:
            cursor.execute("")
        raw.rollback()
    except Exception as error:
        raise exc.DisconnectionError from error  # the pool takes another one
