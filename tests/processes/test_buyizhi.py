"""P000-15 公众反映信息不一致: checked, corrected, reviewed and published anew; the old one stays as corrected (§34)."""

from __future__ import annotations

import pytest
from buyizhi_case import (
    AGREE,
    BY_PHONE,
    CONSISTENT,
    CORRECTION,
    INCONSISTENT,
    MESSAGE,
    REPLY,
    REPORT,
    RETURN,
    check,
    correct,
    report,
    review,
    reviewed,
    verify,
)
from left_behind import entries, publications

from engine import errors, testing
from engine.actions import taking_part
from handlers import publications as publishing


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own."""
    with testing.EngineDriver("shizhengwuban") as driver:
        yield driver


def names(driver):
    return [task.name for task in driver.tasks()]


def published(driver):
    """Publish a correction; return the publication."""
    reviewed(driver)
    driver.complete("审定修订的内容", as_="周明", form=AGREE)
    return publications(driver)[-1]


# --- reports -------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_公众可以在网上反映(driver):
    report(driver)
    assert names(driver) == ["核实反映的情况"]
    (entry,) = entries(driver)
    assert (entry.register, entry.values["channel"]) == ("fanying", "网上提交")
    assert "13800138000" not in str(dict(entry.values))
    assert REPORT["reporter_name"] not in str(dict(entry.values))


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_可以匿名(driver):
    driver.message(MESSAGE, {key: REPORT[key] for key in ("reported_title", "reported_problem")})
    assert names(driver) == ["核实反映的情况"]


@pytest.mark.clause("P000-15 §34")
@pytest.mark.parametrize("missing", ["reported_title", "reported_problem"])
def test_第三十四条_反映应写明哪一条信息和哪里不一致(driver, missing):
    with driver.refused("", errors.InvalidForm):
        driver.start_by_message(MESSAGE, as_="陈静", form={key: REPORT[key] for key in REPORT if key != missing})


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_其他渠道的反映由综合处登记(driver):
    driver.start("buyizhi", as_="陈静", form=BY_PHONE)
    (entry,) = entries(driver)
    assert (entry.values["channel"], entry.values["received_on"]) == ("电话", "2026-03-09")
    assert driver.path() == ["Event_qita", "Task_fanyingtaizhang", "Task_heshi"]


def test_收到日期不能晚于今天(driver):
    with driver.refused("不能晚于今天", errors.InvalidForm):
        driver.start("buyizhi", as_="陈静", form={**BY_PHONE, "received_on": "2030-01-01"})


# --- from the check to the correction ------------------------------------------------------------------------------------


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_没有不一致的办理完毕(driver):
    verify(driver, CONSISTENT)
    assert driver.status() == "completed"
    assert driver.path() == [
        *("Event_wangshang", "Task_fanyingtaizhang", "Task_heshi", "Gateway_heshi"),
        *("Gateway_huihe", "Gateway_dafu", "Event_banwan"),
    ]
    assert publications(driver) == []


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_确有不一致的修订完善后公开(driver):
    publication = published(driver)

    assert driver.status() == "completed"
    assert driver.path() == [
        *("Event_wangshang", "Task_fanyingtaizhang", "Task_heshi", "Gateway_heshi", "Task_xiuding"),
        *("Task_shenhe", "Gateway_shenhe", "Task_guding", "Call_baomi", "Gateway_shencha"),
        *("Task_shending", "Gateway_shending", "Task_gongkai", "Task_fabudengji", "Task_xiudingtaizhang"),
        *("Gateway_huihe", "Gateway_dafu", "Event_banwan"),
    ]
    assert (publication.kind, publication.title, publication.content) == (
        "xinxi",
        CORRECTION["title"],
        CORRECTION["content"],
    )
    item = {key: CORRECTION[key] for key in ("title", "summary", "content")}
    assert publication.content_sha256 == publishing.content_sha256({**item, "attachments": [], "basis": None})
    kept = {each.register: each.values for each in entries(driver)}
    assert set(kept) == {"fanying", "fabu", "xiuding"}
    assert (kept["xiuding"]["publication"], kept["xiuding"]["note"]) == (
        publication.id,
        CORRECTION["correction_note"],
    )
    assert kept["fabu"]["content_sha256"] == publication.content_sha256
    assert publications(driver, driver.children()[0]) == []  # the review itself publishes nothing


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_原来公开的信息不删除_标明已经更正(driver):
    first = published(driver)
    report(driver, reported_publication=first.id)
    driver.complete("核实反映的情况", as_="刘洋", form={**INCONSISTENT, "original_publication": first.id})
    driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "content": "周六上午九时至十一时办理急件。"})
    driver.complete("审核修订的内容", as_="陈静", form=AGREE)
    review(driver, driver.children()[-1])
    driver.complete("审定修订的内容", as_="周明", form=AGREE)

    (second,) = publications(driver)
    assert second.replaces == first.id
    with driver.engine.store.read() as uow:
        assert uow.records.publication(first.id) == first
        assert uow.records.replaced_by(first.id) == second.id
    (kept,) = entries(driver, "xiuding")
    assert (kept.values["original"], kept.values["publication"]) == (first.id, second.id)


@pytest.mark.clause("P000-15 §34")
@pytest.mark.parametrize("right", [True, False], ids=["another number", "no number"])
def test_第三十四条_没有所写编号的公开信息_更正编号后公开(driver, right):
    first = published(driver)
    reviewed(driver, original_publication=999999)
    driver.complete("审定修订的内容", as_="周明", form=AGREE)
    assert names(driver) == ["更正原公开信息编号"]
    assert publications(driver) == []

    driver.complete("更正原公开信息编号", as_="刘洋", form={"original_publication": first.id} if right else {})
    assert driver.status() == "completed"
    assert publications(driver)[0].replaces == (first.id if right else None)


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_确有不一致的应写明由哪个单位修订(driver):
    report(driver)
    with driver.refused("由哪个单位修订", errors.InvalidForm):
        driver.complete(
            "核实反映的情况", as_="刘洋", form={key: INCONSISTENT[key] for key in INCONSISTENT if key != "unit"}
        )


@pytest.mark.clause("P000-15 §34")
@pytest.mark.parametrize("missing", ["content", "correction_note", "correction_signed", "other_departments"])
def test_第三十四条_修订的内容和说明要写明并签字(driver, missing):
    verify(driver)
    with driver.refused("", errors.InvalidForm):
        driver.complete("修订完善信息", as_="张三", form={key: CORRECTION[key] for key in CORRECTION if key != missing})


@pytest.mark.clause("P000-11 §30")
@pytest.mark.parametrize("given", [{}, {"departments": "市住建局"}, {"consultation": "市住建局来函同意"}])
def test_第三十条_涉及其他部门的应先协调确认(driver, given):
    verify(driver)
    with driver.refused("涉及其他部门的", errors.InvalidForm):
        driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "other_departments": True, **given})


# --- return paths --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_综合处不同意的退回修订(driver):
    correct(driver)
    driver.complete("审核修订的内容", as_="陈静", form=RETURN)
    assert names(driver) == ["修订完善信息"]
    found = driver.variables()
    assert (found["return_by"], found["return_opinion"]) == ("综合处", RETURN["opinion"])
    driver.complete("修订完善信息", as_="张三", form=CORRECTION)
    assert names(driver) == ["审核修订的内容"]


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_审查没有定为主动公开的退回修订(driver):
    child = check(driver)
    exempt = {"final_exempt_ground": "privacy", "final_exempt_reason": "载有办事人的联系方式"}
    review(driver, child, final_class="exempt", final_opinion="不应公开", **exempt)
    assert names(driver) == ["修订完善信息"]
    assert driver.variables()["return_by"] == "保密审查"
    assert "免于公开" in driver.variables()["return_opinion"]
    assert publications(driver) == []


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_领导小组不同意的退回修订_审核和保密审查从头进行(driver):
    reviewed(driver)
    driver.complete("审定修订的内容", as_="周明", form=RETURN)
    assert names(driver) == ["修订完善信息"]
    driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "content": "周六上午办理急件，急件范围见附表。"})
    driver.complete("审核修订的内容", as_="陈静", form=AGREE)
    assert names(driver) == []  # nothing is approved before the new content is reviewed
    review(driver, driver.children()[-1])
    driver.complete("审定修订的内容", as_="周明", form=AGREE)
    assert publications(driver)[-1].content == "周六上午办理急件，急件范围见附表。"


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_审查以后改动的内容不得公开(driver):
    """What was reviewed is not what would be published: the correction begins anew (I-08, I-10)."""
    reviewed(driver)
    driver.set_variables({"content_sha256": "0" * 64})
    driver.complete("审定修订的内容", as_="周明", form=AGREE)
    assert names(driver) == ["修订完善信息"]
    assert driver.variables()["return_by"] == "公开前核对"
    assert publications(driver) == []


@pytest.mark.clause("P000-10 §29")
@pytest.mark.parametrize("task", ["审核修订的内容", "审定修订的内容"])
def test_第二十九条_退回的应写明意见_同意的应签字(driver, task):
    who = "陈静" if task == "审核修订的内容" else "周明"
    (correct if who == "陈静" else reviewed)(driver)
    with driver.refused("应写明意见", errors.InvalidForm):
        driver.complete(task, as_=who, form={"decision": "return", "signed": True})
    with driver.refused("请确认签字", errors.InvalidForm):
        driver.complete(task, as_=who, form={"decision": "agree"})


# --- the answer, times, people -------------------------------------------------------------------------------------------


def test_原文没有要求答复_综合处可以选择答复(driver):
    verify(driver, CONSISTENT, reply_to_reporter=True)
    assert names(driver) == ["答复反映人"]
    driver.complete("答复反映人", as_="陈静", form=REPLY)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yidafu")


def test_修订公开以后也可以答复(driver):
    reviewed(driver, reply_to_reporter=True)
    driver.complete("审定修订的内容", as_="周明", form=AGREE)
    assert names(driver) == ["答复反映人"]


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_原文没有时限_办公室可以自定工作日(driver):
    """Twenty working days from 9 March end a day later, for 6 April is the day off of 清明."""
    report(driver)
    assert driver.task("核实反映的情况").due is None
    driver.set_variables({"correction_workdays": 20})
    driver.complete("核实反映的情况", as_="刘洋", form=INCONSISTENT)
    due = driver.task("修订完善信息").due.astimezone(testing.SHANGHAI)
    assert due.date().isoformat() == "2026-04-07"


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_各环节由各自的角色办理(driver):
    with driver.refused("不能发起", errors.Forbidden):
        driver.start("buyizhi", as_="张三", form=BY_PHONE)
    reviewed_by = {"核实反映的情况": INCONSISTENT, "修订完善信息": CORRECTION, "审核修订的内容": AGREE}
    people = {"核实反映的情况": "刘洋", "修订完善信息": "张三", "审核修订的内容": "陈静"}
    report(driver)
    for task, form in reviewed_by.items():
        for who in {"周明", "郑建国", "王芳", "刘洋", "张三", "admin"} - {people[task]}:
            if who == "刘洋" and task == "审核修订的内容":
                continue  # of the office, too
            with driver.refused("不能办理", errors.Forbidden):
                driver.complete(task, as_=who, form=form)
        driver.complete(task, as_=people[task], form=form)
    review(driver, driver.children()[-1])
    for who in ("陈静", "张三", "郑建国", "admin"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("审定修订的内容", as_=who, form=AGREE)


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_修订_审核_审定是不同的人(driver):
    driver.add_user("sanjian", "三兼", roles=["danwei_jingban", "zonghechu", "lingdaoxiaozu"])
    correct(driver, who="三兼")
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("审核修订的内容", as_="三兼", form=AGREE)
    driver.complete("审核修订的内容", as_="黄伟", form=AGREE)
    child = driver.children()[-1]
    driver.complete(
        "Task_tichu",
        as_="三兼",
        form={"originator_kinds": ["none"], "originator_decision": "publish", "originator_signed": True},
        case=child,
    )


@pytest.mark.parametrize("field", ["content", "title", "correction_note"])
def test_审核的人不能改动修订的内容(driver, field):
    correct(driver)
    with driver.refused("", errors.InvalidForm):
        driver.complete("审核修订的内容", as_="陈静", form={**AGREE, field: "改动"})


def test_网上反映的人凭查询码知道已经登记(driver):
    (service,) = (each for each in taking_part.services(driver.engine) if each.key == "buyizhi")
    form = {key: REPORT[key] for key in ("reported_title", "reported_problem")}
    mine = taking_part.start(driver.engine, "buyizhi", service.way.element_id, form, page_key="c" * 32)
    driver.run()
    (told,) = taking_part.track(driver.engine, mine.code).told
    assert told.text == "您的反映已经登记，将核实有关信息。"
