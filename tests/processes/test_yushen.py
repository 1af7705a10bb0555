"""P000-02 预审流转 with P000-03 and P000-04: every route and every return."""

from __future__ import annotations

import datetime

import left_behind
import pytest
from yushen_case import (
    AGREE,
    APPLICATION,
    APPROVE,
    CHECKED,
    PUBLISH,
    RECOMMEND,
    REFER,
    REVIEWS,
    WITHHOLD,
    WRONG_DATA,
    application,
    apply,
    page,
    reviews,
    to_group,
    to_office,
    to_referral,
)

from engine import catalog, config, errors, forms, testing
from engine.actions import case_view, previews
from handlers import publications

PACK = catalog.find(config.Settings()).pack("shizhengwuban")


# --- 第二条: application, pre-review, approval ---------------------------------------------------------------------------


@pytest.mark.clause("P000-02 §2")
def test_第二条_申请预审审定逐级签字后公开(driver):
    to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    assert driver.tasks() == []

    driver.advance(days=3)

    assert driver.status() == "completed"
    assert driver.path()[-4:] == ["Event_gongkaishijian", "Task_gongkai", "Task_dengji", "Event_yigongkai"]
    publication = driver.variables()["publication"]
    assert publication["title"] == "企业开办办事指南"
    assert (publication["audience"], publication["channels"]) == ("society", ["website", "board"])
    signed = [(each["step"], each["person"]) for each in publication["signatures"]]
    assert signed == [("申请", "wangfang"), ("预审", "chenjing"), ("审定", "zhouming")]


@pytest.mark.clause("P000-02 §2")
def test_第二条_每一环节由各自的责任人办理(driver):
    offered = {}
    for place, task, who, form in (
        (apply, "审核并决定是否公开", "王芳", PUBLISH),
        (None, "预审公开申请", "陈静", AGREE),
        (None, "审定公开信息", "周明", APPROVE),
    ):
        if place:
            place(driver)
        offered[task] = driver.task(task).candidate_groups
        driver.complete(task, as_=who, form=form)
    assert offered == {
        "审核并决定是否公开": ("danwei_fuze@行政审批处",),
        "预审公开申请": ("zonghechu",),
        "审定公开信息": ("lingdaoxiaozu",),
    }


@pytest.mark.clause("P000-02 §2")
@reviews
def test_第二条_没有签字的环节不能办结(driver, review):
    come, task, who, form = REVIEWS[review]
    come(driver)
    for unsigned in ({**form, "signed": False}, {key: value for key, value in form.items() if key != "signed"}):
        with driver.refused("请确认签字", errors.InvalidForm):
            driver.complete(task, as_=who, form=unsigned)
    assert driver.task(task).completed_by is None


@pytest.mark.clause("P000-02 §2")
def test_第二条_申请人须声明数据已经核对(driver):
    driver.start("yushen", as_="张三")
    with driver.refused("请逐项核对", errors.InvalidForm):
        driver.complete("填报公开申请单", as_="张三", form=application(driver, data_checked=False))


@pytest.mark.clause("P000-02 §2")
@reviews
def test_第二条_审核人可以责令重新填报(driver, review):
    come, task, who, form = REVIEWS[review]
    come(driver)

    driver.complete(task, as_=who, form={**form, **WRONG_DATA})

    again = driver.task("重新填报申请单")
    assert again.assignee == "zhangsan"
    assert driver.variables()["last_review_opinion"] == WRONG_DATA["opinion"]
    assert driver.variables()["last_review_by"] in {role.name for role in PACK.info.roles}
    driver.complete("重新填报申请单", as_="张三", form=application(driver, content="更正后的内容"))
    assert driver.task("审核并决定是否公开").name == "审核并决定是否公开"


@pytest.mark.clause("P000-02 §2")
@reviews
def test_第二条_责令重新填报须说明事项和理由(driver, review):
    come, task, who, form = REVIEWS[review]
    come(driver)
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, "decision": "return", "opinion": ""})


