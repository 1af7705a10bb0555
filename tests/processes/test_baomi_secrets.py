"""保密审查: what §36 lists is never published, unless approved where the text speaks of approval."""

from __future__ import annotations

import itertools

import pytest
from baomi_case import (
    APPROVALS,
    GROUP,
    HEAD,
    KINDS,
    LEVELS,
    OFFICE,
    SUBMISSION,
    begin,
    finish,
    submit,
    ticked,
    to_office,
)

from engine import catalog, config, dmn, errors, forms, testing
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=None)
SHEET = "shizhengwuban/baomi-shenchabiao"


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("kind", KINDS)
def test_第三十六条_责任人所选涉密信息不能提出公开(driver, kind):
    begin(driver)
    form = {**SUBMISSION, **ticked("originator", kind)}
    with driver.refused("第三十六条", errors.InvalidForm):
        driver.complete("Task_baoshen", as_="张三", form=form)
    form |= {"originator_decision": "withhold", "originator_opinion": "涉密"}
    driver.complete("Task_baoshen", as_="张三", form=form)
    assert len(driver.variables()["originator_grounds"]) == 1


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("verdict", ["open", "on_request"])
@pytest.mark.parametrize("kind", KINDS)
def test_第三十六条_涉密信息不能标明主动公开或依申请公开(driver, kind, verdict):
    to_office(driver)
    form = {**OFFICE, **ticked("office", kind), "office_opinion": "复核意见"}
    with driver.refused("第三十六条", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form={**form, "office_class": verdict})
    exempted = {"office_class": "exempt", "office_exempt_ground": "article_36", "office_exempt_reason": "涉密"}
    driver.complete("Task_fuhe", as_="陈静", form={**form, **exempted})

    with driver.refused("不能审定为主动公开或依申请公开", errors.InvalidForm):
        driver.complete(
            "Task_shending", as_="郑建国", form={**GROUP, "final_class": verdict, "final_opinion": "同意公开"}
        )
    form = {**GROUP, "final_class": "exempt", "final_exempt_ground": "article_36", "final_exempt_reason": "涉密"}
    driver.complete("Task_shending", as_="郑建国", form=form)
    assert driver.path()[-1] == "Event_mianyu"
    assert len(driver.variables()["review"]["secret_grounds"]) == 1


@pytest.mark.clause("P000-16 §36(二)", "P000-16 §36(三)")
@pytest.mark.parametrize("kind", APPROVALS)
def test_第三十六条第二三项_经批准的可以公开(driver, kind):
    approval = {APPROVALS[kind]: "市政府办公室，市政办批〔2026〕3号"}
    to_office(driver, **ticked("originator", kind, **approval))
    driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, **ticked("office", kind, **approval)})
    finish(driver, "保密工作领导小组")
    assert driver.path()[-1] == "Event_jiaofabu"
    assert driver.variables()["review"]["secret_grounds"] == []


@pytest.mark.clause("P000-16 §36(一)", "P000-16 §36(四)")
@pytest.mark.parametrize("kind", ["classified", "internal"])
def test_第三十六条第一四项_没有批准即可公开的例外(driver, kind):
    """An approval that is typed in for another kind does not lift these two."""
    to_office(driver)
    form = {**OFFICE, **ticked("office", kind, sensitive_approval="市政办批〔2026〕3号"), "office_opinion": "意见"}
    with driver.refused("第三十六条", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form=form)


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("level", ["originator", "office"])
def test_第三十六条_所选各项写明密级和事项_均不属于不与其他各项同选(driver, level):
    come, task, who, form, verdict, why = LEVELS["责任人" if level == "originator" else "综合处"]
    come(driver)
    for kind in ("classified", "internal"):
        with driver.refused("必填", errors.InvalidForm):
            driver.complete(task, as_=who, form={**form, f"{level}_kinds": [kind], verdict: "uncertain", why: "疑问"})
    with driver.refused("不能再选其他各项", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, f"{level}_kinds": ["none", "marked"]})


@pytest.mark.clause("P000-16 §36")
def test_第三十六条_综合处不采纳责任人所选涉密情形的_两级都写明理由(driver):
    submit(driver, **ticked("originator", "marked"), originator_decision="withhold", originator_opinion="内部文件")
    driver.complete("Task_shenhe", as_="王芳", form={**HEAD, "head_opinion": "警示字样系误标"})
    with driver.refused("复核意见：必填", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form=OFFICE)
    driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, "office_opinion": "经核对原件，没有警示字样"})
    with driver.refused("审定意见：必填", errors.InvalidForm):
        driver.complete("Task_shending", as_="郑建国", form=GROUP)
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_opinion": "同意综合处意见"})
    finish(driver)
    review = driver.variables()["review"]
    assert review["originator"]["kinds"] == ["marked"]
    assert review["office"]["kinds"] == ["none"]


@pytest.mark.clause("P000-16 §36")
def test_第三十六条_表单的限制与决策表一致():
    """For every combination the form lets 综合处 publish exactly what the table finds nothing against."""
    form, (_, decision) = CHECKED.forms[SHEET], CHECKED.decisions["baomi-fanwei"]
    rights = forms.Rights.parse(CHECKED.processes["baomi"][1].elements["Task_fuhe"].properties["fieldRights"])
    combinations = itertools.product(
        itertools.chain.from_iterable(itertools.combinations(KINDS, n) for n in range(len(KINDS) + 1)),
        (None, "市政办批〔2026〕3号"),
        (None, "市政办批〔2026〕4号"),
        (None, "publish", "other"),
    )
    for kinds, sensitive, marked, reply in combinations:
        given = {"kinds": list(kinds) or ["none"], "sensitive_approval": sensitive, "marked_approval": marked}
        found = dmn.evaluate(decision, {**given, "reply": reply}).rows
        answer = {
            "office_kinds": given["kinds"],
            "office_class": "open",
            "office_signed": True,
            "office_opinion": "复核意见",
        }
        answer |= {"office_marking": "secret"} if "classified" in kinds else {}
        answer |= {"office_internal_note": "内部值班安排"} if "internal" in kinds else {}
        answer |= {"office_sensitive_approval": sensitive} if "sensitive" in kinds else {}
        answer |= {"office_marked_approval": marked} if "marked" in kinds else {}
        try:
            forms.validate(form, answer, current={"reply": reply}, rights=rights, today=testing.MONDAY.date())
            accepted = True
        except errors.InvalidForm:
            accepted = False
        assert accepted == (not found), (kinds, sensitive, marked, reply)
