"""A case of 考核 for tests: what is filled in at each step, and how a case comes there.

Days are counted from the clock of the driver, so that many cases can follow each other in one engine.
"""

from __future__ import annotations

import datetime

from engine import testing
from engine.bpmn import execution

#: Content of §23, criterion of §24, points, which assessments apply it.
_INDICATORS = [
    ("proactive", "accurate", "公开内容准确、具体", 30, "both"),
    ("proactive", "diverse", "公开形式多样", 10, "full"),
    ("on_request", "timely", "在规定时限内答复", 20, "both"),
    ("commitments", "supervised", "承诺事项有监督、有追究", 20, "full"),
    ("complaints", "satisfied", "投诉处理得当", 20, "full"),
]
INDICATORS = [
    {"content": content, "criterion": criterion, "item": item, "points": points, "applies": applies}
    for content, criterion, item, points, applies in _INDICATORS
]
ONE, TWO, THREE = (
    {"name": "行政审批处", "category": "office", "mode": "full", "head": "wangfang"},
    {"name": "工程建设服务处", "category": "service", "mode": "full", "head": "zhaogang"},
    {"name": "信息中心", "category": "affiliated", "mode": "focus", "head": "huangwei"},
)
HEADS = {"行政审批处": "王芳", "工程建设服务处": "赵刚", "信息中心": "黄伟"}
PLAN = {
    "assessed_year": 2025,
    "units": [ONE],
    "method": "听取汇报、查阅资料、实地查看。",
    "indicators": INDICATORS,
    "excellent_from": 90,
    "pass_from": 75,
    "basic_from": 60,
    "onsite_begin": "2026-03-25",
    "onsite_end": "2026-03-31",
    "notice_days": 15,
    "notice_unit": "days",
    "review_rule": "majority",
}
AGREE = {"plan_decision": "agree"}
RETURN = {"plan_decision": "return", "plan_opinion": "指标应再具体"}
DEPLOY = {
    "requirements": "请各单位高度重视，如实自查。",
    "materials": ["公开目录", "依申请公开台账"],
    "contact_person": "陈静",
    "contact_phone": "010-65432100",
}
REPORT = {
    "report_proactive": "制发信息时同步提出公开意见，网站栏目有专人更新。",
    "report_on_request": "申请由专人登记，按时答复。",
    "report_commitments": "承诺事项全部兑现。",
    "report_complaints": "投诉当日转办，办结后回访。",
    "report_problems": "个别信息更新不够及时。",
    "report_signed": True,
}
#: Points that lead to each grade with the thresholds of `PLAN`, off the first indicator or the first three.
LOST = {"excellent": 0, "pass": 15, "basic": 30, "fail": 50}


def scores(lost=0, indicators=INDICATORS):
    """Return a score sheet with points lost, from the first indicator on."""
    rows = []
    for number, each in enumerate(indicators, 1):
        off = min(lost, each["points"])
        lost -= off
        note = {"note": "材料不全"} if off else {}
        rows.append({"number": number, "score": each["points"] - off, **note})
    return rows


def day(driver, after=0):
    """Return a day after today as ISO text."""
    return (driver.now.astimezone(testing.SHANGHAI).date() + datetime.timedelta(days=after)).isoformat()


def shown(driver, name, case=None):
    """Return the variables as a task sees them."""
    task = driver.task(name, case)
    with driver.engine.store.read() as uow:
        instance = uow.instances.get(task.instance_id)
        state = uow.instances.state(instance.id)
        definition = driver.engine.definitions.get(uow, instance.definition_id)
    return execution.variables_at(definition.process, state, task.token)


def notice(driver, **changes):
    """Return what a notice says when the assessment is on the first possible day."""
    return {
        "onsite_on": day(driver, 16),
        "onsite_place": "三楼会议室",
        "self_check_due": day(driver, 10),
        "materials": ["公开目录"],
        **changes,
    }


def onsite(driver, lost=0, **changes):
    """Return what is recorded on site today."""
    return {
        "held_on": day(driver),
        "held_at": "三楼会议室",
        "assessors": ["zhouming", "wuxiuying"],
        "findings": "查阅台账，实地查看窗口。",
        "scores": scores(lost),
        **changes,
    }


def draft(driver, **changes):
    """Start a case and fill in the plan."""
    case = driver.start("kaohe", as_="陈静")
    driver.complete("制定考核方案", as_="陈静", form={**PLAN, **changes})
    return case


def deploy(driver, **changes):
    """Bring a case to the assessment of its units, and return the cases of these."""
    draft(driver, **changes)
    driver.complete("审定考核方案", as_="周明", form=AGREE)
    driver.complete("部署考核工作", as_="刘洋", form=DEPLOY)
    return driver.children()


def notify(driver, child, **changes):
    """Send the notice to a unit."""
    driver.complete("拟定考核通知", as_="陈静", form=notice(driver, **changes), case=child)


def self_check(driver, child, who=None, **changes):
    """Let a unit hand in its report."""
    head = who or HEADS[driver.variables(child)["unit_name"]]
    driver.complete("开展自查并提交自查报告", as_=head, form={**REPORT, **changes}, case=child)


def assess(driver, child, lost=0, who="周明", **changes):
    """Record the assessment of a unit on site."""
    driver.complete("进行现场考核并评分", as_=who, form=onsite(driver, lost, **changes), case=child)


def to_onsite(driver, **changes):
    """Bring the units of a case to their assessment on site, and return the case of the first."""
    children = deploy(driver, **changes)
    for child in children:
        notify(driver, child)
        self_check(driver, child)
    driver.advance(days=16)
    return children[0]


def to_grades(driver, grades=("excellent",), **changes):
    """Bring a case to the preliminary grades: as many units as grades, each with the score of its grade."""
    to_onsite(driver, units=[ONE, TWO, {**THREE, "mode": "full"}][: len(grades)], **changes)
    for child, grade in zip(driver.children(), grades, strict=True):
        assess(driver, child, LOST[grade])


def proposals(driver, **grades):
    """Return the preliminary grades as the task offers them, changed for some units: unit=(grade, reason)."""
    names = ("name", "grade_by_score", "preliminary_grade")
    rows = [{name: row[name] for name in names} for row in shown(driver, "研究提出初步考核等次")["proposals"]]
    for row in rows:
        if row["name"] in grades:
            row["preliminary_grade"], row["grade_reason"] = grades[row["name"]]
    return rows


def propose(driver, deciders=("zhouming", "wuxiuying"), merits=(), **grades):
    """Propose the grades and who decides on them."""
    form = {"proposals": proposals(driver, **grades), "deciders": list(deciders), "merits": list(merits)}
    driver.complete("研究提出初步考核等次", as_="吴秀英", form=form)


def vote(driver, who, verdict="agree", **changes):
    """Let a member give a verdict."""
    actor = driver.user(who).id
    (task,) = [each for each in driver.tasks() if each.assignee == actor]
    reason = {} if verdict == "agree" else {"verdict_opinion": "行政审批处的等次应再研究"}
    driver.complete(task, as_=who, form={"verdict": verdict, "verdict_signed": True, **reason, **changes})


def decide(driver, grades=("excellent",), merits=(), **changes):
    """Bring a case to its end."""
    to_grades(driver, grades, **changes)
    propose(driver, merits=merits)
    vote(driver, "周明")
    vote(driver, "吴秀英")
