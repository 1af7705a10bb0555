"""P000-22 新闻发布内容审定与采访安排: line to take, approval, secrecy review, release, report (§46, §48–49)."""

from __future__ import annotations

import pytest
from left_behind import documents, entries, publications
from xinwen_case import (
    ALONE,
    APPROVE,
    EMERGENCY,
    EXEMPT,
    HELD,
    MATERIALS,
    PLAN,
    REPORT,
    REVISE,
    alone,
    approve,
    plan,
    prepare,
    release,
    report,
    review,
    to_interviews,
)

from engine import errors
from engine.actions import previews

SUBMIT = {"submit_up": True}


pytestmark = pytest.mark.usefixtures("spokesperson")


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


# --- 第四十九条: the line to take, the texts, the plan ---------------------------------------------------------------------


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_重大突发事件从审定到发布和汇报(driver):
    alone(driver)
    to_interviews(driver)
    release(driver)
    report(driver)

    assert driver.status() == "completed"
    path = driver.path()
    assert [each for each in path if each.startswith(("Task_", "Call_"))] == [
        *("Task_fayanren", "Task_nicao", "Task_guding", "Task_shending", "Call_baomi"),
        *("Task_hedui", "Task_fagao", "Task_koujing", "Task_fangan", "Task_anpai", "Task_fabu", "Task_gongbu"),
        *("Task_dengji", "Task_lianluoyuan", "Task_xiaoying", "Task_huibao", "Task_baogao", "Task_yueshi"),
    ]
    found = driver.variables()
    assert found["approval_signature"]["person"] == "songtao"
    assert found["talking_points"] == APPROVE["talking_points"]  # as the spokesperson fixed it


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_口径_发布稿_报道方案和报告成文(driver):
    alone(driver)
    to_interviews(driver)
    release(driver)
    report(driver)
    papers = {each.template: each for each in documents(driver)}
    assert set(papers) == {"xinwen-fabugao", "xinwen-koujing", "xinwen-fangan", "xinwen-xiaoguo"}
    assert "一年来，公共资源交易全部进场。" in papers["xinwen-fabugao"].html
    assert APPROVE["talking_points"] in papers["xinwen-koujing"].html
    assert "没有增加任何收费。" in papers["xinwen-koujing"].html
    assert EMERGENCY["report_plan"] in papers["xinwen-fangan"].html
    assert REPORT["effect"] in papers["xinwen-xiaoguo"].html
    assert entries(driver, "xinwen")[0].number in papers["xinwen-xiaoguo"].html
    assert "由新闻发言人宋涛在政务服务中心三楼会议室以向新闻媒体通报的方式发布" in papers["xinwen-xiaoguo"].html
    assert papers["xinwen-fabugao"].number == ""
    assert papers["xinwen-koujing"].number.startswith("市政务办新口〔2026〕")


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_审定和审阅以前可以看到发布稿和口径(driver):
    def preview(task, who, template, form):
        found = driver.task(task)
        return previews.preview(driver.engine, found.id, driver.user(who), template, form).html

    alone(driver)
    prepare(driver)
    verdict = {**APPROVE, "talking_points": "先讲处置进展。", **SUBMIT}
    assert EMERGENCY["content"].split("\n")[1] in preview("确定口径并审定材料", "宋涛", "xinwen-fabugao", verdict)
    assert "先讲处置进展。" in preview("确定口径并审定材料", "宋涛", "xinwen-koujing", verdict)
    driver.complete("确定口径并审定材料", as_="宋涛", form=verdict)
    assert "先讲处置进展。" in preview("审阅送审稿件", "周明", "xinwen-koujing", {"superior_verdict": "agree"})
    assert documents(driver) == []


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_不是重大突发事件的没有报道工作方案(driver):
    alone(driver, occasion="regular")
    driver.complete("拟写发布材料", as_="陈静", form=MATERIALS)
    driver.complete("确定口径并审定材料", as_="宋涛", form=APPROVE)
    review(driver)
    assert names(driver) == ["安排采访"]
    assert "Task_fangan" not in driver.path()
    assert documents(driver, "xinwen-fangan") == []


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_重大突发事件没有报道工作方案的不能提交(driver):
    alone(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("拟写发布材料", as_="陈静", form=MATERIALS)


@pytest.mark.clause("P000-22 §49")
@pytest.mark.parametrize("missing", ["summary", "content", "talking_points"])
def test_第四十九条_没有发布稿和口径的不能提交(driver, missing):
    alone(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("拟写发布材料", as_="陈静", form={key: EMERGENCY[key] for key in EMERGENCY if key != missing})


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_审定不通过的退回修改_再审定(driver):
    alone(driver)
    prepare(driver)
    with driver.refused("必填", errors.InvalidForm):
        form = {key: REVISE[key] for key in REVISE if key != "spokesperson_opinion"}
        driver.complete("确定口径并审定材料", as_="宋涛", form=form)
    driver.complete("确定口径并审定材料", as_="宋涛", form=REVISE)
    assert names(driver) == ["拟写发布材料"]
    assert driver.variables()["revision_opinion"] == REVISE["spokesperson_opinion"]
    assert driver.children() == []
    prepare(driver, content="改后的稿件")
    driver.complete("确定口径并审定材料", as_="宋涛", form=APPROVE)
    assert driver.variables(driver.children()[-1])["content"] == "改后的稿件"


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_送审的稿件领导小组同意后才继续(driver):
    alone(driver)
    approve(driver, **SUBMIT)
    assert names(driver) == ["审阅送审稿件"]
    assert driver.children() == []
    driver.complete("审阅送审稿件", as_="周明", form={"superior_verdict": "agree"})
    assert len(driver.children()) == 1


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_领导小组退回的修改后重新审定(driver):
    alone(driver)
    approve(driver, **SUBMIT)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("审阅送审稿件", as_="周明", form={"superior_verdict": "revise"})
    driver.complete("审阅送审稿件", as_="周明", form={"superior_verdict": "revise", "superior_opinion": "核实数据"})
    assert names(driver) == ["拟写发布材料"]
    assert driver.variables()["revision_opinion"] == "核实数据"
    prepare(driver)
    assert names(driver) == ["确定口径并审定材料"]


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_采访由发言人安排_没有采访的也可以发布(driver):
    alone(driver)
    to_interviews(driver)
    asked = {"medium": "市日报", "reporter": "王记者", "interview_at": "2026-03-20T10:30:00+08:00"}
    driver.complete("安排采访", as_="宋涛", form={"interviews": [asked]})
    driver.complete("发布新闻并接受采访", as_="宋涛", form=HELD)
    assert entries(driver, "xinwen")[0].values["interviews"] == 1

    alone(driver)
    to_interviews(driver)
    release(driver)
    assert entries(driver, "xinwen")[0].values["interviews"] == 0


# --- 第四十六条: secrets stay secret ---------------------------------------------------------------------------------------


@pytest.mark.clause("P000-22 §46")
@pytest.mark.parametrize(
    ("task", "who", "form", "declared"),
    [
        ("拟写发布材料", "陈静", EMERGENCY, "secrets_checked"),
        ("确定口径并审定材料", "宋涛", APPROVE, "secrets_kept"),
    ],
)
def test_第四十六条_没有核对国家秘密和商业秘密的不能往下走(driver, task, who, form, declared):
    alone(driver)
    if who == "宋涛":
        prepare(driver)
    with driver.refused("秘密", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, declared: False})


@pytest.mark.clause("P000-22 §46")
def test_第四十六条_没有通过保密审查的不能安排和发布(driver):
    alone(driver)
    approve(driver)
    assert names(driver) == []
    child = review(driver, final=EXEMPT)
    assert driver.status(child) == driver.status() == "completed"
    assert driver.path()[-1] == "Event_bufabu"
    assert documents(driver) == entries(driver, "xinwen") == publications(driver) == []


@pytest.mark.clause("P000-22 §46")
@pytest.mark.parametrize("final", [{"final_class": "on_request", "group_signed": True, "final_opinion": "依申请提供"}])
def test_第四十六条_依申请公开的不能向媒体发布(driver, final):
    alone(driver)
    approve(driver)
    review(driver, final=final)
    assert driver.path()[-1] == "Event_bufabu"
    (entry,) = entries(driver, "mulu")
    assert (entry.values["attribute"], entry.values["name"]) == ("依申请公开", ALONE["title"])
    assert publications(driver) == []


@pytest.mark.clause("P000-22 §46")
def test_第四十六条_公开的就是审查过的那一份(driver):
    alone(driver)
    to_interviews(driver)
    release(driver)
    (published,) = publications(driver)
    (entry,) = entries(driver, "xinwen")
    (reviewed,) = entries(driver, "baomi", case=driver.children()[-1])
    assert published.kind == "xinwen"
    assert published.content == EMERGENCY["content"]
    assert published.content_sha256 == entry.values["content_sha256"] == reviewed.values["content_sha256"]
    assert entry.values["review_number"] == reviewed.number
    assert entry.values["publication"] == published.id


@pytest.mark.clause("P000-22 §46")
def test_第四十六条_审查以后改动稿件的退回重新审定(driver):
    alone(driver)
    approve(driver)
    driver.set_variables({"content": "审查以后换上的稿件"})
    review(driver)
    assert names(driver) == ["拟写发布材料"]
    assert "有改动" in driver.variables()["revision_opinion"]
    assert documents(driver) == publications(driver) == []


@pytest.mark.clause("P000-22 §46")
def test_第四十六条_没有审查记录的内容摘要值不能公开(driver):
    alone(driver)
    to_interviews(driver)
    driver.set_variables({"content_sha256": "0" * 64})
    release(driver)
    (incident,) = driver.incidents()
    assert "保密审查" in incident.message
    assert publications(driver) == entries(driver, "xinwen") == []


# --- 第四十八条: release, effect, report -----------------------------------------------------------------------------------


@pytest.mark.clause("P000-22 §48")
def test_第四十八条_第一时间没有时数_不设期限_重大突发事件排在前面(driver):
    alone(driver)
    urgent = driver.task("拟写发布材料")
    alone(driver, occasion="regular")
    regular = driver.task("拟写发布材料")
    assert (urgent.due, regular.due) == (None, None)
    assert urgent.priority > regular.priority
    assert driver.timers() == []


@pytest.mark.clause("P000-22 §49")
@pytest.mark.parametrize("way", ["forum", "bulletin", "interview"])
def test_第四十九条_座谈会_通报和采访各自登记(driver, way):
    alone(driver, release_form=way)
    to_interviews(driver)
    release(driver)
    shown = {"forum": "座谈会", "bulletin": "向新闻媒体通报", "interview": "接受记者采访"}[way]
    assert entries(driver, "xinwen")[0].values["form"] == shown


@pytest.mark.clause("P000-22 §48")
def test_第四十八条_发布以后搜集效应并汇报_领导小组阅示才办结(driver):
    alone(driver)
    to_interviews(driver)
    release(driver)
    assert names(driver) == ["搜集社会效应"]
    for form in ({"coverage": "有报道"}, {"reactions": "肯定"}):
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("搜集社会效应", as_="刘洋", form=form)
    driver.complete(
        "搜集社会效应", as_="刘洋", form={"coverage": "有报道", "reactions": "肯定", "misreports": "一则失实"}
    )
    driver.complete("汇报发布情况和效果", as_="宋涛", form=REPORT)
    assert names(driver) == ["阅示汇报"]
    assert "一则失实" in documents(driver, "xinwen-xiaoguo")[0].html
    driver.complete("阅示汇报", as_="周明", form={"group_instruction": "及时澄清"})
    assert driver.status() == "completed"


@pytest.mark.clause("P000-22 §48")
@pytest.mark.parametrize("missing", ["held_on", "held_media"])
def test_第四十八条_没有发布时间和媒体的不能登记(driver, missing):
    alone(driver)
    to_interviews(driver)
    driver.complete("安排采访", as_="宋涛", form={})
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("发布新闻并接受采访", as_="宋涛", form={key: HELD[key] for key in HELD if key != missing})


@pytest.mark.clause("P000-21 §47")
@pytest.mark.parametrize("way", ["conference", "reception", "briefing"])
def test_第四十七条_会议不能绕过新闻发布会单独发起(driver, way):
    with driver.refused("发布方式", errors.InvalidForm):
        driver.start("xinwen-neirong", as_="陈静", form={**ALONE, "release_form": way})


def test_会议方案中的安排带到发布材料(driver):
    plan(driver, citywide=False)
    child = driver.children()[-1]
    found = driver.variables(child)
    assert {key: found[key] for key in ("title", "release_form", "place", "media")} == {
        key: PLAN[key] for key in ("title", "release_form", "place", "media")
    }
