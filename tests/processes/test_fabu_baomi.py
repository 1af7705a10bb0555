"""统一发布: nothing is published but what was reviewed for secrecy as it is (§36–38; I-08 to I-14)."""

from __future__ import annotations

import baomi_case
import pytest
from fabu_case import (
    GROUP,
    HEAD,
    OFFICE,
    OPINION,
    PROPOSAL,
    RELEASE,
    agree,
    entries,
    propose,
    publications,
    review,
    revise,
    to_group,
    to_release,
)

from engine import errors
from handlers.publications import content_sha256

EXEMPT = {"office_class": "exempt", "office_exempt_ground": "commercial", "office_exempt_reason": "涉及技术方案"}
FINALLY_EXEMPT = {"final_class": "exempt", "final_exempt_ground": "commercial", "final_exempt_reason": "涉及技术方案"}


def under_review(driver, **changes):
    propose(driver, **changes)
    agree(driver)
    return driver.children()[-1]


# --- the same content


@pytest.mark.clause("P000-16 §37(一)")
def test_送审的内容已经确定_责任人只提出意见(driver):
    child = under_review(driver)
    for name in ("title", "summary", "content", "basis"):
        with driver.refused("只能查看此项", errors.InvalidForm):
            driver.complete("提出是否公开的意见", as_="张三", form={**OPINION, name: "改动"}, case=child)
    review(driver)
    assert driver.path(child)[-1] == "Event_jiaofabu"
    assert driver.variables(child)["reviewed_sha256"] == driver.variables()["content_sha256"]
    assert publications(driver) == []  # the review itself publishes nothing


@pytest.mark.clause("P000-16 §37(四)")
@pytest.mark.parametrize("change", ["title", "summary", "content", "basis"])
def test_审查后改动内容的作废退回从头办理(driver, change):
    to_release(driver)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, change: "改动后的内容"})
    assert publications(driver) == []
    assert "内容在审核以后有改动" in driver.variables()["return_reason"]
    assert driver.task("修改发布建议").assignee == "zhangsan"

    driver.advance(hours=1)
    revise(driver, **{change: "改动后的内容"})
    agree(driver)
    review(driver)
    driver.complete("审定发布", as_="周明", form=GROUP)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, change: "改动后的内容"})
    assert driver.path()[-1] == "Event_yifabu"
    assert [each.values["verdict"] for each in entries(driver, "baomi")] == ["主动公开", "主动公开"]
    assert publications(driver)[0].content_sha256 == entries(driver, "baomi")[-1].values["content_sha256"]


@pytest.mark.clause("P000-16 §37(四)")
def test_附件改动也是内容改动(driver):
    to_release(driver)
    file = driver.upload("办法.txt", "全文".encode(), as_="孙磊")
    with driver.refused("文件类型应为", errors.InvalidForm):  # an ending that the form does not take
        driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "attachments": [file]})
    file = driver.upload("办法.pdf", b"%PDF-1.4\n%%EOF\n", as_="孙磊")
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "attachments": [file]})
    assert driver.task("修改发布建议")
    assert publications(driver) == []


def test_公开形式不属于审查的内容_核定时可以改变(driver):
    to_release(driver)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "channels": ["screen"]})
    row = {"result": "done", "done_on": "2026-03-09", "proof": "大厅显示屏"}
    driver.complete("按所选形式公开", as_="孙磊", form={"other_channels": [row]})
    assert entries(driver, "fabu")[-1].values["channels"] == "市政务办门户网站、电子显示屏"


@pytest.mark.clause("P000-16 §37(四)")
def test_台账中没有同一内容的审查记录的不能发布(driver):
    """What an operator makes of the variables does not help: the register is what counts."""
    to_release(driver)
    forged = "没有审查过的内容"
    item = {"title": PROPOSAL["title"], "summary": PROPOSAL["summary"], "basis": PROPOSAL["basis"]}
    digest = content_sha256({**item, "content": forged, "attachments": []})
    driver.set_variables({"content_sha256": digest, "reviewed_sha256": digest}, as_="admin")
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "content": forged})
    assert driver.path()[-2:] == ["Event_weishencha", "Task_xiugai"]
    assert "没有完成保密审查" in driver.variables()["return_reason"]
    assert publications(driver) == []


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize("signature", ["unit", "office", "group"])
def test_缺少任何一级签字都不能发布(driver, signature):
    to_release(driver)
    driver.set_variables({f"{signature}_signature": None}, as_="admin")
    driver.complete("核定发布稿", as_="孙磊", form=RELEASE)
    assert "没有责任人签字" in driver.variables()["return_reason"]
    assert publications(driver) == []


# --- verdicts


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_免于公开的备案不发布(driver):
    under_review(driver)
    review(driver, office={**EXEMPT, "office_opinion": "不同意公开"}, final=FINALLY_EXEMPT)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_mianyu")
    (entry,) = entries(driver, "bugongkai")
    assert (entry.values["verdict"], entry.values["ground"]) == ("免于公开", "涉及商业秘密")
    assert entry.values["reason"] == "涉及技术方案"
    (entry,) = entries(driver, "baomi")
    assert (entry.values["verdict"], entry.values["reason"]) == ("免于公开", "涉及技术方案")
    assert (publications(driver), entries(driver, "fabu"), entries(driver, "mulu")) == ([], [], [])


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_依申请公开的列入目录不发布(driver):
    under_review(driver)
    review(driver, office={"office_class": "on_request"}, final={"final_class": "on_request"})
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yishenqing")
    (entry,) = entries(driver, "mulu")
    assert entry.values["attribute"] == "依申请公开"
    assert "publication" not in entry.values
    assert entries(driver, "baomi")[0].values["verdict"] == "依申请公开"
    assert (publications(driver), entries(driver, "bugongkai")) == ([], [])


