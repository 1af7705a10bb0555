"""People see current values, never hidden ones, and read a filled-in form in Chinese."""

from __future__ import annotations

import pytest

from engine import forms

FILE = {"token": "t", "name": "请示.pdf", "size": 1536, "sha256": "0" * 64}


def test_page_begins_with_current_values_then_defaults(make_form) -> None:
    form = make_form(
        {
            "a": {"type": "string", "default": "缺省"},
            "b": {"type": "integer", "default": 5},
            "c": {"type": "string"},
            "d": {"type": "string", "default": "x"},
        }
    )
    assert forms.initial(form, {"b": 7, "d": None, "unrelated": 1}) == {"a": "缺省", "b": 7, "d": None}


def test_page_never_holds_what_is_hidden(make_form) -> None:
    form = make_form({"a": {"type": "string", "default": "x"}, "b": {"type": "string"}})
    variables = {"a": "secret", "b": "open"}
    assert forms.initial(form, variables, forms.Rights.parse("a:hide")) == {"b": "open"}
    assert forms.initial(form, variables, forms.Rights.parse("*:hide, b:read")) == {"b": "open"}
    assert forms.initial(form, {}, forms.Rights.parse("a:hide")) == {}


def test_page_shows_computed_values_and_shares_nothing_with_the_variables(make_form) -> None:
    rows = {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number", "title": "n"}}}}
    form = make_form({"rows": rows, "sum": {"type": "number"}}, {"computed": {"sum": "sum(rows.n)"}})
    variables = {"rows": [{"n": 0.1}, {"n": 0.2}], "sum": 9}
    shown = forms.initial(form, variables)
    assert shown == {"rows": [{"n": 0.1}, {"n": 0.2}], "sum": 0.3}
    shown["rows"].append({})
    assert variables["rows"] == [{"n": 0.1}, {"n": 0.2}]
    assert forms.initial(form, variables, forms.Rights.parse("sum:read"))["sum"] == 9


@pytest.mark.parametrize(
    ("schema", "ui", "value", "text"),
    [
        ({"type": "string"}, {}, "公开", "公开"),
        ({"type": "string"}, {}, "", "（未填）"),
        ({"type": "string"}, {}, None, "（未填）"),
        ({"type": "array", "items": {"type": "string"}}, {}, [], "（未填）"),
        ({"type": "string", "oneOf": [{"const": "x", "title": "主动公开"}]}, {}, "x", "主动公开"),
        ({"type": "string", "oneOf": [{"const": "x", "title": "主动公开"}]}, {}, "old", "old"),
        ({"type": "integer", "enum": [5, 10]}, {}, 5, "5"),
        ({"type": "boolean"}, {}, True, "是"),
        ({"type": "boolean"}, {}, False, "否"),
        ({"type": "boolean", "oneOf": [{"const": True, "title": "同意"}, {"const": False, "title": "不同意"}]}, {}, False, "不同意"),
        ({"type": "string", "format": "date"}, {}, "2026-11-01", "2026年11月1日"),
        ({"type": "string", "format": "date"}, {}, "不详", "不详"),
        ({"type": "string", "format": "date-time"}, {}, "2026-11-20T17:05:00Z", "2026年11月21日 01:05"),
        ({"type": "integer"}, {}, 12345, "12345"),
        ({"type": "integer"}, {"options": {"x": {"suffix": "日"}}}, 5, "5 日"),
        ({"type": "number"}, {"widgets": {"x": "money"}}, 1234567.5, "1,234,567.50 元"),
        ({"type": "number"}, {"widgets": {"x": "money"}, "options": {"x": {"suffix": "万元"}}}, 3, "3.00 万元"),
        ({"type": "array", "items": {"type": "string", "oneOf": [{"const": "w", "title": "网站"}, {"const": "p", "title": "报纸"}]}}, {}, ["w", "p"], "网站、报纸"),
        ({"type": "array", "items": {"type": "string", "format": "date"}}, {}, ["2026-01-02"], "2026年1月2日"),
        ({"type": "object", "format": "file"}, {}, FILE, "请示.pdf（1.5 KB）"),
        ({"type": "array", "items": {"type": "object", "format": "file"}}, {}, [FILE, FILE], "请示.pdf（1.5 KB）、请示.pdf（1.5 KB）"),
        ({"type": "string"}, {"widgets": {"x": "person"}}, "zhang", "张三"),
        ({"type": "string"}, {"widgets": {"x": "person"}}, "li", "li"),
        ({"type": "array", "items": {"type": "string"}}, {"widgets": {"x": "person"}}, ["zhang", "li"], "张三、li"),
        ({"type": "string"}, {}, {"not": "text"}, "{'not': 'text'}"),
    ],
)  # fmt: skip
def test_value_is_described_in_chinese(make_form, schema, ui, value, text: str) -> None:
    form = make_form({"x": {**schema, "title": "事项"}}, ui)
    assert forms.describe(form, {"x": value}, {"zhang": "张三"}) == [("事项", text)]


def test_groups_and_rows_are_labelled_with_the_way_to_them(make_form) -> None:
    person = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "姓名"},
            "phones": {"type": "array", "title": "电话", "items": {"type": "string"}},
        },
    }
    form = make_form(
        {"contact": {**person, "title": "联系人"}, "people": {"type": "array", "title": "人员", "items": person}}
    )
    values = {"people": [{"name": "甲", "phones": ["1", "2"]}, {"name": "乙"}, "?"], "contact": {"name": "丙"}}
    assert forms.describe(form, values) == [
        ("联系人·姓名", "丙"),
        ("人员（第 1 项）·姓名", "甲"),
        ("人员（第 1 项）·电话", "1、2"),
        ("人员（第 2 项）·姓名", "乙"),
        ("人员（第 3 项）", "?"),
    ]


def test_only_what_is_given_and_shown_is_described_in_the_order_of_the_form(make_form) -> None:
    form = make_form(
        {"a": {"type": "boolean"}, "b": {"type": "string"}, "c": {"type": "string"}},
        {"order": ["c", "a", "b"], "visibleWhen": {"b": {"field": "a", "equals": True}}},
    )
    assert forms.describe(form, {"a": False, "b": "stale", "other": 1}) == [("a", "否")]
    assert forms.describe(form, {"a": True, "b": "x", "c": "y"}) == [("c", "y"), ("a", "是"), ("b", "x")]


def test_a_group_is_read_in_one_line(make_form) -> None:
    signature = {
        "type": "object",
        "title": "签字",
        "properties": {
            "person": {"type": "string", "title": "签字人"},
            "at": {"type": "string", "format": "date-time", "title": "签字时间"},
        },
    }
    form = make_form({"x": signature}, {"widgets": {"x.person": "person"}})
    value = {"person": "wang", "at": "2026-11-22T05:04:02.731395+08:00"}
    assert forms.text(form.fields[0], value, {"wang": "王芳"}) == "签字人：王芳；签字时间：2026年11月22日 05:04"
