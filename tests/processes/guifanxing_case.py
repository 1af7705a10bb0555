"""A case of 规范性文件公开属性 for tests: what is filled in at each of the three levels."""

from __future__ import annotations

PAPER = {
    "title": "窗口服务管理办法",
    "document_type": "measures",
    "secrecy_level": "none",
    "urgency": "normal",
    "unit": "窗口管理处",
    "summary": "规定窗口服务的要求和考核",
    "content": "第一条 为规范窗口服务，制定本办法。",
    "unit_opinion": "publish",
    "unit_signed": True,
}
WITHHOLD = {"unit_opinion": "withhold", "unit_ground": "privacy", "unit_reason": "含有服务对象的个人资料"}
AGREE = {"office_verdict": "agree", "office_signed": True}
OBJECT = {
    "office_verdict": "object",
    "office_proposal": "withhold",
    "office_opinion": "附表载有企业的商业秘密，不应公开",
    "office_signed": True,
}
PUBLISH = {"document_number": "市政务办发〔2026〕3号", "final_attribute": "publish", "group_signed": True}
REFUSE = {
    "final_attribute": "withhold",
    "final_ground": "commercial",
    "final_reason": "附表载有企业的商业秘密，不能与正文区分",
    "group_signed": True,
}


def draft(driver, who="张三", **changes):
    """Start a case and fill in the first column."""
    case = driver.start("guifanxing", as_=who)
    driver.complete("拟稿并提出公开意见", as_=who, form={**PAPER, **changes})
    return case


def review(driver, form=AGREE, who="陈静", **changes):
    """Bring a case to the third level."""
    case = draft(driver, **changes)
    driver.complete("复核文件的公开性", as_=who, form=form)
    return case


def issue(driver, form=PUBLISH, review_form=AGREE, **changes):
    """Bring a case to its end."""
    case = review(driver, review_form, **changes)
    driver.complete("核发文件并决定公开属性", as_="周明", form=form)
    return case
