"""P000-09 考核: fifteen days of notice, the self-check, and no assessment on site before both (§27(二), (三); I-31)."""

from __future__ import annotations

import pytest
from kaohe_case import AGREE, DEPLOY, PLAN, REPORT, assess, day, deploy, notice, notify, onsite, self_check, to_onsite
from left_behind import documents

from engine import errors, testing
from engine.actions import user_tasks

#: 2026-10-01 to 10-07 are off, Sunday 9-20 and Saturday 10-10 are worked (国办发明电〔2025〕7号).
BEFORE_NATIONAL_DAY = "2026-09-18 10:00"
SELF_CHECK, ON_SITE = "开展自查并提交自查报告", "进行现场考核并评分"


def names(driver, case):
    return [task.name for task in driver.tasks(case)]


# --- 第二十七条（二）: 提前15天 -------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §27(二)")
@pytest.mark.parametrize(
    ("start", "rules"),
    [
        ("2026-03-09 00:00:00", [("days", 15, "2026-03-24", "2026-03-25"), ("days", 20, "2026-03-29", "2026-03-30")]),
        ("2026-03-09 23:59:59", [("days", 15, "2026-03-24", "2026-03-25")]),  # the day of the notice is never counted
        (
            BEFORE_NATIONAL_DAY,
            [
                ("days", 15, "2026-10-03", "2026-10-04"),  # the holiday counts
                (
                    "workdays",
                    15,
                    "2026-10-15",
                    "2026-10-16",
                ),  # 9-20 to 9-24, 9-28 to 9-30, 10-8 to 10-10, 10-12 to 10-15
            ],
        ),
        ("2026-12-20 09:00", [("days", 15, "2027-01-04", "2027-01-05")]),
    ],
)
def test_第二十七条_通知当日不计入_满十五天才能现场考核(start, rules):
    with testing.EngineDriver("shizhengwuban", at=start) as driver:
        for unit, days, before, earliest in rules:
            (child,) = deploy(driver, notice_unit=unit, notice_days=days)
            with driver.refused("不得早于所示的最早日期", errors.InvalidForm):
                notify(driver, child, onsite_on=before)
            notify(driver, child, onsite_on=earliest)
            self_check(driver, child)
            (timer,) = driver.timers(child)
            assert (timer.element_id, timer.due) == ("Event_daoqi", testing.moment(earliest))

        for child, (_, _, before, earliest) in zip(_units(driver, len(rules)), rules, strict=True):
            driver.advance(to=f"{before} 23:59:59")
            assert names(driver, child) == []
            driver.advance(to=f"{earliest} 00:00:00")
            assert names(driver, child) == [ON_SITE]


def _units(driver, count):
    """Return the cases of the units of the last assessments, oldest first."""
    last = driver.case().id
    with driver.engine.store.read() as uow:
        found = [child for number in range(1, last + 1) for child in uow.instances.children(number)]
    assert len(found) == count
    return found


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_通知定在最早日期以后的_到日期才能考核(driver):
    (child,) = deploy(driver)
    later = day(driver, 30)
    notify(driver, child, onsite_on=later)
    self_check(driver, child)
    driver.advance(to=f"{day(driver, 29)} 23:59:59")
    assert names(driver, child) == []
    driver.advance(seconds=1)
    assert day(driver) == later
    assert names(driver, child) == [ON_SITE]


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_拟定通知拖延到第二天的_日期不够_退回另定(driver):
    (child,) = deploy(driver)
    enough = day(driver, 16)
    driver.sleep(days=1)
    notify(driver, child, onsite_on=enough)  # was early enough when the task was opened, and is not any more
    assert names(driver, child) == ["拟定考核通知"]
    assert documents(driver, case=child) == []
    notify(driver, child)
    assert names(driver, child) == [SELF_CHECK]


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_通知迟发的_从实际发出之日起算(driver):
    """The notice was drawn up in time, but the office was down for three days before it went out."""
    (child,) = deploy(driver)
    task = driver.task("拟定考核通知", child)
    user_tasks.complete(driver.engine, task.id, driver.user("陈静"), notice(driver))
    driver.sleep(days=3)
    driver.run()
    assert driver.variables(child)["notified_at"].startswith(day(driver))
    self_check(driver, child)
    driver.advance(to=f"{day(driver, 15)} 23:59:59")
    assert names(driver, child) == []
    driver.advance(seconds=1)
    assert names(driver, child) == [ON_SITE]
    with driver.refused("现场考核日期", errors.InvalidForm):
        assess(driver, child, held_on=day(driver, -1))


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_方案规定的天数不少于十五天(driver):
    driver.start("kaohe", as_="陈静")
    with driver.refused("提前通知的天数", errors.InvalidForm):
        driver.complete("制定考核方案", as_="陈静", form={**PLAN, "notice_days": 14})
    driver.complete("制定考核方案", as_="陈静", form={**PLAN, "notice_days": 15})


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_通知写明日期地点材料和期限(driver):
    (child,) = deploy(driver)
    on, due = (testing.moment(day(driver, after)) for after in (16, 10))
    notify(driver, child, materials=["公开目录", "投诉登记簿"], contact_person="陈静", contact_phone="010-65432100")
    (paper,) = documents(driver, case=child)
    told = [f"{on.year}年{on.month}月{on.day}日", f"{due.year}年{due.month}月{due.day}日前"]
    for each in (*told, "行政审批处", "三楼会议室", "投诉登记簿", "010-65432100", "如实自查"):
        assert each in paper.html


