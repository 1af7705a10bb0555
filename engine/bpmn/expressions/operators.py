"""Operators with their costs paid beforehand: nothing here builds a large value to find out that it is too large."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.bpmn.expressions.evaluation import (
    CONTAINERS,
    MAX_INTEGER,
    PLAIN,
    Evaluation,
    Refused,
    check_key,
    closest,
    iterate,
    type_name,
)

NUMBERS = frozenset({int, float, bool, Decimal})
TIMES = frozenset({date, datetime, timedelta})
FIELDS: dict[type, frozenset[str]] = {
    date: frozenset({"year", "month", "day"}),
    datetime: frozenset({"year", "month", "day", "hour", "minute", "second"}),
    timedelta: frozenset({"days", "seconds"}),
}
#: Strings up to this length are compared without being charged for.
SHORT = 256


def number(value: Any) -> Any:
    """Pass a number on, or refuse it for its size."""
    kind = type(value)
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Refused("整数过大：绝对值不能超过 10 的 30 次方")
    elif (kind is float and not math.isfinite(value)) or (kind is Decimal and not value.is_finite()):
        raise Refused("计算结果不是有限的数")
    return value


def _mismatch(symbol: str, left: object, right: object) -> Refused:
    hint = "；请用 str() 转换为文本，或用 int()、float() 转换为数" if str in (type(left), type(right)) else ""
    return Refused(f"“{symbol}”不能用于{type_name(left)}和{type_name(right)}{hint}")


def _arithmetic(symbol: str, native: Callable[[Any, Any], Any]) -> Callable[[Evaluation, Any, Any], Any]:
    def calculate(run: Evaluation, left: Any, right: Any) -> Any:
        kinds = {type(left), type(right)}
        if not (kinds <= NUMBERS or (kinds & TIMES and kinds <= TIMES | NUMBERS)):
            raise _mismatch(symbol, left, right)
        try:
            return number(native(left, right))
        except TypeError:
            raise _mismatch(symbol, left, right) from None
        except ZeroDivisionError:
            raise Refused("除数为零") from None
        except (ValueError, ArithmeticError):
            raise Refused(f"“{symbol}”的结果超出范围") from None

    return calculate


_add = _arithmetic("+", operator.add)
_multiply = _arithmetic("*", operator.mul)


def add(run: Evaluation, left: Any, right: Any) -> Any:
    """Numbers and dates added, texts and lists joined."""
    kind = type(left)
    if kind is type(right) and kind in (str, list, tuple):
        run.grow(len(left) + len(right))
        return left + right
    return _add(run, left, right)


def multiply(run: Evaluation, left: Any, right: Any) -> Any:
    """Numbers multiplied, a text or list repeated."""
    if type(left) is int and type(right) in (str, list, tuple):
        left, right = right, left
    if type(left) in (str, list, tuple) and type(right) is int:
        run.grow(len(left) * max(right, 0))
        return left * right
    return _multiply(run, left, right)


BINARY: dict[str, Callable[[Evaluation, Any, Any], Any]] = {
    "Add": add,
    "Sub": _arithmetic("-", operator.sub),
    "Mult": multiply,
    "Div": _arithmetic("/", operator.truediv),
    "FloorDiv": _arithmetic("//", operator.floordiv),
    "Mod": _arithmetic("%", operator.mod),
}


def negate(value: Any) -> Any:
    """The value with the opposite sign."""
    if type(value) in NUMBERS or type(value) is timedelta:
        return -value
    raise Refused(f"“-”不能用于{type_name(value)}")


def positive(value: Any) -> Any:
    """The value itself, if it is a number."""
    if type(value) in NUMBERS or type(value) is timedelta:
        return +value
    raise Refused(f"“+”不能用于{type_name(value)}")


def truth(value: Any) -> bool:
    """Whether a value counts as true: not zero, not empty, not null."""
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is str or kind in PLAIN or kind in CONTAINERS:
        return bool(value)
    raise Refused(f"类型 {kind.__name__} 的值不能在表达式中使用")


def _charge(run: Evaluation, value: Any) -> None:
    if type(value) is str:
        run.spend(len(value) >> 6)
    elif type(value) not in PLAIN:
        run.weigh(value)


def compare(run: Evaluation, symbol: str, native: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    """Two values compared; the work is charged by the size of both."""
    _charge(run, left)
    _charge(run, right)
    try:
        return bool(native(left, right))
    except TypeError:
        raise Refused(f"{type_name(left)}和{type_name(right)}不能用“{symbol}”比较大小") from None
    except ArithmeticError:
        raise Refused(f"“{symbol}”两边的数不能比较") from None


def contains(run: Evaluation, item: Any, container: Any) -> bool:
    """Whether a list has an element, a dictionary a key, a text a part."""
    kind = type(container)
    if kind is str:
        if type(item) is not str:
            raise Refused(f"在文本中只能查找文本，不能查找{type_name(item)}")
        charge_search(run, container, item)
        return item in container
    if kind is dict or kind is set:
        check_key(item)
        return item in container
    if kind is list or kind is tuple:
        charge_scan(run, container, item)
        return item in container
    raise Refused(f"“in”的右边应为列表、字典或文本，实际是{type_name(container)}")


def charge_search(run: Evaluation, text: str, part: str) -> None:
    """Pay for looking for a part in a text, at the worst case of the search."""
    run.spend(1 + (len(text) * min(len(part), 100) >> 8))


def charge_scan(run: Evaluation, items: Any, item: Any) -> None:
    """Pay for comparing an item with every element."""
    if type(item) in PLAIN or (type(item) is str and len(item) <= SHORT):
        run.spend(len(items))
    else:
        run.weigh(item)
        run.weigh(items)


def subscript(run: Evaluation, container: Any, index: Any) -> Any:
    """An element of a list or text by position, of a dictionary by key."""
    kind = type(container)
    if kind is dict:
        check_key(index)
        try:
            return container[index]
        except KeyError:
            raise _no_key(container, index) from None
    if kind is list or kind is tuple or kind is str:
        if not isinstance(index, int):
            raise Refused(f"{type_name(container)}的下标应为整数，实际是{type_name(index)}")
        try:
            return container[index]
        except IndexError:
            raise Refused(f"下标 {index} 超出范围：共有 {len(container)} 项，从 0 数起") from None
    raise Refused(f"{type_name(container)}不能用方括号取值")


def _no_key(container: dict[Any, Any], key: object) -> Refused:
    similar = closest(key, container) if isinstance(key, str) else ""
    hint = f"；相近的有：{similar}" if similar else "；可能没有的键请用 .get(键, 默认值) 读取"
    return Refused(f"字典中没有“{str(key)[:64]}”{hint}")


def part(run: Evaluation, container: Any, start: Any, stop: Any, step: Any) -> Any:
    """A range of a list or text."""
    if type(container) not in (list, tuple, str):
        raise Refused(f"{type_name(container)}不能取一段；应为列表或文本")
    bounds = (start, stop, step)
    if any(bound is not None and not isinstance(bound, int) for bound in bounds) or step == 0:
        raise Refused("一段的起点、终点和步长应为整数，步长不能为零")
    wanted = slice(*bounds)
    run.grow(len(range(*wanted.indices(len(container)))))
    return container[wanted]


def attribute(value: Any, name: str) -> Any:
    """The value of a dictionary's key, or a field of a date or duration: never a Python attribute."""
    kind = type(value)
    if kind is dict:
        try:
            return value[name]
        except KeyError:
            raise _no_key(value, name) from None
    fields = FIELDS.get(kind)
    if fields is None or name not in fields:
        known = f"；可以取 {'、'.join(sorted(fields))}" if fields else ""
        raise Refused(f"{type_name(value)}没有“{name}”{known}")
    return getattr(value, name)


def pairs(run: Evaluation, value: Any) -> list[tuple[Any, Any]]:
    """The entries of a dictionary, or of a list of pairs, with keys checked."""
    if type(value) is dict:
        entries = list(value.items())
    else:
        entries = []
        for entry in iterate(run, value):
            if type(entry) not in (list, tuple) or len(entry) != 2:
                raise Refused("应为字典，或者由（键，值）组成的列表")
            entries.append((entry[0], entry[1]))
    run.grow(len(entries))
    for key, _ in entries:
        check_key(key)
    return entries
