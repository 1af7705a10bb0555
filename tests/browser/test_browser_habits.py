"""What app.js adds to pages, each habit by itself, on a page that has them all."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

import browsing
import pytest
import workbench
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def bench() -> workbench.Bench:
    """The server's side."""
    return workbench.Bench()


@pytest.fixture
def site(bench: workbench.Bench, chromium: Browser) -> Iterator[browsing.Site]:
    """The workbench in browsers."""
    with browsing.served(bench.app) as address:
        made = browsing.Site(address, chromium, bench)
        yield made
        made.close()
        assert made.watch.problems == []


@pytest.fixture
def page(site: browsing.Site) -> Page:
    """The page in a browser."""
    made = site.browser()
    made.goto("/")
    return made


def test_the_workbench_is_accessible_with_and_without_its_diagram(page: Page) -> None:
    assert browsing.axe(page) == []
    page.locator("[data-diagram]").scroll_into_view_if_needed()
    page.locator("[data-diagram][data-ready]").wait_for()
    assert browsing.axe(page) == []


def test_j_and_k_move_in_a_list_and_enter_opens(page: Page) -> None:
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="第一项")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="第三项")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/page/2$"))


def test_keys_of_lists_are_letters_where_somebody_types(page: Page) -> None:
    page.keyboard.press("/")
    field = page.get_by_label("查找")
    expect(field).to_be_focused()
    page.keyboard.type("jk/?n")
    expect(field).to_have_value("jk/?n")


def test_elements_answer_to_the_keys_that_they_name(page: Page) -> None:
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("/page/9$"))


def test_a_draft_is_saved_after_a_pause_and_says_so(page: Page, bench: workbench.Bench) -> None:
    page.get_by_label("标题").fill("办事指南")
    expect(page.locator("[data-draft-status]")).to_contain_text("草稿已保存")
    assert bench.posted("/draft") == [{"subject": ["办事指南"]}]
    assert bench.got[0][2]["x-csrf-token"] == "the-token"


def test_a_draft_is_saved_on_leaving_without_asking(page: Page, bench: workbench.Bench) -> None:
    page.get_by_label("标题").fill("半句话")
    page.get_by_role("link", name="第一项").click()
    expect(page).to_have_url(re.compile("/page/1$"))
    page.wait_for_timeout(200)
    assert {"subject": ["半句话"]} in bench.posted("/draft")


def test_a_draft_is_saved_before_another_form_is_sent_and_not_after(page: Page, bench: workbench.Bench) -> None:
    page.get_by_label("标题").fill("退回以前")
    page.get_by_role("button", name="撤回").click()
    page.get_by_role("button", name="确定").click()
    expect(page).to_have_url(re.compile("/page/7$"))
    page.wait_for_timeout(200)
    assert [path for path, *_ in bench.got if path in ("/draft", "/posted")] == ["/draft", "/posted"]


def test_leaving_a_form_without_drafts_asks(page: Page) -> None:
    asked = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label("事由").press_sequentially("不可丢")
    page.get_by_role("link", name="第一项").click(no_wait_after=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    expect(page.get_by_label("事由")).to_have_value("不可丢")


def test_submitting_does_not_ask(page: Page, bench: workbench.Bench) -> None:
    page.get_by_label("事由").fill("可以走")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page).to_have_url(re.compile("/page/7$"))
    assert bench.posted("/posted") == [{"plain": ["可以走"]}]


def test_two_clicks_are_one_submission(page: Page, bench: workbench.Bench) -> None:
    button = page.get_by_role("button", name="慢慢提交")
    button.dblclick(no_wait_after=True)
    expect(page).to_have_url(re.compile("/page/7$"))
    assert len(bench.posted("/slow")) == 1


def test_what_cannot_be_undone_asks_first(page: Page, bench: workbench.Bench) -> None:
    button = page.get_by_role("button", name="撤回", exact=True)
    button.click()
    dialog = page.get_by_role("dialog", name="请确认")
    expect(dialog).to_contain_text("确定撤回本事项？")
    expect(dialog.get_by_role("button", name="取消")).to_be_focused()
    assert browsing.axe(page) == []
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert bench.posted("/posted") == []
    button.click()
    dialog.get_by_role("button", name="确定").click()
    expect(page).to_have_url(re.compile("/page/7$"))
    assert bench.posted("/posted") == [{"act": ["withdraw"]}]


