"""Typed text becomes JSON values in one way; what is typed already is left alone."""

from __future__ import annotations

import pytest

from engine import forms
from engine.forms import coercion

FILE = {"token": "t1", "name": "a.pdf", "size": 12, "sha256": "0" * 64}
ROWS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "姓名"},
            "age": {"type": "integer", "title": "年龄"},
            "local": {"type": "boolean", "title": "本地"},
            "tags": {"type": "array", "title": "标签", "items": {"type": "string", "enum": ["a", "b"]}},
        },
    },
}
TITLED = {
    "type": "string",
    "oneOf": [
        {"const": "society", "title": "社会"},
        {"const": "internal", "title": "单位内部"},
        {"const": "a", "title": "两者"},
        {"const": "b", "title": "两者"},
        {"const": "c", "title": "internal"},
    ],
}
CHOICES = {"type": "array", "items": {"type": "string", "enum": ["网站", "报纸", "公告栏"]}}


@pytest.mark.parametrize(
    ("schema", "widget", "typed", "value"),
    [
        ({"type": "string"}, None, "  公开 ", "公开"),
        ({"type": "string"}, None, "\u3000公开\u3000", "公开"),
        ({"type": "string"}, "textarea", "一\r\n二\r三", "一\n二\n三"),
        ({"type": "string"}, None, "", None),
        ({"type": "string"}, None, "e\u0301 ﬁ ５", "e\u0301 ﬁ ５"),  # unicode is left as typed
        ({"type": "string"}, None, "5", "5"),
        ({"type": "string"}, None, "true", "true"),
        ({"type": "integer"}, None, "5", 5),
        ({"type": "integer"}, None, " +5 ", 5),
        ({"type": "integer"}, None, "-5", -5),
        ({"type": "integer"}, None, "５", 5),
        ({"type": "integer"}, None, "1,234", 1234),
        ({"type": "integer"}, None, "5.0", 5),
        ({"type": "integer"}, None, 5.0, 5),
        ({"type": "integer"}, None, "12,34", "12,34"),
        ({"type": "integer"}, None, "1e3", "1e3"),
        ({"type": "integer"}, None, "0x10", "0x10"),
        ({"type": "integer"}, None, "1_000", "1_000"),
        ({"type": "integer"}, None, "9" * 400, "9" * 400),
        ({"type": "number"}, None, "2.50", 2.5),
        ({"type": "number"}, None, "3", 3),
        ({"type": "number"}, None, "nan", "nan"),
        ({"type": "number"}, None, "inf", "inf"),
        ({"type": "number"}, "money", "￥1,234.50 元", 1234.5),
        ({"type": "number"}, "money", "¥100", 100),
        ({"type": "boolean"}, None, "on", True),
        ({"type": "boolean"}, None, "true", True),
        ({"type": "boolean"}, None, "是", True),
        ({"type": "boolean"}, None, "1", True),
        ({"type": "boolean"}, None, "FALSE", False),
        ({"type": "boolean"}, None, "否", False),
        ({"type": "boolean"}, None, "off", False),
        ({"type": "boolean"}, None, "", None),
        ({"type": "boolean"}, None, "同意", "同意"),
        ({"type": "boolean"}, None, 1, 1),
        ({"type": "string", "format": "date"}, None, "2026-11-21", "2026-11-21"),
        ({"type": "string", "format": "date"}, None, "2026年11月1日", "2026-11-01"),
        ({"type": "string", "format": "date"}, None, "2026/1/5", "2026-01-05"),
        ({"type": "string", "format": "date"}, None, "21.11.2026", "21.11.2026"),
        ({"type": "string", "format": "date-time"}, None, "2026-11-21T09:30", "2026-11-21T09:30:00+08:00"),
        ({"type": "string", "format": "date-time"}, None, "2026-11-21 09:30:15", "2026-11-21T09:30:15+08:00"),
        ({"type": "string", "format": "date-time"}, None, "2026-11-21T01:30:00Z", "2026-11-21T01:30:00Z"),
        (TITLED, None, "society", "society"),
        (TITLED, None, "社会", "社会"),  # what pages and messages send are values
        (CHOICES, None, "网站", ["网站"]),
        (CHOICES, None, "网站、报纸", ["网站", "报纸"]),
        (CHOICES, None, "网站,报纸", ["网站", "报纸"]),
        (CHOICES, None, "网站、电台", ["网站、电台"]),
        (CHOICES, None, ["网站", ""], ["网站"]),
        (CHOICES, None, "", []),
        (CHOICES, None, None, []),
        ({"type": "array", "items": {"type": "string"}}, None, "甲\r\n乙, 丙\n\n", ["甲", "乙, 丙"]),
        ({"type": "array", "items": {"type": "integer"}}, None, ["5", 6], [5, 6]),
        (ROWS, None, [{"name": " 甲 ", "age": "5", "local": "on"}, {"name": ""}], [{"name": "甲", "age": 5, "local": True}, {}]),
        ({"type": "object", "format": "file"}, None, {**FILE, "size": "12"}, FILE),
        ({"type": "object", "format": "file"}, None, {"token": "", "name": ""}, None),
        ({"type": "object", "format": "file"}, None, "", None),
    ],
)  # fmt: skip
def test_typed_text_becomes_a_value(make_form, schema, widget, typed, value) -> None:
    form = make_form({"x": schema}, {"widgets": {"x": widget}} if widget else {})
    coerced = coercion.coerce(form.fields[0], typed)
    assert coerced == value
    assert type(coerced) is type(value)
    assert coercion.coerce(form.fields[0], coerced) == value  # and it stays one


