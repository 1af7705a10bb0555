"""People who need each other for one task: sending back, asking for opinions, taking back, telling others."""

from __future__ import annotations

import re

import browsing
import preview
from playwright.sync_api import Locator, Page, expect


def ask(page: Page, act: str) -> Locator:
    """Choose an act from the menu of a task; return the dialog that it opens."""
    page.locator("summary", has_text="更多操作").click()
    page.get_by_role("link", name=act, exact=True).click()
    return opened(page, act)


def opened(page: Page, name: str) -> Locator:
    """Return the open dialog of an act."""
    dialog = page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible()
    return dialog


def test_a_case_goes_back_with_a_reason_and_comes_again(site: browsing.Site) -> None:
    title = "退回重填的事项"
    case = preview.begun(site, title, until=preview.PREVIEW)
    page = site.browser(preview.OFFICE)
    preview.open_task(page, title)
    # What is typed is no draft any more when the task has gone: saving it then would be refused.
    page.get_by_label("意见和理由").fill("依据的条款没有写")
    page.get_by_role("link", name="退回", exact=True).click()
    dialog = opened(page, "退回")
    assert browsing.axe(page) == []
    dialog.get_by_label(preview.REVIEW).check()
    dialog.get_by_label("退回的理由").fill("请写明依据的条款。")
    dialog.get_by_role("button", name="退回").click()
    expect(page.get_by_role("status").filter(has_text="已退回")).to_be_visible()
    assert [task.name for task in site.office.driver.tasks(case)] == [preview.REVIEW]

    page = site.browser(preview.HEAD)
    page.goto("/tasks")
    expect(page.get_by_role("row").filter(has_text=title)).to_contain_text("请写明依据的条款。")
    preview.open_task(page, title)
    expect(page.get_by_role("main")).to_contain_text("请写明依据的条款。")
    preview.fill_review(page)
    preview.complete(page)


def test_a_long_list_of_people_is_searched_by_typing(site: browsing.Site) -> None:
    title = "请人加签的事项"
    preview.begun(site, title, until=preview.PREVIEW)
    page = site.browser(preview.OFFICE)
    preview.open_task(page, title)
    dialog = ask(page, "加签")
    names = dialog.locator(".picks .form-check")
    wide = dialog.locator(".picks").evaluate("list => list.scrollWidth - list.clientWidth")
    assert wide <= 0, "people are out of sight at the side"
    dialog.get_by_role("checkbox", name="冯艳").check()
    search = dialog.get_by_role("searchbox")
    search.fill("liuyang")
    search.press("Enter")  # looks for somebody, and sends nothing
    expect(names.filter(visible=True)).to_have_count(2)  # who is found, and who is ticked
    expect(dialog.get_by_role("checkbox", name="刘洋")).to_be_visible()
    assert browsing.axe(page) == []
    dialog.get_by_role("checkbox", name="刘洋").check()
    dialog.get_by_role("button", name="请其加签").click()
    expect(page.get_by_role("status").filter(has_text="已请刘洋、冯艳加签")).to_be_visible()


def test_a_refused_act_keeps_its_dialog_and_what_was_typed(site: browsing.Site) -> None:
    site.watch.expect(422)
    title = "没有写理由的事项"
    preview.begun(site, title, until=preview.PREVIEW)
    page = site.browser(preview.OFFICE)
    preview.open_task(page, title)
    page.get_by_role("link", name="退回", exact=True).click()
    dialog = opened(page, "退回")
    dialog.get_by_label(preview.REVIEW).check()
    # What a browser would not let pass, the server refuses too.
    dialog.get_by_label("退回的理由").evaluate("field => field.removeAttribute('required')")
    dialog.get_by_role("button", name="退回").click()
    expect(dialog.get_by_role("alert")).to_be_focused()
    expect(dialog.get_by_label(preview.REVIEW)).to_be_checked()
    assert browsing.axe(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_somebody_is_asked_before_a_task_is_done(site: browsing.Site) -> None:
    title = "先听意见的事项"
    preview.begun(site, title, until=preview.PREVIEW)
    page = site.browser(preview.OFFICE)
    preview.open_task(page, title)
    dialog = ask(page, "加签")
    assert browsing.axe(page) == []
    dialog.get_by_label("前加签").check()
    dialog.get_by_label(re.compile("刘洋")).check()
    dialog.get_by_label("要问什么").fill("公开形式合适吗？")
    dialog.get_by_role("button", name="请其加签").click()
    expect(page.get_by_role("status").filter(has_text="刘洋")).to_be_visible()
    expect(page.get_by_role("button", name="办结")).to_have_count(0)

    asked = site.browser("liuyang")
    asked.goto("/tasks")
    expect(asked.get_by_role("row").filter(has_text=title)).to_contain_text("公开形式合适吗？")
    asked.get_by_role("link", name=title).click()
    asked.get_by_role("link", name="提出加签意见").click()
    dialog = opened(asked, "提出加签意见")
    dialog.get_by_label("同意", exact=True).check()
    dialog.get_by_role("textbox", name="意见").fill("合适。")
    dialog.get_by_role("button", name="提交意见").click()
    expect(asked.get_by_role("status").filter(has_text="加签意见")).to_be_visible()

    preview.open_task(page, title)
    expect(page.get_by_role("region", name="加签")).to_contain_text("合适。")
    preview.fill_preview(page)
    preview.complete(page)


def test_what_nobody_has_begun_can_be_taken_back(site: browsing.Site) -> None:
    title = "撤回修改的事项"
    case = preview.begun(site, title, until=preview.REVIEW)
    page = site.browser(preview.HEAD)
    preview.open_task(page, title)
    address = page.url
    preview.fill_review(page)
    preview.complete(page)
    page.goto(address)
    dialog = ask(page, "撤回")
    dialog.get_by_role("button", name="撤回").click()
    expect(page.get_by_role("status").filter(has_text="已撤回")).to_be_visible()
    expect(page.get_by_label("意见和理由")).to_have_value("同意公开。")
    assert [task.name for task in site.office.driver.tasks(case)] == [preview.REVIEW]


def test_others_are_told_of_a_case_and_find_it_among_their_notices(site: browsing.Site) -> None:
    title = "抄送给人的事项"
    preview.begun(site, title, until=preview.PREVIEW)
    page = site.browser(preview.OFFICE)
    preview.open_task(page, title)
    dialog = ask(page, "抄送")
    assert browsing.axe(page) == []
    dialog.get_by_label(re.compile("何平")).check()
    dialog.get_by_role("button", name="抄送").click()
    expect(page.get_by_role("status").filter(has_text="何平")).to_be_visible()

    site.office.driver.run()
    told = site.browser("heping")
    told.goto("/notices")
    told.get_by_role("link", name=re.compile(title)).first.click()
    expect(told.get_by_role("main")).to_contain_text(title)


def test_what_asks_works_without_scripts(site: browsing.Site) -> None:
    title = "无脚本退回的事项"
    preview.begun(site, title, until=preview.PREVIEW)
    page = site.browser(preview.OFFICE, scripts=False)
    preview.open_task(page, title)
    page.get_by_role("link", name="退回", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("退回")
    page.get_by_label(preview.REVIEW).check()
    page.get_by_label("退回的理由").fill("请写明依据的条款。")
    page.get_by_role("button", name="退回").click()
    expect(page.get_by_role("status").filter(has_text="已退回")).to_be_visible()
