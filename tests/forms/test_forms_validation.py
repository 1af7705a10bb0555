"""A submission becomes variables as a whole or not at all; rights and conditions are kept on the server."""

from __future__ import annotations

import datetime

import pytest

from engine import errors, forms
from engine.forms import vocabulary

REASON = {"type": "string"}
DECISION = {"type": "string", "oneOf": [{"const": "yes", "title": "公开"}, {"const": "no", "title": "不公开"}]}


@pytest.fixture
def review(make_form) -> forms.Form:
    """The reason of a refusal: shown and required for 不公开 alone."""
    return make_form(
        {"decision": DECISION, "reason": REASON, "basis": {"type": "string"}},
        {
            "visibleWhen": {
                "reason": {"field": "decision", "equals": "no"},
                "basis": {"field": "reason", "in": ["国家秘密", "商业秘密"]},
            }
        },
        required=["decision", "reason", "basis"],
    )


# what is written


def test_submitted_values_are_returned_in_the_order_of_the_form(make_form, accept) -> None:
    form = make_form(
        {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "boolean"}}, {"order": ["c", "b", "a"]}
    )
    assert list(accept(form, {"a": "x", "b": "2", "c": "on"}).items()) == [("c", True), ("b", 2), ("a", "x")]


def test_optional_field_left_out_stays_and_left_empty_is_cleared(make_form, accept) -> None:
    form = make_form(
        {"a": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}}, "n": {"type": "integer"}}
    )
    current = {"a": "old", "list": ["old"], "n": 4, "other": 1}
    assert accept(form, {}, current) == {}
    assert accept(form, {"a": "", "list": [], "n": " "}, current) == {"a": None, "list": [], "n": None}


def test_required_field_is_not_answered_by_an_old_value(make_form, accept, refused) -> None:
    form = make_form({"opinion": {"type": "string"}}, required=["opinion"])
    assert refused(form, {}, {"opinion": "同意"}) == [("opinion", "required", "必填")]
    assert accept(form, {"opinion": "同意"}, {"opinion": "同意"}) == {"opinion": "同意"}


def test_false_and_zero_are_answers(make_form, accept) -> None:
    form = make_form({"a": {"type": "boolean"}, "b": {"type": "integer"}}, required=["a", "b"])
    assert accept(form, {"a": False, "b": 0}) == {"a": False, "b": 0}


def test_result_shares_nothing_with_the_submission(make_form, accept) -> None:
    form = make_form(
        {"rows": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "title": "a"}}}}}
    )
    submission = {"rows": [{"a": "x"}]}
    result = accept(form, submission)
    submission["rows"][0]["a"] = "changed"
    submission["rows"].append({})
    assert result == {"rows": [{"a": "x"}]}


def test_empty_parts_of_groups_and_rows_are_left_out(make_form, accept) -> None:
    group = {
        "type": "object",
        "properties": {"a": {"type": "string", "title": "a"}, "b": {"type": "string", "title": "b"}},
    }
    form = make_form({"g": group, "h": group, "rows": {"type": "array", "items": group}})
    submission = {"g": {"a": " ", "b": "x"}, "h": {"a": "", "b": None}, "rows": [{"a": ""}, {"b": "y"}]}
    assert accept(form, submission) == {"g": {"b": "x"}, "h": None, "rows": [{}, {"b": "y"}]}


def test_unicode_is_written_as_typed(make_form, accept) -> None:
    form = make_form({"a": {"type": "string"}})
    for text in ("e\u0301", "é", "ﬁ", "５", "𠮷", "a\u200bb"):
        assert accept(form, {"a": text}) == {"a": text}


# what is refused


def test_undeclared_keys_are_refused_at_every_level(make_form, refused) -> None:
    group = {"type": "object", "properties": {"a": {"type": "string", "title": "a"}}}
    form = make_form({"g": group, "rows": {"type": "array", "items": group}})
    submission = {"x": 1, "g": {"y": 2}, "rows": [{"a": "1"}, {"z": {"q": 3}}]}
    assert [(field, code) for field, code, _ in refused(form, submission)] == [
        ("g.y", "undeclared"),
        ("rows.1.z", "undeclared"),
        ("x", "undeclared"),
    ]


def test_one_wrong_field_keeps_all_others_from_being_written(make_form, refused) -> None:
    form = make_form({"a": {"type": "string"}, "b": {"type": "integer"}})
    assert refused(form, {"a": "good", "b": "bad"}) == [("b", "type", "应为整数，现为“bad”")]


