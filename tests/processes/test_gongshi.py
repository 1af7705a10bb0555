"""P000-07 公示 with P000-08: from the plan to the public decision, every branch and every return."""

from __future__ import annotations

import left_behind
import pytest
from gongshi_case import (
    ADJUSTED,
    APPROVE,
    DECIDE,
    MESSAGE,
    NOTHING_LEFT,
    PLAN,
    REFUSE,
    REPORT,
    answer,
    draft,
    end_period,
    handle,
    opinions,
    plan,
    publish,
    received,
    register,
    report,
    review,
    summary,
    to_decision,
)

from engine import errors
from engine.actions import case_view
from handlers import publications


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


# --- 第十四条: before the formal decision, hear, adjust, then decide ----------------------------------------------------


@pytest.mark.clause("P000-07 §14")
def test_第十四条_没有意见的公示期满后作出决定并公开(driver):
    publish(driver)
    assert names(driver) == ["登记反馈意见"]

    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form={"summary": "公示期内没有收到意见", "adjust": False})
    driver.complete("作出决定", as_="周明", form=DECIDE)

    assert driver.status() == "completed"
    assert driver.path() == [
        *(
            "Event_shixiang",
            "Task_niding",
            "Gateway_fanwei",
            "Call_baomi",
            "Gateway_shencha",
            "Task_pizhun",
            "Gateway_pizhun",
            "Task_zhifa",
            "Task_fabu",
        ),
        *("Task_taizhang", "SubProcess_tingquyijian", "Event_gonggaofabu", "Task_dengji", "Event_qiman"),
        *("Task_qingdian", "Gateway_qingdian", "Event_shoujiwanbi", "Task_huizong", "Gateway_tiaozheng"),
        *("Task_jueding", "Gateway_jueding", "Task_shuoming", "Task_gongbu", "Task_jieguo", "Event_juedinggongkai"),
    ]
    found = driver.variables()
    assert (found["handled_feedback"], found["feedback_total"], found["channel_counts"]) == ([], 0, [])
    assert (found["decision"], found["decision_text"]) == ("adopt", DECIDE["decision_text"])
    assert (found["approval_signature"]["person"], found["decision_signature"]["person"]) == ("zhouming", "zhouming")
    assert [each["step"] for each in found["result"]["signatures"]] == ["决定"]
    assert "feedback" not in found  # what is under way stays in its scope


@pytest.mark.clause("P000-07 §14")
def test_第十四条_公告写明拟决定的方案和理由(driver):
    publish(driver, basis="市政府令第1号", special_rule="")
    notice = driver.variables()["notice"]
    assert (notice["title"], notice["issuer"], notice["audience"]) == (
        "关于调整窗口办公时间的公示",
        "市政务办",
        "society",
    )
    content = {
        "title": notice["title"],
        "summary": PLAN["plan"],
        "content": f"拟决定的方案：{PLAN['plan']}\n理由：{PLAN['reasons']}\n意见反馈方式：{PLAN['feedback_details']}",
        "attachments": [],
        "basis": "市政府令第1号",
    }
    assert notice["content_sha256"] == publications.content_sha256(content)


@pytest.mark.clause("P000-07 §14")
@pytest.mark.parametrize("missing", ["plan", "reasons", "category", "feedback_details", "other_departments"])
def test_第十四条_方案和理由不能缺(driver, missing):
    driver.start("gongshi", as_="陈静")
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("拟订公示方案", as_="陈静", form={key: PLAN[key] for key in PLAN if key != missing})


def test_原文没有要求联系人_可以不填(driver):
    publish(driver, contact_person="", contact_phone="")
    assert names(driver) == ["登记反馈意见"]


@pytest.mark.clause("P000-07 §14")
@pytest.mark.parametrize("category", ["persons", "impact"])
def test_第十四条_两类事项应当公示(driver, category):
    draft(driver, category=category)
    assert names(driver) == ["审批公示方案"]


@pytest.mark.clause("P000-07 §14")
def test_第十四条_不属于两类事项的不公示(driver):
    driver.start("gongshi", as_="陈静")
    driver.complete("拟订公示方案", as_="陈静", form={"title": "更换大厅饮水机", "category": "none"})
    assert driver.status() == "completed"
    assert driver.path()[-1] == "Event_buzaifanwei"
    assert "notice" not in driver.variables()


