"""What happens at work besides the straight way, on the pages of one task."""

from __future__ import annotations

import pathlib
import re

import browsing
import preview
from playwright.sync_api import expect

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(site: browsing.Site) -> None:
    site.watch.expect(422)
    title = "填得不对的事项"
    case = preview.begun(site, title, until=preview.REVIEW)
    page = site.browser(preview.HEAD)
    preview.open_task(page, title)
    page.get_by_label("责令重新填报").check()
    page.get_by_label("已列入领导小组审定的目录").check()
    page.get_by_role("button", name="办结").click()
    summary = page.get_by_role("alert").filter(has_text="请更正以下")
    expect(summary).to_be_focused()
    assert browsing.axe(page) == []
    expect(page.get_by_label("责令重新填报")).to_be_checked()
    # A line of the summary leads to its field.
    summary.get_by_role("link", name=re.compile("对照保密规定")).click()
    expect(page.get_by_role("radiogroup", name="对照保密规定").get_by_role("radio").first).to_be_focused()
    # Nothing has happened to the case.
    assert [task.name for task in site.office.driver.tasks(case)] == [preview.REVIEW]
    page.get_by_label("不属于涉密信息").check()
    page.get_by_label("意见和理由").fill("内容概述与正文不一致。")
    page.get_by_label("签字确认").check()
    preview.complete(page)


def test_what_was_typed_is_there_again_after_somebody_went_away(site: browsing.Site) -> None:
    title = "写到一半的事项"
    preview.begun(site, title, until=preview.REVIEW)
    page = site.browser(preview.HEAD)
    preview.open_task(page, title)
    page.get_by_label("意见和理由").fill("写到一半")
    page.get_by_role("link", name="待办").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("待办")
    # What is sent on leaving arrives beside the request for the next page.
    page.reload()
    expect(page.get_by_role("row").filter(has_text=title)).to_contain_text("有草稿")
    page.get_by_role("link", name=title).click()
    expect(page.get_by_label("意见和理由")).to_have_value("写到一半")


def test_a_file_is_kept_at_once_and_reaches_the_next_desk(site: browsing.Site, tmp_path: pathlib.Path) -> None:
    title = "带附件的事项"
    (tmp_path / "一览表.pdf").write_bytes(PDF)
    page = site.browser(preview.APPLICANT)
    preview.start(page)
    page.get_by_label("附件").set_input_files(tmp_path / "一览表.pdf")
    expect(page.get_by_role("listitem").filter(has_text="一览表.pdf")).to_be_visible()
    preview.fill_application(page, title, preview.day(site, 5))
    preview.complete(page)
    page = site.browser(preview.HEAD)
    preview.open_task(page, title)
    with page.expect_download() as download:
        page.get_by_role("main").get_by_role("link", name="一览表.pdf").first.click()
    assert download.value.path().read_bytes() == PDF


def test_a_file_that_may_not_be_is_refused_in_its_place(site: browsing.Site, tmp_path: pathlib.Path) -> None:
    site.watch.expect(422)
    (tmp_path / "程序.exe").write_bytes(b"MZ\x90\x00")
    page = site.browser(preview.APPLICANT)
    preview.start(page)
    page.get_by_label("附件").set_input_files(tmp_path / "程序.exe")
    expect(page.get_by_role("alert").filter(has_text="程序.exe")).to_be_visible()
    assert browsing.axe(page) == []


def test_of_two_browsers_on_one_task_the_second_learns_who_was_first(site: browsing.Site) -> None:
    site.watch.expect(403, 409)
    title = "两人同时办理的事项"
    preview.begun(site, title, until=preview.PREVIEW)
    first, second = site.browser(preview.OFFICE), site.browser("sunlei")
    for page in (first, second):
        page.goto("/tasks")
        page.get_by_role("link", name=title).click()
    for page in (first, second):
        if page.get_by_role("button", name="签收").count():
            page.get_by_role("button", name="签收").first.click()
            break
    preview.fill_preview(first)
    preview.complete(first)
    # The second still looks at the task as it was.
    preview.fill_preview(second)
    second.get_by_label("意见和理由").fill("我也看过。")
    second.get_by_role("button", name="办结").click()
    expect(second.get_by_role("alert")).to_contain_text("陈静")
    expect(second.get_by_role("main")).to_contain_text("我也看过。")
    assert browsing.axe(second) == []


def test_a_task_is_prepared_by_somebody_else_and_comes_back(site: browsing.Site) -> None:
    title = "委派办理的事项"
    preview.begun(site, title, until=preview.REVIEW)
    owner = site.browser(preview.HEAD)
    preview.open_task(owner, title)
    owner.locator("summary", has_text="更多操作").click()
    owner.get_by_role("link", name="委派", exact=True).click()
    dialog = owner.get_by_role("dialog", name="委派")
    expect(dialog).to_be_visible()
    assert browsing.axe(owner) == []
    dialog.get_by_role("combobox", name="委派给").fill("赵刚")
    dialog.get_by_role("option", name="赵刚").click()
    dialog.get_by_role("button", name="委派").click()
    expect(owner.get_by_role("status").filter(has_text="赵刚")).to_be_visible()

    helper = site.browser("zhaogang")
    preview.open_task(helper, title)
    expect(helper.get_by_role("main")).to_contain_text("委派您先行办理")
    preview.fill_review(helper)
    helper.get_by_role("button", name="交回").click()
    expect(helper.get_by_role("status").filter(has_text="已交回")).to_be_visible()

    preview.open_task(owner, title)
    expect(owner.get_by_label("意见和理由")).to_have_value("同意公开。")
    preview.complete(owner)


def test_whoever_is_mentioned_is_found_while_typing(site: browsing.Site) -> None:
    title = "需要讨论的事项"
    preview.begun(site, title, until=preview.PREVIEW)
    page = site.browser(preview.OFFICE)
    preview.open_task(page, title)
    field = page.get_by_role("textbox", name="发表意见")
    field.press_sequentially("请 @王芳")
    page.get_by_role("option", name="王芳").click()
    field.press_sequentially("核对时间")
    page.get_by_role("button", name="发表").click()
    expect(page.locator(".comment")).to_contain_text("请 @王芳 核对时间")
    expect(page.locator(".mention")).to_have_text("@王芳")
