"""Reading a form file: every mistake in it is found and named before anything is deployed."""

from __future__ import annotations

import functools
import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from engine.forms import computing, definition, dialect, schema_rules, ui_rules, value_rules, vocabulary
from engine.forms.findings import Report, shown

_MAX_NESTING = 60
#: Forms kept in memory: the same file is read again by every version of every process that uses it.
_KEPT = 1024


@functools.lru_cache(maxsize=_KEPT)
def parse(data: bytes, filename: str) -> definition.Form:
    """Read the bytes of a form file.

    A form never changes once it has been read, so the same bytes give the same form without being read again.
    `filename` is the path of the file in its pack tree, `forms/<pack>/<form>.json`: it is quoted in findings, and the
    `id` of the form must be the form key that diagrams use, `<pack>/<form>`.

    Raises errors.InvalidFormDefinition with `details["findings"]`, a tuple of engine.model.definitions.Finding.
    """
    report = Report(filename)
    content = _content(report, data)
    report.raise_if_any()
    _check_head(report, content, filename)
    if not schema_rules.conforms(report, content.get("schema")):
        report.raise_if_any()
    effective = schema_rules.Reader(report, content["schema"]).read()
    # The rest leans on the schema; a broken one would only make echoes of the same mistake.
    report.raise_if_any()
    ui = content.get("ui", {})
    ui_rules.check(report, ui, effective)
    report.raise_if_any()
    sections = _sections(ui, effective)
    return definition.Form(
        id=content["id"],
        title=content["title"],
        clause=content.get("clause", ""),
        description=content["schema"].get("description", ""),
        schema=content["schema"],
        ui=ui,
        fields=_fields(ui, effective, sections),
        sections=sections,
        sha256=hashlib.sha256(data).hexdigest(),
        validator=dialect.validator(effective),
    )


def _content(report: Report, data: bytes) -> dict[str, Any]:
    if len(data) > vocabulary.MAX_FILE_BYTES:
        report.add("", "size", f"不超过 {vocabulary.MAX_FILE_BYTES} 字节", f"{len(data)} 字节")
        return {}
    try:
        content = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=lambda pairs: _object(report, pairs),
            parse_constant=lambda text: report.add("", "json", "JSON 数字", text),
        )
    except UnicodeDecodeError as error:
        report.add("", "encoding", "UTF-8 编码", f"第 {error.start + 1} 个字节不是 UTF-8")
    except json.JSONDecodeError as error:
        report.add("", "json", "JSON", f"第 {error.lineno} 行第 {error.colno} 列：{error.msg}", error.lineno)
    except (RecursionError, ValueError):
        report.add("", "json", "可以读取的 JSON", "嵌套过深或数字过大")
    else:
        if not isinstance(content, dict):
            report.add("", "json", "JSON 对象", shown(content))
        elif _nesting(content) > _MAX_NESTING:
            report.add("", "json", f"不超过 {_MAX_NESTING} 层", "嵌套过深")
        elif any("\ud800" <= char <= "\udfff" for char in json.dumps(content, ensure_ascii=False)):
            report.add("", "json", "可以写成 UTF-8 的文字", "含有不成对的代理字符")
        else:
            return content
    return {}