def test_fields_show_when_what_they_hang_on_says_so(page: Page) -> None:
    expect(page.locator("#level-block")).to_be_hidden()
    page.get_by_label("是", exact=True).check()
    page.get_by_label("密级").select_option("high")
    expect(page.locator("#reason-block")).to_be_visible()
    page.get_by_label("否", exact=True).check()
    expect(page.locator("#reason-block")).to_be_hidden()


def test_a_person_is_found_by_typing_and_chosen_by_keys(page: Page, bench: workbench.Bench) -> None:
    field = page.get_by_role("combobox", name="承办人")
    field.press_sequentially("王")
    expect(page.get_by_role("option")).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    assert browsing.axe(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("王磊")
    expect(field).to_be_focused()
    expect(page.locator("#person-id")).to_have_value("wanglei")
    # A name that was not chosen is nobody.
    field.press_sequentially("x")
    expect(page.locator("#person-id")).to_have_value("")
    expect(page.get_by_text("没有匹配的结果").first).to_be_visible()


def test_a_name_typed_to_its_end_is_chosen_on_leaving_the_field(page: Page) -> None:
    field = page.get_by_role("combobox", name="承办人")
    field.press_sequentially("陈静")
    page.get_by_role("option", name="陈静").wait_for()
    page.keyboard.press("Tab")
    expect(page.locator("#person-id")).to_have_value("chenjing")


def test_several_people_become_a_list_that_can_be_shortened(page: Page, bench: workbench.Bench) -> None:
    field = page.get_by_role("combobox", name="抄送")
    for name in ("王芳", "陈静", "王芳"):
        field.press_sequentially(name)
        page.get_by_role("option").filter(has_text=name).click()
    assert browsing.axe(page) == []
    page.get_by_role("button", name="移除 王芳").click()
    expect(page.get_by_role("button", name="移除 陈静")).to_be_focused()
    page.get_by_role("button", name="送出").click()
    expect(page).to_have_url(re.compile("/page/7$"))
    assert bench.posted("/posted")[0]["copy"] == ["chenjing"]


def test_at_sign_suggests_people(page: Page) -> None:
    field = page.get_by_role("textbox", name="意见")
    field.press_sequentially("请 @陈")
    page.get_by_role("option", name="陈静").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("请 @陈静 ")


def test_files_are_sent_at_once_and_the_form_carries_their_tokens(
    page: Page, bench: workbench.Bench, site: browsing.Site, tmp_path: pathlib.Path
) -> None:
    site.watch.expect(422)
    for name in ("报告.pdf", "病毒.exe"):
        (tmp_path / name).write_bytes(b"content")
    page.get_by_label("附件").set_input_files([tmp_path / "报告.pdf", tmp_path / "病毒.exe"])
    expect(page.locator("#files-list > li")).to_have_count(2)
    expect(page.get_by_role("alert").filter(has_text="病毒.exe")).to_contain_text("只接受 .pdf 文件")
    assert sorted(fields["file"][0] for fields in bench.posted("/files")) == ["报告.pdf", "病毒.exe"]
    assert all(fields["purpose"] == ["attachment"] for fields in bench.posted("/files"))
    page.locator("#files-list > li").filter(has_text="病毒.exe").get_by_role("button", name="移除").click()
    page.get_by_role("button", name="送出").click()
    expect(page).to_have_url(re.compile("/page/7$"))
    assert bench.posted("/posted")[0]["files"] == ["token-of-报告.pdf"]


def test_a_menu_opens_and_closes_by_keys(page: Page) -> None:
    summary = page.locator("summary", has_text="更多")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="转办")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="委派")).to_be_focused()
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.get_by_role("link", name="委派")).to_be_hidden()


