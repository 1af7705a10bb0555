"""FEEL's values in Python, and the way between them and JSON.

============== =======================  =====================================
FEEL           Python                   JSON
============== =======================  =====================================
null           None                     null
boolean        bool                     true, false
number         Decimal, 34 digits       integer where whole, else number
string         str                      string
date           datetime.date            "2026-01-01"
date and time  datetime.datetime        "2026-01-01T08:00:00+08:00"
list           tuple                    array
context        Mapping (as it came)     object
============== =======================  =====================================
"""

from __future__ import annotations

import copy
import datetime
import decimal
import enum
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine import errors

#: FEEL numbers are IEEE 754 decimal128: 34 digits.  The exponents stay within what a JSON reader can hold.
ARITHMETIC = decimal.Context(
    prec=34,
    Emin=-300,
    Emax=300,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
_LARGEST = Decimal(10) ** 34
#: A date and time without offset is Beijing time (北京时间).
_BEIJING = datetime.timezone(datetime.timedelta(hours=8))
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Type(enum.StrEnum):
    """The types that a column may declare; the value is the name in messages."""

    STRING = "文字"
    NUMBER = "数字"
    INTEGER = "整数"
    BOOLEAN = "布尔值"
    DATE = "日期"
    DATE_TIME = "日期时间"


#: How `typeRef` spells them.
TYPE_REFS: Mapping[str, Type | None] = {
    "string": Type.STRING,
    "number": Type.NUMBER,
    "double": Type.NUMBER,
    "integer": Type.INTEGER,
    "long": Type.INTEGER,
    "boolean": Type.BOOLEAN,
    "date": Type.DATE,
    "dateTime": Type.DATE_TIME,
    "date and time": Type.DATE_TIME,
    "Any": None,
}


def type_of(value: object) -> Type | None:
    """Return the type of a value; None for null, lists and contexts."""
    if isinstance(value, bool):
        return Type.BOOLEAN
    if isinstance(value, Decimal):
        return Type.NUMBER
    if isinstance(value, str):
        return Type.STRING
    if isinstance(value, datetime.datetime):
        return Type.DATE_TIME
    if isinstance(value, datetime.date):
        return Type.DATE
    return None


def fits(actual: Type | None, declared: Type | None) -> bool:
    """Tell whether a value of one type may stand where another is declared; unknown fits everywhere."""
    if actual is None or declared is None or actual is declared:
        return True
    return {actual, declared} == {Type.NUMBER, Type.INTEGER}


def describe(value: object) -> str:
    """Return a value as messages show it, short."""
    kind = type_of(value)
    if value is None:
        return "空值"
    if kind is None:
        return "列表" if isinstance(value, tuple) else "对象"
    text = to_json(value)
    shown = f"“{text}”" if isinstance(text, str) else str(text).lower() if isinstance(text, bool) else str(text)
    return f"{kind}{shown if len(shown) <= 60 else shown[:59] + '…'}"


def from_json(value: object) -> object:
    """Return the FEEL value of a JSON value; dates are still strings, a column's type makes dates of them.

    Raises:
        errors.EvaluationFailed: A number is not finite or has more than 34 digits, or the value is no JSON.
    """
    if value is None or isinstance(value, bool | str | Mapping):
        return value
    if isinstance(value, int):
        if abs(value) >= 10**34:
            raise errors.EvaluationFailed("数字超出范围：最多 34 位")
        return Decimal(value)
    if isinstance(value, float):
        number = Decimal(repr(value))
        if not number.is_finite() or number.copy_abs() >= _LARGEST:
            raise errors.EvaluationFailed("数字超出范围：最多 34 位，且不能是无穷大或 NaN")
        return number
    if isinstance(value, list | tuple):
        return tuple(from_json(item) for item in value)
    raise errors.EvaluationFailed(f"变量的值应为 JSON 值，现为 {type(value).__name__}")


def to_json(value: object) -> object:
    """Return the JSON value of a FEEL value."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.copy_abs() < _LARGEST else float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return copy.deepcopy(value) if isinstance(value, Mapping) else value


def coerce(value: object, wanted: Type | None) -> object:
    """Return a FEEL value as the declared type has it; ISO strings become dates, nothing else is converted.

    Raises:
        errors.EvaluationFailed: The value is of another type.
    """
    if value is None or wanted is None:
        return value
    if wanted in (Type.DATE, Type.DATE_TIME) and isinstance(value, str):
        return read_date(value) if wanted is Type.DATE else read_date_time(value)
    if wanted is Type.INTEGER and isinstance(value, Decimal) and value != value.to_integral_value():
        raise errors.EvaluationFailed(f"应为整数，现为{describe(value)}")
    if type_of(value) is None or not fits(type_of(value), wanted):
        raise errors.EvaluationFailed(f"应为{wanted}，现为{describe(value)}")
    return value


def read_date(text: str) -> datetime.date:
    """Return the date written ``2026-01-01``.

    Raises:
        errors.EvaluationFailed: The text is no such date.
    """
    try:
        if _DATE.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise errors.EvaluationFailed(f"应为日期（如 2026-01-01），现为{describe(text)}")


def read_date_time(text: str) -> datetime.datetime:
    """Return the date and time written ``2026-01-01T08:00:00``, with an offset or without; a date is its midnight.

    Raises:
        errors.EvaluationFailed: The text is neither.
    """
    try:
        if _DATE_TIME.fullmatch(text) or _DATE.fullmatch(text):
            return datetime.datetime.fromisoformat(text)
    except ValueError:
        pass
    raise errors.EvaluationFailed(f"应为日期时间（如 2026-01-01T08:00:00+08:00），现为{describe(text)}")


def same(left: object, right: object) -> bool:
    """Tell whether two values are the same; values of different types never are."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(from_json(left[key]), from_json(right[key])) for key in left)
    if left is None or right is None:
        return left is right
    if type_of(left) is not type_of(right) or type_of(left) is None:
        return False
    return bool(order_key(left) == order_key(right))


def equal(left: object, right: object) -> bool:
    """Tell whether two values are equal; null equals null alone.

    Raises:
        errors.EvaluationFailed: They are of different types, which FEEL would answer with null and nobody would see.
    """
    if left is not None and right is not None and _shape(left) != _shape(right):
        raise errors.EvaluationFailed(f"不能比较{describe(left)}与{describe(right)}，两者类型不同")
    return same(left, right)


def less(left: object, right: object) -> bool | None:
    """Tell whether one value comes before another; null where either is null.

    Raises:
        errors.EvaluationFailed: They are of different types, or have no order.
    """
    if left is None or right is None:
        return None
    if type_of(left) is not type_of(right) or type_of(left) in (None, Type.BOOLEAN):
        raise errors.EvaluationFailed(f"不能比较{describe(left)}与{describe(right)}的大小")
    return bool(order_key(left) < order_key(right))


def order_key(value: Any) -> Any:
    """Return what Python may compare in place of the value, among values of its own type."""
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=_BEIJING)
    return value


def _shape(value: object) -> object:
    return type_of(value) or ("list" if isinstance(value, tuple) else "context")
