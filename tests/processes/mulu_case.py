"""A case of 公开内容目录 for tests: what is filled in at each step, and how a case comes there."""

from __future__ import annotations

SOCIETY = {
    "name": "窗口办事指南",
    "summary": "各窗口办理事项的条件、材料、程序和期限",
    "basis": "《政府信息公开条例》",
    "audience": "society",
    "channels": ["website", "board"],
    "publish_on": "2026-03-16",
}
LATER = {**SOCIETY, "name": "收费项目和标准", "publish_on": "2026-03-20"}
INTERNAL = {
    "name": "内部考勤安排",
    "summary": "窗口人员的考勤和轮休安排",
    "audience": "internal",
    "channels": ["meeting", "other"],
    "channel_note": "工作群",
    "publish_on": "2026-03-16",
}
WITHHELD = {"matter": "值班人员家庭住址", "ground": "privacy", "reason": "属于个人隐私，公开会造成侵害"}
DRAFT = {
    "unit": "窗口管理处",
    "title": "窗口管理处2026年公开内容目录",
    "requirements": "领导小组2026年工作部署",
    "functions": "管理各进驻部门窗口，组织窗口服务",
    "entries": [SOCIETY, INTERNAL, LATER],
    "withheld": [WITHHELD],
}
AGREE = {"decision": "agree", "signed": True}
APPROVE = {"decision": "approve", "signed": True}
RETURN = {"decision": "return", "opinion": "公开内容写得不具体", "signed": True}
POSTED = {"released_by": "会议传达，工作群发布", "released_on": "2026-03-16"}


def draft(driver, who="张三", **changes):
    """Start a case and fill in the catalogue."""
    case = driver.start("mulu", as_=who)
    driver.complete("拟订公开内容目录", as_=who, form={**DRAFT, **changes})
    return case


def audit(driver, who="王芳", **changes):
    """Bring a case to the approval by the group."""
    case = draft(driver, **changes)
    driver.complete("审核公开内容目录", as_=who, form=AGREE)
    return case


def approve(driver, **changes):
    """Bring a case to its release in stages."""
    case = audit(driver, **changes)
    driver.complete("审定公开内容目录", as_="周明", form=APPROVE)
    return case
