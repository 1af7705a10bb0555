"""P000-06a 听证公告 and registration (P000-06b, P000-06c): the floor of five days, both sides of its end, one ticket for a person (§9, §10)."""

from __future__ import annotations

import left_behind
import pytest
import tingzheng_case as case_of

from engine import errors, testing
from engine.actions import task_view, withdrawals


@pytest.fixture(scope="module")
def driver():
    """One engine for what does not depend on the day."""
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        yield driver


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


def tickets(driver):
    return [(each["ticket"], each["name"]) for each in driver.variables()["registrants"]]


# --- 第九条: 公告期不得少于五日 --------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06a §9")
@pytest.mark.parametrize("days", [0, 1, 4])
def test_第九条_公告期少于五日的不能公告(driver, days):
    case_of.appoint(driver)
    with driver.refused("公告期不得少于五日", errors.InvalidForm):
        driver.complete("拟订听证公告", as_="陈静", form=case_of.notice(driver, closes_on=case_of.day(driver, days)))
    assert left_behind.publications(driver) == []


@pytest.mark.clause("P000-06a §9")
@pytest.mark.parametrize("days", [5, 6, 7])
def test_第九条_五日是下限_可以更长(driver, days):
    case_of.announce(driver, dates={"closes_on": case_of.day(driver, days)})
    assert driver.variables()["period_end"] == f"{case_of.day(driver, days + 1)}T00:00:00+08:00"


@pytest.mark.clause("P000-06a §9")
def test_第九条_公告当日不计入_到最后一日的二十四时_节假日计入():
    with testing.EngineDriver("shizhengwuban", at="2026-09-28 23:59:59") as driver:
        case_of.announce(driver)
        (timer,) = driver.timers()
        assert (timer.element_id, timer.due) == ("Event_qiman", testing.moment("2026-10-04"))
        assert driver.task("登记参加听证的申请").due == testing.moment("2026-10-03 23:59:59")
        (notice,) = left_behind.publications(driver)
        assert notice.until == testing.moment("2026-10-04")

        driver.advance(to="2026-10-03 23:59:59")
        assert case_of.apply_online(driver, case_of.applicant()).outcome == "delivered"
        driver.advance(seconds=1)
        assert names(driver) == []
        assert len(tickets(driver)) == 1


@pytest.mark.clause("P000-06a §9")
def test_第九条_按工作日理解的_五个工作日_跨越国庆假期():
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        case_of.agree(driver)
        driver.set_variables({"notice_unit": "workdays"})
        driver.complete("指定主持人、记录人和翻译人", as_="陈静", form=case_of.PEOPLE)
        dates = {"beacon_on": "2026-10-15", "held_on": "2026-10-20"}
        short = case_of.notice(driver, closes_on="2026-10-09", **dates)
        driver.complete("拟订听证公告", as_="陈静", form=short)
        assert names(driver) == ["拟订听证公告"]  # 9-29, 9-30, 10-8, 10-9 are four; 10-10 is a Saturday that is worked
        assert left_behind.publications(driver) == []
        driver.complete(
            "拟订听证公告", as_="陈静", form={**short, "closes_on": "2026-10-10", "beacon_on": "2026-10-13"}
        )
        assert driver.variables()["period_end"] == "2026-10-11T00:00:00+08:00"


@pytest.mark.clause("P000-06a §9")
def test_第九条_拟好而隔日才报送的_从报送之日重新计算(driver):
    case_of.appoint(driver)
    form = case_of.notice(driver)
    driver.advance(days=1)
    with driver.refused("公告期不得少于五日", errors.InvalidForm):
        driver.complete("拟订听证公告", as_="陈静", form=form)
    assert left_behind.publications(driver) == []


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
@pytest.mark.parametrize(
    ("field", "days", "why"),
    [("beacon_on", 7, "异议期满才能产生随机来源"), ("held_on", 10, "听证日期应晚于预计开奖日期")],
)
def test_第十条_异议和遴选的时间要留够(driver, field, days, why):
    case_of.appoint(driver)
    with driver.refused(why, errors.InvalidForm):
        driver.complete("拟订听证公告", as_="陈静", form=case_of.notice(driver, **{field: case_of.day(driver, days)}))


