"""Working together from the pages: sending back, transferring, delegating, countersigning, urging, withdrawing, copies."""

from __future__ import annotations

from typing import Any

import pytest
import staffpages
import website
import yushen_case

CHECKED = {
    "procedure_complete": "true",
    "signatures_complete": "true",
    "data_correct": "true",
    "decision": "agree",
    "signed": "true",
}


@pytest.fixture
def claimed(office: website.Office) -> website.Office:
    """A case that 陈静 of 综合处 has to pre-review."""
    yushen_case.to_office(office.driver)
    office.driver.claim("预审公开申请", as_="陈静")
    return office


def url(office: website.Office, name: str = "预审公开申请") -> str:
    return f"/tasks/{office.driver.task(name).id}"


def ask(office: website.Office, who: str, address: str, **typed: Any) -> Any:
    """Open a page that asks, and send it."""
    client = office.client(who)
    page = client.get(address)
    assert page.status_code == 200, website.text(page)
    return staffpages.send(
        client, page, "//main//form[contains(@action, '/')][.//div[@class='dialog-actions']]", **typed
    )


def test_a_case_goes_back_to_an_earlier_task_with_the_reason(claimed: website.Office) -> None:
    task = url(claimed)
    page = website.page(claimed.client("chenjing").get(f"{task}/return"))
    assert page.xpath("//input[@name='to']/@value") == ["Task_danweishenhe", "Task_tianbao"]
    refused = ask(claimed, "chenjing", f"{task}/return", to="Task_tianbao", reason=" ")
    assert refused.status_code == 422
    assert website.page(refused).xpath("//input[@name='to' and @checked]/@value") == ["Task_tianbao"]
    answer = ask(claimed, "chenjing", f"{task}/return", to="Task_tianbao", reason="附件缺页")
    assert "已退回“填报公开申请单”（张三）" in website.text(staffpages.follow(claimed.client("chenjing"), answer))
    (row,) = website.page(claimed.client("zhangsan").get("/tasks")).xpath("//main//tbody/tr")
    assert "退回" in row.text_content() and "附件缺页" in row.text_content()
    assert "附件缺页" in website.text(claimed.client("zhangsan").get(url(claimed, "填报公开申请单")))


def test_the_first_task_says_why_it_cannot_be_sent_back(office: website.Office) -> None:
    office.driver.start("yushen", as_="张三")
    answer = office.client("zhangsan").get(url(office, "填报公开申请单"))
    assert "之前没有可以退回的任务" in website.text(answer)
    assert not website.page(answer).xpath("//a[contains(@href, '/return')]")


def test_a_task_is_transferred_for_good(claimed: website.Office) -> None:
    answer = ask(claimed, "chenjing", f"{url(claimed)}/transfer", to="liuyang")
    assert "转给刘洋办理" in website.text(staffpages.follow(claimed.client("chenjing"), answer))
    assert claimed.driver.task("预审公开申请").assignee == "liuyang"


def test_a_name_that_was_typed_is_as_good_as_one_that_was_chosen(claimed: website.Office) -> None:
    refused = ask(claimed, "chenjing", f"{url(claimed)}/transfer", to="没有此人")
    assert refused.status_code == 422 and "没有或不止一个名为“没有此人”的人员" in website.text(refused)
    ask(claimed, "chenjing", f"{url(claimed)}/transfer", to="孙磊")
    assert claimed.driver.task("预审公开申请").assignee == "sunlei"


def test_a_delegated_task_comes_back_with_what_was_filled_in(claimed: website.Office) -> None:
    task = url(claimed)
    ask(claimed, "chenjing", f"{task}/delegate", to="liuyang")
    helper = claimed.client("liuyang")
    page = helper.get(task)
    assert "陈静委派您先行办理" in website.text(page)
    assert not website.page(page).xpath("//form[@id='form']//div[@class='form-actions']//button[@value='submit']")
    (form,) = website.page(page).xpath("//form[@id='form']")
    back = form.xpath(".//button[contains(@formaction, '/resolve')]/@formaction")
    values = {**dict(form.form_values()), "opinion": "已核对"}
    answer = helper.post(back[0], data=values)
    assert "由陈静办结" in website.text(staffpages.follow(helper, answer))
    owner = claimed.client("chenjing").get(task)
    assert "已核对" in website.page(owner).xpath("//textarea[@name='opinion']")[0].text


