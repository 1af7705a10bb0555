"""Facts, tables and checks of a publication are read by everybody, hashed with it, and bounded; senders are told alone."""

from __future__ import annotations

import hashlib
import json
import re

import publicpages
import pytest
import sqlalchemy as sa
import website

from engine import errors
from engine.actions import linking
from engine.model import commands, details
from engine.store import queries_public, tables_records

CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4}){3}\b")
UNTIL = "2026-03-13T00:00:00+08:00"
TABLE = {"caption": "意见采纳情况", "columns": ["意见", "是否采纳"], "rows": [["太<贵>了", "采纳"], ["太远", "不采纳"]]}
CHECK = {"text": "核对种子", "command": "printf '%s' 'a|S001' | sha256sum"}
DETAILS = {
    "facts": [{"name": "名额", "value": 10}, {"name": "说明", "value": None}],
    "tables": [TABLE],
    "checks": [CHECK],
}

office = publicpages.office
stranger = publicpages.stranger


def test_facts_tables_and_checks_are_read_by_everybody(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("结果", details=DETAILS))
    page = website.page(stranger.get(f"/public/items/{one}"))
    assert [each.text_content() for each in page.xpath("//table//th")] == ["意见", "是否采纳"]
    assert [each.text_content() for each in page.xpath("//table//td")] == ["太<贵>了", "采纳", "太远", "不采纳"]
    assert page.xpath("//dl[contains(@class,'public-facts')]//dt")[0].text_content() == "名额"
    assert len(page.xpath("//dl[contains(@class,'public-facts')]//dt")) == 1  # what has no value is not shown
    assert page.xpath("//section[@aria-labelledby='checks']//pre")[0].text_content() == CHECK["command"]


def test_words_of_a_table_are_found(office, stranger):
    publicpages.publish(office, publicpages.announce("结果", details=DETAILS), publicpages.announce("别的"))
    found = website.text(stranger.get("/public/gongshi?text=太远"), "//ul[@class='public-list']")
    assert "结果" in found
    assert "别的" not in found


def test_anybody_computes_the_hash_of_what_is_shown(office, stranger):
    issue = ["Issue", {"template": "notice", "data": {"subject": "停车", "text": "全文。"}}]
    case = office.driver.start("main", as_="admin", variables={"requests": [issue]})
    with office.engine.store.read() as uow:
        (paper,) = uow.records.documents_of(case.id)
    more = {"until": UNTIL, "summary": "摘要。", "details": DETAILS, "document": paper.id}
    (one,) = publicpages.publish(office, publicpages.announce("停车方案", **more))
    content = stranger.get(f"/public/items/{one}/content.json").content
    page = website.text(stranger.get(f"/public/items/{one}"))
    assert hashlib.sha256(content).hexdigest() in page
    assert f"/public/items/{one}/content.json | sha256sum" in page
    said = json.loads(content)
    assert said["tables"] == [TABLE]
    assert (said["title"], said["until"]) == ("停车方案", "2026-03-12T16:00:00.000000Z")
    source = stranger.get(f"/public/items/{one}/document.html")
    assert hashlib.sha256(source.content).hexdigest() == said["document_sha256"]
    assert source.headers["content-disposition"].startswith("attachment")


def test_what_was_reviewed_keeps_its_own_hash_beside_that_of_what_is_shown(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("方案", content_sha256="ab" * 32))
    page = website.text(stranger.get(f"/public/items/{one}"))
    assert "ab" * 32 in page
    assert hashlib.sha256(stranger.get(f"/public/items/{one}/content.json").content).hexdigest() in page


def test_a_changed_cell_changes_the_hash(office):
    changed = {**DETAILS, "tables": [{**TABLE, "rows": [["太<贵>了", "不采纳"], ["太远", "不采纳"]]}]}
    made = publicpages.publish(
        office, publicpages.announce("结果", details=DETAILS), publicpages.announce("结果", details=changed)
    )
    with office.engine.store.read() as uow:
        first, second = (uow.records.publication(each).content_sha256 for each in made)
    assert first != second


def test_what_was_changed_behind_the_back_of_the_platform_says_so(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("结果", details=DETAILS))
    assert "不符" not in stranger.get(f"/public/items/{one}").text
    with office.engine.store.write() as uow:
        uow.link.run(sa.update(tables_records.publications).values(summary="全部采纳"), {})
    assert "与公布时的摘要值不符" in website.text(stranger.get(f"/public/items/{one}"), "//div[@role='alert']")


def test_what_was_published_in_one_matter_leads_to_each_other(office, stranger):
    first, second = publicpages.publish(office, publicpages.announce("公告甲"), publicpages.announce("结果乙"))
    publicpages.publish(office, publicpages.announce("别的事"))
    for here, there in ((first, second), (second, first)):
        links = website.page(stranger.get(f"/public/items/{here}")).xpath(
            "//section[@aria-labelledby='related']//a/@href"
        )
        assert links == [f"/public/items/{there}"]


def test_what_linked_cases_published_is_of_one_matter_on_and_on(office, stranger):
    made = [publicpages.publish(office, publicpages.announce(title))[0] for title in ("公示", "听证", "办法", "别的事")]
    with office.engine.store.read() as uow:
        cases = [uow.records.publication(each).instance_id for each in made]
    admin = office.driver.user("admin")
    for one, two in ((cases[0], cases[1]), (cases[1], cases[2])):
        linking.link(office.engine, one, two, admin)
    for here in made[:3]:
        page = website.page(stranger.get(f"/public/items/{here}"))
        links = page.xpath("//section[@aria-labelledby='related']//a/@href")
        assert sorted(links) == [f"/public/items/{each}" for each in made[:3] if each != here]
    assert "同一事项" not in website.text(stranger.get(f"/public/items/{made[3]}"))