@pytest.mark.clause("P000-09 §27(三)")
@pytest.mark.parametrize("due", [-1, 16])
def test_第二十七条_自查期限在今天以后_现场考核以前(driver, due):
    (child,) = deploy(driver)
    with driver.refused("自查材料报送期限", errors.InvalidForm):
        notify(driver, child, self_check_due=day(driver, due))


# --- 第二十七条（三）: the self-check ----------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §27(三)")
def test_第二十七条_没有自查报告_日期到了也不能现场考核(driver):
    (child,) = deploy(driver)
    due = testing.moment(f"{day(driver, 10)} 23:59:59")
    notify(driver, child)
    assert driver.task(SELF_CHECK, child).due == due
    driver.advance(days=40)
    assert names(driver, child) == [SELF_CHECK]
    self_check(driver, child)
    assert names(driver, child) == [ON_SITE]
    (report,) = documents(driver, "kaohe-zicha", case=child)
    assert report.title == "行政审批处2025年度政府信息公开工作自查报告"


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_停机期间到期的_恢复后即可现场考核(driver):
    (child,) = deploy(driver)
    notify(driver, child)
    self_check(driver, child)
    driver.sleep(days=20)
    driver.run()
    assert names(driver, child) == [ON_SITE]
    assert driver.timers(child) == []


@pytest.mark.clause("P000-09 §23")
@pytest.mark.parametrize(
    "missing", ["report_proactive", "report_on_request", "report_commitments", "report_complaints", "report_problems"]
)
def test_第二十三条_自查报告应逐项写明四项内容和问题(driver, missing):
    (child,) = deploy(driver)
    notify(driver, child)
    form = {key: value for key, value in REPORT.items() if key != missing}
    with driver.refused("必填", errors.InvalidForm):
        driver.complete(SELF_CHECK, as_="王芳", form=form, case=child)


@pytest.mark.clause("P000-09 §27(三)")
def test_第二十七条_自查报告应签字_并附书面材料(driver):
    (child,) = deploy(driver)
    notify(driver, child)
    with driver.refused("签字", errors.InvalidForm):
        self_check(driver, child, report_signed=False)
    file = driver.upload("自查材料.pdf", b"%PDF-1.4\n%%EOF\n", as_="王芳")
    self_check(driver, child, report_files=[file])
    assert driver.variables(child)["report_signature"]["person"] == "wangfang"
    (paper,) = documents(driver, "kaohe-zicha", case=child)
    assert "自查材料.pdf" in paper.html
    assert "（负责人：王芳）" in paper.html


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_现场考核的日期不早于最早日期_不晚于今天(driver):
    child = to_onsite(driver)
    driver.advance(days=2)
    for after in (-3, 1):
        with driver.refused("现场考核日期", errors.InvalidForm):
            driver.complete(ON_SITE, as_="周明", form=onsite(driver, held_on=day(driver, after)), case=child)
    assess(driver, child, held_on=day(driver, -2))
    assert driver.variables()["assessments"][0]["held_on"] == day(driver, -2)


def test_取消考核_各单位的办理一并取消(driver):
    (child,) = deploy(driver)
    notify(driver, child)
    driver.cancel("改为明年")
    assert driver.status() == driver.status(child) == "cancelled"
    assert driver.timers(child) == []


@pytest.mark.clause("P000-09 §27(二)")
def test_第二十七条_没有部署就没有通知(driver):
    driver.start("kaohe", as_="陈静")
    driver.complete("制定考核方案", as_="陈静", form=PLAN)
    driver.complete("审定考核方案", as_="周明", form=AGREE)
    assert driver.children() == []
    driver.complete("部署考核工作", as_="陈静", form=DEPLOY)
    assert len(driver.children()) == 1
