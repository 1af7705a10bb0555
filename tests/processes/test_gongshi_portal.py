"""P000-07 公示 on the public portal: what is read there, until when, and what became of every opinion."""

from __future__ import annotations

import datetime

import left_behind
import pytest
from gongshi_case import DECIDE, PLAN, end_period, handle, publish, register, summary, to_decision

from engine import testing
from engine.actions import taking_part
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
    assert notice.content == (
        f"拟决定的方案：{PLAN['plan']}\n理由：{PLAN['reasons']}\n意见反馈方式：{PLAN['feedback_details']}"
    )
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
    lines = result.content.splitlines()
    assert lines[0] == DECIDE["decision_text"]
    assert lines[1].startswith("意见1：")
    assert {"adopt": "。采纳", "reject": "。不采纳。理由："}[outcome] in lines[1]


@pytest.mark.clause("P000-08 §18")
def test_第十八条_意见人的姓名和联系方式不上门户(driver):
    publish(driver)
    handle(driver, register(driver, feedback_author="王某某", feedback_contact="13800138000"))
    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form=summary())
    driver.complete("作出决定", as_="周明", form=DECIDE)
    for each in left_behind.publications(driver):
        assert "王某某" not in f"{each.title}{each.summary}{each.content}"
        assert "13800138000" not in f"{each.title}{each.summary}{each.content}"