def test_what_a_clerk_links_changes_no_page_of_the_public(office, stranger):
    one, two = (publicpages.publish(office, publicpages.announce(title))[0] for title in ("公示", "别的事"))
    with office.engine.store.read() as uow:
        cases = [uow.records.publication(each).instance_id for each in (one, two)]
    linking.link(office.engine, *cases, commands.Actor("dudao", monitor=True))
    assert "同一事项" not in website.text(stranger.get(f"/public/items/{one}"))
    linking.link(office.engine, *cases, office.driver.user("admin"))
    assert "别的事" in website.text(stranger.get(f"/public/items/{one}"), "//section[@aria-labelledby='related']")


def test_of_a_large_matter_the_newest_are_listed_and_nothing_is_read_of_what_they_say(office):
    made = publicpages.publish(office, *(publicpages.announce(f"第{n}件", details=DETAILS) for n in range(5)))
    case = publicpages.case_of(office, made[0])
    with office.engine.store.write() as uow:  # a row that nobody can understand, as only another hand writes it
        uow.link.driver(f"UPDATE publications SET details = '{{\"x\": 1}}' WHERE id = {made[-1]}")
    with office.engine.store.read() as uow:
        found = queries_public.of_matter(uow, case, limit=3)
    assert [each.title for each in found] == ["第2件", "第3件", "第4件"]
    assert not any(each.details or each.content or each.attachments for each in found)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"tables": [{**TABLE, "columns": []}]}, "至少有一栏"),
        ({"tables": [{**TABLE, "rows": [["一格"]]}]}, "应有 2 格"),
        ({"tables": [{**TABLE, "rows": [["x", "y"]] * (details.ROWS + 1)}]}, "不超过 5000 项"),
        ({"tables": [{**TABLE, "rows": [["x" * (details.LONGEST_TEXT + 1), "y"]]}]}, "不超过 5000 字"),
        ({"tables": [{**TABLE, "columns": ["栏"] * (details.COLUMNS + 1)}]}, "不超过 12 项"),
        ({"tables": [TABLE] * (details.TABLES + 1)}, "不超过 20 项"),
        ({"tables": [{**TABLE, "rows": [["字" * 4000, "y"]] * 200}]}, "不超过 2000000 字节"),
        ({"tables": [{**TABLE, "rows": [[{"a": 1}, "y"]]}]}, "应为文字或数字"),
        ({"tables": "表"}, "应为列表"),
        ({"facts": [{"value": "十"}]}, "name"),
        ({"facts": ["十"]}, "name"),
        ({"checks": [{"text": "看", "command": "true\nrm -rf ~"}]}, "一行可见的文字"),
        ({"checks": [{"text": "看", "command": ""}]}, "一行可见的文字"),
        ({"html": "<b>"}, "html"),
    ],
)
def test_what_is_too_much_or_of_another_form_is_refused_in_words(given, why):
    with pytest.raises(errors.InvalidRecord) as refused:
        details.read(given)
    assert why in refused.value.message


def test_details_survive_being_kept():
    found = details.read(DETAILS)
    assert details.read(found.as_json()) == found
    assert not details.read(None)


# --- senders ---------------------------------------------------------------------------------------------------------


def hidden(page):
    fields = website.page(page).xpath("//main//form[1]//input[@type='hidden']")
    return {field.get("name"): field.get("value") for field in fields}


def send(client, path, **typed):
    return CODE.search(client.post(path, data={**hidden(client.get(path)), "_action": "submit", **typed}).text)[0]


def ask(client, code):
    return client.post("/public/track", data={**hidden(client.get("/public/track")), "code": code})


def receipt_of(office, publication):
    return office.driver.variables(publicpages.case_of(office, publication))["receipt"]


def test_a_sender_is_told_with_a_document_that_nobody_else_reads(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("方案", until=UNTIL))
    code = send(stranger, f"/public/items/{one}/opinion", opinion="甲的意见")
    tell = [{"receipt": receipt_of(office, one), "text": "登记号 S001，已经入选。"}]
    other = send(stranger, f"/public/items/{one}/opinion", opinion="乙的意见")
    issue = ["Issue", {"template": "notice", "data": {"subject": "入选", "text": "请准时参加。"}, "tell": tell}]
    publicpages.publish(office, issue, ["Tell", {**tell[0], "text": "时间改为十点。"}])

    page = ask(stranger, code)
    told = [each.text_content() for each in website.page(page).xpath("//section[@aria-labelledby='told']//li/p")]
    assert told == ["时间改为十点。", "登记号 S001，已经入选。"]
    assert "请准时参加。" in website.text(page, "//section[@aria-labelledby='told']//details")
    assert page.headers["cache-control"] == "no-store"
    assert "甲的意见" not in page.text
    assert "S001" not in ask(stranger, other).text
    for path in ("/public", "/public/gongshi", f"/public/items/{one}"):
        assert "S001" not in stranger.get(path).text


def test_the_code_itself_reaches_no_case(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("方案", until=UNTIL))
    code = send(stranger, f"/public/items/{one}/opinion", opinion="甲")
    kept = json.dumps(office.driver.variables(publicpages.case_of(office, one)))
    assert code not in kept
    assert code.replace("-", "") not in kept
