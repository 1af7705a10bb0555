"""P000-09 考核: the whole way, the plan, full and focused assessment, scores and grades (§20–28)."""

from __future__ import annotations

import fabu_case
import pytest
import yushen_case
from kaohe_case import (
    AGREE,
    DEPLOY,
    HEADS,
    INDICATORS,
    ONE,
    PLAN,
    RETURN,
    THREE,
    TWO,
    assess,
    decide,
    deploy,
    draft,
    notify,
    onsite,
    propose,
    scores,
    self_check,
    shown,
    to_grades,
    to_onsite,
    vote,
)
from left_behind import documents, entries, publications

from engine import errors, testing
from engine.actions import people, previews


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


# --- 第二十七条: the whole way ------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §27")
def test_第二十七条_三个单位从方案到表彰和通报批评():
    with testing.EngineDriver("shizhengwuban") as driver:
        hero = {"name": "张三", "unit": "行政审批处", "deeds": "编制公开目录"}
        decide(driver, ("excellent", "basic", "fail"), merits=[hero])

        assert driver.status() == "completed"
        assert [driver.status(child) for child in driver.children()] == ["completed"] * 3
        templates = ["fangan", "jieguo", "jieguo", "jieguo", "biaozhang", "tongbao"]
        assert [each.template for each in documents(driver)] == [f"kaohe-{each}" for each in templates]
        for child in driver.children():
            papers = [each.template for each in documents(driver, case=child)]
            assert papers == ["kaohe-tongzhi", "kaohe-zicha", "kaohe-jilu"]
        found = [
            (each.number, each.values["unit"], each.values["score"], each.values["grade"])
            for each in entries(driver, "kaohe")
        ]
        assert found == [
            ("考核结果〔2026〕1号", "行政审批处", 100, "优秀"),
            ("考核结果〔2026〕2号", "工程建设服务处", 70, "基本合格"),
            ("考核结果〔2026〕3号", "信息中心", 50, "不合格"),
        ]
        values = entries(driver, "kaohe")[0].values
        assert (values["notified_on"], values["held_on"], values["decided_on"]) == (
            "2026-03-09",
            "2026-03-25",
            "2026-03-25",
        )
        assert values["decided_by"] == ["zhouming", "wuxiuying"]
        assert values["notice_number"] == "市政务办考结〔2026〕1号"
        assert publications(driver) == []  # the text tells the units, and not the public


@pytest.mark.clause("P000-09 §27")
def test_第二十七条_结果通知写明得分等次问题和整改期限(driver):
    child = to_onsite(driver)
    assess(driver, child, 30, problems=["目录更新不及时"], rectify_by="2030-05-31")
    propose(driver)
    vote(driver, "周明")
    vote(driver, "吴秀英")
    (paper,) = documents(driver, "kaohe-jieguo")
    for told in ("<strong>基本合格</strong>", "得分70分", "目录更新不及时", "2030年5月31日前完成整改"):
        assert told in paper.html
    (record,) = documents(driver, "kaohe-jilu", case=child)
    for told in ("材料不全", "周明、吴秀英", "目录更新不及时", "记录人：周明"):
        assert told in record.html
    assert entries(driver, "kaohe")[0].values["problems"] == ["目录更新不及时"]


# --- 第二十七条（一）: the plan -----------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §27(一)", "P000-09 §21", "P000-09 §22")
def test_第二十七条_方案由综合处制定_领导小组审定后由综合处部署(driver):
    draft(driver)
    assert names(driver) == ["审定考核方案"]
    assert driver.children() == documents(driver) == []  # nothing is deployed that is not approved
    driver.complete("审定考核方案", as_="周明", form=AGREE)
    assert names(driver) == ["部署考核工作"]
    assert driver.children() == documents(driver) == []
    driver.complete("部署考核工作", as_="刘洋", form=DEPLOY)
    (child,) = driver.children()
    assert names(driver, child) == ["拟定考核通知"]
    (paper,) = documents(driver)
    for told in ("客观公正、科学规范、注重民主、追求实效", "年度目标", "提前15天", "过半数成员同意", "如实自查"):
        assert told in paper.html


