"""公示: the period of §19, on both sides of its end, and which opinions come within it."""

from __future__ import annotations

import datetime

import pytest
from gongshi_case import (
    APPROVE,
    MESSAGE,
    NOTHING_LEFT,
    PLAN,
    draft,
    end_period,
    handle,
    opinions,
    publish,
    received,
    register,
)

from engine import errors, testing

#: 2026-10-01 to 10-07 are off, Saturday 10-10 is worked (国办发明电〔2025〕7号).
BEFORE_NATIONAL_DAY = "2026-09-28 10:00"


def at(text):
    return testing.moment(text)


def open_tasks(driver, case=None):
    return [task.name for task in driver.tasks(case)]


# --- 第十九条: 一般为五天 --------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-07 §19")
@pytest.mark.parametrize(
    ("start", "unit", "last_day", "over"),
    [
        (BEFORE_NATIONAL_DAY, "days", "2026-10-03", "2026-10-04"),  # the holiday counts
        (BEFORE_NATIONAL_DAY, "workdays", "2026-10-10", "2026-10-11"),  # 9-29, 9-30, 10-8, 10-9 and Saturday 10-10
        ("2026-09-28 23:59:59", "days", "2026-10-03", "2026-10-04"),  # the day of publication is never counted
        ("2026-09-29 00:00:00", "days", "2026-10-04", "2026-10-05"),
        ("2026-12-28 09:00", "days", "2027-01-02", "2027-01-03"),
    ],
)
def test_第十九条_公告当日不计入_满五天的零时届满(start, unit, last_day, over):
    with testing.EngineDriver("shizhengwuban", at=start) as driver:
        publish(driver, notice_unit=unit)
        assert driver.variables()["ends_on"] == last_day
        (timer,) = driver.timers()
        assert (timer.element_id, timer.due) == ("Event_qiman", at(over))
        assert driver.task("登记反馈意见").due == at(f"{last_day} 23:59:59")

        driver.advance(to=f"{last_day} 23:59:59")
        assert open_tasks(driver) == ["登记反馈意见"]

        driver.advance(to=f"{over} 00:00:00")
        assert open_tasks(driver) == ["清点期内意见"]
        assert driver.timers() == []


@pytest.mark.clause("P000-07 §19")
def test_第十九条_停机期间届满的_恢复后立即届满一次():
    with testing.EngineDriver("shizhengwuban", at=BEFORE_NATIONAL_DAY) as driver:
        publish(driver)
        driver.sleep(days=30)
        assert open_tasks(driver) == ["登记反馈意见"]
        driver.run()
        assert open_tasks(driver) == ["清点期内意见"]
        assert driver.visits("Event_qiman") == 1


@pytest.mark.clause("P000-07 §19")
def test_第十九条_登记意见不延长公示期():
    with testing.EngineDriver("shizhengwuban", at=BEFORE_NATIONAL_DAY) as driver:
        publish(driver)
        for _ in range(3):
            driver.advance(days=1)
            register(driver)
        (timer,) = driver.timers()
        assert timer.due == at("2026-10-04")


@pytest.mark.clause("P000-07 §19")
def test_第十九条_批准的时间不是公告的时间_从公告起算():
    with testing.EngineDriver("shizhengwuban", at=BEFORE_NATIONAL_DAY) as driver:
        draft(driver)
        driver.advance(days=10)
        driver.complete("审批公示方案", as_="周明", form=APPROVE)
        found = driver.variables()
        assert (found["begins_on"], found["ends_on"]) == ("2026-10-08", "2026-10-13")


@pytest.mark.clause("P000-07 §19")
@pytest.mark.parametrize("days", [1, 4, 6, 30])
def test_第十九条_不是五天的_须写明特别规定(driver, days):
    driver.start("gongshi", as_="陈静")
    for rule in ({}, {"special_rule": "   "}):
        with driver.refused("另有明确规定的从其规定", errors.InvalidForm):
            driver.complete("拟订公示方案", as_="陈静", form={**PLAN, "notice_days": days, **rule})


@pytest.mark.clause("P000-07 §19")
@pytest.mark.parametrize("days", [0, -5, 2.5, None])
def test_第十九条_天数是一天以上的整数(driver, days):
    driver.start("gongshi", as_="陈静")
    with driver.refused("公示天数", errors.InvalidForm):
        driver.complete("拟订公示方案", as_="陈静", form={**PLAN, "notice_days": days, "special_rule": "某规定第一条"})


@pytest.mark.clause("P000-07 §19")
@pytest.mark.parametrize(("days", "over"), [(3, "2026-10-02"), (7, "2026-10-06"), (30, "2026-10-29")])
def test_第十九条_另有明确规定的从其规定(days, over):
    with testing.EngineDriver("shizhengwuban", at=BEFORE_NATIONAL_DAY) as driver:
        publish(driver, notice_days=days, special_rule="重大行政决策程序暂行条例第十五条")
        (timer,) = driver.timers()
        assert timer.due == at(over)
        assert driver.variables()["special_rule"] == "重大行政决策程序暂行条例第十五条"


# --- which opinions come within it -----------------------------------------------------------------------------------