@pytest.mark.clause("P000-16 §37")
def test_责任人认为不公开的_由逐级审查决定(driver):
    under_review(driver)
    review(
        driver,
        originator={"originator_decision": "withhold", "originator_opinion": "尚在研究"},
        head={"head_opinion": "已经定稿"},
    )
    assert driver.task("审定发布")


@pytest.mark.clause("P000-17 §38")
@pytest.mark.parametrize("level", ["责任人", "单位负责人", "综合处", "保密工作领导小组"])
def test_第三十八条_无法确定的等候市政府批复_不发布(driver, level):
    child = under_review(driver)
    ways = {
        "责任人": (
            "提出是否公开的意见",
            "张三",
            {**OPINION, "originator_decision": "uncertain", "originator_opinion": "?"},
        ),
        "单位负责人": ("审核并签署意见", "王芳", {**HEAD, "head_decision": "uncertain", "head_opinion": "?"}),
        "综合处": ("复核并分类标明", "陈静", {**OFFICE, "office_class": "uncertain", "office_opinion": "?"}),
        "保密工作领导小组": (
            "最后审定",
            "郑建国",
            {"final_class": "uncertain", "final_opinion": "?", "group_signed": True},
        ),
    }
    sure = (OPINION, HEAD, OFFICE)
    for form, (name, (task, who, doubt)) in zip((*sure, None), ways.items(), strict=True):
        driver.complete(task, as_=who, form=doubt if name == level else form, case=child)
        if name == level:
            break
    request = driver.children(child)[-1]
    assert driver.task("起草请示", request)
    driver.advance(days=60)
    assert (driver.status(), publications(driver)) == ("active", [])


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_责任人请示后回到这一级_内容仍不能改动(driver):
    child = under_review(driver)
    doubt = {**OPINION, "originator_decision": "uncertain", "originator_opinion": "能否公开没有规定"}
    driver.complete("提出是否公开的意见", as_="张三", form=doubt, case=child)
    request = driver.children(child)[-1]
    baomi_case.ask(driver, request)
    baomi_case.answer(driver, request, "publish")
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete("提出是否公开的意见", as_="张三", form={**OPINION, "content": "改动"}, case=child)
    review(driver)
    assert driver.task("审定发布")


# --- marks of secrecy


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize(
    "content",
    [
        "机密★10年\n第一条……",
        "密级：秘密\n第一条……",
        "绝密\n第一条……",
        "【内部文件】\n第一条……",
        "内部资料 注意保存\n第一条……",
    ],
)
def test_第三十六条_标有涉密字样的当即停止并备案(driver, content):
    propose(driver, content=content)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bugongkai")
    (entry,) = entries(driver, "bugongkai")
    assert (entry.values["stage"], entry.values["ground"]) == ("固定拟发布内容", "第三十六条")
    assert content.split("\n")[0].strip("【】") in entry.values["reason"]
    assert "Task_shenhe" not in driver.path()


@pytest.mark.clause("P000-16 §36(三)")
def test_第三十六条第三项_警示字样经批准的可以继续_三密没有例外(driver):
    approval = {"marked_approval": "市政府办公室，市政办批〔2026〕3号"}
    propose(driver, content="内部文件\n第一条……", **approval)
    assert driver.task("审核发布建议")
    propose(driver, content="秘密★5年\n第一条……", **approval)
    assert driver.path()[-1] == "Event_bugongkai"


@pytest.mark.clause("P000-16 §36")
def test_第三十六条_附件名称也要查看(driver):
    begin_file = driver.upload("【内部资料】名单.pdf", b"%PDF-1.4\n%%EOF\n", as_="张三")
    propose(driver, attachments=[begin_file])
    assert driver.path()[-1] == "Event_bugongkai"


def test_正文中说到保密的不是涉密标志(driver):
    propose(driver, content="第一条 工作人员应当保守国家秘密，不得泄露内部文件的内容，请注意保管好个人物品。")
    assert driver.task("审核发布建议")


@pytest.mark.clause("P000-16 §36")
def test_核定时加入涉密字样的不能发布(driver):
    to_release(driver)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "content": "秘密★5年\n第一条……"})
    assert "属于涉密信息" in driver.variables()["return_reason"]
    assert publications(driver) == []


@pytest.mark.clause("P000-16 §36(三)")
def test_经批准的警示字样_审查时仍须写明批准(driver):
    approval = "市政府办公室，市政办批〔2026〕3号"
    child = under_review(driver, content="内部文件\n第一条……", marked_approval=approval)
    driver.complete(
        "提出是否公开的意见",
        as_="张三",
        form={**OPINION, "originator_kinds": ["marked"], "originator_marked_approval": approval},
        case=child,
    )
    driver.complete("审核并签署意见", as_="王芳", form=HEAD, case=child)
    form = {**OFFICE, "office_kinds": ["marked"], "office_marked_approval": approval}
    driver.complete("复核并分类标明", as_="陈静", form=form, case=child)
    driver.complete("最后审定", as_="郑建国", form={"final_class": "open", "group_signed": True}, case=child)
    driver.complete("审定发布", as_="周明", form=GROUP)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "content": "内部文件\n第一条……"})
    assert driver.path()[-1] == "Event_yifabu"


@pytest.mark.clause("P000-16 §37(四)")
def test_审查期间没有审定的不能发布(driver):
    to_group(driver)
    assert [task.name for task in driver.tasks()] == ["审定发布"]
    assert publications(driver) == []
