"""P000-15 公众反映信息不一致: checked, corrected, reviewed and published anew; the old one stays as corrected (§34)."""

from __future__ import annotations

import fabu_case
import pytest
from buyizhi_case import (
    AGREE,
    BY_PHONE,
    CONSISTENT,
    CORRECTION,
    EXEMPT,
    GROUP,
    GROUP_RETURN,
    INCONSISTENT,
    MESSAGE,
    REPLY,
    REPORT,
    RETURN,
    REVISE,
    WITHDRAW,
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


def names(driver):
    return [task.name for task in driver.tasks()]


def published(driver):
    """Publish a correction; return the publication."""
    reviewed(driver)
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
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
    with driver.refused("必填", errors.InvalidForm):
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
        *("Task_guding", "Task_shenhe", "Gateway_shenhe", "Gateway_bumen"),
        *("Call_baomi", "Gateway_shencha", "Task_shending", "Gateway_shending", "Gateway_baopi", "Task_hedui"),
        *("Task_gongkai", "Task_fabudengji", "Task_xiudingtaizhang"),
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
    driver.complete("审定修订的内容", as_="周明", form=GROUP)

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
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
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
@pytest.mark.parametrize("missing", ["content", "correction_note", "correction_signed"])
def test_第三十四条_修订的内容和说明要写明并签字(driver, missing):
    verify(driver)
    with driver.refused("", errors.InvalidForm):
        driver.complete("修订完善信息", as_="张三", form={key: CORRECTION[key] for key in CORRECTION if key != missing})


# --- other departments, approval ------------------------------------------------------------------------------------------


def concerned(driver, *departments):
    """Bring a correction that concerns other departments to their letters; return these."""
    verify(driver)
    driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "departments": list(departments)})
    driver.complete("审核修订的内容", as_="陈静", form={**AGREE, "departments": list(departments)})
    return fabu_case.open_letters(driver)


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
def test_第三十条_涉及其他部门的应先协调确认(driver):
    letters = concerned(driver, fabu_case.CONFIRM, fabu_case.CONSULT)
    called = [driver.variables(each)["department"] for each in letters]
    assert called == ["市住建局", "市公安局"]
    for each in letters:
        assert "Call_baomi" not in driver.path()
        fabu_case.answer(driver, each)
    review(driver, driver.children()[-1])
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
    (publication,) = publications(driver)
    found = driver.variables()
    assert {each["content_sha256"] for each in found["settlements"]} == {publication.content_sha256}
    assert {each["outcome"] for each in found["settlements"]} == {"keep"}


@pytest.mark.clause("P000-18 §39")
def test_第三十九条_综合处可以核定涉及的部门(driver):
    correct(driver)
    driver.complete("审核修订的内容", as_="陈静", form={**AGREE, "departments": [fabu_case.CONSULT]})
    (letter,) = fabu_case.open_letters(driver)
    assert driver.variables(letter)["department"] == "市公安局"


@pytest.mark.clause("P000-12 §31(一)")
def test_第三十一条_按部门意见修改的重新审核_核对已经修改(driver):
    (letter,) = concerned(driver, fabu_case.CONFIRM)
    difference = fabu_case.answer(driver, letter, fabu_case.DIFFERS)
    driver.complete("认定内容的权限", as_="陈静", form=fabu_case.RULED, case=difference)
    assert names(driver) == ["修订完善信息"]
    assert "第一条写明依据" in driver.variables()["return_opinion"]
    again = {**CORRECTION, "content": "依据……，周六上午办理急件。", "departments": [fabu_case.CONFIRM]}
    driver.complete("修订完善信息", as_="张三", form=again)
    form = {**AGREE, "departments": [fabu_case.CONFIRM]}
    with driver.refused("应核对已按处理结果修改", errors.InvalidForm):
        driver.complete("审核修订的内容", as_="陈静", form=form)
    driver.complete("审核修订的内容", as_="陈静", form={**form, "conforms": True})
    assert fabu_case.open_letters(driver) == []
    review(driver, driver.children()[-1])
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
    assert driver.status() == "completed"


@pytest.mark.clause("P000-12 §31(一)")
def test_第三十一条_部门不同意公开的由综合处处理(driver):
    (letter,) = concerned(driver, fabu_case.CONFIRM)
    difference = fabu_case.answer(driver, letter, fabu_case.DIFFERS)
    form = {**fabu_case.RULED, "authority_outcome": "withhold", "handling": "尚未定案，不宜公开"}
    driver.complete("认定内容的权限", as_="陈静", form=form, case=difference)
    assert names(driver) == ["处理不能公开的信息"]
    driver.complete("处理不能公开的信息", as_="刘洋", form=WITHDRAW)
    (entry,) = entries(driver, "bugongkai")
    assert (entry.values["ground"], entry.values["reason"]) == ("第三十一条", "市住建局：尚未定案，不宜公开")


