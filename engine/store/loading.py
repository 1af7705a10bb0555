"""Fills an empty database with the rows of `engine.store.dumping`, of this version of the tables or of an older one.

All in one transaction: a database is either whole or as empty as it was.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence

import sqlalchemy as sa

from engine import errors
from engine.store import dumping, schema
from engine.store import numbers as numbering
from engine.store.all_tables import metadata
from engine.store.database import Store
from engine.store.tables_events import feeds
from engine.store.tables_files import blobs, draft_files, file_links, files


class Loader:
    """A database that is being filled."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def empty(self, names: Sequence[str]) -> None:
        """Remove the rows that migrations have made: they are among those that come.

        Args:
            names: The tables, each after those that it refers to.

        Raises:
            errors.StoreError: The version of the tables has none of that name.
        """
        there = set(sa.inspect(self._connection).get_table_names())
        unknown = sorted(set(names) - there)
        if unknown:
            raise errors.StoreError(f"备份中的表“{'、'.join(unknown)}”在相应版本的数据库结构中不存在，不能恢复。")
        for name in reversed(names):
            self._connection.execute(sa.delete(sa.table(name)))

    def add(self, table: dumping.Dumped, part: bytes) -> int:
        """Add the rows of a part of a table; return how many."""
        at = [table.columns.index(name) for name in table.binary]
        rows = []
        for line in part.splitlines():  # of bytes: nothing but ends of lines, which JSON escapes
            row = json.loads(line)
            for number in at:
                row[number] = None if row[number] is None else base64.b64decode(row[number])
            rows.append(dict(zip(table.columns, row, strict=True)))
        if rows:
            into = sa.table(table.name, *(sa.column(name) for name in table.columns))
            self._connection.execute(sa.insert(into), rows)
        return len(rows)


@contextlib.contextmanager
def into(
    database: Store, version: str, numbers: Mapping[str, int], gone: Collection[str] = (), *, cell: int = 0
) -> Iterator[Loader]:
    """Fill an empty database within the block, beginning with the tables of a version, ending with those of now.

    Args:
        database: The database.
        version: Of the tables that the rows are of.
        numbers: As `dumping.numbers` returned them.
        gone: Contents of files that nobody needed any more, and that are not there.
        cell: Which cell the ids of the rows are of.

    Raises:
        errors.Conflict: The database is not empty.
        errors.StoreError: The program does not know the version, or the rows do not fit it.
    """
    if version > schema.HEAD:
        raise errors.StoreError(
            f"备份的数据库结构为版本 {version}，新于本程序所知的版本 {schema.HEAD}。请使用相应版本的程序恢复。"
        )
    with database.exclusive() as connection:
        found = sa.inspect(connection).get_table_names()
        if found:
            raise errors.Conflict(f"目标数据库应为空，现有 {len(found)} 张表，没有恢复。请指定新的数据库。")
        schema.upgrade(connection, version, cell=cell)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # a row may refer to one that comes later
        loader = Loader(connection)
        yield loader
        schema.upgrade(connection, cell=cell)
        _number_on(connection, numbers)
        _forget_files(connection, gone)
        # Which transactions of the other server had ended is nothing to this one.
        connection.execute(sa.update(feeds).values(horizon=None, waiting_since=None))


def _number_on(connection: sa.Connection, numbers: Mapping[str, int]) -> None:
    """Let every table number its rows after the last number that it has given, so that none is given twice."""
    for name in numbering.numbered(connection):
        highest = connection.execute(sa.select(sa.func.max(metadata.tables[name].c.id))).scalar() or 0
        if last := max(numbers.get(name, 0), highest):
            numbering.go_on(connection, name, last)


def _forget_files(connection: sa.Connection, contents: Collection[str]) -> None:
    """Forget files that no case holds and whose content was tidied away while the backup was made."""
    for sha256 in sorted(contents):
        unused = [files.c.id.not_in(sa.select(each.c.file_id)) for each in (file_links, draft_files)]
        connection.execute(sa.delete(files).where(files.c.sha256 == sha256, *unused))
        named = sa.select(files.c.id).where(files.c.sha256 == sha256)
        connection.execute(sa.delete(blobs).where(blobs.c.sha256 == sha256, ~sa.exists(named)))
