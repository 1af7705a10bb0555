"""The portal says who publishes, how to reach them, and where people go; in English, too."""

from __future__ import annotations

import publicpages
import website

office = publicpages.office
stranger = publicpages.stranger


def test_every_page_says_who_publishes_and_how_to_reach_them(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("方案"))
    for path in ("/public", "/public/gongshi", f"/public/items/{one}", "/public/track", "/public/items/99"):
        foot = website.text(stranger.get(path), "//footer[contains(@class,'public-foot')]")
        for words in ("主办单位：市政务办", "人民路1号", "010-65432100", "100000", "工作日9:00—17:00"):
            assert words in foot, (path, words)


def test_forms_say_whom_to_ask(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("方案", until="2026-03-13T00:00:00+08:00"))
    for path in (f"/public/items/{one}/opinion", "/public/services/report/reported"):
        assert "请联系：市政务办，电话 010-65432100" in website.text(stranger.get(path), "//p[@class='public-ask']")


def test_places_say_where_when_and_what_and_lead_to_the_form(office, stranger):
    assert "服务点" in website.text(stranger.get("/public"), "//nav[@aria-label='主菜单']")
    page = stranger.get("/public/places")
    text = website.text(page)
    assert website.text(page, "//h1") == "便民服务点"
    for words in (
        "第一服务点",
        "一楼大厅",
        "010-65432101",
        "第二服务点",
        "周末照常。",
        "服务免费。",
        "查看公开的信息。",
    ):
        assert words in text
    (form,) = website.page(page).xpath("//main//a[contains(@class,'btn')]/@href")
    assert form == "/public/services/report/reported"
    assert stranger.get(form).status_code == 200


def test_the_portal_says_it_in_english(office, stranger):
    page = stranger.get("/public")
    (token,) = set(website.page(page).xpath("//input[@name='_csrf']/@value"))
    stranger.post("/language", data={"language": "en", "next": "/public", "_csrf": token})
    assert "Published by 市政务办" in website.text(stranger.get("/public"), "//footer[contains(@class,'public-foot')]")
    filters = website.text(stranger.get("/public/search"), "//form[@role='search']")
    for words in ("Narrow by kind, state and date", "All topics", "Published from", "Open"):
        assert words in filters
