"""What a form looks like to a browser, a keyboard and a screen reader, case by case."""

from __future__ import annotations

from typing import Any

import formpage
import pytest
from test_form_round_trip import check_sound

from engine import forms
from engine.web import forms as web_forms
from engine.web.forms import gallery
from engine.web.forms.office import Office, Pick

FILE = {"token": "t-1", "name": "请示.pdf", "size": 2048, "sha256": "ab" * 32}


def form(**properties: Any) -> forms.Form:
    """Return a form of these fields; `required` and `ui` are taken apart."""
    ui, rules = properties.pop("ui", {}), properties.pop("rules", {})
    titled = {name: {"title": name, **field} for name, field in properties.items()}
    return formpage.parse({"properties": titled, **rules}, **ui)


def shown(made: forms.Form, **given: Any) -> Any:
    """Return the page of a form, checked for what every page must have."""
    built = {name: given.pop(name) for name in ("typed", "errors", "focus") if name in given}
    root = formpage.page(web_forms.build(formpage.sheet(made, **given), **built))
    check_sound(root)
    return root


def text(element: Any) -> str:
    """Return what is read there, spaces joined."""
    return " ".join(element.text_content().split())


# --- single fields ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "widget", "tag", "attributes"),
    [
        ({"type": "string"}, "text", "input", {"type": "text", "autocomplete": "off"}),
        ({"type": "string", "format": "email"}, "text", "input", {"type": "email"}),
        ({"type": "string", "format": "phone"}, "text", "input", {"type": "tel"}),
        ({"type": "string", "format": "uri"}, "text", "input", {"type": "url"}),
        ({"type": "string"}, "textarea", "textarea", {"rows": "4"}),
        ({"type": "integer", "minimum": 1}, "number", "input", {"type": "text", "inputmode": "numeric"}),
        ({"type": "integer"}, "number", "input", {"type": "text", "inputmode": "decimal"}),
        ({"type": "number"}, "money", "input", {"type": "text", "inputmode": "decimal"}),
        ({"type": "string", "format": "date"}, "date", "input", {"type": "date"}),
        ({"type": "string", "format": "date-time"}, "datetime", "input", {"type": "datetime-local"}),
        ({"type": "string", "enum": ["甲", "乙"]}, "select", "select", {}),
        ({"type": "object", "format": "file"}, "file", "input", {"type": "file"}),
        ({"type": "boolean"}, "checkbox", "input", {"type": "checkbox", "value": "true"}),
    ],
)
def test_each_widget_is_the_input_that_fits(field, widget, tag, attributes):
    root = shown(form(a=field, ui={"widgets": {"a": widget}}))
    control = formpage.by_id(root, "f-a")
    assert control.tag == tag
    assert attributes.items() <= dict(control.attrib).items()
    assert [text(label) for label in root.xpath("//label[@for='f-a']")] == ["a"]


def test_a_required_field_says_so_to_eyes_and_to_screen_readers():
    root = shown(form(a={"type": "string"}, b={"type": "string"}, rules={"required": ["a"]}))
    assert formpage.field(root, "a").get("required") is not None
    assert formpage.field(root, "b").get("required") is None
    assert [text(label) for label in root.iter("label")] == ["a必填", "b"]


def test_help_examples_and_limits_describe_the_field():
    root = shown(
        form(
            a={"type": "string", "maxLength": 50, "examples": ["城市更新"], "description": "写明事项"},
            ui={"widgets": {"a": "textarea"}, "placeholder": {"a": "简明"}, "options": {"a": {"rows": 9}}},
        )
    )
    control = formpage.field(root, "a")
    assert (control.get("aria-describedby"), control.get("placeholder"), control.get("rows")) == (
        "f-a-help",
        "简明",
        "9",
    )
    assert text(formpage.by_id(root, "f-a-help")) == "写明事项；不超过 50 字；例如：城市更新"


def test_a_mistake_is_at_the_field_in_the_summary_and_in_what_describes_it():
    made = form(a={"type": "integer", "description": "整数"})
    root = shown(made, typed={"a": "三"}, errors=formpage.sheet(made).judge({"a": "三"}))
    control = formpage.field(root, "a")
    assert (control.get("value"), control.get("aria-invalid")) == ("三", "true")
    assert control.get("aria-describedby") == "f-a-error f-a-help"
    assert text(formpage.by_id(root, "f-a-error")) == "错误：应为整数，现为“三”"
    summary = formpage.by_id(root, "error-summary")
    assert (summary.get("role"), summary.get("tabindex")) == ("alert", "-1")
    assert summary.get("autofocus") is not None
    (link,) = summary.iter("a")
    assert (link.get("href"), text(link)) == ("#f-a", "a：应为整数，现为“三”")


