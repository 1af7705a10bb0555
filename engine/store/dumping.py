"""Every row of the database as text that no database owns: what a backup is made of.

All of it is read in one transaction that sees one state, a few rows at a time. A row is a list of JSON values in the
order of the columns: what is stored, not what it means; bytes in base64.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from engine.store import schema, statements
from engine.store.all_tables import metadata

#: Rows that are in memory at a time.
_FEW = 100
_CHARACTERS = 1 << 22
#: SQLite keeps the last number given in this table for those tables alone that never give one again.
_SQLITE_NUMBERS = sa.text("SELECT name, seq FROM sqlite_sequence")


@dataclasses.dataclass(frozen=True, slots=True)
class Dumped:
    """A table: its columns, those of them that hold bytes, and how many rows it has."""

    name: str
    columns: tuple[str, ...]
    binary: tuple[str, ...]
    rows: int


class Dump:
    """The database in one transaction, to be read from end to end, however long it takes.

    Tables and columns are those that this database has, which may be of an older version.

    Raises:
        errors.StoreError: They are of a newer version: what this program does not know would be missing.
    """

    def __init__(self, link: statements.Link) -> None:
        self._link = link
        if link.dialect_name == "postgresql":
            link.driver(statements.UNBOUNDED)
        self.version = schema.known(link)
        #: Which cell the ids are of.
        self.cell = schema.cell_of(link.connection)
        self._found = sa.MetaData()
        there = set(sa.inspect(link.connection).get_table_names())
        self._found.reflect(link.connection, only=sorted(there & set(metadata.tables)))

    def tables(self) -> list[Dumped]:
        """Return the tables, each after those that it refers to."""
        return [
            Dumped(
                table.name,
                tuple(column.name for column in table.c),
                tuple(column.name for column in table.c if isinstance(column.type, sa.LargeBinary)),
                int(self._link.select(sa.select(sa.func.count()).select_from(table))[0][0]),
            )
            for table in self._found.sorted_tables
        ]

    def parts(self, name: str) -> Iterator[tuple[int, bytes]]:
        """Yield the rows of a table in the order of its key, a line each, some million characters at a time.

        Yields:
            How many rows there are in a part, and the part.
        """
        table = self._found.tables[name]
        lines: list[str] = []
        size = 0
        for row in self._link.stream(sa.select(*table.c).order_by(*table.primary_key), _FEW):
            lines.append(json.dumps(list(row), ensure_ascii=False, separators=(",", ":"), default=_bytes))
            size += len(lines[-1])
            if size >= _CHARACTERS:
                yield len(lines), _joined(lines)
                lines, size = [], 0
        if lines:
            yield len(lines), _joined(lines)

    def numbers(self) -> dict[str, int]:
        """Return by table the last number that it gave to a row, where the database remembers it."""
        connection = self._link.connection
        if self._link.dialect_name == "sqlite":
            return {name: seq for name, seq in connection.execute(_SQLITE_NUMBERS) if name in self._found.tables}
        found = {}
        for name in sorted(self._found.tables):
            if sequence := sequence_of(connection, name):
                last, given = connection.execute(sa.text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
                found[name] = int(last) if given else 0
        return found


def sequence_of(connection: sa.Connection, table: str) -> str | None:
    """Return the sequence that numbers the rows of a table on PostgreSQL, ready to stand in a statement."""
    if "id" not in metadata.tables[table].c:
        return None
    asked = sa.text("SELECT pg_get_serial_sequence(:name, 'id')")
    found: str | None = connection.execute(asked, {"name": table}).scalar()
    return found


def _bytes(value: Any) -> str:
    return base64.b64encode(value).decode()


def _joined(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
