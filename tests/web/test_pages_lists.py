"""待办, 我的事项, 已办, 全部事项: what each person finds there, and what they can do from there."""

from __future__ import annotations

import csv
import io

import patience
import pytest
import website
import yushen_case

from engine import bootstrap
from engine.actions import instances, search
from engine.store import counting, labels


@pytest.fixture
def waiting(office: website.Office) -> website.Office:
    """A case that waits for 综合处 to pre-review it."""
    yushen_case.to_office(office.driver)
    return office


def rows(answer: object) -> list[str]:
    return [" ".join(row.text_content().split()) for row in website.page(answer).xpath("//main//tbody/tr")]


def test_what_is_offered_to_a_role_is_in_the_list_of_its_people_alone(waiting: website.Office) -> None:
    (row,) = rows(waiting.client("chenjing").get("/tasks"))
    assert "预审公开申请" in row and "签收" in row
    assert "没有待办，都办完了" in website.text(waiting.client("zhouming").get("/tasks"))
    assert waiting.client().get("/tasks").headers["location"] == "/login?next=/tasks"


def test_claiming_takes_one_click_and_comes_back_to_the_list(waiting: website.Office) -> None:
    task = waiting.driver.task("预审公开申请")
    answer = waiting.client("chenjing").post(f"/tasks/{task.id}/claim", data={"next": "/tasks?tab=claimable"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks?tab=claimable")
    assert "已签收“预审公开申请”" in website.text(waiting.client("chenjing").get("/tasks?tab=mine"))
    assert waiting.driver.task("预审公开申请").assignee == "chenjing"
    assert rows(waiting.client("liuyang").get("/tasks")) == []


def test_claiming_by_htmx_brings_the_list_with_its_filters_and_a_way_to_go_on(waiting: website.Office) -> None:
    task = waiting.driver.task("预审公开申请")
    answer = waiting.client("chenjing").post(
        f"/tasks/{task.id}/claim", data={"next": "/tasks?tab=claimable"}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    (worklist,) = website.page(answer).xpath("//*[@id='worklist']")
    assert worklist.xpath(".//a[@data-focus]/@href") == [f"/tasks/{task.id}"]
    assert worklist.xpath(".//nav[@class='tabs']/a[@aria-current]/@href") == ["/tasks?tab=claimable"]
    assert "没有可签收的待办" in worklist.text_content()


def test_who_was_slower_learns_who_was_faster(waiting: website.Office) -> None:
    task = waiting.driver.task("预审公开申请")
    waiting.driver.claim(task.name, as_="刘洋")
    answer = waiting.client("chenjing").post(f"/tasks/{task.id}/claim", data={"next": "/tasks"})
    assert answer.status_code == 409
    assert "已由刘洋签收" in website.text(answer)


def test_a_claim_never_leads_to_another_site(waiting: website.Office) -> None:
    task = waiting.driver.task("预审公开申请")
    answer = waiting.client("chenjing").post(f"/tasks/{task.id}/claim", data={"next": "https://evil.example/"})
    assert answer.headers["location"] == f"/tasks/{task.id}"


def test_filters_stay_while_tabs_change_and_can_be_cleared(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    answer = client.get("/tasks?procedure=gongshi&due=overdue")
    page = website.page(answer)
    assert "没有符合条件的待办" in website.text(answer)
    assert page.xpath("//nav[@class='tabs']/a/@href")[2] == "/tasks?tab=claimable&procedure=gongshi&due=overdue"
    assert page.xpath("//select[@name='procedure']/option[@selected]/@value") == ["gongshi"]
    assert page.xpath("//a[text()='清除条件']/@href") == ["/tasks"]
    assert client.get("/tasks?due=someday").status_code == 422


def test_every_field_of_the_filters_has_a_label_and_the_table_a_caption(waiting: website.Office) -> None:
    for path, user in (
        ("/tasks", "chenjing"),
        ("/cases/mine", "zhangsan"),
        ("/cases/done", "zhangsan"),
        ("/cases", "monitor"),
    ):
        page = website.page(waiting.client(user).get(path))
        assert len(page.xpath("//h1")) == 1
        labelled = set(page.xpath("//label/@for"))
        fields = page.xpath("//main//form[@method='get']//*[self::input or self::select][not(@type='hidden')]/@id")
        assert fields and set(fields) <= labelled
        assert page.xpath("//table/caption") and not page.xpath("//th[not(@scope)]")


def test_pages_are_cut_by_key_and_go_both_ways(office: website.Office) -> None:
    for number in range(30):
        office.driver.start("yushen", as_="张三", business_key=f"第{number}件")
    client = office.client("zhangsan")
    first = client.get("/tasks")
    assert len(rows(first)) == 25
    (following,) = website.page(first).xpath("//a[@rel='next']/@href")
    second = client.get(following)
    assert len(rows(second)) == 5
    (back,) = website.page(second).xpath("//a[@rel='prev']/@href")
    assert rows(client.get(back)) == rows(first)


def test_my_cases_are_those_i_have_to_do_with(waiting: website.Office) -> None:
    assert len(rows(waiting.client("zhangsan").get("/cases/mine"))) == 1
    assert len(rows(waiting.client("wangfang").get("/cases/mine"))) == 1
    assert "您还没有发起或参与事项" in website.text(waiting.client("qianjin").get("/cases/mine"))


def test_all_cases_are_for_monitors(waiting: website.Office) -> None:
    (row,) = rows(waiting.client("monitor").get("/cases"))
    assert "预审公开申请" in row and "综合处" in row and "张三" in row
    assert waiting.client("zhangsan").get("/cases").status_code == 403
    assert waiting.client("zhangsan").get("/cases/export.csv").status_code == 403


def test_what_is_done_says_where_the_case_is(waiting: website.Office) -> None:
    (row,) = rows(waiting.client("wangfang").get("/cases/done"))
    assert "审核并决定是否公开" in row and "办理中" in row
    assert "没有符合条件的已办" in website.text(waiting.client("wangfang").get("/cases/done?text=没有这件"))


@pytest.mark.parametrize(
    ("user", "path", "head", "cell"),
    [
        ("monitor", "/cases/export.csv", "当前环节", "预审公开申请"),
        ("zhangsan", "/cases/mine/export.csv", "办理人", "综合处"),
        ("wangfang", "/cases/done/export.csv", "环节", "审核并决定是否公开"),
    ],
)
def test_lists_are_files_for_spreadsheets(waiting: website.Office, user: str, path: str, head: str, cell: str) -> None:
    answer = waiting.client(user).get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row[head] == cell


def test_a_file_has_all_pages_and_no_formulas(office: website.Office) -> None:
    for number in range(120):
        office.driver.start("yushen", as_="张三", business_key=f'=HYPERLINK("http://evil.example/{number}")')
    content = office.client("zhangsan").get("/cases/mine/export.csv").content.decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(content)))
    assert len(found) == 120
    assert {row["编号"] for row in found} == {f'\'=HYPERLINK("http://evil.example/{number}")' for number in range(120)}


def test_a_filter_can_be_kept_under_a_name_and_forgotten(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    page = website.page(client.get("/tasks?procedure=yushen&due=none"))
    (query,) = page.xpath("//form[@action='/filters']/input[@name='query']/@value")
    answer = client.post("/filters", data={"list": "todo", "query": query, "name": "我的预审"})
    assert answer.headers["location"] == "/tasks?procedure=yushen&due=none"
    kept = website.page(client.get("/tasks"))
    assert kept.xpath("//ul[@class='chips']//a[text()='我的预审']/@href") == [answer.headers["location"]]
    (remove,) = kept.xpath("//ul[@class='chips']//form/@action")
    assert waiting.client("liuyang").post(remove).status_code == 404
    assert client.post(remove, data={"next": "/tasks"}).headers["location"] == "/tasks"
    assert not website.page(client.get("/tasks")).xpath("//ul[@class='chips']")
    assert client.post("/filters", data={"list": "todo", "query": query, "name": ""}).status_code == 422


def test_cases_are_found_by_their_words_by_those_who_may_see_them(waiting: website.Office) -> None:
    index(waiting.engine)
    answer = waiting.client("zhangsan").get("/search?text=企业开办")
    (row,) = website.page(answer).xpath("//ol/li")
    assert "企业开办办事指南" in row.text_content()
    assert row.xpath(".//mark/text()")[0] == "企业开办"
    assert "没有找到含有“企业开办”的事项" in website.text(waiting.client("qianjin").get("/search?text=企业开办"))
    short = waiting.client("zhangsan").get("/search?text=企")
    assert short.status_code == 200 and "检索词过短" in website.text(short)
    assert waiting.client("zhangsan").get("/search").status_code == 200


def index(engine: bootstrap.Engine) -> None:
    """Let the index know everything; a gap in the numbers of acts may take until others on the server have committed."""

    def done() -> bool:
        while search.index_pending(engine, limit=500):
            pass
        with engine.store.read() as uow:
            return uow.feeds.oldest(search.FEED) is None

    patience.until(done, "the index stays behind")


def cost(office: website.Office, path: str) -> int:
    """Count the statements of a page; on a slow machine a look may meet a cache that is just then too old."""
    looks = []
    for _ in range(3):
        with counting.counted(office.engine.store) as count:
            assert office.client("zhangsan").get(path).status_code == 200
        looks.append(count.statements)
    return min(looks)


def test_a_list_costs_the_same_however_long_it_is(office: website.Office) -> None:
    office.driver.start("yushen", as_="张三")
    short = {path: cost(office, path) for path in ("/tasks", "/cases/mine")}
    for _ in range(40):
        office.driver.start("yushen", as_="张三")
    assert {path: cost(office, path) for path in short} == short


def test_a_list_that_is_filtered_by_words_costs_the_same_however_long_it_is(office: website.Office) -> None:
    client = office.client("zhangsan")

    def fill(number: int) -> None:
        for _ in range(number):
            instances.start(office.engine, "yushen", office.driver.user("张三"))
        index(office.engine)

    fill(1)
    instances.start(office.engine, "yushen", office.driver.user("张三"), business_key="公申AB07C号")
    paths = [
        f"{path}?text={text}" for path in ("/tasks", "/cases/mine") for text in ("不存在的词", "b07", "填报", "报")
    ]
    client.get("/tasks")
    short = {path: cost(office, path) for path in paths}
    fill(300)
    assert {path: cost(office, path) for path in paths} == short
    for path in ("/tasks?text=b07", "/cases/mine?text=b07c"):
        (row,) = rows(client.get(path))
        assert "公申AB07C号" in row
    assert len(rows(client.get("/tasks?text=报 填报"))) == 25
    assert "没有符合条件的待办" in website.text(client.get("/tasks?text=不存在的词"))


def test_a_character_that_is_looked_for_row_by_row_is_found_further_on(
    office: website.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "LOOKED_AT", 3)
    for number in range(6):
        office.driver.start("yushen", as_="张三", business_key="末" if number == 5 else f"第{number}件")
    client = office.client("zhangsan")
    first = client.get("/tasks?text=末")
    assert "其后的还没有查看" in website.text(first)
    (following,) = website.page(first).xpath("//a[@rel='next']/@href")
    (row,) = rows(client.get(following))
    assert "末" in row
