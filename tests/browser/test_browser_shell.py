"""The frame of every page in a real browser: signing in, the menu, keys, both sizes, both languages."""

from __future__ import annotations

import re

import browsing
from playwright.sync_api import expect


def test_somebody_signs_in_and_out(site: browsing.Site) -> None:
    page = site.browser()
    page.goto("/login")
    assert browsing.axe(page) == []
    browsing.sign_in(page, "wangfang")
    expect(page.get_by_role("link", name="王芳")).to_be_visible()
    page.get_by_role("navigation", name="个人").get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_a_wrong_password_is_refused_in_words(site: browsing.Site) -> None:
    site.watch.expect(403)
    page = site.browser()
    page.goto("/login")
    page.get_by_label("用户名").fill("wangfang")
    page.get_by_label("密码").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("用户名")).to_have_value("wangfang")
    assert browsing.axe(page) == []


def test_a_page_that_is_not_there_says_so(site: browsing.Site) -> None:
    site.watch.expect(404)
    page = site.browser("wangfang")
    page.goto("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert browsing.axe(page) == []


def test_the_menu_of_a_phone_opens_and_nothing_is_wider_than_the_screen(site: browsing.Site) -> None:
    page = site.browser("wangfang", phone=True)
    page.goto("/account")
    assert browsing.overflow(page) == 0
    page.locator("summary", has_text="菜单").click()
    expect(page.get_by_role("link", name="待办")).to_be_visible()
    assert browsing.axe(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="待办")).to_be_hidden()


def test_the_first_key_leads_past_the_menu(site: browsing.Site) -> None:
    page = site.browser("wangfang")
    page.goto("/account")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_question_mark_explains_the_keys_and_they_can_be_switched_off(site: browsing.Site) -> None:
    page = site.browser("wangfang")
    page.goto("/account")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="键盘快捷键")
    expect(dialog).to_be_visible()
    assert browsing.axe(page) == []
    dialog.get_by_label("使用单键快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="键盘快捷键").click()
    expect(dialog.get_by_label("使用单键快捷键")).not_to_be_checked()


def test_the_language_can_be_changed(site: browsing.Site) -> None:
    page = site.browser()
    page.goto("/login")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert browsing.axe(page) == []


def test_the_door_opens_without_scripts(site: browsing.Site) -> None:
    page = site.browser("wangfang", scripts=False)
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("navigation", name="个人").get_by_role("button", name="退出").click()
    expect(page).to_have_url(re.compile("/login$"))
