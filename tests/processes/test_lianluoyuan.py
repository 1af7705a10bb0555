"""P000-23 联络员: appointed by 综合处, in touch with 市委宣传部 and the media, does what the spokesperson leaves to them."""

from __future__ import annotations

import pytest
import xinwen_case
from left_behind import entries

from engine import catalog, config, errors
from engine.actions import checking

CONTACT = {
    "contact_kind": "publicity",
    "contact_with": "新闻处王处长",
    "contact_on": "2026-03-09",
    "contact_matter": "通报本月新闻发布安排",
}
STANDING = ["结束联络员安排", "委托事务", "联系并记录"]


pytestmark = pytest.mark.usefixtures("spokesperson")


def appoint(driver, who="liuyang"):
    """Choose the liaison; whoever was it before has left, for there is one at a time."""
    driver.start("lianluoyuan", as_="陈静")
    if driver.status() == "completed":
        before = max(each.instance_id for each in roster(driver) if each.values["state"] == "在任")
        driver.complete("结束联络员安排", as_="孙磊", form={"change_reason": "工作调动"}, case=before)
        driver.start("lianluoyuan", as_="陈静")
    driver.complete("确定联络员", as_="陈静", form={"liaison": who})


def roster(driver, duty="联络员"):
    with driver.engine.store.read() as uow:
        found = uow.records.entries("shizhengwuban", "xinwen-renyuan")
    return [each for each in found if each.values["duty"] == duty]


def empty(driver):
    """Bring it about that there is no liaison."""
    appoint(driver)
    driver.complete("结束联络员安排", as_="孙磊", form={"change_reason": "工作调动"})


def names(driver):
    return sorted(task.name for task in driver.tasks())


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_综合处确定联络员_三项工作同时开放(driver):
    appoint(driver)
    assert names(driver) == sorted(STANDING)
    assert driver.task("联系并记录").assignee == "liuyang"


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_联络员在承担联络工作的人员中确定(driver):
    empty(driver)
    driver.start("lianluoyuan", as_="陈静")
    with driver.refused("联络员", errors.InvalidForm):
        driver.complete("确定联络员", as_="陈静", form={"liaison": "zhangsan"})
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("确定联络员", as_="陈静", form={})