@pytest.mark.clause("P000-07 §19")
def test_第十九条_最后一秒提交的意见仍在期内():
    with testing.EngineDriver("shizhengwuban", at=BEFORE_NATIONAL_DAY) as driver:
        case = publish(driver)
        driver.advance(to="2026-10-03 23:59:59")
        outcome = driver.message(
            MESSAGE, {"feedback_content": "赶上了"}, key=case.business_key, ttl=datetime.timedelta()
        )
        assert outcome.outcome == "delivered"
        driver.advance(seconds=1)
        driver.complete("清点期内意见", as_="刘洋", form=NOTHING_LEFT)
        assert open_tasks(driver) == []  # it has to be handled first
        handle(driver, opinions(driver)[0])
        assert open_tasks(driver) == ["汇总反馈意见"]
        assert driver.variables()["handled_feedback"][0]["received_on"] == "2026-10-03"


@pytest.mark.clause("P000-07 §19")
def test_第十九条_期满后提交的意见不予接收(driver):
    case = publish(driver)
    unhandled = register(driver)  # the case still waits for it: that keeps no door open
    driver.advance(to=driver.variables()["period_end"])

    with driver.refused("没有流程在等待消息", errors.NotFound):
        driver.message(MESSAGE, {"feedback_content": "晚了"}, key=case.business_key, ttl=datetime.timedelta())
    kept = driver.message(MESSAGE, {"feedback_content": "晚了"}, key=case.business_key, message_id="晚-1")
    assert kept.outcome == "buffered"

    driver.complete("清点期内意见", as_="刘洋", form=NOTHING_LEFT)
    handle(driver, unhandled)
    assert len(opinions(driver)) == len(driver.variables()["handled_feedback"]) == 1


@pytest.mark.clause("P000-07 §19")
def test_第十九条_期满后定时尚未处理时到达的意见也不予接收(driver):
    case = publish(driver)
    driver.sleep(to=driver.variables()["period_end"])  # nobody has looked at the timers yet
    with driver.refused("没有流程在等待消息", errors.NotFound):
        driver.message(MESSAGE, {"feedback_content": "晚了"}, key=case.business_key, ttl=datetime.timedelta())
    driver.run()
    assert open_tasks(driver) == ["清点期内意见"]
    assert opinions(driver) == []


@pytest.mark.clause("P000-07 §17")
def test_第十七条_没有内容的意见不予接收(driver):
    case = publish(driver)
    with driver.refused("意见内容", errors.InvalidForm):
        driver.message(MESSAGE, {"feedback_content": " "}, key=case.business_key)
    assert opinions(driver) == []


@pytest.mark.clause("P000-07 §19")
def test_第十九条_期满后登记任务已经收回(driver):
    publish(driver)
    task = driver.task("登记反馈意见")
    form = received(driver)
    driver.advance(to=driver.variables()["period_end"])
    with driver.refused("已于", errors.Conflict):
        driver.complete(task, as_="刘洋", form=form)


@pytest.mark.clause("P000-07 §17")
def test_第十七条_公告以前没有意见可收(driver):
    draft(driver)
    with driver.refused("没有流程在等待消息", errors.NotFound):
        driver.message(MESSAGE, {"feedback_content": "太早"}, key=driver.case().business_key, ttl=datetime.timedelta())


@pytest.mark.clause("P000-07 §17")
@pytest.mark.parametrize("key", ["编号", None])
def test_第十七条_两个公示的意见不相混(driver, key):
    """Also where the office gives no number to its cases: then the notice itself is the key."""
    cases = []
    for number in (1, 2):
        cases.append(publish(driver, key=f"混-{number}" if key else None, title=f"事项{number}"))
    first, second = cases
    for case, text in ((second, "致二"), (first, "致一"), (second, "再致二")):
        to = driver.variables(case)["notice"]["feedback_key"]
        assert driver.message(MESSAGE, {"feedback_content": text}, key=to).instance_id == case.id

    contents = {case.id: [driver.variables(c)["feedback_content"] for c in opinions(driver, case)] for case in cases}
    assert contents == {first.id: ["致一"], second.id: ["致二", "再致二"]}
    assert {driver.variables(child)["title"] for child in opinions(driver, second)} == {"事项2"}
    with driver.refused("没有流程在等待消息", errors.NotFound):
        driver.message(MESSAGE, {"feedback_content": "无主"}, key=None, ttl=datetime.timedelta())


@pytest.mark.clause("P000-07 §17")
def test_第十七条_同一意见重复提交只收一次(driver):
    case = publish(driver)
    driver.message(MESSAGE, {"feedback_content": "同意"}, key=case.business_key, message_id="网-7")
    with driver.refused("已经收到过", errors.Conflict):
        driver.message(MESSAGE, {"feedback_content": "同意"}, key=case.business_key, message_id="网-7")
    assert len(opinions(driver)) == 1


@pytest.mark.clause("P000-08 §18")
def test_第十八条_及时没有天数_办公室自定的时限成为到期日():
    with testing.EngineDriver("shizhengwuban", at=BEFORE_NATIONAL_DAY) as driver:
        publish(driver)
        assert driver.task("登记意见并报领导小组", register(driver)).due is None
        driver.set_variables({"handling_workdays": 3})
        assert driver.task("登记意见并报领导小组", register(driver)).due == at("2026-10-08 23:59:59")


def test_取消公示_办理中的意见一并取消(driver):
    publish(driver)
    child = register(driver)
    driver.cancel("方案撤回")
    assert driver.status() == driver.status(child) == "cancelled"
    assert driver.timers() == []


@pytest.mark.clause("P000-08 §18")
def test_第十八条_期满前全部办结的公示_期满即可汇总(driver):
    publish(driver)
    handle(driver, register(driver))
    end_period(driver)
    assert open_tasks(driver) == ["汇总反馈意见"]
