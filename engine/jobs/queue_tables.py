"""The tables of procrastinate in a PostgreSQL database: made once, and brought up to the version that is installed."""

from __future__ import annotations

import pathlib
import re

import procrastinate.schema

from engine import store

#: By which one knows whether they are there; its comment says of which version.
TABLE = "procrastinate_jobs"
_NUMBERED = re.compile(r"\d\d\.\d\d\.\d\d_\d\d")


def upgrade(database: store.Store) -> None:
    """Make the tables, or bring them up to date; nothing to do is nothing done. On SQLite there are none.

    Raises:
        errors.StoreError: They are of a newer version than the library that is installed.
    """
    if database.dialect == "postgresql":
        database.upgrade_foreign(TABLE, procrastinate.schema.SchemaManager.get_schema(), _versions())


def check(database: store.Store) -> None:
    """Check that the tables are of the version that is installed.

    Raises:
        errors.StoreError: They are older, newer or missing.
    """
    database.check_foreign(TABLE, _versions()[-1][0])


def _versions() -> list[tuple[str, str]]:
    """Return the numbers of all versions with what leads to each, in order."""
    found = []
    for file in pathlib.Path(procrastinate.schema.SchemaManager.get_migrations_path()).glob("*.sql"):
        number = _NUMBERED.match(file.name)
        if number is not None:
            found.append((number[0], file.read_text(encoding="utf-8")))
    return sorted(found)
