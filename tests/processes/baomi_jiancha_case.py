"""A case of 保密执行检查考核 for tests: what is filled in at each step, and how a case comes there."""

from __future__ import annotations

PLAN = {
    "title": "2026年第一季度保密审查执行情况检查",
    "period_from": "2026-01-01",
    "period_to": "2026-03-06",
    "units": ["窗口管理处", "技术处"],
    "checked_items": ["scope", "head", "class"],
}
INSPECTION = {
    "inspected_on": "2026-03-09",
    "inspection": "抽查审查表二十份，核对签字和分类。",
    "problems": [{"unit": "技术处", "item": "head", "finding": "两份审查表负责人没有签署意见"}],
}
HARMLESS = {
    "assessments": [
        {"unit": "窗口管理处", "opinion": "执行到位"},
        {"unit": "技术处", "opinion": "签署手续有缺漏，应当补正"},
    ],
    "overall": "总体执行情况良好",
    "serious": False,
    "assessment_signed": True,
}
#: 黄伟 is in the unit and in the group that decides; 李四 is a member of staff; the third has no account.
HUANG = {"name": "黄伟", "unit": "技术处", "account": "has", "person": "huangwei", "conduct": "未经审定即发布"}
LI = {"name": "李四", "unit": "技术处", "account": "has", "person": "lisi", "conduct": "标有警示字样而没有报审"}
OUTSIDER = {"name": "临时聘用人员甲", "unit": "技术处", "account": "none", "conduct": "将材料外传"}
SERIOUS = {
    **HARMLESS,
    "serious": True,
    "consequences": "内部资料在网站刊出三日，被多家媒体转载",
    "parties": [LI],
}
PURSUE = {
    "party_facts": "李四明知材料标有“内部文件”字样，没有报审",
    "liable": "pursue",
    "measure": "责令作出书面检查，通报批评",
    "measure_basis": "《公职人员政务处分法》",
    "decision_signed": True,
}
SERVED = {"served_way": "person", "served_on": "2026-03-09", "served_note": "本人签收"}
CLEAR = {
    "party_facts": "材料系他人冒用其账号刊出",
    "liable": "none",
    "no_liability_reason": "没有参与发布",
    "decision_signed": True,
}


def plan(driver, **changes):
    """Start a case and say what is inspected."""
    case = driver.start("baomi-jiancha", as_="郑建国")
    driver.complete("确定检查的单位和事项", as_="郑建国", form={**PLAN, **changes})
    return case


def inspect(driver, **changes):
    """Start a case and record the inspection."""
    planned = {name: changes.pop(name) for name in PLAN if name in changes}
    case = plan(driver, **planned)
    driver.complete("检查执行情况", as_="郑建国", form={**INSPECTION, **changes})
    return case


def assess(driver, **changes):
    """Bring a case to the question of accountability."""
    case = inspect(driver)
    driver.complete("考核执行情况", as_="冯艳", form={**SERIOUS, **changes})
    return case
