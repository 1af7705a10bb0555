"""The page of statistics: its numbers are those of its tables, files and charts, and it is for monitors alone."""

from __future__ import annotations

import csv
import io
import zipfile

import kaohe_case
import lxml.etree
import pytest
import website

from engine.store import counting
from engine.web import charts, figure_tables

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with website.Office(tmp_path_factory.mktemp("office")) as made:
        driver = made.driver
        for _ in range(2):
            driver.start("yushen", as_="zhangsan")
        driver.advance(days=7)  # five working days
        driver.start("yushen", as_="lisi")
        yield made


def show(office, query="", user="monitor"):
    return office.client(user).get(f"/dashboard{query}")


def table(answer, name):
    """Return the rows of a table of the page as texts, its head first."""
    (found,) = website.page(answer).xpath(f"//section[@aria-labelledby='{name}']//table")
    return [[" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")] for row in found.iter("tr")]


def test_the_page_shows_what_there_is(office):
    answer = show(office)
    head, row = table(answer, "cases")
    assert dict(zip(head, row, strict=True))["办理中"] == "3"
    assert "统计分析" in website.text(answer, "//nav[@aria-label='主菜单']")
    steps = table(answer, "steps")
    assert [steps[1][1], *steps[1][6:]] == ["填报公开申请单", "3", "5", "3.3", "3 至 5 个工作日"]
    assert "3 期间内发起的事项" in " ".join(
        f"{dd.text_content()} {dd.getprevious().text_content()}" for dd in website.page(answer).xpath("//dl//dd")
    )


def test_the_diagram_is_marked_where_tasks_wait_and_says_the_number(office):
    answer = show(office, "?heat=yushen")
    (group,) = website.page(answer).xpath("//*[@data-element='Task_tianbao']")
    assert "heat-2" in group.get("class").split()
    assert group.xpath(".//*[local-name()='g'][@class='heat-number']")[0].text_content() == "3.3 (3)"
    assert "公开信息" in website.text(answer, "//h2[@id='heat']")


def test_files_hold_the_numbers_of_the_page(office):
    client = office.client("monitor")
    shown = table(show(office), "steps")
    lines = list(csv.reader(io.StringIO(client.get("/dashboard/tables/steps.csv").text.lstrip("\ufeff"))))
    assert lines[0] == shown[0]
    assert lines[1][:3] == shown[1][:3]
    assert lines[1][8] == shown[1][8]
    book = zipfile.ZipFile(io.BytesIO(client.get("/dashboard/tables/units.xlsx").content))
    assert "按期率（%）" in book.read("xl/sharedStrings.xml").decode()
    assert client.get("/dashboard/tables/none.csv").status_code == 404


def test_a_chart_is_an_image_with_an_etag_that_knows_no_scripts(office):
    client = office.client("monitor")
    page = website.page(show(office))
    (source,) = page.xpath("//section[@aria-labelledby='cases']//img/@src")
    (narrow,) = page.xpath("//section[@aria-labelledby='cases']//source/@srcset")
    first, second = client.get(source), client.get(narrow)
    assert first.headers["content-type"] == "image/svg+xml"
    assert first.headers["content-security-policy"] == charts.POLICY
    root = lxml.etree.fromstring(first.content)
    assert root.tag == f"{SVG}svg"
    assert not list(root.iter(f"{SVG}script"))
    texts = {"".join(each.itertext()).strip() for each in root.iter(f"{SVG}text")}
    assert "3" in texts
    assert second.content != first.content
    again = client.get(source, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/dashboard/charts/shizhengwuban-baomi-jielun.svg").status_code == 404


def test_charts_and_files_of_a_page_say_what_the_page_said_and_count_nothing_anew(office):
    client = office.client("monitor")
    page = website.page(show(office, "?quarter=1"))
    with counting.counted(office.engine.store) as counted:
        for address in page.xpath(
            "//section//img/@src | //source/@srcset | //div[@class='figure-files no-print']//a/@href"
        ):
            assert client.get(address).status_code == 200
    assert not [sql for sql in counted.sql if "user_tasks" in sql]


def test_filters_are_kept_in_every_address(office):
    query = "?year=2026&quarter=1&procedure=yushen"
    page = website.page(show(office, query))
    for address in page.xpath("//section//img/@src | //div[contains(@class, 'figure-files')]//a/@href"):
        assert all(part in address for part in query[1:].split("&"))
    assert "2026-01-01 至 2026-03-31" in website.text(show(office, query), "//h1/following-sibling::p")
    assert "没有发起的事项" in website.text(show(office, "?year=2020"))
    days = show(office, "?since=2026-03-10&until=2026-03-31")
    assert table(days, "cases")[1][1] == "1"


@pytest.mark.parametrize(
    "query",
    ["?since=x", "?until=9999-12-31", "?unit=x", "?unit=999", "?procedure=none", "?since=2026-03-02&until=2026-03-01"],
)
def test_what_is_not_there_is_refused_in_words(office, query):
    answer = show(office, query)
    assert answer.status_code == 422
    assert "现为" in website.text(answer) or "请从列表中选择" in website.text(answer)


@pytest.mark.parametrize("path", ["", "/tables/cases.csv", "/tables/cases.xlsx", "/charts/cases.svg"])
def test_it_is_for_those_who_watch_over_the_office(office, path):
    assert office.client("zhangsan").get(f"/dashboard{path}").status_code == 403
    assert "统计分析" not in website.text(office.client("zhangsan").get("/tasks"), "//nav[@aria-label='主菜单']")


def test_the_same_chart_is_the_same_picture_and_names_are_no_formulas():
    chart = charts.Chart(("收费 $x_1$ 和 <b>$y$</b>",), (charts.Part("件", "main", (3.0,)),), "件")
    drawn = charts.draw(chart)
    charts.draw.cache_clear()
    assert charts.draw(chart) == drawn
    assert "收费 $x_1$ 和 <b>$y$" in "".join(lxml.etree.fromstring(drawn).itertext())


def test_long_names_take_two_lines():
    assert charts.wrapped("一二三四", 4) == "一二三四"
    assert charts.wrapped("一二三四五六", 4) == "一二三四\n五六"
    assert charts.wrapped("一二三四五六七八九", 4) == "一二三四\n五六七…"


def test_every_class_of_the_heat_has_a_name():
    assert [figure_tables.heat_name(heat) for heat in range(5)] == [
        "不足 1 个工作日",
        "1 至 3 个工作日",
        "3 至 5 个工作日",
        "5 至 10 个工作日",
        "10 个工作日以上",
    ]


def test_quantities_of_an_assessed_unit_lead_to_their_sources(office):
    (child,) = kaohe_case.deploy(office.driver)
    kaohe_case.notify(office.driver, child)
    task = office.driver.task("开展自查并提交自查报告", child)
    page = website.page(office.client("wangfang").get(f"/tasks/{task.id}"))
    sources = page.xpath("//form//a[text()='查看来源']/@href")
    assert "/registers/shizhengwuban/fabu" in sources
    assert not page.xpath("//form//*[@name and contains(@name, 'quantities')]")
