"""/trace and the page of a definition: who sees what, where links lead, and what it costs."""

from __future__ import annotations

import json
import re

import packbuilder as p
import pytest
import snippets as s
import website
from tracepack import ARTICLES, TESTS

from engine.actions import tracing
from engine.model import commands
from engine.store import counting
from engine.web import navigation


@pytest.fixture
def office(tmp_path):
    """An office with a procedure that calls another, and its tests beside it."""
    (tmp_path / "database").mkdir()
    called = p.line(s.user("inner", clause="P000-06 §10", name="登记"), ids=("inner",), id="part", tag="1")
    call = s.element("callActivity", "call", calledElement="part", name="办理登记")
    first = s.user("a", clause="P000-06 §9(一)", name="公告")
    main = p.line(first, call, ids=("a", "call"), id="main", tag="1")
    root = p.write(tmp_path / "packs", {"main": main, "part": called}, extra=ARTICLES)
    (root / "tests" / "processes").mkdir(parents=True)
    (root / "tests" / "processes" / "test_demo.py").write_text(TESTS, encoding="utf-8")
    with website.Office(tmp_path / "database", root) as made:
        yield made


def cell(answer, article, column):
    (row,) = website.page(answer).xpath(f"//tr[@id='article-{article}']")
    return " ".join(row.xpath("td")[column].text_content().split())


def links(answer, article, start):
    (row,) = website.page(answer).xpath(f"//tr[@id='article-{article}']")
    return [each for each in row.xpath(".//a/@href") if each.startswith(start)]


def test_the_page_says_of_every_article_where_it_stands(office):
    page = office.client("zhangsan").get("/trace")
    assert [cell(page, number, 1) for number in (9, 10, 11)] == ["已落实", "已落实", "无需执行"]
    assert cell(page, 11, 0) == "第十一条 施行 施行 没有程序"
    assert "测试：tests/processes/test_demo.py test_registered" in cell(page, 10, 0)
    assert [cell(page, 10, column) for column in (2, 3, 4)] == ["1", "1", "—"]
    assert "共 3 条：已落实 2，无需执行 1，有缺失 0" in website.text(page)
    assert "1 项已落实，共 1 项" in website.text(page)


def test_articles_are_chosen_by_status(office):
    client = office.client("zhangsan")
    shown = {
        show: website.page(client.get("/trace", params={"show": show})).xpath("//tr/@id")
        for show in ("green", "nothing", "missing", "nonsense")
    }
    assert shown == {
        "green": ["article-9", "article-10"],
        "nothing": ["article-11"],
        "missing": [],
        "nonsense": ["article-9", "article-10", "article-11"],
    }
    assert "没有符合条件的条文" in website.text(client.get("/trace", params={"show": "missing"}))


def test_monitors_see_all_cases_others_their_own(office):
    mine = office.driver.start("main", as_="zhangsan")
    other = office.driver.start("main", as_="lisi")
    everything = office.client("monitor").get("/trace")
    assert cell(everything, 9, 4) == "2 件办理中，0 件已结束"
    assert links(everything, 9, "/cases/") == [f"/cases/{other.id}", f"/cases/{mine.id}"]
    assert cell(everything, 10, 4) == "—"
    own = office.client("zhangsan").get("/trace")
    assert cell(own, 9, 4) == "1 件办理中，0 件已结束"
    assert links(own, 9, "/cases/") == [f"/cases/{mine.id}"]
    assert office.client("zhangsan").get(links(own, 9, "/cases/")[0]).status_code == 200
    assert cell(office.client("wangwu").get("/trace"), 9, 4) == "—"


def test_what_a_case_has_called_belongs_to_it(office):
    case = office.driver.start("main", as_="zhangsan")
    office.driver.complete("a", as_="lisi", case=case)
    page = office.client("zhangsan").get("/trace")
    assert links(page, 10, "/cases/") == [f"/cases/{case.id}"]
    (child,) = office.driver.children()
    office.driver.complete("inner", as_="lisi", case=child)
    assert cell(office.client("zhangsan").get("/trace"), 10, 4) == "0 件办理中，1 件已结束"
    # Who only took part in what was called may see the whole family.
    assert links(office.client("lisi").get("/trace"), 9, "/cases/") == [f"/cases/{case.id}"]