@pytest.mark.parametrize(
    ("submission", "code"),
    [
        ([], "type"),
        (None, "type"),
        ("x", "type"),
        ({1: "x"}, "type"),
        ({"a": {2: "x"}}, "type"),
        ({"a": b"x"}, "type"),
        ({"a": {1, 2}}, "type"),
        ({"a": float("inf")}, "type"),
        ({"a": 10**400}, "too-large"),
        ({"a": "x" * (vocabulary.MAX_CHARACTERS + 1)}, "too-large"),
        ({"a": {"k" * (vocabulary.MAX_CHARACTERS + 1): 1}}, "too-large"),
        ({"a": [1] * vocabulary.MAX_VALUES}, "too-large"),
        ({"a": "\ud800"}, "unprintable"),
        ({"a": ["\x1b[2J"]}, "unprintable"),
        ({"\x00": 1}, "unprintable"),
        ({"a": "x" * (vocabulary.DEFAULT_MAX_LENGTH + 1)}, "maxLength"),
        ({"list": ["x"] * (vocabulary.DEFAULT_MAX_ITEMS + 1)}, "maxItems"),
        ({"a": "__class__", "__class__": 1}, "undeclared"),
        ({"code": "1" * 5000}, "maxLength"),
    ],
)
def test_hostile_submission_is_refused(make_form, refused, submission, code: str) -> None:
    form = make_form(
        {
            "a": {"type": "string"},
            "list": {"type": "array", "items": {"type": "string"}},
            "code": {"type": "string", "pattern": "^(1+)+$", "x-messages": {"pattern": "应为编号"}},
        }
    )
    assert code in [found for _, found, _ in refused(form, submission)]


def test_bottomless_nesting_is_refused_and_the_deepest_form_accepted(make_form, accept, refused) -> None:
    field = {"type": "object", "format": "file", "title": "文件"}
    value: object = {"token": "t", "name": "a", "size": 1, "sha256": "0" * 64}
    for _ in range(vocabulary.MAX_SCHEMA_DEPTH - 1):
        field, value = {"type": "object", "title": "组", "properties": {"a": field}}, {"a": value}
    form = make_form({"a": field})
    assert accept(form, {"a": value}) == {"a": value}
    bottomless: dict[str, object] = {}
    bottomless["a"] = bottomless
    assert refused(form, bottomless) == [("a", "too-deep", "嵌套应不超过 8 层")]
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    assert refused(form, {"a": deep}) == [("a", "too-deep", "嵌套应不超过 8 层")]


def test_limits_of_a_field_replace_the_usual_ones(make_form, accept) -> None:
    form = make_form(
        {
            "a": {"type": "string", "maxLength": 150_000},
            "b": {"type": "array", "maxItems": 1500, "items": {"type": "integer"}},
        }
    )
    submission = {"a": "x" * 150_000, "b": list(range(1500))}
    assert accept(form, submission) == submission


# conditions


def test_field_that_is_not_shown_is_neither_required_nor_written(review: forms.Form, accept) -> None:
    assert accept(review, {"decision": "yes"}) == {"decision": "yes"}
    assert accept(review, {"decision": "yes", "reason": "x", "basis": ["nonsense"]}) == {"decision": "yes"}
    current = {"decision": "no", "reason": "国家秘密"}
    assert accept(review, {"decision": "yes", "reason": "国家秘密"}, current) == {"decision": "yes"}


def test_field_that_is_shown_is_required_again(review: forms.Form, accept, refused) -> None:
    assert refused(review, {"decision": "no"}) == [("reason", "required", "必填")]
    assert refused(review, {"decision": "no", "reason": "国家秘密"}) == [("basis", "required", "必填")]
    assert accept(review, {"decision": "no", "reason": "其他"}) == {"decision": "no", "reason": "其他"}
    assert forms.required_names(review, {"decision": "no"}) == {"decision", "reason"}
    assert forms.visible_names(review.fields, {"decision": "no"}) == {"decision", "reason"}


def test_what_hangs_on_a_hidden_field_is_hidden_too(review: forms.Form, accept) -> None:
    submission = {"decision": "yes", "reason": "国家秘密", "basis": "x"}
    assert accept(review, submission) == {"decision": "yes"}


