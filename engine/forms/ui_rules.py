"""Checking the `ui` part of a form against its schema: every name exists, every widget fits, nothing is ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.forms import computing, dialect, vocabulary
from engine.forms.findings import Report, shown

Schema = Mapping[str, Any]
_ARGUMENT_NAMES = {
    "list": "列表字段",
    "number": "数字字段",
    "date": "日期字段",
    "numbers": "列表中各行的数字字段（列表名.字段名）",
}


def paths(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield the path and the effective schema of every field, groups before their children."""
    for name, field in schema["properties"].items():
        yield f"{prefix}{name}", field
        inner = field["items"] if field["type"] == "array" else field
        if vocabulary.rule_type(inner) == "object":
            yield from paths(inner, f"{prefix}{name}.")


def check(report: Report, ui: object, effective: Schema) -> None:
    """Note everything in `ui` that the form cannot carry out."""
    if not isinstance(ui, dict):
        report.add("ui", "ui", "对象", shown(ui))
        return
    report.unexpected("ui", "ui", set(ui) - vocabulary.UI_KEYS, vocabulary.UI_KEYS)
    fields = dict(paths(effective))
    _check_order(report, ui, tuple(effective["properties"]))
    widgets = _part(report, ui, "widgets", fields)
    _check_widgets(report, widgets, fields)
    for key in ("help", "placeholder"):
        for path, text in _part(report, ui, key, fields).items():
            if not isinstance(text, str) or not text.strip():
                report.add(f"ui/{key}/{path}", "ui-text", "文字", shown(text))
    _check_names(report, ui.get("readOnly", []), _lockable(effective), "ui/readOnly")
    _check_options(report, _part(report, ui, "options", fields), widgets, fields)
    computed = _part(report, ui, "computed", fields)
    _check_computed(report, computed, effective, fields)
    _check_visibility(report, _part(report, ui, "visibleWhen", fields), computed, fields)


def widget(widgets: Mapping[str, Any], path: str, schema: Schema) -> str:
    """Return the widget of the field at `path`: the chosen one, or the usual one for its kind."""
    return str(widgets.get(path) or vocabulary.WIDGETS[vocabulary.kind(schema)][0])


