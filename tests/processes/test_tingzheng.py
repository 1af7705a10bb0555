"""P000-06 听证 with P000-06d: consent, filing, notice, hearing and the decision on the record; every branch and every return."""

from __future__ import annotations

import left_behind
import pytest
import tingzheng_case as case_of

from engine import errors, testing
from engine.actions import previews, returns
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
    rows = [*case_of.adoptions(), {"outcome": "adopt"}]
    driver.complete("根据听证笔录作出决定", as_="周明", form={**case_of.DECIDE, "adoptions": rows})

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
        *("Event_shixiang", "Task_niding", "Gateway_fanwei", "Task_qianfa", "Task_qingshi", "Task_shenpi"),
        *("Gateway_tongyi", "Task_zhiding", "Gateway_zhiding", "Task_gonggao", "Gateway_gonggaoqi", "Task_beian"),
        *("Task_beianbiao", "Task_zhifa", "Task_fabu", "SubProcess_dengji", "Event_gonggaoqi", "Event_qiman"),
        *("Event_dengjijiezhi", "Call_linxuan", "Gateway_shijian", "Event_shijian", "Call_tingzheng"),
        *("Task_zhengli", "Task_jueding", "Gateway_jueding", "Task_shuoming", "Gateway_gongbu", "Task_gongbu"),
        *("Gateway_bilu", "Task_gongkaiben", "Task_gongbubilu", "Event_juedinggongbu"),
    ]
    found = driver.variables()
    assert [each["outcome"] for each in found["adoptions"]] == ["adopt", "reject", "adopt"]
    assert found["decision_signature"]["person"] == "zhouming"
    assert [each.kind for each in left_behind.publications(driver)] == ["tingzheng", "jieguo", "tingzheng"]


# --- 第六条: 领导小组同意 ------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06 §6")
@pytest.mark.parametrize("category", ["decision", "interests"])
def test_第六条_两类事项报领导小组同意(driver, category):
    case_of.draft(driver, category=category)
    assert names(driver) == ["签发听证立项请示"]
    driver.complete("签发听证立项请示", as_="刘洋", form=case_of.SIGNED)
    assert names(driver) == ["审批听证立项"]


@pytest.mark.clause("P000-06 §6", "P000-06 §7")
def test_第七条_立项请示由另一人签发_编文号_载明综合处意见(driver):
    case_of.draft(driver)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("签发听证立项请示", as_="陈静", form=case_of.SIGNED)
    driver.complete("签发听证立项请示", as_="刘洋", form={"office_opinion": "情况属实，建议举行。"})
    (paper,) = left_behind.documents(driver, "tingzheng-qingshi")
    assert paper.number.startswith("市政务办听请〔2026〕")
    for part in (
        "涉及群众切身利益的重大问题",
        "陈述人名额10人",
        "情况属实，建议举行。",
        '签发人：<span class="paper-name">刘洋</span>',
        "妥否，请批示",
    ):
        assert part in paper.html, part


@pytest.mark.clause("P000-06 §7")
def test_第七条_签发以前可以退回修改(driver):
    case_of.draft(driver)
    who = driver.user("刘洋")
    targets = returns.return_targets(driver.engine, driver.task("签发听证立项请示").id, who)
    assert [each.element_id for each in targets if each.allowed] == ["Task_niding"]


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
def test_第七条_同意在前_人员时间地点定下以后备案_备案以后公告(driver):
    case_of.propose(driver)
    driver.complete("审批听证立项", as_="吴秀英", form=case_of.AGREE)
    driver.complete("指定主持人、记录人和翻译人", as_="陈静", form=case_of.PEOPLE)
    assert left_behind.entries(driver) == []
    # Who drafts the notice sees what it will be filed with, number left open.
    task, form = driver.task("拟订听证公告"), case_of.notice(driver)
    shown = previews.preview(driver.engine, task.id, driver.user("陈静"), "tingzheng-beian", form).html
    assert all(word in shown for word in ("〔待定〕", "林慧", case_of.NOTICE["place"], "同意举行听证"))
    driver.complete(task, as_="陈静", form=form)

    (entry,) = left_behind.entries(driver, "tingzheng")
    found = driver.variables()
    assert entry.number == found["filing"]["number"]
    assert entry.values["category"] == "涉及群众切身利益的重大问题"
    assert entry.values["agreed_at"] == found["approval_signature"]["at"]
    assert (entry.values["host"], entry.values["recorder"]) == ("linhui", "heping")
    assert entry.values["held_at"] == f"{found['held_on']}T09:30:00+08:00"
    assert entry.values["place"] == case_of.NOTICE["place"]
    path = driver.path()
    assert path[path.index("Gateway_gonggaoqi") :][:5] == [
        *("Gateway_gonggaoqi", "Task_beian", "Task_beianbiao", "Task_zhifa", "Task_fabu")
    ]


