"""预审: who may not do what, and that nothing unsigned is ever published (I-01, I-02)."""

from __future__ import annotations

import pytest
from yushen_case import (
    AGREE,
    APPROVE,
    PUBLISH,
    RECOMMEND,
    REFER,
    REVIEWS,
    WRONG_DATA,
    application,
    apply,
    reviews,
    to_group,
)

from engine import errors, testing


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward.

    黄伟 sits in several places, here also in the unit that applies.
    """
    with testing.EngineDriver("shizhengwuban") as driver:
        roles = sorted(driver.user("黄伟").roles)
        driver.add_user("huangwei", "黄伟", roles=roles, unit="行政审批处")
        yield driver


# --- who may not -------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-02 §2")
def test_只有责任单位经办人可以发起(driver):
    for who in ("王芳", "陈静", "周明", "郑建国"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("yushen", as_=who)


@pytest.mark.clause("P000-02 §2")
@reviews
def test_其他角色不能代为审核(driver, review):
    come, task, _, form = REVIEWS[review]
    come(driver)
    wrong = {"审核并决定是否公开": ["张三", "陈静", "周明"], "预审公开申请": ["李四", "赵刚", "周明"]}
    wrong |= {"提出预审意见": ["李四", "赵刚", "周明"]}
    for who in (*wrong.get(task, ["李四", "赵刚", "刘洋"]), "郑建国", "admin"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(task, as_=who, form=form)


@pytest.mark.clause("P000-02 §2")
def test_第二条_由填报人所在单位的负责人审核_其他单位的负责人不能审核(driver):
    apply(driver)
    with driver.refused("责任单位负责人（行政审批处）", errors.Forbidden):
        driver.claim("审核并决定是否公开", as_="赵刚")
    driver.start("yushen", as_="李四")
    driver.complete("填报公开申请单", as_="李四", form=application(driver))
    with driver.refused("责任单位负责人（工程建设服务处）", errors.Forbidden):
        driver.complete("审核并决定是否公开", as_="王芳", form=PUBLISH)
    driver.complete("审核并决定是否公开", as_="赵刚", form=PUBLISH)


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_保密工作领导小组不是审定的领导小组(driver):
    to_group(driver)
    with driver.refused("不在任务", errors.Forbidden):
        driver.claim("审定公开信息", as_="郑建国")


@pytest.mark.clause("P000-02 §2")
@pytest.mark.parametrize("review", ["预审", "审定", "提出预审意见", "审批"])
def test_第二条_一人不能在两个环节签字(driver, review):
    """黄伟 sits in the unit, the office and the group: whoever signed one step may not sign another."""
    _, task, _, form = REVIEWS[review]
    apply(driver)
    referral = review in ("提出预审意见", "审批")
    driver.complete("审核并决定是否公开", as_="黄伟", form=REFER if referral else PUBLISH)
    if review == "审定":
        driver.complete("预审公开申请", as_="陈静", form=AGREE)
    elif review == "审批":
        driver.complete("提出预审意见", as_="陈静", form=RECOMMEND)
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete(task, as_="黄伟", form=form)
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.transfer(task, to="黄伟", as_="admin")


@pytest.mark.clause("P000-02 §2")
def test_第二条_申请人不能审核自己的申请(driver):
    both = ("danwei_jingban", "danwei_fuze")
    driver.add_user("qianjin", "钱进", roles=both, unit="市市场监督管理局行政许可服务处")
    driver.start("yushen", as_="钱进")
    driver.complete("填报公开申请单", as_="钱进", form=application(driver))
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete("审核并决定是否公开", as_="钱进", form=PUBLISH)


@pytest.mark.clause("P000-02 §2")
def test_第二条_重新填报后也不能换一个环节签字(driver):
    apply(driver)
    driver.complete("审核并决定是否公开", as_="王芳", form=PUBLISH)
    driver.complete("预审公开申请", as_="黄伟", form={**AGREE, **WRONG_DATA})
    driver.complete("重新填报申请单", as_="张三", form=application(driver))
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete("审核并决定是否公开", as_="黄伟", form=PUBLISH)


# --- nothing is published unsigned --------------------------------------------------------------------------------------


@pytest.mark.clause("P000-02 §2")
@pytest.mark.parametrize("signature", ["application_signature", "prereview_signature", "approval_signature"])
def test_第二条_缺少任何一级签字都不能公开(driver, signature):
    to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    driver.set_variables({signature: None}, as_="admin")
    driver.advance(days=5)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_weigongkai")
    assert "没有责任人签字" in driver.variables()["refusal_reason"]
    assert "publication" not in driver.variables()


@pytest.mark.clause("P000-02 §2")
def test_第二条_一人的两个签字不能公开(driver):
    to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    driver.set_variables({"approval_signature": driver.variables()["prereview_signature"]}, as_="admin")
    driver.advance(days=5)
    assert driver.path()[-1] == "Event_weigongkai"
    assert "不同的人" in driver.variables()["refusal_reason"]
