"""Batches in the pages: chosen by a filter, looked at, begun, watched, paused, cancelled; without JavaScript."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import api_office
import pytest
import website

from engine.actions import batch_kinds, batch_work
from engine.web import i18n
from engine.web.routes import admin, admin_batches


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


def hidden(answer, action="/admin/batches"):
    """Return the fields that the form at this address sends by itself."""
    (form,) = website.page(answer).xpath(f"//form[@method='post' and @action='{action}']")
    return {each.get("name"): each.get("value") for each in form.xpath(".//input[@type='hidden']")}


def test_many_cases_are_looked_at_then_cancelled_and_each_says_what_came_of_it(office):
    cases = [office.case("late") for _ in range(35)]
    client = office.client("admin")
    assert "批量办理" in client.get("/admin").text
    assert "还没有批量办理" in client.get("/admin/batches").text
    empty = client.get("/admin/batches/new")
    assert "请至少选择一个条件" in empty.text
    assert website.page(empty).xpath("//form[@method='post' and @action='/admin/batches']") == []

    looked = client.get("/admin/batches/new?kind=cancel&procedure=late&since=2026-03-09&until=2026-03-09")
    assert "将对 35 个事项办理：取消事项" in looked.text
    assert len(website.page(looked).xpath("//tbody/tr")) == 20
    fields = hidden(looked)
    assert (fields["procedure"], fields["until"], fields["expected"]) == ("late", "2026-03-09", "35")

    silent = client.post("/admin/batches", data=fields)
    assert (silent.status_code, "应说明理由" in silent.text) == (422, True)
    begun = client.post("/admin/batches", data={**fields, "reason": "文件已废止"})
    assert begun.status_code == 303
    place = begun.headers["location"]
    running = client.get(place)
    assert website.page(running).xpath("//*[@id='batch-progress']/@hx-trigger") == ["every 2s"]
    assert "hx-refresh" not in running.headers

    batch_work.go_on(office.engine)
    (bar,) = website.page(client.get(place)).xpath("//*[@id='batch-progress']//progress")
    assert (bar.get("value"), bar.get("max")) == ("20", "35")
    office.driver.run()
    done = client.get(place)
    assert done.headers["hx-refresh"] == "true"
    assert website.page(done).xpath("//*[@id='batch-progress']/@hx-trigger") == []
    assert "已办完" in done.text
    assert "文件已废止" in done.text
    assert len(website.page(done).xpath("//tbody/tr")) == 30
    (following,) = website.page(done).xpath("//a[@rel='next']/@href")
    assert len(website.page(client.get(following)).xpath("//tbody/tr")) == 5
    assert {office.driver.status(case) for case in cases} == {"cancelled"}
    assert "取消事项" in client.get("/admin/batches").text


def test_nothing_begins_when_another_number_fits_by_now(office):
    office.case("main")
    client = office.client("admin")
    fields = hidden(client.get("/admin/batches/new?kind=suspend&procedure=main"))
    office.case("main")
    answer = client.post("/admin/batches", data=fields)
    assert answer.status_code == 422
    assert "由 1 个变为 2 个" in answer.text
    assert hidden(answer)["expected"] == "2"


def test_a_batch_is_paused_resumed_and_cancelled_by_its_buttons(office):
    for _ in range(2):
        office.case("wait")
    client = office.client("admin")
    fields = hidden(client.get("/admin/batches/new?kind=suspend&procedure=wait"))
    place = client.post("/admin/batches", data=fields).headers["location"]

    def buttons():
        forms = website.page(client.get(place)).xpath(f"//form[starts-with(@action, '{place}/')]/@action")
        return [each.rpartition("/")[2] for each in forms]

    assert buttons() == ["pause", "cancel"]
    assert client.post(f"{place}/pause").status_code == 303
    assert buttons() == ["resume", "cancel"]
    assert client.post(f"{place}/pause").status_code == 409
    client.post(f"{place}/resume")
    client.post(f"{place}/cancel")
    assert buttons() == []
    assert "已取消" in client.get(place).text
    waiting = website.page(client.get(f"{place}?state=waiting"))
    assert len(waiting.xpath("//tbody/tr")) == 2
    assert client.get(f"{place}?state=odd").status_code == 200


def test_incidents_are_retried_by_where_and_what_they_are(office):
    case = office.case("post")
    client = office.client("admin")
    looked = client.get("/admin/batches/new?kind=retry&incident=job&element=shred")
    assert "将重试 1 个异常" in looked.text
    place = client.post("/admin/batches", data=hidden(looked)).headers["location"]
    office.driver.run()
    assert "已重试。" in client.get(place).text
    assert len(office.driver.incidents(case)) == 1  # the cause is still there


def test_a_migration_asks_for_the_version_and_for_what_becomes_what(office):
    office.case("wait")
    client = office.client("admin")
    looked = client.get("/admin/batches/new?kind=migrate&procedure=wait&version=1")
    assert website.page(looked).xpath("//input[@name='to_version']/@required")
    fields = hidden(looked)
    silent = client.post("/admin/batches", data={**fields, "to_version": "", "mapping": "", "reason": ""})
    assert (silent.status_code, "应说明迁移到第几版" in silent.text) == (422, True)
    typed = {**fields, "to_version": "1", "mapping": "letter", "reckon": "yes"}
    wrong = client.post("/admin/batches", data=typed)
    assert (wrong.status_code, "每行写一个" in wrong.text) == (422, True)
    assert website.page(wrong).xpath("//textarea[@name='mapping']/text()") == ["letter"]
    begun = client.post("/admin/batches", data={**typed, "mapping": "letter=letter\n\nlook = look"})
    office.driver.run()
    assert "迁移到版本" in client.get(begun.headers["location"]).text


@pytest.mark.parametrize(
    "query",
    ["version=2", "since=yesterday", "status=odd&procedure=main", "version=x&procedure=main", "until=9999-12-31"],
)
def test_what_is_no_filter_is_said_in_a_sentence(office, query):
    answer = office.client("admin").get(f"/admin/batches/new?kind=suspend&{query}")
    assert answer.status_code == 422
    assert website.page(answer).xpath("//*[@role='alert']")


def test_the_list_of_all_cases_leads_operators_to_batches(office):
    def links(who):
        page = website.page(office.client(who).get("/cases?procedure=late&state=suspended"))
        return page.xpath("//a[starts-with(@href, '/admin/batches')]/@href")

    assert links("admin") == ["/admin/batches/new?kind=activate&procedure=late"]
    assert links("monitor") == []


def test_every_word_for_a_state_or_a_kind_is_there_in_english():
    words = [word for word, _ in (*admin_batches.STATES.values(), *admin_batches.ITEMS.values())]
    words += [*admin_batches.INCIDENTS.values(), *(kind.title for kind in batch_kinds.KINDS.values())]
    words += [text for area in admin.AREAS for text in (area.title, area.text)]
    assert [word for word in words if word not in i18n.english()] == []