def test_whom_one_can_ask_stands_by_unit_and_name_without_those_who_look_after_the_platform(
    claimed: website.Office,
) -> None:
    page = website.page(claimed.client("chenjing").get(f"{url(claimed)}/countersign"))
    groups = page.xpath("//div[@class='picks']/div[@role='group']")
    heads = [group.xpath("string(./p)") for group in groups]
    assert len(set(heads)) == len(heads) > 1
    (office,) = (group for group, head in zip(groups, heads, strict=True) if head.endswith("综合处"))
    ids = office.xpath(".//input/@value")
    assert ids == sorted(ids) and "liuyang" in ids  # their names by pinyin, as their ids
    assert not {"admin", "secadmin", "monitor", "chenjing"} & set(page.xpath("//input[@name='people']/@value"))
    found = claimed.client("chenjing").get("/pickers/person?working=1&q=员", headers={"accept": "*/*"}).json()
    assert "admin" not in {each["id"] for each in found}
    # Those who look after the platform see each other.
    page = website.page(claimed.client("admin").get(f"{url(claimed)}/transfer"))
    assert page.xpath("//input[@data-typeahead='/pickers/person']")


def test_an_opinion_is_asked_for_given_and_read_before_completing(claimed: website.Office) -> None:
    task = url(claimed)
    answer = ask(claimed, "chenjing", f"{task}/countersign", kind="before", people=["fengyan"], question="涉密吗？")
    assert "已请冯艳加签" in website.text(staffpages.follow(claimed.client("chenjing"), answer))
    held = claimed.client("chenjing").get(task)
    assert "加签意见" in website.text(held, "//div[contains(@class, 'alert')]")
    asked = claimed.client("fengyan")
    assert "加签意见" in website.text(asked.get("/tasks")) and "涉密吗？" in website.text(asked.get("/tasks"))
    (link,) = website.page(asked.get(task)).xpath("//a[contains(@href, '/answer')]/@href")
    refused = ask(claimed, "fengyan", link, agrees="no", opinion="")
    assert refused.status_code == 422
    ask(claimed, "fengyan", link, agrees="yes", opinion="不涉密。")
    seen = website.text(claimed.client("chenjing").get(task), "//section[@aria-labelledby='countersigning']")
    assert "冯艳" in seen and "同意" in seen and "不涉密。" in seen


def test_who_asked_can_ask_no_longer(claimed: website.Office) -> None:
    task = url(claimed)
    ask(claimed, "chenjing", f"{task}/countersign", kind="before", people=["fengyan"])
    client = claimed.client("chenjing")
    (remove,) = website.page(client.get(task)).xpath("//form[contains(@action, '/remove')]/@action")
    assert claimed.client("fengyan").post(remove).status_code == 403
    assert "已撤销对冯艳的加签" in website.text(staffpages.follow(client, client.post(remove)))


def test_a_completion_that_waits_for_agreement_says_so(claimed: website.Office) -> None:
    task = url(claimed)
    ask(claimed, "chenjing", f"{task}/countersign", kind="after", people=["fengyan"])
    client = claimed.client("chenjing")
    answer = staffpages.send(client, client.get(task), **CHECKED)
    assert "等待加签人同意后生效" in website.text(staffpages.follow(client, answer))
    asked = claimed.client("fengyan").get(task)
    assert "同意，报领导小组审定" in website.text(asked, "//section[@aria-labelledby='form-title']")
    (link,) = website.page(asked).xpath("//a[contains(@href, '/answer')]/@href")
    assert "撤回" in staffpages.menu(client.get(task))
    ask(claimed, "fengyan", link, agrees="yes", opinion="")
    assert claimed.driver.task("审定公开信息")


def test_who_started_the_case_urges_and_not_twice_at_once(claimed: website.Office) -> None:
    case = f"/cases/{claimed.driver.case().id}"
    (link,) = website.page(claimed.client("zhangsan").get(case)).xpath("//a[contains(@href, '/urge')]/@href")
    answer = ask(claimed, "zhangsan", link, text="请尽快")
    assert answer.headers["location"] == case
    assert "已催办“预审公开申请”" in website.text(staffpages.follow(claimed.client("zhangsan"), answer))
    again = claimed.client("zhangsan").get(case)
    assert website.page(again).xpath("//td//button[@disabled]/text()") == ["催办"]
    assert "一小时内只能催办一次" in website.text(again) and not website.page(again).xpath(
        "//a[contains(@href, '/urge')]"
    )
    assert ask(claimed, "zhangsan", link).status_code == 409
    assert not website.page(claimed.client("chenjing").get(case)).xpath("//a[contains(@href, '/urge')]")