@pytest.mark.parametrize(
    ("schema", "typed", "value"),
    [
        (TITLED, "society", "society"),
        (TITLED, " 社会 ", "society"),
        (TITLED, "internal", "internal"),  # a value is never taken for a title
        (TITLED, "两者", "两者"),  # two values are called so
        (TITLED, "世界", "世界"),
        (TITLED, "", ""),
        (TITLED, None, None),
        (
            {"type": "boolean", "oneOf": [{"const": True, "title": "有"}, {"const": False, "title": "没有"}]},
            "没有",
            False,
        ),
        ({"type": "boolean"}, "是", True),
        ({"type": "boolean"}, "on", "on"),  # read as usual, afterwards
        ({"type": "integer", "oneOf": [{"const": 1, "title": "一级"}, {"const": 2, "title": "二级"}]}, "二级", 2),
        ({"type": "array", "items": TITLED}, "社会、internal", ["society", "internal"]),
        ({"type": "array", "items": TITLED}, "社会、世界", "社会、世界"),
        ({"type": "array", "items": TITLED}, ["社会"], ["社会"]),
        ({"type": "string"}, "社会", "社会"),
    ],
)
def test_people_may_type_the_title_of_an_option(make_form, schema, typed, value) -> None:
    read = forms.titles_read(make_form({"x": schema}), {"x": typed, "other": "社会"})
    assert read == {"x": value, "other": "社会"}


@pytest.fixture
def page(make_form) -> forms.Form:
    return make_form(
        {
            "title": {"type": "string"},
            "agree": {"type": "boolean"},
            "secret": {"type": "boolean"},
            "channels": CHOICES,
            "notes": {"type": "array", "items": {"type": "string"}},
            "people": ROWS,
            "contact": {"type": "object", "properties": {"name": {"type": "string", "title": "姓名"}}},
            "files": {"type": "array", "items": {"type": "object", "format": "file"}},
        },
        {"widgets": {"secret": "radio"}},
    )


def test_posted_page_becomes_a_submission(page: forms.Form) -> None:
    pairs = [
        ("_csrf", "secret"),
        ("title", "公告"),
        ("agree", "on"),
        ("channels", "网站"),
        ("channels", "报纸"),
        ("people.3.name", "乙"),
        ("people.0.name", "甲"),
        ("people.0.local", "on"),
        ("people.3.tags", "a"),
        ("people.3.tags", "b"),
        ("contact.name", "丙"),
        *((f"files.0.{key}", str(part)) for key, part in FILE.items()),
    ]
    assert forms.from_html(page, pairs) == {
        "title": "公告",
        "agree": "on",
        "channels": ["网站", "报纸"],
        "people": [{"name": "甲", "local": "on", "tags": []}, {"name": "乙", "local": False, "tags": ["a", "b"]}],
        "contact": {"name": "丙"},
        "files": [{key: str(part) for key, part in FILE.items()}],
        "notes": [],
    }


def test_checkbox_without_tick_and_empty_lists_mean_no_unless_the_post_is_partial(page: forms.Form) -> None:
    assert forms.from_html(page, []) == {"agree": False, "channels": [], "notes": [], "people": [], "files": []}
    assert forms.from_html(page, [], partial=True) == {}
    rights = forms.Rights.parse("*:read, agree:edit")
    assert forms.from_html(page, [], rights) == {"agree": False}


@pytest.mark.parametrize(
    "pairs",
    [
        [("title", "a"), ("title", "b")],
        [("title.x", "a")],
        [("title", "a"), ("title.x", "b")],
        [("contact", "a"), ("contact.name", "b")],
        [("people.x.name", "a")],
        [("people", "a")],
        [("people.0", "a")],
        [("people.-1.name", "a")],
        [("people..name", "a")],
        [("unknown", "a")],
        [("unknown.0.a", "a")],
        [("", "a")],
        [(".", "a")],
        [("contact" + ".name" * 5000, "a")],
        [("files.0.token", "../../etc")],
    ],
)
def test_posted_names_that_fit_no_field_are_refused(page: forms.Form, refused, pairs: list[tuple[str, str]]) -> None:
    assert refused(page, forms.from_html(page, pairs))


def test_values_written_to_a_page_come_back_from_it(page: forms.Form, accept) -> None:
    values = {
        "title": "公告",
        "agree": False,
        "secret": True,
        "channels": ["报纸"],
        "notes": ["一", "二"],
        "people": [{"name": "甲", "age": 5, "local": True, "tags": ["a"]}, {"age": 3, "local": False}],
        "contact": {"name": "丙"},
        "files": [FILE],
    }
    pairs = forms.to_html(page, values)
    assert ("people.0.age", "5") in pairs
    assert accept(page, forms.from_html(page, pairs)) == values


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        ({"type": "string", "format": "date-time"}, "2026-11-21T01:30:00Z", "2026-11-21T09:30"),
        ({"type": "string", "format": "date-time"}, "2026-11-21T09:30:05+08:00", "2026-11-21T09:30:05"),
        ({"type": "string", "format": "date-time"}, "not a time", "not a time"),
        ({"type": "number"}, 0.00001, "0.00001"),
        ({"type": "number"}, 2.5, "2.5"),
        ({"type": "boolean"}, True, "true"),
        ({"type": "string"}, None, ""),
    ],
)
def test_value_is_written_as_its_input_wants_it(make_form, schema, value, text: str) -> None:
    assert coercion.input_text(make_form({"x": schema}).fields[0], value) == text
