"""A form file is read completely or refused with every mistake in it."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors, forms
from engine.forms import vocabulary

FORM = {
    "id": "shizhengwuban/hearing",
    "title": "听证申请登记",
    "clause": "P000-06 §10",
    "schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "听证登记",
        "type": "object",
        "description": "公告期内登记",
        "required": ["name", "role"],
        "$defs": {
            "person": {
                "type": "object",
                "title": "人员",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "title": "姓名", "maxLength": 50},
                    "phone": {"type": "string", "title": "电话", "format": "phone"},
                },
            }
        },
        "properties": {
            "name": {"type": "string", "title": "姓名", "minLength": 2, "maxLength": 50, "examples": ["张三"]},
            "role": {
                "type": "string",
                "title": "申请类别",
                "oneOf": [{"const": "speaker", "title": "陈述人"}, {"const": "observer", "title": "旁听人"}],
            },
            "statement": {"type": "string", "title": "陈述内容", "description": "不少于十个字"},
            "begin": {"type": "string", "format": "date", "title": "开始", "formatMinimum": "today+1"},
            "end": {"type": "string", "format": "date", "title": "结束", "formatMinimum": "begin+5"},
            "attendees": {"type": "array", "title": "随同人员", "maxItems": 5, "items": {"$ref": "#/$defs/person"}},
            "contact": {"$ref": "#/$defs/person", "title": "联系人"},
            "files": {
                "type": "array",
                "title": "附件",
                "items": {"type": "object", "format": "file", "x-maxSize": 1024, "x-accept": [".pdf"]},
            },
            "count": {"type": "integer", "title": "随同人数"},
            "agree": {"type": "boolean", "title": "同意", "const": True, "x-messages": {"const": "请先阅读须知"}},
        },
        "allOf": [
            {
                "if": {"properties": {"role": {"const": "speaker"}}, "required": ["role"]},
                "then": {"required": ["statement"], "properties": {"statement": {"minLength": 10}}},
            }
        ],
    },
    "ui": {
        "sections": [
            {"title": "申请人", "fields": ["name", "role", "statement", "contact"], "help": "据实填写"},
            {"title": "其他", "fields": ["begin", "end", "attendees", "count", "files", "agree"]},
        ],
        "widgets": {"role": "radio", "statement": "textarea", "attendees": "group"},
        "options": {"statement": {"rows": 6}, "role": {"inline": True}, "attendees.name": {"autocomplete": "name"}},
        "help": {"attendees.phone": "手机优先"},
        "placeholder": {"name": "与证件一致"},
        "visibleWhen": {"statement": {"field": "role", "equals": "speaker"}},
        "computed": {"count": "count(attendees)"},
        "readOnly": ["begin"],
    },
}


def _data(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _changed(path: str, value: object) -> dict[str, object]:
    """Return FORM with the value at `path` replaced, or removed when `value` is None."""
    content = copy.deepcopy(FORM)
    *parents, last = path.split("/")
    place: object = content
    for step in parents:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})  # type: ignore[attr-defined]
    assert isinstance(place, dict)
    if value is None:
        del place[last]
    else:
        place[last] = value
    return content


def test_form_carries_everything_a_page_needs() -> None:
    data = _data(FORM)
    form = forms.parse(data, "forms/shizhengwuban/hearing.json")
    assert (form.id, form.title, form.clause) == ("shizhengwuban/hearing", "听证申请登记", "P000-06 §10")
    assert form.sha256 == hashlib.sha256(data).hexdigest()
    assert form.description == "公告期内登记"
    assert [section.title for section in form.sections] == ["申请人", "其他"]
    assert [field.name for field in form.fields][:5] == ["name", "role", "statement", "contact", "begin"]
    name, role, statement = form.fields[:3]
    assert (name.label, name.required, name.widget, name.placeholder, name.examples) == (
        "姓名",
        True,
        "text",
        "与证件一致",
        ("张三",),
    )
    assert [(option.value, option.label) for option in role.options] == [("speaker", "陈述人"), ("observer", "旁听人")]
    assert (role.widget, role.settings, role.section) == ("radio", {"inline": True}, "申请人")
    assert (statement.help, statement.required, statement.settings) == ("不少于十个字", False, {"rows": 6})
    assert statement.visible_when is not None
    assert form.by_name["begin"].read_only
    assert form.by_name["files"].widget == "file"
    assert form.by_name["count"].computed is not None
    assert [(field.path, field.label, field.required, field.help) for field in form.by_name["attendees"].children] == [
        ("attendees.name", "姓名", True, ""),
        ("attendees.phone", "电话", False, "手机优先"),
    ]
    assert form.by_name["attendees"].children[0].settings == {"autocomplete": "name"}
    assert form.by_name["contact"].label == "联系人"
    assert [option.label for option in form.by_name["agree"].options] == ["是", "否"]
    assert [field.path for field in form.walk()][:6] == [
        "name",
        "role",
        "statement",
        "contact",
        "contact.name",
        "contact.phone",
    ]


def test_same_bytes_make_an_equal_form_and_other_bytes_another() -> None:
    first, second = (forms.parse(_data(FORM), "forms/shizhengwuban/hearing.json") for _ in range(2))
    assert first == second
    assert first != forms.parse(_data(_changed("title", "另一表单")), "forms/shizhengwuban/hearing.json")


@pytest.mark.parametrize(
    ("path", "value", "place", "rule"),
    [
        ("id", "hearing", "=", "form-id"),
        ("id", "other/hearing", "=", "form-id"),
        ("id", None, "=", "form"),
        ("title", "  ", "=", "form"),
        ("clause", 6, "=", "form"),
        ("author", "x", "=", "form"),
        ("schema", None, "=", "schema"),
        ("schema/type", "array", "=", "type"),
        ("schema/title", "标题", "=", "keyword"),
        ("schema/$schema", "http://json-schema.org/draft-07/schema#", "=", "dialect"),
        ("schema/$id", "x", "=", "keyword"),
        ("schema/additionalProperties", True, "=", "additional"),
        ("schema/patternProperties", {"^x": {}}, "=", "keyword"),
        ("schema/minProperties", 1, "=", "keyword"),
        ("schema/unevaluatedProperties", False, "=", "keyword"),
        ("schema/dependentSchemas", {"name": {}}, "=", "keyword"),
        ("schema/not", {}, "=", "keyword"),
        ("schema/properties", [], "=", "json-schema"),
        ("schema/properties/name", True, "=", "schema"),
        ("schema/properties/name/type", None, "=", "type"),
        ("schema/properties/name/type", "null", "=", "type"),
        ("schema/properties/name/type", ["string", "null"], "=", "type"),
        ("schema/properties/name/type", "strnig", "=", "json-schema"),
        ("schema/properties/name/title", None, "=", "title"),
        ("schema/properties/name/title", " ", "=", "title"),
        ("schema/properties/name/minLength", "2", "=", "json-schema"),
        ("schema/properties/name/minLength", 51, "schema/properties/name/maxLength", "range"),
        ("schema/properties/name/maxLength", 0, "=", "range"),
        ("schema/properties/name/minimum", 2, "=", "keyword"),
        ("schema/properties/name/contentEncoding", "base64", "=", "keyword"),
        ("schema/properties/name/readOnly", True, "=", "keyword"),
        ("schema/properties/name/anyOf", [{}], "=", "keyword"),
        ("schema/properties/name/examples", ["张"], "=/0", "sample"),
        ("schema/properties/name/default", 5, "=", "sample"),
        ("schema/properties/name/format", "hostname", "=", "format"),
        ("schema/properties/name/format", "file", "=", "format"),
        ("schema/properties/name/formatMinimum", "today", "=", "date-bound"),
        ("schema/properties/name/pattern", "^(a", "=", "pattern"),
        ("schema/properties/name/pattern", "^a$", "schema/properties/name/x-messages", "pattern-message"),
        ("schema/properties/name/x-messages", {"maximum": "x"}, "=/maximum", "messages"),
        ("schema/properties/name/x-messages", {"required": ""}, "=", "messages"),
        ("schema/properties/begin/formatMinimum", "tomorrow!", "=", "date-bound"),
        ("schema/properties/begin/formatMinimum", "2026-02-30", "=", "date-bound"),
        ("schema/properties/begin/formatMinimum", "name+1", "=", "date-bound"),
        ("schema/properties/begin/formatMinimum", "begin", "=", "date-bound"),
        ("schema/properties/role/enum", ["speaker"], "schema/properties/role", "options"),
        ("schema/properties/role/oneOf", [], "=", "json-schema"),
        ("schema/properties/role/oneOf", [{"const": "a"}], "=/0", "options"),
        ("schema/properties/role/oneOf", [{"const": 1, "title": "一"}], "=/0/const", "option-type"),
        ("schema/properties/role/oneOf", [{"const": "", "title": "空"}], "=/0/const", "option-space"),
        ("schema/properties/role/oneOf", [{"const": "a", "title": "甲"}] * 2, "=", "options"),
        ("schema/properties/count/enum", [], "=", "options"),
        ("schema/properties/count/enum", [1, 1.0], "=", "options"),
        ("schema/properties/count/enum", [True], "=/0", "option-type"),
        ("schema/properties/count/multipleOf", 0, "=", "json-schema"),
        ("schema/properties/agree/enum", [True], "=", "keyword"),
        ("schema/properties/attendees/items", None, "=", "items"),
        ("schema/properties/attendees/prefixItems", [{}], "=", "keyword"),
        ("schema/properties/attendees/contains", {}, "=", "keyword"),
        ("schema/properties/attendees/items", {"type": "boolean"}, "=/type", "items"),
        ("schema/properties/attendees/items", {"type": "array", "items": {"type": "string"}}, "=/type", "items"),
        ("schema/properties/attendees/items", {"type": "string", "default": "x"}, "=/default", "keyword"),
        ("schema/properties/attendees/items/$ref", "https://example.org/s.json", "=", "reference"),
        ("schema/properties/attendees/items/$ref", "#/properties/contact", "=", "reference"),
        ("schema/properties/contact/required", ["phone"], "=", "reference"),
        (
            "schema/$defs/person/properties/self",
            {"$ref": "#/$defs/person", "title": "自身"},
            "schema/properties/attendees/items/properties/self/$ref",
            "reference",
        ),
        ("schema/$defs/spare", {"type": "string"}, "=", "unused"),
        ("schema/$defs/person/properties", {}, "schema/properties/attendees/items/properties", "properties"),
        ("schema/properties/files/items/x-maxSize", "10MB", "=", "file-size"),
        ("schema/properties/files/items/x-accept", ["PDF"], "=", "file-type"),
        ("schema/properties/files/items/properties", {}, "=", "keyword"),
        ("schema/properties/1st", {"type": "string", "title": "一"}, "=", "field-name"),
        ("schema/properties/_secret", {"type": "string", "title": "一"}, "=", "field-name"),
        ("schema/properties/class", {"type": "string", "title": "类"}, "=", "field-name"),
        ("schema/properties/ﬁle", {"type": "string", "title": "连字"}, "=", "field-name"),
        ("schema/properties/a.b", {"type": "string", "title": "点"}, "=", "field-name"),
        ("schema/required", ["nmae"], "=", "unknown-field"),
        ("schema/required", ["count"], "=", "computed"),
        ("schema/dependentRequired", {"name": ["phone"]}, "=/name", "unknown-field"),
        ("schema/anyOf", [{"required": ["name"]}], "=", "any-of"),
        ("schema/anyOf", [{"properties": {}}, {"required": ["name"]}], "=/0", "any-of"),
        ("schema/anyOf", [{"required": ["x"]}, {"required": ["name"]}], "=/0/required", "unknown-field"),
        ("schema/if", {"required": ["name"]}, "=", "if-then"),
        ("schema/then", {"required": ["name"]}, "=", "if-then"),
        ("schema/allOf/0/if", True, "=", "keyword"),
        ("schema/allOf/0/if", {}, "=", "if-then"),
        ("schema/allOf/0/if", {"properties": {"role": {"const": "speaker"}}}, "=/required", "if-required"),
        ("schema/allOf/0/if/properties/role/const", 5, "=", "option-type"),
        ("schema/allOf/0/if/properties/role/minimum", 5, "=", "keyword"),
        ("schema/allOf/0/if/properties/role/pattern", "(", "=", "pattern"),
        ("schema/allOf/0/if/contains", {}, "=", "keyword"),
        ("schema/allOf/0/if/not", {"required": ["x"]}, "=/required", "unknown-field"),
        ("schema/allOf/0/then/required", ["x"], "=", "unknown-field"),
        ("schema/allOf/0/then/properties/extra", {"type": "string"}, "=", "unknown-field"),
        ("schema/allOf/0/then/properties/statement/title", "x", "=", "keyword"),
        ("schema/allOf/0/then/properties/statement/maximum", 4, "=", "keyword"),
        ("schema/allOf/0/then/properties/statement/enum", [4], "=/0", "option-type"),
        ("schema/allOf/0/then/not", {}, "=", "keyword"),
        ("schema/allOf", [True], "=/0", "keyword"),
        ("schema/allOf/0/then", True, "=", "keyword"),
        ("schema/allOf/0/then/properties/statement", False, "=", "keyword"),
        ("schema/allOf/0/if/properties/role", True, "=", "keyword"),
        ("schema/allOf/0/if/properties/role/not", {"const": 5}, "=/const", "option-type"),
        ("schema/allOf/0/if/properties/contact", {"properties": {"name": {"const": "x"}}}, "=/required", "if-required"),
        ("schema/allOf/0/if/properties/nobody", {"const": "x"}, "=", "unknown-field"),
        ("schema/allOf/0/if/properties/attendees", {"contains": {"minimum": 1}}, "=/contains/minimum", "keyword"),
        ("schema/allOf/0/if/anyOf", [{"required": ["x"]}], "=/0/required", "unknown-field"),
        (
            "schema/properties/statement",
            {"type": "string", "title": "x", "pattern": "^a$", "maxLength": 5000, "x-messages": {"pattern": "x"}},
            "=/maxLength",
            "pattern-length",
        ),
        ("schema/allOf/0/oneOf", [{}], "=", "keyword"),
        ("ui", [], "=", "ui"),
        ("ui/theme", "dark", "=", "ui"),
        ("ui/order", ["name"], "=", "order"),
        ("ui/sections", [], "=", "sections"),
        ("ui/sections", [{"title": "甲"}], "=/0", "sections"),
        ("ui/sections", [{"title": "甲", "fields": ["name"]}], "=", "order"),
        ("ui/sections", [{"title": 1, "fields": ["name"]}], "=/0", "sections"),
        ("ui/sections", [{"title": "甲", "fields": []}], "=/0/fields", "sections"),
        ("ui/widgets", [], "=", "ui"),
        ("ui/widgets/nobody", "text", "=", "unknown-field"),
        ("ui/widgets/name", "radio", "=", "widget"),
        ("ui/widgets/begin", "datetime", "=", "widget"),
        ("ui/widgets/files", ["file"], "=", "widget"),
        ("ui/help/name", 5, "=", "ui-text"),
        ("ui/placeholder/name", "", "=", "ui-text"),
        ("ui/readOnly", ["attendees.name"], "=/attendees.name", "unknown-field"),
        ("ui/readOnly", ["name", "name"], "=/name", "repeated"),
        ("ui/readOnly", "name", "=", "ui"),
        ("ui/options/name", "wide", "=", "ui"),
        ("ui/options/name", {"colour": "red"}, "=/colour", "setting"),
        ("ui/options/name", {"rows": 3}, "=/rows", "setting"),
        ("ui/options/statement", {"rows": True}, "=/rows", "setting"),
        ("ui/visibleWhen/name", {"field": "role"}, "=", "visible-when"),
        ("ui/visibleWhen/name", {"field": "role", "equals": "host"}, "=", "visible-when"),
        ("ui/visibleWhen/name", {"field": "role", "in": []}, "=/in", "visible-when"),
        ("ui/visibleWhen/name", {"field": "nobody", "equals": 1}, "=/field", "visible-when"),
        ("ui/visibleWhen/name", {"field": "name", "equals": "x"}, "=/field", "visible-when"),
        ("ui/visibleWhen/name", {"field": "count", "equals": 1}, "=/field", "visible-when"),
        ("ui/visibleWhen/name", {"field": "contact", "equals": 1}, "=/field", "visible-when"),
        ("ui/visibleWhen/attendees.name", {"field": "role", "equals": "speaker"}, "=/field", "visible-when"),
        ("ui/visibleWhen/role", {"field": "statement", "equals": "x"}, "=", "visible-when"),
        ("ui/computed/count", "len(attendees)", "=", "computed"),
        ("ui/computed/count", "count(attendees", "=", "computed"),
        ("ui/computed/count", "count(name)", "=", "computed"),
        ("ui/computed/count", "count(nobody)", "=", "computed"),
        ("ui/computed/count", "count(contact.phone)", "=", "computed"),
        ("ui/computed/count", "sum(attendees.name)", "=", "computed"),
        ("ui/computed/count", "product(count, count)", "=", "computed"),
        ("ui/computed/count", "days(begin)", "=", "computed"),
        ("ui/computed/name", "count(attendees)", "=", "computed"),
    ],
)
def test_mistake_is_found_where_it_is(wrong, path: str, value: object, place: str, rule: str) -> None:
    found = wrong(_changed(path, value), "forms/shizhengwuban/hearing.json")
    assert (place.replace("=", path), rule) in found


def test_all_mistakes_are_reported_together() -> None:
    content = _changed("schema/properties/name/minLength", 60)
    content["id"] = "x"
    content["extra"] = 1
    with pytest.raises(errors.InvalidFormDefinition) as caught:
        forms.parse(_data(content), "forms/shizhengwuban/hearing.json")
    assert len(caught.value.details["findings"]) == 3  # type: ignore[arg-type]
    assert caught.value.message.startswith("表单定义不能部署：forms/shizhengwuban/hearing.json")
    assert "共 3 处" in caught.value.message


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"[]", "json"),
        (b"\xff\xfe", "encoding"),
        (b'{"id": 1, "id": 2}', "repeated-key"),
        (b'{"schema": {"a": NaN}}', "json"),
        (b"[" * 100_000, "json"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "json"),
        (b'{"title": "\\ud800"}', "json"),
        (b" " * (vocabulary.MAX_FILE_BYTES + 1), "size"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json"),
    ],
)
def test_file_that_is_no_readable_json_is_refused(wrong, data: bytes, rule: str) -> None:
    assert [found for _, found in wrong(data)] == [rule]


def test_json_error_names_the_line(wrong) -> None:
    with pytest.raises(errors.InvalidFormDefinition) as caught:
        forms.parse(b'{\n "id": x}', "forms/a/b.json")
    assert caught.value.details["findings"][0].line == 2  # type: ignore[index]


def test_references_cannot_multiply_into_a_bomb(wrong) -> None:
    level = {f"f{i}": {"type": "string", "title": "x"} for i in range(9)}
    definitions: dict[str, object] = {"d0": {"type": "object", "properties": level}}
    for depth in range(1, 5):
        inner = {f"f{i}": {"$ref": f"#/$defs/d{depth - 1}", "title": "x"} for i in range(9)}
        definitions[f"d{depth}"] = {"type": "object", "properties": inner}
    schema = {"type": "object", "$defs": definitions, "properties": {"a": {"$ref": "#/$defs/d4", "title": "x"}}}
    found = wrong({"id": "pack/form", "title": "x", "schema": schema})
    assert ("schema", "too-many-fields") in found


def test_groups_nested_too_deep_are_refused(wrong) -> None:
    field: dict[str, object] = {"type": "string", "title": "x"}
    for _ in range(vocabulary.MAX_SCHEMA_DEPTH):
        field = {"type": "object", "title": "x", "properties": {"a": field}}
    assert any(
        rule == "too-deep"
        for _, rule in wrong(
            {"id": "pack/form", "title": "x", "schema": {"type": "object", "properties": {"a": field}}}
        )
    )


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        ("text", {"type": "string"}),
        ("choice", {"type": "string", "enum": ["a"]}),
        ("choice", {"type": "integer", "enum": [1]}),
        ("date", {"type": "string", "format": "date"}),
        ("date-time", {"type": "string", "format": "date-time"}),
        ("number", {"type": "integer"}),
        ("number", {"type": "number"}),
        ("boolean", {"type": "boolean"}),
        ("file", {"type": "object", "format": "file"}),
        ("files", {"type": "array", "items": {"type": "object", "format": "file"}}),
        ("choices", {"type": "array", "items": {"type": "string", "enum": ["a"]}}),
        ("list", {"type": "array", "items": {"type": "string"}}),
        ("rows", {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "title": "a"}}}}),
        ("group", {"type": "object", "properties": {"a": {"type": "string", "title": "a"}}}),
    ],
)
def test_every_widget_of_a_kind_is_accepted_and_the_first_is_usual(make_form, kind: str, schema: dict) -> None:
    allowed = vocabulary.WIDGETS[kind]
    assert make_form({"x": schema}).fields[0].widget == allowed[0]
    for widget in allowed:
        assert make_form({"x": schema}, {"widgets": {"x": widget}}).fields[0].widget == widget


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 60) | st.floats() | st.sampled_from(["", "name", "role", "date", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "role", "type", "properties", "required", "const", "field"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_form_file_is_read_or_refused_never_anything_else(data: st.DataObject) -> None:
    content: Any = copy.deepcopy(FORM)
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = content
        while isinstance(place, dict | list) and place:
            key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.integers(0, 3)) == 0:
                place[key] = data.draw(_JSON)
                break
            place = place[key]
    try:
        form = forms.parse(json.dumps(content).encode(), "forms/shizhengwuban/hearing.json")
    except errors.InvalidFormDefinition:
        return
    forms.describe(form, forms.initial(form, {}))
