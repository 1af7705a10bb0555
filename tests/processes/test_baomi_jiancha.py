"""P000-19 保密执行检查考核与追责: inspection, assessment, and what follows for those who caused grave harm (§40)."""

from __future__ import annotations

import pytest
from baomi_jiancha_case import (
    CLEAR,
    HARMLESS,
    HUANG,
    INSPECTION,
    LI,
    OUTSIDER,
    PLAN,
    PURSUE,
    SERIOUS,
    SERVED,
    assess,
    inspect,
    plan,
)
from left_behind import documents, entries, publications

from engine import errors, testing
from engine.actions import people

DECISION = "作出追责决定"


def names(driver):
    return [task.name for task in driver.tasks()]


# --- inspection and assessment --------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-19 §40")
def test_第四十条_没有造成严重后果的检查考核完毕(driver):
    inspect(driver)
    driver.complete("考核执行情况", as_="冯艳", form=HARMLESS)

    assert driver.status() == "completed"
    assert driver.path() == [
        *("Event_jiancha", "Task_fangan", *["Task_renyuan"] * 3, "Task_jiancha", "Task_kaohe"),
        *("Task_jilu", "Task_dengji", "Gateway_houguo", "Event_kaohewanbi"),
    ]
    (entry,) = entries(driver)
    assert (entry.register, entry.values["problems"], entry.values["serious"]) == ("baomi-jiancha", 1, False)
    assert driver.variables()["parties"] == []
    assert publications(driver) == []


@pytest.mark.clause("P000-19 §40")
def test_第四十条_检查考核记录载明事项_问题和意见(driver):
    inspect(driver)
    driver.complete("考核执行情况", as_="冯艳", form=HARMLESS)
    (record,) = documents(driver)
    for said in (INSPECTION["inspection"], "两份审查表负责人没有签署意见", "应当补正", "没有造成严重后果", "冯艳"):
        assert said in record.html


@pytest.mark.clause("P000-19 §40")
def test_没有发现问题的_记录写明没有发现问题(driver):
    inspect(driver, problems=[])
    driver.complete("考核执行情况", as_="冯艳", form=HARMLESS)
    assert "没有发现问题。" in documents(driver)[0].html
    assert entries(driver)[0].values["problems"] == 0


@pytest.mark.clause("P000-19 §40")
@pytest.mark.parametrize("missing", ["units", "checked_items", "inspection", "period_from"])
def test_第四十条_检查的单位_事项_情况都要写明(driver, missing):
    if missing in PLAN:
        driver.start("baomi-jiancha", as_="郑建国")
        task, form = "确定检查的单位和事项", PLAN
    else:
        plan(driver)
        task, form = "检查执行情况", INSPECTION
    with driver.refused("必填", errors.InvalidForm):
        driver.complete(task, as_="郑建国", form={key: form[key] for key in form if key != missing})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"period_to": "2025-12-31"}, "不能早于起始日期"),
        ({"inspected_on": "2026-03-10"}, "不能晚于今天"),
    ],
)
def test_检查的日期要合理(driver, changes, why):
    with driver.refused(why, errors.InvalidForm):
        inspect(driver, **changes)


@pytest.mark.clause("P000-19 §40")
@pytest.mark.parametrize("missing", ["serious", "overall", "assessments", "assessment_signed"])
def test_第四十条_考核须认定是否造成严重后果并签字(driver, missing):
    inspect(driver)
    with driver.refused("", errors.InvalidForm):
        driver.complete("考核执行情况", as_="冯艳", form={key: HARMLESS[key] for key in HARMLESS if key != missing})


@pytest.mark.clause("P000-19 §40")
@pytest.mark.parametrize("missing", ["consequences", "parties"])
def test_第四十条_造成严重后果的写明后果和当事人(driver, missing):
    inspect(driver)
    with driver.refused("造成严重后果的", errors.InvalidForm):
        driver.complete("考核执行情况", as_="冯艳", form={key: SERIOUS[key] for key in SERIOUS if key != missing})


