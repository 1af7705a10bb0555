"""Every refusal says in Chinese what was expected and what was found, at the field, in the order of the form."""

from __future__ import annotations

import datetime

import pytest

from engine import errors, forms
from engine.forms import messages, vocabulary

FILE = {"token": "t1", "name": "请示.pdf", "size": 2048, "sha256": "0" * 64}
OPTIONS = [{"const": "open", "title": "主动公开"}, {"const": "asked", "title": "依申请公开"}]


@pytest.mark.parametrize(
    ("schema", "value", "code", "message"),
    [
        ({"type": "string"}, "", "required", "必填"),
        ({"type": "string"}, " \n\u3000", "required", "必填"),
        ({"type": "string"}, None, "required", "必填"),
        ({"type": "array", "items": {"type": "string"}}, [], "required", "必填"),
        ({"type": "array", "items": {"type": "string"}}, ["", " "], "required", "必填"),
        ({"type": "string", "x-messages": {"required": "请写明事项"}}, "", "required", "请写明事项"),
        ({"type": "string"}, 5, "type", "应为文本，现为 5"),
        ({"type": "string"}, ["a"], "type", "应为文本，现为 1 项的列表"),
        ({"type": "string"}, {"a": 1}, "type", "应为文本，现为一组字段"),
        ({"type": "integer"}, "五", "type", "应为整数，现为“五”"),
        ({"type": "integer"}, 5.5, "type", "应为整数，现为 5.5"),
        ({"type": "integer"}, True, "type", "应为整数，现为“是”"),
        ({"type": "integer", "minimum": 5}, "五", "type", "应为不小于 5 的整数，现为“五”"),
        ({"type": "integer", "minimum": 5}, 3, "minimum", "应为不小于 5 的整数，现为 3"),
        ({"type": "integer", "minimum": 5}, -3, "minimum", "应为不小于 5 的整数，现为 -3"),
        ({"type": "integer", "minimum": 5, "maximum": 30}, 31, "maximum", "应为不小于 5、不大于 30 的整数，现为 31"),
        ({"type": "number", "exclusiveMinimum": 0}, 0, "exclusiveMinimum", "应为大于 0 的数，现为 0"),
        ({"type": "number", "exclusiveMaximum": 1}, 1.5, "exclusiveMaximum", "应为小于 1 的数，现为 1.5"),
        ({"type": "integer", "multipleOf": 5}, 7, "multipleOf", "应为能被 5 整除的整数，现为 7"),
        ({"type": "number", "multipleOf": 0.1}, 0.25, "multipleOf", "应为最多一位小数的数，现为 0.25"),
        ({"type": "boolean"}, "也许", "type", "应为“是”或“否”，现为“也许”"),
        ({"type": "boolean", "const": True}, False, "const", "应为“是”，现为“否”"),
        ({"type": "boolean", "const": True, "x-messages": {"const": "请先阅读"}}, False, "const", "请先阅读"),
        ({"type": "string", "minLength": 3}, "ab", "minLength", "应不少于 3 个字，现为 2 个字"),
        ({"type": "string", "maxLength": 3}, "公开公开", "maxLength", "应不超过 3 个字，现为 4 个字"),
        (
            {"type": "string", "pattern": "^\\d{4}$", "x-messages": {"pattern": "应为四位年份"}},
            "26",
            "pattern",
            "应为四位年份",
        ),
        ({"type": "string", "enum": ["甲", "乙"]}, "丙", "enum", "应为“甲”“乙”之一，现为“丙”"),
        ({"type": "string", "oneOf": OPTIONS}, "x", "enum", "应为“主动公开”“依申请公开”之一，现为“x”"),
        ({"type": "string", "oneOf": OPTIONS, "const": "open"}, "asked", "const", "应为“主动公开”，现为“依申请公开”"),
        ({"type": "string", "format": "date"}, "2026-02-30", "format", "应为日期（如 2026-11-21），现为“2026-02-30”"),
        (
            {"type": "string", "format": "date-time"},
            "明天",
            "format",
            "应为日期和时间（如 2026-11-21 09:30），现为“明天”",
        ),
        (
            {"type": "string", "format": "email"},
            "a@b",
            "format",
            "应为电子邮箱（如 zhangsan@example.gov.cn），现为“a@b”",
        ),
        (
            {"type": "string", "format": "phone"},
            "12",
            "format",
            "应为电话号码（如 13800138000 或 010-65432100），现为“12”",
        ),
        (
            {"type": "string", "format": "uri"},
            "javascript:alert(1)",
            "format",
            "应为网址（如 https://www.example.gov.cn/），现为“javascript:alert(1)”",
        ),
        (
            {"type": "string", "format": "date", "formatMinimum": "today"},
            "2026-11-19",
            "formatMinimum",
            "应不早于 2026年11月20日（今天），现为 2026年11月19日",
        ),
        (
            {"type": "string", "format": "date", "formatMinimum": "today+5"},
            "2026-11-24",
            "formatMinimum",
            "应不早于 2026年11月25日（今天之后 5 日），现为 2026年11月24日",
        ),
        (
            {"type": "string", "format": "date", "formatMaximum": "today-1"},
            "2026-11-20",
            "formatMaximum",
            "应不晚于 2026年11月19日（今天之前 1 日），现为 2026年11月20日",
        ),
        (
            {"type": "string", "format": "date", "formatMinimum": "2019-05-15"},
            "2019-05-14",
            "formatMinimum",
            "应不早于 2019年5月15日，现为 2019年5月14日",
        ),
        (
            {
                "type": "string",
                "format": "date",
                "formatMaximum": "today",
                "x-messages": {"formatMaximum": "不能是将来的日期"},
            },
            "2026-11-21",
            "formatMaximum",
            "不能是将来的日期",
        ),
        ({"type": "array", "items": {"type": "string"}}, 5, "type", "应为列表，现为 5"),
        (
            {"type": "array", "minItems": 2, "items": {"type": "string"}},
            ["a"],
            "minItems",
            "应不少于 2 项，现为 1 项",
        ),
        (
            {"type": "array", "maxItems": 1, "items": {"type": "string"}},
            ["a", "b"],
            "maxItems",
            "应不超过 1 项，现为 2 项",
        ),
        (
            {"type": "array", "uniqueItems": True, "items": {"type": "string", "oneOf": OPTIONS}},
            ["open", "open"],
            "uniqueItems",
            "各项应互不相同，现有重复的“主动公开”",
        ),
        ({"type": "object", "format": "file"}, "t1", "type", "应为已上传的文件，现为“t1”"),
        ({"type": "object", "format": "file"}, {"token": "t1"}, "format", "应为已上传的文件，请重新上传"),
        (
            {"type": "object", "format": "file", "x-maxSize": 1024},
            FILE,
            "x-maxSize",
            "文件应不超过 1 KB，现为 2 KB",
        ),
        (
            {"type": "object", "format": "file", "x-accept": [".jpg", ".png"]},
            FILE,
            "x-accept",
            "文件类型应为 .jpg、.png，现为“请示.pdf”",
        ),
        ({"type": "string"}, "两\n行", "single-line", "应为一行文字，不能换行"),
        ({"type": "string"}, "\x00", "unprintable", "含有不能显示的控制字符，请删除后重新填写"),
        ({"type": "number"}, 2**53, "too-large", "数值应在 ±9007199254740991 之间"),
        ({"type": "number"}, "90071992547409930", "too-large", "数值应在 ±9007199254740991 之间"),
        ({"type": "number"}, float("nan"), "type", "应为有限的数"),
        ({"type": "string"}, datetime.date(2026, 1, 1), "type", "应为 JSON 值（文本、数字、是否、列表或一组字段）"),
    ],
)
def test_message_says_expected_and_found(make_form, refused, schema, value, code: str, message: str) -> None:
    form = make_form({"x": schema}, required=["x"])
    assert refused(form, {"x": value}) == [("x", code, message)]


