"""How values are kept, the same on every database.

Points in time are kept as text of fixed width in UTC, which sorts as it reads; JSON as text; enums by their value.
"""

from __future__ import annotations

import datetime
import enum
import functools
import json
from collections.abc import Callable
from typing import Any

import sqlalchemy
from sqlalchemy import types

from engine import errors

#: Sorts after every due date: the place of work that is never due.
NEVER = datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC)

_parse = datetime.datetime.fromisoformat


@functools.lru_cache(maxsize=1024)  # one transaction stores the same moment in many places
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


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_encode_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False, sort_keys=True).encode


def dump_json(value: Any, *, canonical: bool = False) -> str:
    """Return a value as JSON text; `canonical` sorts the keys, so that equal values give equal text.

    Raises:
        errors.InvalidInput: The value is not JSON (NaN and infinities are not, either).
    """
    try:
        text = _encode_canonical(value) if canonical else _encode(value)
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: no database takes it, its escape is fine
        text = _encode_ascii(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise errors.InvalidInput(f"数据不能以 JSON 保存：{error}。") from None
    return text


class _Plain(types.TypeDecorator[Any]):
    """A type whose two conversions are plain functions: of a value that is there, and the same on every database."""

    cache_ok = True
    #: Turns a Python value into what is stored, and back.
    dump: Callable[[Any], Any]
    load: Callable[[Any], Any]

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return self.dump(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return self.load(value)


class Instant(_Plain):
    """A point in time; refuses one without time zone, returns UTC."""

    impl = types.String(27)
    cache_ok = True

    @staticmethod
    def dump(value: datetime.datetime | None) -> str | None:
        return None if value is None else dump_instant(value)

    @staticmethod
    def load(value: str | None) -> datetime.datetime | None:
        return None if value is None else _parse(value)


class Day(_Plain):
    """A day of the calendar, as ``2026-03-01``."""

    impl = types.String(10)
    cache_ok = True

    @staticmethod
    def dump(value: datetime.date | None) -> str | None:
        return None if value is None else value.isoformat()

    @staticmethod
    def load(value: str | None) -> datetime.date | None:
        return None if value is None else datetime.date.fromisoformat(value)


class Json(_Plain):
    """Any JSON value as text; a missing value is NULL, and so is ``None``."""

    impl = types.Text
    cache_ok = True

    @staticmethod
    def dump(value: Any) -> str | None:
        return None if value is None else dump_json(value)

    @staticmethod
    def load(value: str | None) -> Any:
        return None if value is None else json.loads(value)


class Names(_Plain):
    """Several names, in order, as JSON text."""

    impl = types.Text
    cache_ok = True

    @staticmethod
    def dump(value: tuple[str, ...] | None) -> str | None:
        return dump_json(value) if value else "[]"

    @staticmethod
    def load(value: str | None) -> tuple[str, ...]:
        return () if value is None or value == "[]" else tuple(json.loads(value))


class Choice(_Plain):
    """A member of a string enum, kept as its value."""

    impl = types.String
    cache_ok = True

    def __init__(self, members: type[enum.StrEnum]) -> None:
        super().__init__(16)
        self.members = members
        # Members are strings: each is found by itself and by its value.
        dumped: dict[str | None, str | None] = {None: None, **{member: member.value for member in members}}
        loaded: dict[str | None, enum.StrEnum | None] = {None: None, **{member.value: member for member in members}}
        self.dump = dumped.__getitem__
        self.load = loaded.__getitem__


#: The types of this module, whose values are stored as text that one may want to have as it is.
PLAIN = _Plain


def binder(type_: types.TypeEngine[Any], dialect: sqlalchemy.Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a Python value of a column into one for the driver; None if it goes as it is."""
    return type_.dump if isinstance(type_, _Plain) else type_.dialect_impl(dialect).bind_processor(dialect)


def loader(type_: types.TypeEngine[Any], dialect: sqlalchemy.Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a value from the driver into the Python value of a column; None if it comes as it is."""
    return type_.load if isinstance(type_, _Plain) else type_.dialect_impl(dialect).result_processor(dialect, None)