@pytest.mark.clause("P000-07 §14")
def test_第十四条_期满而意见没有办结的_不能决定(driver):
    publish(driver)
    slow, quick = register(driver), register(driver)
    handle(driver, quick)
    end_period(driver)
    assert names(driver) == []

    handle(driver, slow)
    assert names(driver) == ["汇总反馈意见"]


@pytest.mark.clause("P000-07 §14")
def test_第十四条_意见都已办结而没有期满的_不能决定(driver):
    publish(driver)
    handle(driver, register(driver))
    driver.advance(days=3)
    assert names(driver) == ["登记反馈意见"]


@pytest.mark.clause("P000-07 §14")
def test_第十四条_期内收到而期满后才登记的意见_仍然听取(driver):
    publish(driver)
    last_day = driver.variables()["ends_on"]
    driver.advance(to=driver.variables()["period_end"])
    driver.advance(hours=9)
    late = {"remaining": True, **received(driver, feedback_channel="box", feedback_received_on=last_day)}
    driver.complete("清点期内意见", as_="刘洋", form=late)
    assert names(driver) == ["清点期内意见"]
    driver.complete("清点期内意见", as_="刘洋", form={**late, "feedback_content": "另一封信"})
    driver.complete("清点期内意见", as_="刘洋", form=NOTHING_LEFT)
    assert names(driver) == []

    for child in opinions(driver):
        handle(driver, child)
    assert [(each["number"], each["channel"]) for each in driver.variables()["handled_feedback"]] == [
        (1, "box"),
        (2, "box"),
    ]
    assert names(driver) == ["汇总反馈意见"]


@pytest.mark.clause("P000-07 §14")
def test_第十四条_期满以后收到的意见不能补登(driver):
    publish(driver)
    driver.advance(to=driver.variables()["period_end"])
    with driver.refused("不能晚于公示期最后一日", errors.InvalidForm):
        driver.complete("清点期内意见", as_="刘洋", form={"remaining": True, **received(driver)})


@pytest.mark.clause("P000-07 §14")
def test_第十四条_清点须说明还有没有意见(driver):
    publish(driver)
    driver.advance(to=driver.variables()["period_end"])
    with driver.refused("各渠道还有未登记的期内意见", errors.InvalidForm):
        driver.complete("清点期内意见", as_="刘洋", form={})


@pytest.mark.clause("P000-07 §14")
def test_第十四条_收到意见而不调整的_说明理由(driver):
    publish(driver)
    handle(driver, register(driver))
    end_period(driver)
    with driver.refused("收到意见而不调整方案的，应说明理由", errors.InvalidForm):
        driver.complete("汇总反馈意见", as_="陈静", form={"summary": "一件", "adjust": False})


@pytest.mark.clause("P000-07 §14")
def test_第十四条_调整方案后再作决定(driver):
    to_decision(driver, adjust=True)
    driver.complete("作出决定", as_="周明", form=DECIDE)

    found = driver.variables()
    assert found["plan"] == PLAN["plan"]  # what was published stays on record
    assert found["adjusted_plan"] == ADJUSTED["adjusted_plan"]
    assert found["result"]["content_sha256"] == publications.content_sha256(
        {
            "title": "关于调整窗口办公时间的决定和公示意见采纳情况",
            "notice": found["notice"]["id"],
            "decision": "adopt",
            "decision_text": DECIDE["decision_text"],
            "plan": ADJUSTED["adjusted_plan"],
            "adjustment_note": ADJUSTED["adjustment_note"],
            "no_adjustment_reason": None,
            "summary": "意见集中于周一上午的安排",
            "feedback_total": 1,
            "channel_counts": [{"channel": "phone", "count": 1}],
            "adoptions": found["adoptions"],
        }
    )


@pytest.mark.clause("P000-07 §14")
def test_第十四条_调整须写明方案和说明(driver):
    publish(driver)
    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form=summary(adjust=True))
    for missing in ADJUSTED:
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("调整方案", as_="陈静", form={key: ADJUSTED[key] for key in ADJUSTED if key != missing})


