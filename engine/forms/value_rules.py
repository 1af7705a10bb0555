"""Checking what a form file says about one value: options, limits, patterns, formats, messages, defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.forms import definition, dialect, formats, pattern_syntax, patterns, vocabulary
from engine.forms.findings import Report, shown

Schema = Mapping[str, Any]

_BOUND = re.compile(r"(today|[0-9]{4}-[0-9]{2}-[0-9]{2}|[^\W\d]\w*)(?:([+-])([0-9]{1,5}))?")
_ENDING = re.compile(r"\.[a-z0-9]{1,10}")
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "maximum"),
)


def date_bound(text: object) -> definition.DateBound | None:
    """Read `today`, an ISO date or the name of a sibling field, moved by `+n` or `-n` days; None for anything else."""
    match = _BOUND.fullmatch(text) if isinstance(text, str) else None
    if match is None or (match[1][0].isdigit() and formats.parse_date(match[1]) is None):
        return None
    days = int(match[3] or 0)
    return definition.DateBound(match[1], -days if match[2] == "-" else days)


def check_value(report: Report, schema: Schema, at: str, messages: frozenset[str] = frozenset()) -> None:
    """Check the keywords of one declared field or refinement, except those of lists and groups of fields.

    `messages` are the keywords that may be worded by `x-messages` although they do not stand in the schema itself.
    """
    _check_options(report, schema, at)
    _check_pairs(report, schema, at)
    _check_pattern(report, schema, at)
    _check_format(report, schema, at)
    _check_messages(report, schema, at, messages)
    if "x-maxSize" in schema and not (type(schema["x-maxSize"]) is int and schema["x-maxSize"] > 0):
        report.add(f"{at}/x-maxSize", "file-size", "大于 0 的字节数（整数）", shown(schema["x-maxSize"]))
    if "x-private" in schema:
        _check_private(report, schema["x-private"], f"{at}/x-private")
    if "x-accept" in schema:
        _check_accept(report, schema["x-accept"], f"{at}/x-accept")


def check_constants(report: Report, schema: Schema, declared_type: str, at: str) -> None:
    """Check that `enum`, `const` and options have the declared type and can be typed in at all."""
    for where, value in _constants(schema):
        if not dialect.validator({"type": declared_type}).is_valid(value):
            report.add(f"{at}/{where}", "option-type", vocabulary.TYPE_NAMES[declared_type], shown(value))
        elif isinstance(value, str) and (value != value.strip() or not value):
            report.add(f"{at}/{where}", "option-space", "非空且首尾没有空格的文本", shown(value))


def check_samples(report: Report, effective: Schema, at: str) -> None:
    """Check that the default and the examples of a field are what the field itself would accept."""
    checked = dialect.validator(effective)
    samples = [("default", effective["default"])] if "default" in effective else []
    for where, value in [*samples, *((f"examples/{i}", v) for i, v in enumerate(effective.get("examples", [])))]:
        if not checked.is_valid(value):
            report.add(f"{at}/{where}", "sample", "符合本字段自身要求的值", shown(value))


def _constants(schema: Schema) -> Iterator[tuple[str, Any]]:
    yield from ((f"enum/{index}", value) for index, value in enumerate(schema.get("enum", [])))
    if "const" in schema:
        yield "const", schema["const"]
    for index, option in enumerate(schema.get("oneOf", [])):
        if isinstance(option, dict) and "const" in option:
            yield f"oneOf/{index}/const", option["const"]


def _check_options(report: Report, schema: Schema, at: str) -> None:
    if "enum" in schema and "oneOf" in schema:
        report.add(at, "options", "enum 或 oneOf 之一", "两者都有")
    for index, option in enumerate(schema.get("oneOf", [])):
        good = isinstance(option, dict) and set(option) == {"const", "title"} and isinstance(option["title"], str)
        if not good or not option["title"].strip():
            report.add(f"{at}/oneOf/{index}", "options", '选项应写成 {"const": 值, "title": "中文名称"}', shown(option))
    for key in ("enum", "oneOf"):
        values = [value for where, value in _constants(schema) if where.startswith(key)]
        if key in schema and (not schema[key] or len({dialect.canonical(value) for value in values}) < len(values)):
            report.add(f"{at}/{key}", "options", "至少一个选项，且互不相同", shown(values))


def _check_pairs(report: Report, schema: Schema, at: str) -> None:
    for low, high in _PAIRS:
        if low in schema and high in schema:
            empty = schema[low] >= schema[high] if "exclusive" in low + high else schema[low] > schema[high]
            if empty:
                report.add(f"{at}/{high}", "range", f"大于 {low}（{shown(schema[low])}）", shown(schema[high]))
    for key in ("maxLength", "maxItems"):
        if schema.get(key) == 0:
            report.add(f"{at}/{key}", "range", "不小于 1", "0")


def _check_pattern(report: Report, schema: Schema, at: str) -> None:
    if "pattern" not in schema:
        return
    try:
        patterns.compiled(schema["pattern"])
    except pattern_syntax.PatternError as error:
        report.add(f"{at}/pattern", "pattern", "受支持的正则表达式写法", f"{shown(schema['pattern'])}：{error}")
    messages = schema.get("x-messages")
    if not isinstance(messages, dict) or "pattern" not in messages:
        report.add(f"{at}/x-messages", "pattern-message", '用 x-messages 的 "pattern" 说明应怎样填写', "没有说明")
    if schema.get("maxLength", 0) > patterns.MAX_TEXT:
        expected = f"有 pattern 的字段不超过 {patterns.MAX_TEXT}"
        report.add(f"{at}/maxLength", "pattern-length", expected, shown(schema["maxLength"]))


def _check_format(report: Report, schema: Schema, at: str) -> None:
    if "format" in schema and schema["format"] not in formats.FORMATS:
        report.add(f"{at}/format", "format", f"下列之一：{'、'.join(formats.FORMATS)}", shown(schema["format"]))
    elif "format" in schema and "type" in schema and formats.FORMATS[schema["format"]].type != schema["type"]:
        wanted = vocabulary.TYPE_NAMES[formats.FORMATS[schema["format"]].type]
        report.add(f"{at}/format", "format", f"类型为{wanted}的字段才可用此格式", shown(schema["type"]))
    for key in ("formatMinimum", "formatMaximum"):
        if key not in schema:
            continue
        if schema.get("format") != "date":
            report.add(f"{at}/{key}", "date-bound", 'format 为 "date" 的字段', shown(schema.get("format")))
        if date_bound(schema[key]) is None:
            expected = "today、日期或同组的日期字段名，可加减天数，如 today+5"
            report.add(f"{at}/{key}", "date-bound", expected, shown(schema[key]))


def _check_messages(report: Report, schema: Schema, at: str, more: frozenset[str]) -> None:
    messages = schema.get("x-messages")
    if messages is None:
        return
    if not isinstance(messages, dict) or not all(isinstance(text, str) and text.strip() for text in messages.values()):
        report.add(f"{at}/x-messages", "messages", "关键字到中文提示的对照", shown(messages))
        return
    allowed = more | (vocabulary.MESSAGE_KEYWORDS & set(schema))
    report.unexpected(f"{at}/x-messages", "messages", set(messages) - allowed, allowed)


def _check_private(report: Report, readers: object, at: str) -> None:
    listed = isinstance(readers, list) and bool(readers) and all(isinstance(role, str) and role for role in readers)
    if readers is not True and not listed:
        report.add(at, "private", 'true，或可以查看的角色编号的列表，如 ["archivist"]', shown(readers))


def _check_accept(report: Report, endings: object, at: str) -> None:
    if (
        not isinstance(endings, list)
        or not endings
        or not all(isinstance(ending, str) and _ENDING.fullmatch(ending) for ending in endings)
    ):
        report.add(at, "file-type", '小写扩展名的列表，如 [".pdf", ".docx"]', shown(endings))
