"""What depends on the values: which fields are shown and which are required now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.forms import coercion, definition, dialect

Values = Mapping[str, Any]


def visible_names(fields: Iterable[definition.Field], values: Values) -> frozenset[str]:
    """Return the names of those sibling `fields` that are shown; what hangs on a hidden field is hidden too."""
    by_name = {field.name: field for field in fields}

    def shown(field: definition.Field) -> bool:
        condition = field.visible_when
        if condition is None:
            return True
        return shown(by_name[condition.field]) and _holds(condition, values.get(condition.field))

    return frozenset(name for name, field in by_name.items() if shown(field))


def _holds(condition: definition.Condition, value: object) -> bool:
    wanted = {dialect.canonical(one) for one in condition.values}
    present = value if isinstance(value, list) else [value]
    return any(dialect.canonical(one) in wanted for one in present)


def required_names(form: definition.Form, values: Values) -> frozenset[str]:
    """Return the top-level fields that are required and shown for `values`, by `required` and by the rules that hold.

    `anyOf` (one of several) is no requirement of a single field and is left out.
    """
    answers = settled(form.fields, values)
    visible = visible_names(form.fields, answers)
    return frozenset(_required(form.validator, form.validator.schema, answers)) & visible


def required_children(form: definition.Form, field: definition.Field, values: Values) -> frozenset[str]:
    """Return the fields of a group, or of one row, that are required and shown for its `values`."""
    answers = settled(field.children, values)
    schema = (field.item or field).schema
    return frozenset(_required(form.validator, schema, answers)) & visible_names(field.children, answers)


def _required(validator: Any, schema: Mapping[str, Any], values: Values) -> Iterator[str]:
    yield from schema.get("required", ())
    for name, others in schema.get("dependentRequired", {}).items():
        if name in values:
            yield from others
    for part in schema.get("allOf", ()):
        yield from _required(validator, part, values)
    if "if" in schema:
        branch = "then" if validator.evolve(schema=schema["if"]).is_valid(values) else "else"
        yield from _required(validator, schema.get(branch, {}), values)


def settled(fields: Iterable[definition.Field], values: Values) -> dict[str, Any]:
    """Return `values` as rules see them: without what is empty and, at every level, without what is not shown.

    Keys that are no field stay, so that validation finds them.
    """
    fields = tuple(fields)
    by_name = {field.name: field for field in fields}
    visible = visible_names(fields, values)
    result: dict[str, Any] = {}
    for name, value in values.items():
        if name not in by_name:
            result[name] = value
        elif name in visible:
            inner = _settled_value(by_name[name], value)
            if not coercion.is_empty(inner):
                result[name] = inner
    return result


def _settled_value(field: definition.Field, value: Any) -> Any:
    if field.is_group and isinstance(value, Mapping):
        return settled(field.children, value)
    if field.is_rows and isinstance(value, list):
        return [settled(field.children, row) if isinstance(row, Mapping) else row for row in value]
    return value