@pytest.mark.clause("P000-07 §14")
@pytest.mark.parametrize("adjusted_before", [False, True])
def test_第十四条_领导小组可以退回再作调整(driver, adjusted_before):
    to_decision(driver, adjust=adjusted_before)
    with driver.refused("退回意见：必填", errors.InvalidForm):
        driver.complete("作出决定", as_="周明", form={"decision": "adjust"})
    driver.complete("作出决定", as_="周明", form={"decision": "adjust", "decision_opinion": "写明急办的范围"})

    assert driver.variables()["decision_opinion"] == "写明急办的范围"
    driver.complete("调整方案", as_="陈静", form={**ADJUSTED, "adjusted_plan": "周一上午只办急件：……"})
    driver.complete("作出决定", as_="周明", form=DECIDE)
    assert driver.status() == "completed"
    assert driver.visits("Task_jueding") == 2
    assert driver.visits("Task_fabu") == 1  # the text asks for no second notice
    assert driver.variables()["adjusted_plan"] == "周一上午只办急件：……"
    assert driver.variables()["no_adjustment_reason"] is None  # why nothing is changed is no longer true


@pytest.mark.clause("P000-07 §14")
def test_第十四条_决定不实施的_也公开结果(driver):
    to_decision(driver)
    with driver.refused("决定内容：必填", errors.InvalidForm):
        driver.complete("作出决定", as_="周明", form={"decision": "reject"})
    driver.complete("作出决定", as_="周明", form={"decision": "reject", "decision_text": "群众反对较多，不再调整"})
    assert driver.path()[-1] == "Event_juedinggongkai"
    assert driver.variables()["decision"] == "reject"
    assert driver.variables()["result"]["channels"] == PLAN["notice_forms"]


@pytest.mark.clause("P000-07 §14")
def test_第十四条_另行听证的_只公开采纳情况_决定留待听证(driver):
    to_decision(driver)
    said = "涉及群众切身利益，以公示的方案举行听证。"
    driver.complete("作出决定", as_="周明", form={"decision": "hear", "decision_text": said})
    assert driver.status() == "completed"
    paper, entry = left_behind.documents(driver)[-1].html, left_behind.entries(driver)[-1]
    *_, shown = left_behind.publications(driver)
    assert shown.title == "关于调整窗口办公时间的公示意见采纳情况"
    assert "对公示的方案举行听证，根据听证笔录再作决定。" in paper and said in paper
    assert "作出决定。" not in paper.replace("再作决定。", "") and "决定实施" not in paper
    assert entry.values["decision"] == "举行听证后再作决定"
    # The hearing is offered where the case has ended, belongs to it, and takes the matter along.
    noticed = driver.case().id
    view = case_view.view(driver.engine, noticed, driver.user("陈静"))
    assert [each.key for each in view.leads_to] == ["tingzheng"]
    driver.start("tingzheng", as_="陈静", follows=noticed)
    assert driver.variables()["title"] == "调整窗口办公时间"
    view = case_view.view(driver.engine, driver.case().id, driver.user("陈静"))
    assert noticed in [each.id for each in view.links]


# --- 第三十七条: what is published has passed its secrecy review --------------------------------------------------------


@pytest.mark.clause("P000-16 §37(四)")
@pytest.mark.parametrize(
    "verdict", [{"final_class": "on_request"}, {"final_class": "exempt", "final_exempt_ground": "privacy"}]
)
def test_第三十七条_审定不是主动公开的方案不公示(driver, verdict):
    plan(driver)
    reasons = {"final_opinion": "方案涉及个人", "final_exempt_reason": "写有个人的住址"}
    review(driver, **verdict, **(reasons if "final_exempt_ground" in verdict else {"final_opinion": "按申请提供"}))
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bunenggongshi")
    assert "notice" not in driver.variables()


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_审查的就是公布的内容_由四人逐级签字(driver):
    publish(driver)
    child = driver.children()[0]
    reviewed = driver.variables(child)
    assert reviewed["applicant"] == "chenjing"
    assert [each["person"] for each in reviewed["review"]["signatures"]] == [
        "chenjing",
        "tangmin",
        "sunlei",
        "zhengjianguo",
    ]
    assert driver.variables()["notice"]["content_sha256"] == reviewed["reviewed_sha256"]