@pytest.mark.clause("P000-02 §2")
def test_第二条_重新填报后从头审核重新签字(driver):
    to_group(driver)
    driver.complete("审定公开信息", as_="周明", form={**APPROVE, **WRONG_DATA})
    driver.advance(hours=1)
    with driver.refused("请逐项核对", errors.InvalidForm):  # the tick of the first time does not count
        unchecked = {key: value for key, value in application(driver).items() if key != "data_checked"}
        driver.complete("重新填报申请单", as_="张三", form=unchecked)
    driver.complete("重新填报申请单", as_="张三", form=application(driver, content="更正后的内容"))
    driver.complete("审核并决定是否公开", as_="王芳", form=PUBLISH)
    driver.complete("预审公开申请", as_="刘洋", form=AGREE)
    driver.complete("审定公开信息", as_="吴秀英", form=APPROVE)
    driver.advance(days=3)

    publication = driver.variables()["publication"]
    assert [each["person"] for each in publication["signatures"]] == ["wangfang", "liuyang", "wuxiuying"]
    assert driver.visits("Task_yushen") == driver.visits("Task_shending") == 2
    content = {"title": "企业开办办事指南", "summary": "企业开办的条件、材料、流程和时限", "content": "更正后的内容"}
    content |= {"attachments": [], "basis": "公开内容目录第三条"}
    assert publication["content_sha256"] == publications.content_sha256(content)


@pytest.mark.clause("P000-02 §2")
def test_第二条_重新填报时看得到理由_以前的签字和意见不预先填好(driver):
    to_office(driver)
    driver.complete("预审公开申请", as_="陈静", form={**AGREE, **WRONG_DATA})

    shown = page(driver, "重新填报申请单")
    assert (shown["last_review_by"], shown["last_review_opinion"]) == ("综合处", WRONG_DATA["opinion"])
    assert (shown["title"], shown["data_checked"]) == (APPLICATION["title"], False)

    driver.complete("重新填报申请单", as_="张三", form=application(driver))
    driver.complete("审核并决定是否公开", as_="王芳", form={**PUBLISH, "opinion": "已核实"})
    shown = page(driver, "预审公开申请")
    assert (shown["unit_opinion"], shown["application_signature"]["person"]) == ("已核实", "wangfang")
    assert [shown[name] for name in ("data_correct", "decision", "opinion", "signed")] == [None, None, None, False]


@pytest.mark.clause("P000-02 §2")
@pytest.mark.parametrize("missing", ["procedure_complete", "signatures_complete"])
@pytest.mark.parametrize("review", ["预审", "提出预审意见"])
def test_第二条_程序不到位或手续不全综合处可以不予受理(driver, review, missing):
    come, task, who, form = REVIEWS[review]
    come(driver)
    refusal = {**form, missing: False, "decision": "refuse"}
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete(task, as_=who, form={**refusal, "opinion": ""})

    driver.complete(task, as_=who, form={**refusal, "opinion": "未经单位集体研究"})

    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_buyushouli")
    assert driver.variables()["last_review_opinion"] == "未经单位集体研究"
    assert "publication" not in driver.variables()


@pytest.mark.clause("P000-02 §2")
@pytest.mark.parametrize("review", ["预审", "提出预审意见"])
def test_第二条_程序和手续齐全的不得不予受理(driver, review):
    come, task, who, form = REVIEWS[review]
    come(driver)
    with driver.refused("才可不予受理", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, "decision": "refuse", "opinion": "暂不受理"})


@pytest.mark.clause("P000-02 §2")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("procedure_complete", "审核程序不到位的，可不予受理"),
        ("signatures_complete", "签批手续不全的，可不予受理"),
        ("data_correct", "信息或数据不真实、不准确的，可责令重新填报"),
    ],
)
@pytest.mark.parametrize("review", ["预审", "提出预审意见"])
def test_第二条_程序手续不全或数据不实的不能报领导小组(driver, review, wrong, reason):
    come, task, who, form = REVIEWS[review]
    come(driver)
    with driver.refused(reason, errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, wrong: False})


