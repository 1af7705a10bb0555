"""What becomes of a posted page: files first, then rows, then what was typed."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from typing import Any

import formpage
import lxml.html
import pytest
import website
from starlette import datastructures, requests
from test_form_round_trip import check_sound

from engine import errors, forms
from engine.model import commands
from engine.web import forms as web_forms
from engine.web.forms.office import Office, Pick

PDF = b"%PDF-1.7\n%%EOF\n"
FILE = {"type": "object", "title": "附件", "format": "file", "x-accept": [".pdf"], "x-maxSize": 1000}
FORM = formpage.parse(
    {
        "required": ["subject"],
        "properties": {
            "subject": {"type": "string", "title": "标题"},
            "paper": FILE,
            "papers": {"type": "array", "title": "材料", "maxItems": 3, "items": FILE},
            "words": {"type": "array", "title": "关键词", "items": {"type": "string", "maxLength": 4}},
            "contacts": {
                "type": "array",
                "title": "联系人",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "title": "姓名"},
                        "by": {"type": "string", "title": "方式", "enum": ["电话", "邮箱"], "default": "电话"},
                        "card": FILE,
                    },
                },
            },
            "reader": {"type": "string", "title": "阅办人"},
            "final": {"type": "string", "title": "结论"},
        },
    },
    widgets={"reader": "person", "contacts": "group"},
)
OFFICE = Office(
    people={"li": Pick("li", "李四"), "wang1": Pick("wang1", "王五"), "wang2": Pick("wang2", "王五")}, listed=0
)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office with the demo users."""
    with website.Office(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture
def receive(office):
    """Receive a page of FORM with these fields and files."""

    def take(*items: tuple[str, Any], scripts: bool = False, **given: Any) -> web_forms.Posted:
        headers = [(b"hx-request", b"true")] if scripts else []
        request = requests.Request({"type": "http", "method": "POST", "path": "/", "headers": headers})
        pairs = [(name, upload(*value) if isinstance(value, tuple) else value) for name, value in items]
        actor = commands.Actor("zhangsan")
        sheet = formpage.sheet(FORM, office=OFFICE, **given)
        return web_forms.receive(request, office.engine, actor, sheet, datastructures.FormData(pairs))

    return take


def upload(name: str, content: bytes) -> datastructures.UploadFile:
    """A file as Starlette hands it over."""
    return datastructures.UploadFile(io.BytesIO(content), filename=name)


# --- what was typed, and which button ---------------------------------------------------------------------------------


def test_a_page_without_a_button_is_submitted(receive):
    given = receive(("subject", "甲"), ("_csrf", "x"), ("_key", "k"), ("_shown", "a,b.0.c"))
    assert (given.action, given.changes_page_only, given.key) == ("submit", False, "k")
    assert given.submission == {"subject": "甲", "papers": [], "words": [], "contacts": []}
    assert given.shown == {"a", "b.0.c"}


def test_a_button_that_no_page_has_is_refused(receive):
    for action in ("delete", "add:subject", "add:nothing", "add:papers", "add:"):
        with pytest.raises(errors.InvalidInput, match="请刷新页面后重试"):
            receive(("_action", action))


def test_a_row_is_added_behind_the_others_with_its_defaults(receive):
    given = receive(
        ("_action", "add:contacts"), ("contacts.0", ""), ("contacts.0.name", "张三"), ("contacts.7.name", "李四")
    )
    assert given.changes_page_only
    assert given.submission["contacts"] == [{"name": "张三"}, {"name": "李四"}, {"by": "电话"}]
    assert given.focus == "contacts.2"


def test_a_row_is_removed_with_all_that_is_in_it(receive):
    given = receive(
        ("_action", "remove:contacts.1"),
        ("contacts.0.name", "张三"),
        ("contacts.1", ""),
        ("contacts.1.name", "李四"),
        ("contacts.10.name", "王五"),
    )
    assert given.submission["contacts"] == [{"name": "张三"}, {"name": "王五"}]
    assert given.focus == "contacts+"


def test_empty_items_of_a_list_count_for_nothing_when_it_is_submitted(receive):
    items = (("words.0", ""), ("words.1", "公示"), ("words.2", "  "), ("words.3", "公示公告栏"))
    given = receive(*items)
    assert given.submission["words"] == ["公示", "公示公告栏"]
    assert [each["field"] for each in formpage.sheet(FORM).judge({**given.submission, "subject": "x"})] == ["words.1"]
    assert receive(("_action", "add:words"), *items).submission["words"] == ["", "公示", "  ", "公示公告栏", ""]


def test_undeclared_keys_stay_and_are_refused(receive):
    given = receive(("subject", "甲"), ("status", "approved"), ("contacts.0.role", "chief"))
    found = formpage.sheet(FORM).judge(given.submission)
    assert {each["field"]: each["code"] for each in found} == {"status": "undeclared", "contacts.0.role": "undeclared"}


# --- pickers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "typed", "submitted"),
    [
        ("li", "李四（li）", "li"),
        ("li", "李四", "li"),
        ("wang2", "王五", "wang2"),
        ("", "李四", "li"),
        ("", "li", "li"),
        ("li", "王五（wang1）", "wang1"),
        ("li", "王五", "王五"),
        ("li", "没有这个人", "没有这个人"),
        ("li", "", ""),
        ("", "", ""),
    ],
)
def test_a_picker_takes_what_was_typed_where_it_names_one(receive, hidden, typed, submitted):
    given = receive(("subject", "甲"), ("reader", hidden), ("_pick.reader", typed))
    assert given.submission["reader"] == submitted


