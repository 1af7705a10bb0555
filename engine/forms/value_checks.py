"""What a schema cannot say: dates against today and other fields, one line or several, amounts of money."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from engine.forms import definition, dialect, formats, messages, problems, vocabulary

Values = Mapping[str, Any]
_SINGLE_LINE = frozenset({"text", *vocabulary.PICKERS})
Complaint = tuple[problems.Path, str, str]


class References(Protocol):
    """Knows what a value of a form may refer to."""

    def problem(self, field: definition.Field, value: Any) -> str | None:
        """Return what is wrong with a file, or with the id of a person, a role or a unit; None if nothing is.

        Args:
            field: The field; of a list, the list.
            value: One value, of the right shape.
        """
        ...


def check_references(
    fields: tuple[definition.Field, ...], values: Values, references: References, path: problems.Path = ()
) -> Iterator[Complaint]:
    """Yield a complaint about every file, person, role and unit that is not there."""
    for field in fields:
        if field.name not in values:
            continue
        value, here = values[field.name], (*path, field.name)
        parts = value if field.item is not None and isinstance(value, list) else [value]
        for index, part in enumerate(parts):
            at = (*here, index) if field.item is not None else here
            if field.children and isinstance(part, Mapping):
                yield from check_references(field.children, part, references, at)
            elif _refers(field, part):
                problem = references.problem(field, part)
                if problem is not None:
                    yield at, "reference", problem


def _refers(field: definition.Field, value: Any) -> bool:
    if (field.item or field).is_file:
        return formats.is_file(value)
    return field.widget in vocabulary.PICKERS and isinstance(value, str)


def check(form: definition.Form, values: Values, today: datetime.date) -> Iterator[Complaint]:
    """Yield path, code and message of every wrong value."""
    yield from _check_fields(form.fields, values, (), today)


def _check_fields(
    fields: tuple[definition.Field, ...], values: Values, path: problems.Path, today: datetime.date
) -> Iterator[Complaint]:
    for field in fields:
        if field.name not in values:
            continue
        value, here = values[field.name], (*path, field.name)
        if field.item is not None and isinstance(value, list):
            for index, part in enumerate(value):
                yield from _check_value(field.item, fields, values, part, (*here, index), today)
        else:
            yield from _check_value(field, fields, values, value, here, today)


def _check_value(
    field: definition.Field,
    siblings: tuple[definition.Field, ...],
    values: Values,
    value: Any,
    path: problems.Path,
    today: datetime.date,
) -> Iterator[Complaint]:
    if field.is_group and isinstance(value, Mapping):
        yield from _check_fields(field.children, value, path, today)
    elif isinstance(value, str):
        if field.widget in _SINGLE_LINE and "\n" in value:
            yield path, "single-line", "应为一行文字，不能换行"
        yield from _check_date(field, siblings, values, value, path, today)
    elif dialect.is_number(value):
        if abs(value) > vocabulary.MAX_NUMBER:
            yield path, "too-large", f"数值应在 ±{vocabulary.MAX_NUMBER} 之间"
        elif field.widget == "money" and not dialect.is_multiple(value, 0.01):
            yield path, "multipleOf", messages.sentence("multipleOf", {"multipleOf": 0.01}, field, value)


def _check_date(
    field: definition.Field,
    siblings: tuple[definition.Field, ...],
    values: Values,
    value: str,
    path: problems.Path,
    today: datetime.date,
) -> Iterator[Complaint]:
    date = formats.parse_date(value) if field.format == "date" else None
    if date is None:
        return
    for keyword, bound in (("formatMinimum", field.earliest), ("formatMaximum", field.latest)):
        anchor = _anchor(bound, values, today) if bound is not None else None
        if bound is None or anchor is None:
            continue
        limit = anchor + datetime.timedelta(days=bound.days)
        if date < limit if keyword == "formatMinimum" else date > limit:
            own = field.schema.get("x-messages", {}).get(keyword)
            words = "应不早于" if keyword == "formatMinimum" else "应不晚于"
            reason = _reason(bound, siblings)
            yield path, keyword, own or f"{words} {chinese(limit)}{reason}，现为 {chinese(date)}"


def _anchor(bound: definition.DateBound, values: Values, today: datetime.date) -> datetime.date | None:
    if bound.anchor == "today":
        return today
    return formats.parse_date(bound.anchor) or formats.parse_date(values.get(bound.anchor))


def _reason(bound: definition.DateBound, siblings: tuple[definition.Field, ...]) -> str:
    if bound.anchor[0].isdigit():
        return ""
    labels = {field.name: f"“{field.label}”" for field in siblings}
    name = "今天" if bound.anchor == "today" else labels[bound.anchor]
    if not bound.days:
        return f"（{name}）"
    return f"（{name}{'之后' if bound.days > 0 else '之前'} {abs(bound.days)} 日）"


def chinese(date: datetime.date) -> str:
    """Return a date as official documents write it: 2026年11月21日."""
    return f"{date.year}年{date.month}月{date.day}日"
