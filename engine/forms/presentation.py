"""What people see: the values that a page begins with, and a filled-in form as labelled Chinese text."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from engine.forms import (
    coercion,
    computing,
    conditions,
    definition,
    dialect,
    field_rights,
    formats,
    messages,
    value_checks,
)

Values = Mapping[str, Any]
_EMPTY = "（未填）"


def initial(
    form: definition.Form, variables: Values, rights: field_rights.Rights = field_rights.ALL_EDIT
) -> dict[str, Any]:
    """Return what to show at first: current values, defaults where there is no variable yet, nothing that is hidden."""
    values = {field.name: field.default for field in form.fields if "default" in field.schema}
    values |= {name: variables[name] for name in form.by_name if name in variables}
    settled = conditions.settled(form.fields, values)
    for field in form.fields:
        if field.computed is not None and rights.may_compute(field):
            values[field.name] = computing.compute(field.computed, settled)
    return {
        field.name: copy.deepcopy(values[field.name])
        for field in form.fields
        if field.name in values and rights.of(field) is not field_rights.Right.HIDE
    }


def standing(
    form: definition.Form, submission: Values, current: Values, rights: field_rights.Rights = field_rights.ALL_EDIT
) -> dict[str, Any]:
    """Return the values as they would stand if `submission` were taken as it is, right or wrong.

    They decide what a page shows and requires, and what is computed; hidden ones are among them.
    """
    state = {name: current[name] for name in form.by_name if name in current}
    state |= {
        field.name: coercion.coerce(field, submission[field.name])
        for field in rights.editable(form.fields)
        if field.name in submission
    }
    settled = conditions.settled(form.fields, state)
    for field in form.fields:
        if field.computed is not None and rights.may_compute(field):
            state[field.name] = computing.compute(field.computed, settled)
    return state


def describe(form: definition.Form, values: Values, names: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Return labels and readable texts of the fields that `values` holds and the form shows, in the order of the form.

    `names` gives the names of persons, roles and units by id; without it the ids are shown. Parts of groups and rows
    are labelled with the way to them: “参加人员（第 1 项）·电话”.
    """
    return list(_describe(form.fields, values, "", names or {}))


def _describe(
    fields: tuple[definition.Field, ...], values: Values, prefix: str, names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    visible = conditions.visible_names(fields, values)
    for field in fields:
        if field.name not in values or field.name not in visible:
            continue
        value, label = values[field.name], f"{prefix}{field.label}"
        if field.is_group and isinstance(value, Mapping):
            yield from _describe(field.children, value, f"{label}·", names)
        elif field.is_rows and isinstance(value, list) and value:
            for index, row in enumerate(value):
                numbered = f"{label}（第 {index + 1} 项）"
                if isinstance(row, Mapping):
                    yield from _describe(field.children, row, f"{numbered}·", names)
                else:
                    yield numbered, str(row)
        else:
            yield label, text(field, value, names)


def text(field: definition.Field, value: Any, names: Mapping[str, str] | None = None) -> str:
    """Return one value as people read it; whatever does not fit the field is shown as it is."""
    if value is None or value == "" or value == []:
        return _EMPTY
    if field.item is not None and isinstance(value, list):
        inner = field.item
        if field.widget in ("person", "role", "unit"):
            return "、".join((names or {}).get(str(part), str(part)) for part in value)
        return "、".join(text(inner, part, names) for part in value)
    label = field.option_label(value)
    if label is not None:
        return label
    if field.is_group and isinstance(value, Mapping):
        return "；".join(f"{name}：{part}" for name, part in _describe(field.children, value, "", names or {}))
    if field.is_file and formats.is_file(value):
        return f"{value['name']}（{messages.size(value['size'])}）"
    if dialect.is_number(value):
        return _number(field, value)
    if isinstance(value, str):
        if field.widget in ("person", "role", "unit"):
            return (names or {}).get(value, value)
        return _moment(field, value) + str(field.settings.get("suffix", ""))
    return "是" if value is True else "否" if value is False else str(value)


def _number(field: definition.Field, value: float) -> str:
    if field.widget == "money":
        return f"{value:,.2f} {field.settings.get('suffix', '元')}"
    suffix = field.settings.get("suffix")
    return f"{value} {suffix}" if suffix else str(value)


def _moment(field: definition.Field, value: str) -> str:
    """Return a date as documents write it, a date-time in Beijing time, anything else unchanged."""
    date = formats.parse_date(value) if field.format == "date" else None
    if date is not None:
        return value_checks.chinese(date)
    instant = formats.parse_date_time(value) if field.format == "date-time" else None
    if instant is None:
        return value
    local = instant.astimezone(formats.BEIJING)
    return f"{value_checks.chinese(local.date())} {local:%H:%M}"
