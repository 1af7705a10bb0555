"""What holds for any form on a page: right values come back the same, and nothing that somebody typed is lost."""

from __future__ import annotations

from typing import Any

import filled_forms
import formpage
import lxml.html
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import errors, forms
from engine.web import forms as web_forms

#: What people and attackers type; without control characters, which no keyboard has.
_TYPED = st.one_of(
    st.sampled_from(
        [
            '"><script>alert(1)</script>',
            "'onfocus='alert(1)' autofocus='",
            "{{ 7 * 7 }}",
            "</textarea><img src=x onerror=alert(1)>",
            "１２，３",
            "2026-13-45",
            "二〇二六年",
            "=cmd|' /C calc'!A0",
            "&lt;b&gt;",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12),
)


@settings(max_examples=60, deadline=None)
@given(filled_forms.filled_forms())
def test_a_right_submission_that_is_shown_and_posted_back_stays_the_same(
    filled: tuple[forms.Form, dict[str, Any]],
) -> None:
    form, values = filled
    sheet = formpage.sheet(form, variables=values)

    pairs = formpage.posted(formpage.page(web_forms.build(sheet)))

    again = forms.validate(form, forms.from_html(form, pairs), current=values, today=formpage.TODAY)
    assert again == values


@settings(max_examples=60, deadline=None)
@given(filled_forms.filled_forms(), st.data())
def test_what_was_typed_comes_back_exactly_however_wrong_it_is(
    filled: tuple[forms.Form, dict[str, Any]], data: st.DataObject
) -> None:
    form, values = filled
    assume(all(isinstance(name, str) for name in values))
    root = formpage.page(web_forms.build(formpage.sheet(form, variables=values)))
    # given somebody who types into every field that one can type into (a browser without date pickers has more)
    for control in root.iter("input", "textarea"):
        if control.get("type") in ("text", "email", "tel", "url", "date", "datetime-local", None):
            text = data.draw(_TYPED)
            control.set("type", "text") if control.tag == "input" else None
            if control.tag == "textarea":
                control.text = "\n" + text
            else:
                control.set("value", text)
    typed = forms.from_html(form, formpage.posted(root))
    found = formpage.sheet(form).judge(typed)

    # when it is refused, or one more row is asked for
    shown = web_forms.build(formpage.sheet(form, variables=values), typed=typed, errors=found)
    answer = formpage.page(shown)

    # then the page posts the same
    assert forms.from_html(form, formpage.posted(answer)) == typed
    assert not answer.xpath("//script | //img | //@onfocus | //@onerror")
    assert [line.text_content().strip() for line in answer.xpath("//*[@id='error-summary']//li")] == [
        f"{each['label']}：{each['message']}".strip() for each in found
    ]


@settings(max_examples=30, deadline=None)
@given(filled_forms.filled_forms())
def test_a_page_is_sound(filled: tuple[forms.Form, dict[str, Any]]) -> None:
    form, values = filled
    for view in (
        web_forms.build(formpage.sheet(form)),
        web_forms.build(formpage.sheet(form), typed={}, errors=_errors(form)),
        web_forms.read(formpage.sheet(form, variables=values)),
    ):
        check_sound(formpage.page(view))


def _errors(form: forms.Form) -> list[dict[str, str]]:
    try:
        forms.validate(form, {}, current={}, today=formpage.TODAY)
    except errors.InvalidForm as error:
        return error.details["errors"]  # type: ignore[return-value]
    return []


def check_sound(root: lxml.html.HtmlElement) -> None:
    """Check what must hold on every page: ids are unique, references lead somewhere, every control has a label."""
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    for attribute in ("for", "aria-describedby", "aria-labelledby", "data-typeahead-for", "data-upload-list"):
        for value in root.xpath(f"//@{attribute}"):
            assert set(value.split()) <= set(ids), value
    for href in root.xpath("//a/@href[starts-with(., '#')]"):
        assert href[1:] in ids
    labelled = set(root.xpath("//label/@for"))
    for control in root.xpath("//input[@type!='hidden' or not(@type)] | //select | //textarea"):
        assert control.get("id") in labelled or control.get("aria-label") or control.get("aria-labelledby")
    assert not root.xpath("//@style | //script")
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
    assert len(root.xpath("//*[@autofocus]")) <= 1
