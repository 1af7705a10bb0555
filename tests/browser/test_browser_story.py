"""One case of 预审 from its start to its end among people with browsers of their own."""

from __future__ import annotations

import re

import browsing
import preview
import pytest
from playwright.sync_api import Page, expect


def test_four_people_bring_an_application_to_its_end(site: browsing.Site) -> None:
    title = "窗口服务时间一览"
    applicant = site.browser(preview.APPLICANT)
    preview.start(applicant)
    assert browsing.axe(applicant) == []
    preview.fill_application(applicant, title, preview.day(site, 5))
    preview.complete(applicant)

    head = site.browser(preview.HEAD)
    preview.open_task(head, title)
    expect(head.get_by_role("heading", level=1)).to_have_text(preview.REVIEW)
    assert browsing.axe(head) == []
    preview.fill_review(head)
    preview.complete(head)

    office = site.browser(preview.OFFICE)
    preview.open_task(office, title)
    expect(office.get_by_role("complementary")).to_contain_text("第二条")
    preview.fill_preview(office)
    preview.complete(office)

    leader = site.browser(preview.LEADER)
    preview.open_task(leader, title)
    # What the others have said is there to decide by.
    expect(leader.get_by_role("heading", name="已有意见")).to_be_visible()
    preview.fill_decision(leader)
    preview.complete(leader)

    # The day comes on which it is to be made public.  Whoever was signed in has to sign in again by then.
    site.office.driver.advance(days=6)
    browsing.sign_in(applicant, preview.APPLICANT)
    applicant.goto("/cases/mine")
    applicant.get_by_role("link", name=title).click()
    expect(applicant.get_by_text("已办结").first).to_be_visible()
    diagram = applicant.locator("[data-diagram]")
    diagram.scroll_into_view_if_needed()
    applicant.locator("[data-diagram][data-ready]").wait_for()
    expect(diagram.locator('[data-element-id="Event_yigongkai"]')).to_have_class(re.compile("is-done"))
    for who in ("张三", "王芳", "陈静", "周明"):
        expect(applicant.get_by_role("main")).to_contain_text(who)
    assert browsing.axe(applicant) == []


def test_the_same_without_scripts(site: browsing.Site) -> None:
    title = "无脚本办理的事项"
    steps = (
        (preview.HEAD, preview.fill_review),
        (preview.OFFICE, preview.fill_preview),
        (preview.LEADER, preview.fill_decision),
    )
    page = site.browser(preview.APPLICANT, scripts=False)
    preview.start(page)
    preview.fill_application(page, title, preview.day(site, 5))
    preview.complete(page)
    for who, fill in steps:
        page = site.browser(who, scripts=False)
        preview.open_task(page, title)
        expect(page.locator(".diagram-picture svg")).to_be_visible()
        fill(page)
        preview.complete(page)
    page.goto("/cases/done")
    expect(page.get_by_role("link", name=title)).to_be_visible()


class Keys:
    """Somebody who has a keyboard and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, role: str, name: str | re.Pattern[str], *, exact: bool = False) -> None:
        """Press Tab until something has the focus; whatever takes more than a hundred is out of reach."""
        wanted = self.page.get_by_role(role, name=name, exact=exact).first  # type: ignore[arg-type]
        wanted.wait_for()
        for _ in range(100):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{role} {name} cannot be reached by Tab")

    def write(self, name: str, text: str) -> None:
        """Write into a field."""
        self.go("textbox", name)
        self.page.keyboard.insert_text(text)

    def press(self, role: str, name: str | re.Pattern[str], key: str = "Enter", *, exact: bool = False) -> None:
        """Go there and press a key."""
        self.go(role, name, exact=exact)
        self.page.keyboard.press(key)

    def choose(self, group: str, downs: int) -> None:
        """Choose the first option of a radio group, or one further down."""
        inside = self.page.get_by_role("radiogroup", name=group).get_by_role("radio").first
        for _ in range(100):
            if inside.evaluate("element => element === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            pytest.fail(f"{group} cannot be reached by Tab")
        self.page.keyboard.press("Space")
        for _ in range(downs):
            self.page.keyboard.press("ArrowDown")


def test_the_keyboard_is_enough(site: browsing.Site) -> None:
    title = "只用键盘办理的事项"
    page = site.browser()
    page.goto("/login")
    keys = Keys(page)
    # The first field has the focus already.
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.insert_text(preview.APPLICANT)
    keys.write("密码", browsing.people.DEMO_PASSWORD)
    page.keyboard.press("Enter")
    keys.press("link", "发起", exact=True)
    keys.press("link", preview.PROCEDURE)
    keys.press("button", "发起")
    expect(page.get_by_role("heading", level=1)).to_have_text(preview.APPLY)
    keys.write("申请单位", "行政审批处")
    keys.write("信息名称", title)
    keys.write("内容概述", "各窗口的服务时间和联系方式")
    keys.write("公开内容", "工作日九点至十七点。")
    keys.choose("公开范围", 0)
    keys.press("checkbox", "政务公开栏", "Space")
    page.keyboard.press("Tab")
    for _ in range(100):
        if page.get_by_label("公开时间").evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    # Year, month and day, as the field of a Chinese browser wants them.
    publish_on = preview.day(site, 5)
    page.keyboard.type(f"{publish_on:%Y}")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(f"{publish_on:%m}{publish_on:%d}")
    expect(page.get_by_label("公开时间")).to_have_value(publish_on.isoformat())
    keys.press("checkbox", "数据核对声明", "Space")
    keys.press("button", "办结")
    expect(page.get_by_role("status").filter(has_text="已办结")).to_be_visible()

    page = site.browser(preview.HEAD)
    keys = Keys(page)
    page.goto("/tasks")
    # To the search field, for the title, to the first row of what is found, and in.
    page.keyboard.press("/")
    page.keyboard.insert_text(title)
    page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    keys.press("button", re.compile("签收"))
    expect(page.get_by_role("link", name="现在办理")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(preview.REVIEW)
    keys.choose("对照公开内容目录", 0)
    keys.choose("对照保密规定", 0)
    keys.choose("审核结论", 0)
    keys.press("checkbox", "签字确认", "Space")
    keys.press("button", "办结")
    expect(page.get_by_role("status").filter(has_text="已办结")).to_be_visible()
