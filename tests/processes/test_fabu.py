"""统一发布: proposal, examination, decision, release by 综合处 (§29), joint drafting (§33), approval (§32)."""

from __future__ import annotations

import datetime

import pytest
from fabu_case import (
    AGREE,
    APPROVAL,
    APPROVED,
    GROUP,
    PROPOSAL,
    REFUSED,
    RELEASE,
    RETURN,
    agree,
    ask,
    begin,
    entries,
    papers,
    propose,
    publications,
    review,
    revise,
    to_group,
    to_release,
)

from engine import errors


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_建议审核审查审定后由综合处统一公开(driver):
    to_release(driver)
    assert publications(driver) == []

    driver.complete("核定发布稿", as_="孙磊", form=RELEASE)

    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yifabu")
    (published,) = publications(driver)
    assert (published.kind.value, published.title) == ("xinxi", PROPOSAL["title"])
    assert published.content == PROPOSAL["content"]
    (reviewed,) = entries(driver, "baomi")
    assert published.content_sha256 == reviewed.values["content_sha256"] == driver.variables()["content_sha256"]
    assert (reviewed.values["verdict"], reviewed.at <= published.published_at) == ("主动公开", True)


def test_发布登记载明六项和内容摘要值(driver):
    to_release(driver)
    driver.complete("核定发布稿", as_="孙磊", form=RELEASE)
    (entry,) = entries(driver, "fabu")
    (published,) = publications(driver)
    assert datetime.datetime.fromisoformat(entry.values["published_at"]) == published.published_at
    assert {key: value for key, value in entry.values.items() if key != "published_at"} == {
        "title": PROPOSAL["title"],
        "content": PROPOSAL["content"],
        "attachments": [],
        "unit": PROPOSAL["unit"],
        "reviewers": ["chenjing", "zhouming"],
        "publisher": "sunlei",
        "channels": "市政务办门户网站",
        "ground": "没有列入：" + AGREE["ground_reason"],
        "content_sha256": published.content_sha256,
        "review_number": entries(driver, "baomi")[0].number,
        "publication": published.id,
    }


def test_发布的信息列入公开目录(driver):
    to_release(driver)
    driver.complete("核定发布稿", as_="孙磊", form=RELEASE)
    (entry,) = entries(driver, "mulu")
    assert (entry.values["attribute"], entry.values["produced_on"]) == ("主动公开", PROPOSAL["produced_on"])
    assert entry.values["publication"] == publications(driver)[0].id


def test_台账编号连续(driver):
    numbers = []
    for _ in range(2):
        to_release(driver)
        driver.complete("核定发布稿", as_="孙磊", form=RELEASE)
        numbers.append(entries(driver, "fabu")[0].serial)
    assert numbers[1] == numbers[0] + 1


