"""P000-06, P000-06d: the hearing itself: four steps in their order (§11) and the record with its five items (§12)."""

from __future__ import annotations

import left_behind
import pytest
import tingzheng_case as case_of

from engine import errors, testing


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        yield driver


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


def to_record(driver, **options):
    """Bring a hearing to its record; returns its case."""
    hearing = case_of.to_hearing(driver, **options)
    driver.complete("宣布听证事由和纪律", as_="林慧", form=case_of.OPEN, case=hearing)
    said = [
        {"ticket": "S001", "present": True, "content": "赞成周六办公"},
        {"ticket": "S002", "present": False},
    ]
    driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": said}, case=hearing)
    case_of.ask(driver, hearing)
    driver.complete("宣布听证结束", as_="林慧", form={"closed": True}, case=hearing)
    return hearing


@pytest.mark.clause("P000-06 §11")
def test_第十一条_四项程序依次进行(driver):
    hearing = case_of.to_hearing(driver)
    case_of.hear(driver, hearing, observers=["P001"])
    assert driver.path(hearing) == [
        *("Event_kaihui", "Task_xuanbu", "Task_chenshu", "Task_yaoqiu", "Gateway_yaoqiu", "Task_pangting"),
        *("Gateway_pangting", "Task_fayan", "Task_jieshu", "Task_bilu", "Task_zhifabilu", "Event_bilu"),
    ]
    assert names(driver) == ["整理听证意见"]


@pytest.mark.clause("P000-06a §9")
def test_第九条_到公告的时间才举行听证(driver):
    case_of.chosen(driver, 1)
    held_on = driver.variables()["held_on"]
    driver.advance(to=f"{held_on} 09:29:59")
    assert len(driver.children()) == 1
    driver.advance(seconds=1)
    hearing = driver.children()[-1]
    assert names(driver, hearing) == ["宣布听证事由和纪律"]


@pytest.mark.clause("P000-06 §11")
def test_第十一条_没有宣布的不能开始和结束(driver):
    hearing = case_of.to_hearing(driver)
    with driver.refused("已经宣布听证事由和听证纪律", errors.InvalidForm):
        driver.complete("宣布听证事由和纪律", as_="林慧", form={**case_of.OPEN, "announced": False}, case=hearing)


@pytest.mark.clause("P000-06 §11")
def test_第十一条_到场的应当记录陈述内容(driver):
    hearing = case_of.to_hearing(driver)
    driver.complete("宣布听证事由和纪律", as_="林慧", form=case_of.OPEN, case=hearing)
    for row in ({"ticket": "S001", "present": True}, {"ticket": "S001", "content": "赞成"}):
        rows = [row, {"ticket": "S002", "present": False}]
        with driver.refused("第 1 项", errors.InvalidForm):
            driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": rows}, case=hearing)


@pytest.mark.clause("P000-06b §10")
def test_第十条_没有入选的人不进入陈述(driver):
    hearing = case_of.to_hearing(driver)
    driver.complete("宣布听证事由和纪律", as_="林慧", form=case_of.OPEN, case=hearing)
    rows = [
        {"ticket": "S009", "name": "不速之客", "unit": "某某公司", "present": True, "content": "我也要说"},
        {"ticket": "S002", "name": "改名", "unit": "改", "present": True, "content": "赞成"},
    ]
    with driver.refused("此项已经给定，不能修改", errors.InvalidForm):
        driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": rows}, case=hearing)
    rows = [{"present": False}, {"present": True, "content": "赞成"}]
    driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": rows}, case=hearing)
    found = driver.variables(hearing)
    assert [(each["ticket"], each["present"], each["content"]) for each in found["statements"]] == [
        ("S001", False, ""),
        ("S002", True, "赞成"),
    ]
    assert found["statements"][1]["name"] == found["speakers"][1]["name"]