@pytest.mark.clause("P000-16 §37(四)")
def test_第三十七条_审查以后改动的方案不能公布(driver):
    draft(driver)
    driver.set_variables({"plan": "周日对外办公。"})
    driver.complete("审批公示方案", as_="周明", form=APPROVE)
    assert "notice" not in driver.variables()
    (incident,) = driver.incidents()
    assert "公开的内容与审核过的内容不一致" in incident.message


@pytest.mark.clause("P000-18 §39")
def test_第三十九条_涉及其他部门职责的_须写明征询情况(driver):
    driver.start("gongshi", as_="陈静")
    told = {**PLAN, "other_departments": True, "departments": "市人力资源社会保障局"}
    with driver.refused("应征询相关部门意见后方可公开", errors.InvalidForm):
        driver.complete("拟订公示方案", as_="陈静", form=told)
    driver.complete("拟订公示方案", as_="陈静", form={**told, "consultation": "市人社局3月2日函复同意"})
    found = driver.variables(driver.children()[0])
    assert (found["departments"], found["consultation"]) == ("市人力资源社会保障局", "市人社局3月2日函复同意")


# --- 第十五条: forms ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-07 §15")
def test_第十五条_六种形式可以选用一种或多种(driver):
    six = ["media", "board", "screen", "website", "meeting", "written"]
    publish(driver, notice_forms=six)
    assert driver.variables()["notice"]["channels"] == six
    publish(driver, notice_forms=["meeting"])
    assert driver.variables()["notice"]["channels"] == ["meeting"]


@pytest.mark.clause("P000-07 §15")
def test_第十五条_至少一种形式_其他形式须写明(driver):
    driver.start("gongshi", as_="陈静")
    with driver.refused("公示形式", errors.InvalidForm):
        driver.complete("拟订公示方案", as_="陈静", form={**PLAN, "notice_forms": []})
    with driver.refused("其他公示形式", errors.InvalidForm):
        driver.complete("拟订公示方案", as_="陈静", form={**PLAN, "notice_forms": ["other"]})
    driver.complete(
        "拟订公示方案", as_="陈静", form={**PLAN, "notice_forms": ["other"], "notice_forms_note": "社区公告栏"}
    )


# --- 第十六条: the group approves ----------------------------------------------------------------------------------------


@pytest.mark.clause("P000-07 §16")
def test_第十六条_领导小组不批准的不公示(driver):
    draft(driver)
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete("审批公示方案", as_="周明", form={"approval": "refuse"})
    driver.complete("审批公示方案", as_="周明", form=REFUSE)

    assert driver.status() == "completed"
    assert driver.path()[-2:] == ["Gateway_pizhun", "Event_weipizhun"]
    assert driver.visits("Task_fabu") == 0
    assert driver.variables()["approval_opinion"] == REFUSE["approval_opinion"]


@pytest.mark.clause("P000-07 §16")
def test_第十六条_公告带有领导小组的批准签字(driver):
    draft(driver)
    driver.complete("审批公示方案", as_="吴秀英", form=APPROVE)
    (signature,) = driver.variables()["notice"]["signatures"]
    assert (signature["step"], signature["person"]) == ("批准", "wuxiuying")


# --- 第十七条: channels --------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-07 §17")
@pytest.mark.parametrize("channel", ["email", "box", "phone", "letter", "visit"])
def test_第十七条_各渠道收到的意见都登记办理(driver, channel):
    publish(driver)
    child = register(driver, feedback_channel=channel)
    assert driver.variables(child)["feedback_channel"] == channel
    assert names(driver, child) == ["登记意见并报领导小组"]
    assert names(driver) == ["登记反馈意见"]  # goes on collecting


@pytest.mark.clause("P000-07 §17")
def test_第十七条_至少一种意见渠道(driver):
    driver.start("gongshi", as_="陈静")
    with driver.refused("意见反馈渠道", errors.InvalidForm):
        driver.complete("拟订公示方案", as_="陈静", form={**PLAN, "feedback_channels": []})


@pytest.mark.clause("P000-07 §17")
def test_第十七条_收到日期在公告之日和今天之间(driver):
    publish(driver)
    for day, why in (("2026-01-01", "不能早于公告之日"), ("2027-01-01", "不能晚于今天")):
        with driver.refused(why, errors.InvalidForm):
            register(driver, feedback_received_on=day)


