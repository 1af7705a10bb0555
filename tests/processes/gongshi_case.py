"""A case of 公示 for tests: what is filled in at each step, and how a case comes there."""

from __future__ import annotations

from engine import testing

PLAN = {
    "title": "调整窗口办公时间",
    "category": "impact",
    "plan": "周六上午对外办公，周一上午不对外办公。",
    "reasons": "方便上班群众办事",
    "other_departments": False,
    "notice_forms": ["website", "board"],
    "feedback_channels": ["email", "box", "phone", "letter", "visit"],
    "feedback_details": "zwb@example.gov.cn，010-65432100，大厅东侧意见箱",
    "notice_days": 5,
    "notice_unit": "days",
    "contact_person": "陈静",
    "contact_phone": "010-65432100",
}
APPROVE = {"approval": "approve"}
REFUSE = {"approval": "refuse", "approval_opinion": "方案尚不成熟"}
REPORT = {"unit": "窗口管理处", "feedback_category": "实施时间", "report": "建议保留周一上午的急办窗口，拟采纳"}
NOTHING_LEFT = {"remaining": False}
ADJUSTED = {
    "adjusted_plan": "周六上午对外办公，周一上午保留急办窗口。",
    "adjustment_note": "采纳第1件意见，周一上午保留急办窗口",
}
DECIDE = {"decision": "adopt", "decision_text": "自2026年5月1日起施行"}
MESSAGE = "公示反馈意见"


#: The four levels of the secrecy review (§37): task, who does it, what is filled in.
REVIEW = (
    (
        "提出是否公开的意见",
        "陈静",
        {"originator_kinds": ["none"], "originator_decision": "publish", "originator_signed": True},
    ),
    ("审核并签署意见", "唐敏", {"head_decision": "publish", "head_signed": True}),
    ("复核并分类标明", "孙磊", {"office_kinds": ["none"], "office_class": "open", "office_signed": True}),
    ("最后审定", "郑建国", {"final_class": "open", "group_signed": True}),
)


def plan(driver, *, key=None, as_="陈静", **changes):
    """Start a case and fill in the plan; the secrecy review of it has begun."""
    case = driver.start("gongshi", as_=as_, business_key=key)
    driver.complete("拟订公示方案", as_=as_, form={**PLAN, **changes})
    return case


def review(driver, drafter="陈静", **last):
    """Let the plan pass its secrecy review, or with another verdict in `last`."""
    child = driver.children()[0]
    for task, who, form in REVIEW:
        person = drafter if task == REVIEW[0][0] else who
        driver.complete(task, as_=person, form={**form, **(last if task == "最后审定" else {})}, case=child)
    return child


def draft(driver, *, key=None, as_="陈静", **changes):
    """Bring a case to the approval of its plan."""
    case = plan(driver, key=key, as_=as_, **changes)
    review(driver, as_)
    return case


def opinions(driver, case=None):
    """The cases that handle opinions; the first child of a case is its secrecy review."""
    return driver.children(case)[1:]


def publish(driver, *, key=None, **changes):
    """Bring a case to the day on which its notice is published."""
    case = draft(driver, key=key, **changes)
    driver.complete("审批公示方案", as_="周明", form=APPROVE)
    return case


def received(driver, **changes):
    """What the office registers of an opinion that came by telephone today."""
    today = driver.now.astimezone(testing.SHANGHAI).date().isoformat()
    return {
        "feedback_channel": "phone",
        "feedback_received_on": today,
        "feedback_content": "周一上午应当有人办急事",
        **changes,
    }


def register(driver, **changes):
    """Register an opinion during the period and return the case that handles it."""
    driver.complete("登记反馈意见", as_="刘洋", form=received(driver, **changes))
    return opinions(driver)[-1]


def report(driver, child, who="钱进"):
    """Let a unit report an opinion to the group, and the group take note of it."""
    driver.complete("登记意见并报领导小组", as_=who, form=REPORT, case=child)
    driver.complete("阅示反馈意见", as_="吴秀英", form={}, case=child)


def answer(outcome="adopt", **changes):
    """How a unit has handled an opinion."""
    reason = {} if outcome == "adopt" else {"outcome_reason": "与上级规定不符"}
    return {
        "feedback_summary": "希望周一上午能办急事",
        "handling": "已与各窗口商定",
        "outcome": outcome,
        "publishable": True,
        **reason,
        **changes,
    }


def handle(driver, child, who="钱进", outcome="adopt", **changes):
    """Bring an opinion to its end."""
    report(driver, child, who)
    driver.complete("办理反馈意见", as_=who, form=answer(outcome, **changes), case=child)


def end_period(driver):
    """Let the period pass, and say that nothing is left to be registered."""
    driver.advance(to=driver.variables()["period_end"])
    driver.complete("清点期内意见", as_="刘洋", form=NOTHING_LEFT)


def summary(adjust=False, **changes):
    """How the office sums the feedback up."""
    reason = {} if adjust else {"no_adjustment_reason": "现有方案已经包括"}
    return {"summary": "意见集中于周一上午的安排", "adjust": adjust, **reason, **changes}


def to_decision(driver, outcome="adopt", adjust=False):
    """Bring a case with one opinion to the decision."""
    publish(driver)
    handle(driver, register(driver), outcome=outcome)
    end_period(driver)
    driver.complete("汇总反馈意见", as_="陈静", form=summary(adjust))
    if adjust:
        driver.complete("调整方案", as_="陈静", form=ADJUSTED)
