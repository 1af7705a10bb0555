"""JSON Schema 2020-12 as forms use it: `jsonschema` with exact numbers, patterns that cannot hang, and files."""

from __future__ import annotations

import decimal
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
from jsonschema import exceptions, validators

from engine.forms import formats, patterns

SCHEMA_URI = "https://json-schema.org/draft/2020-12/schema"


def canonical(value: object) -> str:
    """Return a text that is the same for equal JSON values only: 1 and 1.0 are equal, 1 and true are not."""

    def plain(part: Any) -> Any:
        if isinstance(part, float) and part.is_integer():
            return int(part)
        if isinstance(part, Mapping):
            return {str(key): plain(item) for key, item in part.items()}
        if isinstance(part, list | tuple):
            return [plain(item) for item in part]
        return part

    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False, default=str)


def is_number(value: object) -> bool:
    """Tell whether `value` is a JSON number; a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_multiple(value: float, divisor: float) -> bool:
    """Tell whether `value` is a multiple of `divisor` as both are written: 0.07 is one of 0.01, unlike in binary."""
    with decimal.localcontext() as context:
        context.prec = 400
        return decimal.Decimal(str(value)) % decimal.Decimal(str(divisor)) == 0


def _multiple_of(_: Any, divisor: Any, instance: Any, __: Any) -> Iterator[exceptions.ValidationError]:
    if is_number(instance) and not is_multiple(instance, divisor):
        yield exceptions.ValidationError("not a multiple")


def _unique_items(_: Any, wanted: Any, instance: Any, __: Any) -> Iterator[exceptions.ValidationError]:
    if wanted and isinstance(instance, list) and len({canonical(item) for item in instance}) < len(instance):
        yield exceptions.ValidationError("has repeated items")


def _pattern(_: Any, source: Any, instance: Any, __: Any) -> Iterator[exceptions.ValidationError]:
    # The limit repeats maxLength, because all keywords run even when maxLength has already failed.
    if isinstance(instance, str) and (
        len(instance) > patterns.MAX_TEXT or not patterns.compiled(source).matches(instance)
    ):
        yield exceptions.ValidationError("does not match")


def _max_size(_: Any, limit: Any, instance: Any, __: Any) -> Iterator[exceptions.ValidationError]:
    if formats.is_file(instance) and instance["size"] > limit:
        yield exceptions.ValidationError("is too large")


def _accept(_: Any, endings: Any, instance: Any, __: Any) -> Iterator[exceptions.ValidationError]:
    if formats.is_file(instance) and not instance["name"].lower().endswith(tuple(endings)):
        yield exceptions.ValidationError("is of another type")


def _format_checker() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())
    for name, known in formats.FORMATS.items():
        checker.checks(name)(_checks(known))
    return checker


def _checks(known: formats.Format) -> Any:
    python_type = str if known.type == "string" else dict

    def check(value: object) -> bool:
        # A value of another type is the business of `type`: one mistake, one message.
        return not isinstance(value, python_type) or known.check(value)

    return check


_FORMAT_CHECKER = _format_checker()
_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {
        "multipleOf": _multiple_of,
        "uniqueItems": _unique_items,
        "pattern": _pattern,
        "x-maxSize": _max_size,
        "x-accept": _accept,
    },
)


def validator(schema: Mapping[str, Any]) -> Any:
    """Return a `jsonschema` validator for a schema that has been checked already."""
    return _Validator(schema, format_checker=_FORMAT_CHECKER)