@pytest.mark.clause("P000-09 §27(一)")
def test_第二十七条_领导小组退回修改后重新审定(driver):
    draft(driver)
    with driver.refused("意见", errors.InvalidForm):
        driver.complete("审定考核方案", as_="周明", form={"plan_decision": "return"})
    driver.complete("审定考核方案", as_="周明", form=RETURN)
    assert shown(driver, "制定考核方案")["return_reason"] == "指标应再具体"
    driver.complete("制定考核方案", as_="陈静", form={**PLAN, "method": "听取汇报。"})
    assert driver.variables()["return_reason"] is None
    assert [unit["number"] for unit in driver.variables()["units"]] == [1]
    driver.complete("审定考核方案", as_="吴秀英", form=AGREE)
    assert names(driver) == ["部署考核工作"]


@pytest.mark.clause("P000-09 §27(一)")
def test_第二十七条_审定以前可以预览考核方案(driver):
    draft(driver)
    task = driver.task("审定考核方案")
    html = previews.preview(driver.engine, task.id, driver.user("周明"), "kaohe-fangan", AGREE).html
    assert all(each["item"] in html for each in INDICATORS)
    assert "（待编号）" in html
    assert documents(driver) == []


@pytest.mark.clause("P000-09 §27(四)", "P000-09 §28")
@pytest.mark.parametrize(
    ("lost", "notice", "commended", "criticized"),
    [
        ("excellent", "<strong>优秀</strong>", "行政审批处给予表彰", "没有评为不合格等次的单位，不制发通报"),
        ("fail", "<strong>不合格</strong>", "不制发决定", "行政审批处经市政务办"),
    ],
)
def test_第二十七条_集体审定以前可以预览结果通知_表彰决定和通报(driver, lost, notice, commended, criticized):
    to_grades(driver, (lost,))
    propose(driver)
    before = len(documents(driver))
    task = driver.tasks()[0]
    said = (("kaohe-jieguo", notice), ("kaohe-biaozhang", commended), ("kaohe-tongbao", criticized))
    for template, words in said:
        html = previews.preview(driver.engine, task.id, driver.user(task.assignee), template, {}).html
        assert words in html, template
    assert len(documents(driver)) == before


@pytest.mark.clause("P000-09 §23", "P000-09 §24")
def test_第二十三_二十四条_方案不完整的_退回补全(driver):
    """What makes a plan incomplete is tested with the handler."""
    draft(driver, indicators=[{**INDICATORS[0], "points": 50}, *INDICATORS[1:4], {**INDICATORS[1], "points": 0.5}])
    assert names(driver) == ["制定考核方案"]
    reason = shown(driver, "制定考核方案")["return_reason"]
    for told in ("“对群众投诉的处理情况”", "“投诉处理得当，群众评价满意”", "实际为100.5分"):
        assert told in reason
    driver.complete("制定考核方案", as_="陈静", form=PLAN)
    assert names(driver) == ["审定考核方案"]


# --- 第二十六条: when, and how ----------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §26")
@pytest.mark.parametrize(
    ("begin", "end", "warned"),
    [("2025-12-01", "2026-03-31", False), ("2025-11-30", "2026-01-15", True), ("2026-03-25", "2026-04-01", True)],
)
def test_第二十六条_不在年底或下年初的只提请注意_不拦阻(driver, begin, end, warned):
    draft(driver, onsite_begin=begin, onsite_end=end)
    assert bool(driver.variables()["plan_warning"]) is warned
    assert names(driver) == ["审定考核方案"]


@pytest.mark.clause("P000-09 §26")
def test_第二十六条_年底年初的范围可由办公室自定(driver):
    driver.start("kaohe", as_="陈静")
    driver.set_variables({"season_begin": "2026-01-01", "season_end": "2026-02-28"})
    driver.complete("制定考核方案", as_="陈静", form=PLAN)
    assert "2026年1月1日至2026年2月28日" in driver.variables()["plan_warning"]


@pytest.mark.clause("P000-09 §26")
def test_第二十六条_考核年度是将要结束或者刚结束的一年():
    with testing.EngineDriver("shizhengwuban") as driver:
        years = []
        for today in ("2026-06-30 09:00", "2026-07-01 09:00", "2026-12-31 23:00", "2027-01-01 00:00"):
            driver.advance(to=today)
            driver.start("kaohe", as_="陈静")
            years.append(shown(driver, "制定考核方案")["assessed_year"])
        assert years == [2025, 2026, 2026, 2026]