def test_conditions_see_the_values_as_they_will_stand(review: forms.Form, refused, accept) -> None:
    assert refused(review, {"decision": "no"}, rights="reason:edit")
    assert accept(review, {"reason": "其他"}, {"decision": "no"}, rights="decision:read") == {"reason": "其他"}
    assert refused(review, {}, {"decision": "no"}, rights="decision:hide") == [("reason", "required", "必填")]


@pytest.mark.parametrize(
    ("value", "shown"), [([], False), (["网站"], False), (["网站", "其他"], True), (["其他"], True)]
)
def test_condition_on_a_list_asks_whether_it_contains_the_value(make_form, value: list[str], shown: bool) -> None:
    form = make_form(
        {
            "channels": {"type": "array", "items": {"type": "string", "enum": ["网站", "其他"]}},
            "which": {"type": "string"},
        },
        {"visibleWhen": {"which": {"field": "channels", "equals": "其他"}}},
    )
    assert ("which" in forms.visible_names(form.fields, {"channels": value})) is shown


def test_condition_tells_true_from_one(make_form) -> None:
    form = make_form(
        {"a": {"type": "integer"}, "b": {"type": "string"}}, {"visibleWhen": {"b": {"field": "a", "equals": 1}}}
    )
    assert "b" in forms.visible_names(form.fields, {"a": 1.0})
    assert "b" not in forms.visible_names(form.fields, {"a": True})


def test_rules_of_the_schema_hold(make_form, accept, refused) -> None:
    form = make_form(
        {
            "kind": {"type": "string", "enum": ["身份证", "护照"]},
            "number": {"type": "string"},
            "urgent": {"type": "boolean"},
            "why": {"type": "string"},
            "days": {"type": "integer"},
            "people": {"type": "array", "items": {"type": "string"}},
        },
        allOf=[
            {
                "if": {"properties": {"kind": {"const": "身份证"}}, "required": ["kind"]},
                "then": {
                    "required": ["number"],
                    "properties": {
                        "number": {"pattern": "^[0-9]{17}[0-9Xx]$", "x-messages": {"pattern": "身份证号码应为 18 位"}}
                    },
                },
                "else": {"properties": {"number": {"maxLength": 9}}},
            },
            {
                "if": {"not": {"properties": {"days": {"minimum": 5}}, "required": ["days"]}, "required": ["urgent"]},
                "then": {"required": ["why"]},
            },
            {
                "if": {"properties": {"people": {"contains": {"const": "记者"}}}, "required": ["people"]},
                "then": {"properties": {"days": {"minimum": 7}}},
            },
        ],
        dependentRequired={"days": ["urgent"]},
    )
    assert refused(form, {"kind": "身份证"}) == [("number", "required", "必填")]
    assert refused(form, {"kind": "身份证", "number": "123"}) == [("number", "pattern", "身份证号码应为 18 位")]
    assert refused(form, {"kind": "护照", "number": "1" * 10}) == [
        ("number", "maxLength", "应不超过 9 个字，现为 10 个字")
    ]
    assert accept(form, {"kind": "护照"}) == {"kind": "护照"}
    assert refused(form, {"urgent": True}) == [("why", "required", "必填")]
    assert refused(form, {"urgent": True, "days": 4}) == [("why", "required", "必填")]
    assert accept(form, {"urgent": True, "days": 5}) == {"urgent": True, "days": 5}
    assert refused(form, {"days": 9}) == [("urgent", "required", "必填")]
    assert refused(form, {"people": ["市民", "记者"], "days": 6, "urgent": False}) == [
        ("days", "minimum", "应为不小于 7 的整数，现为 6")
    ]
    assert forms.required_names(form, {"kind": "身份证", "days": 3}) == {"number", "urgent"}


def test_required_by_another_field_says_so(make_form, refused) -> None:
    group = {
        "type": "object",
        "properties": {"a": {"type": "string", "title": "甲"}, "b": {"type": "string", "title": "乙"}},
        "dependentRequired": {"a": ["b"]},
    }
    assert refused(make_form({"g": group}), {"g": {"a": "x"}}) == [("g.b", "required", "填写了“甲”时必填")]


def test_one_of_several_has_to_be_filled_in(make_form, accept, refused) -> None:
    form = make_form(
        {"phone": {"type": "string", "title": "电话"}, "mail": {"type": "string", "title": "邮箱"}},
        anyOf=[{"required": ["phone"]}, {"required": ["mail"]}],
    )
    assert refused(form, {"phone": " "}) == [("phone", "any-of", "“电话”“邮箱”应至少填写一项")]
    assert refused(form, {}, rights="phone:read") == [("mail", "any-of", "“邮箱”应至少填写一项")]
    assert accept(form, {"mail": "x"}) == {"mail": "x"}
    assert accept(form, {}, {"phone": "1"}, rights="phone:read") == {}
    assert accept(form, {}, rights="*:read") == {}