@pytest.mark.clause("P000-06 §11(三)", "P000-06 §8")
def test_第十一条_旁听人经主持人同意才能发言(driver):
    hearing = case_of.to_hearing(driver, observers=2)
    driver.complete("宣布听证事由和纪律", as_="林慧", form=case_of.OPEN, case=hearing)
    absent = [{"ticket": "S001", "present": False}, {"ticket": "S002", "present": False}]
    driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": absent}, case=hearing)
    case_of.ask(driver, hearing, ["P001", "P002"])
    with driver.refused("必填", errors.InvalidForm):
        rows = [{"ticket": "P001", "permission": "agree"}, {"ticket": "P002"}]
        driver.complete("决定旁听人发言", as_="林慧", form={"permissions": rows}, case=hearing)
    rows = [
        {"ticket": "P001", "permission": "refuse", "reason": "与听证事项无关"},
        {"ticket": "P002", "permission": "agree"},
    ]
    driver.complete("决定旁听人发言", as_="林慧", form={"permissions": rows}, case=hearing)
    rows = [{"ticket": "P001", "content": "没有同意"}, {"ticket": "P002", "content": "建议增设急办窗口"}]
    with driver.refused("应为 1 行", errors.InvalidForm):
        driver.complete("记录旁听人发言", as_="何平", form={"observer_statements": rows}, case=hearing)
    driver.complete("记录旁听人发言", as_="何平", form={"observer_statements": rows[1:]}, case=hearing)
    said = driver.variables(hearing)["observer_statements"]
    assert [(each["ticket"], each["content"]) for each in said] == [("P002", "建议增设急办窗口")]

    driver.complete("宣布听证结束", as_="林慧", form={"closed": True}, case=hearing)
    driver.complete("制作听证笔录", as_="何平", form=case_of.MINUTES, case=hearing)
    (paper,) = left_behind.documents(driver, "tingzheng-bilu", hearing)
    for part in ("（P001），不同意（与听证事项无关）", "（P002），同意", "建议增设急办窗口", "没有陈述人到场陈述"):
        assert part in paper.html, part


@pytest.mark.clause("P000-06 §11(三)")
def test_第十一条_均不同意的没有旁听人发言_笔录载明(driver):
    hearing = case_of.to_hearing(driver)
    driver.complete("宣布听证事由和纪律", as_="林慧", form=case_of.OPEN, case=hearing)
    absent = [{"ticket": "S001", "present": False}, {"ticket": "S002", "present": False}]
    driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": absent}, case=hearing)
    case_of.ask(driver, hearing, ["P001"])
    case_of.permit(driver, hearing, {"P001": "refuse"})
    assert names(driver, hearing) == ["宣布听证结束"]
    driver.complete("宣布听证结束", as_="林慧", form={"closed": True}, case=hearing)
    driver.complete("制作听证笔录", as_="何平", form=case_of.MINUTES, case=hearing)
    (paper,) = left_behind.documents(driver, "tingzheng-bilu", hearing)
    assert "（P001），不同意" in paper.html
    assert "有关旁听人员发言：" not in paper.html


@pytest.mark.clause("P000-06 §11(三)")
def test_第十一条_没有要求发言的旁听人_主持人不能让其发言(driver):
    hearing = case_of.to_hearing(driver, observers=2)
    driver.complete("宣布听证事由和纪律", as_="林慧", form=case_of.OPEN, case=hearing)
    absent = [{"ticket": "S001", "present": False}, {"ticket": "S002", "present": False}]
    driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": absent}, case=hearing)
    case_of.ask(driver, hearing, ["P002"])
    rows = [{"ticket": "P001", "permission": "agree"}]
    with driver.refused("此项已经给定，不能修改", errors.InvalidForm):
        driver.complete("决定旁听人发言", as_="林慧", form={"permissions": rows}, case=hearing)


@pytest.mark.clause("P000-06d §12")
def test_第十二条_笔录载明五项(driver):
    hearing = to_record(driver, people={**case_of.PEOPLE, "interpreters": ["gaoyuan"]})
    driver.complete("制作听证笔录", as_="何平", form=case_of.MINUTES, case=hearing)
    (paper,) = left_behind.documents(driver, "tingzheng-bilu", hearing)
    speaker, absent = driver.variables(hearing)["speakers"]
    (observer,) = driver.variables(hearing)["observers"]
    for part in (
        *("一、事由", "二、听证参加人的姓名、工作单位等", "三、举行听证的时间、地点和方式"),
        *("四、听证陈述人、有关旁听人的发言内容", "五、其他需要载明的事项"),
        *(
            speaker["name"],
            absent["name"],
            "没有到场",
            observer["name"],
            "某某公司",
            "听证主持人：林慧",
            "听证记录人：何平",
        ),
        *("赞成周六办公", "没有旁听人要求发言", "政务大厅三楼会议室", "现场听证会", "未经同意不得发言"),
    ):
        assert part in paper.html, part
    assert paper.number
    assert driver.variables()["minutes"]["sha256"] == paper.sha256


@pytest.mark.clause("P000-06d §12")
@pytest.mark.parametrize("missing", sorted(case_of.MINUTES))
def test_第十二条_五项缺一不可(driver, missing):
    hearing = driver.children()[-1] if names(driver) == [] and driver.children() else to_record(driver)
    if names(driver, hearing) != ["制作听证笔录"]:
        hearing = to_record(driver)
    form = {**case_of.MINUTES, missing: "  "}
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("制作听证笔录", as_="何平", form=form, case=hearing)
    assert left_behind.documents(driver, "tingzheng-bilu", hearing) == []