@pytest.mark.clause("P000-13 §32")
@pytest.mark.parametrize("approved", [True, False])
def test_第三十二条_需要批准的未经批准不得公开(driver, approved):
    correct(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("审核修订的内容", as_="陈静", form={**AGREE, "approval_required": True})
    driver.complete("审核修订的内容", as_="陈静", form={**AGREE, **fabu_case.APPROVAL})
    review(driver, driver.children()[-1])
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
    assert publications(driver) == []
    fabu_case.approve(driver, driver.children()[-1], fabu_case.APPROVED if approved else fabu_case.REFUSED)
    if approved:
        assert driver.status() == "completed"
        assert driver.variables()["approval"]["content_sha256"] == publications(driver)[0].content_sha256
    else:
        assert names(driver) == ["处理不能公开的信息"]
        assert driver.variables()["closing"]["ground"] == "第三十二条"


# --- what may not be published -------------------------------------------------------------------------------------------


def gone(driver, publication):
    with driver.engine.store.read() as uow:
        return uow.records.withdrawals([publication]).get(publication)


@pytest.mark.clause("P000-16 §37", "P000-15 §34")
def test_第三十七条_不能公开的可以删改后从头办理(driver):
    review(driver, check(driver), **EXEMPT)
    assert names(driver) == ["处理不能公开的信息"]
    assert publications(driver) == []
    with driver.refused("应写明删改什么", errors.InvalidForm):
        driver.complete("处理不能公开的信息", as_="陈静", form={"disposal": "revise"})
    driver.complete("处理不能公开的信息", as_="陈静", form=REVISE)
    assert names(driver) == ["修订完善信息"]
    found = driver.variables()
    assert (found["return_by"], found["return_opinion"]) == ("综合处", REVISE["disposal_opinion"])
    driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "content": "周六上午办理急件。"})
    driver.complete("审核修订的内容", as_="陈静", form=AGREE)
    review(driver, driver.children()[-1])
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
    assert publications(driver)[0].content == "周六上午办理急件。"


@pytest.mark.clause("P000-16 §37(四)", "P000-15 §34")
def test_第三十四条_修订的内容不能公开的撤回原公开的信息并备案(driver):
    """The inconsistent text does not stay in public when the right one may not be published."""
    first = published(driver)
    review(driver, check(driver, original_publication=first.id), **EXEMPT)
    form = {key: WITHDRAW[key] for key in ("disposal", "withdraw_reason")} | {"original_publication": first.id}
    driver.complete("处理不能公开的信息", as_="陈静", form=form)
    assert driver.status() == "completed"
    assert driver.path()[-6:-3] == ["Task_chehui", "Task_beian", "Gateway_shenqing"]
    assert gone(driver, first.id).reason == WITHDRAW["withdraw_reason"]
    assert publications(driver) == []
    (entry,) = entries(driver, "bugongkai")
    kept = entry.values
    assert (kept["verdict"], kept["ground"]) == ("免于公开，撤回原公开的信息", "涉及个人隐私")
    assert kept["reason"] == EXEMPT["final_exempt_reason"]
    assert entries(driver, "mulu") == []


@pytest.mark.clause("P000-16 §37(四)")
def test_第三十七条_审定为依申请公开的列入目录(driver):
    review(driver, check(driver), final_class="on_request", final_opinion="涉及特定办事人")
    with driver.refused("应写明生成日期", errors.InvalidForm):
        driver.complete("处理不能公开的信息", as_="陈静", form=WITHDRAW)
    driver.complete("处理不能公开的信息", as_="陈静", form={**WITHDRAW, "produced_on": "2026-03-02"})
    (entry,) = entries(driver, "mulu")
    assert (entry.values["attribute"], entry.values["name"]) == ("依申请公开", CORRECTION["title"])
    assert len(entries(driver, "bugongkai")) == 1


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_领导小组可以决定不公开(driver):
    reviewed(driver)
    with driver.refused("应写明意见", errors.InvalidForm):
        driver.complete("审定修订的内容", as_="周明", form={**GROUP, "decision": "withhold"})
    driver.complete("审定修订的内容", as_="周明", form={**GROUP, "decision": "withhold", "opinion": "尚在研究"})
    assert names(driver) == ["处理不能公开的信息"]
    assert driver.variables()["closing"] == {
        "stage": "领导小组审定",
        "verdict": "不公开",
        "ground": "第二十九条",
        "reason": "尚在研究",
    }