# --- 第十条: 在公告期内登记 -----------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_网上和到场的申请都编登记号_两类分别编号(driver):
    case_of.announce(driver)
    case_of.register(driver, 1)
    assert case_of.apply_online(driver, case_of.applicant()).outcome == "delivered"
    case_of.register(driver, 1, case_of.OBSERVER)
    assert case_of.apply_online(driver, case_of.applicant(case_of.OBSERVER)).outcome == "delivered"
    case_of.close(driver)

    found = driver.variables()["registrants"]
    assert [each["ticket"] for each in found] == ["S001", "S002", "P001", "P002"]
    assert [each["way"] for each in found] == ["到场", "网上", "到场", "网上"]
    entries = left_behind.entries(driver, "tingzheng-dengji")
    assert [each.values["ticket"] for each in entries] == ["S001", "S002", "P001", "P002"]
    assert [each.values["name"] for each in entries] == [each["name"] for each in found]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_姓名工作单位联系方式和类别都要填(driver):
    case_of.announce(driver)
    for missing in ("applicant_category", "applicant_name", "work_unit", "applicant_contact"):
        form = {key: value for key, value in case_of.applicant().items() if key != missing}
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("登记参加听证的申请", as_="刘洋", form=form)
        with driver.refused("必填", errors.InvalidForm):
            case_of.apply_online(driver, form)
    case_of.close(driver)
    assert tickets(driver) == []


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_同一人在同一类别只有一个登记号_先登记的有效(driver):
    case_of.announce(driver)
    person = case_of.applicant(identity="12345x")
    case_of.apply_online(driver, person)
    case_of.apply_online(driver, {**person, "work_unit": "另一公司", "identity": "12345X"})
    driver.complete("登记参加听证的申请", as_="刘洋", form=person)
    assert driver.path().count("Event_chongfu") == 2
    case_of.apply_online(driver, {**person, "applicant_category": case_of.OBSERVER})  # the other list is another list
    case_of.apply_online(driver, {**person, "identity": "999999"})  # somebody else of the same name
    case_of.close(driver)
    assert [ticket for ticket, _ in tickets(driver)] == ["S001", "P001", "S002"]
    assert driver.variables()["registrants"][0]["unit"] == "某某公司"


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
@pytest.mark.parametrize("again", ["张三丰", "张 三丰", "张　三　丰", " 张三丰 "])
def test_第十条_姓名和证件号码不论空格全角大小写_都是同一人(driver, again):
    case_of.announce(driver)
    person = case_of.applicant(applicant_name="张三丰", identity="12345x")
    case_of.apply_online(driver, person)
    case_of.apply_online(driver, {**person, "applicant_name": again, "identity": "１２３４５Ｘ"})
    assert driver.variables()["registration_note"] == f"{again.strip()}已登记为陈述人，登记号S001，一人一号，不再登记"
    case_of.close(driver)
    assert tickets(driver) == [("S001", "张三丰")]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_网上申请的随即凭查询码得知登记号_重复的得知先登记的登记号(driver):
    case_of.announce(driver)
    person = case_of.applicant()
    first, again = (case_of.send(driver, person) for _ in range(2))
    assert "登记号S001" in case_of.told(driver, first)[0]
    (note,) = case_of.told(driver, again)
    assert "没有编号" in note
    assert "登记号S001" in note


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_联系方式或者证件号码与别人相同的不拒绝_注明请综合处核对(driver):
    case_of.announce(driver)
    case_of.apply_online(driver, case_of.applicant(applicant_contact="13900001111", identity="77777X"))
    driver.complete(
        "登记参加听证的申请", as_="刘洋", form=case_of.applicant(applicant_contact="139-0000-1111", identity="88888X")
    )
    case_of.apply_online(driver, case_of.applicant(applicant_contact="13900002222", identity="77777x"))
    assert [each["remark"] for each in driver.variables()["registrants"]] == [
        *("", "联系方式与S001相同，请核对", "证件号码后六位与S001相同而姓名不同，请核对")
    ]
    choosing = case_of.close(driver)
    shown = task_view.view(driver.engine, driver.task("办理名单异议", choosing).id, driver.user("刘洋")).values
    assert [each["ticket"] for each in shown["flagged"]] == ["S002", "S003"]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_公告以前和公告期满以后的申请不予受理(driver):
    case_of.appoint(driver)
    number = driver.variables()["hearing_number"]
    with driver.refused("没有流程在等待消息", errors.NotFound):
        case_of.apply_online(driver, case_of.applicant())
    driver.complete("拟订听证公告", as_="陈静", form=case_of.notice(driver))
    case_of.register(driver, 1)
    task = driver.task("登记参加听证的申请")
    driver.sleep(to=driver.variables()["period_end"])  # nobody has looked at the timers yet
    with driver.refused("没有流程在等待消息", errors.NotFound):
        case_of.apply_online(driver, case_of.applicant())
    driver.run()
    with driver.refused("无需办理", errors.Conflict):
        driver.complete(task, as_="刘洋", form=case_of.applicant())
    assert driver.variables()["hearing_number"] == number
    assert len(tickets(driver)) == 1


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_两个听证的申请不相混(driver):
    first = case_of.announce(driver)
    second = case_of.announce(driver)
    for case in (second, first, second):
        assert case_of.apply_online(driver, case_of.applicant(), case).instance_id == case.id
    driver.advance(to=driver.variables(second)["period_end"])
    assert [len(driver.variables(case)["registrants"]) for case in (first, second)] == [1, 2]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_登记以后不能改动名单(driver):
    case_of.announce(driver)
    case_of.register(driver, 1)
    for field in ("registrants", "registration_note", "title"):
        with driver.refused("只能查看此项", errors.InvalidForm):
            driver.complete("登记参加听证的申请", as_="刘洋", form={**case_of.applicant(), field: "改动"})
        with driver.refused("不能填写此项", errors.InvalidForm):
            case_of.apply_online(driver, {**case_of.applicant(), field: "改动"})


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_已经登记的申请不能撤回(driver):
    """Else somebody who applied could be left out without a trace."""
    case_of.announce(driver)
    task = driver.task("登记参加听证的申请")
    driver.complete(task, as_="刘洋", form=case_of.applicant())
    with driver.refused("不能撤回", errors.Conflict):
        withdrawals.withdraw(driver.engine, task.id, driver.user("刘洋"))
    assert len(left_behind.entries(driver, "tingzheng-dengji")) == 1