def test_enter_presses_the_main_button():
    root = shown(form(a={"type": "array", "items": {"type": "string"}}))
    first = next(iter(root.iter("button")))
    assert (first.get("type"), first.get("name"), first.get("value")) == ("submit", "_action", "submit")
    assert (first.get("tabindex"), first.get("aria-hidden")) == ("-1", "true")


def test_dates_have_the_limits_that_are_known_and_what_is_no_date_stays_as_typed():
    made = form(
        a={"type": "string", "format": "date", "formatMinimum": "today+5", "formatMaximum": "2027-01-01"},
        b={"type": "string", "format": "date", "formatMinimum": "a"},
    )
    root = shown(made)
    control = formpage.field(root, "a")
    assert (control.get("min"), control.get("max")) == ("2026-11-25", "2027-01-01")
    assert formpage.field(root, "b").get("min") is None
    for typed in ("2026年1月1日", "2026-02-30", "20260101", "明天"):
        control = formpage.field(shown(made, typed={"a": typed}), "a")
        assert (control.get("type"), control.get("value")) == ("text", typed)


def test_seconds_of_a_moment_are_kept():
    made = form(a={"type": "string", "format": "date-time"})
    control = formpage.field(shown(made, variables={"a": "2026-11-21T09:30:15+08:00"}), "a")
    assert (control.get("value"), control.get("step")) == ("2026-11-21T09:30:15", "1")
    control = formpage.field(shown(made, variables={"a": "2026-11-21T01:30:00Z"}), "a")
    assert (control.get("value"), control.get("step")) == ("2026-11-21T09:30", None)


def test_money_is_said_in_capital_numerals():
    made = form(a={"type": "number"}, ui={"widgets": {"a": "money"}})
    root = shown(made, variables={"a": 1234.5})
    control = formpage.field(root, "a")
    assert (control.get("value"), control.get("aria-describedby")) == ("1234.50", "f-a-words f-a-unit")
    assert text(formpage.by_id(root, "f-a-words")) == "大写：壹仟贰佰叁拾肆元伍角整"
    assert text(formpage.by_id(root, "f-a-unit")) == "元"
    assert text(formpage.by_id(shown(made, typed={"a": "一千"}), "f-a-words")) == ""


# --- choices ----------------------------------------------------------------------------------------------------------

CHOICE = {"type": "string", "oneOf": [{"const": "x", "title": "甲"}, {"const": "y", "title": "乙"}]}


def test_radio_buttons_are_a_group_with_its_question():
    made = form(a=CHOICE, ui={"widgets": {"a": "radio"}, "options": {"a": {"inline": True}}}, rules={"required": ["a"]})
    root = shown(made, variables={"a": "y"}, errors=[{"field": "a", "label": "a", "message": "错", "code": "enum"}])
    group = formpage.by_id(root, "f-a").getparent().getparent()
    assert (group.tag, group.get("role"), group.get("aria-required")) == ("fieldset", "radiogroup", "true")
    assert (group.get("aria-invalid"), group.get("aria-describedby")) == ("true", "f-a-error")
    assert text(group.find("legend")) == "a必填"
    assert [radio.get("checked") is not None for radio in group.iter("input")] == [False, True]


def test_what_was_chosen_by_mistake_can_be_taken_back():
    made = form(a=CHOICE, b={"type": "boolean"}, ui={"widgets": {"a": "radio", "b": "radio"}})
    root = shown(made, variables={"a": "x", "b": True})
    assert [each.get("value") for each in root.xpath("//input[@name='a']")] == ["x", "y", ""]
    assert [each.get("value") for each in root.xpath("//input[@name='b']")] == ["true", "false", ""]
    submission = forms.from_html(made, [("a", ""), ("b", "")])
    assert forms.validate(made, submission, current={"a": "x", "b": True}, today=formpage.TODAY) == {
        "a": None,
        "b": None,
    }


