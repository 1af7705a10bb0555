"""Lists a page at a time.

Pages are cut by key, not by offset: the next one costs the same however far one has gone, and misses nothing when rows
come and go. Every page is one SELECT.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from engine import errors
from engine.store import statements, types
from engine.store.unit_of_work import UnitOfWork

T = TypeVar("T")

#: The longest page.
MAX_LIMIT = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. `after` is what to ask the next page with; None when this is the last one."""

    items: tuple[T, ...]
    after: str | None


def filtered(query: sa.Select[Any], *filters: tuple[sa.ColumnElement[Any], object]) -> sa.Select[Any]:
    """Add a condition for every filter that is given (is not None)."""
    return query.where(*(column == value for column, value in filters if value is not None))


def page(
    uow: UnitOfWork,
    query: sa.Select[Any],
    keys: Sequence[sa.ColumnElement[Any]],
    limit: int,
    after: str | None,
    make: Callable[[statements.Row], T],
    *,
    newest: bool = False,
) -> Page[T]:
    """Run a query as one page, ordered by `keys`, which no two rows share; `newest` turns the order round."""
    limit = checked(limit)
    start = start_of(keys, after)
    if start is not None:
        query = query.where(sa.tuple_(*keys) < start if newest else sa.tuple_(*keys) > start)
    query = query.order_by(*(key.desc() if newest else key for key in keys)).limit(limit + 1)
    rows = uow.link.select(query.add_columns(*keys))
    width = -len(keys)
    items = tuple(make(row[:width]) for row in rows[:limit])
    return Page(items, cursor_of(rows[limit - 1][width:]) if len(rows) > limit else None)


def checked(limit: int) -> int:
    """Return how many rows a page may have.

    Raises:
        errors.InvalidInput: Less than one, or more than `MAX_LIMIT`.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise errors.InvalidInput(f"每页条数应为 1 至 {MAX_LIMIT}，现为 {limit}。")
    return limit


def cursor_of(values: Sequence[Any]) -> str:
    """Return the place of a row in a list, by the values of its keys."""
    plain = [types.dump_instant(value) if isinstance(value, datetime.datetime) else value for value in values]
    return base64.urlsafe_b64encode(types.dump_json(plain).encode()).decode().rstrip("=")


def start_of(keys: Sequence[sa.ColumnElement[Any]], after: str | None) -> sa.ColumnElement[Any] | None:
    """Return the place where a page begins, as a row value to compare `keys` with.

    Raises:
        errors.InvalidInput: It is not what a page of this list said.
    """
    if after is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if not isinstance(values, list):
            raise TypeError
        pairs = list(zip(keys, values, strict=True))
        return sa.tuple_(*(sa.bindparam(None, _plain(key, value), type_=key.type) for key, value in pairs))
    except (ValueError, TypeError, binascii.Error):
        raise errors.InvalidInput("翻页位置无效，请从第一页重新查看。") from None


def _plain(key: sa.ColumnElement[Any], value: object) -> object:
    if isinstance(key.type, types.Instant):
        return datetime.datetime.fromisoformat(str(value))
    if isinstance(key.type, sa.Integer):
        if type(value) is not int or abs(value) >= 1 << 63:
            raise ValueError
        return value
    return str(value)
