"""What people read when a value is refused: for each keyword a Chinese sentence that says expected and found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.forms import definition, dialect, formats, vocabulary

_RANGE = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


def found(field: definition.Field | None, value: object, limit: int = 40) -> str:
    """Return `value` as a short quotation; for an option its label."""
    label = field.option_label(value) if field is not None else None
    if label is not None:
        return f"“{label}”"
    if isinstance(value, bool):
        return "“是”" if value else "“否”"
    if dialect.is_number(value):
        return str(value)
    if isinstance(value, str):
        text = "".join(char if char.isprintable() else " " for char in value[: limit + 1])
        return f"“{text[:limit]}…”" if len(value) > limit else f"“{text}”"
    if isinstance(value, list):
        return f"{len(value)} 项的列表"
    return "一组字段" if isinstance(value, Mapping) else "空"


def now(field: definition.Field | None, value: object) -> str:
    """Return the second half of a message: what was found."""
    text = found(field, value)
    return f"，现为{' ' if text[0].isdigit() or text[0] == '-' else ''}{text}"


def sentence(keyword: str, schema: Mapping[str, Any], field: definition.Field | None, value: object) -> str:
    """Return the message for a failed `keyword` of `schema`, in the form's own words when it has some.

    A `pattern` always has words of its own (value_rules sees to it): a pattern is nothing to show to people.
    """
    own = schema.get("x-messages", {}).get(keyword)
    if isinstance(own, str):
        return own
    return _SENTENCES[keyword](schema, field, value)


def required(field: definition.Field) -> str:
    """Return the message for a field that has to be filled in."""
    return str(field.schema.get("x-messages", {}).get("required", "必填"))


def _type(schema: Mapping[str, Any], field: definition.Field | None, value: object) -> str:
    declared = str(schema.get("type"))
    if declared in ("integer", "number"):
        return _number(schema, field, value)
    if field is not None and field.is_file:
        return f"应为已上传的文件{now(None, value)}"
    return f"应为{vocabulary.TYPE_NAMES[declared]}{now(None, value)}"


def _number(schema: Mapping[str, Any], field: definition.Field | None, value: object) -> str:
    """Name the whole range at once: who is told only “not less than 5” comes back with 500."""
    whole = {**(field.schema if field is not None else {}), **schema}
    noun = "整数" if whole.get("type") == "integer" else "数"
    parts = [text for text in (_lower(whole), _upper(whole), _step(whole)) if text]
    limits = "、".join(parts)
    joint = "" if not parts else " 的" if limits[-1].isdigit() else "的"
    return f"应为{limits}{joint}{noun}{now(None, value)}"


def _lower(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema:
        return f"不小于 {schema['minimum']}"
    return f"大于 {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""


def _upper(schema: Mapping[str, Any]) -> str:
    if "maximum" in schema:
        return f"不大于 {schema['maximum']}"
    return f"小于 {schema['exclusiveMaximum']}" if "exclusiveMaximum" in schema else ""


def _step(schema: Mapping[str, Any]) -> str:
    step = schema.get("multipleOf")
    if step is None:
        return ""
    return {0.01: "最多两位小数", 0.1: "最多一位小数"}.get(step, f"能被 {step} 整除")


def _enum(schema: Mapping[str, Any], field: definition.Field | None, value: object) -> str:
    labels = [found(field, option) for option in schema["enum"]]
    more = f"等 {len(labels)} 项" if len(labels) > 12 else ""
    return f"应为{''.join(labels[:12])}{more}{'之一' if len(labels) > 1 else ''}{now(field, value)}"


def _const(schema: Mapping[str, Any], field: definition.Field | None, value: object) -> str:
    return f"应为{found(field, schema['const'])}{now(field, value)}"


def _format(schema: Mapping[str, Any], _: definition.Field | None, value: object) -> str:
    known = formats.FORMATS[schema["format"]]
    if known.example:
        return f"应为{known.name}（如 {known.example}）{now(None, value)}"
    return f"应为{known.name}，请重新上传"


def _length(limit: str, words: str) -> Callable[[Mapping[str, Any], definition.Field | None, Any], str]:
    return lambda schema, _, value: f"应{words} {schema[limit]} 个字，现为 {len(value)} 个字"


def _items(limit: str, words: str) -> Callable[[Mapping[str, Any], definition.Field | None, Any], str]:
    return lambda schema, _, value: f"应{words} {schema[limit]} 项，现为 {len(value)} 项"


def _unique(_: Mapping[str, Any], field: definition.Field | None, value: Any) -> str:
    texts = [dialect.canonical(one) for one in value]
    repeated = next(one for one, text in zip(value, texts, strict=True) if texts.count(text) > 1)
    return f"各项应互不相同，现有重复的{found(field.item if field is not None else None, repeated)}"


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    if count < 1024:
        return f"{count} 字节"
    if count < 1024 * 1024:
        return f"{count / 1024:.1f} KB".replace(".0 ", " ")
    return f"{count / 1024 / 1024:.1f} MB".replace(".0 ", " ")


def _max_size(schema: Mapping[str, Any], _: definition.Field | None, value: Any) -> str:
    return f"文件应不超过 {size(schema['x-maxSize'])}，现为 {size(value['size'])}"


def _accept(schema: Mapping[str, Any], _: definition.Field | None, value: Any) -> str:
    return f"文件类型应为 {'、'.join(schema['x-accept'])}{now(None, value['name'])}"


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any], definition.Field | None, Any], str]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "format": _format,
    "minLength": _length("minLength", "不少于"),
    "maxLength": _length("maxLength", "不超过"),
    "minItems": _items("minItems", "不少于"),
    "maxItems": _items("maxItems", "不超过"),
    "uniqueItems": _unique,
    "x-maxSize": _max_size,
    "x-accept": _accept,
    **dict.fromkeys((*_RANGE, "multipleOf"), _number),
}
