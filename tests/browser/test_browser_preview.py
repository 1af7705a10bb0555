"""Looking at a document before it is signed: beside the form, which stays as it is and can be sent at once."""

from __future__ import annotations

import browsing
from playwright.sync_api import expect


def test_a_document_opens_beside_the_form_which_goes_on(site: browsing.Site) -> None:
    site.office.driver.start("gongshi", as_="陈静")
    task = site.office.driver.task("拟订公示方案")
    page = site.browser("chenjing")
    page.goto(f"/tasks/{task.id}")
    page.get_by_label("公示事项", exact=False).first.fill("调整窗口办公时间")
    page.get_by_label("有一定社会影响的事项").check()
    page.get_by_label("拟决定的方案").fill("周六上午对外办公。")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="预览公文").click()
    shown = opened.value
    expect(shown.get_by_role("heading", level=1)).to_have_text("关于调整窗口办公时间的公示")
    expect(shown.get_by_text("预览稿", exact=False).first).to_be_visible()
    expect(shown.get_by_text("〔待填写：理由〕")).to_be_visible()
    assert browsing.axe(shown) == []
    with shown.expect_download() as printed:
        shown.get_by_role("button", name="预览 PDF").click()
    assert printed.value.suggested_filename == "关于调整窗口办公时间的公示（预览）.pdf"
    shown.close()
    # The form is not held up, holds what was typed, and still saves it by itself.
    expect(page.get_by_label("拟决定的方案")).to_have_value("周六上午对外办公。")
    page.get_by_role("button", name="暂存").click()
    expect(page.get_by_text("已暂存，尚未办结。")).to_be_visible()
