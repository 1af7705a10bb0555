"""Pages of a list that go forwards and backwards, of one query or of several ranges put together.

As in `paging`, a page is cut by key: each range of an index gives no more than a page holds, then they are merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from engine import errors
from engine.model import views_lists
from engine.store import paging, statements
from engine.store.unit_of_work import UnitOfWork

T = TypeVar("T")
Keys = Sequence[sa.ColumnElement[Any]]


class Window:
    """Where a page begins, which way it goes, and how long it is.

    Args:
        limit: How many rows it has at most.
        after: The page that begins after this place.
        before: The page that ends before this place.
        newest: Whether the list is in descending order of its keys.

    Raises:
        errors.InvalidInput: The limit is out of range, or both places are given.
    """

    def __init__(
        self, limit: int, after: str | None = None, before: str | None = None, *, newest: bool = False
    ) -> None:
        if after is not None and before is not None:
            raise errors.InvalidInput("翻页位置 after 与 before 只能给出一个。")
        self.limit = paging.checked(limit)
        self.after, self.before = after, before
        self._descending = newest != (before is not None)
        self._end: str | None = None

    def bound(self, uow: UnitOfWork, parts: Sequence[sa.Select[Any]], most: int) -> None:
        """Have the page end where `most` rows of any of several ranges lie before it, however few of them it shows.

        The next page goes on from there. One SELECT.

        Args:
            uow: The unit of work.
            parts: The ranges, whose columns are the keys of the list, before rows are left out.
            most: Rows of each.
        """
        far = [
            sa.select(self.cut(part, list(part.selected_columns)).limit(1).offset(most).subquery()) for part in parts
        ]
        place = (sa.union_all(*far) if len(far) > 1 else far[0]).subquery()
        rows = uow.link.select(
            sa.select(place).order_by(*(key.desc() if self._descending else key for key in place.c)).limit(1)
        )
        self._end = paging.cursor_of(rows[0]) if rows else None

    def cut(self, query: sa.Select[Any], keys: Keys) -> sa.Select[Any]:
        """Return the part of a query that the page may need, in order: a page and one row more."""
        start = paging.start_of(keys, self.after if self.before is None else self.before)
        if start is not None:
            query = query.where(sa.tuple_(*keys) < start if self._descending else sa.tuple_(*keys) > start)
        end = paging.start_of(keys, self._end)
        if end is not None:
            query = query.where(sa.tuple_(*keys) >= end if self._descending else sa.tuple_(*keys) <= end)
        order = [key.desc() if self._descending else key for key in keys]
        return query.order_by(None).order_by(*order).limit(self.limit + 1)

    def ranges(self, parts: Sequence[sa.Select[Any]]) -> sa.Subquery:
        """Return ranges, whose columns are the keys of the list, put together: every row once."""
        cut = [sa.select(self.cut(part, list(part.selected_columns)).subquery()) for part in parts]
        return sa.union(*cut).subquery() if len(cut) > 1 else cut[0].subquery()

    def show(
        self, uow: UnitOfWork, query: sa.Select[Any], keys: Keys, make: Callable[[statements.Row], T]
    ) -> views_lists.Listing[T]:
        """Run a query as the page: one SELECT."""
        rows = uow.link.select(self.cut(query, keys).add_columns(*keys))
        more, rows = len(rows) > self.limit, rows[: self.limit]
        if self.before is not None:
            rows.reverse()
        width = -len(keys)
        items = tuple(make(row[:width]) for row in rows)
        if not rows and self.before is not None:
            return views_lists.Listing(items, self._end, None)
        if not rows:
            return views_lists.Listing(items, None, self._end)
        first, last = (paging.cursor_of(row[width:]) for row in (rows[0], rows[-1]))
        if self.before is not None:
            return views_lists.Listing(items, first if more else self._end, last)
        return views_lists.Listing(items, first if self.after is not None else None, last if more else self._end)


def at_most(limit: int, parts: Sequence[sa.Select[Any]]) -> sa.ScalarSelect[int]:
    """Count the rows that any of several ranges has, every row once, no further than `limit` and one more."""
    cut = [sa.select(part.order_by(None).limit(limit + 1).subquery()) for part in parts]
    merged = sa.union(*cut).subquery() if len(cut) > 1 else cut[0].subquery()
    bounded = sa.select(sa.literal(1)).select_from(merged).limit(limit + 1).subquery()
    return sa.select(sa.func.count()).select_from(bounded).scalar_subquery()
