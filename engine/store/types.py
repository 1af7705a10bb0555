"""How values are kept, the same on every database.

Points in time are kept as text of fixed width in UTC, which sorts as it reads; JSON as text; enums by their value.
"""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Callable
from typing import Any

import sqlalchemy
from sqlalchemy import types

from engine import errors

#: Sorts after every due date: the place of work that is never due.
NEVER = datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC)

_parse = datetime.datetime.fromisoformat


def dump_instant(value: datetime.datetime) -> str:
    """Return a point in time as stored, e.g. ``2026-03-01T01:30:00.000000Z``.

    Raises:
        errors.InvalidInput: The value has no time zone.
    """
    offset = value.utcoffset()
    if offset is None:
        raise errors.InvalidInput(f"时间必须带有时区：{value.isoformat()} 没有时区，不能保存。")
    if offset:
        value = value.astimezone(datetime.UTC)
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def dump_json(value: Any, *, canonical: bool = False) -> str:
    """Return a value as JSON text; `canonical` sorts the keys, so that equal values give equal text.

    Raises:
        errors.InvalidInput: The value is not JSON (NaN and infinities are not, either).
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=canonical)
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: no database takes it, its escape is fine
        text = json.dumps(value, separators=(",", ":"), allow_nan=False, sort_keys=canonical)
    except (TypeError, ValueError, RecursionError) as error:
        raise errors.InvalidInput(f"数据不能以 JSON 保存：{error}。") from None
    return text


class Instant(types.TypeDecorator[datetime.datetime]):
    """A point in time; refuses one without time zone, returns UTC."""

    impl = types.String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Any) -> str | None:
        return None if value is None else dump_instant(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime.datetime | None:
        return None if value is None else _parse(value)


class Json(types.TypeDecorator[Any]):
    """Any JSON value as text; a missing value is NULL, and so is ``None``."""

    impl = types.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


class Names(types.TypeDecorator[tuple[str, ...]]):
    """Several names, in order, as JSON text."""

    impl = types.Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Any) -> str | None:
        return dump_json(value) if value else "[]"

    def process_result_value(self, value: str | None, dialect: Any) -> tuple[str, ...]:
        return () if value is None or value == "[]" else tuple(json.loads(value))


class Choice(types.TypeDecorator[Any]):
    """A member of a string enum, kept as its value."""

    impl = types.String
    cache_ok = True

    def __init__(self, members: type[enum.StrEnum]) -> None:
        super().__init__(16)
        self.members = members
        self._by_value = {member.value: member for member in members}

    def process_bind_param(self, value: enum.StrEnum | str | None, dialect: Any) -> str | None:
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: Any) -> enum.StrEnum | None:
        return None if value is None else self._by_value[value]


def binder(type_: types.TypeEngine[Any], dialect: sqlalchemy.Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a Python value of a column into one for the driver; None if it goes as it is."""
    return type_.dialect_impl(dialect).bind_processor(dialect)


def loader(type_: types.TypeEngine[Any], dialect: sqlalchemy.Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a value from the driver into the Python value of a column; None if it comes as it is."""
    return type_.dialect_impl(dialect).result_processor(dialect, None)