@pytest.mark.clause("P000-06 §7")
def test_第七条_备案表载明同意_人员_时间地点(driver):
    case_of.announce(driver)
    (paper,) = left_behind.documents(driver, "tingzheng-beian")
    found = driver.variables()
    for part in (
        *(found["filing"]["number"], found["hearing_number"], found["request_paper"]["number"]),
        *("同意举行听证会", "周明", "林慧", "何平", "政务大厅三楼会议室", f"{day(found['held_on'])}9时30分"),
    ):
        assert part in paper.html, part


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
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete("拟订听证公告", as_="陈静", form=case_of.notice(driver, speaker_places=12))


# --- 第九条: 公告的时间已过 ---------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06a §9")
def test_第九条_参加人没有确定而时间已到的_公告延期_告知申请人():
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        case_of.announce(driver)
        mine = case_of.send(driver, case_of.applicant())
        case_of.register(driver, 10)
        choosing = case_of.close(driver)
        driver.advance(to=f"{driver.variables()['held_on']} 09:29:59")
        assert len(left_behind.publications(driver)) == 1
        driver.advance(seconds=1)

        delayed = left_behind.publications(driver)[-1]
        assert delayed.title == "关于调整政务大厅窗口办公时间的听证延期公告"
        (paper,) = left_behind.documents(driver, "tingzheng-yanqi")
        assert "时间和地点另行公告" in paper.html
        assert names(driver, choosing) == ["登记随机来源"]
        assert len(driver.children()) == 1  # nobody has opened the hearing
        assert "不能按公告的时间举行" in case_of.told(driver, mine)[-1]


@pytest.mark.clause("P000-06a §9")
def test_第九条_没有公告过的时间不能举行_另定时间并补充公告():
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        case_of.announce(driver)
        case_of.register(driver, 11)
        choosing = case_of.close(driver)
        driver.advance(to=f"{case_of.day(driver, 20)} 10:00")
        case_of.enter(driver, choosing)
        case_of.confirm(driver, choosing, dict.fromkeys(case_of.chosen_tickets(driver, choosing)[0], "confirm"))
        assert names(driver) == ["另定听证时间和地点"]
        assert driver.path()[-2:] == ["Gateway_shijian", "Task_gaiqi"]

        change = {"held_time": "14:30", "place": "政务大厅二楼会议室", "change_reason": "开奖顺延"}
        with driver.refused("不少于五日", errors.InvalidForm):
            form = {**change, "held_on": case_of.day(driver, 5)}
            driver.complete("另定听证时间和地点", as_="陈静", form=form)
        held_on = case_of.day(driver, 6)
        driver.complete("另定听证时间和地点", as_="陈静", form={**change, "held_on": held_on})

        notices = left_behind.publications(driver)
        assert [each.title for each in notices][-2:] == [
            "关于调整政务大厅窗口办公时间的听证延期公告",
            "关于调整政务大厅窗口办公时间的听证补充公告",
        ]
        assert notices[-1].replaces == notices[-2].id
        (paper,) = left_behind.documents(driver, "tingzheng-buchong")
        for part in (f"{day(held_on)}14时30分", "政务大厅二楼会议室", "政务大厅三楼会议室", "开奖顺延"):
            assert part in paper.html, part
        driver.advance(to=f"{held_on} 14:29:59")
        assert len(driver.children()) == 1
        driver.advance(seconds=1)
        assert names(driver, driver.children()[-1]) == ["宣布听证事由和纪律"]
        assert driver.variables(driver.children()[-1])["place"] == "政务大厅二楼会议室"


@pytest.mark.clause("P000-06a §9")
def test_第九条_参加人按时确定的_按公告的时间举行_不另行公告(driver):
    case_of.to_hearing(driver)
    assert "Task_gaiqi" not in driver.path()
    assert "Event_yanqi" not in driver.path()
    assert len(left_behind.publications(driver)) == 1


# --- 第十三条: 决定 ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06d §13")
def test_第十三条_笔录制作以前没有决定可作(driver):
    hearing = case_of.to_hearing(driver)
    assert names(driver) == []
    assert names(driver, hearing) == ["宣布听证事由和纪律"]