@pytest.mark.clause("P000-09 §26")
def test_第二十六条_重点考核只适用重点指标_得分折算为百分制(driver):
    to_onsite(driver, units=[ONE, THREE])
    full, focus = driver.children()
    assert [row["number"] for row in shown(driver, "进行现场考核并评分", full)["scores"]] == [1, 2, 3, 4, 5]
    assert [row["number"] for row in shown(driver, "进行现场考核并评分", focus)["scores"]] == [1, 3]
    assess(driver, focus, scores=[{"number": 1, "score": 30}, {"number": 3, "score": 10, "note": "一件逾期"}])
    found = driver.variables(focus)["assessment"]
    assert (found["score"], found["grade_by_score"]) == (80, "pass")  # 40 of 50


@pytest.mark.clause("P000-09 §20")
def test_第二十条_各单位分别办理_互不等待_全部完成才研究等次(driver):
    first, second = deploy(driver, units=[ONE, TWO])
    notify(driver, first)
    self_check(driver, first)
    driver.advance(days=16)
    assess(driver, first)
    assert driver.status(first) == "completed"
    assert names(driver) == []
    notify(driver, second)
    self_check(driver, second)
    driver.advance(days=16)
    assess(driver, second)
    assert names(driver) == ["研究提出初步考核等次"]
    assert [each["name"] for each in driver.variables()["assessments"]] == ["行政审批处", "工程建设服务处"]


# --- 第二十四、二十五条: scores and grades ----------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §25")
def test_第二十五条_等次由得分对照方案的分数得出_四个等次_界限两侧(driver):
    wanted = {0: "excellent", 10: "excellent", 10.5: "pass", 25: "pass", 25.5: "basic", 40: "basic", 40.5: "fail"}
    to_onsite(driver, units=[{**ONE, "name": name, "head": "wangfang"} for name in _many(len(wanted))])
    for child, lost in zip(driver.children(), wanted, strict=True):
        assess(driver, child, lost)
    found = {100 - each["score"]: each["grade_by_score"] for each in driver.variables()["assessments"]}
    assert found == wanted


def _many(count):
    names = [f"第{number}处" for number in range(count)]
    HEADS.update(dict.fromkeys(names, "王芳"))
    return names


@pytest.mark.clause("P000-09 §25")
def test_第二十五条_等次分数是参数(driver):
    child = to_onsite(driver, excellent_from=98, pass_from=96, basic_from=95)
    assess(driver, child, 3)
    assert driver.variables()["assessments"][0]["grade_by_score"] == "pass"


@pytest.mark.clause("P000-09 §24")
def test_第二十四条_评分不全或者超过分值的_退回改正(driver):
    child = to_onsite(driver)
    rows = [{"number": 1, "score": 31}, *scores()[1:4]]
    assess(driver, child, scores=rows)
    problem = shown(driver, "进行现场考核并评分", child)["score_problem"]
    assert problem == "第1项的评分应在0分至30分之间，实际为31分；第5项应有一个评分"
    assert shown(driver, "进行现场考核并评分", child)["scores"] == rows  # what was entered is still there
    assess(driver, child, who="吴秀英")
    assert driver.status(child) == "completed"


@pytest.mark.clause("P000-09 §24")
def test_第二十四条_指标和分值不能在评分时改动(driver):
    child = to_onsite(driver)
    assess(driver, child, scores=[{**row, "points": 100, "indicator": "自拟指标"} for row in scores(30)])
    assert driver.variables()["assessments"][0]["score"] == 70
    assert "自拟指标" not in documents(driver, "kaohe-jilu", case=child)[0].html


# --- 第二十三、二十四条: yearly quantities ------------------------------------------------------------------------------------


def staffed(driver):
    """Give people accounts, each in the unit that the plan means; 黄伟 of 领导小组 sits in an assessed one, too."""
    people.seed_demo(driver.engine)
    admin = driver.user("admin")
    for name, members in (("行政审批处", ("zhangsan", "wangfang", "huangwei")), ("工程建设服务处", ("zhaogang",))):
        unit = people.create_unit(driver.engine, admin, name)
        for each in members:
            people.update_user(driver.engine, admin, each, unit_id=unit.id)