def _object(report: Report, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; JSON readers keep the last of two equal keys silently, so the second is a finding."""
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        report.add("", "repeated-key", "互不相同的键", shown(sorted({key for key in keys if keys.count(key) > 1})))
    return result


def _nesting(content: object) -> int:
    level, pending = 0, [content]
    while pending:
        level += 1
        pending = [
            child
            for value in pending
            for child in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
    return level


def _check_head(report: Report, content: Mapping[str, Any], filename: str) -> None:
    report.unexpected("", "form", set(content) - vocabulary.FORM_KEYS, vocabulary.FORM_KEYS)
    for key in ("id", "title"):
        if not isinstance(content.get(key), str) or not content[key].strip():
            report.add(key, "form", "文字", shown(content.get(key)))
    if not isinstance(content.get("clause", ""), str):
        report.add("clause", "form", "条款编号，多个用分号隔开", shown(content["clause"]))
    path = pathlib.PurePosixPath(filename.replace("\\", "/"))
    own = str(content.get("id"))
    expected = f"{path.parent.name or own.partition('/')[0]}/{path.stem}"
    if isinstance(content.get("id"), str) and own != expected:
        report.add("id", "form-id", f"与文件位置一致的“{expected}”（即流程图中的 formKey）", shown(content["id"]))


def _sections(ui: Mapping[str, Any], effective: Mapping[str, Any]) -> tuple[definition.Section, ...]:
    if "sections" in ui:
        return tuple(
            definition.Section(part["title"], tuple(part["fields"]), part.get("help", "")) for part in ui["sections"]
        )
    return (definition.Section("", tuple(ui.get("order", effective["properties"]))),)


def _fields(
    ui: Mapping[str, Any], effective: Mapping[str, Any], sections: tuple[definition.Section, ...]
) -> tuple[definition.Field, ...]:
    required = effective.get("required", [])
    return tuple(
        _field(ui, name, effective["properties"][name], name in required, section.title)
        for section in sections
        for name in section.fields
    )


def _field(
    ui: Mapping[str, Any], path: str, schema: Mapping[str, Any], required: bool, section: str
) -> definition.Field:
    item = _item(ui, path, schema, section) if schema["type"] == "array" else None
    rule = ui.get("visibleWhen", {}).get(path)
    return definition.Field(
        name=path.rpartition(".")[2],
        path=path,
        label=schema.get("title", ""),
        type=schema["type"],
        widget=ui_rules.widget(ui.get("widgets", {}), path, schema),
        schema=schema,
        required=required,
        read_only=path in ui.get("readOnly", []),
        private=_readers(schema),
        format=schema.get("format", ""),
        help=ui.get("help", {}).get(path) or schema.get("description", ""),
        placeholder=ui.get("placeholder", {}).get(path, ""),
        section=section,
        default=schema.get("default"),
        examples=tuple(schema.get("examples", ())),
        options=item.options if item else _options(schema),
        settings=ui.get("options", {}).get(path, {}),
        visible_when=definition.Condition(rule["field"], tuple(rule.get("in", [rule.get("equals")]))) if rule else None,
        computed=computing.parse(ui.get("computed", {}).get(path)),
        earliest=value_rules.date_bound(schema.get("formatMinimum")),
        latest=value_rules.date_bound(schema.get("formatMaximum")),
        item=item,
        children=item.children if item else _children(ui, path, schema, section),
    )


def _readers(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """Return who may read a private field besides those who handle it; None when it is not private."""
    if "x-private" not in schema:
        return None
    return frozenset(() if schema["x-private"] is True else schema["x-private"])


def _item(ui: Mapping[str, Any], path: str, schema: Mapping[str, Any], section: str) -> definition.Field:
    """Build what stands for one item of a list; it has the path of the list and no place of its own in `ui`."""
    items = schema["items"]
    kind = vocabulary.kind(items)
    return definition.Field(
        name=path.rpartition(".")[2],
        path=path,
        label=items.get("title", schema.get("title", "")),
        type=items["type"],
        widget=vocabulary.WIDGETS[kind][0],
        schema=items,
        format=items.get("format", ""),
        help=items.get("description", ""),
        section=section,
        options=_options(items),
        earliest=value_rules.date_bound(items.get("formatMinimum")),
        latest=value_rules.date_bound(items.get("formatMaximum")),
        children=_children(ui, path, items, section),
    )


def _children(
    ui: Mapping[str, Any], path: str, schema: Mapping[str, Any], section: str
) -> tuple[definition.Field, ...]:
    if vocabulary.rule_type(schema) != "object":
        return ()
    required = schema.get("required", [])
    return tuple(
        _field(ui, f"{path}.{name}", child, name in required, section) for name, child in schema["properties"].items()
    )


def _options(schema: Mapping[str, Any]) -> tuple[definition.Option, ...]:
    if schema["type"] == "boolean":
        labels = dict(zip(schema.get("enum", [True, False]), schema.get("x-labels", ["是", "否"]), strict=True))
        return tuple(definition.Option(value, label) for value, label in labels.items())
    values = schema.get("enum", [])
    return tuple(
        definition.Option(value, label)
        for value, label in zip(values, schema.get("x-labels", map(str, values)), strict=True)
    )