# --- accountability ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-19 §40")
def test_第四十条_造成严重后果的当事人追究责任(driver):
    assess(driver)
    assert names(driver) == [DECISION]
    driver.complete(DECISION, as_="郑建国", form={**PURSUE, "party_statement": "当时不知道应当报审，不予采纳"})
    assert entries(driver, "zhuize") == []
    with driver.refused("送达日期：必填", errors.InvalidForm):
        driver.complete("送达追责决定书", as_="冯艳", form={"served_way": "person"})
    driver.complete("送达追责决定书", as_="冯艳", form=SERVED)

    assert driver.status() == "completed"
    assert driver.path()[-7:] == [
        *("Task_jueding", "Gateway_zeren", "Task_juedingshu", "Task_songda", "Task_zhuizetaizhang"),
        *("Event_yizhuijiu", "Event_zhuizewanbi"),
    ]
    (decision,) = documents(driver, "baomi-jiancha-zhuize")
    assert (decision.kind, decision.title) == ("决定", "关于追究李四责任的决定")
    for said in (SERIOUS["consequences"], PURSUE["party_facts"], PURSUE["measure"], PURSUE["measure_basis"]):
        assert said in decision.html
    (entry,) = entries(driver, "zhuize")
    assert (entry.values["name"], entry.values["outcome"], entry.values["document_number"]) == (
        "李四",
        "追究责任",
        decision.number,
    )
    assert (entry.values["decided_by"], entry.values["delivered_on"]) == ("zhengjianguo", "2026-03-09")
    assert "当时不知道应当报审，不予采纳" in decision.html
    assert publications(driver) == []


@pytest.mark.clause("P000-19 §40")
def test_第四十条_查明不负有责任的写明理由_没有决定书(driver):
    assess(driver)
    driver.complete(DECISION, as_="郑建国", form=CLEAR)
    assert driver.status() == "completed"
    assert "Event_buzhuijiu" in driver.path()
    assert documents(driver, "baomi-jiancha-zhuize") == []
    (entry,) = entries(driver, "zhuize")
    assert (entry.values["outcome"], entry.values["basis"]) == ("不负有责任", "没有参与发布")


@pytest.mark.clause("P000-19 §40")
def test_第四十条_几名当事人各作决定_互不等待(driver):
    assess(driver, parties=[LI, OUTSIDER])
    first, second = driver.tasks()
    driver.complete(second, as_="冯艳", form={**PURSUE, "party_facts": "将材料外传"})
    driver.complete("送达追责决定书", as_="冯艳", form=SERVED)
    assert (driver.status(), len(entries(driver, "zhuize"))) == ("active", 1)
    driver.complete(first, as_="郑建国", form=CLEAR)

    assert driver.status() == "completed"
    outcomes = driver.variables()["accountabilities"]
    assert [(each["name"], each["liable"]) for each in outcomes] == [("李四", False), ("临时聘用人员甲", True)]
    assert [each.title for each in documents(driver, "baomi-jiancha-zhuize")] == ["关于追究临时聘用人员甲责任的决定"]


@pytest.mark.clause("P000-19 §40")
@pytest.mark.parametrize("missing", ["party_facts", "measure", "measure_basis", "decision_signed"])
def test_第四十条_追究责任的写明事实_方式和依据(driver, missing):
    assess(driver)
    with driver.refused("", errors.InvalidForm):
        driver.complete(DECISION, as_="郑建国", form={key: PURSUE[key] for key in PURSUE if key != missing})


# --- who may -------------------------------------------------------------------------------------------------------------


def decide_without_huang(driver, why, deliverer):
    """黄伟 keeps away from the decision and from its delivery; others do both."""
    with driver.refused(why, errors.Forbidden):
        driver.complete(DECISION, as_="黄伟", form=PURSUE)
    driver.complete(DECISION, as_="郑建国", form=PURSUE)
    with driver.refused(why, errors.Forbidden):
        driver.complete("送达追责决定书", as_="黄伟", form=SERVED)
    driver.complete("送达追责决定书", as_=deliverer, form=SERVED)
    assert driver.status() == "completed"


