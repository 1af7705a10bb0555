"""Which fields have a say in others: what a page asks the server about when they change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from engine.forms import definition

Schema = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Influences:
    """Paths of fields (`contacts.phone`): those that others depend on, and those that are required only at times."""

    decisive: frozenset[str]
    at_times_required: frozenset[str]


def of(form: definition.Form) -> Influences:
    """Return the influences within a form."""
    decisive: set[str] = set()
    required: set[str] = set()
    _collect(form.validator.schema, form.fields, "", decisive, required)
    for field in form.walk():
        if field.computed is not None:
            decisive.update(argument.partition(".")[0] for argument in field.computed.arguments)
        if field.visible_when is not None:
            decisive.add(_beside(field.path, field.visible_when.field))
        if field.children:
            _collect((field.item or field).schema, field.children, f"{field.path}.", decisive, required)
    return Influences(frozenset(decisive), frozenset(required))


def _beside(path: str, name: str) -> str:
    group = path.rpartition(".")[0]
    return f"{group}.{name}" if group else name


def _collect(
    schema: Schema, fields: tuple[definition.Field, ...], prefix: str, decisive: set[str], required: set[str]
) -> None:
    """Collect from the rules of one group, whose fields have paths that begin with `prefix`."""
    for part in _parts(schema):
        for name, others in part.get("dependentRequired", {}).items():
            decisive.add(prefix + name)
            required.update(prefix + other for other in others)
        if "if" in part:
            decisive.update(prefix + name for name in _asked(part["if"]))
            for branch in ("then", "else"):
                for rule in _parts(part.get(branch, {})):
                    required.update(prefix + name for name in rule.get("required", ()))
    always = {prefix + field.name for field in fields if field.required}
    required -= always


def _parts(schema: Schema) -> Iterator[Schema]:
    """Yield a schema and those that it combines or leads to."""
    yield schema
    for key in ("then", "else"):
        if key in schema:
            yield from _parts(schema[key])
    for part in schema.get("allOf", ()):
        yield from _parts(part)


def _asked(condition: Schema) -> Iterator[str]:
    yield from condition.get("required", ())
    yield from condition.get("properties", {})
    for part in (*condition.get("allOf", ()), *condition.get("anyOf", ())):
        yield from _asked(part)
    if "not" in condition:
        yield from _asked(condition["not"])