@pytest.mark.clause("P000-02 §2")
def test_第二条_领导小组审定不同意公开的说明理由不予公开(driver):
    to_group(driver)
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete("审定公开信息", as_="周明", form={**WITHHOLD, "opinion": ""})
    driver.complete("审定公开信息", as_="周明", form={**WITHHOLD, "opinion": "尚在研究"})
    driver.run()
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_lingdaobugongkai")
    assert "publication" not in driver.variables()


# --- 第一条: content, audience, time and form ---------------------------------------------------------------------------


@pytest.mark.clause("P000-01 §1")
def test_第一条_公开时间未到不公开(driver):
    to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    publish_on = driver.variables()["publish_on"]
    driver.advance(to=testing.moment(f"{publish_on} 00:00") - datetime.timedelta(seconds=1))
    assert driver.status() == "active"
    driver.advance(seconds=1)
    assert driver.variables()["publication"]["published_at"] == f"{publish_on}T00:00:00+08:00"


@pytest.mark.clause("P000-01 §1")
def test_第一条_审定时公开时间已过的立即公开(driver):
    to_group(driver)
    driver.advance(days=10)
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    assert driver.variables()["publication"]["published_at"] == driver.now.astimezone(testing.SHANGHAI).isoformat()


@pytest.mark.clause("P000-01 §1")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"audience": "internal", "channels": ["meeting", "website"]}, "公开范围应为“社会”"),
        ({"channels": ["other"]}, "其他公开形式：必填"),
        ({"channels": []}, "公开形式：必填"),
        ({"content": ""}, "应至少填写一项"),
        ({"publish_on": "2026-03-08"}, "公开时间应为今天或今后的日期"),
    ],
)
def test_第一条_内容范围时间和形式须准确(driver, changes, reason):
    driver.start("yushen", as_="张三")
    with driver.refused(reason, errors.InvalidForm):
        driver.complete("填报公开申请单", as_="张三", form=application(driver, **changes))


def test_原文没有要求写明依据_公开依据可以不填(driver):
    to_group(driver, basis="")
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    driver.advance(days=5)
    assert driver.path()[-1] == "Event_yigongkai"
    assert driver.variables()["basis"] is None


@pytest.mark.clause("P000-01 §1")
def test_第一条_可以只向单位内部公开(driver):
    to_group(driver, audience="internal", channels=["meeting", "other"], channel_note="内网通知")
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    driver.advance(days=5)
    assert driver.variables()["publication"]["audience"] == "internal"


@reviews
def test_审核人不能改动申请单(driver, review):
    come, task, who, form = REVIEWS[review]
    come(driver)
    with driver.refused("本环节只能查看此项", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, "title": "另一份文件"})


# --- 第三条: the unit decides by itself ---------------------------------------------------------------------------------


@pytest.mark.clause("P000-03 §3")
def test_第三条_单位可以决定不公开(driver):
    apply(driver)
    answer = {"in_catalogue": "unlisted", "secrecy": "secret", "decision": "withhold", "signed": True}
    answer["unit_ground"] = "article_36"
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete("审核并决定是否公开", as_="王芳", form=answer)
    driver.complete("审核并决定是否公开", as_="王芳", form={**answer, "opinion": "标有密级"})
    driver.run()
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_danweibugongkai")


