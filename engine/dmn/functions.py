"""The few FEEL functions that cells may call."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal

from engine import errors
from engine.dmn import values
from engine.dmn.values import Type


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    """A built-in: how many arguments it takes, what it gives, and what it does."""

    arity: int
    result: Type
    function: Callable[..., object]


def _date(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.date()
    if value is None or isinstance(value, datetime.date):
        return value
    return values.read_date(_text(value, "date"))


def _date_and_time(value: object) -> object:
    if value is None or isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    return values.read_date_time(_text(value, "date and time"))


def _list_contains(items: object, wanted: object) -> object:
    if items is None:
        return None
    if not isinstance(items, tuple):
        raise errors.EvaluationFailed(f"list contains 的第一个参数应为列表，现为{values.describe(items)}")
    return any(values.same(item, wanted) for item in items)


def _count(items: object) -> object:
    if items is None:
        return None
    if not isinstance(items, tuple):
        raise errors.EvaluationFailed(f"count 的参数应为列表，现为{values.describe(items)}")
    return Decimal(len(items))


def _of_texts(name: str, function: Callable[[str, str], bool]) -> Callable[[object, object], object]:
    def call(text: object, part: object) -> object:
        if text is None or part is None:
            return None
        return function(_text(text, name), _text(part, name))

    return call


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise errors.EvaluationFailed(f"{name} 的参数应为文字，现为{values.describe(value)}")
    return value


FUNCTIONS: Mapping[str, Function] = {
    "date": Function(1, Type.DATE, _date),
    "date and time": Function(1, Type.DATE_TIME, _date_and_time),
    "list contains": Function(2, Type.BOOLEAN, _list_contains),
    "count": Function(1, Type.NUMBER, _count),
    "contains": Function(2, Type.BOOLEAN, _of_texts("contains", lambda text, part: part in text)),
    "starts with": Function(2, Type.BOOLEAN, _of_texts("starts with", str.startswith)),
    "ends with": Function(2, Type.BOOLEAN, _of_texts("ends with", str.endswith)),
}
