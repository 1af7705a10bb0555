"""新闻发布: what concerns other departments (§30, §31, §39) or needs approval (§32) goes the way of every release."""

from __future__ import annotations

import pytest
from fabu_case import APPROVAL, APPROVED, CONFIRM, CONSULT, DIFFERS, REFUSED, RULED, answer, ask, entries, open_letters
from left_behind import publications
from xinwen_case import APPROVE, EMERGENCY, alone, prepare, release, review

from engine import errors

INVOLVED = {"other_departments": True}


pytestmark = pytest.mark.usefixtures("spokesperson")


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


def approve(driver, **changes):
    prepare(driver, **changes)
    driver.complete("确定口径并审定材料", as_="宋涛", form=APPROVE)


def to_departments(driver, *departments, **changes):
    """Bring a release to where letters are written; return the cases of the departments, in their order."""
    alone(driver)
    approve(driver, **INVOLVED, departments=list(departments), **changes)
    return open_letters(driver)


def to_approval(driver):
    """Bring a release that needs approval to where it is asked for; return the case that asks."""
    alone(driver)
    approve(driver, **APPROVAL)
    review(driver)
    return driver.children()[-1]


def withheld(driver):
    return [each for each in entries(driver, "bugongkai") if each.values["title"] == driver.variables()["title"]]


# --- 第三十条, 第三十九条: other departments ----------------------------------------------------------------------------------


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
def test_第三十条_第三十九条_所涉部门都答复了才送保密审查(driver):
    first, second = to_departments(driver, CONFIRM, CONSULT)
    found = driver.variables(first)
    assert (found["department"], found["matter"], found["unit"]) == (CONFIRM["department"], CONFIRM["matter"], "综合处")
    assert found["content_sha256"] == driver.variables()["content_sha256"]
    answer(driver, first)
    assert "Call_baomi" not in driver.path()
    answer(driver, second)
    child = review(driver)
    assert names(driver) == ["安排采访"]
    settled = driver.variables()["settlements"]
    assert {(each["department"], each["relation"], each["outcome"]) for each in settled} == {
        (CONFIRM["department"], "confirm", "keep"),
        (CONSULT["department"], "consult", "keep"),
    }
    reviewed = driver.variables(child)
    assert reviewed["departments"] == f"{CONFIRM['department']}、{CONSULT['department']}"
    assert "建函〔2026〕12号" in reviewed["consultation"]


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
@pytest.mark.parametrize("given", [{}, {"departments": []}, {"departments": [{"department": "市供电公司"}]}])
def test_第三十条_涉及其他部门的要写明是哪些部门和什么内容(driver, given):
    alone(driver)
    with driver.refused("必填", errors.InvalidForm):
        prepare(driver, **INVOLVED, **given)


@pytest.mark.clause("P000-11 §30", "P000-18 §39", "P000-13 §32")
@pytest.mark.parametrize("asked", ["other_departments", "approval_required"])
def test_第三十条_第三十二条_是否涉及部门和是否需要批准都要回答(driver, asked):
    alone(driver)
    with driver.refused("必填", errors.InvalidForm):
        prepare(driver, **{asked: None})


@pytest.mark.clause("P000-12 §31")
def test_第三十一条_按部门意见修改后由发言人核对_不再问同一部门(driver):
    (letter,) = to_departments(driver, CONFIRM)
    difference = answer(driver, letter, DIFFERS)
    driver.complete("认定内容的权限", as_="陈静", form=RULED, case=difference)
    assert names(driver) == ["拟写发布材料"]
    assert RULED["handling"] in driver.variables()["revision_opinion"]
    prepare(driver, **INVOLVED, departments=[CONFIRM], content="写明依据的稿件")
    with driver.refused("按处理结果修改", errors.InvalidForm):
        driver.complete("确定口径并审定材料", as_="宋涛", form=APPROVE)
    driver.complete("确定口径并审定材料", as_="宋涛", form={**APPROVE, "conforms": True})
    assert driver.path()[-1] == "Call_baomi"
    (settled,) = driver.variables()["settlements"]
    assert (settled["outcome"], settled["content_sha256"]) == ("keep", driver.variables()["content_sha256"])


@pytest.mark.clause("P000-12 §31")
def test_第三十一条_有权机关不同意公开的备案后不发布(driver):
    (letter,) = to_departments(driver, CONFIRM)
    difference = answer(driver, letter, DIFFERS)
    driver.complete("认定内容的权限", as_="陈静", form={**RULED, "authority_outcome": "withhold"}, case=difference)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bufabu")
    (entry,) = withheld(driver)
    assert (entry.values["ground"], entry.values["unit"]) == ("第三十一条", "综合处")
    assert publications(driver) == []


@pytest.mark.clause("P000-11 §30")
def test_第三十条_答复以后换了稿件的_发布前核对不出去(driver):
    (letter,) = to_departments(driver, CONFIRM)
    answer(driver, letter)
    driver.set_variables({"content": "答复以后换上的稿件"})
    review(driver)
    assert names(driver) == ["拟写发布材料"]
    assert f"{CONFIRM['department']}没有就现在的内容答复" in driver.variables()["revision_opinion"]


# --- 第三十二条: approval --------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-13 §32")
def test_第三十二条_需要批准的批准后才发布(driver):
    case = to_approval(driver)
    assert driver.variables(case)["content_sha256"] == driver.variables()["content_sha256"]
    ask(driver, case)
    assert names(driver) == []
    driver.complete("登记批复", as_="陈静", form=APPROVED, case=case)
    release(driver)
    assert [each.content for each in publications(driver)] == [EMERGENCY["content"]]


@pytest.mark.clause("P000-13 §32")
def test_第三十二条_未获批准的备案后不发布(driver):
    case = to_approval(driver)
    ask(driver, case)
    driver.complete("登记批复", as_="陈静", form=REFUSED, case=case)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bufabu")
    (entry,) = withheld(driver)
    assert entry.values["ground"] == "第三十二条"
    assert publications(driver) == []


@pytest.mark.clause("P000-13 §32")
def test_第三十二条_需要批准的要写明规定和批准机关(driver):
    alone(driver)
    with driver.refused("必填", errors.InvalidForm):
        prepare(driver, approval_required=True)
