"""公示: who does what, and who may not (§16, §18)."""

from __future__ import annotations

import pytest
from gongshi_case import (
    ADJUSTED,
    APPROVE,
    DECIDE,
    NOTHING_LEFT,
    PLAN,
    REPORT,
    answer,
    draft,
    end_period,
    handle,
    publish,
    received,
    register,
    report,
    summary,
    to_decision,
)

from engine import errors

OFFICE, GROUP, UNIT = ("zonghechu",), ("lingdaoxiaozu",), ("fankui_chengban",)
PEOPLE = {OFFICE: ("陈静", "刘洋", "孙磊"), GROUP: ("周明", "吴秀英"), UNIT: ("钱进", "马军")}
STRANGERS = ("张三", "王芳", "郑建国", "何平", "admin")


def to_counting(driver):
    publish(driver)
    driver.advance(to=driver.variables()["period_end"])


def to_summary(driver):
    publish(driver)
    end_period(driver)


def to_adjustment(driver):
    to_summary(driver)
    driver.complete("汇总反馈意见", as_="陈静", form=summary(adjust=True))


def to_report(driver):
    publish(driver)
    return register(driver)


def to_note(driver):
    child = to_report(driver)
    driver.complete("登记意见并报领导小组", as_="钱进", form=REPORT, case=child)
    return child


#: How a case comes to each task, what it is called, whose it is, what is filled in.
TASKS = {
    "批准": (draft, "审批公示方案", GROUP, APPROVE),
    "登记": (publish, "登记反馈意见", OFFICE, received),
    "清点": (to_counting, "清点期内意见", OFFICE, NOTHING_LEFT),
    "汇总": (to_summary, "汇总反馈意见", OFFICE, summary(adjust=True)),
    "调整": (to_adjustment, "调整方案", OFFICE, ADJUSTED),
    "决定": (to_decision, "作出决定", GROUP, DECIDE),
    "报告": (to_report, "登记意见并报领导小组", UNIT, REPORT),
    "阅示": (to_note, "阅示反馈意见", GROUP, {"instruction": "请抓紧"}),
}
each_task = pytest.mark.parametrize("work", TASKS)


@pytest.mark.clause("P000-07 §16", "P000-08 §18")
@each_task
def test_第十六_十八条_各项工作由各自的角色办理(driver, work):
    come, task, group, form = TASKS[work]
    case = come(driver)  # of an opinion its own; none where it is the last one
    assert driver.task(task, case).candidate_groups == group
    form = form(driver) if callable(form) else form
    others = [name for role, people in PEOPLE.items() if role != group for name in people]
    for who in (*others, *STRANGERS):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(task, as_=who, form=form, case=case)
    driver.complete(task, as_=PEOPLE[group][-1], form=form, case=case)


@pytest.mark.clause("P000-07 §16")
def test_第十六条_只有综合处可以发起(driver):
    for who in ("张三", "王芳", "周明", "钱进", "郑建国"):
        for key in ("gongshi", "gongshi_fankui"):
            with driver.refused("不能发起", errors.Forbidden):
                driver.start(key, as_=who)


def test_拟订公示方案由发起人办理(driver):
    driver.start("gongshi", as_="刘洋")
    assert driver.task("拟订公示方案").assignee == "liuyang"
    with driver.refused("由刘洋办理", errors.Forbidden):
        driver.complete("拟订公示方案", as_="陈静", form=PLAN)


@pytest.mark.clause("P000-07 §16")
def test_第十六条_拟订方案的人不能批准(driver):
    """黄伟 sits in the office and in the group."""
    draft(driver, as_="黄伟")
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("审批公示方案", as_="黄伟", form=APPROVE)


@pytest.mark.clause("P000-07 §16")
@pytest.mark.parametrize("work", ["登记", "清点", "汇总", "调整"])
def test_第十六条_批准的人不能实施(driver, work):
    _, task, _, form = TASKS[work]
    draft(driver)
    driver.complete("审批公示方案", as_="黄伟", form=APPROVE)
    if work != "登记":
        driver.advance(to=driver.variables()["period_end"])
    if work in ("汇总", "调整"):
        driver.complete("清点期内意见", as_="刘洋", form=NOTHING_LEFT)
    if work == "调整":
        driver.complete("汇总反馈意见", as_="刘洋", form=summary(adjust=True))
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete(task, as_="黄伟", form=form(driver) if callable(form) else form)


@pytest.mark.clause("P000-07 §16")
def test_第十六条_实施的人不能作出决定(driver):
    to_adjustment(driver)
    driver.complete("调整方案", as_="黄伟", form=ADJUSTED)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("作出决定", as_="黄伟", form=DECIDE)


@pytest.mark.clause("P000-07 §16")
def test_第十六条_退回的人不能自己调整(driver):
    to_decision(driver)
    driver.complete("作出决定", as_="黄伟", form={"decision": "adjust", "decision_opinion": "再改"})
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("调整方案", as_="黄伟", form=ADJUSTED)


@pytest.mark.clause("P000-08 §18")
def test_第十八条_承办范围未列各直属单位_由角色的成员确定(driver):
    """责任单位 of the other articles includes 各直属单位; §18 does not, so their people are no handlers here."""
    child = to_report(driver)
    with driver.refused("不在任务", errors.Forbidden):
        driver.claim("登记意见并报领导小组", as_="张三", case=child)
    driver.add_user("zhishu", "直属单位某", roles=["danwei_jingban", "fankui_chengban"])
    handle(driver, child, "直属单位某")
    assert driver.status(child) == "completed"


@pytest.mark.clause("P000-08 §18")
def test_第十八条_报告的人继续办理(driver):
    child = to_report(driver)
    report(driver, child, "马军")
    for who in ("钱进", "刘洋", "吴秀英"):
        with driver.refused("由马军办理", errors.Forbidden):
            driver.complete("办理反馈意见", as_=who, form=answer(), case=child)


@pytest.mark.clause("P000-08 §18")
def test_第十八条_报告的人不能自己阅示(driver):
    driver.add_user("liangjian", "两兼", roles=["fankui_chengban", "lingdaoxiaozu"])
    child = to_report(driver)
    driver.complete("登记意见并报领导小组", as_="两兼", form=REPORT, case=child)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("阅示反馈意见", as_="两兼", form={}, case=child)


@pytest.mark.parametrize(
    ("work", "field"),
    [
        ("批准", "plan"),
        ("登记", "title"),
        ("清点", "ends_on"),
        ("汇总", "plan"),
        ("调整", "plan"),
        ("决定", "adjusted_plan"),
    ],
)
def test_只读的内容不能在办理时改动(driver, work, field):
    come, task, group, form = TASKS[work]
    come(driver)
    form = form(driver) if callable(form) else form
    value = "2030-01-01" if field == "ends_on" else "改动"
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete(task, as_=PEOPLE[group][0], form={**form, field: value})
