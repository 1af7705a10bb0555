"""The language of templates: sandboxed Jinja2 with the filters that official documents need.

Nothing of Python is in reach: no attributes that begin with an underscore, no methods, no filters and no arithmetic
that make much out of little, a bounded `range`. What is typed by people is escaped.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from typing import Any

import jinja2
import markupsafe
from jinja2 import exceptions, runtime, sandbox

#: Official Chinese time.
BEIJING = datetime.timezone(datetime.timedelta(hours=8))
#: The variable that holds names of people by id.
NAMES = "_names"
_DIGITS = "〇一二三四五六七八九"


def moment(value: Any) -> datetime.datetime | datetime.date:
    """Return a date or a moment in official time, from ISO 8601 text, too.

    Raises:
        jinja2.UndefinedError: The value is neither.
    """
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value) if len(value) == 10 else datetime.datetime.fromisoformat(value)
        except ValueError:
            raise jinja2.UndefinedError(f"应为日期或时间，实际为“{value}”") from None
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo is None else value.astimezone(BEIJING)
    if isinstance(value, datetime.date):
        return value
    raise jinja2.UndefinedError(f"应为日期或时间，实际为 {value!r}")


def day(value: Any) -> str:
    """Return 2026年11月22日."""
    at = moment(value)
    return f"{at.year}年{at.month}月{at.day}日"


def minute(value: Any) -> str:
    """Return 2026年11月22日9时30分; a mere date as `day` does."""
    at = moment(value)
    if not isinstance(at, datetime.datetime):
        return day(at)
    return f"{day(at)}{at.hour}时" + (f"{at.minute}分" if at.minute else "")


def chinese_day(value: Any) -> str:
    """Return 二〇二六年十一月二十二日."""
    at = moment(value)
    year = "".join(_DIGITS[int(digit)] for digit in f"{at.year:04d}")
    return f"{year}年{chinese(at.month)}月{chinese(at.day)}日"


def chinese(number: int) -> str:
    """Return a number from 0 to 99 in words: 二十二.

    Raises:
        jinja2.UndefinedError: It is not such a number.
    """
    if not 0 <= number <= 99:
        raise jinja2.UndefinedError(f"应为 0 至 99 的整数，实际为 {number}")
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones] if ones else "零"
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def yuan(value: Any) -> str:
    """Return an amount of money: 1,234.50 元."""
    try:
        return f"{decimal.Decimal(str(value)):,.2f} 元"
    except decimal.InvalidOperation:
        raise jinja2.UndefinedError(f"应为金额，实际为 {value!r}") from None


def lines(value: Any) -> markupsafe.Markup:
    """Return a text as paragraphs, one for each of its lines."""
    parts = [line.strip() for line in str(value or "").splitlines()]
    return markupsafe.Markup("\n").join(markupsafe.Markup("<p>{}</p>").format(part) for part in parts if part)


@jinja2.pass_context
def person(context: runtime.Context, value: str) -> str:
    """Return what somebody is called; an id that is nobody's stays as it is."""
    names: Mapping[str, str] = context.get(NAMES) or {}
    return names.get(value, value)


#: Filters of Jinja2 that templates may use: those whose work is bounded by the data they are given.
_FILTERS = (
    "abs", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "int", "items", "join",
    "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round",
    "select", "selectattr", "sort", "string", "sum", "trim", "unique", "upper",
)  # fmt: skip
#: The largest number that a template may multiply.
_LARGEST = 10**18


class _Sandbox(sandbox.ImmutableSandboxedEnvironment):
    """Data is looked at, not called: a variable may be named like a method of a mapping."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = all(isinstance(each, int | float | decimal.Decimal) for each in (left, right))
        if operator == "*" and numbers and abs(left) <= _LARGEST and abs(right) <= _LARGEST:
            return left * right
        if operator == "%" and numbers:
            return left % right
        raise exceptions.SecurityError(f"模板不能这样计算：{operator}")

    def is_safe_callable(self, obj: Any) -> bool:
        return isinstance(obj, runtime.Macro | runtime.LoopContext) or obj is self.globals["range"]

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def environment(*, escaped: bool, undefined: type[jinja2.Undefined] = jinja2.StrictUndefined) -> jinja2.Environment:
    """Return the language: `escaped` for HTML; `undefined` is what stands for a variable that is not there."""
    made = _Sandbox(autoescape=escaped, undefined=undefined, trim_blocks=True, lstrip_blocks=True)
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.globals = {"range": sandbox.safe_range}
    made.filters.update(day=day, minute=minute, chinese_day=chinese_day, chinese=chinese, yuan=yuan, lines=lines)
    made.filters["person"] = person
    return made


TEXT = environment(escaped=False)
HTML = environment(escaped=True)
