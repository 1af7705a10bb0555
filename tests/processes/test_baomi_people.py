"""保密审查: four people, each in the own role (§37)."""

from __future__ import annotations

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    LEVELS,
    OFFICE,
    SUBMISSION,
    begin,
    submit,
    to_group,
    to_office,
)

from engine import errors
from engine.model import commands

levels = pytest.mark.parametrize("level", LEVELS)


@pytest.mark.clause("P000-16 §37(一)")
def test_只有责任单位经办人可以报审(driver):
    for who in ("王芳", "陈静", "郑建国", "周明"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("baomi", as_=who)


@pytest.mark.clause("P000-16 §37")
@levels
def test_第三十七条_其他角色不能代办(driver, level):
    come, task, _, form, _, _ = LEVELS[level]
    come(driver)
    wrong = {"Task_baoshen": ["李四", "王芳"], "Task_shenhe": ["李四", "陈静"], "Task_fuhe": ["李四", "赵刚"]}
    for who in (*wrong.get(task, ["李四", "赵刚", "刘洋"]), "周明", "admin"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(task, as_=who, form=form)


@pytest.mark.clause("P000-16 §37(四)")
def test_第三十七条第四项_政府信息公开领导小组不能最后审定(driver):
    to_group(driver)
    for who in ("周明", "吴秀英"):
        with driver.refused("不在任务", errors.Forbidden):
            driver.claim("最后审定", as_=who)


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize("level", ["综合处", "保密工作领导小组"])
def test_第三十七条_一人不能在两级签字(driver, level):
    """田英 heads the unit and sits in the office and in the group: whoever signed one level may not sign another."""
    driver.add_user("tianying", "田英", roles=("danwei_fuze", "zonghechu", "baomixiaozu"), unit="行政审批处")
    _, task, _, form, _, _ = LEVELS[level]
    submit(driver)
    driver.complete("Task_shenhe", as_="田英", form=HEAD)
    if level == "保密工作领导小组":
        driver.complete("Task_fuhe", as_="陈静", form=OFFICE)
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete(task, as_="田英", form=form)


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_签过字的也不能受移交在另一级签字(driver):
    to_office(driver)
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.transfer("Task_fuhe", to="王芳", as_="admin")


@pytest.mark.clause("P000-16 §37(二)")
def test_第三十七条第二项_其他单位的负责人不能审核(driver):
    submit(driver)
    for who in ("赵刚", "黄伟", "唐敏"):
        with driver.refused("不在任务", errors.Forbidden):
            driver.claim("Task_shenhe", as_=who)
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("Task_shenhe", as_=who, form=HEAD)
    driver.complete("Task_shenhe", as_="王芳", form=HEAD)


@pytest.mark.clause("P000-16 §37(二)")
def test_第三十七条第二项_由送审的流程指定单位的由该单位负责人审核(driver):
    begin(driver)
    driver.set_variables({"review_unit": "综合处"}, as_="admin")
    driver.complete("Task_baoshen", as_="张三", form=SUBMISSION)
    with driver.refused("不能办理", errors.Forbidden):
        driver.complete("Task_shenhe", as_="王芳", form=HEAD)
    driver.complete("Task_shenhe", as_="唐敏", form=HEAD)


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_责任人不能审核自己的意见(driver):
    everything = frozenset(("danwei_jingban", "danwei_fuze", "zonghechu", "baomixiaozu"))
    many = commands.Actor("zhangsan", everything, unit="行政审批处")
    driver.start("baomi", as_=many)
    driver.complete("Task_baoshen", as_=many, form=SUBMISSION)
    for task, who, form in (
        ("Task_shenhe", "王芳", HEAD),
        ("Task_fuhe", "陈静", OFFICE),
        ("Task_shending", "郑建国", GROUP),
    ):
        with driver.refused("不能由同一人", errors.Forbidden):
            driver.complete(task, as_=many, form=form)
        driver.complete(task, as_=who, form=form)


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_后一级不能改动报审内容和前一级意见(driver):
    submit(driver)
    for change in ({"content": "改动"}, {"originator_decision": "withhold"}, {"originator_kinds": ["internal"]}):
        with driver.refused("本环节只能查看此项", errors.InvalidForm):
            driver.complete("Task_shenhe", as_="王芳", form={**HEAD, **change})
    for change in ({"office_class": "open"}, {"final_class": "open"}):
        with driver.refused("本环节不能填写此项", errors.InvalidForm):
            driver.complete("Task_shenhe", as_="王芳", form={**HEAD, **change})
