"""Lists of the portal say what became of everything, are narrowed, and are followed by feeds that say it, too."""

from __future__ import annotations

import datetime

import publicpages
import website
from lxml import etree

from engine.actions import withdrawing

office = publicpages.office
stranger = publicpages.stranger

ATOM = {"a": "http://www.w3.org/2005/Atom"}
OPEN, OVER = "2026-03-13T00:00:00+08:00", "2026-03-01T00:00:00+08:00"


def unit(name):
    return {"details": {"facts": [{"name": "责任单位", "value": name}]}}


def published(office):
    """Publish one of each; return their ids by title."""
    publish, announce = publicpages.publish, publicpages.announce
    (old,) = publish(office, announce("旧办法", kind="xinxi", **unit("审批处")))
    publish(office, announce("新办法", kind="xinxi", replaces=old, **unit("服务处")))
    (gone,) = publish(office, announce("误发的公示", until=OPEN, **unit("审批处")))
    publish(office, announce("停车收费方案", until=OPEN, **unit("审批处")))
    publish(office, announce("延时服务方案", until=OVER))
    withdrawing.withdraw(office.engine, gone, office.driver.user("admin"), "误公开个人信息")


def found(stranger, path="/public/search", **query):
    """Return the titles in a list with the words of their states."""
    items = website.page(stranger.get(path, params=query or None)).xpath("//ul[@class='public-list']/li")
    return [
        (item.xpath("a")[0].text_content(), "".join(each.text_content() for each in item.xpath("span")))
        for item in items
    ]


def test_every_line_says_what_became_of_it(office, stranger):
    published(office)
    assert found(stranger) == [
        ("延时服务方案", "已结束"),
        ("停车收费方案", "正在征集"),
        ("误发的公示", "已撤回"),
        ("新办法", ""),
        ("旧办法", "已被替代"),
    ]
    assert found(stranger, "/public/gongshi", state="open") == [("停车收费方案", "正在征集")]


def test_lists_are_narrowed_by_state_kind_day_and_what_the_pack_names(office, stranger):
    published(office)

    def titles(**query):
        return [title for title, _ in found(stranger, **query)]

    assert titles(state="open") == ["停车收费方案"]
    assert titles(state="closed") == ["延时服务方案"]
    assert titles(state="replaced") == ["旧办法"]
    assert titles(state="withdrawn") == ["误发的公示"]
    assert titles(kind="xinxi", state="") == ["新办法", "旧办法"]
    assert titles(**{"f.责任单位": "审批处"}) == ["停车收费方案", "旧办法"], "what was withdrawn says nothing any more"
    assert titles(**{"f.责任单位": "审批"}) == []
    assert titles(**{"f.姓名": "审批处"}) == titles(state="nothing") == titles(since="昨天") == titles()
    today = f"{office.driver.now:%Y-%m-%d}"
    assert len(titles(since=today, until=today)) == 5
    assert titles(until="2026-01-01") == titles(since="2027-01-01") == []
    assert titles(text="方案", state="open", since=today) == ["停车收费方案"]
    page = website.page(stranger.get("/public/search", params={"state": "open"}))
    assert page.xpath("//select[@name='state']/option[@selected]/text()") == ["正在征集"]
    assert page.xpath("//select[@name='f.责任单位']/option/text()") == ["全部", "审批处", "服务处"]
    assert page.xpath("//details[@open]")


def test_leafing_on_keeps_what_was_asked_for(office, stranger):
    publicpages.publish(office, *(publicpages.announce(f"第{n}件", until=OPEN) for n in range(25)))
    publicpages.publish(office, publicpages.announce("已经结束", until=OVER))
    (older,) = website.page(stranger.get("/public/gongshi?state=open")).xpath("//a[@rel='next']/@href")
    assert [title for title, _ in found(stranger, older)] == ["第4件", "第3件", "第2件", "第1件", "第0件"]


def test_nothing_found_says_so_and_leads_back(office, stranger):
    published(office)
    page = stranger.get("/public/gongshi?text=没有这样的字")
    assert "没有找到符合条件的信息" in website.text(page)
    assert website.page(page).xpath("//div[@class='empty']//a[@href='/public/gongshi']")
    assert stranger.get("/public/gongshi", params={"text": "a\0b", "after": ""}).status_code == 200


def test_a_feed_tells_of_changes_when_they_happened_and_by_whom(office, stranger):
    publish, announce = publicpages.publish, publicpages.announce
    first, second = publish(office, announce("误发", summary="王某的电话"), announce("旧方案"))
    office.driver.advance(hours=1)
    publish(office, announce("新方案", replaces=second))
    office.driver.advance(hours=1)
    withdrawing.withdraw(office.engine, first, office.driver.user("admin"), "误公开个人信息")

    feed = etree.fromstring(stranger.get("/public/gongshi/feed.atom").content)
    titles = feed.xpath("a:entry/a:title/text()", namespaces=ATOM)
    assert titles[0] == "（已撤回）误发"
    assert sorted(titles[1:]) == ["新方案", "（已被替代）旧方案"]
    updated = feed.xpath("a:entry/a:updated/text()", namespaces=ATOM)
    assert updated == sorted(updated, reverse=True)
    assert feed.xpath("a:updated/text()", namespaces=ATOM) == updated[:1]
    assert datetime.datetime.fromisoformat(updated[0]) == office.driver.now
    assert feed.xpath("a:entry[1]/a:published/text()", namespaces=ATOM)[0] < updated[0]
    assert "撤回的理由：误公开个人信息" in feed.xpath("a:entry[1]/a:summary/text()", namespaces=ATOM)[0]
    assert "王某" not in etree.tostring(feed, encoding="unicode")
    assert set(feed.xpath("//a:author/a:name/text()", namespaces=ATOM)) == {"市政务办"}


def test_kinds_are_called_as_the_pack_says(office, stranger):
    publicpages.publish(office, publicpages.announce("采纳情况", kind="jieguo"))
    assert "结果公布" in website.text(stranger.get("/public"), "//nav[@aria-label='主菜单']")
    assert website.text(stranger.get("/public/jieguo"), "//h1") == "结果公布"
    feed = etree.fromstring(stranger.get("/public/jieguo/feed.atom").content)
    assert feed.xpath("a:entry/a:category/@label", namespaces=ATOM) == ["结果公布"]