def test_an_element_leads_to_its_diagram_and_its_clause_back(office):
    client = office.client("zhangsan")
    (link,) = links(client.get("/trace"), 10, "/definitions/")
    assert link.endswith("?element=inner#picture")
    page = client.get(link)
    marked = website.page(page).xpath("//*[@data-element='inner']/@class")
    assert any("is-active" in each for each in marked)
    (state,) = website.page(page).xpath("//script[@id='definition-diagram-state']/text()")
    assert json.loads(state)["pointed"] == ["inner"]
    (row,) = website.page(page).xpath("//tr[@id='element-inner']")
    assert row.get("aria-current") == "true"
    assert row.xpath(".//a/@href") == ["/trace?clause=P000-06#article-10"]
    assert cell(client.get("/trace?clause=P000-06"), 10, 1) == "已落实"
    assert "is-active" not in client.get(link.replace("inner", "nothing")).text
    assert client.get("/definitions/99").status_code == 404


def test_the_clauses_of_a_case_lead_to_their_articles(office):
    case = office.driver.start("main", as_="zhangsan")
    page = website.page(office.client("zhangsan").get(f"/cases/{case.id}"))
    assert "/trace?clause=P000-06#article-9" in page.xpath("//a[@class='clause']/@href")


def test_packs_are_chosen(office):
    client = office.client("zhangsan")
    assert client.get("/trace", params={"pack": "demo"}).status_code == 200
    assert client.get("/trace", params={"pack": "nothing"}).status_code == 404


def test_a_pack_without_articles_says_so(tmp_path):
    (tmp_path / "database").mkdir()
    root = p.write(tmp_path / "packs", {"main": p.line(s.user("a"), ids=("a",))})
    with website.Office(tmp_path / "database", root) as made:
        page = made.client("zhangsan").get("/trace", params={"clause": "P000-06"})
        assert "没有可以对照的条文" in website.text(page)


def test_monitors_and_designers_find_it_in_the_menu(office):
    def menu(user):
        return website.page(office.client(user).get("/trace")).xpath("//nav//a[@href='/trace']/@aria-current")

    assert set(menu("monitor")) == {"page"}
    assert not menu("zhangsan")
    (place,) = (each for each in navigation.PLACES if each.path == "/trace")
    assert place.offered(commands.Actor("designer", designs=True))


def test_the_page_looks_at_the_newest_cases_and_says_so(office, monkeypatch):
    monkeypatch.setattr(tracing, "MOST_CASES", 2)
    mine = office.driver.start("main", as_="zhangsan")
    newest = [office.driver.start("main", as_="lisi").id for _ in range(3)]
    page = office.client("monitor").get("/trace")
    assert cell(page, 9, 4) == "2 件办理中，0 件已结束"
    assert links(page, 9, "/cases/") == [f"/cases/{each}" for each in reversed(newest[1:])]
    assert "最近的 2 个事项" in website.text(page)
    # of whoever sees their own, their newest
    assert links(office.client("zhangsan").get("/trace"), 9, "/cases/") == [f"/cases/{mine.id}"]


def test_it_costs_the_same_however_many_cases_there_are(office):
    watcher = commands.Actor("duban", monitor=True)
    tracing.deployed(office.engine, watcher)
    with counting.counted(office.engine.store) as few:
        tracing.deployed(office.engine, watcher)
    for _ in range(20):
        office.driver.start("main", as_="zhangsan")
    with counting.counted(office.engine.store) as many:
        found = tracing.deployed(office.engine, watcher)
    assert found.trace is not None
    assert found.trace.articles[0].cases is not None
    assert (found.trace.articles[0].cases.running, len(found.trace.articles[0].cases.newest)) == (20, 3)
    assert many.statements == few.statements <= 6, "\n".join(many.sql)
    assert len([sql for sql in many.sql if re.search(r"\belement_history\b", sql)]) == 2