def test_a_name_that_two_people_have_is_asked_back(receive):
    sheet = formpage.sheet(FORM, office=OFFICE)
    (found,) = sheet.judge(receive(("subject", "甲"), ("reader", ""), ("_pick.reader", "王五")).submission)
    assert found["message"] == "有 2 个“王五”，请从列表中选择"


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_are_stored_first_and_posted_as_tokens(receive):
    given = receive(
        ("paper", ("一.pdf", PDF)),
        ("papers", ("二.pdf", PDF)),
        ("papers", ("三.pdf", PDF)),
        ("papers.5.token", "t"),
        ("papers.5.name", "旧.pdf"),
        ("contacts.3.name", "张三"),
        ("contacts.3.card", ("四.pdf", PDF)),
        ("papers", ("", b"")),
    )
    assert given.problems == ()
    assert given.submission["paper"]["name"] == "一.pdf"
    assert [each["name"] for each in given.submission["papers"]] == ["旧.pdf", "二.pdf", "三.pdf"]
    assert given.submission["contacts"][0]["card"]["name"] == "四.pdf"
    assert forms.is_file(forms.coerce(FORM.by_name["paper"], given.submission["paper"]))


def test_a_new_file_takes_the_place_of_the_one_before(receive):
    given = receive(("paper.token", "t"), ("paper.name", "旧.pdf"), ("paper", ("新.pdf", PDF)))
    assert given.submission["paper"]["name"] == "新.pdf"


def test_files_that_cannot_be_stored_stop_the_submission_and_everything_else_is_told_too(receive):
    given = receive(
        ("paper", ("一.png", PDF)),
        ("papers", ("二.pdf", b"no pdf")),
        ("papers", ("三.pdf", PDF + b"0" * 2000)),
        ("words.0", "公示公告栏"),
    )
    sheet = formpage.sheet(FORM)
    with pytest.raises(errors.InvalidForm) as refusal:
        web_forms.refuse(sheet, given)
    found = {each["field"]: each["message"] for each in refusal.value.details["errors"]}
    assert re.search("应为 .pdf", found["paper"])
    assert re.search("内容与扩展名 .pdf 不符|过大", found["papers"])
    assert found["subject"] == "必填"
    assert "words.0" in found
    # and the page shows each at its place
    view = web_forms.build(sheet, typed=given.submission, errors=refusal.value.details["errors"])
    root = formpage.page(view)
    check_sound(root)
    assert root.xpath("//*[@id='f-papers-error']/div[2]")


def test_a_scanner_that_fails_loses_nothing_of_what_was_typed(office, receive):
    before = office.engine.settings
    office.engine.settings = dataclasses.replace(before, scan_command="/nowhere/scan")
    try:
        given = receive(("subject", "甲"), ("paper", ("一.pdf", PDF)))
    finally:
        office.engine.settings = before
    assert given.submission["subject"] == "甲"
    assert [(each["field"], each["code"]) for each in given.problems] == [("paper", "store-error")]


