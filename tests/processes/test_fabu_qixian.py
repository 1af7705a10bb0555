"""统一发布: the time that a letter suggests (§30): a reminder, never an assent."""

from __future__ import annotations

import datetime

import pytest
from fabu_case import AGREES, CONFIRM, CONSULT, LETTER, SIGN, deliver, publications, send, to_departments

from engine import errors, testing

#: 2026-10-01 to 10-07 are off, Saturday 10-10 is worked (国办发明电〔2025〕7号).
BEFORE_NATIONAL_DAY = "2026-09-28 10:00"


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban", at=BEFORE_NATIONAL_DAY) as driver:
        yield driver


def names(driver, case):
    return [task.name for task in driver.tasks(case)]


def agrees(driver):
    return {**AGREES, "reply_on": driver.now.astimezone(testing.SHANGHAI).date().isoformat()}


def to_reminder(driver):
    (letter,) = to_departments(driver, CONFIRM)
    send(driver, letter)
    driver.advance(days=20)
    return letter


@pytest.mark.clause("P000-11 §30")
def test_建议的答复时间跨节假日按工作日或自然日计算(tmp_path):
    expected = {
        ("workdays", 3): ("2026-10-08", "2026-10-09 00:00"),  # 29, 30 September, 8 October
        ("workdays", 5): ("2026-10-10", "2026-10-11 00:00"),  # 9 October, and Saturday 10 October, worked
        ("days", 3): ("2026-10-01", "2026-10-02 00:00"),
    }
    with testing.EngineDriver("shizhengwuban", directory=tmp_path, at=BEFORE_NATIONAL_DAY) as driver:
        letters = {}
        for unit, number in expected:
            (letter,) = to_departments(driver, CONFIRM)
            send(driver, letter, reply_days=number, reply_unit=unit)
            letters[unit, number] = letter
        for key in sorted(expected, key=lambda key: expected[key]):
            last, end = expected[key]
            letter, end = letters[key], testing.moment(end)
            assert driver.variables(letter)["reply_by"] == last
            assert driver.task("登记部门答复", letter).due == end - datetime.timedelta(seconds=1)
            driver.advance(to=end - datetime.timedelta(seconds=2))
            assert names(driver, letter) == ["登记部门答复"]
            driver.advance(to=end)
            assert names(driver, letter) == ["登记部门答复", "提醒部门答复"]


@pytest.mark.clause("P000-11 §30")
def test_建议的答复时间自送达起算_不从起草起算(driver):
    (letter,) = to_departments(driver, CONFIRM)
    driver.complete("Task_nihan", as_="陈静", form={**LETTER, "reply_days": 3, "reply_unit": "days"}, case=letter)
    driver.advance(days=4)
    driver.complete("Task_qianfa", as_="刘洋", form=SIGN, case=letter)
    today = driver.now.astimezone(testing.SHANGHAI).date()
    yesterday = today - datetime.timedelta(days=1)
    deliver(driver, letter, delivered_on=yesterday.isoformat())
    expected = yesterday + datetime.timedelta(days=3)
    assert driver.variables(letter)["reply_by"] == expected.isoformat()
    assert driver.task("登记部门答复", letter).due.astimezone(testing.SHANGHAI).date() == expected


@pytest.mark.clause("P000-11 §30")
@pytest.mark.parametrize("kind", [CONFIRM, CONSULT], ids=["协调确认", "征询意见"])
def test_到期没有答复不视为同意(driver, kind):
    (letter,) = to_departments(driver, kind)
    send(driver, letter)
    driver.advance(days=60)
    assert driver.status(letter) == "active"
    assert "Call_baomi" not in driver.path()
    assert publications(driver) == []


@pytest.mark.clause("P000-11 §30")
def test_提醒后仍等候答复_提醒情况记入登记表(driver):
    letter = to_reminder(driver)
    with driver.refused("提醒方式：必填", errors.InvalidForm):
        driver.complete("提醒部门答复", as_="刘洋", form={}, case=letter)
    driver.complete("提醒部门答复", as_="刘洋", form={"remind_way": "phone", "remind_note": "已请其尽快"}, case=letter)
    assert names(driver, letter) == ["登记部门答复"]
    driver.complete("登记部门答复", as_="刘洋", form=agrees(driver), case=letter)
    assert driver.status(letter) == "completed"
    with driver.engine.store.read() as uow:
        sheet = uow.records.documents_of(letter.id)[-1]
    assert "电话提醒：已请其尽快" in sheet.html


def test_没有提醒而答复已到的_提醒任务结束(driver):
    letter = to_reminder(driver)
    driver.complete("登记部门答复", as_="刘洋", form=agrees(driver), case=letter)
    assert (driver.status(letter), driver.tasks(letter)) == ("completed", [])


def test_按时答复的不提醒(driver):
    (letter,) = to_departments(driver, CONFIRM)
    send(driver, letter)
    driver.complete("登记部门答复", as_="刘洋", form=agrees(driver), case=letter)
    driver.advance(days=30)
    assert "Event_daoqi" not in driver.path(letter)


def test_答复时间在一至九十日之间(driver):
    for number, edge in ((0, 1), (91, 90)):
        (letter,) = to_departments(driver, CONFIRM)
        with driver.refused("不小于 1、不大于 90", errors.InvalidForm):
            send(driver, letter, reply_days=number)
        send(driver, letter, reply_days=edge)
