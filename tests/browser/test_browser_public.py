"""The public portal in a real browser: read on a phone, answered without scripts, found from the page to sign in."""

from __future__ import annotations

from collections.abc import Iterator

import browsing
import publicpages
import pytest
import website
from playwright import sync_api
from playwright.sync_api import expect

UNTIL = "2026-03-13T00:00:00+08:00"
NOTICE = ["Issue", {"template": "notice", "data": {"subject": "停车收费听证", "text": "欢迎参加。"}}]


@pytest.fixture
def site(tmp_path, chromium: sync_api.Browser) -> Iterator[browsing.Site]:
    """A small office that publishes, in browsers; at the end nothing may be wrong, as in `conftest`."""
    (tmp_path / "database").mkdir()
    root = publicpages.pack(tmp_path / "packs")
    with website.Office(tmp_path / "database", root) as office, browsing.served(office.app) as address:
        made = browsing.Site(address, chromium, office)
        yield made
        made.close()
        assert made.watch.problems == []


def published(site: browsing.Site) -> tuple[int, int]:
    """Publish a document that a consultation with an attachment and a summary replaces; return the ids of both."""
    file = site.office.driver.upload("停车收费方案（征求意见稿）.txt", b"x", as_="zhangsan")
    case = site.office.driver.start("main", as_="admin", variables={"requests": [NOTICE]})
    with site.office.engine.store.read() as uow:
        (paper,) = uow.records.documents_of(case.id)
    (old,) = publicpages.publish(site.office, publicpages.announce("听证公告", kind="tingzheng", document=paper.id))
    more = {"until": UNTIL, "summary": "请提意见。", "content": "一、范围。\n二、理由。", "attachments": [file]}
    (one,) = publicpages.publish(site.office, publicpages.announce("停车收费方案", replaces=old, **more))
    return one, old


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_page_of_the_portal_is_sound(site: browsing.Site, phone: bool) -> None:
    one, old = published(site)
    page = site.browser(phone=phone)
    paths = ["", "/gongshi", "/xinwen", f"/items/{one}", f"/items/{old}", f"/items/{one}/opinion", "/services"]
    for path in [*paths, "/services/report/reported", "/track", "/places", "/search?state=open&since=2020-01-01"]:
        page.goto(f"/public{path}")
        assert browsing.axe(page) == [], path
        assert browsing.overflow(page) == 0, path


TABLES = {
    "facts": [{"name": "名额", "value": 10}, {"name": "种子", "value": "0123456789abcdef" * 4}],
    "tables": [
        {"caption": "全部次序", "columns": ["次序", "登记号", "校验值"], "rows": [[1, "S001", "0123456789abcdef" * 4]]},
        {"caption": "意见采纳情况", "columns": ["意见", "是否采纳", "理由"], "rows": [["很长的意见" * 40, "采纳", ""]]},
    ],
    "checks": [{"text": "种子", "command": "printf '%s' '" + "0123456789abcdef" * 8 + "' | sha256sum"}],
}


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_results_with_tables_and_very_long_titles_are_sound(site: browsing.Site, phone: bool) -> None:
    title = "关于调整本市政务服务中心各进驻部门窗口办公时间以及有关事项的听证陈述人遴选结果" * 3 + "x" * 90
    one, other = publicpages.publish(
        site.office,
        publicpages.announce(title, kind="jieguo", details=TABLES),
        publicpages.announce(title, kind="jieguo", summary="摘要" * 100),
    )
    page = site.browser(phone=phone, scripts=False)
    for path in ("", "/jieguo", f"/items/{one}", f"/items/{other}", "/search?text=很长", "/search?text=没有"):
        page.goto(f"/public{path}")
        assert browsing.overflow(page) == 0, path
    page = site.browser(phone=phone)
    for path in (f"/items/{one}", "/search?text=很长", "/search?text=没有"):
        page.goto(f"/public{path}")
        assert browsing.axe(page) == [], path
        assert browsing.overflow(page) == 0, path