@pytest.mark.clause("P000-03 §3")
@pytest.mark.parametrize(
    ("in_catalogue", "secrecy", "allowed"),
    [
        ("listed", "clear", {"publish", "refer", "return"}),
        ("unlisted", "clear", {"withhold", "refer", "return"}),
        ("listed", "secret", {"withhold", "refer", "return"}),
        ("unlisted", "secret", {"withhold", "refer", "return"}),
        ("listed", "unclear", {"refer", "return"}),
        ("unlisted", "unclear", {"refer", "return"}),
    ],
)
def test_第三条_单位按目录结合保密规定作出决定(in_catalogue, secrecy, allowed):
    (content,) = (each.content for each in PACK.resources if each.path.endswith("/danwei_shenhe.json"))
    form = forms.parse(content, "forms/shizhengwuban/danwei_shenhe.json")
    rights = forms.Rights.parse(
        "*:read,in_catalogue:edit,secrecy:edit,decision:edit,unit_ground:edit,referral_grounds:edit,opinion:edit,signed:edit"
    )
    accepted = set()
    for decision in ("publish", "withhold", "refer", "return"):
        answer = {"in_catalogue": in_catalogue, "secrecy": secrecy, "decision": decision, "opinion": "理由"}
        answer |= {"signed": True} | ({"referral_grounds": ["hard"]} if decision == "refer" else {})
        answer |= {"unit_ground": "other_law"} if decision == "withhold" else {}
        try:
            forms.validate(form, answer, current={}, rights=rights, today=testing.MONDAY.date())
        except errors.InvalidForm:
            continue
        accepted.add(decision)
    assert accepted == allowed


# --- 第四条: what the unit reports ---------------------------------------------------------------------------------------


@pytest.mark.clause("P000-04 §4")
@pytest.mark.parametrize("ground", ["hard", "major", "unsuitable"])
def test_第四条_三种情形报综合处预审由领导小组审批(driver, ground):
    to_referral(driver, referral_grounds=[ground])
    driver.complete("提出预审意见", as_="陈静", form=RECOMMEND)
    driver.complete("审批是否公开", as_="周明", form=APPROVE)
    driver.advance(days=3)

    assert driver.path()[-1] == "Event_yigongkai"
    assert driver.variables()["referral_grounds"] == [ground]
    signed = [each["person"] for each in driver.variables()["publication"]["signatures"]]
    assert signed == ["wangfang", "chenjing", "zhouming"]
    assert driver.visits("Task_yushen") == driver.visits("Task_shending") == 0


@pytest.mark.clause("P000-04 §4")
def test_第四条_领导小组审批不公开(driver):
    to_referral(driver, referral_grounds=["unsuitable"])
    opinion = {**CHECKED, "decision": "recommend_withhold", "opinion": "同意单位意见"}
    driver.complete("提出预审意见", as_="陈静", form=opinion)
    driver.complete("审批是否公开", as_="周明", form={**WITHHOLD, "opinion": "不宜公开"})
    driver.run()
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_lingdaobugongkai")


@pytest.mark.clause("P000-04 §4")
def test_第四条_领导小组可以不采纳综合处的建议(driver):
    to_referral(driver, referral_grounds=["unsuitable"])
    opinion = {**CHECKED, "decision": "recommend_withhold", "opinion": "同意单位意见"}
    driver.complete("提出预审意见", as_="陈静", form=opinion)
    driver.complete("审批是否公开", as_="周明", form=APPROVE)
    driver.advance(days=5)
    assert driver.path()[-1] == "Event_yigongkai"


@pytest.mark.clause("P000-04 §4")
@pytest.mark.parametrize(("lacking", "name"), [("referral_grounds", "报批情形"), ("opinion", "意见和理由")])
def test_第四条_报批须说明情形和理由(driver, lacking, name):
    apply(driver)
    with driver.refused(f"{name}：必填", errors.InvalidForm):
        driver.complete("审核并决定是否公开", as_="王芳", form={**REFER, lacking: None})


