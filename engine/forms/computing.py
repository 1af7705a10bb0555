"""Computed fields: four functions of other fields, calculated on the server when a form is submitted or shown.

A general expression language has no place here: what needs one belongs into the diagram.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.forms import definition, dialect, formats

_CALL = re.compile(r"\s*([a-z]+)\s*\(\s*([^()]*?)\s*\)\s*")

Values = Mapping[str, Any]


def parse(text: object) -> definition.Computation | None:
    """Read `function(path, path)`; None for anything else."""
    match = _CALL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return definition.Computation(match[1], tuple(part.strip() for part in match[2].split(",")))


def compute(computation: definition.Computation, values: Values) -> int | float | None:
    """Return the value of a computed field, or None while something that it needs is missing.

    A list that is missing is a list without items: its sum and its count are 0.
    """
    return FUNCTIONS[computation.function].run(*(_read(values, path) for path in computation.arguments))


def _read(values: Values, path: str) -> Any:
    """Return the value at `path`; below a list, the list of the values of its rows."""
    name, dot, rest = path.partition(".")
    value = values.get(name)
    if not dot:
        return value
    return [row.get(rest) for row in value if isinstance(row, Mapping)] if isinstance(value, list) else value


def _plain(number: decimal.Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _exact(number: float) -> decimal.Decimal:
    # By way of the written number: 0.1 + 0.2 is 0.3 to everybody who adds up money.
    return decimal.Decimal(str(number))


def _sum(numbers: Any) -> int | float | None:
    if not isinstance(numbers, list):
        return 0 if numbers is None else None
    return _plain(sum((_exact(number) for number in numbers if dialect.is_number(number)), decimal.Decimal(0)))


def _product(left: Any, right: Any) -> int | float | None:
    if not dialect.is_number(left) or not dialect.is_number(right):
        return None
    return _plain(_exact(left) * _exact(right))


def _count(items: Any) -> int | None:
    if not isinstance(items, list):
        return 0 if items is None else None
    return len(items)


def _days(first: Any, last: Any) -> int | None:
    start, end = formats.parse_date(first), formats.parse_date(last)
    return None if start is None or end is None else (end - start).days


class Function:
    """A function of computed fields: how it is written and explained, what each argument must be, and what it does."""

    def __init__(self, usage: str, meaning: str, run: Callable[..., int | float | None], *arguments: str) -> None:
        self.usage = usage
        self.meaning = meaning
        self.run = run
        self.arguments = arguments


FUNCTIONS: Mapping[str, Function] = {
    "sum": Function("sum(items.amount)", "各行数字之和", _sum, "numbers"),
    "count": Function("count(items)", "列表的项数", _count, "list"),
    "product": Function("product(price, quantity)", "两个数字之积", _product, "number", "number"),
    "days": Function("days(start, end)", "从前一日期到后一日期的自然日数", _days, "date", "date"),
}