def test_an_option_that_is_gone_is_shown_so_that_it_is_replaced():
    made = form(a=CHOICE)
    select = formpage.field(shown(made, variables={"a": "旧"}), "a")
    chosen = [option for option in select.iter("option") if option.get("selected") is not None]
    assert [(option.get("value"), text(option)) for option in chosen] == [("旧", "旧")]


def test_a_tick_that_nobody_has_to_set_is_not_required_and_a_consent_is():
    made = form(
        a={"type": "boolean"},
        b={"type": "boolean", "const": True},
        rules={"required": ["a", "b"]},
    )
    root = shown(made)
    assert formpage.field(root, "a").get("required") is None
    assert formpage.field(root, "b").get("required") is not None


# --- pickers ----------------------------------------------------------------------------------------------------------

PEOPLE = {"zhang": Pick("zhang", "张三", "综合处"), "li": Pick("li", "李四"), "li2": Pick("li2", "李四", "信息中心")}
OFFICE = Office(
    people=PEOPLE,
    people_by_role={"chief": frozenset({"li"})},
    names={"old": "王五", **{user: pick.name for user, pick in PEOPLE.items()}},
)
PICKER = form(a={"type": "string"}, ui={"widgets": {"a": "person"}})


def test_a_few_people_are_a_list_and_many_are_searched():
    select = formpage.field(shown(PICKER, office=OFFICE, variables={"a": "zhang"}), "a")
    assert [(each.get("value"), text(each)) for each in select.iter("option")] == [
        ("", "请选择"),
        ("zhang", "张三"),
        ("li", "李四"),
        ("li2", "李四"),
    ]
    many = Office(people=PEOPLE, names=OFFICE.names, listed=2)
    root = shown(PICKER, office=many, variables={"a": "zhang"})
    control = formpage.by_id(root, "f-a")
    assert (control.get("value"), control.get("data-typeahead")) == ("张三（zhang）", "/pickers/person")
    assert formpage.by_id(root, str(control.get("data-typeahead-for"))).get("name") == "a"


def test_only_people_with_the_role_are_offered():
    made = form(a={"type": "string"}, ui={"widgets": {"a": "person"}, "options": {"a": {"role": "chief"}}})
    select = formpage.field(shown(made, office=OFFICE), "a")
    assert [each.get("value") for each in select.iter("option")] == ["", "li"]
    root = shown(made, office=Office(people=PEOPLE, people_by_role={"chief": frozenset({"li", "li2"})}, listed=1))
    assert formpage.by_id(root, "f-a").get("data-typeahead") == "/pickers/person?role=chief"


def test_somebody_who_has_left_is_still_called_by_name():
    select = formpage.field(shown(PICKER, office=OFFICE, variables={"a": "old"}), "a")
    assert [text(each) for each in select.iter("option") if each.get("selected") is not None] == ["王五（old）"]


# --- lists, rows, groups ----------------------------------------------------------------------------------------------

CONTACTS = {
    "type": "array",
    "maxItems": 3,
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "title": "姓名"},
            "by": {"type": "string", "title": "方式", "enum": ["电话", "邮箱"], "default": "电话"},
            "phone": {"type": "string", "title": "电话"},
            "vip": {"type": "boolean", "title": "领导"},
        },
    },
}
ROWS = form(
    contacts=CONTACTS,
    ui={"widgets": {"contacts": "group"}, "visibleWhen": {"contacts.phone": {"field": "by", "equals": "电话"}}},
)


def test_rows_are_numbered_groups_that_can_be_removed():
    root = shown(ROWS, variables={"contacts": [{"name": "张三", "by": "邮箱"}, {"name": "李四", "by": "电话"}]})
    outer = formpage.by_id(root, "f-contacts")
    assert (outer.tag, text(outer.find("legend"))) == ("fieldset", "contacts")
    assert [text(each) for each in outer.xpath(".//fieldset/legend")] == ["第 1 项", "第 2 项"]
    names = [each.get("name") for each in root.xpath("//input[@type='text']")]
    assert names == ["contacts.0.name", "contacts.1.name", "contacts.1.phone"]
    buttons = [(each.get("value"), each.get("aria-label")) for each in outer.xpath(".//button[@aria-label]")]
    assert buttons == [
        ("remove:contacts.0", "删除“contacts”第 1 项"),
        ("remove:contacts.1", "删除“contacts”第 2 项"),
    ]


