"""Tables that the process fills in (`x-rows: fixed`): rows and what is given in them stay as they are."""

from __future__ import annotations

import datetime
import json

import pytest

from engine import errors, forms

TODAY = datetime.date(2026, 9, 28)
ROWS = {
    "type": "array",
    "title": "参加确认",
    "x-rows": "fixed",
    "items": {
        "type": "object",
        "required": ["ticket"],
        "properties": {
            "ticket": {"type": "string", "title": "登记号", "maxLength": 12},
            "first": {"type": "boolean", "title": "首次"},
            "answer": {"type": "string", "title": "是否参加", "enum": ["参加", "放弃"]},
        },
    },
}
READ_ONLY = ["answers.ticket", "answers.first"]
GIVEN = {"answers": [{"ticket": "S001", "first": True, "inner": 1}, {"ticket": "S002", "first": False}]}


def form(rows=None, read_only=READ_ONLY, **schema):
    content = {
        "id": "demo/x",
        "title": "x",
        "schema": {"type": "object", "required": ["answers"], "properties": {"answers": rows or ROWS}, **schema},
        "ui": {"readOnly": read_only},
    }
    return forms.parse(json.dumps(content).encode(), "forms/demo/x.json")


def validate(rows, current=GIVEN):
    return forms.validate(form(), {"answers": rows}, current=current, today=TODAY)["answers"]


def test_what_is_given_need_not_be_submitted():
    assert validate([{"answer": "参加"}, {}]) == [
        {"ticket": "S001", "first": True, "answer": "参加"},
        {"ticket": "S002", "first": False},
    ]


def test_what_is_given_may_be_submitted_as_it_is():
    assert validate([{"ticket": " S001 ", "first": "true"}, {"ticket": "S002", "answer": "放弃"}])[1] == {
        "ticket": "S002",
        "first": False,
        "answer": "放弃",
    }


@pytest.mark.parametrize(
    ("rows", "field", "code"),
    [
        ([{"answer": "参加"}], "answers", "fixed-rows"),
        ([], "answers", "fixed-rows"),
        ([{}, {}, {"ticket": "S003", "answer": "参加"}], "answers", "fixed-rows"),
        ([{"ticket": "S009"}, {}], "answers.0.ticket", "read-only"),
        ([{"ticket": "S002"}, {"ticket": "S001"}], "answers.0.ticket", "read-only"),
        ([{}, {"first": True}], "answers.1.first", "read-only"),
        ([{"inner": 2}, {}], "answers.0.inner", "undeclared"),
        ("S001", "answers", "fixed-rows"),
        (["S001", "S002"], "answers.0", "type"),
        ({"0": {}}, "answers", "type"),
    ],
)
def test_rows_that_were_added_removed_reordered_or_changed_are_refused(rows, field, code):
    with pytest.raises(errors.InvalidForm) as caught:
        validate(rows)
    assert (field, code) in {(each["field"], each["code"]) for each in caught.value.details["errors"]}


def test_where_no_rows_are_given_none_are_demanded():
    assert validate([], {"answers": []}) == []
    assert validate([], {}) == []
    with pytest.raises(errors.InvalidForm, match="应为 0 行"):
        validate([{"ticket": "S001"}], {})


def test_a_draft_keeps_what_was_given():
    unless = forms.initial(form(), GIVEN)
    kept = forms.draft(form(), {"answers": [{"answer": "放弃", "ticket": "X"}]}, unless=unless)
    assert [(row["ticket"], row.get("answer")) for row in kept["answers"]] == [("S001", "放弃"), ("S002", None)]


def test_a_page_posts_what_is_filled_in_alone():
    pairs = [("answers.0", ""), ("answers.0.answer", "参加"), ("answers.1", ""), ("answers.1.answer", "")]
    posted = forms.from_html(form(), pairs)
    assert validate(posted["answers"])[0] == {"ticket": "S001", "first": True, "answer": "参加"}


@pytest.mark.parametrize("wrong", ["open", True, None])
def test_rows_are_fixed_or_not(wrong):
    with pytest.raises(errors.InvalidFormDefinition, match="fixed"):
        form({**ROWS, "x-rows": wrong})


def test_only_tables_of_the_form_itself_can_be_given():
    texts = {"type": "array", "title": "x", "x-rows": "fixed", "items": {"type": "string"}}
    inner = {"type": "object", "title": "组", "properties": {"answers": ROWS}}
    for rows in (texts, inner):
        with pytest.raises(errors.InvalidFormDefinition, match="一组字段"):
            form(rows, [])


def test_fields_of_rows_that_people_add_cannot_be_read_only():
    free = {name: part for name, part in ROWS.items() if name != "x-rows"}
    with pytest.raises(errors.InvalidFormDefinition, match="readOnly"):
        form(free)
