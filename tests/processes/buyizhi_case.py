"""A case of 信息不一致 for tests: what is filled in at each step, and how a case comes there."""

from __future__ import annotations

MESSAGE = "反映信息不一致"
REPORT = {
    "reported_title": "窗口办公时间",
    "reported_problem": "网站写周六上午办公，大厅公开栏写周六不办公",
    "reported_link": "网站“办事指南”栏目",
    "reporter_name": "钱某某",
    "reporter_contact": "13800138000",
}
BY_PHONE = {"report_channel": "phone", "received_on": "2026-03-09", **REPORT}
CONSISTENT = {"inconsistent": False, "finding": "公开栏所写为上一年的安排，已注明停止执行"}
INCONSISTENT = {"inconsistent": True, "finding": "网站所写与办公会议的决定不同", "unit": "窗口管理处"}
CORRECTION = {
    "title": "窗口办公时间",
    "summary": "各窗口的办公时间",
    "content": "周一至周五九时至十七时，周六上午办理急件。",
    "correction_note": "原写周六上午办公，更正为周六上午只办理急件",
    "correction_signed": True,
}
AGREE = {"decision": "agree", "approval_required": False, "signed": True}
RETURN = {**AGREE, "decision": "return", "opinion": "没有写明急件的范围"}
GROUP = {"decision": "agree", "signed": True}
GROUP_RETURN = {**GROUP, "decision": "return", "opinion": "没有写明急件的范围"}
EXEMPT = {
    "final_class": "exempt",
    "final_opinion": "不应公开",
    "final_exempt_ground": "privacy",
    "final_exempt_reason": "载有办事人的联系方式",
}
WITHDRAW = {"disposal": "withdraw", "withdraw_reason": "涉及个人隐私", "removal_note": "公开栏于3月10日撤下"}
REVISE = {"disposal": "revise", "disposal_opinion": "删去办事人的联系方式"}
OPINION = {"originator_kinds": ["none"], "originator_decision": "publish", "originator_signed": True}
REPLY = {"reply_channel": "phone", "reply_text": "所反映的情况属实，已经更正"}
#: The levels of the secrecy review after the first: task, who, what is filled in.
LEVELS = (
    ("Task_shenhe", "王芳", {"head_decision": "publish", "head_signed": True}),
    ("Task_fuhe", "陈静", {"office_kinds": ["none"], "office_class": "open", "office_signed": True}),
    ("Task_shending", "郑建国", {"final_class": "open", "group_signed": True}),
)


def report(driver, **changes):
    """Let a citizen send a report."""
    driver.message(MESSAGE, {**REPORT, **changes})
    return driver.case()


def verify(driver, form=INCONSISTENT, who="刘洋", **changes):
    """Bring a case to the unit that corrects, or to its end."""
    case = report(driver)
    driver.complete("核实反映的情况", as_=who, form={**form, **changes})
    return case


def correct(driver, who="张三", **changes):
    """Bring a case to the office that checks the correction."""
    case = verify(driver, **changes)
    driver.complete("修订完善信息", as_=who, form=CORRECTION)
    return case


def check(driver, **changes):
    """Bring a case to the secrecy review, and return the review."""
    correct(driver, **changes)
    driver.complete("审核修订的内容", as_="陈静", form=AGREE)
    return driver.children()[-1]


def review(driver, child, **last):
    """Do the secrecy review of a correction."""
    driver.complete("Task_tichu", as_="张三", form=OPINION, case=child)
    for task, who, form in LEVELS:
        driver.complete(task, as_=who, form={**form, **(last if task == "Task_shending" else {})}, case=child)


def reviewed(driver, **changes):
    """Bring a case to the approval by the group."""
    review(driver, check(driver, **changes))
