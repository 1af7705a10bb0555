"""The functions every expression may call. Each takes the evaluation first, and pays for its work before doing it."""

from __future__ import annotations

import inspect
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.bpmn.expressions import operators, text
from engine.bpmn.expressions.evaluation import (
    CONTAINERS,
    MAX_INTEGER,
    Evaluation,
    Refused,
    check_key,
    iterate,
    type_name,
)

#: Known when compiling, given when evaluating: the engine binds them to its clock and calendar.
ENGINE_FUNCTIONS = frozenset({"now", "today", "workdays", "days", "deadline", "actor"})
#: Texts and numbers without a time zone are official Chinese time, as everywhere on the platform.
_BEIJING = timezone(timedelta(hours=8), "UTC+08:00")
_ABSENT: Any = object()
#: So many letters may one letter become (U+FDFA).
_LONGEST_NFKC = 18


def _len(run: Evaluation, value: Any, /) -> int:
    if type(value) is not str and type(value) not in CONTAINERS:
        raise Refused(f"{type_name(value)}没有长度；应为文本、列表或字典")
    return len(value)


def _items(run: Evaluation, value: Any) -> list[Any]:
    items = list(iterate(run, value))
    run.spend(len(items))
    return items


def sort(run: Evaluation, value: Any, /, *, key: Any = None, reverse: Any = False) -> list[Any]:
    """The elements in ascending order; with `key`, the name of a field, in the order of that field."""
    items = _items(run, value)
    ranks = _ranks(run, items, key)
    run.weigh(ranks)
    run.spend(len(ranks) * len(ranks).bit_length())
    try:
        order = sorted(range(len(items)), key=ranks.__getitem__, reverse=operators.truth(reverse))
    except (TypeError, ArithmeticError):
        raise Refused("列表中的值类型不一，无法排序") from None
    return [items[position] for position in order]


def _ranks(run: Evaluation, items: list[Any], key: Any) -> list[Any]:
    if key is None:
        return items
    if type(key) is not str:
        raise Refused("key 应为字段名，例如 key='score'")
    return [operators.attribute(item, key) for item in items]


def _extreme(name: str, choose: Callable[..., Any]) -> Callable[..., Any]:
    def extreme(run: Evaluation, value: Any, /, *others: Any, key: Any = None, default: Any = _ABSENT) -> Any:
        items = [value, *others] if others else _items(run, value)
        if not items:
            if default is _ABSENT:
                raise Refused(f"{name} 的列表是空的；可以写 {name}(列表, default=0)")
            return default
        ranks = _ranks(run, items, key)
        run.weigh(ranks)
        try:
            return items[choose(range(len(items)), key=ranks.__getitem__)]
        except (TypeError, ArithmeticError):
            raise Refused(f"{name} 不能比较类型不同的值") from None

    return extreme


def _sum(run: Evaluation, value: Any, start: Any = 0, /) -> Any:
    items = _items(run, value)
    for item in (start, *items):
        if type(item) not in operators.NUMBERS and type(item) is not timedelta:
            raise Refused(f"sum 只能加数或时长，其中有{type_name(item)}")
    total = start
    for item in items:
        # A sum of durations starts from the first one, as there is no number that stands for “no time”.
        total = item if total == 0 and type(item) is timedelta else operators.add(run, total, item)
    return total


def _abs(run: Evaluation, value: Any, /) -> Any:
    if type(value) not in operators.NUMBERS and type(value) is not timedelta:
        raise Refused(f"abs 只能用于数，实际是{type_name(value)}")
    return abs(value)


def _round(run: Evaluation, value: Any, digits: Any = None, /) -> Any:
    if type(value) not in operators.NUMBERS:
        raise Refused(f"round 只能用于数，实际是{type_name(value)}")
    if digits is not None and (type(digits) is not int or not -30 <= digits <= 30):
        raise Refused("round 的小数位数应为 -30 到 30 的整数")
    return operators.number(round(_small(value), digits))