@pytest.mark.clause("P000-07 §17")
def test_第十七条_网上提交的意见可以匿名(driver):
    case = publish(driver)
    outcome = driver.message(MESSAGE, {"feedback_content": "同意"}, key=case.business_key)
    assert (outcome.outcome, outcome.instance_id) == ("delivered", case.id)
    (child,) = opinions(driver)
    found = driver.variables(child)
    assert (found["feedback_channel"], found["feedback_author"], found["feedback_content"]) == ("online", None, "同意")
    assert child.business_key == f"{case.business_key}-1"


# --- 第十八条: feedback is reported, handled, and the handling published ------------------------------------------------


@pytest.mark.clause("P000-08 §18")
def test_第十八条_报领导小组_认真办理_公开办理情况(driver):
    publish(driver)
    child = register(driver, feedback_author="王某", feedback_contact="13800138000")
    handle(driver, child, outcome="partly")

    assert driver.status(child) == "completed"
    assert driver.path(child) == [
        *("Event_shoudaoyijian", "Task_baogao", "Task_yueshi", "Task_banli", "Gateway_geren", "Task_gongkai"),
        "Event_banliqingkuang",
    ]
    publication = driver.variables(child)["publication"]
    assert publication["title"] == "关于调整窗口办公时间的公示反馈意见（第1件）办理情况"
    assert (publication["issuer"], publication["channels"]) == ("窗口管理处", PLAN["notice_forms"])
    given = answer("partly")
    assert publication["content_sha256"] == publications.content_sha256(  # neither name nor telephone is in it
        {
            "title": publication["title"],
            "channel": "phone",
            "received_on": driver.variables()["begins_on"],
            "summary": given["feedback_summary"],
            "handling": given["handling"],
            "outcome": "partly",
            "reason": given["outcome_reason"],
        }
    )


@pytest.mark.clause("P000-08 §18")
def test_第十八条_公开以前承办人确认没有涉密信息和个人信息(driver):
    publish(driver)
    child = register(driver)
    report(driver, child)
    for given in (None, False):
        with driver.refused("确认可以公开", errors.InvalidForm):
            driver.complete("办理反馈意见", as_="钱进", form=answer(publishable=given), case=child)


@pytest.mark.clause("P000-08 §18")
@pytest.mark.parametrize(
    "written", [{"feedback_summary": "王某某希望周一上午能办急事"}, {"handling": "已电话13800138000答复"}]
)
def test_第十八条_写有意见人姓名或者联系方式的退回改写_不公开(driver, written):
    publish(driver)
    child = register(driver, feedback_author="王某某", feedback_contact="13800138000")
    report(driver, child)
    driver.complete("办理反馈意见", as_="钱进", form=answer(**written), case=child)
    assert names(driver, child) == ["办理反馈意见"]
    assert "应当改写" in driver.variables(child)["privacy_note"]
    assert "publication" not in driver.variables(child)
    driver.complete("办理反馈意见", as_="钱进", form=answer(), case=child)
    assert driver.status(child) == "completed"
    assert driver.variables(child)["privacy_note"] is None


@pytest.mark.clause("P000-08 §18")
def test_第十八条_承办单位和报告必填_归类可以不填(driver):
    publish(driver)
    child = register(driver)
    for missing in ("unit", "report"):
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("登记意见并报领导小组", as_="钱进", form={**REPORT, missing: ""}, case=child)
    driver.complete("登记意见并报领导小组", as_="钱进", form={**REPORT, "feedback_category": ""}, case=child)
    driver.complete("阅示反馈意见", as_="吴秀英", form={}, case=child)
    driver.complete("办理反馈意见", as_="钱进", form=answer(), case=child)
    assert driver.variables(child)["handled"]["category"] == ""


