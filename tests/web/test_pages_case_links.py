"""关联事项 on the page of a case: linking by number or title, taking it back, and starting a case that follows."""

from __future__ import annotations

from typing import Any

import staffpages
import website

from engine.actions import cooperation

LINK = "//form[contains(@action, '/links')]"
RELATED = "//section[@aria-labelledby='related']"


def cases(office: website.Office, who: str = "张三", count: int = 2) -> list[int]:
    return [office.driver.start("yushen", as_=who).id for _ in range(count)]


def linked(answer: Any) -> list[str]:
    return [str(each) for each in website.page(answer).xpath(f"{RELATED}//ul//a[not(contains(@href, 'links'))]/@href")]


def link(office: website.Office, who: str, case: int, number: str) -> Any:
    client = office.client(who)
    return staffpages.send(client, client.get(f"/cases/{case}"), LINK, number=number)


def test_a_case_is_linked_by_its_number_and_the_link_is_taken_back_after_a_question(office: website.Office) -> None:
    client, (one, two) = office.client("zhangsan"), cases(office)
    page = staffpages.follow(client, link(office, "zhangsan", one, "预审〔2026〕2号"))
    assert "已关联“" in website.text(page)
    assert linked(page) == [f"/cases/{two}"] and linked(client.get(f"/cases/{two}")) == [f"/cases/{one}"]

    question = client.get(f"/cases/{two}/links/{one}/remove")
    assert "确定这两个事项不再关联" in website.text(question)
    answer = staffpages.send(client, question, LINK)
    assert "已取消与“" in website.text(staffpages.follow(client, answer))
    assert linked(client.get(f"/cases/{one}")) == []
    said = website.text(client.get(f"/cases/{one}"))
    assert "关联其他事项" in said and "取消与其他事项的关联" in said


def test_a_number_that_is_not_there_is_said_so_and_what_was_typed_is_kept(office: website.Office) -> None:
    (one,) = cases(office, count=1)
    answer = link(office, "zhangsan", one, "预审〔2026〕99号")
    assert answer.status_code == 422 and "没有找到事项“预审〔2026〕99号”" in website.text(answer)
    assert website.page(answer).xpath("//input[@name='number']/@value") == ["预审〔2026〕99号"]
    itself = link(office, "zhangsan", one, "预审〔2026〕1号")
    assert itself.status_code == 422 and "不能与自身关联" in website.text(itself)


def test_a_case_that_one_may_not_see_is_not_found_by_its_number(office: website.Office) -> None:
    office.driver.start("gongshi", as_="陈静")
    (one,) = cases(office, count=1)
    with office.engine.store.read() as uow:
        hidden = uow.instances.get(one - 1)
    answer = link(office, "zhangsan", one, hidden.business_key or str(hidden.id))
    assert answer.status_code == 422 and "没有找到事项" in website.text(answer)
    client = office.client("zhangsan")
    page = client.get(f"/cases/{one}")
    forced = staffpages.send(client, page, LINK, number="", other=str(hidden.id))
    assert forced.status_code == 404
    assert client.get(f"/start?from={hidden.id}").status_code == 404


def test_words_of_a_title_offer_the_cases_that_may_be_meant(office: website.Office) -> None:
    client, (one, two, three) = office.client("zhangsan"), cases(office, count=3)
    question = link(office, "zhangsan", one, "预审")
    options = website.page(question).xpath("//input[@name='other']/@value")
    assert sorted(options) == [str(two), str(three)]
    page = staffpages.follow(client, staffpages.send(client, question, LINK, other=str(three)))
    assert linked(page) == [f"/cases/{three}"]


def test_who_was_only_shown_a_case_reads_its_links_and_has_no_form(office: website.Office) -> None:
    one, two = cases(office)
    link(office, "zhangsan", one, "预审〔2026〕2号")
    cooperation.copy_to(office.engine, one, office.driver.user("zhangsan"), people=["majun"])
    page = office.client("majun").get(f"/cases/{one}")
    assert linked(page) == [] and not website.page(page).xpath(LINK)
    cooperation.copy_to(office.engine, two, office.driver.user("zhangsan"), people=["majun"])
    page = office.client("majun").get(f"/cases/{one}")
    assert linked(page) == [f"/cases/{two}"] and "取消关联" not in website.text(page)


def test_a_case_is_started_from_another_and_linked_with_it(office: website.Office) -> None:
    client, (one,) = office.client("zhangsan"), cases(office, count=1)
    (catalogue,) = website.page(client.get(f"/cases/{one}")).xpath(f"{RELATED}//a[contains(@href, '/start')]/@href")
    shown = client.get(catalogue)
    assert "由“" in website.text(shown)
    assert website.page(shown).xpath("//form[@role='search']//input[@name='from']/@value") == [str(one)]
    (url,) = website.page(shown).xpath("//ul[@class='tiles']//a[contains(@href, '/yushen')]/@href")
    page = client.get(url)
    assert "相互关联" in website.text(page)
    staffpages.send(client, page, f"//form[@action='/start/yushen?from={one}']")
    assert linked(client.get(f"/cases/{one}")) == [f"/cases/{one + 1}"]