def test_what_was_completed_is_taken_back_until_somebody_takes_it_up(claimed: website.Office) -> None:
    client, task = claimed.client("chenjing"), url(claimed)
    staffpages.send(client, client.get(task), **CHECKED, opinion="同意。")
    for page in (f"/cases/{claimed.driver.case().id}", "/cases/done"):
        assert website.page(client.get(page)).xpath(f"//a[@href='{task}/withdraw']")
    answer = ask(claimed, "chenjing", f"{task}/withdraw")
    page = staffpages.follow(client, answer)
    assert "已撤回“预审公开申请”" in website.text(page)
    assert website.page(page).xpath("//textarea[@name='opinion']")[0].text.strip() == "同意。"
    staffpages.send(client, client.get(task), **CHECKED)
    claimed.driver.claim("审定公开信息", as_="周明")
    refused = ask(claimed, "chenjing", f"{task}/withdraw")
    assert refused.status_code == 409 and "已由周明签收" in website.text(refused)


def test_copies_show_a_case_to_people_and_roles(claimed: website.Office) -> None:
    case = f"/cases/{claimed.driver.case().id}"
    assert claimed.client("qianjin").get(case).status_code == 404
    answer = ask(claimed, "zhangsan", f"{case}/copy", people=["qianjin"], role="lianluoyuan", text="请知悉")
    assert "已抄送钱进、联络员" in website.text(staffpages.follow(claimed.client("zhangsan"), answer))
    copies = claimed.client("qianjin")
    assert "未读" in website.text(copies.get("/cases/copies"), "//main//li")
    seen = copies.get(case)
    assert "未读" not in website.text(copies.get("/cases/copies"), "//main//li")
    assert "请知悉" in website.text(seen, "//section[@aria-labelledby='copies']")
    assert "抄送" not in staffpages.menu(seen)
    assert claimed.client("qianjin").post(f"{case}/copy", data={"people": "xuli"}).status_code == 403
    assert ask(claimed, "zhangsan", f"{case}/copy").status_code == 422


def test_strangers_find_none_of_these_pages(claimed: website.Office) -> None:
    task, stranger = url(claimed), claimed.client("qianjin")
    for act in (
        "return",
        "transfer",
        "delegate",
        "countersign",
        "urge",
        "withdraw",
        "copy",
        "countersignatures/1/answer",
    ):
        assert stranger.get(f"{task}/{act}").status_code == 404, act
        assert stranger.post(f"{task}/{act}", data={"to": "qianjin"}).status_code == 404, act
    assert stranger.post(f"{task}/countersignatures/1/remove").status_code == 404


def test_every_page_that_asks_has_one_heading_and_labels(claimed: website.Office) -> None:
    for act in ("return", "transfer", "delegate", "countersign", "urge", "copy"):
        page = website.page(claimed.client("chenjing").get(f"{url(claimed)}/{act}"))
        assert len(page.xpath("//h1")) == 1
        labelled = set(page.xpath("//label/@for"))
        fields = page.xpath("//main//*[self::input or self::select or self::textarea][not(@type='hidden')]/@id")
        assert set(fields) <= labelled, act


def test_tasks_that_were_sent_back_or_withdrawn_say_so(claimed: website.Office) -> None:
    client, task = claimed.client("chenjing"), url(claimed)
    staffpages.send(client, client.get(task), **CHECKED)
    withdrawn = url(claimed, "审定公开信息")
    ask(claimed, "chenjing", f"{task}/withdraw")
    seen = claimed.client("zhouming").get(withdrawn)
    assert seen.status_code == 200 and "上一环节已撤回" in website.text(seen)
    ask(claimed, "chenjing", f"{task}/return", to="Task_tianbao", reason="重填")
    seen = client.get(task)
    assert seen.status_code == 200 and "该任务已由陈静退回" in website.text(seen)


def test_the_way_back_leads_to_where_one_came_from(claimed: website.Office) -> None:
    case = f"/cases/{claimed.driver.case().id}"
    trail = "//nav[contains(@class, 'breadcrumb')]"
    client = claimed.client("monitor")
    assert "全部事项" in website.text(client.get(case, headers={"referer": "http://office.test/cases?page=2"}), trail)
    assert "我的事项" in website.text(client.get(case, headers={"referer": "http://elsewhere.test/cases"}), trail)
    assert "我的事项" in website.text(client.get(case), trail)
