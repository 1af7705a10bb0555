"""保密审查: nothing is released or filed that was not reviewed as it is (§37, §39)."""

from __future__ import annotations

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    LEVELS,
    OFFICE,
    RELEASE,
    SUBMISSION,
    exempt,
    submit,
    to_group,
    to_office,
    to_release,
)

from engine import errors, testing


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban") as driver:
        yield driver


@pytest.mark.clause("P000-18 §39")
def test_第三十九条_涉及其他部门职责的征询意见后方可公开(driver):
    with driver.refused("必填", errors.InvalidForm):
        submit(driver, other_departments=True)
    driver.complete(
        "Task_baoshen", as_="张三", form={**SUBMISSION, "other_departments": True, "departments": "市住建局"}
    )
    for level in ("单位负责人", "综合处", "保密工作领导小组"):
        _, task, who, form, _, _ = LEVELS[level]
        driver.complete(task, as_=who, form=form)
    with driver.refused("征询意见的结果：必填", errors.InvalidForm):
        driver.complete("Task_hezhun", as_="孙磊", form=RELEASE)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, "consultation": "市住建局同意，建函〔2026〕2号"})
    review = driver.variables()["review"]
    assert (review["departments"], review["consultation"]) == ("市住建局", "市住建局同意，建函〔2026〕2号")


@pytest.mark.clause("P000-16 §37(四)")
@pytest.mark.parametrize("change", ["title", "summary", "content", "basis"])
def test_审查后改动内容的审查作废_退回重新报审(driver, change):
    to_release(driver)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, change: "改动后的内容"})

    assert not {"publication", "review"} & driver.variables().keys()
    again = driver.task("重新报审")
    assert again.assignee == "zhangsan"
    assert "内容与报审时的内容不一致" in driver.variables()["void_reason"]
    assert driver.variables()["final_class"] is None


@pytest.mark.clause("P000-16 §37")
def test_作废后四级从头审查重新签字才发布(driver):
    to_release(driver)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, "content": "改动后的内容"})
    before = driver.variables()["reviewed_sha256"]
    driver.advance(days=1)
    with driver.refused("请确认签字", errors.InvalidForm):
        unsigned = {key: value for key, value in SUBMISSION.items() if key != "originator_signed"}
        driver.complete("Task_chongbao", as_="张三", form=unsigned)
    driver.complete("Task_chongbao", as_="张三", form={**SUBMISSION, "content": "改动后的内容"})
    driver.complete("Task_shenhe", as_="赵刚", form=HEAD)
    driver.complete("Task_fuhe", as_="刘洋", form=OFFICE)
    driver.complete("Task_shending", as_="冯艳", form=GROUP)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, "content": "改动后的内容"})

    review = driver.variables()["review"]
    assert review["content_sha256"] != before
    assert [each["person"] for each in review["signatures"]] == ["zhangsan", "zhaogang", "liuyang", "fengyan"]
    assert driver.variables()["publication"]["content_sha256"] == review["content_sha256"]


@pytest.mark.clause("P000-16 §37")
def test_作废后换人也不能在另一级签字(driver):
    to_office(driver)
    driver.complete("Task_fuhe", as_="黄伟", form=OFFICE)
    driver.complete("Task_shending", as_="郑建国", form=GROUP)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, "content": "改动后的内容"})
    driver.complete("Task_chongbao", as_="张三", form={**SUBMISSION, "content": "改动后的内容"})
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete("Task_shenhe", as_="黄伟", form=HEAD)


@pytest.mark.clause("P000-17 §38")
def test_作废后重新报审时也可以无法确定(driver):
    to_release(driver)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, "content": "改动后的内容"})
    doubt = {**SUBMISSION, "originator_decision": "uncertain", "originator_opinion": "改动部分能否公开"}
    driver.complete("Task_chongbao", as_="张三", form=doubt)
    assert driver.task("Task_qingshi", case=driver.children()[-1])


@pytest.mark.clause("P000-16 §37(四)")
@pytest.mark.parametrize("verdict", ["on_request", "exempt"])
def test_审定之前改动的内容也不登记(driver, verdict):
    more = {"office_opinion": "意见", **exempt("office")} if verdict == "exempt" else {}
    to_group(driver, office_class=verdict, **more)
    driver.set_variables({"content": "被改动的内容"}, as_="admin")
    form = {**GROUP, "final_class": verdict} | (exempt("final") if verdict == "exempt" else {})
    driver.complete("Task_shending", as_="郑建国", form=form)
    assert driver.task("重新报审")
    assert "review" not in driver.variables()


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize("signature", ["originator", "head", "office", "group"])
def test_第三十七条_缺少任何一级签字都不能发布(driver, signature):
    to_release(driver)
    driver.set_variables({f"{signature}_signature": None}, as_="admin")
    driver.complete("Task_hezhun", as_="孙磊", form=RELEASE)
    assert driver.task("重新报审")
    assert "没有责任人签字" in driver.variables()["void_reason"]
    assert not {"publication", "review"} & driver.variables().keys()


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize(("forged", "reason"), [("office", "不同的人"), ("early", "早于")])
def test_第三十七条_四级签字须出自四人并依次签署(driver, forged, reason):
    to_release(driver)
    mine = dict(driver.variables()["group_signature"])
    mine |= {"person": "chenjing"} if forged == "office" else {"at": "2026-03-01T09:00:00+08:00"}
    driver.set_variables({"group_signature": mine}, as_="admin")
    driver.complete("Task_hezhun", as_="孙磊", form=RELEASE)
    assert reason in driver.variables()["void_reason"]
    assert "publication" not in driver.variables()


def test_照审定的内容发布_空着的附件栏不算改动(driver):
    to_release(driver)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, "attachments": [], "channel_note": ""})
    assert driver.path()[-1] == "Event_yifabu"


def test_公开形式可以在核定时改变_不属于审查的内容(driver):
    to_release(driver)
    driver.complete("Task_hezhun", as_="孙磊", form={**RELEASE, "channels": ["other"], "channel_note": "政务大厅广播"})
    assert driver.variables()["publication"]["channels"] == ["other"]
