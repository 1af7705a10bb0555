"""Checking the schema of a form and making it effective: references replaced, limits filled in, nothing ignored."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Mapping
from typing import Any

import jsonschema

from engine.forms import condition_rules, covering, dialect, patterns, value_rules, vocabulary
from engine.forms.findings import Report, shown

Schema = Mapping[str, Any]
_REFERENCE = "#/$defs/"
_META = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)


def conforms(report: Report, schema: object) -> bool:
    """Tell whether `schema` is JSON Schema 2020-12 by its own meta-schema; note what is not."""
    if not isinstance(schema, dict):
        report.add("schema", "schema", "JSON Schema 对象", shown(schema))
        return False
    count = len(report.findings)
    for error in _META.iter_errors(schema):
        at = "/".join(["schema", *map(str, error.absolute_path)])
        expected = f"符合 JSON Schema 2020-12 的 {error.validator}：{shown(error.validator_value)}"
        report.add(at, "json-schema", expected, shown(error.instance))
    return len(report.findings) == count


class Reader:
    """Reads one schema that conforms to the meta-schema; the result is safe to use only when nothing was reported."""

    def __init__(self, report: Report, schema: Schema) -> None:
        self.report = report
        self.schema = schema
        self.definitions: Schema = schema.get("$defs", {})
        self.referenced: set[str] = set()
        self.count = 0

    def read(self) -> dict[str, Any]:
        """Return the effective schema of the whole form."""
        report, schema = self.report, self.schema
        allowed = vocabulary.ROOT_KEYWORDS | vocabulary.FIELD_KEYWORDS["object"]
        report.unexpected("schema", "keyword", set(schema) - allowed, allowed)
        if schema.get("$schema", dialect.SCHEMA_URI) != dialect.SCHEMA_URI:
            report.add("schema/$schema", "dialect", dialect.SCHEMA_URI, shown(schema["$schema"]))
        if schema.get("type") != "object":
            report.add("schema/type", "type", '"object"', shown(schema.get("type")))
        effective = self.group(schema, "schema", 0, ())
        covering.check_rule(report, effective)
        for name in sorted(set(self.definitions) - self.referenced):
            report.add(f"schema/$defs/{name}", "unused", "至少被引用一次", "未被引用")
        if self.count > vocabulary.MAX_FIELDS:
            report.add("schema", "too-many-fields", f"不超过 {vocabulary.MAX_FIELDS} 个字段", "更多")
        return effective

    def group(self, schema: Schema, at: str, depth: int, trail: tuple[str, ...]) -> dict[str, Any]:
        """Read an object schema: its fields and the rules that combine them."""
        report = self.report
        if not schema.get("properties"):
            report.add(f"{at}/properties", "properties", "至少一个字段", "没有字段")
        if schema.get("additionalProperties", False) is not False:
            report.add(f"{at}/additionalProperties", "additional", "false（未定义的字段一律拒绝）", "允许其他字段")
        properties = {}
        for name, declared in schema.get("properties", {}).items():
            self.check_name(name, f"{at}/properties/{name}")
            properties[name] = self.field(declared, f"{at}/properties/{name}", depth + 1, trail, titled=True)
        effective = {**schema, "properties": properties, "additionalProperties": False}
        effective.pop("$defs", None)
        self.check_bounds(properties, at)
        condition_rules.check_group(report, schema, properties, at)
        return effective

    def field(
        self, declared: object, at: str, depth: int, trail: tuple[str, ...], *, titled: bool = False
    ) -> dict[str, Any]:
        """Read a declared field, or the items of a list; an unusable one becomes a plain text, so reading goes on."""
        self.count += 1
        if self.count > vocabulary.MAX_FIELDS:
            # References can multiply a short file into millions of fields.
            return {"type": "string", "title": at}
        schema, trail = self.resolved(declared, at, trail)
        rule_type = vocabulary.rule_type(schema)
        if schema.get("type") not in vocabulary.TYPES:
            self.report.add(f"{at}/type", "type", f"下列之一：{'、'.join(vocabulary.TYPES)}", shown(schema.get("type")))
            return {"type": "string", "title": at}
        if depth > vocabulary.MAX_SCHEMA_DEPTH:
            self.report.add(at, "too-deep", f"不超过 {vocabulary.MAX_SCHEMA_DEPTH} 层", f"{depth} 层")
            return {"type": "string", "title": at}
        annotations = vocabulary.ANNOTATIONS if titled else vocabulary.ITEM_ANNOTATIONS
        allowed = vocabulary.FIELD_KEYWORDS[rule_type] | annotations | {"type"}
        self.report.unexpected(at, "keyword", set(schema) - allowed, allowed)
        if titled and not str(schema.get("title", "")).strip():
            self.report.add(f"{at}/title", "title", "字段的中文名称", "没有 title")
        if not titled and "x-private" in schema:
            self.report.add(f"{at}/x-private", "private", "字段本身，不能是列表中的一项", shown(schema["x-private"]))
        before = len(self.report.findings)
        value_rules.check_value(self.report, schema, at, frozenset({"required"} if titled else ()))
        if rule_type != "object":
            value_rules.check_constants(self.report, schema, str(schema["type"]), at)
        effective = self.effective(schema, rule_type, at, depth, trail)
        if len(self.report.findings) == before:
            value_rules.check_samples(self.report, effective, at)
        return effective

    def effective(self, schema: Schema, rule_type: str, at: str, depth: int, trail: tuple[str, ...]) -> dict[str, Any]:
        """Return the schema of a field with default limits; options become `enum` and keep their labels beside it."""
        if rule_type == "object":
            return self.group(schema, at, depth, trail)
        effective = dict(schema)
        if "oneOf" in effective:
            options = effective.pop("oneOf")
            effective["enum"] = [option.get("const") for option in options if isinstance(option, dict)]
            effective["x-labels"] = [option.get("title") for option in options if isinstance(option, dict)]
        if rule_type == "string":
            longest = patterns.MAX_TEXT if "pattern" in schema else vocabulary.DEFAULT_MAX_LENGTH
            effective.setdefault("maxLength", longest)
        elif rule_type == "array":
            effective.setdefault("maxItems", vocabulary.DEFAULT_MAX_ITEMS)
            effective["items"] = self.items(schema, at, depth, trail)
            if "x-rows" in schema:
                self.check_rows(schema["x-rows"], effective["items"], at, depth)
            if "x-covers" in schema and (depth != 1 or vocabulary.rule_type(effective["items"]) != "object"):
                self.report.add(f"{at}/x-covers", "covers", "表单本身的重复项（每项为一组字段）", "其他字段")
        return effective

    def items(self, schema: Schema, at: str, depth: int, trail: tuple[str, ...]) -> dict[str, Any]:
        """Read what a list holds: values, files or rows, never another list."""
        if "items" not in schema:
            self.report.add(f"{at}/items", "items", "列表中每一项的定义", "没有 items")
            return {"type": "string"}
        items = self.field(schema["items"], f"{at}/items", depth + 1, trail)
        if items["type"] in ("array", "boolean"):
            wanted = "文本、数字、文件或一组字段"
            self.report.add(f"{at}/items/type", "items", wanted, vocabulary.TYPE_NAMES[items["type"]])
        return items

    def check_rows(self, rows: object, items: Schema, at: str, depth: int) -> None:
        """Check `x-rows`: a whole table of the form alone can be given by the process."""
        if rows != "fixed":
            self.report.add(f"{at}/x-rows", "rows", '"fixed"', shown(rows))
        elif depth != 1 or vocabulary.rule_type(items) != "object":
            self.report.add(f"{at}/x-rows", "rows", "表单本身的重复项（每项为一组字段）", "其他字段")

    def resolved(self, declared: object, at: str, trail: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """Replace a local `$ref`; beside it only title, description and other annotations may stand."""
        if not isinstance(declared, dict):
            self.report.add(at, "schema", "字段定义（对象）", shown(declared))
            return {"type": "string", "title": at}, trail
        if "$ref" not in declared:
            return declared, trail
        reference = declared["$ref"]
        name = reference.removeprefix(_REFERENCE)
        if not reference.startswith(_REFERENCE) or name not in self.definitions:
            known = "、".join(_REFERENCE + key for key in self.definitions) or "没有可引用的 $defs"
            self.report.add(f"{at}/$ref", "reference", f"本文件内的引用（{known}）", shown(reference))
            return {"type": "string", "title": at}, trail
        self.referenced.add(name)
        if name in trail:
            self.report.add(f"{at}/$ref", "reference", "不循环的引用", " → ".join([*trail, name]))
            return {"type": "string", "title": at}, trail
        beside = {key: value for key, value in declared.items() if key != "$ref"}
        allowed = vocabulary.ANNOTATIONS - {"x-messages"}
        self.report.unexpected(at, "reference", set(beside) - allowed, allowed)
        target, trail = self.resolved(self.definitions[name], f"schema/$defs/{name}", (*trail, name))
        return {**target, **beside}, trail

    def check_name(self, name: str, at: str) -> None:
        """Check that a field can be a variable of expressions: an identifier that Python reads as it is written."""
        plain = name.isidentifier() and not keyword.iskeyword(name) and unicodedata.normalize("NFKC", name) == name
        if not plain or name.startswith("_") or len(name) > 64:
            expected = "字母或汉字开头，由字母、数字、汉字、下划线组成，不超过 64 个字符，且不是保留字"
            self.report.add(at, "field-name", expected, shown(name))

    def check_bounds(self, properties: Mapping[str, Schema], at: str) -> None:
        """Check that limits of dates that name a sibling name a date."""
        for name, schema in properties.items():
            for key in ("formatMinimum", "formatMaximum"):
                written = schema.get("items", schema).get(key)
                bound = value_rules.date_bound(written)
                if bound is None or bound.anchor == "today" or bound.anchor[0].isdigit():
                    continue
                if bound.anchor == name or properties.get(bound.anchor, {}).get("format") != "date":
                    expected = "today、日期，或同组中另一个日期字段的名字"
                    self.report.add(f"{at}/properties/{name}/{key}", "date-bound", expected, shown(written))