def test_files_of_fields_that_one_may_not_fill_in_are_not_even_stored(office, receive):
    before = {path for path in office.engine.blobs.root.rglob("*") if path.is_file()}
    content = PDF + b"secret"
    given = receive(("paper", ("a.pdf", content)), rights=forms.Rights.parse("paper:read"))
    assert [each["code"] for each in given.problems] == ["read-only"]
    given = receive(("subject", ("a.pdf", content)), ("nothing.1.x", ("a.pdf", content)))
    assert [each["code"] for each in given.problems] == ["undeclared", "undeclared"]
    assert {path for path in office.engine.blobs.root.rglob("*") if path.is_file()} == before


def test_a_script_that_asks_for_parts_leaves_chosen_files_where_they_are(receive):
    given = receive(("_action", "refresh"), ("paper", ("一.pdf", PDF)), scripts=True)
    assert (given.problems, "paper" in given.submission) == ((), False)


# --- what one cannot submit any more ----------------------------------------------------------------------------------


def test_what_was_typed_for_a_task_that_is_gone_can_be_copied(receive):
    sheet = formpage.sheet(FORM, office=OFFICE)
    given = receive(
        ("subject", "很长的内容"), ("reader", "li"), ("final", ""), ("contacts.0.name", "张三"), ("words.0", "公示")
    )
    assert web_forms.kept(sheet, given) == [
        ("标题", "很长的内容"),
        ("关键词", "公示"),
        ("联系人（第 1 项）·姓名", "张三"),
        ("阅办人", "李四"),
    ]


# --- the whole way, on the gallery ------------------------------------------------------------------------------------


def post(client, pairs, **options):
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return client.post("/gallery?state=filled", data=data, **options)


@pytest.fixture
def client(office):
    """Somebody who designs processes."""
    return office.client("admin")


@pytest.fixture
def pairs(client):
    """What the filled form posts."""
    root = lxml.html.document_fromstring(client.get("/gallery?state=filled").text)
    (form,) = root.xpath("//form[@id='form']")
    lone = lxml.html.document_fromstring(f"<html><body>{lxml.html.tostring(form, encoding='unicode')}</body></html>")
    return formpage.posted(lone)


def test_the_gallery_shows_what_a_submission_becomes(client, pairs):
    answer = post(client, pairs)
    assert answer.status_code == 200
    (pre,) = lxml.html.fromstring(answer.text).iter("pre")
    assert json.loads(pre.text_content())["budget"] == 1280000.5


def test_a_wrong_submission_is_422_and_keeps_everything(client, pairs):
    wrong = [(name, "十天" if name == "days" else value) for name, value in pairs]
    answer = post(client, wrong)
    assert answer.status_code == 422
    root = lxml.html.document_fromstring(answer.text)
    assert [line.text_content() for line in root.xpath("//*[@id='error-summary']//a")] == [
        "整数：应为不小于 5、不大于 60 的整数，现为“十天”"
    ]
    assert formpage.field(root, "days").get("value") == "十天"
    assert formpage.field(root, "contacts.1.email").get("value") == "lisi@example.gov.cn"


def test_scripts_get_nothing_but_what_changes(client, pairs):
    refresh = [(name, "电子邮箱" if name == "contacts.0.by" else value) for name, value in pairs]
    answer = post(client, [*refresh, ("_action", "refresh")], headers={"hx-request": "true"})
    targets = re.findall(r'hx-target="([^"]+)"', answer.text)
    swapped = [each for each in targets if each.startswith("#w-")]
    assert swapped == ["#w-f-contacts-0-phone", "#w-f-contacts-0-email"]
    assert {"#f-span", "#f-total", "#m-f-site", "#f-budget-words", "#form-shown"} <= set(targets)
    assert "f-subject" not in answer.text, "what somebody may be typing into just now is left alone"


def test_scripts_get_the_whole_list_that_a_row_came_to(client, pairs):
    answer = post(client, [*pairs, ("_action", "add:contacts")], headers={"hx-request": "true"})
    assert re.findall(r'hx-target="(#w-[^"]+)"', answer.text) == ["#w-f-contacts"]
    assert answer.text.count("autofocus") == 1


def test_browsers_without_scripts_get_the_page(client, pairs):
    answer = post(client, [*pairs, ("_action", "add:contacts")])
    assert answer.status_code == 200
    root = lxml.html.document_fromstring(answer.text)
    assert formpage.field(root, "contacts.2.name").get("autofocus") is not None


def test_the_gallery_is_for_those_who_design(office):
    assert office.client("zhangsan").get("/gallery").status_code == 403
    assert office.client("zhangsan").post("/gallery", data={}).status_code == 403
