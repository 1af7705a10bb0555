"""Forms in a real browser, on the gallery that has every widget: by mouse, by keyboard, and without JavaScript."""

from __future__ import annotations

import json
import pathlib
import re

import browsing
import pytest
from playwright.sync_api import Page, expect

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def page(site: browsing.Site) -> Page:
    """The empty form in the browser of somebody who designs processes."""
    made = site.browser("admin")
    made.goto("/gallery")
    return made


@pytest.fixture
def plain(site: browsing.Site) -> Page:
    """The same in a browser that runs no scripts."""
    made = site.browser("admin", scripts=False)
    made.goto("/gallery")
    return made


@pytest.fixture
def pdf(tmp_path: pathlib.Path) -> pathlib.Path:
    """A file that may be uploaded."""
    path = tmp_path / "附件（一）.pdf"
    path.write_bytes(PDF)
    return path


def taken(page: Page) -> dict[str, object]:
    """Return the variables that the submission became."""
    page.get_by_text("变量（JSON）").click()
    found: dict[str, object] = json.loads(page.locator("pre").inner_text())
    return found


@pytest.mark.parametrize("state", ["empty", "filled", "invalid", "reading", "searching"])
def test_the_gallery_is_accessible_in_every_state(site: browsing.Site, state: str) -> None:
    page = site.browser("admin")
    page.goto(f"/gallery?state={state}")
    assert browsing.axe(page) == []
    assert browsing.overflow(page) <= 0


def test_the_gallery_fits_a_phone_and_reads_english(site: browsing.Site) -> None:
    page = site.browser("admin", phone=True)
    page.goto("/gallery?state=invalid")
    assert browsing.overflow(page) <= 0
    page.get_by_role("button", name="English").click()
    page.goto("/gallery?state=invalid")
    expect(page.get_by_text("Correct the following (24), then submit again")).to_be_visible()
    assert browsing.axe(page) == []


def test_the_filled_form_is_taken_as_it_stands(site: browsing.Site) -> None:
    page = site.browser("admin")
    page.goto("/gallery?state=filled")
    page.get_by_role("button", name="试提交").click()
    expect(page.get_by_role("heading", name="提交后得到")).to_be_visible()
    values = taken(page)
    assert values["contacts"] == [
        {"name": "张三", "by": "电话", "phone": "0746-8368888"},
        {"name": "李四", "by": "电子邮箱", "email": "lisi@example.gov.cn"},
    ]
    assert (values["total"], values["span"], values["urgent"]) == (123500.5, 7, True)


def test_a_choice_shows_what_depends_on_it_and_disturbs_nothing_else(page: Page) -> None:
    subject, reason = page.get_by_label("单行文本"), page.get_by_label("按条件显示")
    expect(reason).to_have_count(0)
    subject.fill("尚未提交的标题")
    page.get_by_label("有不公开内容").check()
    expect(reason).to_be_visible()
    # what is typed while the server has not answered yet stays
    reason.fill("含有个人信息")
    page.get_by_label("可以公开").check()
    expect(reason).to_have_count(0)
    page.get_by_label("有不公开内容").check()
    expect(reason).to_have_value("含有个人信息")
    expect(subject).to_have_value("尚未提交的标题")
    assert browsing.axe(page) == []


def test_a_condition_marks_what_becomes_required(page: Page) -> None:
    label = page.locator("label", has_text="网址")
    expect(label).to_have_text("网址")
    page.get_by_label("互联网").check()
    expect(label).to_have_text("网址必填")
    page.get_by_label("互联网").uncheck()
    expect(label).to_have_text("网址")


def test_computed_values_and_amounts_in_words_follow_what_is_typed(page: Page) -> None:
    page.get_by_label("日期", exact=False).first.fill("2026-12-01")
    page.get_by_label("截止日期").fill("2026-12-08")
    page.get_by_label("截止日期").press("Tab")
    expect(page.locator("#f-span")).to_have_text("7 天")
    page.get_by_role("button", name="添加费用").click()
    amount = page.locator("[name='costs.0.amount']")
    amount.fill("1234.5")
    amount.press("Tab")
    expect(page.locator("#f-total")).to_contain_text("1,234.50 元")
    expect(page.locator("#f-costs-0-amount-words")).to_have_text("大写：壹仟贰佰叁拾肆元伍角整")


def test_rows_come_and_go_by_keyboard_and_the_focus_is_where_one_goes_on(page: Page) -> None:
    page.locator("[name='contacts.0.name']").fill("张三")
    add = page.get_by_role("button", name="添加联系人")
    add.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name='contacts.1.name']")).to_be_focused()
    page.keyboard.type("李四")
    add.press("Enter")
    expect(page.locator("[name='contacts.2.name']")).to_be_focused()
    page.keyboard.type("王五")
    assert browsing.axe(page) == []
    page.get_by_role("button", name="删除“联系人”第 2 项").press("Enter")
    expect(page.locator("[name='contacts.2.name']")).to_have_count(0)
    expect(add).to_be_focused()
    expect(page.locator("[name='contacts.0.name']")).to_have_value("张三")
    expect(page.locator("[name='contacts.1.name']")).to_have_value("王五")
    for row in (2, 3):
        add.press("Enter")
        expect(page.locator(f"[name='contacts.{row}.name']")).to_be_focused()
    # four are as many as there may be
    expect(add).to_have_count(0)