@pytest.mark.clause("P000-23 §51")
@pytest.mark.parametrize(("kind", "shown"), [("publicity", "市委宣传部"), ("media", "新闻媒体")])
def test_第五十一条_联系一次登记一次_可以一直登记下去(driver, kind, shown):
    appoint(driver)
    for number in range(3):
        driver.complete(
            "联系并记录", as_="刘洋", form={**CONTACT, "contact_kind": kind, "contact_result": f"第{number}次"}
        )
        assert names(driver) == sorted(STANDING)
    found = entries(driver, "lianluo")
    assert [each.values["result"] for each in found] == ["第0次", "第1次", "第2次"]
    assert {(each.values["kind"], each.values["liaison"]) for each in found} == {(shown, "liuyang")}
    assert [each.serial - found[0].serial for each in found] == [0, 1, 2]


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_上一次的记录不带到下一次(driver):
    appoint(driver)
    driver.complete("联系并记录", as_="刘洋", form={**CONTACT, "contact_result": "已答复"})
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("联系并记录", as_="刘洋", form={"contact_kind": "media"})
    driver.complete("联系并记录", as_="刘洋", form=CONTACT)
    assert "result" not in entries(driver, "lianluo")[1].values


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_还没有发生的联系不能登记(driver):
    appoint(driver)
    with driver.refused("应不晚于", errors.InvalidForm):
        driver.complete("联系并记录", as_="刘洋", form={**CONTACT, "contact_on": "2026-03-10"})


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_发言人可以随时委托_几件互不等待(driver):
    appoint(driver)
    driver.complete("委托事务", as_="宋涛", form={"errand": "联系场地"})
    driver.complete("委托事务", as_="宋涛", form={"errand": "准备话筒"})
    assert names(driver) == sorted([*STANDING, "完成委托事务", "完成委托事务"])

    first, second = [task for task in driver.tasks() if task.name == "完成委托事务"]
    driver.complete(second, as_="刘洋", form={"errand_result": "话筒已备"})
    driver.complete(first, as_="刘洋", form={"errand_result": "已预订一楼大厅"})

    assert [
        (each.values["kind"], each.values["matter"], each.values["result"]) for each in entries(driver, "lianluo")
    ] == [
        ("新闻发言人委托", "准备话筒", "话筒已备"),
        ("新闻发言人委托", "联系场地", "已预订一楼大厅"),
    ]
    assert names(driver) == sorted(STANDING)


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_联络员变动时结束安排_各项工作到此为止(driver):
    appoint(driver)
    driver.complete("委托事务", as_="宋涛", form={"errand": "联系场地"})
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("结束联络员安排", as_="陈静", form={})
    driver.complete("结束联络员安排", as_="孙磊", form={"change_reason": "工作调动"})
    assert (driver.status(), driver.tasks()) == ("completed", [])
    assert driver.path()[-1] == "Event_jieshu"
    began, left = entries(driver, "xinwen-renyuan")
    assert (began.values["person"], began.values["state"], began.values["decided_by"]) == (
        "liuyang",
        "在任",
        "chenjing",
    )
    assert (left.corrects, left.values["state"], left.reason) == (began.id, "离任", "工作调动")


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_同时只有一名联络员(driver):
    appoint(driver)
    driver.start("lianluoyuan", as_="孙磊")
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yiyou")


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_委托由现任新闻发言人提出_社会效应由现任联络员搜集(driver):
    appoint(driver)
    assert driver.task("委托事务").assignee == "songtao"
    liaison = driver.case().id
    xinwen_case.alone(driver)
    xinwen_case.to_interviews(driver)
    xinwen_case.release(driver)
    assert driver.task("搜集社会效应").assignee == "liuyang"

    driver.complete("结束联络员安排", as_="孙磊", form={"change_reason": "工作调动"}, case=liaison)
    xinwen_case.alone(driver)
    xinwen_case.to_interviews(driver)
    xinwen_case.release(driver)
    assert driver.task("搜集社会效应").assignee is None
    with driver.refused("不能办理", errors.Forbidden):
        driver.complete("搜集社会效应", as_="陈静", form=xinwen_case.EFFECT)
    driver.complete("搜集社会效应", as_="刘洋", form=xinwen_case.EFFECT)


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_各项工作由各自的角色办理(driver):
    for who in ("宋涛", "张三", "周明", "许丽"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("lianluoyuan", as_=who)
    appoint(driver)
    for who in ("陈静", "宋涛", "周明"):
        with driver.refused("不能办理任务", errors.Forbidden):
            driver.complete("联系并记录", as_=who, form=CONTACT)
    for who in ("刘洋", "陈静", "周明"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("委托事务", as_=who, form={"errand": "联系场地"})
    for who in ("宋涛", "周明", "张三"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("结束联络员安排", as_=who, form={"change_reason": "工作调动"})
    driver.complete("委托事务", as_="宋涛", form={"errand": "联系场地"})
    with driver.refused("不能办理任务", errors.Forbidden):
        driver.complete("完成委托事务", as_="宋涛", form={"errand_result": "自己办了"})


def test_every_element_says_which_clause_it_carries_out():
    pack = catalog.find(config.Settings()).pack("shizhengwuban")
    checked = checking.check(pack, topics=["registers.append", "registers.find"])
    file, process = checked.processes["lianluoyuan"]
    assert [each.sentence() for each in checked.findings if each.file == file.path] == []
    clauses = {element.clause for element in process.elements.values()}
    assert clauses == {"P000-23 §51", "P000-23 §51;P000-21 §44"}  # who entrusts is whom 行政首长 has chosen
    assert process.lanes == ("综合处", "新闻发言人", "联络员")
