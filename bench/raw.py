"""The limit of the machine: the same rows written by hand, by the bare driver, in one transaction.

The product completes a task on a copy of the database where every statement and its values are noted. The very same
writes, with the same values, are then sent by the bare driver to another copy.
"""

from __future__ import annotations

import dataclasses
import pathlib
import sqlite3
from collections.abc import Sequence
from typing import Any

_TRANSACTION = ("BEGIN", "COMMIT", "SET TRANSACTION")


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


def recording(log: Log) -> type[sqlite3.Connection]:
    """Return a kind of connection that notes what is sent through it."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
            log.sent.append(Sent(sql, values, False))
            return super().execute(sql, values)

        def executemany(self, sql: str, rows: Any, /) -> sqlite3.Cursor:
            log.sent.append(Sent(sql, rows, True))
            return super().executemany(sql, rows)

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any) -> sqlite3.Cursor:
            return super().cursor(Cursor)

        def commit(self) -> None:
            log.sent.append(Sent("COMMIT", (), False))
            super().commit()

    return Connection


def counts(sent: Sequence[Sent]) -> dict[str, int]:
    """Return how many statements (those that begin or end a transaction not among them) and commits were sent."""
    return {
        "sql": sum(not each.sql.startswith(_TRANSACTION) for each in sent),
        "commits": sum(each.sql == "COMMIT" for each in sent),
    }


class Raw:
    """The bare driver on a copy of the database."""

    def __init__(self, database: pathlib.Path) -> None:
        self._connection = connect(database)

    def write(self, sent: Sequence[Sent]) -> None:
        """Write rows in one transaction."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        for each in sent:
            if each.many:
                cursor.executemany(each.sql, each.values)
            else:
                cursor.execute(each.sql, each.values)
                if each.returns:
                    cursor.fetchall()
        self._connection.commit()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def connect(database: pathlib.Path) -> sqlite3.Connection:
    """Open a SQLite file with the settings of the product."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