def _part(report: Report, ui: Mapping[str, Any], key: str, fields: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the part `key` of `ui` without the fields that do not exist."""
    part = ui.get(key, {})
    if not isinstance(part, dict):
        report.add(f"ui/{key}", "ui", "字段名到内容的对照", shown(part))
        return {}
    report.unexpected(f"ui/{key}", "unknown-field", set(part) - set(fields), fields)
    return {path: value for path, value in part.items() if path in fields}


def _lockable(effective: Schema) -> tuple[str, ...]:
    """Return what may be read-only: the fields of the form, and those within rows that the process gives."""
    names = list(effective["properties"])
    for name, field in effective["properties"].items():
        if field.get("x-rows") == "fixed":
            names += (f"{name}.{child}" for child in field["items"]["properties"])
    return tuple(names)


def _check_names(report: Report, names: object, known: tuple[str, ...], at: str) -> None:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        report.add(at, "ui", "字段名的列表", shown(names))
        return
    report.unexpected(at, "unknown-field", set(names) - set(known), known)
    for name in sorted({name for name in names if names.count(name) > 1}):
        report.add(f"{at}/{name}", "repeated", "每个字段一次", f"{names.count(name)} 次")


def _check_order(report: Report, ui: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Check that `order`, or all `sections` together, name every top-level field once."""
    if "order" in ui and "sections" in ui:
        report.add("ui/order", "order", "order 或 sections 之一", "两者都有")
    if "order" in ui:
        at, listed = "ui/order", ui["order"]
    elif "sections" in ui:
        at, listed = "ui/sections", _listed(report, ui["sections"])
    else:
        return
    _check_names(report, listed, names, at)
    missing = [name for name in names if name not in listed] if isinstance(listed, list) else []
    if missing:
        report.add(at, "order", "列出全部字段", f"缺少 {'、'.join(missing)}")


def _listed(report: Report, sections: object) -> list[str]:
    listed: list[str] = []
    if not isinstance(sections, list) or not sections:
        report.add("ui/sections", "sections", "分节的列表", shown(sections))
        return listed
    for index, section in enumerate(sections):
        at = f"ui/sections/{index}"
        if not isinstance(section, dict) or not {"title", "fields"} <= set(section) <= {"title", "fields", "help"}:
            report.add(at, "sections", '形如 {"title": "标题", "fields": ["字段名"], "help": "可省略"}', shown(section))
            continue
        if not all(isinstance(section[key], str) and section[key].strip() for key in set(section) - {"fields"}):
            report.add(at, "sections", "title、help 为文字", shown(section))
        if not isinstance(section["fields"], list) or not section["fields"]:
            report.add(f"{at}/fields", "sections", "至少一个字段名", shown(section["fields"]))
            continue
        listed.extend(section["fields"])
    return listed


def _check_widgets(report: Report, widgets: Mapping[str, Any], fields: Mapping[str, Schema]) -> None:
    for path, name in widgets.items():
        allowed = vocabulary.WIDGETS[vocabulary.kind(fields[path])]
        if name not in allowed:
            report.add(f"ui/widgets/{path}", "widget", f"下列之一：{'、'.join(allowed)}", shown(name))
        elif name in vocabulary.PICKERS:
            _check_picker(report, fields[path], f"ui/widgets/{path}", name)


def _check_picker(report: Report, schema: Schema, at: str, name: str) -> None:
    """Check that what is picked can be held: ids of people, roles and units are texts of no other format."""
    held = schema["items"] if schema["type"] == "array" else schema
    if held["type"] != "string" or "format" in held or "pattern" in held:
        report.add(at, "widget", "没有 format 和 pattern 的文本", f"{shown(name)} 用于其他类型的字段")


def _check_options(
    report: Report, options: Mapping[str, Any], widgets: Mapping[str, Any], fields: Mapping[str, Schema]
) -> None:
    for path, settings in options.items():
        at = f"ui/options/{path}"
        if not isinstance(settings, dict):
            report.add(at, "ui", "设置名到值的对照", shown(settings))
            continue
        report.unexpected(at, "setting", set(settings) - set(vocabulary.SETTINGS), vocabulary.SETTINGS)
        used = widget(widgets, path, fields[path])
        for name, value in settings.items():
            kind, understood_by = vocabulary.SETTINGS.get(name, (object, frozenset()))
            if understood_by and used not in understood_by:
                report.add(
                    f"{at}/{name}", "setting", f"控件为下列之一：{'、'.join(sorted(understood_by))}", shown(used)
                )
            elif kind is not object and type(value) is not kind:
                wanted = {int: "整数", bool: "true 或 false", str: "文字"}[kind]
                report.add(f"{at}/{name}", "setting", wanted, shown(value))


def _check_visibility(
    report: Report, rules: Mapping[str, Any], computed: Mapping[str, Any], fields: Mapping[str, Schema]
) -> None:
    """Check that each rule asks a sibling for values that the sibling can have, and that no rules go in a circle."""
    follows: dict[str, str] = {}
    for path, rule in rules.items():
        at = f"ui/visibleWhen/{path}"
        if not isinstance(rule, dict) or set(rule) not in ({"field", "equals"}, {"field", "in"}):
            expected = '形如 {"field": "字段名", "equals": 值} 或 {"field": "字段名", "in": [值]}'
            report.add(at, "visible-when", expected, shown(rule))
            continue
        group = path.rpartition(".")[0]
        controlling = f"{group}.{rule['field']}" if group else str(rule["field"])
        if controlling not in fields or controlling in (path, *computed) or "." in str(rule["field"]):
            report.add(f"{at}/field", "visible-when", "同组中另一个非自动计算的字段", shown(rule["field"]))
            continue
        follows[path] = controlling
        _check_rule_values(report, rule, fields[controlling], at)
    for path in follows:
        seen, current = [path], follows[path]
        while current in follows and current not in seen:
            seen.append(current)
            current = follows[current]
        if current == path:
            report.add(f"ui/visibleWhen/{path}", "visible-when", "不循环的条件", " → ".join([*seen, path]))


def _check_rule_values(report: Report, rule: Mapping[str, Any], controlling: Schema, at: str) -> None:
    wanted = rule.get("in", [rule.get("equals")])
    if not isinstance(wanted, list) or not wanted:
        report.add(f"{at}/in", "visible-when", "至少一个值的列表", shown(wanted))
        return
    asked = controlling["items"] if controlling["type"] == "array" else controlling
    if vocabulary.rule_type(asked) in ("object", "file"):
        report.add(f"{at}/field", "visible-when", "可以取单个值的字段", vocabulary.TYPE_NAMES["object"])
        return
    narrowed = {key: asked[key] for key in ("type", "enum", "const") if key in asked}
    for value in wanted:
        if not dialect.validator(narrowed).is_valid(value):
            report.add(at, "visible-when", "所依字段可以取的值", shown(value))


def _check_computed(
    report: Report, computed: Mapping[str, Any], effective: Schema, fields: Mapping[str, Schema]
) -> None:
    for path, text in computed.items():
        at = f"ui/computed/{path}"
        computation = computing.parse(text)
        usages = "、".join(function.usage for function in computing.FUNCTIONS.values())
        if computation is None or computation.function not in computing.FUNCTIONS:
            report.add(at, "computed", f"下列写法之一：{usages}", shown(text))
            continue
        if path not in effective["properties"] or vocabulary.kind(fields[path]) != "number":
            report.add(at, "computed", "顶层的数字字段", shown(path))
        if path in effective.get("required", []):
            report.add("schema/required", "computed", "不含自动计算的字段", shown(path))
        wanted = computing.FUNCTIONS[computation.function].arguments
        if len(computation.arguments) != len(wanted):
            report.add(at, "computed", f"{len(wanted)} 个参数", f"{len(computation.arguments)} 个")
            continue
        for argument, kind in zip(computation.arguments, wanted, strict=True):
            if argument in computed or not _is_argument(argument, kind, fields):
                report.add(at, "computed", f"{_ARGUMENT_NAMES[kind]}（且不是自动计算的）", shown(argument))


def _is_argument(path: str, kind: str, fields: Mapping[str, Schema]) -> bool:
    schema = fields.get(path)
    if schema is None:
        return False
    parent, dot, _ = path.rpartition(".")
    if kind == "numbers":
        in_rows = bool(dot) and "." not in parent and fields[parent]["type"] == "array"
        return in_rows and schema["type"] in ("integer", "number")
    if dot:
        return False
    if kind == "list":
        return bool(schema["type"] == "array")
    if kind == "date":
        return bool(schema.get("format") == "date")
    return schema["type"] in ("integer", "number")