def test_a_click_marks_a_whole_line_to_check(site: browsing.Site) -> None:
    (one,) = publicpages.publish(site.office, publicpages.announce("结果", details=TABLES))
    page = site.browser()
    page.goto(f"/public/items/{one}")
    page.get_by_role("region", name="自己核对").locator("pre").click()
    assert page.evaluate("getSelection().toString()").strip() == TABLES["checks"][0]["command"]


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_what_a_sender_is_told_is_sound(site: browsing.Site, phone: bool) -> None:
    (one,) = publicpages.publish(site.office, publicpages.announce("停车收费方案", until=UNTIL))
    page = site.browser(phone=phone)
    page.goto(f"/public/items/{one}/opinion")
    page.get_by_label("意见内容").fill("太贵了")
    page.get_by_role("button", name="提交").click()
    code = page.locator(".public-code").inner_text()
    assert browsing.axe(page) == []
    assert browsing.overflow(page) == 0
    page.locator(".public-code").click()
    assert page.evaluate("getSelection().toString()").strip() == code
    with page.expect_download() as saved:
        page.get_by_role("link", name="保存回执").click()
    assert code in saved.value.path().read_text(encoding="utf-8")
    receipt = site.office.driver.variables(publicpages.case_of(site.office, one))["receipt"]
    tell = [{"receipt": receipt, "text": "您的登记号为S001（陈述人）。"}]
    issue = ["Issue", {"template": "notice", "data": {"subject": "结果", "text": "请准时参加。"}, "tell": tell}]
    publicpages.publish(site.office, issue)
    page.goto("/public/track")
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_role("region", name="告知您的事项")).to_contain_text("S001")
    expect(page.get_by_text("请准时参加。")).to_be_visible()
    assert browsing.axe(page) == []
    assert browsing.overflow(page) == 0


def test_somebody_without_scripts_gives_an_opinion_on_a_phone_and_follows_it(site: browsing.Site) -> None:
    site.watch.expect(422)
    published(site)
    page = site.browser(scripts=False, phone=True)
    page.goto("/login")
    page.get_by_role("link", name="查看公开的信息").click()
    page.get_by_role("region", name="正在征求意见和报名").get_by_role("link", name="停车收费方案").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("停车收费方案")
    page.get_by_role("region", name="参与").get_by_role("link").click()
    page.get_by_label("联系方式").fill("我的电话")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("意见内容")
    expect(page.get_by_label("联系方式")).to_have_value("我的电话")
    page.get_by_label("意见内容").fill("太贵了")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已收到")
    assert browsing.overflow(page) == 0
    code = page.locator(".public-code").inner_text()
    page.get_by_role("main").get_by_role("link", name="查询办理情况").click()
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_role("region", name="办理情况")).to_contain_text("已收到，等待办理。")
    expect(page.get_by_role("main")).not_to_contain_text("太贵了")


def test_what_goes_wrong_is_said_soundly(site: browsing.Site) -> None:
    site.watch.expect(404, 409, 422)
    one, old = published(site)
    page = site.browser()
    page.goto("/public/items/987")
    assert browsing.axe(page) == []
    page.get_by_role("link", name="回到首页").click()
    expect(page.get_by_role("link", name="停车收费方案").first).to_be_visible()
    page.goto(f"/public/items/{one}/opinion")
    page.get_by_role("button", name="提交").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert browsing.axe(page) == []
    page.goto(f"/public/items/{old}/opinion")
    expect(page.get_by_role("alert")).to_contain_text("已被替代")
    assert browsing.axe(page) == []
    page.goto("/public/track")
    page.get_by_label("查询码").fill("1234")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("没有此查询码")
    assert browsing.axe(page) == []


def test_the_portal_is_read_in_english_and_leads_back_to_the_staff(site: browsing.Site) -> None:
    one, _ = published(site)
    page = site.browser()
    page.goto(f"/public/items/{one}")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(f"{site.address}/public/items/{one}")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("navigation", name="Main menu")).to_contain_text("Hearings")
    assert browsing.axe(page) == []
    page.get_by_role("link", name="Staff sign-in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
