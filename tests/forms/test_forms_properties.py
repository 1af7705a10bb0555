"""What holds for any form and any submission."""

from __future__ import annotations

import contextlib
import copy
import datetime
import json
from typing import Any

import filled_forms
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine import errors, forms

TODAY = datetime.date(2026, 11, 20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*filled_forms.NAMES, "name", "x"]) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None)
@given(filled_forms.filled_forms())
def test_what_a_form_shows_it_takes_back_unchanged(filled: tuple[forms.Form, dict[str, Any]]) -> None:
    form, values = filled
    shown = forms.initial(form, {**values, "unrelated": 1})
    assert shown == values
    assert forms.validate(form, shown, current=values, today=TODAY) == values
    assert forms.validate(form, forms.draft(form, shown), current={}, today=TODAY) == values
    # also by way of a page, as text and back
    posted = forms.from_html(form, forms.to_html(form, shown))
    assert forms.validate(form, posted, current={}, today=TODAY) == values
    # and to people who may only read it, who write nothing
    reading = forms.Rights.parse("*:read")
    assert forms.validate(form, shown, current=values, rights=reading, today=TODAY) == {}
    assert all(label and text for label, text in forms.describe(form, values))


_RICH = forms.parse(
    json.dumps(
        {
            "id": "pack/form",
            "title": "表单",
            "schema": {
                "type": "object",
                "required": ["a", "d"],
                "properties": {
                    "a": {"type": "string", "title": "甲", "maxLength": 5},
                    "b": {"type": "integer", "title": "乙", "minimum": 0, "maximum": 9},
                    "c": {
                        "type": "array",
                        "title": "丙",
                        "items": {
                            "type": "object",
                            "required": ["name"],
                            "properties": {
                                "name": {"type": "string", "title": "名"},
                                "x": {"type": "number", "title": "数"},
                            },
                        },
                    },
                    "d": {"type": "boolean", "title": "丁"},
                    "e": {"type": "string", "title": "戊", "format": "date"},
                    "f": {"type": "number", "title": "己"},
                },
                "if": {"properties": {"d": {"const": True}}, "required": ["d"]},
                "then": {"required": ["b"], "properties": {"b": {"minimum": 3}}},
            },
            "ui": {"visibleWhen": {"e": {"field": "d", "equals": True}}, "computed": {"f": "sum(c.x)"}},
        }
    ).encode(),
    "forms/pack/form.json",
)
# Near misses, so that a good part of the drawn submissions is accepted.
_NEAR = st.fixed_dictionaries(
    {"a": st.sampled_from(["x", "五个汉字啊", "六个汉字以上", ""]), "d": st.sampled_from([True, False, "on", "否", None])},
    optional={
        "b": st.sampled_from([0, 3, "5", "十", 10, None]),
        "c": st.lists(st.fixed_dictionaries({"name": st.sampled_from(["甲", ""])}, optional={"x": st.sampled_from([1, "2.5", "x"])}), max_size=2),
        "e": st.sampled_from(["2026-11-20", "2026年1月1日", "昨天"]),
        "f": st.sampled_from([0, 2.5]),
        "z": st.just(1),
    },
)  # fmt: skip
_RIGHTS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(list(forms.Right))).map(forms.Rights)
_ANYTHING = st.dictionaries(st.sampled_from("abcdefz"), _JSON, max_size=5)


@settings(max_examples=400, deadline=None)
@given(submission=_NEAR | _ANYTHING, rights=st.just(forms.ALL_EDIT) | _RIGHTS, current=st.just({}) | _NEAR)
def test_submission_is_right_altogether_or_nothing_is_returned(
    submission: dict[str, Any], rights: forms.Rights, current: dict[str, Any]
) -> None:
    before = copy.deepcopy(submission), copy.deepcopy(current)
    try:
        written = forms.validate(_RICH, submission, current=current, rights=rights, today=TODAY)
    except errors.InvalidForm as error:
        listed = error.details["errors"]
        assert isinstance(listed, list)
        assert listed
        assert len({entry["field"] for entry in listed}) == len(listed)
        assert all(entry["message"] for entry in listed)
        return
    finally:
        # repr, because NaN is not equal to itself
        assert repr((submission, current)) == repr(before)
    allowed = {field.name for field in rights.editable(_RICH.fields)}
    allowed |= {field.name for field in _RICH.fields if rights.may_compute(field)}
    assert set(written) <= allowed
    if rights == forms.ALL_EDIT and not current:
        # An independent validator agrees with all that is written, where nothing else has a say.
        filled = {name: value for name, value in written.items() if value is not None and value != []}
        assert Draft202012Validator(_RICH.schema).is_valid(filled)
    json.dumps(written, allow_nan=False).encode()


@settings(max_examples=200, deadline=None)
@given(_ANYTHING | _JSON)
def test_draft_and_posted_page_never_break(anything: Any) -> None:
    try:
        kept = forms.draft(_RICH, anything)
    except errors.InvalidForm:
        return
    assert set(kept) <= set(_RICH.by_name)
    forms.describe(_RICH, kept)
    forms.to_html(_RICH, kept)
    forms.required_names(_RICH, kept)
    forms.initial(_RICH, kept)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.text("abcdef.01_", max_size=8), st.sampled_from(["", "1", "on", "x"])), max_size=8))
def test_any_posted_names_are_taken_or_refused(pairs: list[tuple[str, str]]) -> None:
    submission = forms.from_html(_RICH, pairs)
    with contextlib.suppress(errors.InvalidForm):
        forms.validate(_RICH, submission, current={}, today=TODAY)
