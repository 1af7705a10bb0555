"""P000-21 §44 新闻发言人: chosen once, by 行政首长, among 党组成员; every release uses who is chosen."""

from __future__ import annotations

import pytest
from xinwen_case import ALONE, alone, appoint, plan

from engine import errors, testing


def roster(driver):
    with driver.engine.store.read() as uow:
        return uow.records.entries("shizhengwuban", "xinwen-renyuan")


@pytest.mark.clause("P000-21 §44")
@pytest.mark.parametrize(("key", "form"), [("xinwen-neirong", ALONE), ("xinwen-fabuhui", None)])
def test_第四十四条_还没有发言人的_先由行政首长确定才能往下办(key, form):
    with testing.EngineDriver("shizhengwuban") as driver:
        driver.start(key, as_="陈静", form=form)
        assert driver.tasks() == []
        (choice,) = driver.children()
        driver.complete("确定新闻发言人", as_="周明", form={"spokesperson": "songtao"}, case=choice)
        assert driver.variables()["spokesperson"] == "songtao"
        assert [task.name for task in driver.tasks()] == ["拟写发布材料" if form else "拟订新闻发布方案"]


@pytest.mark.clause("P000-21 §44")
def test_第四十四条_确定以后登入名册_另行确定的指向原来的一条(driver):
    appoint(driver)
    appoint(driver, "huangwei")
    first, second = roster(driver)
    assert (first.values["person"], second.values["person"]) == ("songtao", "huangwei")
    assert (second.corrects, second.reason) == (first.id, "另行确定新闻发言人")
    assert {each.values["decided_by"] for each in (first, second)} == {"zhouming"}
    assert driver.variables()["incumbent"] == "songtao"


@pytest.mark.clause("P000-21 §44")
@pytest.mark.parametrize("who", ["chenjing", "zhouming", "liuyang", "nobody"])
def test_第四十四条_新闻发言人在党组成员中确定(driver, who):
    driver.start("fayanren", as_="陈静")
    with driver.refused("新闻发言人", errors.InvalidForm):
        driver.complete("确定新闻发言人", as_="周明", form={"spokesperson": who})


@pytest.mark.clause("P000-21 §44")
def test_第四十四条_由行政首长确定_别人不能(driver):
    driver.start("fayanren", as_="陈静")
    for who in ("陈静", "吴秀英", "宋涛", "黄伟", "admin"):
        with driver.refused("不能办理任务", errors.Forbidden):
            driver.complete("确定新闻发言人", as_=who, form={"spokesperson": "songtao"})
    for who in ("张三", "宋涛", "吴秀英"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("fayanren", as_=who)


@pytest.mark.clause("P000-21 §44")
def test_第四十四条_每次发布用的都是现任发言人(driver):
    appoint(driver, "huangwei")
    appoint(driver)
    alone(driver)
    assert driver.variables()["spokesperson"] == "songtao"
    plan(driver, citywide=False)
    (child,) = driver.children()
    assert driver.variables(child)["spokesperson"] == "songtao"
