"""The numbers that the database gives to rows: which tables it numbers, and where it goes on.

PostgreSQL has a sequence for every table. SQLite numbers a table after the highest row that is there, unless the table
is declared AUTOINCREMENT: then it remembers the last number, and goes on after that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from engine.model import cells
from engine.store import dumping
from engine.store.all_tables import metadata

_REMEMBERED = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
_TABLES = sa.text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")


@contextlib.contextmanager
def kept(cell: int) -> Iterator[None]:
    """Let SQLite remember the last number of every table that is made in the block, in a cell other than 0.

    An empty table would else begin with 1 again, which is an id of cell 0.
    """

    def remember(table: sa.Table, connection: sa.Connection, **_: Any) -> None:
        if connection.dialect.name == "sqlite" and table.primary_key.columns.keys() == ["id"]:
            table.dialect_options["sqlite"]["autoincrement"] = isinstance(table.c.id.type, sa.Integer)

    if not cell:
        yield
        return
    sa.event.listen(sa.Table, "before_create", remember)
    try:
        yield
    finally:
        sa.event.remove(sa.Table, "before_create", remember)


def begin(connection: sa.Connection, cell: int) -> None:
    """Let every table that numbers its rows give ids of a cell from now on."""
    if cell:
        for name in numbered(connection):
            go_on(connection, name, cells.first(cell))


def numbered(connection: sa.Connection) -> list[str]:
    """Return the tables for which the database remembers the last number that it gave."""
    if connection.dialect.name == "sqlite":
        return sorted(set(connection.execute(_TABLES).scalars()) & set(metadata.tables))
    there = set(sa.inspect(connection).get_table_names())
    return sorted(name for name in metadata.tables if name in there and dumping.sequence_of(connection, name))


def go_on(connection: sa.Connection, name: str, last: int) -> None:
    """Let a table number its rows after `last`, or after what it has given already where that is more.

    Args:
        connection: The connection.
        name: One of those that `numbered` returns.
        last: From 1.
    """
    if connection.dialect.name == "sqlite":
        given = connection.execute(sa.select(_REMEMBERED.c.seq).where(_REMEMBERED.c.name == name)).scalar()
        if given is None:
            connection.execute(sa.insert(_REMEMBERED), {"name": name, "seq": last})
        elif given < last:
            connection.execute(sa.update(_REMEMBERED).where(_REMEMBERED.c.name == name).values(seq=last))
        return
    sequence = dumping.sequence_of(connection, name)
    given, used = connection.execute(sa.text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
    if given < last or not used:
        connection.execute(sa.select(sa.func.setval(sequence, max(last, int(given) if used else 0))))