def a_year_of_work(driver):
    """Publish one item of 行政审批处, and let its head review three applications: in time, late, and not yet."""
    fabu_case.to_release(driver, unit="行政审批处", publish_on="2026-03-20")
    driver.complete("核定发布稿", as_="刘洋", form=fabu_case.RELEASE)
    cases = []
    for _ in range(3):
        cases.append(driver.start("yushen", as_="张三"))
        driver.set_variables({"review_workdays": 3})
        driver.complete("填报公开申请单", as_="张三", form=yushen_case.application(driver, unit="行政审批处"))
    driver.advance(days=1)
    driver.complete("审核并决定是否公开", as_="王芳", form=yushen_case.PUBLISH, case=cases[0])
    driver.advance(days=5)
    driver.complete("审核并决定是否公开", as_="王芳", form=yushen_case.PUBLISH, case=cases[1])
    driver.claim("审核并决定是否公开", as_="王芳", case=cases[2])


@pytest.mark.clause("P000-09 §24")
@pytest.mark.clause("P000-09 §23")
def test_第二十四条_年度数量由记录计算_任何人不能填写():
    with testing.EngineDriver("shizhengwuban") as driver:
        staffed(driver)
        a_year_of_work(driver)
        one, two = deploy(driver, units=[ONE, TWO], assessed_year=2026)
        for child in (one, two):
            notify(driver, child)

        rows = driver.variables(one)["quantities"]
        counted = {row["name"]: row for row in rows if row["counted"]}
        assert {name: row["total"] for name, row in counted.items()} == {
            "发布的信息": 1,
            "因不一致而修订的信息": 0,
            "有期限的任务": 3,
            "列入依申请公开的信息": 0,
            "责任追究": 0,
        }
        due = counted["有期限的任务"]
        assert (due["in_time"], due["late"], due["rate"]) == (1, 2, 33.3)
        assert counted["发布的信息"]["source"] == "/registers/shizhengwuban/fabu"
        judged = [row for row in rows if not row["counted"]]
        assert {row["content"] for row in judged} == {"proactive", "on_request", "commitments", "complaints"}
        assert all("由考核人员" in row["basis"] and "total" not in row for row in judged)
        late = driver.variables(one)["late_tasks"]
        assert [(each["name"], each["person"]) for each in late] == [("审核并决定是否公开", "王芳")] * 2
        assert [each["done"] for each in late] == ["2026-03-15 09:00 办结", "尚未办结"]
        assert {row["total"] for row in driver.variables(two)["quantities"] if row["counted"]} == {0}
        assert driver.variables(two)["late_tasks"] == []

        with driver.refused("年度数量", errors.InvalidForm):
            self_check(driver, one, quantities=[{**due, "late": 0}])
        with driver.refused("没有按时办理的任务", errors.InvalidForm):
            self_check(driver, one, late_tasks=[])
        self_check(driver, one)
        driver.advance(days=16)
        with driver.refused("年度数量", errors.InvalidForm):
            form = onsite(driver, quantities=[{**due, "late": 0}])
            driver.complete("进行现场考核并评分", as_="周明", form=form, case=one)
        paper = documents(driver, "kaohe-zicha", case=one)[0].html
        assert "<td>有期限的任务</td><td>3</td><td>1</td><td>2</td>" in paper


@pytest.mark.clause("P000-09 §24")
def test_第二十四条_没有的单位_不数任务_不当作零(driver):
    (child,) = deploy(driver, units=[{**ONE, "name": "信息中心"}])
    notify(driver, child)
    rows = driver.variables(child)["quantities"]
    (tasks,) = [row for row in rows if row["name"] == "有期限的任务"]
    assert (tasks["counted"], tasks["basis"]) == (False, "人员目录中没有名为“信息中心”的单位")
    assert "total" not in tasks


@pytest.mark.clause("P000-09 §21")
def test_第二十一条_被考核单位的人不能考核自己的单位():
    with testing.EngineDriver("shizhengwuban") as driver:
        staffed(driver)
        one, two = deploy(driver, units=[ONE, TWO])
        for child in (one, two):
            notify(driver, child)
            self_check(driver, child)
        driver.advance(days=16)
        for act in (driver.claim, lambda task, *, as_, case: assess(driver, case, who=as_)):
            with driver.refused("应当回避", errors.Forbidden):
                act("进行现场考核并评分", as_="黄伟", case=one)
        assess(driver, two, who="黄伟")
        assess(driver, one)
