"""Tables that the process gives, on the page: no buttons, what is given as text, and no post that changes it."""

from __future__ import annotations

import datetime
from typing import Any

import formpage
import pytest
from test_form_round_trip import check_sound

from engine import errors, forms
from engine.web import forms as web_forms

ANSWER = {"type": "string", "title": "是否参加", "enum": ["参加", "放弃"]}
GIVEN = {"answers": [{"ticket": "S001", "name": "何先生"}, {"ticket": "S002", "name": "丁女士"}]}


def form(widget: str, **fields: Any) -> forms.Form:
    properties = {
        "ticket": {"type": "string", "title": "登记号", "maxLength": 12},
        "name": {"type": "string", "title": "姓名", "maxLength": 50},
        "answer": ANSWER,
        **fields,
    }
    rows = {"type": "object", "properties": properties}
    table = {"type": "array", "title": "入选人员", "x-rows": "fixed", "items": rows}
    return formpage.parse(
        {"properties": {"answers": table}},
        readOnly=["answers.ticket", "answers.name"],
        widgets={"answers": widget},
    )


@pytest.mark.parametrize("widget", ["table", "group"])
def test_the_page_has_the_given_rows_as_text_and_no_buttons_for_rows(widget):
    made = form(widget)
    root = formpage.page(web_forms.build(formpage.sheet(made, variables=GIVEN)))
    check_sound(root)
    assert not root.xpath("//button[starts-with(@value, 'add:') or starts-with(@value, 'remove:')]")
    names = [name for name, _ in formpage.posted(root) if name.startswith("answers")]
    assert sorted(names) == ["answers.0", "answers.0.answer", "answers.1", "answers.1.answer"]
    said = " ".join(root.text_content().split())
    assert all(each in said for each in ("S001", "何先生", "S002", "丁女士"))


@pytest.mark.parametrize("widget", ["table", "group"])
def test_what_the_page_posts_is_taken_with_what_was_given(widget):
    made = form(widget)
    sheet = formpage.sheet(made, variables=GIVEN)
    pairs = formpage.posted(formpage.page(web_forms.build(sheet)))
    pairs = [(name, "放弃" if name == "answers.1.answer" else value) for name, value in pairs]
    posted = forms.from_html(made, pairs)
    today = datetime.date(2026, 9, 28)
    assert forms.validate(made, posted, current=GIVEN, today=today)["answers"] == [
        {"ticket": "S001", "name": "何先生"},
        {"ticket": "S002", "name": "丁女士", "answer": "放弃"},
    ]
    forged = forms.from_html(made, [*pairs, ("answers.2.ticket", "S009"), ("answers.2.answer", "参加")])
    with pytest.raises(errors.InvalidForm, match="应为 2 行"):
        forms.validate(made, forged, current=GIVEN, today=today)


def test_a_page_shown_anew_has_the_given_rows_whatever_was_typed():
    made = form("table")
    typed = {"answers": [{"ticket": "伪造", "answer": "参加"}, {}, {"ticket": "S003"}]}
    root = formpage.page(web_forms.build(formpage.sheet(made, variables=GIVEN), typed=typed))
    said = " ".join(root.text_content().split())
    assert "伪造" not in said and "S003" not in said and "S001" in said
    assert ("answers.0.answer", "参加") in formpage.posted(root)


def test_a_draft_does_not_change_what_is_given():
    made = form("table")
    sheet = formpage.sheet(made, variables=GIVEN, draft={"answers": [{"ticket": "旧", "answer": "放弃"}]})
    root = formpage.page(web_forms.build(sheet))
    assert "旧" not in root.text_content() and "丁女士" in root.text_content()