@pytest.mark.clause("P000-04 §4")
def test_第四条_综合处须提出预审意见(driver):
    to_referral(driver)
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete("提出预审意见", as_="陈静", form={**RECOMMEND, "opinion": None})


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("secrecy", ["secret", "unclear"])
def test_第三十六条_涉密或无法确定的信息不能建议或批准公开(driver, secrecy):
    to_referral(driver, secrecy=secrecy)
    with driver.refused("不能建议公开", errors.InvalidForm):
        driver.complete("提出预审意见", as_="陈静", form=RECOMMEND)
    driver.complete("提出预审意见", as_="陈静", form={**RECOMMEND, "decision": "recommend_withhold"})
    with driver.refused("不能批准公开", errors.InvalidForm):
        driver.complete("审批是否公开", as_="周明", form=APPROVE)


# --- what a case leaves behind -----------------------------------------------------------------------------------------


CONTENT = {key: APPLICATION[key] for key in ("title", "summary", "content", "basis")} | {"attachments": []}


@pytest.mark.clause("P000-03 §3")
def test_不公开的决定须选定依据_登记备案(driver):
    apply(driver)
    answer = {**PUBLISH, "in_catalogue": "unlisted", "decision": "withhold", "opinion": "本年度目录未列此项"}
    for wrong, reason in ((None, "应选定依据"), ("article_36", "不能以涉密为依据")):
        with driver.refused(reason, errors.InvalidForm):
            driver.complete("审核并决定是否公开", as_="王芳", form={**answer, "unit_ground": wrong})
    listed = {**answer, "in_catalogue": "listed", "secrecy": "secret", "unit_ground": "unlisted"}
    with driver.refused("不能以未列入目录为依据", errors.InvalidForm):
        driver.complete("审核并决定是否公开", as_="王芳", form=listed)
    driver.complete("审核并决定是否公开", as_="王芳", form={**answer, "unit_ground": "unlisted"})
    driver.run()

    (entry,) = left_behind.entries(driver, "bugongkai")
    assert entry.values == {
        "title": "企业开办办事指南",
        "unit": "行政审批一处",
        "verdict": "不公开",
        "stage": "责任单位审核",
        "ground": "未列入审定的公开内容目录（第三条）",
        "reason": "本年度目录未列此项",
        "content_sha256": publications.content_sha256(CONTENT),
    }
    (sheet,) = left_behind.documents(driver, "yushen-shenqingdan")
    assert "未列入审定的公开内容目录（第三条）" in sheet.html
    assert "未报预审" in sheet.html
    assert left_behind.entries(driver, "yushen") == []


@pytest.mark.clause("P000-04 §4")
@pytest.mark.parametrize(("review", "stage"), [("审定", "领导小组审定"), ("审批", "领导小组审批")])
def test_领导小组决定不公开的须选定依据_登记备案(driver, review, stage):
    come, task, who, _ = REVIEWS[review]
    come(driver)
    with driver.refused("应选定依据", errors.InvalidForm):
        driver.complete(task, as_=who, form={**WITHHOLD, "group_ground": None, "opinion": "影响稳定"})
    driver.complete(task, as_=who, form={**WITHHOLD, "opinion": "影响稳定"})
    driver.run()

    (entry,) = left_behind.entries(driver, "bugongkai")
    assert (entry.values["stage"], entry.values["ground"]) == (stage, "危及国家安全、公共安全、经济安全和社会稳定")
    assert entry.values["reason"] == "影响稳定"
    assert left_behind.entries(driver, "yushen") == []


@pytest.mark.clause("P000-10 §29")
def test_准予公开登记载明统一发布据以核对的各项(driver):
    to_group(driver, channels=["website", "other"], channel_note="宣传册")
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    decided_on = driver.now.astimezone(testing.SHANGHAI).date()
    driver.run()
    assert left_behind.entries(driver, "yushen") == [], "nothing is permitted before its day"
    driver.advance(days=4)

    (entry,) = left_behind.entries(driver, "yushen")
    (sheet,) = left_behind.documents(driver, "yushen-shenqingdan")
    assert entry.values == {
        "title": "企业开办办事指南",
        "unit": "行政审批一处",
        "audience": "社会",
        "channels": ["市政务办门户网站", "宣传册"],
        "publish_on": (decided_on + datetime.timedelta(days=3)).isoformat(),
        "decided_on": decided_on.isoformat(),
        "case_number": driver.case().business_key,
        "sheet_number": sheet.number,
        "content_sha256": publications.content_sha256(CONTENT),
    }


