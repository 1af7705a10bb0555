"""发起: what somebody may start, what it is for, and starting it."""

from __future__ import annotations

import staffpages
import website

FORM = "//form[@action='/start/yushen']"


def test_what_somebody_may_start_stands_first_and_the_rest_says_why_not(office: website.Office) -> None:
    answer = office.client("zhangsan").get("/start")
    assert "公开信息预审流转" in website.text(answer, "//ul[@class='tiles']")
    others = website.text(answer, "//details")
    assert "由综合处发起" in others and "zhangsan" not in others
    assert "没有您可以发起的流程" in website.text(office.client("majun").get("/start"))


def test_procedures_are_found_by_what_they_are_for(office: website.Office) -> None:
    client = office.client("zhangsan")
    found = client.get("/start?text=保密审查")
    assert "政府信息公开保密审查" in website.text(found, "//ul[@class='tiles']")
    assert "没有符合条件的流程" in website.text(client.get("/start?text=没有这样的流程"))
    topic = website.page(client.get("/start")).xpath("//select[@name='topic']/option[2]/text()")[0]
    narrowed = website.page(client.get(f"/start?topic={topic}"))
    assert narrowed.xpath("//select[@name='topic']/option[@selected]/text()") == [topic]


def test_the_page_of_a_procedure_says_what_who_and_how(office: website.Office) -> None:
    answer = office.client("zhangsan").get("/start/yushen")
    page = website.page(answer)
    assert "综合处" in website.text(answer, "//section[@aria-labelledby='roles']")
    assert "第二条" in website.text(answer, "//section[@aria-labelledby='basis']")
    assert page.xpath("//figure[@data-diagram]/@data-xml")
    assert "预审公开申请" in " ".join(page.xpath("//table//th[@scope='row']/text()"))


def test_starting_leads_to_the_first_own_task(office: website.Office) -> None:
    client = office.client("zhangsan")
    answer = staffpages.send(client, client.get("/start/yushen"), FORM)
    page = staffpages.follow(client, answer)
    assert website.page(page).xpath("//h1")[0].text_content() == "填报公开申请单"
    assert "已发起“公开信息预审流转”，编号 预审〔2026〕1号。" in website.text(page)


def test_starting_twice_with_one_page_starts_once(office: website.Office) -> None:
    client = office.client("zhangsan")
    page = client.get("/start/yushen")
    first, second = (staffpages.send(client, page, FORM).headers["location"] for _ in range(2))
    assert first == second
    assert len(website.page(client.get("/cases/mine")).xpath("//tbody/tr")) == 1


def test_what_one_may_not_start_can_be_read_but_not_started(office: website.Office) -> None:
    client = office.client("qianjin")
    answer = client.get("/start/yushen")
    assert "可以发起的是" in website.text(answer)
    assert not website.page(answer).xpath(FORM)
    assert client.post("/start/yushen").status_code == 403


def test_a_procedure_that_is_not_there_is_not_found(office: website.Office) -> None:
    client = office.client("zhangsan")
    assert client.get("/start/nothing").status_code == 404
    assert client.get("/start/yushen?event=nothing").status_code == 404
    assert office.client().get("/start").status_code == 303
