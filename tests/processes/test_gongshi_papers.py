"""公示: its two papers (公告, 意见采纳情况) and its entries in 公示台账."""

from __future__ import annotations

import datetime

import pytest
from gongshi_case import ADJUSTED, DECIDE, REFUSE, draft, end_period, publish, summary, to_decision
from left_behind import documents, entries

from engine.documents.language import day

pytestmark = [pytest.mark.clause("P000-07 §14"), pytest.mark.clause("P000-08 §18")]


@pytest.mark.clause("P000-07 §14")
def test_第十四条_公示公告写明方案理由期限和渠道(driver):
    publish(driver)
    (paper,) = documents(driver)
    found = driver.variables()
    assert (paper.template, paper.title, paper.kind) == ("gongshi-gonggao", "关于调整窗口办公时间的公示", "公告")
    assert paper.number.startswith(f"市政务办公示〔{driver.now.year}〕")
    for said in (
        "周六上午对外办公，周一上午不对外办公。",
        "方便上班群众办事",
        "上门听取服务对象意见",
        "010-65432100",
        "陈静",
    ):
        assert said in paper.html
    first = day((driver.now + datetime.timedelta(days=1)).isoformat())
    assert f"公示期5天，自{first}起，至{day(found['ends_on'])}二十四时止" in paper.html
    assert "重大决策" not in paper.html  # it is of the other category
    assert "特此公示" in paper.html
    assert "不实施本方案" not in paper.html  # §14 does not say it


@pytest.mark.clause("P000-07 §19")
def test_第十九条_按工作日计算的公示公告写明特别规定(driver):
    publish(driver, notice_days=7, notice_unit="workdays", special_rule="《某办法》第三条规定七个工作日。")
    (paper,) = documents(driver)
    assert "公示期7个工作日" in paper.html
    assert f"至{day(driver.variables()['ends_on'])}二十四时止。公示期依照下列规定确定：《某办法》" in paper.html


@pytest.mark.clause("P000-07 §16")
def test_第十六条_未获批准的没有公告_不登台账(driver):
    draft(driver)
    driver.complete("审批公示方案", as_="周明", form=REFUSE)
    assert documents(driver) == entries(driver) == []


@pytest.mark.clause("P000-07 §14")
@pytest.mark.parametrize(("outcome", "word"), [("adopt", "采纳"), ("reject", "不采纳")])
def test_第十四条_意见采纳情况逐件写明是否采纳和理由(driver, outcome, word):
    to_decision(driver, outcome=outcome)
    driver.complete("作出决定", as_="周明", form=DECIDE)
    notice, paper = documents(driver)
    assert (paper.template, paper.kind) == ("gongshi-caina", "说明")
    assert f'<td><p>希望周一上午能办急事</p></td><td class="name">{word}</td>' in paper.html
    assert ("与上级规定不符" in paper.html) == (outcome == "reject")
    assert "已与各窗口商定" in paper.html
    assert f"《关于调整窗口办公时间的公示》（{notice.number}）" in paper.html
    assert "共收到意见1件，其中电话1件" in paper.html
    assert "自2026年5月1日起施行" in paper.html


def test_没有意见的_说明写明没有收到意见_没有空表(driver):
    publish(driver)
    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form={"summary": "没有收到意见", "adjust": False})
    driver.complete("作出决定", as_="周明", form=DECIDE)
    (_, paper) = documents(driver)
    assert "公示期内没有收到意见。" in paper.html
    assert "<table>" not in paper.html
    assert "三、决定" in paper.html


def test_公示台账_开始登记一笔_结束另记一笔指向它(driver):
    to_decision(driver, outcome="reject")
    (begun,) = entries(driver)
    assert begun.register == "gongshi"
    assert (begun.values["stage"], begun.values["approved_by"]) == ("公示开始", "zhouming")
    assert begun.values["forms"] == ["市政务办门户网站", "政务公开栏"]
    assert begun.values["ends_on"] == driver.variables()["ends_on"]
    assert "opinions" not in begun.values
    driver.complete("作出决定", as_="周明", form=DECIDE)
    _, ended = entries(driver)
    notice, result = documents(driver)
    assert ended.corrects == begun.id
    assert ended.values == begun.values | {
        "stage": "公示结束",
        "opinions": 1,
        "adopted": 0,
        "partly": 0,
        "rejected": 1,
        "adjusted": False,
        "decision": "按方案作出决定",
        "decided_by": "zhouming",
        "decided_on": ended.values["decided_on"],
        "result_number": result.number,
    }
    assert ended.values["notice_number"] == notice.number


def test_调整了方案的_台账和说明都写明调整(driver):
    to_decision(driver, adjust=True)
    driver.complete("作出决定", as_="周明", form=DECIDE)
    assert entries(driver)[-1].values["adjusted"] is True
    paper = documents(driver)[-1].html
    assert ADJUSTED["adjustment_note"] in paper
    assert "决定实施调整后的方案。" in paper


def test_退回再作调整的_不制发说明(driver):
    to_decision(driver)
    driver.complete("作出决定", as_="周明", form={"decision": "adjust", "decision_opinion": "再作调整"})
    assert [each.template for each in documents(driver)] == ["gongshi-gonggao"]
    assert len(entries(driver)) == 1


def test_最后汇总时不调整的_说明写明理由(driver):
    to_decision(driver)
    driver.complete("作出决定", as_="周明", form=DECIDE)
    assert summary()["no_adjustment_reason"] in documents(driver)[-1].html
