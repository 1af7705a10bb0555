"""How values look as text, and how text becomes a duration: one form for templates, f-strings and str()."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.bpmn.expressions import json_values
from engine.bpmn.expressions.evaluation import CONTAINERS, Evaluation, Refused, type_name

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,10}(?:\.\d{1,6})?)S)?)?"
)
_FORMAT = re.compile(r"(?P<zeros>0\d{1,2})?(?P<comma>,)?(?P<precision>\.\d{1,2})?(?P<kind>[df%]?)")


def to_text(run: Evaluation, value: Any) -> str:
    """A value as text: null is empty, booleans are true and false, dates are ISO 8601, lists and dictionaries JSON."""
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    if kind is date or kind is datetime:
        return str(value.isoformat())
    if kind is timedelta:
        return json_values.iso_duration(value)
    if kind is int or kind is float or kind is Decimal:
        try:
            return str(value)
        except ValueError:
            raise Refused("整数过大，不能转换为文本") from None
    if kind in CONTAINERS:
        return _container_text(run, value)
    raise Refused(f"{type_name(value)}不能转换为文本")


def _container_text(run: Evaluation, value: Any) -> str:
    run.weigh(value)
    content = json.dumps(json_values.convert(value, json_values.Meter()), ensure_ascii=False)
    run.grow(len(content))
    return content


def formatted(value: Any, specification: str) -> str:
    """A number in a format such as `.2f`, `,`, `.1%` or `04d`; the format was checked when compiled."""
    kind = type(value)
    if kind not in (int, float, Decimal):
        raise Refused(f"格式“{specification}”只能用于数，实际是{type_name(value)}")
    if kind is Decimal and not -30 <= value.adjusted() <= 30:
        raise Refused("定点数超出范围")
    try:
        return format(value, specification)
    except (ValueError, OverflowError):
        raise Refused(f"{type_name(value)}不能用格式“{specification}”书写") from None


def is_format(specification: str) -> bool:
    """Whether a format specification is one of the short ones that cannot make a text long."""
    return _FORMAT.fullmatch(specification) is not None


def parse_duration(content: str) -> timedelta:
    """A duration written in ISO 8601, without years and months, whose length is not fixed."""
    found = _DURATION.fullmatch(content.strip())
    if found is None or content.strip() == "P":
        raise Refused(
            f"“{content[:40]}”不是时长；应写作 P5D（5 天）、PT2H30M（2 小时 30 分）、P1W（1 周），不能用年和月"
        )
    return timedelta(**{unit: float(amount) for unit, amount in found.groupdict().items() if amount})
