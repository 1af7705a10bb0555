"""Numbers that are given one after the other, without gaps."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine import errors
from engine.store import statements
from engine.store.tables_views import numbering


def _next(insert: sqlite.Insert | postgresql.Insert) -> sa.Insert:
    counted = insert.values(series=sa.bindparam("name"), last=1)
    return counted.on_conflict_do_update(index_elements=["series"], set_={"last": numbering.c.last + 1}).returning(
        numbering.c.last
    )


_NEXT = statements.PerDialect(_next(sqlite.insert(numbering)), _next(postgresql.insert(numbering)), None)


class Numbering:
    """The series of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def next(self, series: str) -> int:
        """Return the next number of a series, from 1.

        Whoever asks for the same series next waits for the end of this transaction, and gets this number where it is
        not committed.
        """
        row = self._link.one(_NEXT, {"name": series})
        if row is None:
            raise errors.StoreError("数据库没有返回编号，操作未执行。")
        return int(row[0])