# rows and groups


def test_groups_repeat_inside_repeating_groups(make_form, accept, refused) -> None:
    person = {
        "type": "object",
        "required": ["name", "agency"],
        "properties": {
            "name": {"type": "string", "title": "姓名"},
            "role": {"type": "string", "title": "身份", "enum": ["本人", "代理人"]},
            "agency": {"type": "string", "title": "代理机构"},
            "phones": {
                "type": "array",
                "title": "电话",
                "items": {
                    "type": "object",
                    "required": ["number"],
                    "properties": {"number": {"type": "string", "title": "号码", "format": "phone"}},
                },
            },
        },
        "if": {"properties": {"role": {"const": "代理人"}}, "required": ["role"]},
        "then": {"required": ["phones"]},
    }
    form = make_form(
        {"people": {"type": "array", "title": "参加人员", "minItems": 1, "items": person}},
        {"visibleWhen": {"people.agency": {"field": "role", "equals": "代理人"}}},
        required=["people"],
    )
    good = [
        {"name": "甲", "role": "本人"},
        {"name": "乙", "role": "代理人", "agency": "某所", "phones": [{"number": "110"}]},
    ]
    assert accept(form, {"people": good}) == {"people": good}
    assert accept(form, {"people": [{"name": "甲", "agency": "没有代理"}]}) == {"people": [{"name": "甲"}]}
    assert refused(form, {"people": [{}, {"name": "乙", "role": "代理人", "phones": [{"number": "1"}, {}]}]}) == [
        ("people.0.name", "required", "必填"),
        ("people.1.agency", "required", "必填"),
        ("people.1.phones.0.number", "format", "应为电话号码（如 13800138000 或 010-65432100），现为“1”"),
        ("people.1.phones.1.number", "required", "必填"),
    ]
    assert refused(form, {"people": [{"name": "乙", "role": "代理人", "agency": "某所"}]}) == [
        ("people.0.phones", "required", "必填")
    ]
    assert refused(form, {"people": []}) == [("people", "required", "必填")]
    assert refused(form, {"people": {"0": {"name": "甲"}}}) == [("people", "type", "应为列表，现为一组字段")]
    assert refused(form, {"people": ["甲"]}) == [("people.0", "type", "应为一组字段，现为“甲”")]


def test_dates_are_compared_with_their_neighbours(make_form, accept, refused) -> None:
    period = {
        "type": "object",
        "properties": {
            "begin": {"type": "string", "title": "开始日期", "format": "date"},
            "end": {"type": "string", "title": "结束日期", "format": "date", "formatMinimum": "begin+5"},
        },
    }
    form = make_form({"p": period, "rows": {"type": "array", "items": period}})
    assert refused(form, {"p": {"begin": "2026-11-20", "end": "2026-11-24"}}) == [
        ("p.end", "formatMinimum", "应不早于 2026年11月25日（“开始日期”之后 5 日），现为 2026年11月24日")
    ]
    assert accept(form, {"p": {"begin": "2026-11-20", "end": "2026-11-25"}})
    assert accept(form, {"p": {"end": "2000-01-01"}})
    rows = [{"begin": "2026-01-01", "end": "2026-01-06"}, {"begin": "2026-01-01", "end": "2026-01-05"}]
    assert [field for field, _, _ in refused(form, {"rows": rows})] == ["rows.1.end"]


def test_dates_in_a_list_are_compared_with_today(make_form, accept, refused) -> None:
    items = {"type": "string", "format": "date", "formatMinimum": "today"}
    form = make_form({"days": {"type": "array", "items": items}})
    assert [field for field, _, _ in refused(form, {"days": ["2026-11-20", "2026-11-19"]})] == ["days.1"]
    assert accept(form, {"days": ["2026-11-19"]}, today=datetime.date(2026, 11, 19)) == {"days": ["2026-11-19"]}


# rights


@pytest.fixture
def sheet(make_form) -> forms.Form:
    """One sheet that goes from hand to hand; every stage fills in its own part."""
    return make_form(
        {
            "title": {"type": "string", "default": "无题"},
            "opinion": {"type": "string"},
            "final": {"type": "string"},
            "rows": {
                "type": "array",
                "items": {"type": "object", "properties": {"a": {"type": "integer", "title": "a"}}},
            },
        },
        required=["title", "opinion", "final"],
    )


