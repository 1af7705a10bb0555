"""保密审查: nothing is released or filed that was not reviewed as it is (§37, §39)."""

from __future__ import annotations

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    OFFICE,
    SUBMISSION,
    exempt,
    reviewed,
    submit,
    to_group,
    to_office,
    voided,
)
from left_behind import documents, entries, publications

from engine import errors

CONCERNED = {"other_departments": True, "departments": "市住建局"}


def at_office(driver, **changes):
    submit(driver, **changes)
    driver.complete("Task_shenhe", as_="王芳", form=HEAD)


@pytest.mark.clause("P000-18 §39")
def test_第三十九条_涉及其他部门职责的写明所涉部门和征询的情况(driver):
    with driver.refused("必填", errors.InvalidForm):
        submit(driver, other_departments=True)
    at_office(driver, **CONCERNED)
    with driver.refused("征询相关部门意见：必填", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form=OFFICE)
    with driver.refused("征询的结果：必填", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, "consulting": "done"})
    form = {**OFFICE, "consulting": "done", "consulting_note": "市住建局同意，建函〔2026〕2号"}
    driver.complete("Task_fuhe", as_="陈静", form=form)
    driver.complete("Task_shending", as_="郑建国", form=GROUP)
    review = driver.variables()["review"]
    assert (review["departments"], review["consultation"]) == ("市住建局", "市住建局同意，建函〔2026〕2号")


@pytest.mark.clause("P000-18 §39")
def test_第三十九条_复核认为还涉及其他部门的也写明(driver):
    at_office(driver)
    found = {**OFFICE, "office_departments": "市财政局"}
    with driver.refused("征询相关部门意见：必填", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form=found)
    driver.complete("Task_fuhe", as_="陈静", form={**found, "consulting": "at_release"})
    driver.complete("Task_shending", as_="郑建国", form=GROUP)
    assert driver.path()[-1] == "Event_jiaofabu"
    (sheet,) = documents(driver)
    assert "市财政局；征询意见情况：尚未征询，公开前由统一发布征询" in sheet.html
    assert publications(driver) == []


@pytest.mark.clause("P000-18 §39")
def test_第三十九条_由发布流程送审的_没有征询的不能标明或者审定主动公开(driver):
    at_office(driver)
    driver.set_variables({"for_release": True}, as_="admin")
    found = {**OFFICE, "office_departments": "市财政局", "consulting": "at_release"}
    with driver.refused("应征询相关部门意见后方可公开", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form=found)
    driver.complete("Task_fuhe", as_="陈静", form={**found, "office_class": "on_request"})
    with driver.refused("应征询相关部门意见后方可公开", errors.InvalidForm):
        driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_opinion": "可以公开"})


@pytest.mark.clause("P000-16 §37(四)")
@pytest.mark.parametrize("change", ["title", "summary", "content", "basis"])
def test_审查后改动内容的审查作废_退回重新报审(driver, change):
    reviewed(driver, lambda: driver.set_variables({change: "改动后的内容"}, as_="admin"))

    assert "review" not in driver.variables()
    again = driver.task("重新报审")
    assert again.assignee == "zhangsan"
    assert "内容与报审时的内容不一致" in driver.variables()["void_reason"]
    assert driver.variables()["final_class"] is None


@pytest.mark.clause("P000-16 §37")
def test_作废后四级从头审查重新签字才审定(driver):
    voided(driver)
    before = driver.variables()["reviewed_sha256"]
    driver.advance(days=1)
    with driver.refused("请确认签字", errors.InvalidForm):
        unsigned = {key: value for key, value in SUBMISSION.items() if key != "originator_signed"}
        driver.complete("Task_chongbao", as_="张三", form=unsigned)
    driver.complete("Task_chongbao", as_="张三", form={**SUBMISSION, "content": "改动后的内容"})
    driver.complete("Task_shenhe", as_="王芳", form=HEAD)
    driver.complete("Task_fuhe", as_="刘洋", form=OFFICE)
    driver.complete("Task_shending", as_="冯艳", form=GROUP)

    review = driver.variables()["review"]
    assert review["content_sha256"] != before
    assert [each["person"] for each in review["signatures"]] == ["zhangsan", "wangfang", "liuyang", "fengyan"]
    (entry,) = entries(driver)
    assert (entry.number, entry.values["content_sha256"]) == (review["number"], review["content_sha256"])


@pytest.mark.clause("P000-16 §37")
def test_作废后换人也不能在另一级签字(driver):
    driver.add_user("tianying", "田英", roles=("danwei_fuze", "zonghechu"), unit="行政审批处")
    to_office(driver)
    driver.complete("Task_fuhe", as_="田英", form=OFFICE)
    driver.set_variables({"content": "改动后的内容"}, as_="admin")
    driver.complete("Task_shending", as_="郑建国", form=GROUP)
    driver.complete("Task_chongbao", as_="张三", form={**SUBMISSION, "content": "改动后的内容"})
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete("Task_shenhe", as_="田英", form=HEAD)


@pytest.mark.clause("P000-17 §38")
def test_作废后重新报审时也可以无法确定(driver):
    voided(driver)
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
@pytest.mark.parametrize("signature", ["originator", "head", "office"])
def test_第三十七条_缺少任何一级签字都不能审定(driver, signature):
    reviewed(driver, lambda: driver.set_variables({f"{signature}_signature": None}, as_="admin"))
    assert driver.task("重新报审")
    assert "没有责任人签字" in driver.variables()["void_reason"]
    assert "review" not in driver.variables()


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize(("forged", "reason"), [("office", "不同的人"), ("early", "早于")])
def test_第三十七条_四级签字须出自四人并依次签署(driver, forged, reason):
    changed = {"person": "zhengjianguo"} if forged == "office" else {"at": "2026-03-01T09:00:00+08:00"}

    def forge():
        driver.set_variables({"office_signature": {**driver.variables()["office_signature"], **changed}}, as_="admin")

    reviewed(driver, forge)
    assert reason in driver.variables()["void_reason"]
    assert entries(driver) == []