@pytest.mark.clause("P000-10 §29")
@pytest.mark.parametrize(("audience", "offered"), [("society", ["fabu"]), ("internal", [])])
def test_准予向社会公开的_可以接着发起统一发布(driver, audience, offered):
    to_group(driver, audience=audience, channels=["board"])
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    driver.advance(days=4)
    view = case_view.view(driver.engine, driver.case().id, driver.user("张三"))
    assert [each.key for each in view.leads_to] == offered


@pytest.mark.clause("P000-02 §2")
def test_公开申请单载明三级意见_签字和日期_有文号(driver):
    apply(driver)
    driver.complete("审核并决定是否公开", as_="王芳", form={**PUBLISH, "opinion": "内容属实"})
    driver.complete("预审公开申请", as_="陈静", form={**AGREE, "opinion": "手续齐全"})
    driver.complete("审定公开信息", as_="周明", form={**APPROVE, "opinion": "同意"})
    driver.run()

    (sheet,) = left_behind.documents(driver, "yushen-shenqingdan")
    assert sheet.number.startswith("市政务办公开申〔")
    for said in ("企业开办办事指南", "行政审批一处", "张三", "市政务办门户网站、政务公开栏", "公开内容目录第三条"):
        assert said in sheet.html
    for said in ("内容属实", "王芳", "手续齐全", "陈静", "同意公开。", "周明"):
        assert said in sheet.html


@pytest.mark.clause("P000-02 §2")
@reviews
def test_每一环节签字之前可以预览公开申请单(driver, review):
    come, task, who, form = REVIEWS[review]
    come(driver)
    shown = previews.preview(driver.engine, driver.task(task).id, driver.user(who), "yushen-shenqingdan", form)
    assert driver.user(who).id not in shown.html
    assert who in shown.html
    assert left_behind.documents(driver) == []


@pytest.mark.clause("P000-02 §2")
def test_重新填报后_申请单上没有上一轮的意见和签字(driver):
    to_group(driver)
    driver.complete("审定公开信息", as_="周明", form={**APPROVE, **WRONG_DATA})
    driver.complete("重新填报申请单", as_="张三", form=application(driver))
    for task, who, form, waiting in (
        ("审核并决定是否公开", "王芳", PUBLISH, ("待预审", "待审定")),
        ("预审公开申请", "陈静", AGREE, ("待审定",)),
    ):
        shown = previews.preview(driver.engine, driver.task(task).id, driver.user(who), "yushen-shenqingdan", form)
        assert all(each in shown.html for each in waiting)
        assert "周明" not in shown.html
        driver.complete(task, as_=who, form=form)


# --- no time limit in the text -------------------------------------------------------------------------------------------


def test_原文没有规定时限_默认不设到期日(driver):
    for come, task, _, _ in REVIEWS.values():
        come(driver)
        assert driver.task(task).due is None


def test_办公室可以自定审核时限_按工作日跨过节假日(tmp_path):
    with testing.EngineDriver("shizhengwuban", directory=tmp_path, at="2026-04-30 09:00") as driver:
        driver.start("yushen", as_="张三")
        driver.set_variables({"review_workdays": 2}, as_="admin")
        driver.complete("填报公开申请单", as_="张三", form=application(driver))
        due = driver.task("审核并决定是否公开").due
    assert due.astimezone(testing.SHANGHAI).isoformat() == "2026-05-07T23:59:59+08:00"
