"""What somebody does behind the product's back: changes rows of the database as it stands, on each kind of database."""

from __future__ import annotations

import contextlib
import json
import pathlib
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import postgresql
import sqlalchemy as sa
from sqlalchemy import pool

#: A statement, or what is done with an open connection; returns how many rows were changed.
Change = str | Callable[[sa.Connection], int]


def copy(url: str, path: pathlib.Path) -> str:
    """Copy a database; return the URL of the copy: a SQLite file at `path`, or one more on the same server."""
    if not url.startswith("sqlite"):
        return postgresql.create(url, f"copy_{uuid.uuid4().hex}", template=url)
    path.parent.mkdir(exist_ok=True)
    source, target = sqlite3.connect(url.removeprefix("sqlite:///")), sqlite3.connect(path)
    with contextlib.closing(source), contextlib.closing(target):
        source.backup(target)
    return f"sqlite:///{path}"


@contextlib.contextmanager
def copied(url: str, path: pathlib.Path) -> Iterator[str]:
    """Copy a database as `copy` does, for the block only: a file stays with its directory."""
    made = copy(url, path)
    try:
        yield made
    finally:
        if not url.startswith("sqlite"):
            postgresql.drop(made)


@contextlib.contextmanager
def connection(url: str) -> Iterator[sa.Connection]:
    """Open a connection of one's own to a database, in a transaction in which no reference has to lead anywhere."""
    engine = sa.create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as opened:
        if opened.dialect.name == "postgresql":  # SQLite asks for references only of who asks it to
            opened.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield opened


def change(url: str, *changes: Change) -> int:
    """Change rows; return how many.

    Args:
        url: Of the database.
        changes: Statements that both kinds of database understand, or what is done with the connection.
    """
    with connection(url) as opened:
        return sum(run(opened, each) for each in changes)


def run(opened: sa.Connection, change: Change) -> int:
    """Make a change on an open connection; return how many rows it touched."""
    if not isinstance(change, str):
        return change(opened)
    # Neither a colon nor a per cent sign in the text is a parameter.
    count: int = opened.execution_options(no_parameters=True).exec_driver_sql(change).rowcount
    return count


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all there is in a database: the rows of every table, in the order of their values."""
    with connection(url) as opened:
        names = sorted(sa.inspect(opened).get_table_names())
        found = {name: opened.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in names}
    return {name: sorted(map(tuple, each), key=repr) for name, each in found.items()}


def each(table: str, column: str, where: str, become: Callable[[Any, dict[str, Any]], Any]) -> Change:
    """Change one column, row by row, as SQL cannot on both kinds of database.

    Args:
        table: Its name.
        column: What is changed.
        where: A condition; rows without a value in the column are left alone.
        become: Of the value and of the whole row, what the value becomes.
    """

    def make(opened: sa.Connection) -> int:
        found = opened.execute(sa.text(f'SELECT * FROM {table} WHERE ({where}) AND "{column}" IS NOT NULL')).mappings()
        update = sa.text(f'UPDATE {table} SET "{column}" = :value WHERE id = :id')
        changed = [{"id": row["id"], "value": become(row[column], dict(row))} for row in found]
        for values in changed:
            opened.execute(update, values)
        return len(changed)

    return make


def fields(table: str, column: str, where: str, **values: Any) -> Change:
    """Change fields of the JSON in a column; None removes one."""

    def become(text: str, _: dict[str, Any]) -> str:
        changed = {**json.loads(text), **values}
        return json.dumps({name: value for name, value in changed.items() if value is not None or name not in values})

    return each(table, column, where, become)
