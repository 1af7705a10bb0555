"""P000-06: who does what, and who may not (§6–8, §11–13)."""

from __future__ import annotations

import pytest
import tingzheng_case as case_of

from engine import errors, testing
from engine.actions import returns

OFFICE, GROUP = ("zonghechu",), ("lingdaoxiaozu",)
PEOPLE = {OFFICE: ("陈静", "刘洋", "孙磊"), GROUP: ("周明", "吴秀英")}
STRANGERS = ("张三", "王芳", "郑建国", "钱进", "何平", "admin")


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        yield driver


def to_objections(driver):
    case_of.announce(driver)
    return case_of.close(driver)


def to_source(driver):
    choosing = case_of.chosen(driver, 11)
    driver.advance(hours=22)
    return choosing


def to_sorting(driver):
    case_of.hear(driver, case_of.to_hearing(driver))


#: How a case comes to each task, what it is called, whose it is.
TASKS = {
    "签发": (lambda driver: case_of.draft(driver), "签发听证立项请示", OFFICE),
    "审批": (lambda driver: case_of.propose(driver), "审批听证立项", GROUP),
    "指定": (lambda driver: case_of.agree(driver), "指定主持人、记录人和翻译人", OFFICE),
    "公告": (lambda driver: case_of.appoint(driver), "拟订听证公告", OFFICE),
    "登记": (lambda driver: case_of.announce(driver), "登记参加听证的申请", OFFICE),
    "异议": (to_objections, "办理名单异议", OFFICE),
    "来源": (to_source, "登记随机来源", OFFICE),
    "整理": (to_sorting, "整理听证意见", OFFICE),
    "决定": (case_of.to_decision, "根据听证笔录作出决定", GROUP),
}


@pytest.mark.clause("P000-06 §6", "P000-06 §7", "P000-06 §11")
@pytest.mark.parametrize("work", TASKS)
def test_第六至十三条_各项工作由各自的角色办理(driver, work):
    come, task, group = TASKS[work]
    case = come(driver)
    if work in ("整理", "决定"):
        case = None
    assert driver.task(task, case).candidate_groups == group
    others = [name for role, people in PEOPLE.items() if role != group for name in people]
    for who in (*others, *STRANGERS):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(task, as_=who, form={}, case=case)


@pytest.mark.clause("P000-06 §7")
def test_第七条_只有综合处可以发起(driver):
    for who in ("张三", "周明", "林慧", "何平", "钱进"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("tingzheng", as_=who)


@pytest.mark.parametrize("part", ["tingzheng-linxuan", "tingzheng-hui"])
def test_遴选和听证会只由听证发起_不能单独发起(driver, part):
    with driver.refused("不能发起", errors.Forbidden):
        driver.start(part, as_="陈静")
    with driver.refused("由其他流程调用，不能单独发起", errors.Conflict):
        driver.start(part, as_="admin")


@pytest.mark.clause("P000-06 §6")
def test_第六条_拟订的人不能同意(driver):
    """黄伟 sits in the office and in the group."""
    driver.start("tingzheng", as_="黄伟")
    driver.complete("拟订听证立项请示", as_="黄伟", form=case_of.proposal(driver))
    driver.complete("签发听证立项请示", as_="刘洋", form=case_of.SIGNED)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("审批听证立项", as_="黄伟", form=case_of.AGREE)


@pytest.mark.clause("P000-06 §7")
def test_第七条_同意的人不能组织实施(driver):
    case_of.propose(driver)
    driver.complete("审批听证立项", as_="黄伟", form=case_of.AGREE)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("指定主持人、记录人和翻译人", as_="黄伟", form=case_of.PEOPLE)


@pytest.mark.clause("P000-06d §13")
def test_第十三条_整理意见的人不能作出决定(driver):
    hearing = case_of.to_hearing(driver)
    case_of.hear(driver, hearing)
    opinions = [{"point": "保留急办窗口", "numbers": "1、2"}]
    driver.complete("整理听证意见", as_="黄伟", form={"opinions": opinions})
    form = {**case_of.DECIDE, "adoptions": [{"number": 1, "outcome": "adopt"}]}
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("根据听证笔录作出决定", as_="黄伟", form=form)


@pytest.mark.clause("P000-06 §8")
def test_第八条_主持人和记录人按指定_须有相应的角色(driver):
    case_of.agree(driver)
    for field, who in (("host", "heping"), ("recorder", "linhui"), ("interpreters", ["linhui"])):
        with driver.refused("请从列表中选择", errors.InvalidForm):
            driver.complete("指定主持人、记录人和翻译人", as_="陈静", form={**case_of.PEOPLE, field: who})
    form = {**case_of.PEOPLE, "interpreters": ["gaoyuan"]}  # only where one is needed
    driver.complete("指定主持人、记录人和翻译人", as_="陈静", form=form)
    assert driver.variables()["interpreters"] == ["gaoyuan"]


@pytest.mark.clause("P000-06 §11")
def test_第十一条_只有指定的主持人和记录人办理(driver):
    driver.add_user("zhuchi2", "另一主持人", roles=["zhuchiren"])
    hearing = case_of.to_hearing(driver)
    assert driver.task("宣布听证事由和纪律", hearing).assignee == "linhui"
    for who in ("另一主持人", "何平", "陈静", "周明"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("宣布听证事由和纪律", as_=who, form=case_of.OPEN, case=hearing)
    driver.complete("宣布听证事由和纪律", as_="林慧", form=case_of.OPEN, case=hearing)
    assert driver.task("记录陈述人依次陈述", hearing).assignee == "heping"


@pytest.mark.clause("P000-06 §8")
def test_第八条_主持人不能兼记录人(driver):
    """高远 may be appointed as either."""
    case_of.agree(driver)
    both = {"host": "gaoyuan", "recorder": "gaoyuan"}
    driver.complete("指定主持人、记录人和翻译人", as_="陈静", form=both)
    assert [task.name for task in driver.tasks()] == ["指定主持人、记录人和翻译人"]
    driver.complete("指定主持人、记录人和翻译人", as_="陈静", form=case_of.PEOPLE)
    assert [task.name for task in driver.tasks()] == ["拟订听证公告"]


@pytest.mark.parametrize(("work", "field"), [("审批", "title"), ("指定", "title"), ("公告", "speaker_places")])
def test_只读的内容不能在办理时改动(driver, work, field):
    come, task, group = TASKS[work]
    come(driver)
    form = {"审批": case_of.AGREE, "指定": case_of.PEOPLE, "公告": case_of.notice(driver)}[work]
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete(task, as_=PEOPLE[group][0], form={**form, field: 99 if "places" in field else "改动"})


@pytest.mark.parametrize("work", ["登记", "异议", "来源", "整理"])
def test_公告_名单和结果公布以后不能退回重来(driver, work):
    """A draw that could be gone back from could be repeated until it suits."""
    come, task, group = TASKS[work]
    case = come(driver)
    case = None if work == "整理" else case
    who = driver.user(PEOPLE[group][0])
    targets = returns.return_targets(driver.engine, driver.task(task, case).id, who)
    assert [each.element_id for each in targets if each.allowed] == []


@pytest.mark.clause("P000-06d §13")
def test_第十三条_作出决定前可以退回重新整理意见_不能退回更早(driver):
    case_of.to_decision(driver)
    targets = returns.return_targets(driver.engine, driver.task("根据听证笔录作出决定").id, driver.user("周明"))
    assert [each.element_id for each in targets if each.allowed] == ["Task_zhengli"]
