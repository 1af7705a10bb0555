"""P000-06 听证 with P000-06d: consent, filing, notice, hearing and the decision on the record; every branch and every return."""

from __future__ import annotations

import left_behind
import pytest
import tingzheng_case as case_of

from engine import errors, testing
from engine.documents.language import day


@pytest.fixture(scope="module")
def driver():
    """One engine for what does not depend on the day."""
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        yield driver


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


def texts(driver, template, case=None):
    return [each.html for each in left_behind.documents(driver, template, case)]


# --- 全过程 ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06 §6", "P000-06 §7", "P000-06a §9", "P000-06 §11", "P000-06d §12", "P000-06d §13")
def test_第六至十三条_从立项到决定_各环节依次进行(driver):
    case_of.to_decision(driver, observers=["P001"])
    driver.complete("根据听证笔录作出决定", as_="周明", form={**case_of.DECIDE, "adoptions": case_of.adoptions()})

    assert driver.status() == "completed"
    registering = {
        "Task_dengji",
        "Gateway_dengji",
        "Script_bianhao",
        "Gateway_chongfu",
        "Task_dengjibu",
        "Event_yidengji",
    }
    assert [each for each in driver.path() if each not in registering] == [
        *("Event_shixiang", "Task_niding", "Gateway_fanwei", "Task_shenpi", "Gateway_tongyi", "Task_beian"),
        *("Task_zhiding", "Gateway_zhiding", "Task_gonggao", "Gateway_gonggaoqi", "Task_zhifa", "Task_fabu"),
        *("SubProcess_dengji", "Event_gonggaoqi"),
        *("Event_qiman", "Event_dengjijiezhi", "Call_linxuan", "Event_shijian", "Call_tingzheng"),
        *("Task_zhengli", "Task_jueding", "Gateway_jueding", "Task_shuoming", "Gateway_gongbu", "Task_gongbu"),
        "Event_juedinggongbu",
    ]
    found = driver.variables()
    assert [each["outcome"] for each in found["adoptions"]] == ["adopt", "reject"]
    assert found["decision_signature"]["person"] == "zhouming"
    assert [each.kind for each in left_behind.publications(driver)] == ["tingzheng", "jieguo"]


# --- 第六条: 领导小组同意 ------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06 §6")
@pytest.mark.parametrize("category", ["decision", "interests"])
def test_第六条_两类事项报领导小组同意(driver, category):
    case_of.propose(driver, category=category)
    assert names(driver) == ["审批听证立项"]


@pytest.mark.clause("P000-06 §6")
def test_第六条_不属于两类事项的不听证(driver):
    driver.start("tingzheng", as_="陈静")
    driver.complete("拟订听证立项请示", as_="陈静", form={"title": "更换大厅饮水机", "category": "none"})
    assert driver.path()[-1] == "Event_buzaifanwei"
    assert left_behind.entries(driver) == []


@pytest.mark.clause("P000-06 §6")
def test_第六条_不同意的说明理由_不备案_不公告(driver):
    case_of.propose(driver)
    with driver.refused("不同意的，应说明理由", errors.InvalidForm):
        driver.complete("审批听证立项", as_="周明", form={"approval": "refuse"})
    driver.complete("审批听证立项", as_="周明", form=case_of.REFUSE)
    assert driver.path()[-2:] == ["Gateway_tongyi", "Event_weitongyi"]
    assert (left_behind.entries(driver), left_behind.publications(driver)) == ([], [])


# --- 第七条: 备案 --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06 §7")
def test_第七条_同意在前_备案在后_是两件事(driver):
    case_of.propose(driver)
    assert left_behind.entries(driver) == []
    driver.complete("审批听证立项", as_="吴秀英", form=case_of.AGREE)

    (entry,) = left_behind.entries(driver, "tingzheng")
    assert entry.number == driver.variables()["filing"]["number"]
    assert entry.values["category"] == "涉及群众切身利益的重大问题"
    assert entry.values["agreed_at"] == driver.variables()["approval_signature"]["at"]
    assert driver.path()[-4:] == ["Task_shenpi", "Gateway_tongyi", "Task_beian", "Task_zhiding"]


