"""P000-21 新闻发布会: three forms, six kinds of content, application and consent of 市政府 (§44–47, §50)."""

from __future__ import annotations

import pytest
from left_behind import documents, entries, publications
from xinwen_case import (
    AGREE,
    ALONE,
    APPLY,
    APPROVE,
    DECLINE,
    DELIVERED,
    EXEMPT,
    MATERIALS,
    PLAN,
    REFUSE,
    RETURN,
    apply,
    appoint,
    approve,
    plan,
    release,
    report,
    review,
    to_interviews,
)

from engine import errors

KINDS = ("decision", "result", "rule", "clarification", "violation", "other")


pytestmark = pytest.mark.usefixtures("spokesperson")


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


# --- 第四十七条: only a conference for the whole city needs consent ----------------------------------------------------------


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_申请_市政府同意_召开_发布_汇报(driver):
    case = apply(driver)
    assert names(driver) == ["登记市政府审核意见"]
    driver.complete("登记市政府审核意见", as_="刘洋", form=AGREE)

    (child,) = driver.children(case)
    to_interviews(driver, child)
    release(driver, child)
    report(driver, child)

    assert driver.status(case) == "completed"
    assert driver.path(case) == [
        *("Event_xuyaofabu", "Task_fayanren", "Gateway_fayanren", "Task_niding", "Gateway_shenqing", "Task_shenqing"),
        *(
            "Gateway_tichu",
            "Task_baosong",
            "Task_songda",
            "Task_yijian",
            "Gateway_tongyi",
            "Call_neirong",
            "Gateway_fabu",
            "Event_yifabu",
        ),
    ]
    (entry,) = entries(driver, "xinwen", case=child)
    assert entry.values["form"] == "新闻发布会"
    assert entry.values["topics"] == ["工作成果及经验", "制度和文件解释"]
    assert entry.values["consent_number"] == AGREE["consent_number"]
    assert [each.title for each in publications(driver, child)] == [PLAN["title"]]


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_申请写明理由_内容和安排_编排文号(driver):
    apply(driver)
    (paper,) = documents(driver)
    assert (paper.kind, paper.issuer) == ("请示", "市政务办政府信息公开领导小组")
    assert paper.title == "关于召开“公共资源交易改革成果”新闻发布会的请示"
    assert paper.number.startswith("市政务办新请〔2026〕")
    for part in (PLAN["application_reason"], "阶段性工作成果及典型工作经验", PLAN["place"], PLAN["media"]):
        assert part in paper.html
    assert driver.variables()["application_number"] == paper.number
    assert driver.variables()["application_signature"]["person"] == "zhouming"


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_申请标明签发人和联系人_签发人不是拟写的人(driver):
    apply(driver)
    (paper,) = documents(driver)
    assert driver.variables()["issued_by"] == "zhouming"
    for part in ('签发人：<span class="paper-name">周明</span>', "联系人：陈静", "010-65432100"):
        assert part in paper.html