def test_enter_submits_and_the_summary_leads_to_every_mistake(page: Page, site: browsing.Site) -> None:
    site.watch.expect(422)
    page.get_by_label("整数").fill("三天")
    page.get_by_label("单行文本").focus()
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("整数")).to_have_value("三天")
    summary.get_by_role("link", name=re.compile("^整数")).click()
    expect(page.get_by_label("整数")).to_be_focused()
    # fields whose place is a group lead to its first control
    summary.get_by_role("link", name=re.compile("^多选：")).press("Enter")
    expect(page.get_by_label("媒体")).to_be_focused()
    assert browsing.axe(page) == []
    links = summary.get_by_role("link").all()
    targets = [link.get_attribute("href") for link in links]
    assert all(page.locator(f"[id='{(target or '')[1:]}']").count() == 1 for target in targets)


def test_a_picker_searches_and_a_name_that_nobody_has_is_refused(site: browsing.Site) -> None:
    site.watch.expect(422)
    page = site.browser("admin")
    page.goto("/gallery?state=searching")
    picker = page.get_by_role("combobox", name="人员", exact=True)
    picker.press_sequentially("何")
    option = page.get_by_role("option", name=re.compile("何平"))
    expect(option).to_be_visible()
    assert browsing.axe(page) == []
    picker.press("ArrowDown")
    picker.press("Enter")
    expect(page.locator("[name='drafter']")).to_have_value("heping")
    role = page.get_by_role("combobox", name="角色")
    role.fill("没有这个角色")
    role.press("Escape")
    page.get_by_role("button", name="试提交").click()
    expect(page.get_by_role("alert")).to_contain_text("角色：没有可选的角色“没有这个角色”")
    expect(role).to_have_value("没有这个角色")
    expect(picker).to_have_value("何平（heping）")
    expect(page.locator("[name='drafter']")).to_have_value("heping")


def test_a_file_is_stored_when_chosen_and_survives_a_refused_submission(
    page: Page, site: browsing.Site, pdf: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    site.watch.expect(422)
    files = page.get_by_label("多个文件")
    files.set_input_files([pdf])
    link = page.get_by_role("link", name="附件（一）.pdf", exact=True)
    expect(link).to_be_visible()
    assert browsing.axe(page) == []
    # a picture that is none
    false = tmp_path / "照片.png"
    false.write_bytes(PDF)
    page.get_by_label("一个文件").set_input_files(false)
    expect(page.get_by_text(re.compile("照片.png 未能上传：.*与扩展名 .png 不符"))).to_be_visible()
    page.get_by_role("button", name="试提交").click()
    expect(page.get_by_role("alert")).to_be_focused()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "附件（一）.pdf"
    assert pathlib.Path(download.value.path()).read_bytes() == PDF
    page.get_by_role("button", name="移除 附件（一）.pdf").click()
    expect(link).to_have_count(0)


def test_a_pdf_is_shown_by_the_viewer_of_the_browser(page: Page, pdf: pathlib.Path) -> None:
    page.get_by_label("多个文件").set_input_files([pdf])
    # the viewer is a part of the browser; in the sandbox of other downloads it would not come up
    with page.context.expect_event("request", lambda request: request.url.startswith("chrome-extension://")):
        page.get_by_role("link", name="预览 附件（一）.pdf").click()
    page.goto("/gallery")


def test_everything_works_without_scripts(plain: Page, site: browsing.Site, pdf: pathlib.Path) -> None:
    site.watch.expect(422)
    page = plain
    page.get_by_label("单行文本").fill("不用脚本")
    page.get_by_label("多行文本").fill("第一行\n第二行，凑够十个字")
    page.get_by_label("有不公开内容").check()
    page.get_by_role("button", name="更新表单").click()
    page.get_by_label("按条件显示").fill("含有个人信息")
    # what the file input forgets when the page comes back is stored by then
    page.get_by_label("多个文件").set_input_files([pdf])
    page.get_by_role("button", name="添加联系人").click()
    expect(page.get_by_role("link", name="附件（一）.pdf", exact=True)).to_be_visible()
    expect(page.locator("[name='contacts.1.name']")).to_be_focused()
    page.get_by_role("button", name="删除“联系人”第 2 项").click()
    page.get_by_label("下拉选择").select_option("市级")
    page.get_by_label("公开栏").check()
    page.get_by_label("日期", exact=False).first.fill("2026-12-01")
    page.get_by_label("姓名").fill("张三")
    page.get_by_role("button", name="试提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请更正以下 2 处")
    page.get_by_label("电话", exact=False).last.fill("13800138000")
    page.get_by_label("我已核对以上内容").check()
    page.get_by_role("button", name="试提交").click()
    values = json.loads(page.locator("pre").text_content() or "")
    assert values["plan"] == "第一行\n第二行，凑够十个字"
    assert values["reason"] == "含有个人信息"
    assert [each["name"] for each in values["attachments"]] == ["附件（一）.pdf"]
    assert values["contacts"] == [{"name": "张三", "by": "电话", "phone": "13800138000"}]


def test_pickers_without_scripts_take_a_name(site: browsing.Site) -> None:
    page = site.browser("admin", scripts=False)
    page.goto("/gallery?state=searching")
    page.get_by_label("人员", exact=True).fill("何平")
    page.get_by_role("button", name="更新表单").click()
    expect(page.get_by_label("人员", exact=True)).to_have_value("何平（heping）")
    expect(page.locator("[name='drafter']")).to_have_value("heping")