@pytest.mark.clause("P000-15 §34")
def test_没有编号的写明原来公开的信息如何撤下(driver):
    review(driver, check(driver), **EXEMPT)
    form = {key: WITHDRAW[key] for key in ("disposal", "withdraw_reason")}
    with driver.refused("如何撤下", errors.InvalidForm):
        driver.complete("处理不能公开的信息", as_="陈静", form=form)
    with driver.refused("应写明理由", errors.InvalidForm):
        driver.complete("处理不能公开的信息", as_="陈静", form={**WITHDRAW, "withdraw_reason": None})
    driver.complete("处理不能公开的信息", as_="陈静", form={**form, "original_publication": 999999})
    assert names(driver) == ["处理不能公开的信息"]
    assert "没有编号为 999999 的公开信息" in driver.variables()["number_error"]
    driver.complete("处理不能公开的信息", as_="陈静", form={**WITHDRAW, "original_publication": None})
    assert driver.status() == "completed"


@pytest.mark.clause("P000-15 §34")
def test_网上反映的人凭查询码知道原公开的信息已经撤回(driver):
    (service,) = (each for each in taking_part.services(driver.engine) if each.key == "buyizhi")
    form = {key: REPORT[key] for key in ("reported_title", "reported_problem")}
    mine = taking_part.start(driver.engine, "buyizhi", service.way.element_id, form, page_key="d" * 32)
    driver.run()
    with driver.engine.store.read() as uow:
        case = uow.records.entries("shizhengwuban", "fanying")[-1].instance_id
    driver.complete("核实反映的情况", as_="刘洋", form=INCONSISTENT, case=case)
    driver.complete("修订完善信息", as_="张三", form=CORRECTION, case=case)
    driver.complete("审核修订的内容", as_="陈静", form=AGREE, case=case)
    review(driver, driver.children(case)[-1], **EXEMPT)
    driver.complete("处理不能公开的信息", as_="陈静", form=WITHDRAW, case=case)
    told = taking_part.track(driver.engine, mine.code).told
    assert "原来公开的信息已经撤回。理由：涉及个人隐私" in told[0].text


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


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_领导小组不同意的退回修订_审核和保密审查从头进行(driver):
    reviewed(driver)
    driver.complete("审定修订的内容", as_="周明", form=GROUP_RETURN)
    assert names(driver) == ["修订完善信息"]
    driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "content": "周六上午办理急件，急件范围见附表。"})
    driver.complete("审核修订的内容", as_="陈静", form=AGREE)
    assert names(driver) == []  # nothing is approved before the new content is reviewed
    review(driver, driver.children()[-1])
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
    assert publications(driver)[-1].content == "周六上午办理急件，急件范围见附表。"


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_审查以后改动的内容不得公开(driver):
    """What was reviewed is not what would be published: the correction begins anew (I-08, I-10)."""
    reviewed(driver)
    driver.set_variables({"content_sha256": "0" * 64})
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
    assert names(driver) == ["修订完善信息"]
    assert driver.variables()["return_by"] == "公开前核对"
    assert publications(driver) == []


@pytest.mark.clause("P000-10 §29")
@pytest.mark.parametrize("task", ["审核修订的内容", "审定修订的内容"])
def test_第二十九条_退回的应写明意见_同意的应签字(driver, task):
    who, form = ("陈静", AGREE) if task == "审核修订的内容" else ("周明", GROUP)
    (correct if who == "陈静" else reviewed)(driver)
    with driver.refused("应写明意见", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, "decision": "return"})
    with driver.refused("请确认签字", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, "signed": False})


# --- the answer, times, people -------------------------------------------------------------------------------------------


def test_本制度没有要求答复_综合处可以选择答复(driver):
    verify(driver, CONSISTENT, reply_to_reporter=True)
    assert names(driver) == ["答复反映人"]
    driver.complete("答复反映人", as_="陈静", form=REPLY)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yidafu")


def test_修订公开以后也可以答复(driver):
    reviewed(driver, reply_to_reporter=True)
    driver.complete("审定修订的内容", as_="周明", form=GROUP)
    assert names(driver) == ["答复反映人"]


@pytest.mark.clause("P000-15 §34")
def test_第三十四条_本制度没有时限_办公室可以自定工作日(driver):
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
            driver.complete("审定修订的内容", as_=who, form=GROUP)


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
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete("审核修订的内容", as_="陈静", form={**AGREE, field: "改动"})


def test_网上反映的人凭查询码知道已经登记(driver):
    (service,) = (each for each in taking_part.services(driver.engine) if each.key == "buyizhi")
    form = {key: REPORT[key] for key in ("reported_title", "reported_problem")}
    mine = taking_part.start(driver.engine, "buyizhi", service.way.element_id, form, page_key="c" * 32)
    driver.run()
    (told,) = taking_part.track(driver.engine, mine.code).told
    assert told.text == "您的反映已经登记，将核实有关信息。"