def test_no_more_rows_than_there_may_be():
    assert shown(ROWS, variables={"contacts": [{"name": "a"}] * 2}).xpath("//button[@value='add:contacts']")
    assert not shown(ROWS, variables={"contacts": [{"name": "a"}] * 3}).xpath("//button[@value='add:contacts']")


def test_rows_that_have_to_be_there_are_there_to_be_filled_in():
    made = form(
        contacts={**CONTACTS, "minItems": 2}, rules={"required": ["contacts"]}, ui={"widgets": {"contacts": "group"}}
    )
    root = shown(made)
    assert len(root.xpath("//fieldset[@class='item']")) == 2
    chosen = root.xpath("//select[@name='contacts.1.by']/option[@selected]")
    assert [text(each) for each in chosen] == ["电话"], "a new row begins with the defaults"


def test_a_row_with_nothing_but_empty_boxes_is_posted():
    made = form(
        rows={"type": "array", "items": {"type": "object", "properties": {"a": {"type": "boolean", "title": "甲"}}}},
        group={"type": "object", "properties": {"b": {"type": "boolean", "title": "乙"}}},
        ui={"widgets": {"rows": "group"}},
    )
    values = {"rows": [{"a": False}, {"a": True}], "group": {"b": True}}
    root = shown(made, variables=values)
    formpage.field(root, "group.b").attrib.pop("checked")
    formpage.field(root, "rows.1.a").attrib.pop("checked")
    submission = forms.from_html(made, formpage.posted(root))
    assert submission == {"rows": [{"a": False}, {"a": False}], "group": {"b": False}}


def test_short_rows_are_a_table_whose_heads_label_the_inputs():
    cost = {
        "type": "object",
        "required": ["item"],
        "properties": {"item": {"type": "string", "title": "项目"}, "sum": {"type": "number", "title": "金额"}},
    }
    made = form(
        costs={"type": "array", "items": cost}, ui={"widgets": {"costs.sum": "money"}, "help": {"costs.item": "按票据"}}
    )
    typed = {"costs": [{"item": "", "sum": "若干"}]}
    root = shown(made, typed=typed, errors=formpage.sheet(made).judge(typed))
    control = formpage.field(root, "costs.0.sum")
    heads = [text(formpage.by_id(root, each)) for each in str(control.get("aria-labelledby")).split()]
    assert heads == ["1", "金额"]
    item = formpage.field(root, "costs.0.item")
    described = [text(formpage.by_id(root, each)) for each in str(item.get("aria-describedby")).split()]
    assert described == ["错误：必填", "按票据"]
    assert not shown(made).xpath("//table"), "a table without rows says nothing"


def test_items_of_a_list_have_names_of_their_own_and_an_empty_one_to_begin_with():
    made = form(words={"type": "array", "items": {"type": "string", "maxLength": 2}})
    root = shown(made)
    assert [each.get("aria-label") for each in root.xpath("//input[@type='text']")] == ["words（第 1 项）"]
    typed = {"words": ["公示", "公示公告"]}
    root = shown(made, typed=typed, errors=formpage.sheet(made).judge(typed))
    assert formpage.field(root, "words.1").get("aria-invalid") == "true"
    assert formpage.field(root, "words.0").get("aria-invalid") is None
    assert [each.get("href") for each in root.xpath("//*[@id='error-summary']//a")] == ["#f-words-1"]


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_stored_file_is_a_link_and_its_token_and_the_list_says_what_may_come():
    item = {"type": "object", "format": "file", "x-accept": [".pdf", ".ofd"], "x-maxSize": 1048576}
    made = form(papers={"type": "array", "maxItems": 2, "items": item}, rules={"required": ["papers"]})
    root = shown(made, variables={"papers": [FILE]}, case=7)
    links = [(link.get("href"), text(link)) for link in formpage.by_id(root, "f-papers-files").iter("a")]
    assert links == [("/files/t-1?case=7", "请示.pdf"), ("/files/t-1?case=7&inline=1", "预览 请示.pdf")]
    control = formpage.by_id(root, "f-papers")
    assert (control.get("accept"), control.get("multiple") is not None) == (".pdf,.ofd", True)
    assert control.get("required") is None, "there is one already"
    assert text(formpage.by_id(root, "f-papers-help")) == "可上传：.pdf、.ofd；每个文件不超过 1 MB"
    assert root.xpath("//form/@enctype") == ["multipart/form-data"]
    # a full list takes no more, and a mistake leads to the list
    errors = [{"field": "papers.1", "label": "papers（第 2 项）", "message": "已不存在", "code": "reference"}]
    root = shown(made, variables={"papers": [FILE, FILE]}, errors=errors)
    assert not root.xpath("//input[@type='file']")
    assert root.xpath("//*[@id='error-summary']//a/@href") == ["#f-papers"]
    assert formpage.by_id(root, "f-papers").tag == "ul"
    assert text(formpage.by_id(root, "f-papers-error")) == "错误：第 2 项：已不存在"