@pytest.mark.clause("P000-10 §29")
@pytest.mark.parametrize("lacking", ["unit", "title", "summary", "basis", "channels", "produced_on", "joint_drafting"])
def test_第二十九条_建议单必填(driver, lacking):
    begin(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("提出发布建议", as_="张三", form={**PROPOSAL, lacking: None})


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_没有签字的建议和审核审定不能办结(driver):
    begin(driver)
    with driver.refused("请确认签字", errors.InvalidForm):
        driver.complete("提出发布建议", as_="张三", form={**PROPOSAL, "proposal_signed": False})
    driver.complete("提出发布建议", as_="张三", form=PROPOSAL)
    with driver.refused("请确认签字", errors.InvalidForm):
        driver.complete("审核发布建议", as_="陈静", form={**AGREE, "office_signed": False})
    agree(driver)
    review(driver)
    with driver.refused("请确认签字", errors.InvalidForm):
        driver.complete("审定发布", as_="周明", form={"group_decision": "publish"})


# --- §33


@pytest.mark.clause("P000-14 §33")
@pytest.mark.parametrize(
    ("joint", "organiser", "publishes"),
    [(False, None, True), (True, "office", True), (True, "other", False)],
)
def test_第三十三条_由组织起草的部门发布(driver, joint, organiser, publishes):
    more = {"organiser": organiser} if organiser else {}
    propose(driver, joint_drafting=joint, **more, **({"organiser_name": "市发改委"} if organiser == "other" else {}))
    if publishes:
        assert driver.task("审核发布建议")
    else:
        assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bumenfabu")
        assert publications(driver) == []


@pytest.mark.clause("P000-14 §33")
def test_第三十三条_联合起草的写明由谁组织(driver):
    begin(driver)
    with driver.refused("组织起草的部门：必填", errors.InvalidForm):
        driver.complete("提出发布建议", as_="张三", form={**PROPOSAL, "joint_drafting": True})
    with driver.refused("部门名称：必填", errors.InvalidForm):
        driver.complete("提出发布建议", as_="张三", form={**PROPOSAL, "joint_drafting": True, "organiser": "other"})


# --- ways back and ends


@pytest.mark.clause("P000-02 §2")
def test_第二条_综合处退回修改的写明理由_改后重新审核(driver):
    propose(driver)
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        agree(driver, office_decision="return")
    driver.complete("审核发布建议", as_="陈静", form={"approval_required": False, **RETURN})
    found = driver.variables()
    assert (found["return_by"], found["return_reason"]) == ("综合处", RETURN["office_opinion"])
    assert driver.task("修改发布建议").assignee == "zhangsan"
    revise(driver, content="第一条 改正后的数据。")
    agree(driver)
    assert driver.visits("Task_guding") == 2
    assert len(driver.children()) == 1


@pytest.mark.clause("P000-10 §29")
@pytest.mark.parametrize("decision", ["return", "withhold"])
def test_第二十九条_领导小组退回或者不公开的写明理由(driver, decision):
    to_group(driver)
    form = {**GROUP, "group_decision": decision}
    with driver.refused("审定意见：必填", errors.InvalidForm):
        driver.complete("审定发布", as_="周明", form=form)
    driver.complete("审定发布", as_="周明", form={**form, "group_opinion": "时机不成熟"})
    if decision == "return":
        assert driver.task("修改发布建议")
        assert driver.variables()["return_by"] == "领导小组"
    else:
        assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bugongkai")
        (entry,) = entries(driver, "bugongkai")
        assert entry.values["stage"] == "领导小组审定"
        assert (entry.values["verdict"], entry.values["reason"]) == ("不公开", "时机不成熟")
        assert publications(driver) == []


@pytest.mark.clause("P000-10 §29")
def test_领导小组退回后三级签字和审查从头进行(driver):
    to_group(driver)
    driver.complete("审定发布", as_="周明", form={**GROUP, "group_decision": "return", "group_opinion": "文字再改"})
    driver.advance(hours=1)
    changed = "第一条 改过的内容。"
    revise(driver, content=changed)
    agree(driver, who="刘洋")
    review(driver)
    driver.complete("审定发布", as_="吴秀英", form=GROUP)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "content": changed})
    assert driver.path()[-1] == "Event_yifabu"
    first, second = entries(driver, "baomi")
    assert first.values["content_sha256"] != second.values["content_sha256"]
    assert publications(driver)[0].content_sha256 == second.values["content_sha256"]
    assert entries(driver, "fabu")[0].values["reviewers"] == ["liuyang", "wuxiuying"]


# --- §32


@pytest.mark.clause("P000-13 §32")
def test_第三十二条_需要批准的写明规定和批准机关(driver):
    propose(driver)
    with driver.refused("必填", errors.InvalidForm):
        agree(driver, approval_required=True)


@pytest.mark.clause("P000-13 §32")
def test_第三十二条_批准后才核定发布(driver):
    to_release(driver, **APPROVAL)
    child = driver.children()[-1]
    assert driver.tasks() == []
    ask(driver, child)
    (paper,) = papers(driver, "fabu-baopijian")
    assert paper.number.startswith("市政务办请〔2026〕")
    assert "市统计局" in paper.html
    assert PROPOSAL["content"] in paper.html
    with driver.refused("批复文号：必填", errors.InvalidForm):
        driver.complete("登记批复", as_="陈静", form={**APPROVED, "approval_number": None}, case=child)
    driver.complete("登记批复", as_="陈静", form=APPROVED, case=child)
    driver.complete("核定发布稿", as_="孙磊", form=RELEASE)
    assert driver.path()[-1] == "Event_yifabu"
    assert driver.variables()["approval"]["number"] == "统函〔2026〕3号"


@pytest.mark.clause("P000-13 §32")
def test_第三十二条_不批准的不发布并备案(driver):
    to_release(driver, **APPROVAL)
    child = driver.children()[-1]
    ask(driver, child)
    with driver.refused("批复意见：必填", errors.InvalidForm):
        driver.complete("登记批复", as_="陈静", form={**REFUSED, "approval_opinion": None}, case=child)
    driver.complete("登记批复", as_="陈静", form=REFUSED, case=child)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bugongkai")
    (entry,) = entries(driver, "bugongkai")
    assert (entry.values["ground"], "数据尚未核实" in entry.values["reason"]) == ("第三十二条", True)
    assert publications(driver) == []


@pytest.mark.clause("P000-13 §32")
def test_第三十二条_批准只对报批的内容有效(driver):
    to_release(driver, **APPROVAL)
    child = driver.children()[-1]
    ask(driver, child)
    driver.complete("登记批复", as_="陈静", form=APPROVED, case=child)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "content": "改动后的内容"})
    assert "须经批准而没有批准" in driver.variables()["return_reason"]
    revise(driver, content="改动后的内容", **APPROVAL)
    agree(driver, **APPROVAL)
    review(driver)
    driver.complete("审定发布", as_="周明", form=GROUP)
    assert driver.visits("Call_baopi") == 2
    assert driver.task("起草报批件", driver.children()[-1])
