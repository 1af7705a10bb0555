"""Checking the rules of a group that combine fields: required, if/then/else, allOf, anyOf, dependentRequired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.forms import value_rules, vocabulary
from engine.forms.findings import Report, shown

Schema = Mapping[str, Any]
_BRANCH = frozenset({"if", "then", "else"})


def check_group(report: Report, schema: Schema, properties: Mapping[str, Schema], at: str) -> None:
    """Check the rules of an object schema whose fields are `properties`."""
    _check_names(report, schema.get("required", []), properties, f"{at}/required")
    for name, others in schema.get("dependentRequired", {}).items():
        _check_names(report, [name, *others], properties, f"{at}/dependentRequired/{name}")
    _check_alternatives(report, schema, properties, at)
    _check_branches(report, schema, properties, at)
    for index, part in enumerate(schema.get("allOf", [])):
        _check_part(report, part, properties, f"{at}/allOf/{index}")


def _check_part(report: Report, part: object, properties: Mapping[str, Schema], at: str) -> None:
    if not isinstance(part, dict):
        report.add(at, "keyword", "对象", shown(part))
        return
    allowed = _BRANCH | {"$comment", "anyOf", "dependentRequired"}
    report.unexpected(at, "keyword", set(part) - allowed, allowed)
    check_group(report, {key: value for key, value in part.items() if key in allowed}, properties, at)


def _check_names(report: Report, names: Iterable[str], properties: Mapping[str, Schema], at: str) -> None:
    for name in names:
        if name not in properties:
            report.add(at, "unknown-field", f"下列字段之一：{'、'.join(properties)}", shown(name))


def _check_alternatives(report: Report, schema: Schema, properties: Mapping[str, Schema], at: str) -> None:
    """Check `anyOf`, which says one thing only: at least one of several sets of fields is filled in."""
    for index, part in enumerate(schema.get("anyOf", [])):
        if not isinstance(part, dict) or set(part) != {"required"} or not part["required"]:
            report.add(f"{at}/anyOf/{index}", "any-of", '形如 {"required": ["字段名"]}', shown(part))
        else:
            _check_names(report, part["required"], properties, f"{at}/anyOf/{index}/required")
    if len(schema.get("anyOf", [{}, {}])) < 2:
        report.add(f"{at}/anyOf", "any-of", "至少两种情形", "只有一种")


def _check_branches(report: Report, schema: Schema, properties: Mapping[str, Schema], at: str) -> None:
    if "if" not in schema:
        for key in ("then", "else"):
            if key in schema:
                report.add(f"{at}/{key}", "if-then", "与 if 同时出现", "没有 if")
        return
    if "then" not in schema and "else" not in schema:
        report.add(f"{at}/if", "if-then", "与 then 或 else 同时出现", "只有 if")
    _check_condition(report, schema["if"], properties, f"{at}/if")
    for key in ("then", "else"):
        if key in schema:
            _check_refinement(report, schema[key], properties, f"{at}/{key}")


def _check_refinement(report: Report, schema: object, properties: Mapping[str, Schema], at: str) -> None:
    """Check `then` or `else`: it makes fields required and narrows declared ones; it declares none."""
    if not isinstance(schema, dict):
        report.add(at, "keyword", "对象", shown(schema))
        return
    allowed = _BRANCH | {"$comment", "allOf", "properties", "required"}
    report.unexpected(at, "keyword", set(schema) - allowed, allowed)
    rules = {key: value for key, value in schema.items() if key in allowed}
    check_group(report, rules, properties, at)
    for name, refined in schema.get("properties", {}).items():
        where = f"{at}/properties/{name}"
        if name not in properties:
            expected = "在 schema.properties 中定义的字段（按条件显示请用 ui.visibleWhen）"
            report.add(where, "unknown-field", expected, shown(name))
        elif not isinstance(refined, dict):
            report.add(where, "keyword", "对象", shown(refined))
        else:
            _check_refined(report, refined, properties[name], where)


def _check_refined(report: Report, refined: Schema, declared: Schema, at: str) -> None:
    rule_type = vocabulary.rule_type(declared)
    allowed = vocabulary.REFINEMENT_KEYWORDS[rule_type] | {"x-messages", "$comment"}
    report.unexpected(at, "keyword", set(refined) - allowed, allowed)
    value_rules.check_value(report, {**refined, "type": declared["type"]}, at)
    value_rules.check_constants(report, refined, str(declared["type"]), at)


def _check_condition(report: Report, schema: object, properties: Mapping[str, Schema], at: str) -> None:
    """Check a condition on a group of fields.

    JSON Schema takes `properties` as fulfilled by a field that is missing; a condition that does not also require
    the field would be true on an empty form, which nobody means.
    """
    if not isinstance(schema, dict):
        report.add(at, "keyword", "对象", shown(schema))
        return
    allowed = vocabulary.CONDITION_KEYWORDS["object"] | {"$comment"}
    report.unexpected(at, "keyword", set(schema) - allowed, allowed)
    if not set(schema) & allowed:
        report.add(at, "if-then", "至少一个条件", "没有条件")
    _check_names(report, schema.get("required", []), properties, f"{at}/required")
    for name, wanted in schema.get("properties", {}).items():
        where = f"{at}/properties/{name}"
        if name not in schema.get("required", []):
            expected = f'同一条件中的 "required" 列出“{name}”（否则该字段未填时条件也成立）'
            report.add(f"{at}/required", "if-required", expected, shown(schema.get("required", [])))
        if name not in properties:
            _check_names(report, [name], properties, where)
        else:
            _check_wanted(report, wanted, properties[name], where)
    for key in ("allOf", "anyOf"):
        for index, part in enumerate(schema.get(key, [])):
            _check_condition(report, part, properties, f"{at}/{key}/{index}")
    if "not" in schema:
        _check_condition(report, schema["not"], properties, f"{at}/not")


def _check_wanted(report: Report, wanted: object, declared: Schema, at: str) -> None:
    """Check what a condition asks of one declared field."""
    if not isinstance(wanted, dict):
        report.add(at, "keyword", "对象", shown(wanted))
        return
    rule_type = vocabulary.rule_type(declared)
    if rule_type == "object":
        _check_condition(report, wanted, declared["properties"], at)
        return
    allowed = vocabulary.CONDITION_KEYWORDS[rule_type]
    report.unexpected(at, "keyword", set(wanted) - allowed, allowed)
    value_rules.check_value(report, {**wanted, "x-messages": {"pattern": "-"}} if "pattern" in wanted else wanted, at)
    value_rules.check_constants(report, wanted, str(declared["type"]), at)
    if "not" in wanted:
        _check_wanted(report, wanted["not"], declared, f"{at}/not")
    if "contains" in wanted:
        _check_wanted(report, wanted["contains"], declared["items"], f"{at}/contains")