def test_required_fields_of_other_stages_are_not_asked_for(sheet: forms.Form, accept) -> None:
    assert accept(sheet, {"title": "公告"}, rights="opinion:hide, final:hide") == {"title": "公告"}
    assert accept(sheet, {"opinion": "同意"}, {"title": "公告"}, rights="title:read, final:hide") == {"opinion": "同意"}
    assert accept(sheet, {}, {}, rights="*:read") == {}


def test_field_to_read_may_come_back_unchanged_only_and_is_never_written(sheet: forms.Form, accept, refused) -> None:
    current = {"title": "公告", "rows": [{"a": 1}]}
    rights = "title:read, final:read, rows:read"
    assert accept(sheet, {"title": " 公告 ", "final": "", "rows": [{"a": "1"}], "opinion": "x"}, current, rights) == {
        "opinion": "x"
    }
    assert refused(sheet, {"title": "改了", "final": "x", "rows": [{"a": 2}], "opinion": "x"}, current, rights) == [
        ("title", "read-only", "本环节只能查看此项，应保持“公告”不变"),
        ("final", "read-only", "本环节只能查看此项，应保持空不变"),
        ("rows", "read-only", "本环节只能查看此项，应保持1 项的列表不变"),
    ]
    assert accept(sheet, {"title": "无题", "opinion": "x"}, {}, rights) == {"opinion": "x"}


def test_hidden_field_is_refused_without_a_word_about_its_value(sheet: forms.Form, refused) -> None:
    for attempt in ("机密内容", "x", ""):
        errors_found = refused(
            sheet, {"title": "t", "opinion": "o", "final": attempt}, {"final": "机密内容"}, "final:hide"
        )
        assert errors_found == [("final", "hidden", "本环节不能填写此项")]


def test_form_may_make_fields_read_only_for_everybody(make_form, accept, refused) -> None:
    form = make_form({"no": {"type": "string"}, "text": {"type": "string"}}, {"readOnly": ["no"]}, required=["no"])
    assert accept(form, {"text": "x", "no": "1号"}, {"no": "1号"}, "no:edit") == {"text": "x"}
    assert refused(form, {"no": "2号"}, {"no": "1号"}) == [("no", "read-only", "本环节只能查看此项，应保持“1号”不变")]


def test_wrong_value_of_another_stage_does_not_stop_this_one(sheet: forms.Form, accept) -> None:
    assert accept(sheet, {"opinion": "x"}, {"title": 5, "final": ["?"]}, "title:read, final:hide") == {"opinion": "x"}


def test_submission_that_contradicts_what_stays_is_refused(make_form, accept, refused) -> None:
    form = make_form(
        {
            "publish": {"type": "boolean", "title": "公开"},
            "level": {"type": "string", "title": "密级", "enum": ["无", "秘密"]},
        },
        **{
            "if": {"properties": {"publish": {"const": True}}, "required": ["publish"]},
            "then": {"properties": {"level": {"const": "无"}}},
        },
    )
    assert refused(form, {"publish": True}, {"level": "秘密"}, "level:read") == [
        ("level", "contradiction", "与填写的内容不一致：应为“无”，现为“秘密”")
    ]
    hidden = refused(form, {"publish": True}, {"level": "秘密"}, "level:hide")
    assert hidden == [("", "contradiction", "填写的内容与“密级”已有的内容不一致")]
    assert accept(form, {"publish": False}, {"level": "秘密"}, "level:hide") == {"publish": False}
    assert accept(form, {"publish": True}, {"level": "无"}, "level:read") == {"publish": True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a:read", {"a": "read"}),
        ("a:read, b:hide ,c:edit", {"a": "read", "b": "hide", "c": "edit"}),
        ("a：read，b:hide；\nc : edit;", {"a": "read", "b": "hide", "c": "edit"}),
    ],
)
def test_rights_are_read_as_written(text: str, expected: dict[str, str]) -> None:
    assert forms.Rights.parse(text).by_field == expected


def test_star_names_all_other_fields(sheet: forms.Form) -> None:
    rights = forms.Rights.parse("*:hide, title:read, opinion:edit")
    assert [rights.of(field) for field in sheet.fields] == ["read", "edit", "hide", "hide"]
    assert rights.unknown_names(sheet) == ()
    assert forms.Rights.parse("titel:read, title:read").unknown_names(sheet) == ("titel",)