@pytest.mark.clause("P000-21 §47")
@pytest.mark.parametrize("missing", ["application_reason", "contact_person", "contact_phone"])
def test_第四十七条_需要申请的写明理由和联系人(driver, missing):
    driver.start("xinwen-fabuhui", as_="陈静")
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("拟订新闻发布方案", as_="陈静", form={key: PLAN[key] for key in PLAN if key != missing})


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_领导小组退回的修改后重新签发(driver):
    plan(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("签发新闻发布会申请", as_="周明", form={"application_decision": "return"})
    driver.complete("签发新闻发布会申请", as_="周明", form=RETURN)
    assert names(driver) == ["拟订新闻发布方案"]
    assert driver.variables()["return_opinion"] == RETURN["application_opinion"]
    assert documents(driver) == []
    driver.complete("拟订新闻发布方案", as_="陈静", form={**PLAN, "live": "网络直播"})
    driver.complete("签发新闻发布会申请", as_="吴秀英", form=APPLY)
    (paper,) = documents(driver)
    assert "网络直播" in paper.html
    assert '签发人：<span class="paper-name">吴秀英</span>' in paper.html


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_申请送达的方式和日期登记在案_才等候意见(driver):
    plan(driver)
    driver.complete("签发新闻发布会申请", as_="周明", form=APPLY)
    assert names(driver) == ["送达市政府并登记"]
    for missing in ("delivery_way", "delivered_on"):
        with driver.refused("必填", errors.InvalidForm):
            form = {key: DELIVERED[key] for key in DELIVERED if key != missing}
            driver.complete("送达市政府并登记", as_="陈静", form=form)
    driver.complete("送达市政府并登记", as_="陈静", form=DELIVERED)
    found = driver.variables()
    assert {key: found[key] for key in DELIVERED} == DELIVERED
    with driver.refused("不早于申请送达的日期", errors.InvalidForm):
        driver.complete("登记市政府审核意见", as_="刘洋", form={**AGREE, "consent_on": "2026-03-08"})


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_市政府不同意的不召开(driver):
    apply(driver)
    driver.complete("登记市政府审核意见", as_="刘洋", form=REFUSE)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_weitongyi")
    assert driver.children() == []
    assert entries(driver) == publications(driver) == []


@pytest.mark.clause("P000-21 §47")
@pytest.mark.parametrize(
    "form",
    [
        {key: AGREE[key] for key in AGREE if key != "consent_number"},
        {key: AGREE[key] for key in AGREE if key != "consent_on"},
        {key: REFUSE[key] for key in REFUSE if key != "consent_opinion"},
        {"consent_number": "市政函〔2026〕12号", "consent_on": "2026-03-09"},
    ],
)
def test_第四十七条_没有文号日期的不算同意_没有意见的不算不同意(driver, form):
    apply(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("登记市政府审核意见", as_="刘洋", form=form)
    assert driver.children() == []


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_没有收到市政府意见以前不能召开(driver):
    apply(driver)
    driver.advance(days=60)
    assert names(driver) == ["登记市政府审核意见"]
    assert driver.children() == []


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_领导小组不提出申请的不召开(driver):
    plan(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("签发新闻发布会申请", as_="周明", form={"application_decision": "decline"})
    driver.complete("签发新闻发布会申请", as_="周明", form=DECLINE)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_weishenqing")
    assert driver.children() == documents(driver) == []


@pytest.mark.clause("P000-21 §47")
@pytest.mark.parametrize("form", ["reception", "briefing"])
def test_第四十七条_招待会和通气会不需要申请(driver, form):
    given = {key: PLAN[key] for key in PLAN if key not in ("citywide", "topics")}
    driver.start("xinwen-fabuhui", as_="陈静")
    driver.complete("拟订新闻发布方案", as_="陈静", form={**given, "release_form": form})
    assert driver.tasks() == []
    (child,) = driver.children()
    assert names(driver, child) == ["拟写发布材料"]


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_不面向全市的发布会不需要申请(driver):
    plan(driver, citywide=False)
    assert driver.tasks() == []
    assert len(driver.children()) == 1
    assert "Task_shenqing" not in driver.path()


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_面向全市与否必须写明(driver):
    driver.start("xinwen-fabuhui", as_="陈静")
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("拟订新闻发布方案", as_="陈静", form={key: PLAN[key] for key in PLAN if key != "citywide"})


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_改成招待会以后原来的面向全市不再有效(driver):
    """What hangs on a field that is not shown is dropped, so nobody is asked for an application that is not due."""
    plan(driver, release_form="reception")
    assert driver.tasks() == []


# --- 第五十条: six kinds of content ----------------------------------------------------------------------------------------


@pytest.mark.clause("P000-21 §50")
@pytest.mark.parametrize("kind", KINDS)
def test_第五十条_六类内容都可以发布(driver, kind):
    note = {"topics_note": "高温作业安排"} if kind == "other" else {}
    plan(driver, topics=[kind], **note)
    assert names(driver) == ["签发新闻发布会申请"]


@pytest.mark.clause("P000-21 §50")
@pytest.mark.parametrize("changes", [{"topics": []}, {"topics": ["gossip"]}, {"topics": ["other"]}])
def test_第五十条_发布会要选内容类别_其它的写明是什么(driver, changes):
    driver.start("xinwen-fabuhui", as_="陈静")
    with driver.refused("", errors.InvalidForm):
        driver.complete("拟订新闻发布方案", as_="陈静", form={**PLAN, **changes})


# --- 第四十四条, 第四十六条 ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-21 §44")
def test_第四十四条_发言人不在每次发布时另选(driver):
    driver.start("xinwen-fabuhui", as_="陈静")
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete("拟订新闻发布方案", as_="陈静", form={**PLAN, "spokesperson": "huangwei"})
    with driver.refused("表单中没有此项", errors.InvalidForm):
        driver.start("xinwen-neirong", as_="陈静", form={**ALONE, "spokesperson": "huangwei"})


@pytest.mark.clause("P000-21 §44")
def test_第四十四条_现任发言人审定和发布_别人不能代替(driver):
    appoint(driver, "huangwei")
    plan(driver, citywide=False)
    (child,) = driver.children()
    appoint(driver)
    driver.complete("拟写发布材料", as_="陈静", form=MATERIALS, case=child)
    with driver.refused("由黄伟办理", errors.Forbidden):
        driver.complete("确定口径并审定材料", as_="宋涛", form=APPROVE, case=child)
    driver.complete("确定口径并审定材料", as_="黄伟", form=APPROVE, case=child)
    assert len(driver.children(child)) == 1


@pytest.mark.clause("P000-21 §46")
def test_第四十六条_内容不能公开的_会议不发布(driver):
    case = plan(driver, citywide=False)
    (child,) = driver.children(case)
    approve(driver, child)
    review(driver, child, final=EXEMPT)
    assert (driver.status(case), driver.path(case)[-1]) == ("completed", "Event_weifabu")