# --- 第九条: 公告 --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06a §9")
def test_第九条_公告写明法定各项_并写明名额和遴选办法(driver):
    case_of.announce(driver)
    (paper,) = left_behind.documents(driver, "tingzheng-gonggao")
    (notice,) = left_behind.publications(driver)
    assert (paper.title, notice.title) == ("关于调整政务大厅窗口办公时间的听证公告",) * 2
    assert notice.document_id == paper.id
    found = driver.variables()
    for text in (
        *(case_of.NOTICE[key] for key in ("matter", "place", "speaker_conditions", "observer_conditions")),
        *(
            f"{day(found['held_on'])}9时30分",
            f"{day(found['closes_on'])}二十四时止",
            "政务大厅一楼综合处窗口",
            "2026115",
            "HEARING-DRAW-1",
        ),
        *("陈述人名额10人", "旁听人名额10人", found["hearing_number"]),
    ):
        assert text in paper.html, text


@pytest.mark.clause("P000-06a §9")
@pytest.mark.parametrize(
    "missing", ["matter", "held_on", "held_time", "place", "speaker_conditions", "observer_conditions", "apply_how"]
)
def test_第九条_公告各项不能缺(driver, missing):
    case_of.appoint(driver)
    form = {key: value for key, value in case_of.notice(driver).items() if key != missing}
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("拟订听证公告", as_="陈静", form=form)


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
@pytest.mark.parametrize("places", ["speaker_places", "observer_places"])
def test_第十条_名额不少于十人(driver, places):
    driver.start("tingzheng", as_="陈静")
    with driver.refused("不得少于十人", errors.InvalidForm):
        driver.complete("拟订听证立项请示", as_="陈静", form=case_of.proposal(driver, **{places: 9}))


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_名额经同意后不能改变(driver):
    case_of.appoint(driver)
    with driver.refused("", errors.InvalidForm):
        driver.complete("拟订听证公告", as_="陈静", form=case_of.notice(driver, speaker_places=12))


# --- 第十三条: 决定 ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06d §13")
def test_第十三条_笔录制作以前没有决定可作(driver):
    hearing = case_of.to_hearing(driver)
    assert names(driver) == []
    assert names(driver, hearing) == ["宣布听证事由和纪律"]


@pytest.fixture(scope="module")
def decided(driver):
    """A case before its decision; the tests that follow go on with it, one after the other."""
    case_of.to_decision(driver)
    return driver


@pytest.mark.clause("P000-06d §13")
def test_第十三条_不采纳的说明理由(decided):
    for outcome in ("reject", "partly"):
        rows = [{**each, "outcome": outcome, "reason": ""} for each in case_of.adoptions()]
        with decided.refused("不采纳或者部分采纳的，应说明理由", errors.InvalidForm):
            decided.complete("根据听证笔录作出决定", as_="周明", form={**case_of.DECIDE, "adoptions": rows})


@pytest.mark.clause("P000-06d §13")
def test_第十三条_每条意见都要有处理结论(decided):
    form = {**case_of.DECIDE, "adoptions": case_of.adoptions()[:1]}
    with decided.refused("应为 2 行", errors.InvalidForm):
        decided.complete("根据听证笔录作出决定", as_="周明", form=form)
    assert names(decided) == ["根据听证笔录作出决定"]
    assert left_behind.documents(decided, "tingzheng-caina") == []


@pytest.mark.clause("P000-06d §13")
def test_第十三条_意见以整理的为准_作出决定时不能改写(decided):
    rows = [{**each, "point": "改写"} for each in case_of.adoptions()]
    with decided.refused("此项已经给定，不能修改", errors.InvalidForm):
        decided.complete("根据听证笔录作出决定", as_="周明", form={**case_of.DECIDE, "adoptions": rows})
    rows = [{"outcome": each["outcome"], "reason": each.get("reason")} for each in case_of.adoptions()]
    decided.complete(
        "根据听证笔录作出决定",
        as_="周明",
        form={**case_of.DECIDE, "publish_result": False, "adoptions": rows},
    )
    assert [each["point"] for each in decided.variables()["adoptions"]] == ["保留急办窗口", "周日也办公"]


@pytest.mark.clause("P000-06d §13")
def test_第十三条_说明写明所依据的笔录_采纳和理由_可以不公布(decided):
    (text,) = texts(decided, "tingzheng-caina")
    for part in (decided.variables()["minutes"]["number"], "采纳1条", "不采纳1条", "人手不足", "周一上午保留急办窗口"):
        assert part in text, part
    assert "申请人" not in text  # people are named by their tickets only
    assert decided.path()[-1] == "Event_jueding"
    assert [each.kind for each in left_behind.publications(decided)] == ["tingzheng"]


def test_取消听证_遴选一并取消(driver):
    case_of.announce(driver)
    choosing = case_of.close(driver)
    driver.cancel("方案撤回")
    assert driver.status() == driver.status(choosing) == "cancelled"
    assert driver.timers(choosing) == []
