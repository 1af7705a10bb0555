"""Rows that answer for every row of another table (`x-covers`): nothing that was recorded is passed over."""

from __future__ import annotations

import datetime
import json

import pytest

from engine import errors, forms

RULE = {"rows": "spoken", "key": "number", "by": "numbers"}
SPOKEN = {
    "type": "array",
    "title": "笔录记录的发言",
    "items": {
        "type": "object",
        "properties": {
            "number": {"type": "integer", "title": "编号"},
            "content": {"type": "string", "title": "发言内容"},
        },
    },
}
POINTS = {
    "type": "array",
    "title": "听证意见",
    "items": {
        "type": "object",
        "required": ["point", "numbers"],
        "properties": {
            "point": {"type": "string", "title": "意见"},
            "numbers": {"type": "string", "title": "发言编号"},
        },
    },
}
GIVEN = {"spoken": [{"number": 1, "content": "甲"}, {"number": 2, "content": "乙"}, {"number": 3, "content": "丙"}]}


def form(rule=RULE, points=POINTS, **more):
    properties = {"spoken": SPOKEN, "points": {**points, "x-covers": rule}, **more}
    content = {"id": "demo/x", "title": "x", "schema": {"type": "object", "properties": properties}}
    return forms.parse(json.dumps(content).encode(), "forms/demo/x.json")


def refused(*numbers):
    points = [{"point": "意见", "numbers": each} for each in numbers]
    rights = forms.Rights.parse("spoken:read")
    try:
        forms.validate(form(), {"points": points}, current=GIVEN, rights=rights, today=datetime.date(2026, 9, 28))
    except errors.InvalidForm as error:
        return [(each["field"], each["code"], each["message"]) for each in error.details["errors"]]
    return []


@pytest.mark.parametrize("numbers", [("1", "2", "3"), ("1、2、3",), ("3, 1", "2"), ("1、2", "2、3")])
def test_every_row_is_answered_one_by_one_or_together(numbers):
    assert refused(*numbers) == []


def test_what_is_left_out_is_listed():
    ((field, code, message),) = refused("2")
    assert (field, code) == ("points", "covers")
    assert "还没有第1、3条" in message
    assert "“笔录记录的发言”" in message


def test_no_rows_answer_for_nothing():
    ((_, code, message),) = refused()
    assert code == "covers"
    assert "第1、2、3条" in message


def test_a_number_that_is_not_there_is_named_at_its_row():
    assert refused("1、2", "3、9") == [("points.1.numbers", "covers", "“笔录记录的发言”中没有第9条")]
    long = "3" + "0" * 12
    assert refused("1、2", "3", long) == [("points.2.numbers", "covers", f"“笔录记录的发言”中没有第{long}条")]
    assert refused("1、02", "003", "00") == [("points.2.numbers", "covers", "“笔录记录的发言”中没有第0条")]


@pytest.mark.parametrize(
    "rule",
    [
        "spoken",
        {"rows": "spoken", "key": "number"},
        {**RULE, "rows": "nothing"},
        {**RULE, "key": "content"},
        {**RULE, "by": "nobody"},
        {**RULE, "by": 5},
    ],
)
def test_a_rule_that_names_what_is_not_there_is_refused(rule):
    with pytest.raises(errors.InvalidFormDefinition, match="covers"):
        form(rule)


def test_only_a_table_of_the_form_itself_can_cover():
    texts = {"type": "array", "title": "x", "items": {"type": "string"}}
    with pytest.raises(errors.InvalidFormDefinition, match="covers"):
        form(RULE, texts)
