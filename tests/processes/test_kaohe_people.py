"""P000-09 考核: who does what, who may not, and what 集体审定 and §28 come to."""

from __future__ import annotations

import pytest
from kaohe_case import (
    AGREE,
    DEPLOY,
    ONE,
    PLAN,
    REPORT,
    THREE,
    assess,
    decide,
    deploy,
    draft,
    notice,
    notify,
    onsite,
    proposals,
    propose,
    self_check,
    shown,
    to_grades,
    to_onsite,
    vote,
)
from left_behind import documents, entries

from engine import errors
from engine.bpmn import execution

HERO = {"name": "张三", "unit": "行政审批处", "deeds": "编制公开目录"}
VERDICT = {"verdict": "agree", "verdict_signed": True}


def names(driver, case=None):
    return [task.name for task in driver.tasks(case)]


# --- who does what ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §20", "P000-09 §27")
def test_第二十_二十七条_各项工作由各自的角色办理(driver):
    """Everybody else is refused at every step of one assessment."""
    office, group, unit = ("陈静", "刘洋", "孙磊"), ("周明", "吴秀英"), ("王芳", "赵刚")
    strangers = ("张三", "钱进", "郑建国", "何平", "admin")

    def only(allowed, task, form, case=None, *, refuse=()):
        form = form() if callable(form) else form
        others = [name for people in (office, group, unit) if people != allowed for name in people]
        for who in (*strangers, *others, *refuse):
            with driver.refused("不能办理任务", errors.Forbidden):
                driver.complete(task, as_=who, form=form, case=case)
        driver.complete(task, as_=allowed[0], form=form, case=case)

    driver.start("kaohe", as_="陈静")
    only(office, "制定考核方案", PLAN, refuse=("刘洋",))  # who starts it draws up the plan
    only(group, "审定考核方案", AGREE)
    only(office, "部署考核工作", DEPLOY)
    (child,) = driver.children()
    only(office, "拟定考核通知", lambda: notice(driver), child)
    only(unit, "开展自查并提交自查报告", REPORT, child, refuse=("赵刚",))  # the head of another unit
    driver.advance(days=16)
    only(group, "进行现场考核并评分", lambda: onsite(driver), child)
    form = {"proposals": proposals(driver), "deciders": ["zhouming", "wuxiuying"]}
    only(group, "研究提出初步考核等次", form)
    first, second = driver.tasks()
    only(group, first, VERDICT, refuse=("吴秀英", "黄伟"))
    with driver.refused("由吴秀英办理", errors.Forbidden):
        driver.complete(second, as_="周明", form=VERDICT)
    driver.complete(second, as_="吴秀英", form=VERDICT)
    assert driver.status() == "completed"