def test_a_dialog_opens_keeps_the_focus_and_gives_it_back(page: Page) -> None:
    opener = page.get_by_role("link", name="退回", exact=True)
    opener.click()
    dialog = page.get_by_role("dialog", name="退回到哪个环节")
    expect(dialog).to_be_visible()
    assert browsing.axe(page) == []
    dialog.get_by_role("link", name="不退回").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_dialog_opens_without_scripts(site: browsing.Site, bench: workbench.Bench) -> None:
    page = site.browser(scripts=False)
    page.goto("/")
    page.get_by_role("link", name="退回", exact=True).click()
    page.get_by_label("理由", exact=True).last.fill("材料不全")
    page.get_by_role("button", name="确定退回").click()
    expect(page).to_have_url(re.compile("/page/7$"))
    assert bench.posted("/posted") == [{"why": ["材料不全"]}]


def test_parts_come_to_life_and_take_the_focus(page: Page) -> None:
    page.get_by_role("button", name="更新").click()
    expect(page.get_by_label("新的一行")).to_be_focused()


def test_a_session_that_has_ended_leads_to_the_door(page: Page) -> None:
    page.get_by_role("button", name="已退出").click()
    expect(page).to_have_url(re.compile("/login$"))


def test_an_error_does_not_take_the_place_of_a_part(page: Page, site: browsing.Site) -> None:
    site.watch.expect(500)
    page.get_by_role("button", name="出错").click()
    expect(page.get_by_role("alert").filter(has_text="请稍后再试。")).to_be_visible()
    expect(page.get_by_role("button", name="出错")).to_be_visible()


def test_the_diagram_shows_where_a_case_stands_and_moves_by_keys(page: Page) -> None:
    figure = page.locator("[data-diagram]")
    assert page.locator('script[src*="diagram"], link[href*="diagram"]').count() == 0, "before it is seen nothing loads"
    figure.scroll_into_view_if_needed()
    page.locator("[data-diagram][data-ready]").wait_for()
    expect(figure.locator(".diagram-picture")).to_be_hidden()
    expect(figure.locator('[data-element-id="Task_yushen"]')).to_have_class(re.compile("is-active"))
    expect(figure.locator('[data-element-id="Flow_danwei_yushen"]')).to_have_class(re.compile("is-done"))
    expect(figure.locator('[data-element-id="Task_gongkai"]')).to_have_class(re.compile("is-incident"))
    expect(figure.locator(".mark-token")).to_have_text("1")
    expect(figure.locator(".mark-count")).to_have_text("×2")
    expect(figure.locator(".mark-clause")).to_have_text("第二条")
    expect(figure.locator(".bjs-powered-by")).to_be_visible()
    expect(figure.locator(".mark-time").first).to_be_hidden()
    figure.get_by_role("button", name="用时").click()
    expect(figure.locator(".mark-time").filter(has_text="1 天 1 小时")).to_be_visible()
    viewport = figure.locator(".viewport")
    before = viewport.get_attribute("transform")
    figure.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    assert viewport.get_attribute("transform") != before
    page.keyboard.press("Tab")
    expect(figure.locator(".bjs-powered-by")).to_be_focused()


def test_the_wheel_scrolls_the_page_over_a_diagram(page: Page) -> None:
    figure = page.locator("[data-diagram]")
    figure.scroll_into_view_if_needed()
    page.locator("[data-diagram][data-ready]").wait_for()
    viewport = figure.locator(".viewport")
    before = viewport.get_attribute("transform")
    figure.locator(".diagram-canvas").hover()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    assert viewport.get_attribute("transform") == before


def test_without_scripts_the_picture_stands(site: browsing.Site) -> None:
    page = site.browser(scripts=False)
    page.goto("/")
    expect(page.locator(".diagram-picture svg")).to_be_visible()
    assert page.locator('[data-element="Task_yushen"]').count() == 1


def test_print_shows_the_picture_and_no_tools(page: Page) -> None:
    page.locator("[data-diagram]").scroll_into_view_if_needed()
    page.locator("[data-diagram][data-ready]").wait_for()
    page.emulate_media(media="print")
    expect(page.locator(".diagram-picture")).to_be_visible()
    expect(page.locator(".diagram-tools")).to_be_hidden()


def test_nothing_is_wider_than_a_small_phone(site: browsing.Site) -> None:
    page = site.browser(phone=True)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    page.locator("[data-diagram]").scroll_into_view_if_needed()
    page.locator("[data-diagram][data-ready]").wait_for()
    assert browsing.overflow(page) == 0
