"""Rows that must answer for every row of another table (`x-covers`): nothing of what was recorded is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.forms import definition, problems
from engine.forms.findings import Report, shown

KEYS = ("rows", "key", "by")
_NUMBERS = re.compile(r"[0-9]+")
#: Numbers that a message names; of more it says how many there are.
_NAMED = 30


def check_rule(report: Report, root: Mapping[str, Any]) -> None:
    """Check every `x-covers` of a form: which table is covered, what numbers its rows, what names the numbers."""
    fields: Mapping[str, Any] = root.get("properties", {})
    for name, schema in fields.items():
        if "x-covers" not in schema:
            continue
        at, rule = f"schema/properties/{name}/x-covers", schema["x-covers"]
        if not isinstance(rule, dict) or set(rule) != set(KEYS) or not all(isinstance(v, str) for v in rule.values()):
            report.add(
                at,
                "covers",
                '{"rows": 另一张表, "key": 其编号字段（整数）, "by": 本表写明编号的字段（文本）}',
                shown(rule),
            )
            continue
        key, by = _child(fields.get(rule["rows"]), rule["key"]), _child(schema, rule["by"])
        if key.get("type") != "integer":
            report.add(f"{at}/key", "covers", "表单中另一张表的整数字段", f"{rule['rows']}.{rule['key']}")
        if by.get("type") != "string":
            report.add(f"{at}/by", "covers", "本表的文本字段", rule["by"])


def complaints(form: definition.Form, values: Mapping[str, Any]) -> Iterator[tuple[problems.Path, str, str]]:
    """Yield path, code and message where rows leave out a number of the table that they cover, or name one too many."""
    for field in form.fields:
        rule = field.schema.get("x-covers")
        if rule is None:
            continue
        covered = form.by_name[rule["rows"]].label
        keys = [row.get(rule["key"]) for row in _rows(values.get(rule["rows"]))]
        wanted = [str(each) for each in keys if isinstance(each, int)]
        named: set[str] = set()
        for index, row in enumerate(_rows(values.get(field.name))):
            mine = [each.lstrip("0") or "0" for each in _NUMBERS.findall(str(row.get(rule["by"]) or ""))]
            named.update(mine)
            if strange := [each for each in mine if each not in wanted]:
                yield (field.name, index, rule["by"]), "covers", f"“{covered}”中没有第{_listed(strange)}条"
        if missing := [each for each in wanted if each not in named]:
            message = f"应包括“{covered}”的每一条，还没有第{_listed(missing)}条：请逐条列入，或者写明归入哪一条"
            yield (field.name,), "covers", message


def _child(table: Any, name: str) -> Mapping[str, Any]:
    items = table.get("items") if isinstance(table, Mapping) else None
    properties = items.get("properties", {}) if isinstance(items, Mapping) else {}
    found = properties.get(name)
    return found if isinstance(found, Mapping) else {}


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _listed(numbers: list[str]) -> str:
    more = f"等{len(numbers)}" if len(numbers) > _NAMED else ""
    return "、".join(numbers[:_NAMED]) + more