def _small(value: Any) -> Any:
    """Refuse decimals and floats that would become enormous whole numbers."""
    if type(value) is Decimal and (not value.is_finite() or not -100 <= value.adjusted() <= 30):
        raise Refused("定点数超出范围")
    if type(value) is float and not abs(value) <= MAX_INTEGER:
        raise Refused("小数超出范围")
    return value


def _int(run: Evaluation, value: Any = 0, /) -> int:
    if type(value) is str and len(value) > 64:
        raise Refused("文本太长，不是整数")
    if type(value) is not str and type(value) not in operators.NUMBERS:
        raise Refused(f"{type_name(value)}不能转换为整数")
    try:
        return int(operators.number(int(_small(value))))
    except ValueError:
        raise Refused(f"“{value}”不是整数") from None


def _float(run: Evaluation, value: Any = 0.0, /) -> float:
    if type(value) is str and len(value) > 64:
        raise Refused("文本太长，不是数")
    if type(value) is not str and type(value) not in operators.NUMBERS:
        raise Refused(f"{type_name(value)}不能转换为小数")
    try:
        return float(operators.number(float(value)))
    except (ValueError, OverflowError):
        raise Refused(f"“{value}”不是数") from None


def _decimal(run: Evaluation, value: Any = 0, /) -> Decimal:
    if type(value) is float:
        value = repr(value)
    if (type(value) is str and len(value) > 64) or type(value) not in (str, int, bool, Decimal):
        raise Refused(f"{type_name(value)}不能转换为定点数")
    try:
        return Decimal(_small(Decimal(value)))
    except InvalidOperation:
        raise Refused(f"“{value}”不是数") from None


def _str(run: Evaluation, value: Any = "", /) -> str:
    return text.to_text(run, value)


def _plain(run: Evaluation, value: Any, /) -> str:
    """Return a text as it is compared: letters of full width as usual ones (NFKC), without any blanks."""
    if value is None:
        return ""
    if type(value) is not str:
        raise Refused(f"plain 的参数应为文本，实际是{type_name(value)}")
    run.grow(_LONGEST_NFKC * len(value))
    return "".join(unicodedata.normalize("NFKC", value).split())


def _bool(run: Evaluation, value: Any = False, /) -> bool:
    return operators.truth(value)


def _list(run: Evaluation, value: Any = (), /) -> list[Any]:
    items = _items(run, value)
    run.grow(len(items))
    return items


def _dict(run: Evaluation, value: Any = (), /, **entries: Any) -> dict[Any, Any]:
    return {**dict(operators.pairs(run, value)), **entries}


def _set(run: Evaluation, value: Any = (), /) -> set[Any]:
    items = _items(run, value)
    for item in items:
        check_key(item)
    run.grow(len(items))
    return set(items)


def any_of(run: Evaluation, values: Iterable[Any]) -> bool:
    """Whether one of the values is true; stops at the first."""
    return any(operators.truth(value) for value in values)


def all_of(run: Evaluation, values: Iterable[Any]) -> bool:
    """Whether all values are true; stops at the first that is not."""
    return all(operators.truth(value) for value in values)


def _any(run: Evaluation, values: Any, /) -> bool:
    return any_of(run, _items(run, values))


def _all(run: Evaluation, values: Any, /) -> bool:
    return all_of(run, _items(run, values))


def _range(run: Evaluation, start: Any, stop: Any = None, step: Any = 1, /) -> list[int]:
    bounds = (start, step) if stop is None else (start, stop, step)
    if any(type(bound) is not int for bound in bounds) or step == 0:
        raise Refused("range 的参数应为整数，步长不能为零")
    numbers = range(start) if stop is None else range(start, stop, step)
    try:
        run.grow(len(numbers))
    except OverflowError:
        raise Refused("range 的范围过大") from None
    return list(numbers)


def _enumerate(run: Evaluation, value: Any, /, start: Any = 0) -> list[tuple[int, Any]]:
    if type(start) is not int:
        raise Refused("enumerate 的起点应为整数")
    items = _items(run, value)
    run.grow(3 * len(items))
    return list(enumerate(items, start))


