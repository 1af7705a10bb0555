"""How tests of 保密审查 get a case to each of its places: forms that are right, and the way there."""

from __future__ import annotations

SUBMISSION = {
    "unit": "行政审批一处",
    "title": "窗口服务评价办法",
    "carrier": "document",
    "document_number": "政务办〔2026〕5号",
    "produced_on": "2026-03-06",
    "summary": "窗口服务评价的对象、指标和结果运用",
    "content": "第一条……",
    "basis": "公开内容目录第八条",
    "channels": ["website", "board"],
    "publish_on": "2030-03-20",
    "other_departments": False,
    "originator_kinds": ["none"],
    "originator_decision": "publish",
    "originator_signed": True,
}
HEAD = {"head_decision": "publish", "head_signed": True}
OFFICE = {"office_kinds": ["none"], "office_class": "open", "office_signed": True}
GROUP = {"final_class": "open", "group_signed": True}
EXEMPT = {"exempt_ground": "commercial", "exempt_reason": "涉及投标人的技术方案"}
REQUEST = {
    "request_title": "关于窗口服务评价办法是否公开的请示",
    "request_rules": "《市政府信息公开保密审查办法》第九条",
    "request_body": "我办认为可以公开评价办法，不公开所附数据。",
    "contact_person": "刘洋",
    "contact_phone": "010-65432100",
}
SIGNED = {"sign_decision": "approve", "sign_confirmed": True}
SENT = {"delivery_way": "exchange", "recipient": "市政府办公室，李某签收"}
REPLY = {"reply_number": "市政函〔2026〕8号", "reply_opinion": "意见", "reply_kept": "综合处档案柜"}
KINDS = ("classified", "sensitive", "marked", "internal")


def exempt(level):
    """What a level fills in for 免于公开 besides its class."""
    return {f"{level}_{name}": value for name, value in EXEMPT.items()}


def begin(driver):
    driver.start("baomi", as_="张三")


def submit(driver, **changes):
    begin(driver)
    driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, **changes})


def to_office(driver, **changes):
    submit(driver, **changes)
    driver.complete("Task_shenhe", as_="王芳", form=HEAD)


def to_group(driver, **answers):
    to_office(driver)
    driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, **answers})


def reviewed(driver, before_last=lambda: None, **changes):
    """Go through all four levels with answers that publish; `before_last` is done before the last of them."""
    to_office(driver, **changes)
    driver.complete("Task_fuhe", as_="陈静", form=OFFICE)
    before_last()
    driver.complete("Task_shending", as_="郑建国", form=GROUP)


def voided(driver, content="改动后的内容"):
    """Go through all four levels while somebody changes the content behind their back."""
    reviewed(driver, lambda: driver.set_variables({"content": content}, as_="admin"))


#: How a case comes to each level: the task, who does it, an answer that is right there, where it says the verdict and
#: why, and what it is called towards 市政府.
LEVELS = {
    "责任人": (begin, "Task_baoshen", "张三", SUBMISSION, "originator_decision", "originator_opinion"),
    "单位负责人": (submit, "Task_shenhe", "王芳", HEAD, "head_decision", "head_opinion"),
    "综合处": (to_office, "Task_fuhe", "陈静", OFFICE, "office_class", "office_opinion"),
    "保密工作领导小组": (to_group, "Task_shending", "郑建国", GROUP, "final_class", "final_opinion"),
}


def uncertain(driver, level):
    """Bring a case to a level and let it be uncertain there; return the case that asks 市政府."""
    come, task, who, form, verdict, why = LEVELS[level]
    come(driver)
    driver.complete(task, as_=who, form={**form, verdict: "uncertain", why: "涉及的数据能否公开没有规定"})
    return driver.children()[-1]


def draft(driver, request, **changes):
    driver.complete("Task_qingshi", as_="刘洋", form={**REQUEST, **changes}, case=request)


def ask(driver, request):
    """Draft the request to 市政府, have it signed, and send it."""
    draft(driver, request)
    driver.complete("Task_qianfa", as_="冯艳", form=SIGNED, case=request)
    driver.complete(
        "Task_baosong", as_="刘洋", form={**SENT, "delivered_on": driver.now.date().isoformat()}, case=request
    )


def answer(driver, request, reply, **more):
    """Enter what 市政府 replied."""
    given = {"reply": reply, "reply_on": driver.now.date().isoformat(), **REPLY, **more}
    driver.complete("Task_pifu", as_="孙磊", form=given, case=request)


def finish(driver, *levels_left):
    """Do the levels that are left with answers that publish."""
    for level in levels_left:
        _, task, who, form, _, _ = LEVELS[level]
        driver.complete(task, as_=who, form=form)


DETAILS = {"classified": {"marking": "secret"}, "internal": {"internal_note": "内部值班安排"}}
APPROVALS = {"sensitive": "sensitive_approval", "marked": "marked_approval"}


def ticked(level, kind, **more):
    return {f"{level}_kinds": [kind]} | {f"{level}_{k}": v for k, v in (DETAILS.get(kind, {}) | more).items()}