@pytest.mark.clause("P000-19 §40")
def test_第四十条_当事人回避_不能对自己作出决定(driver):
    assess(driver, parties=[HUANG])
    for act in (driver.claim, lambda task, as_: driver.complete(task, as_=as_, form=CLEAR)):
        with driver.refused("当事人应当回避", errors.Forbidden):
            act(DECISION, as_="黄伟")
    decide_without_huang(driver, "当事人应当回避", "郑建国")


@pytest.mark.clause("P000-19 §40")
def test_第四十条_被检查单位的人员回避检查考核和追责():
    """黄伟 is a member of the group and works in a part of 信息中心."""
    with testing.EngineDriver("shizhengwuban") as driver:
        centre = people.create_unit(driver.engine, driver.user("admin"), "信息中心")
        part = people.create_unit(driver.engine, driver.user("admin"), "运行维护科", centre.id)
        for who, unit in (("黄伟", part.id), ("郑建国", None), ("冯艳", None)):
            actor = driver.user(who)
            roles = sorted(actor.roles)
            people.create_user(driver.engine, driver.user("admin"), actor.id, who, unit_id=unit, roles=roles)
        plan(driver, units=["窗口管理处", "信息中心"])
        assert driver.variables()["checked_people"] == [[], ["huangwei"]]
        with driver.refused("回避", errors.Forbidden):
            driver.complete("检查执行情况", as_="黄伟", form=INSPECTION)
        driver.complete("检查执行情况", as_="郑建国", form=INSPECTION)
        with driver.refused("回避", errors.Forbidden):
            driver.claim("考核执行情况", as_="黄伟")
        parties = [{**OUTSIDER, "unit": "信息中心"}]
        driver.complete("考核执行情况", as_="冯艳", form={**SERIOUS, "parties": parties})
        decide_without_huang(driver, "回避", "冯艳")


@pytest.mark.clause("P000-19 §40")
def test_第四十条_不属于被检查单位的成员可以检查(driver):
    plan(driver)
    driver.complete("检查执行情况", as_="黄伟", form=INSPECTION)
    assert driver.task("考核执行情况")


@pytest.mark.clause("P000-19 §40")
def test_第四十条_当事人也不能对同案的人作出决定(driver):
    assess(driver, parties=[HUANG, LI])
    for task in driver.tasks():
        with driver.refused("当事人应当回避", errors.Forbidden):
            driver.complete(task, as_="黄伟", form=CLEAR)


@pytest.mark.clause("P000-19 §40")
def test_第四十条_有账号的当事人应选定账号(driver):
    inspect(driver)
    named = {key: HUANG[key] for key in HUANG if key != "person"}
    with driver.refused("以便回避", errors.InvalidForm):
        driver.complete("考核执行情况", as_="冯艳", form={**SERIOUS, "parties": [named]})


@pytest.mark.clause("P000-19 §40")
def test_第四十条_由保密工作领导小组办理_不是政府信息公开领导小组(driver):
    for who in ("周明", "张三", "陈静", "王芳"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("baomi-jiancha", as_=who)
    driver.start("baomi-jiancha", as_="郑建国")
    forms = {"确定检查的单位和事项": PLAN, "检查执行情况": INSPECTION, "考核执行情况": SERIOUS, DECISION: PURSUE}
    forms["送达追责决定书"] = SERVED
    for task, form in forms.items():
        for who in ("周明", "吴秀英", "陈静", "王芳", "admin"):
            with driver.refused("不能办理", errors.Forbidden):
                driver.complete(task, as_=who, form=form)
        driver.complete(task, as_="冯艳", form=form)


@pytest.mark.clause("P000-19 §40")
@pytest.mark.parametrize("field", ["inspection", "problems"])
def test_第四十条_考核时不能改动检查的记录(driver, field):
    inspect(driver)
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete("考核执行情况", as_="冯艳", form={**HARMLESS, field: []})