def test_a_form_without_files_is_posted_plainly():
    assert shown(form(a={"type": "string"})).xpath("//form/@enctype") == []


# --- what depends on what ---------------------------------------------------------------------------------------------

NUMBERS = {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer", "title": "数"}}}}
CONDITIONAL = form(
    secret={"type": "boolean"},
    reason={"type": "string"},
    site={"type": "string"},
    items=NUMBERS,
    total={"type": "integer"},
    ui={
        "visibleWhen": {"reason": {"field": "secret", "equals": True}},
        "computed": {"total": "sum(items.n)"},
        "widgets": {"secret": "radio"},
    },
    rules={
        "if": {"properties": {"secret": {"const": False}}, "required": ["secret"]},
        "then": {"required": ["site"]},
    },
)


def test_what_is_not_shown_waits_with_what_was_typed_into_it():
    root = shown(CONDITIONAL, typed={"secret": "false", "reason": "原因"})
    block = formpage.by_id(root, "w-f-reason")
    assert block.get("hidden") is not None
    assert formpage.field(root, "reason").get("type") == "hidden"
    submission = forms.from_html(CONDITIONAL, formpage.posted(root))
    assert submission["reason"] == "原因"
    taken = forms.validate(CONDITIONAL, {**submission, "site": "x"}, current={}, today=formpage.TODAY)
    assert "reason" not in taken, "what is not shown is not written"
    again = shown(CONDITIONAL, typed={**submission, "secret": "true"})
    assert (formpage.field(again, "reason").get("type"), formpage.field(again, "reason").get("value")) == (
        "text",
        "原因",
    )


def test_only_what_decides_something_asks_the_server():
    root = shown(CONDITIONAL)
    asking = [each.get("id") for each in root.xpath("//div[@hx-trigger='change']")]
    assert asking == ["w-f-secret", "w-f-items"]
    assert root.xpath("//button[@value='refresh']"), "and a button for browsers without scripts"
    assert not shown(form(a={"type": "string"})).xpath("//button[@value='refresh'] | //*[@hx-trigger]")


def test_a_condition_on_a_hidden_field_is_decided_without_showing_it():
    rights = forms.Rights.parse("secret:hide")
    root = shown(CONDITIONAL, rights=rights, variables={"secret": True, "reason": "旧的"})
    assert formpage.field(root, "reason").get("value") == "旧的"
    assert not root.xpath("//*[contains(@name, 'secret')]")
    root = shown(CONDITIONAL, rights=rights, variables={"secret": False})
    assert formpage.by_id(root, "w-f-reason").get("hidden") is not None


def test_a_computed_value_is_an_output_and_not_posted():
    root = shown(CONDITIONAL, variables={"items": [{"n": 2}, {"n": 3}]})
    output = formpage.by_id(root, "f-total")
    assert (output.tag, text(output)) == ("output", "5")
    assert "total" not in dict(formpage.posted(root))


def test_a_section_whose_fields_are_all_hidden_is_hidden():
    made = form(
        secret={"type": "boolean"},
        reason={"type": "string"},
        ui={
            "sections": [{"title": "一", "fields": ["secret"]}, {"title": "二", "fields": ["reason"]}],
            "visibleWhen": {"reason": {"field": "secret", "equals": True}},
        },
    )
    assert formpage.by_id(shown(made), "s-1").get("hidden") is not None
    assert formpage.by_id(shown(made, typed={"secret": "true"}), "s-1").get("hidden") is None


# --- rights and reading -----------------------------------------------------------------------------------------------


def test_rights_decide_what_is_an_input_a_text_or_nothing():
    made = form(a={"type": "string"}, b={"type": "string"}, c={"type": "string"})
    rights = forms.Rights.parse("b:read, c:hide")
    root = shown(made, rights=rights, variables={"a": "甲", "b": "乙", "c": "丙"})
    assert [name for name, _ in formpage.posted(root) if not name.startswith("_")] == ["a"]
    assert text(formpage.by_id(root, "f-b")) == "乙"
    assert "丙" not in formpage.html(web_forms.build(formpage.sheet(made, rights=rights, variables={"c": "丙"})))


RETURNED = form(
    reason={"type": "string"},
    notes={"type": "array", "items": {"type": "object", "properties": {"n": {"type": "string", "title": "意见"}}}},
    own={"type": "string"},
    ui={"sections": [{"title": "退回修改", "fields": ["reason", "notes"]}, {"title": "填报", "fields": ["own"]}]},
)


@pytest.mark.parametrize(
    ("variables", "titles"),
    [
        ({}, ["填报"]),
        ({"reason": "", "notes": []}, ["填报"]),
        ({"notes": [{"n": None}]}, ["填报"]),
        ({"reason": "不全"}, ["退回修改", "填报"]),
        ({"notes": [{"n": "补章"}]}, ["退回修改", "填报"]),
    ],
)
def test_a_section_with_nothing_to_fill_in_and_nothing_to_read_is_not_there(variables, titles):
    rights = forms.Rights.parse("reason:read, notes:read")
    root = shown(RETURNED, rights=rights, variables=variables)
    assert [text(each) for each in root.xpath("//form/fieldset/legend")] == titles
    waiting = web_forms.read(formpage.sheet(RETURNED, rights=rights, variables=variables), awaited=True)
    assert [text(each) for each in formpage.page(waiting).iter("h2")] == titles


def test_what_can_be_filled_in_or_is_computed_here_keeps_its_section_though_it_is_empty():
    assert len(shown(RETURNED).xpath("//form/fieldset/legend")) == 2
    computed = form(total={"type": "integer"}, ui={"computed": {"total": "sum(items.n)"}}, items=NUMBERS)
    assert formpage.by_id(shown(computed, rights=forms.Rights.parse("items:read")), "f-total") is not None


def test_an_answer_that_somebody_left_open_is_read_as_such():
    answered = web_forms.read(formpage.sheet(RETURNED, rights=forms.Rights.parse("own:hide, *:read")))
    assert [text(each.getnext()) for each in formpage.page(answered).iter("dt")] == ["—", "—"]


def test_a_whole_form_to_read_is_a_list_of_terms():
    root = formpage.page(
        web_forms.read(formpage.sheet(gallery.form(), variables=gallery.filled(formpage.TODAY, OFFICE), office=OFFICE))
    )
    check_sound(root)
    assert not root.xpath("//input | //select | //textarea | //form")
    pairs = {text(term): text(term.getnext()) for term in root.iter("dt")}
    assert pairs["金额"] == "3,500.50 元"
    assert pairs["日期"] == "2026年11月23日"
    assert pairs["是否选择"] == "有不公开内容"
    assert pairs["人员"] == "张三"


def test_nothing_filled_in_reads_as_a_dash_and_hidden_values_are_not_there():
    made = form(a={"type": "string"}, b={"type": "string"})
    root = formpage.page(
        web_forms.read(formpage.sheet(made, variables={"b": "机密"}, rights=forms.Rights.parse("b:hide")))
    )
    assert [(text(each), text(each.getnext())) for each in root.iter("dt")] == [("a", "—")]


def test_the_page_speaks_english_where_the_form_does_not_speak():
    made = form(a={"type": "string"}, rules={"required": ["a"]})
    errors = formpage.sheet(made).judge({})
    page = formpage.page(web_forms.build(formpage.sheet(made), typed={}, errors=errors), "en")
    assert text(page.xpath("//h2")[0]) == "Correct the following (1), then submit again"


def test_a_form_with_a_draft_is_saved_as_one_types_and_guarded_without_one():
    with_draft = shown(form(a={"type": "string"}), draft_url="/tasks/1/draft", draft={"a": "x"})
    (made,) = with_draft.iter("form")
    assert (made.get("data-guard"), made.get("data-draft")) == ("", "/tasks/1/draft")
    assert made.get("data-dirty") is None
    assert formpage.field(with_draft, "a").get("value") == "x"
    (again,) = shown(form(a={"type": "string"}), typed={"a": "y"}).iter("form")
    assert (again.get("data-draft"), again.get("data-dirty")) == (None, "")
