"""The limit of the machine: the same rows written by hand, by the bare driver, in one transaction.

The product completes a task on a copy of the database where every statement and its values are noted. The very same
writes, with the same values, are then sent by the bare driver to another copy.
"""

from __future__ import annotations

import dataclasses
import pathlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import psycopg

from engine.store import statements

_TRANSACTION = ("BEGIN", "COMMIT")


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A statement and its values; with `many`, a list of them."""

    sql: str
    values: Any
    many: bool

    @property
    def writes(self) -> bool:
        """Whether it changes rows."""
        return self.sql.startswith(("INSERT", "UPDATE", "DELETE"))

    @property
    def returns(self) -> bool:
        """Whether rows come back."""
        return " RETURNING " in self.sql


@dataclasses.dataclass(slots=True)
class Log:
    """What was sent to a database since the last `take`."""

    sent: list[Sent] = dataclasses.field(default_factory=list)

    def take(self) -> list[Sent]:
        """Return and forget what was sent."""
        taken, self.sent = self.sent, []
        return taken


def recording(log: Log) -> type[statements.Link]:
    """Return a kind of link that notes what is sent through it, as the driver is given it."""

    class Recording(statements.Link):
        def begin(self, **how: Any) -> None:
            log.sent.append(Sent("BEGIN", (), False))
            super().begin(**how)

        def commit(self) -> None:
            log.sent.append(Sent("COMMIT", (), False))
            super().commit()

        def run_many(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
            if len(rows) > 1:
                prepared = self._library.prepared(statement)
                log.sent.append(Sent(prepared.sql, [prepared.bind(row) for row in rows], True))
            super().run_many(statement, rows)

        def _execute(self, prepared: statements.Prepared, params: Mapping[str, Any], duplicate: str | None) -> None:
            log.sent.append(Sent(prepared.sql, prepared.bind(params), False))
            super()._execute(prepared, params, duplicate)

        def _later(self, prepared: statements.Prepared, params: Mapping[str, Any], *more: Any) -> None:
            log.sent.append(Sent(prepared.sql, prepared.bind(params), False))
            super()._later(prepared, params, *more)

    return Recording


def counts(sent: Sequence[Sent]) -> dict[str, int]:
    """Return how many statements (those that begin or end a transaction not among them) and commits were sent."""
    return {
        "sql": sum(not each.sql.startswith(_TRANSACTION) for each in sent),
        "commits": sum(each.sql == "COMMIT" for each in sent),
    }


class Driver(Protocol):
    """The bare driver on a copy of the database."""

    def write(self, sent: Sequence[Sent]) -> None:
        """Write rows in one transaction."""

    def close(self) -> None:
        """Close the database."""


class Sqlite:
    """`sqlite3`, with the settings of the product."""

    def __init__(self, database: pathlib.Path) -> None:
        self._connection = connect(database)

    def write(self, sent: Sequence[Sent]) -> None:
        """Write rows in one transaction."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        _send(cursor, sent)
        self._connection.commit()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


class Postgresql:
    """`psycopg`, which begins transactions and prepares statements by itself."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        connection.autocommit = False

    def write(self, sent: Sequence[Sent]) -> None:
        """Write rows in one transaction."""
        _send(psycopg.RawCursor(self._connection), sent)
        self._connection.commit()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _send(cursor: Any, sent: Sequence[Sent]) -> None:
    for each in sent:
        if each.many:
            cursor.executemany(each.sql, each.values)
        else:
            cursor.execute(each.sql, each.values)
            if each.returns:
                cursor.fetchall()


def connect(database: pathlib.Path) -> sqlite3.Connection:
    """Open a SQLite file with the settings of the product."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