@pytest.mark.clause("P000-08 §18")
def test_第十八条_多件意见交错办理_一件不漏(driver):
    case = publish(driver)
    for content in ("同意", "反对"):
        driver.message(MESSAGE, {"feedback_content": content, "feedback_author": "网民"}, key=case.business_key)
    register(driver)
    driver.advance(days=1)
    first, second, third = opinions(driver)
    report(driver, third, "马军")
    handle(driver, second, outcome="reject")
    fourth = register(driver, feedback_channel="visit")
    driver.complete("办理反馈意见", as_="马军", form=answer(), case=third)
    report(driver, first)
    end_period(driver)
    assert names(driver) == []
    handle(driver, fourth, "马军", outcome="partly")
    driver.complete("办理反馈意见", as_="钱进", form=answer(), case=first)

    found = driver.variables()
    assert [(each["number"], each["channel"], each["outcome"]) for each in found["handled_feedback"]] == [
        (1, "online", "adopt"),
        (2, "online", "reject"),
        (3, "phone", "adopt"),
        (4, "visit", "partly"),
    ]
    driver.complete("汇总反馈意见", as_="陈静", form=summary())
    found = driver.variables()
    assert found["feedback_total"] == 4
    assert found["channel_counts"] == [
        {"channel": "phone", "count": 1},
        {"channel": "visit", "count": 1},
        {"channel": "online", "count": 2},
    ]
    assert [each["number"] for each in found["adoptions"]] == [1, 2, 3, 4]


@pytest.mark.clause("P000-08 §18")
@pytest.mark.parametrize("outcome", ["reject", "partly"])
def test_第十八条_不采纳或部分采纳的说明理由(driver, outcome):
    publish(driver)
    child = register(driver)
    report(driver, child)
    with driver.refused("应说明理由", errors.InvalidForm):
        driver.complete("办理反馈意见", as_="钱进", form={**answer(), "outcome": outcome}, case=child)
    driver.complete("办理反馈意见", as_="钱进", form=answer(outcome), case=child)
    assert driver.status(child) == "completed"


@pytest.mark.clause("P000-08 §18")
def test_第十八条_领导小组的阅示意见承办人看得到(driver):
    publish(driver)
    child = register(driver)
    driver.complete("登记意见并报领导小组", as_="钱进", form=REPORT, case=child)
    driver.complete("阅示反馈意见", as_="周明", form={"instruction": "请上门核实"}, case=child)
    assert driver.variables(child)["instruction"] == "请上门核实"
    assert driver.task("办理反馈意见", child).assignee == "qianjin"


@pytest.mark.clause("P000-08 §18")
def test_第十八条_汇总不能遗漏或改动已办理的意见(driver):
    publish(driver)
    handle(driver, register(driver), outcome="partly")
    handle(driver, register(driver))
    end_period(driver)
    kept = {"outcome": "partly", "reason": answer("partly")["outcome_reason"]}
    with driver.refused("应说明理由", errors.InvalidForm):
        driver.complete("汇总反馈意见", as_="陈静", form=summary(adoptions=[kept, {"outcome": "reject"}]))
    for rows, why in (
        ([kept], "应为 2 行"),
        ([kept, kept, {"number": 9, "outcome": "adopt"}], "应为 2 行"),
        ([kept, {"outcome": "adopt", "summary": "没有意见"}], "不能修改"),
        ([{**kept, "number": 2}, {"number": 1, "outcome": "adopt"}], "不能修改"),
    ):
        with driver.refused(why, errors.InvalidForm):
            driver.complete("汇总反馈意见", as_="陈静", form=summary(adoptions=rows))
    changed = [kept, {"outcome": "reject", "reason": "人手不足"}]
    driver.complete("汇总反馈意见", as_="陈静", form=summary(adoptions=changed))

    first, second = driver.variables()["adoptions"]
    assert (first["number"], first["outcome"], first["reason"]) == (1, "partly", answer("partly")["outcome_reason"])
    assert (second["outcome"], second["reason"]) == ("reject", "人手不足")
    assert (second["summary"], second["unit"]) == (answer()["feedback_summary"], "窗口管理处")


@pytest.mark.clause("P000-08 §18")
def test_第十八条_期满以后收到的意见可以单独办理(driver):
    form = {"title": PLAN["title"], "notice_forms": ["website"], **received(driver, feedback_author="李某")}
    child = driver.start("gongshi_fankui", as_="刘洋", form=form)
    handle(driver, child)
    assert driver.status(child) == "completed"
    assert driver.variables(child)["publication"]["title"] == "关于调整窗口办公时间的公示反馈意见办理情况"