@pytest.mark.clause("P000-09 §27")
def test_第二十七条_只有综合处可以发起_单位的考核不能单独发起(driver):
    for who in ("张三", "王芳", "周明", "郑建国"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("kaohe", as_=who)
    for who in ("陈静", "周明", "王芳"):
        with driver.refused(""):
            driver.start("kaohe-danwei", as_=who)


@pytest.mark.clause("P000-09 §27")
def test_第二十七条_制定方案的人不能审定_审定的人不能部署(driver):
    """黄伟 sits in the office and in the group."""
    driver.start("kaohe", as_="黄伟")
    driver.complete("制定考核方案", as_="黄伟", form=PLAN)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("审定考核方案", as_="黄伟", form=AGREE)
    draft(driver)
    driver.complete("审定考核方案", as_="黄伟", form=AGREE)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("部署考核工作", as_="黄伟", form=DEPLOY)


@pytest.mark.clause("P000-09 §21")
def test_第二十一条_不能考核自己的单位(driver):
    child = to_onsite(driver, units=[{**THREE, "mode": "full"}])  # its head is 黄伟, who sits in the group, too
    with driver.refused("应当回避", errors.Forbidden):
        assess(driver, child, who="黄伟")
    assess(driver, child)
    assert driver.status(child) == "completed"


@pytest.mark.clause("P000-09 §21")
def test_第二十一条_被考核单位的人不能研究提出等次(driver):
    to_grades(driver, ("excellent", "pass", "fail"))  # the head of the third unit is 黄伟
    with driver.refused("应当回避", errors.Forbidden):
        driver.claim("研究提出初步考核等次", as_="黄伟")
    propose(driver)
    assert names(driver) == ["集体审定考核等次"] * 2


@pytest.mark.clause("P000-09 §21")
def test_第二十一条_被考核单位的人不能列为考核人员(driver):
    child = to_onsite(driver, units=[{**THREE, "mode": "full"}])
    assess(driver, child, assessors=["zhouming", "huangwei"])
    assert names(driver, child) == ["进行现场考核并评分"]
    assert "应当回避" in shown(driver, "进行现场考核并评分", child)["score_problem"]
    assess(driver, child)
    assert driver.status(child) == "completed"


@pytest.mark.clause("P000-09 §27(四)")
def test_第二十七条_考核人员从领导小组成员中选定(driver):
    child = to_onsite(driver)
    with driver.refused("考核人员", errors.InvalidForm):
        assess(driver, child, assessors=["陈静"])


# --- 集体审定 --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §27(四)")
@pytest.mark.parametrize("deciders", [[], ["zhouming"], ["zhouming", "zhouming"]])
def test_第二十七条_集体审定至少由两名不同的成员参加(driver, deciders):
    to_grades(driver)
    with driver.refused("集体审定", errors.InvalidForm):
        propose(driver, deciders=deciders)
    assert names(driver) == ["研究提出初步考核等次"]


@pytest.mark.clause("P000-09 §27(四)")
def test_第二十七条_全部签署以后才有结果(driver):
    to_grades(driver)
    propose(driver, deciders=["zhouming", "wuxiuying", "huangwei"])
    vote(driver, "周明")
    vote(driver, "吴秀英")
    assert names(driver) == ["集体审定考核等次"]
    assert entries(driver) == []
    vote(driver, "黄伟", "disagree")
    assert driver.status() == "completed"  # two of three
    votes = driver.variables()["votes"]
    assert [(each["person"], each["verdict"]) for each in votes] == [
        ("zhouming", "agree"),
        ("wuxiuying", "agree"),
        ("huangwei", "disagree"),
    ]
    assert entries(driver, "kaohe")[0].values["decided_by"] == ["zhouming", "wuxiuying", "huangwei"]


@pytest.mark.clause("P000-09 §27(四)")
@pytest.mark.parametrize(
    ("rule", "against"),
    [("majority", ["吴秀英"]), ("majority", ["周明", "吴秀英"]), ("unanimous", ["黄伟"])],
)
def test_第二十七条_没有通过的_重新研究(driver, rule, against):
    everybody = {"zhouming": "周明", "wuxiuying": "吴秀英"} | ({"huangwei": "黄伟"} if rule == "unanimous" else {})
    to_grades(driver, review_rule=rule)
    propose(driver, deciders=list(everybody))
    for who in everybody.values():
        vote(driver, who, "disagree" if who in against else "agree")
    assert names(driver) == ["研究提出初步考核等次"]
    assert documents(driver, "kaohe-jieguo") == []
    objections = shown(driver, "研究提出初步考核等次")["objections"]
    assert [each["person"] for each in objections] == [id_ for id_, who in everybody.items() if who in against]

    propose(driver, 行政审批处=("pass", "个别目录更新不及时，经研究不评优秀"))
    vote(driver, "周明")
    vote(driver, "吴秀英")
    (entry,) = entries(driver, "kaohe")
    assert (entry.values["grade"], entry.values["grade_reason"]) == ("合格", "个别目录更新不及时，经研究不评优秀")
    assert "个别目录更新不及时" in documents(driver, "kaohe-jieguo")[0].html


@pytest.mark.clause("P000-09 §21")
def test_第二十一条_对本单位所签的意见不计入_只计入其他单位(driver):
    to_grades(driver, ("excellent", "pass", "fail"))
    propose(driver, deciders=["zhouming", "wuxiuying", "huangwei"])
    (task,) = [each for each in driver.tasks() if each.assignee == "huangwei"]
    with driver.engine.store.read() as uow:
        state = uow.instances.state(task.instance_id)
        process = driver.engine.definitions.get(uow, uow.instances.get(task.instance_id).definition_id).process
    assert execution.variables_at(process, state, task.token)["recused_units"] == ["信息中心"]
    vote(driver, "黄伟")
    vote(driver, "周明")
    vote(driver, "吴秀英", "disagree")
    # Two of three for the others, one of two for his own unit: all of them are studied anew.
    assert names(driver) == ["研究提出初步考核等次"]
    problem = shown(driver, "研究提出初步考核等次")["tally_problem"]
    assert problem == "信息中心：2人中1人同意，没有达到过半数同意"
    propose(driver, deciders=["zhouming", "huangwei"])
    vote(driver, "周明")
    vote(driver, "黄伟")
    assert "信息中心：除应当回避的以外，参加集体审定的应至少2人，实际1人" in driver.variables()["tally_problem"]
    propose(driver, deciders=["zhouming", "wuxiuying", "huangwei"])
    for who in ("周明", "吴秀英", "黄伟"):
        vote(driver, who)
    found = {each.values["unit"]: each.values for each in entries(driver, "kaohe")}
    assert found["信息中心"]["decided_by"] == ["zhouming", "wuxiuying"]
    assert found["信息中心"]["abstained"] == ["huangwei"]
    assert found["行政审批处"]["decided_by"] == ["zhouming", "wuxiuying", "huangwei"]
    assert "abstained" not in found["行政审批处"]


@pytest.mark.clause("P000-09 §22")
def test_第二十二条_审定的等次列入各单位年度目标(driver):
    decide(driver, ("excellent", "fail"))
    results = {each.values["unit"]: each for each in entries(driver, "kaohe")}
    targets = entries(driver, "niandu-mubiao")
    assert [(each.values["unit"], each.values["grade"]) for each in targets] == [
        ("行政审批处", "优秀"),
        ("工程建设服务处", "不合格"),
    ]
    for each in targets:
        assert each.values["target"] == "政府信息公开工作"
        assert each.values["result_number"] == results[each.values["unit"]].number
    assert "列入你单位2025年度目标" in documents(driver, "kaohe-jieguo")[0].html


@pytest.mark.clause("P000-09 §27(四)")
def test_第二十七条_全体同意的办法_全体同意才通过(driver):
    to_grades(driver, review_rule="unanimous")
    propose(driver)
    vote(driver, "周明")
    vote(driver, "吴秀英")
    assert driver.status() == "completed"


@pytest.mark.clause("P000-09 §27(四)")
def test_第二十七条_一个人签两份的只算一人_不能通过(driver):
    """A task may be handed over; a collective of one it does not make."""
    to_grades(driver)
    propose(driver)
    (other,) = [each for each in driver.tasks() if each.assignee == "wuxiuying"]
    vote(driver, "周明")
    driver.transfer(other, to="周明", as_="吴秀英")
    driver.complete(other, as_="周明", form=VERDICT)
    assert names(driver) == ["研究提出初步考核等次"]
    assert entries(driver) == []


@pytest.mark.clause("P000-09 §27(四)")
def test_第二十七条_不同意应写明意见_审定应签字(driver):
    to_grades(driver)
    propose(driver)
    for form in ({"verdict": "disagree", "verdict_signed": True}, {"verdict": "agree", "verdict_signed": False}):
        with driver.refused("应", errors.InvalidForm):
            driver.complete(driver.tasks()[0], as_="周明", form=form)


# --- 第二十五条: 初步等次 ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §25")
def test_第二十五条_初步等次与得分不一致的应说明理由(driver):
    to_grades(driver, ("excellent",))
    with driver.refused("应说明理由", errors.InvalidForm):
        propose(driver, 行政审批处=("pass", ""))
    with driver.refused("之一", errors.InvalidForm):
        propose(driver, 行政审批处=("良好", "四个等次以外"))


@pytest.mark.clause("P000-09 §27")
def test_第二十七条_得分和单位以考核记录为准_理由不能绕过(driver):
    to_grades(driver, ("fail",))
    row = {
        "name": "行政审批处",
        "score": 99,
        "grade_by_score": "excellent",  # with this the form asks for no reason
        "preliminary_grade": "excellent",
    }
    extra = {**row, "name": "不在方案中的单位"}
    plain = {"preliminary_grade": "excellent"}
    for rows, reason in (([row, extra], "应为 1 行"), ([row], "此项已经给定"), ([plain], "应说明理由")):
        with driver.refused(reason, errors.InvalidForm):
            form = {"proposals": rows, "deciders": ["zhouming", "wuxiuying"]}
            driver.complete("研究提出初步考核等次", as_="吴秀英", form=form)
    form = {"proposals": [{"preliminary_grade": "fail"}], "deciders": ["zhouming", "wuxiuying"]}
    driver.complete("研究提出初步考核等次", as_="吴秀英", form=form)
    (kept,) = driver.variables()["proposals"]
    assert (kept["name"], kept["score"], kept["preliminary_grade"]) == ("行政审批处", 50, "fail")


def test_集体审定时不能改动等次(driver):
    to_grades(driver)
    propose(driver)
    with driver.refused("只能查看此项", errors.InvalidForm):
        rows = [{"name": "行政审批处", "grade_by_score": "fail", "preliminary_grade": "fail"}]
        driver.complete(driver.tasks()[0], as_="周明", form={**VERDICT, "proposals": rows})


# --- 第二十八条 ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-09 §28")
@pytest.mark.parametrize(
    ("grade", "merits", "papers"),
    [
        ("excellent", [], ["kaohe-biaozhang"]),
        ("pass", [], []),
        ("pass", [HERO], ["kaohe-biaozhang"]),
        ("basic", [], []),
        ("fail", [], ["kaohe-tongbao"]),
        ("fail", [HERO], ["kaohe-biaozhang", "kaohe-tongbao"]),
    ],
)
def test_第二十八条_优秀表彰_先进个人奖励_不合格通报批评(driver, grade, merits, papers):
    decide(driver, (grade,), merits=merits)
    assert driver.status() == "completed"
    issued = documents(driver)[2:]  # after the plan and the notice of the result
    assert [each.template for each in issued] == papers
    for paper in issued:
        if paper.template == "kaohe-biaozhang":
            assert ("行政审批处给予表彰" in paper.html) is (grade == "excellent")
            assert ("编制公开目录" in paper.html) is bool(merits)
            subject = "优秀单位" if grade == "excellent" else "先进个人"
            assert paper.title == f"关于表彰奖励2025年度政府信息公开工作{subject}的决定"
        else:
            assert "行政审批处经市政务办政府信息公开领导小组集体审定，被评为不合格等次" in paper.html


@pytest.mark.clause("P000-09 §20")
def test_第二十条_一个单位的负责人只办理本单位的自查(driver):
    first, second = deploy(driver, units=[ONE, {**ONE, "name": "工程建设服务处", "head": "zhaogang"}])
    notify(driver, first)
    notify(driver, second)
    with driver.refused("由赵刚办理", errors.Forbidden):
        self_check(driver, second, who="王芳")
    self_check(driver, second)
    self_check(driver, first)