@pytest.mark.parametrize("text", ["a", "a:write", "a:", ":read", "a:read b:read", "a:read, a:hide", "a:READ"])
def test_rights_in_another_notation_are_refused(text: str) -> None:
    with pytest.raises(errors.InvalidInput, match="字段权限"):
        forms.Rights.parse(text)


# drafts


def test_draft_keeps_what_may_be_edited_however_unfinished(sheet: forms.Form) -> None:
    rights = forms.Rights.parse("title:read, final:hide")
    submission = {"title": "改了", "final": "x", "opinion": " 未完", "rows": [{"a": "3"}, {"a": "三"}]}
    assert forms.draft(sheet, submission, rights) == {"opinion": "未完", "rows": [{"a": 3}, {"a": "三"}]}
    assert forms.draft(sheet, {"opinion": ""}) == {"opinion": None}
    assert forms.draft(sheet, {}) == {}


@pytest.mark.parametrize(
    "submission", [{"x": 1}, {"rows": [{"b": 1}]}, {"opinion": "\x00"}, [], {"opinion": float("nan")}]
)
def test_draft_refuses_what_the_form_does_not_know_or_nobody_can_store(sheet: forms.Form, submission) -> None:
    with pytest.raises(errors.InvalidForm):
        forms.draft(sheet, submission)


# computed fields


@pytest.fixture
def bill(make_form) -> forms.Form:
    item = {
        "type": "object",
        "properties": {"amount": {"type": "number", "title": "金额"}, "note": {"type": "string", "title": "备注"}},
    }
    return make_form(
        {
            "items": {"type": "array", "title": "明细", "items": item},
            "total": {"type": "number", "title": "合计", "maximum": 100},
            "lines": {"type": "integer"},
            "price": {"type": "number"},
            "copies": {"type": "integer"},
            "fee": {"type": "number"},
            "begin": {"type": "string", "format": "date"},
            "end": {"type": "string", "format": "date"},
            "days": {"type": "integer", "title": "天数", "minimum": 0},
        },
        {
            "computed": {
                "total": "sum(items.amount)",
                "lines": "count(items)",
                "fee": "product(price, copies)",
                "days": "days(begin, end)",
            }
        },
    )


def test_computed_fields_are_calculated_exactly_and_written(bill: forms.Form, accept) -> None:
    result = accept(
        bill,
        {
            "items": [{"amount": "0.1"}, {"amount": 0.2}, {"note": "免费"}],
            "price": 0.15,
            "copies": 3,
            "begin": "2026-02-27",
            "end": "2026-03-01",
        },
        {"total": 77, "days": 9},
    )
    assert (result["total"], result["lines"], result["fee"], result["days"]) == (0.3, 3, 0.45, 2)


def test_computed_field_is_empty_while_something_is_missing(bill: forms.Form, accept) -> None:
    assert accept(bill, {"items": []}, {"fee": 5, "price": 3}) == {
        "items": [], "total": 0, "lines": 0, "fee": None, "days": None,
    }  # fmt: skip


def test_computed_value_is_judged_like_any_other(bill: forms.Form, refused) -> None:
    assert refused(bill, {"items": [{"amount": 60}, {"amount": 41}]}) == [
        ("total", "maximum", "应为不大于 100 的数，现为 101")
    ]
    assert refused(bill, {"begin": "2026-01-02", "end": "2026-01-01"}) == [
        ("days", "minimum", "应为不小于 0 的整数，现为 -1")
    ]


def test_computed_value_that_is_submitted_has_to_be_the_right_one(bill: forms.Form, accept, refused) -> None:
    assert accept(bill, {"price": 2, "copies": 3, "fee": "6"})["fee"] == 6
    assert refused(bill, {"price": 2, "copies": 3, "fee": 5}) == [("fee", "read-only", "自动计算，应为 6，现为 5")]


def test_computed_field_is_left_alone_where_the_node_gives_no_right_to_it(bill: forms.Form, accept, refused) -> None:
    current = {"price": 2, "copies": 3, "fee": 6}
    assert accept(bill, {"price": 4}, current, "fee:read, total:read, lines:read, days:hide") == {"price": 4}
    assert accept(bill, {"fee": 6}, current, "*:read") == {}
    assert refused(bill, {"fee": 7}, current, "*:read") == [("fee", "read-only", "本环节只能查看此项，应保持6不变")]
