"""P000-07 公示 on the public portal: what is read there, until when, and what became of every opinion."""

from __future__ import annotations

import datetime

import left_behind
import pytest
from gongshi_case import DECIDE, PLAN, answer, end_period, handle, opinions, publish, register, summary, to_decision

from engine import testing
from engine.actions import portal, published_content, taking_part
from engine.model import records


@pytest.fixture
def driver():
    with testing.EngineDriver("shizhengwuban") as driving:
        yield driving


@pytest.mark.clause("P000-07 §14", "P000-07 §19")
def test_第十四_十九条_公告在门户上公布到公示期满(driver):
    publish(driver)
    (notice,) = left_behind.publications(driver)
    assert (notice.kind, notice.title) == (records.PublicationKind.NOTICE, "关于调整窗口办公时间的公示")
    assert notice.summary == PLAN["plan"]
    (paper,) = left_behind.documents(driver)
    assert (notice.document_id, paper.template) == (paper.id, "gongshi-gonggao")
    assert notice.until == testing.moment(driver.variables()["period_end"])
    assert notice.content_sha256 == driver.variables()["notice"]["content_sha256"]


@pytest.mark.clause("P000-07 §17")
def test_第十七条_公示期内在门户上可以提意见_期满不可以(driver):
    publish(driver)
    (notice,) = left_behind.publications(driver)
    assert len(taking_part.ways(driver.engine, notice.id)) == 1
    driver.clock.set(notice.until - datetime.timedelta(seconds=1))
    assert len(taking_part.ways(driver.engine, notice.id)) == 1
    driver.clock.set(notice.until)
    assert taking_part.ways(driver.engine, notice.id) == ()


@pytest.mark.clause("P000-07 §14", "P000-08 §18")
@pytest.mark.parametrize("outcome", ["adopt", "reject"])
def test_第十四_十八条_决定和每件意见的采纳情况一并公布(driver, outcome):
    to_decision(driver, outcome=outcome)
    driver.complete("作出决定", as_="周明", form=DECIDE)
    *_, result = left_behind.publications(driver)
    assert (result.kind, result.title) == (
        records.PublicationKind.RESULT,
        "关于调整窗口办公时间的决定和公示意见采纳情况",
    )
    assert result.summary == DECIDE["decision_text"]
    paper = left_behind.documents(driver, "gongshi-caina")[0]
    assert result.document_id == paper.id
    said = {fact.name: fact.value for fact in result.details.facts}
    assert said["收到意见"] == "1件"
    assert (said["采纳"], said["不采纳"]) == (("1件", "0件") if outcome == "adopt" else ("0件", "1件"))


@pytest.mark.clause("P000-08 §18")
@pytest.mark.parametrize("outcome", ["adopt", "partly", "reject"])
def test_第十八条_每件意见的办理情况及时在门户公布_列在公告下(driver, outcome):
    publish(driver)
    (notice,) = left_behind.publications(driver)
    child = register(driver, feedback_content="我叫王某某，周一上午办不成急事", feedback_author="王某某")
    handle(driver, child, outcome=outcome)
    (handled,) = left_behind.publications(driver, child)
    assert (handled.kind, handled.title) == (
        records.PublicationKind.RESULT,
        "关于调整窗口办公时间的公示反馈意见（第1件）办理情况",
    )
    given = answer(outcome)
    reason = f"\n理由：{given['outcome_reason']}" if outcome != "adopt" else ""
    assert handled.summary == f"意见：{given['feedback_summary']}"  # the summary of who handled it, not the letter
    assert handled.content == f"办理情况：{given['handling']}{reason}"
    said = {fact.name: fact.value for fact in handled.details.facts}
    assert said["采纳情况"] == {"adopt": "采纳", "partly": "部分采纳", "reject": "不采纳"}[outcome]
    assert (said["收到渠道"], said["承办单位"]) == ("电话", "窗口管理处")
    assert "王某某" not in published_content.of(handled, None)
    assert [each.id for each in portal.item(driver.engine, notice.id).related.items] == [handled.id]
    assert handled.published_at < testing.moment(driver.variables()["period_end"])  # 及时, not at the end


def test_没有意见的_决定照样公布_没有空表(driver):
    publish(driver)
    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form={"summary": "没有收到意见", "adjust": False})
    driver.complete("作出决定", as_="周明", form=DECIDE)
    *_, result = left_behind.publications(driver)
    assert result.details.tables == ()


@pytest.mark.clause("P000-07 §17")
@pytest.mark.parametrize("channel", ["email", "box", "phone", "letter", "visit"])
def test_第十七条_五种渠道收到的意见都由工作人员登记(driver, channel):
    publish(driver)
    handle(driver, register(driver, feedback_channel=channel))
    assert driver.variables()["feedback_count"] == 1


def test_网上提意见的人凭查询码知道自己的意见怎样处理_别人不知道(driver):
    publish(driver)
    (notice,) = left_behind.publications(driver)
    (way,) = taking_part.ways(driver.engine, notice.id)
    opinion = {"feedback_content": "周一上午也要有人", "feedback_author": "王某某"}
    mine = taking_part.submit(driver.engine, notice.id, way.element_id, opinion, key="a" * 32)
    handle(driver, opinions(driver)[-1], outcome="reject")
    handle(driver, register(driver))
    (soon,) = taking_part.track(driver.engine, mine.code).told
    assert soon.text == "您的意见编为第1件，已经办理，没有采纳。办理情况已经公布。"
    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form=summary())
    driver.complete("作出决定", as_="周明", form=DECIDE)
    found = taking_part.track(driver.engine, mine.code)
    assert {each.text for each in found.told} == {
        soon.text,
        "您的意见编为第1件，没有采纳，理由：与上级规定不符。全部意见的采纳情况已经公布。",
    }
    assert [each.kind for each in found.published] == [records.PublicationKind.RESULT]


@pytest.mark.clause("P000-08 §18")
def test_第十八条_意见人的姓名和联系方式不上门户(driver):
    publish(driver)
    handle(driver, register(driver, feedback_author="王某某", feedback_contact="13800138000"))
    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form=summary())
    driver.complete("作出决定", as_="周明", form=DECIDE)
    published = left_behind.publications(driver)
    assert len(published) > 1  # the notice, and what became of the opinion
    for each in published:
        shown = published_content.of(each, None)
        assert "王某某" not in shown
        assert "13800138000" not in shown
