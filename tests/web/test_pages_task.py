"""The page of a task: what each person sees there, filling in, completing, drafts, and what comes between."""

from __future__ import annotations

import gongshi_case
import pytest
import staffpages
import website
import yushen_case

from engine.actions import people
from engine.model import commands

CHECKED = {
    "procedure_complete": "true",
    "signatures_complete": "true",
    "data_correct": "true",
    "decision": "agree",
    "signed": "true",
}


@pytest.fixture
def waiting(office: website.Office) -> website.Office:
    """A case that waits for 综合处 to pre-review it."""
    yushen_case.to_office(office.driver, content="全文<script>alert(1)</script>")
    return office


def url(office: website.Office, name: str = "预审公开申请") -> str:
    return f"/tasks/{office.driver.task(name).id}"


def test_everything_needed_to_decide_stands_on_the_page(waiting: website.Office) -> None:
    answer = waiting.client("chenjing").get(url(waiting))
    page, said = website.page(answer), website.text(answer)
    assert [" ".join(each.text_content().split()) for each in page.xpath("//h1")] == ["预审公开申请"]
    assert "企业开办办事指南" in said  # the case
    assert "王芳 · 审核并决定是否公开" in said  # earlier opinions
    assert "第二条" in website.text(answer, "//section[@aria-labelledby='basis']")  # the clause
    assert "张三" in website.text(answer, "//section[@aria-labelledby='about']")  # the applicant
    assert page.xpath("//figure[@data-diagram]//*[contains(@class, 'is-active')]/@data-element") == ["Task_yushen"]
    assert not page.xpath("//script[not(@src) and not(@type='application/json')]")
    assert "<script>alert" not in answer.text


