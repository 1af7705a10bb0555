"""News releases for tests: what is filled in at each step, and how a case comes there."""

from __future__ import annotations

PLAN = {
    "title": "公共资源交易改革成果",
    "release_form": "conference",
    "citywide": True,
    "occasion": "regular",
    "topics": ["result", "rule"],
    "gist": "一年来公共资源交易改革的做法和成效",
    "planned_at": "2026-03-20T09:30:00+08:00",
    "place": "政务服务中心三楼会议室",
    "attendants": "各处室负责人",
    "host": "李主任",
    "media": "市日报、市广播电视台",
    "application_reason": "改革成果关系全市企业和群众，需要向全市发布。",
    "contact_person": "陈静",
    "contact_phone": "010-65432100",
}
APPLY = {"application_decision": "apply"}
RETURN = {"application_decision": "return", "application_opinion": "写明直播安排"}
DELIVERED = {"delivery_way": "机要交换", "delivered_on": "2026-03-09", "delivery_receipt": "市政府办公室收文 58 号"}
DECLINE = {"application_decision": "decline", "application_opinion": "改为书面通报即可"}
AGREE = {"consent": "agree", "consent_number": "市政函〔2026〕12号", "consent_on": "2026-03-09"}
REFUSE = {"consent": "refuse", "consent_on": "2026-03-09", "consent_opinion": "与市政府新闻发布会合并"}
ALONE = {"title": "大厅停电处置情况", "occasion": "emergency", "release_form": "bulletin"}
MATERIALS = {
    "summary": "改革做法、成效和下一步安排",
    "content": "各位记者：\n一年来，公共资源交易全部进场。",
    "talking_points": "改革成效以统计数据为准，不作排名。",
    "questions": [{"question": "是否增加收费？", "answer": "没有增加任何收费。"}],
    "sensitive_points": "个别投标纠纷",
    "other_departments": False,
    "approval_required": False,
    "secrets_checked": True,
}
EMERGENCY = {**MATERIALS, "report_plan": "每两小时通报一次处置进展。"}
APPROVE = {"talking_points": "以统计数据为准。", "verdict": "approve", "submit_up": False, "secrets_kept": True}
REVISE = {"talking_points": "以统计数据为准。", "verdict": "revise", "spokesperson_opinion": "补充下一步安排"}
HELD = {
    "held_on": "2026-03-09",
    "held_time": "9:30",
    "held_place": "政务服务中心三楼会议室",
    "held_media": "市日报",
    "held_questions": "问：是否增加收费？答：没有增加任何收费。",
}
EFFECT = {"coverage": "市日报头版报道", "reactions": "网民普遍肯定"}
REPORT = {"progress": "已如期发布并答问", "effect": "效果良好"}
OPINION = {"originator_kinds": ["none"], "originator_decision": "publish", "originator_signed": True}
HEAD = {"head_decision": "publish", "head_signed": True}
OFFICE = {"office_kinds": ["none"], "office_class": "open", "office_signed": True}
GROUP = {"final_class": "open", "group_signed": True}
EXEMPT = {
    "final_class": "exempt",
    "final_exempt_ground": "commercial",
    "final_exempt_reason": "涉及投标人的商业秘密",
    "final_opinion": "含有商业秘密",
    "group_signed": True,
}


def appoint(driver, who="songtao"):
    """Let 行政首长 choose who speaks; whoever spoke before no longer does (§44)."""
    driver.start("fayanren", as_="陈静")
    driver.complete("确定新闻发言人", as_="周明", form={"spokesperson": who})


def plan(driver, **changes):
    """Start a conference and fill in its plan."""
    case = driver.start("xinwen-fabuhui", as_="陈静")
    driver.complete("拟订新闻发布方案", as_="陈静", form={**PLAN, **changes})
    return case


def apply(driver, **changes):
    """Bring a conference for the whole city to the point where 市政府 is asked."""
    case = plan(driver, **changes)
    driver.complete("签发新闻发布会申请", as_="周明", form=APPLY)
    driver.complete("送达市政府并登记", as_="陈静", form=DELIVERED)
    return case


def alone(driver, **changes):
    """Start a release that is no conference."""
    return driver.start("xinwen-neirong", as_="陈静", form={**ALONE, **changes})


def prepare(driver, case=None, **changes):
    driver.complete("拟写发布材料", as_="陈静", form={**EMERGENCY, **changes}, case=case)


def approve(driver, case=None, **changes):
    """Prepare the materials and let the spokesperson approve them: what follows is the secrecy review."""
    prepare(driver, case)
    driver.complete("确定口径并审定材料", as_="宋涛", form={**APPROVE, **changes}, case=case)


def review(driver, case=None, final=None):
    """Bring the secrecy review that a release has called to its end."""
    child = driver.children(case)[-1]
    driver.complete("提出是否公开的意见", as_="陈静", form=OPINION, case=child)
    driver.complete("Task_shenhe", as_="唐敏", form=HEAD, case=child)
    driver.complete("Task_fuhe", as_="孙磊", form=OFFICE, case=child)
    driver.complete("Task_shending", as_="郑建国", form=final or GROUP, case=child)
    return child


def to_interviews(driver, case=None):
    approve(driver, case)
    review(driver, case)


def release(driver, case=None, **changes):
    """Arrange no interviews and release."""
    driver.complete("安排采访", as_="宋涛", form={}, case=case)
    driver.complete("发布新闻并接受采访", as_="宋涛", form={**HELD, **changes}, case=case)


def report(driver, case=None):
    """Bring a release that has been made to its end."""
    driver.complete("搜集社会效应", as_="刘洋", form=EFFECT, case=case)
    driver.complete("汇报发布情况和效果", as_="宋涛", form=REPORT, case=case)
    driver.complete("阅示汇报", as_="吴秀英", form={}, case=case)
