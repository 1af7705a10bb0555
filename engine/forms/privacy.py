"""Personal data in forms (`x-private`): which fields hold it, and values without it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from engine.forms import coercion, definition

#: What stands where somebody may not read a value.
MASK = "（仅限经办人员查看）"

Values = Mapping[str, Any]


def private(form: definition.Form) -> dict[str, frozenset[str]]:
    """Return the paths of the private fields of a form, and the roles that may read each of them anyway."""
    return {field.path: field.private for field in form.walk() if field.private is not None}


def concealed(values: Values, hidden: Collection[str], mask: str | None = MASK) -> dict[str, Any]:
    """Return the values with `mask` for everything filled in at the `hidden` paths, in groups and rows too."""
    return _concealed(values, hidden, mask, "") if hidden else dict(values)


def declared(fields: Iterable[definition.Field], values: Values) -> dict[str, Any]:
    """Return the values with those parts of groups and rows alone that the fields declare.

    A variable may hold more than the form that shows it.
    """
    by_name = {field.name: field for field in fields}
    return {name: _declared(by_name.get(name), value) for name, value in values.items()}


def redacted(forms: Iterable[definition.Form], values: Values) -> dict[str, Any]:
    """Return raw variables with every text masked that stands inside a group or list which no form declares so.

    What diagrams gather (`registrants`) keeps its shape; nobody can tell which of its texts came from a private field.
    """
    children: dict[str, set[str]] = {}
    known: dict[str, definition.Field] = {}
    for form in forms:
        for field in form.fields:
            known.setdefault(field.name, field)
            children.setdefault(field.name, set()).update(child.name for child in field.children)
    result = {}
    for name, value in values.items():
        if name not in known:
            result[name] = value if isinstance(value, str) else masked(value)
        elif children[name]:
            result[name] = _known_parts(value, children[name])
        else:
            result[name] = value
    return result


def _concealed(values: Values, hidden: Collection[str], mask: str | None, prefix: str) -> dict[str, Any]:
    result = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        if path in hidden:
            result[name] = value if coercion.is_empty(value) else mask
        elif isinstance(value, Mapping):
            result[name] = _concealed(value, hidden, mask, f"{path}.")
        elif isinstance(value, list):
            result[name] = [
                _concealed(row, hidden, mask, f"{path}.") if isinstance(row, Mapping) else row for row in value
            ]
        else:
            result[name] = value
    return result


def _declared(field: definition.Field | None, value: Any) -> Any:
    if field is None or not field.children:
        return value
    if isinstance(value, list):
        return [_declared(field, row) for row in value]
    if isinstance(value, Mapping):
        names = {child.name for child in field.children}
        return declared(field.children, {name: part for name, part in value.items() if name in names})
    return value


def _known_parts(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_known_parts(row, names) for row in value]
    if isinstance(value, Mapping):
        return {name: part if name in names else masked(part) for name, part in value.items()}
    return value


def masked(value: Any) -> Any:
    """Return a value with every text in it masked."""
    if isinstance(value, str):
        return MASK if value else value
    if isinstance(value, list):
        return [masked(part) for part in value]
    if isinstance(value, Mapping):
        return {name: masked(part) for name, part in value.items()}
    return value