@pytest.mark.clause("P000-06d §13")
def test_第十三条_笔录的每一条发言都要列入_缺的逐条指出(driver):
    hearing = case_of.to_hearing(driver)
    case_of.hear(driver, hearing, observers=["P001"])
    spoken = driver.variables()["spoken"]
    assert [(each["number"], each["role"], each["ticket"]) for each in spoken] == [
        (1, "陈述人", "S001"),
        (2, "陈述人", "S002"),
        (3, "旁听人", "P001"),
    ]
    with driver.refused("还没有第1、3条", errors.InvalidForm):
        driver.complete("整理听证意见", as_="陈静", form={"opinions": [{"point": "周日也办公", "numbers": "2"}]})
    with driver.refused("没有第4条", errors.InvalidForm):
        rows = [{"point": "周日也办公", "numbers": "1、2、3、4"}]
        driver.complete("整理听证意见", as_="陈静", form={"opinions": rows})
    rows = [{"point": "赞成", "numbers": "1、3"}, {"point": "周日也办公", "numbers": "2"}]
    driver.complete("整理听证意见", as_="陈静", form={"opinions": rows})
    assert [each["by"] for each in driver.variables()["opinions"]] == ["S001、P001", "S002"]


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


@pytest.fixture(scope="module")
def explained(decided):
    """The case with its decision, whose result is not made public."""
    rows = [{"outcome": each["outcome"], "reason": each.get("reason")} for each in case_of.adoptions()]
    decided.complete(
        "根据听证笔录作出决定",
        as_="周明",
        form={**case_of.DECIDE, "publish_result": False, "publish_minutes": None, "adoptions": rows},
    )
    return decided


@pytest.mark.clause("P000-06d §13")
def test_第十三条_意见由整理的带出(explained):
    assert [each["point"] for each in explained.variables()["adoptions"]] == ["保留急办窗口", "周日也办公"]


@pytest.mark.clause("P000-06d §13")
def test_第十三条_说明写明所依据的笔录_采纳和理由_可以不公布(explained):
    (text,) = texts(explained, "tingzheng-caina")
    for part in (
        explained.variables()["minutes"]["number"],
        "采纳1条",
        "不采纳1条",
        "人手不足",
        "周一上午保留急办窗口",
    ):
        assert part in text, part
    assert "申请人" not in text  # people are named by their tickets only
    assert explained.path()[-1] == "Event_jueding"
    assert [each.kind for each in left_behind.publications(explained)] == ["tingzheng"]


@pytest.mark.clause("P000-06d §12", "P000-06d §13")
def test_第十三条_笔录公布公开本_不写姓名和工作单位(driver):
    hearing = case_of.to_hearing(driver, observers=2)
    case_of.hear(driver, hearing, observers=["P002"])
    rows = [{"point": each["content"], "numbers": str(each["number"])} for each in driver.variables()["spoken"]]
    driver.complete("整理听证意见", as_="陈静", form={"opinions": rows})
    answers = [{"outcome": "adopt"} for _ in rows]
    with driver.refused("必填", errors.InvalidForm):
        form = {**case_of.DECIDE, "publish_minutes": None, "adoptions": answers}
        driver.complete("根据听证笔录作出决定", as_="周明", form=form)
    driver.complete("根据听证笔录作出决定", as_="周明", form={**case_of.DECIDE, "adoptions": answers})
    (paper,) = left_behind.documents(driver, "tingzheng-bilu-gongkai")
    published = left_behind.publications(driver)[-1]
    assert (published.document_id, published.title) == (paper.id, "关于调整政务大厅窗口办公时间的听证笔录（公开本）")
    for part in (driver.variables()["minutes"]["number"], "S001的意见", "P002的发言", "未经同意不得发言", "林慧"):
        assert part in paper.html, part
    for part in ("申请人", "某某公司", "13800138000"):
        assert part not in paper.html, part


@pytest.mark.clause("P000-06d §13")
def test_第十三条_公布采纳情况而不公布笔录(driver):
    case_of.to_decision(driver)
    form = {**case_of.DECIDE, "publish_minutes": False, "adoptions": case_of.adoptions()}
    driver.complete("根据听证笔录作出决定", as_="周明", form=form)
    assert driver.path()[-3:] == ["Task_gongbu", "Gateway_bilu", "Event_juedinggongbu"]
    assert [each.kind for each in left_behind.publications(driver)] == ["tingzheng", "jieguo"]


def test_取消听证_遴选一并取消(driver):
    case_of.announce(driver)
    choosing = case_of.close(driver)
    driver.cancel("方案撤回")
    assert driver.status() == driver.status(choosing) == "cancelled"
    assert driver.timers(choosing) == []