def test_a_candidate_completes_without_claiming_and_is_told_where_the_case_is(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    answer = staffpages.send(client, client.get(url(waiting)), **CHECKED)
    assert answer.headers["location"] == "/tasks"
    assert "已办结“预审公开申请”。“企业开办办事指南”现在的环节：审定公开信息（政府信息公开领导小组）。" in website.text(
        staffpages.follow(client, answer)
    )


def test_after_a_task_comes_the_next_own_one_of_the_same_case(office: website.Office) -> None:
    driver = office.driver
    gongshi_case.publish(driver)
    gongshi_case.end_period(driver)
    client = office.client("chenjing")
    answer = staffpages.send(client, client.get(url(office, "汇总反馈意见")), summary="赞成", adjust="true")
    assert answer.headers["location"] == url(office, "调整方案")
    assert "已办结“汇总反馈意见”。" in website.text(staffpages.follow(client, answer))


def test_a_form_that_is_not_right_comes_back_with_everything_typed_and_changes_nothing(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    answer = staffpages.send(client, client.get(url(waiting)), decision="return", opinion="")
    assert answer.status_code == 422
    page = website.page(answer)
    links = page.xpath("//div[@id='error-summary']//a/@href")
    assert links and all(page.xpath(f"//*[@id='{link.removeprefix('#')}']") for link in links)
    assert page.xpath("//input[@name='decision' and @checked]/@value") == ["return"]
    assert waiting.driver.task("预审公开申请").draft is None


def test_sending_twice_gives_the_first_answer(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    page = client.get(url(waiting))
    first, second = (staffpages.send(client, page, **CHECKED) for _ in range(2))
    assert first.headers["location"] == second.headers["location"] == "/tasks"
    assert waiting.driver.task("审定公开信息")


def test_who_was_slower_learns_it_and_can_copy_what_they_typed(waiting: website.Office) -> None:
    slow = waiting.client("liuyang")
    page = slow.get(url(waiting))
    waiting.driver.complete("预审公开申请", as_="陈静", form=yushen_case.AGREE)
    answer = staffpages.send(slow, page, **CHECKED, opinion="手续齐全，\n同意。")
    assert answer.status_code == 409
    assert "已由陈静于" in website.text(answer)
    (kept,) = website.page(answer).xpath("//textarea[@readonly]")
    assert "意见和理由：手续齐全，\n同意。" in kept.text.replace("\r", "")


def test_a_draft_is_kept_by_the_button_and_by_leaving_and_comes_back(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    page = client.get(url(waiting))
    answer = staffpages.send(client, page, button="draft", opinion="先记下")
    assert answer.headers["location"] == url(waiting)
    assert "已暂存，尚未办结。" in website.text(staffpages.follow(client, answer))
    (left,) = website.page(page).xpath("//form/@data-draft")
    assert client.post(left, data={"opinion": "改一改"}).status_code == 204
    (typed,) = website.page(client.get(url(waiting))).xpath("//textarea[@name='opinion']")
    assert typed.text.strip() == "改一改"
    assert waiting.driver.task("预审公开申请").assignee is None


def test_the_draft_of_others_is_not_shown_to_who_only_looks(waiting: website.Office) -> None:
    waiting.driver.claim("预审公开申请", as_="陈静")
    waiting.driver.save_draft("预审公开申请", as_="陈静", form={"opinion": "不宜外传"})
    answer = waiting.client("zhangsan").get(url(waiting))
    assert answer.status_code == 200
    assert "不宜外传" not in answer.text
    assert "该任务由陈静办理" in website.text(answer)
    assert not website.page(answer).xpath("//form[@id='form']")


def test_who_has_nothing_to_do_with_the_case_does_not_find_its_task(waiting: website.Office) -> None:
    task = url(waiting)
    stranger = waiting.client("qianjin")
    assert stranger.get(task).status_code == 404
    for act in ("", "/draft", "/claim", "/unclaim", "/transfer", "/delegate", "/resolve", "/comments"):
        assert stranger.post(task + act, data={"to": "qianjin", "text": "?"}).status_code == 404, act
    assert waiting.client().get(task).headers["location"] == f"/login?next={task}"


def test_a_finished_task_shows_what_was_filled_in_and_who_did_it(waiting: website.Office) -> None:
    task = url(waiting)
    waiting.driver.complete("预审公开申请", as_="陈静", form=yushen_case.AGREE)
    answer = waiting.client("chenjing").get(task)
    assert "该任务已由陈静办结" in website.text(answer)
    assert "同意，报领导小组审定" in website.text(answer, "//section[@aria-labelledby='form-title']")
    assert not website.page(answer).xpath("//form[@id='form']")


def test_what_the_duties_of_others_forbid_is_said_before_anybody_fills_in_a_form(office: website.Office) -> None:
    driver = office.driver
    unit = people.directory(office.engine).users["zhangsan"].unit_id
    people.update_user(office.engine, commands.Actor("admin", admin=True), "huangwei", unit_id=unit)
    driver.start("yushen", as_="张三")
    driver.complete("填报公开申请单", as_="张三", form=yushen_case.application(driver))
    driver.complete("审核并决定是否公开", as_="黄伟", form=yushen_case.PUBLISH)
    answer = office.client("huangwei").get(url(office))
    assert "不能由同一人办理" in website.text(answer)
    assert not website.page(answer).xpath("//button[@value='submit' and not(@aria-hidden)]")


def test_a_claimed_task_can_be_given_back(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    client.post(f"{url(waiting)}/claim")
    assert "退签" in staffpages.menu(client.get(url(waiting)))
    answer = client.post(f"{url(waiting)}/unclaim")
    assert "其他候选人可以签收" in website.text(staffpages.follow(client, answer))
    assert waiting.driver.task("预审公开申请").assignee is None


def test_a_comment_is_written_on_the_task_and_an_empty_one_is_not(waiting: website.Office) -> None:
    client = waiting.client("chenjing")
    answer = client.post(f"{url(waiting)}/comments", data={"text": "请@张三 补充依据"})
    page = website.page(staffpages.follow(client, answer))
    assert page.xpath("//article[@class='comment']//*[@class='mention']/text()") == ["@张三"]
    refused = client.post(f"{url(waiting)}/comments", data={"text": "  "})
    assert refused.status_code == 422
    assert website.page(refused).xpath("//textarea[@name='text' and @aria-invalid]")


def test_a_row_more_of_a_form_changes_the_page_alone(office: website.Office) -> None:
    office.driver.start("yushen", as_="张三")
    client = office.client("zhangsan")
    task = url(office, "填报公开申请单")
    answer = staffpages.send(client, client.get(task), button="refresh", title="写了一半")
    assert answer.status_code == 200
    assert website.page(answer).xpath("//input[@name='title']/@value") == ["写了一半"]
    assert office.driver.task("填报公开申请单").draft is None
