"""Looks for a text wherever an installation keeps anything: every column of every table, every byte of every file."""

from __future__ import annotations

import pathlib

import sqlalchemy as sa

from engine.store import tables


def in_tables(driver, text):
    """The columns in which a text stands."""
    found = []
    with driver.engine.store.read() as uow:
        for table in tables.metadata.sorted_tables:
            raw = sa.select(
                *(
                    sa.type_coerce(sa.cast(column, sa.LargeBinary if blob(column) else sa.Text), kind(column))
                    for column in table.c
                )
            )
            for row in uow.link.select(raw):
                for column, value in zip(table.c, row, strict=True):
                    held = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    if text.encode() in held:
                        found.append(f"{table.name}.{column.name}")
    return sorted(set(found))


def blob(column):
    return isinstance(column.type, sa.LargeBinary)


def kind(column):
    return sa.LargeBinary() if blob(column) else sa.Text()


def in_files(directory: pathlib.Path, text, *, but=()):
    """The files below a directory in whose bytes a text stands, as it is or as JSON escapes it; `but` some of them."""
    spellings = [text.encode(), text.encode("unicode_escape"), text.encode("utf-16-le")]
    return sorted(
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file()
        and not any(path.is_relative_to(each) for each in but)
        and any(each in path.read_bytes() for each in spellings)
    )
