"""Any value of an evaluation as a JSON value: what process variables are made of."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine import errors
from engine.bpmn.expressions.evaluation import MAX_CHARACTERS, MAX_NESTING, type_name

MAX_ELEMENTS = 1_000_000
#: json.dumps refuses longer whole numbers (4,300 digits is Python's own limit for turning them into text).
_MAX_INTEGER_BITS = 10_000
_HOLDERS = (dict, list, tuple, set, frozenset)


class NotJson(Exception):
    """Why a value is no JSON value; `path` leads to it, collected on the way out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def __str__(self) -> str:
        return f"在 {''.join(reversed(self.path))} 处，{self.reason}" if self.path else self.reason


class Meter:
    """Counts elements and characters over one or several conversions."""

    __slots__ = ("characters", "elements")

    def __init__(self) -> None:
        self.elements = 0
        self.characters = 0

    def add(self, elements: int, characters: int) -> None:
        """Count some more, or refuse them."""
        self.elements += elements
        self.characters += characters
        if self.elements > MAX_ELEMENTS or self.characters > MAX_CHARACTERS:
            raise NotJson(f"数据过大：最多 {MAX_ELEMENTS} 项、{MAX_CHARACTERS} 个字符")


def to_json_value(value: object) -> Any:
    """The value as JSON: tuples and sets become lists, dates and durations ISO 8601 texts, decimals texts.

    What is JSON already is returned as it is, not copied. Any string is allowed as a key.

    Raises:
        EvaluationFailed: something in it is no data (with its path), a number is not finite, a key is no string, or it
            is too large, too deep, or contains itself.
    """
    try:
        return convert(value, Meter())
    except NotJson as reason:
        raise errors.EvaluationFailed(f"数据不能保存为流程变量：{reason}", reason=str(reason)) from None


def convert(value: Any, meter: Meter) -> Any:
    """Like `to_json_value`, for several values under one limit; raises NotJson."""
    return value if _measured(value, meter) else _converted(value)


def _measured(value: Any, meter: Meter) -> bool:
    """Whether a value is JSON already, after counting all of it: what is shared as often as it is written out."""
    plain = True
    level: list[Any] = [value]
    for depth in range(MAX_NESTING + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, _HOLDERS):
                meter.add(len(item), 0)
                if depth == MAX_NESTING:
                    raise NotJson(f"数据嵌套过深（超过 {MAX_NESTING} 层），或者包含了自身")
                below.extend(item)
                if isinstance(item, dict):
                    below.extend(item.values())
                    plain = plain and all(type(key) is str for key in item)
            elif isinstance(item, str):
                meter.add(0, len(item))
            plain = plain and _is_json(item)
        if not below:
            return plain
        level = below
    return plain


def _is_json(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        return value.isascii() or _encodable(value)
    if kind is int:
        return bool(value.bit_length() <= _MAX_INTEGER_BITS)
    if kind is float:
        return math.isfinite(value)
    return value is None or kind is bool or kind is dict or kind is list


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _converted(value: Any) -> Any:
    """A value whose size and depth have been checked, rebuilt where it is no JSON yet."""
    if isinstance(value, dict):
        return _dictionary(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _list(value)
    if isinstance(value, str):
        if not _encodable(value):
            raise NotJson("文本中有不成对的代理字符，不能保存")
        return value if type(value) is str else str.__str__(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        if value.bit_length() > _MAX_INTEGER_BITS:
            raise NotJson("整数过大")
        return value if type(value) is int else int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotJson("小数应为有限的数")
        return value if type(value) is float else float(value)
    return _written(value)


def _written(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return iso_duration(value)
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise NotJson(f"{type_name(value)}不能保存；应为文本、数、是否值、空值、日期、时长、列表或字典")


def _dictionary(value: dict[Any, Any]) -> dict[str, Any]:
    changed = type(value) is not dict
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotJson(f"字典的键应为文本，实际是{type_name(key)}")
        name = _converted(key)
        try:
            result[name] = converted = _converted(item)
        except NotJson as reason:
            reason.path.append(f"[“{name[:40]}”]")
            raise
        changed = changed or converted is not item or name is not key
    return result if changed else value


def _list(value: Any) -> list[Any]:
    changed = type(value) is not list
    result: list[Any] = []
    for position, item in enumerate(value):
        try:
            converted = _converted(item)
        except NotJson as reason:
            reason.path.append(f"[{position}]")
            raise
        changed = changed or converted is not item
        result.append(converted)
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(result, key=lambda item: (type(item).__name__, "" if item is None else item))
        except TypeError:
            raise NotJson("集合中的元素无法排序，请改用列表") from None
    return result if changed else value


def iso_duration(value: timedelta) -> str:
    """A duration as ISO 8601: days, hours, minutes, seconds; a leading minus for a negative one."""
    sign, rest = ("-", -value) if value < timedelta(0) else ("", value)
    minutes, seconds = divmod(rest.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    second = f"{seconds}.{rest.microseconds:06d}".rstrip("0") if rest.microseconds else str(seconds)
    clock = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{second}S" * (second != "0")
    days = f"{rest.days}D" * bool(rest.days)
    return f"{sign}P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"