def test_money_has_two_decimals_and_its_message_the_whole_range(make_form, accept, refused) -> None:
    form = make_form({"x": {"type": "number", "minimum": 0}}, {"widgets": {"x": "money"}})
    assert refused(form, {"x": 0.125}) == [("x", "multipleOf", "应为不小于 0、最多两位小数的数，现为 0.125")]
    for amount in (0.07, 0.29, 1.1, 4.35, 1234567.89, 90071992547.01):  # not multiples of 0.01 in binary
        assert accept(form, {"x": amount}) == {"x": amount}


def test_every_keyword_that_judges_has_a_sentence() -> None:
    judging = set().union(*vocabulary.FIELD_KEYWORDS.values()) - vocabulary.GROUP_RULES
    judging -= {"items", "properties", "additionalProperties", "oneOf", "formatMinimum", "formatMaximum"}
    judging -= {"pattern"}  # a form has to word it itself
    judging -= {"x-covers", "x-rows", "x-private"}  # these are judged as a whole, or say who may read
    assert judging | {"type"} == set(messages._SENTENCES)
    assert (
        set(messages._SENTENCES) | {"required", "pattern", "formatMinimum", "formatMaximum"}
        >= vocabulary.MESSAGE_KEYWORDS
    )


def test_errors_come_in_the_order_of_the_form_with_labels(make_form) -> None:
    form = make_form(
        {
            "title": {"type": "string", "title": "标题"},
            "days": {"type": "integer", "title": "公示天数", "minimum": 5},
            "people": {
                "type": "array",
                "title": "随同人员",
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "title": "姓名"},
                        "age": {"type": "integer", "title": "年龄"},
                    },
                },
            },
        },
        {"order": ["people", "days", "title"]},
        required=["title", "days"],
    )
    with pytest.raises(errors.InvalidForm) as caught:
        forms.validate(
            form,
            {"days": "3", "people": [{"name": "甲", "age": "x"}, {"age": 3}], "extra": 1},
            current={},
            today=datetime.date(2026, 11, 20),
        )
    assert caught.value.details["errors"] == [
        {"field": "people.0.age", "label": "随同人员（第 1 项）·年龄", "message": "应为整数，现为“x”", "code": "type"},
        {"field": "people.1.name", "label": "随同人员（第 2 项）·姓名", "message": "必填", "code": "required"},
        {"field": "days", "label": "公示天数", "message": "应为不小于 5 的整数，现为 3", "code": "minimum"},
        {"field": "title", "label": "标题", "message": "必填", "code": "required"},
        {"field": "extra", "label": "extra", "message": "表单中没有此项，请删除", "code": "undeclared"},
    ]
    assert caught.value.message.startswith("随同人员（第 1 项）·年龄：应为整数，现为“x”；")
    assert "标题：必填" in caught.value.message


def test_long_lists_of_errors_are_cut_and_counted(make_form) -> None:
    form = make_form({"x": {"type": "array", "items": {"type": "integer"}}})
    with pytest.raises(errors.InvalidForm) as caught:
        forms.validate(form, {"x": ["a"] * 300}, current={}, today=datetime.date(2026, 1, 1))
    assert len(caught.value.details["errors"]) == 100  # type: ignore[arg-type]
    assert caught.value.details["count"] == 300
    assert caught.value.message.endswith("……共 300 处")


def test_long_values_and_options_are_quoted_short(make_form, refused) -> None:
    form = make_form({"x": {"type": "string", "enum": [f"选项{i}" for i in range(20)]}})
    ((_, _, message),) = refused(form, {"x": "很长" * 500})
    assert "等 20 项之一" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 字节"), (1023, "1023 字节"), (1536, "1.5 KB"), (10 * 1024 * 1024, "10 MB")]
)
def test_sizes_read_well(count: int, text: str) -> None:
    assert messages.size(count) == text