def _zip(run: Evaluation, /, *values: Any) -> list[tuple[Any, ...]]:
    lists = [_items(run, value) for value in values]
    run.grow(sum(len(items) + 1 for items in lists))
    return list(zip(*lists, strict=False))


def _date(run: Evaluation, value: Any, /, *parts: Any) -> date:
    if not parts and type(value) is datetime:
        return value.date()
    if not parts and type(value) is date:
        return value
    try:
        if type(value) is str and not parts:
            return date.fromisoformat(value)
        return date(*_whole(value, *parts))
    except (ValueError, OverflowError, TypeError):
        raise Refused(f"“{_shown(value, parts)}”不是日期；应写作 date('2026-01-05') 或 date(2026, 1, 5)") from None


def _datetime(run: Evaluation, value: Any, /, *parts: Any) -> datetime:
    if not parts and type(value) is datetime:
        return value
    if not parts and type(value) is date:
        return datetime(value.year, value.month, value.day, tzinfo=_BEIJING)
    try:
        if type(value) is str and not parts:
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=_BEIJING)
        return datetime(*_whole(value, *parts)).replace(tzinfo=_BEIJING)  # noqa: DTZ001 - the zone follows
    except (ValueError, OverflowError, TypeError):
        raise Refused(f"“{_shown(value, parts)}”不是日期时间；应写作 datetime('2026-01-05T09:00:00')") from None


def _whole(*parts: Any) -> tuple[Any, ...]:
    if all(type(part) is int for part in parts):
        return parts
    raise ValueError


def _shown(value: Any, parts: tuple[Any, ...]) -> str:
    return ", ".join(str(part)[:40] for part in (value, *parts[:7]))


def _duration(
    run: Evaluation,
    value: Any = None,
    /,
    *,
    weeks: Any = 0,
    days: Any = 0,
    hours: Any = 0,
    minutes: Any = 0,
    seconds: Any = 0,
) -> timedelta:
    amounts = (weeks, days, hours, minutes, seconds)
    if any(type(amount) not in (int, float) for amount in amounts) or not (value is None or type(value) is str):
        raise Refused("duration 应写作 duration('PT2H') 或 duration(days=5, hours=2)")
    try:
        written = text.parse_duration(value) if value is not None else timedelta()
        return written + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except (OverflowError, ValueError):
        raise Refused("时长超出范围") from None


BUILTINS: dict[str, Callable[..., Any]] = {
    "len": _len,
    "min": _extreme("min", min),
    "max": _extreme("max", max),
    "sum": _sum,
    "abs": _abs,
    "round": _round,
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "str": _str,
    "plain": _plain,
    "bool": _bool,
    "list": _list,
    "dict": _dict,
    "set": _set,
    "sorted": sort,
    "any": _any,
    "all": _all,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
}
#: Compiled by themselves, because they take the name of a variable that may not exist.
VARIABLE_FUNCTIONS = frozenset({"defined", "get"})
DEFAULT_FUNCTIONS = frozenset(BUILTINS) | VARIABLE_FUNCTIONS | ENGINE_FUNCTIONS
#: Functions whose results share nothing with their arguments.
SCALAR_FUNCTIONS = (
    frozenset(
        {"len", "sum", "abs", "round", "int", "float", "decimal", "str", "bool", "any", "all", "range", "defined"}
    )
    | frozenset({"date", "datetime", "duration", "plain", "set"})
    | ENGINE_FUNCTIONS
)
_SIGNATURES = {name: inspect.signature(function) for name, function in BUILTINS.items()}


def accepts(name: str, positional: int, keywords: list[str]) -> bool:
    """Whether a built-in function can be called with so many arguments and these keywords."""
    try:
        _SIGNATURES[name].bind(None, *[None] * positional, **dict.fromkeys(keywords))
    except TypeError:
        return False
    return True
