"""How tests of 统一发布 get a case to each of its places: forms that are right, and the way there."""

from __future__ import annotations

from engine import testing

PROPOSAL = {
    "unit": "行政审批一处",
    "title": "窗口服务评价办法",
    "carrier": "document",
    "document_number": "政务办〔2026〕5号",
    "produced_on": "2026-03-02",
    "summary": "窗口服务评价的对象、指标和结果运用",
    "content": "第一条 为了改进窗口服务，制定本办法。",
    "basis": "公开内容目录第八条",
    "ground_kind": "none",
    "channels": ["website"],
    "publish_on": "2030-03-20",
    "joint_drafting": False,
    "approval_required": False,
    "proposal_signed": True,
}
AGREE = {
    "ground_reason": "新制定的办法，没有来得及列入目录",
    "approval_required": False,
    "office_decision": "agree",
    "office_signed": True,
}
RETURN = {"office_decision": "return", "office_opinion": "第一条的数据有误", "office_signed": True}
OPINION = {"originator_kinds": ["none"], "originator_decision": "publish", "originator_signed": True}
HEAD = {"head_decision": "publish", "head_signed": True}
OFFICE = {"office_kinds": ["none"], "office_class": "open", "office_signed": True}
SECRECY = {"final_class": "open", "group_signed": True}
GROUP = {"group_decision": "publish", "group_signed": True}
RELEASE = {key: PROPOSAL[key] for key in ("title", "summary", "content", "basis", "channels")}
CONFIRM = {"department": "市住建局", "relation": "confirm", "matter": "施工许可的办理条件"}
CONSULT = {"department": "市公安局", "relation": "consult", "matter": "刻章备案"}
LETTER = {
    "letter_points": "请确认所列条件是否准确。",
    "reply_days": 5,
    "reply_unit": "workdays",
    "contact_person": "陈静",
    "contact_phone": "010-65432100",
}
AGREES = {"position": "agree", "reply_number": "建函〔2026〕12号", "reply_on": "2026-03-09"}
DIFFERS = {**AGREES, "position": "differ", "reply_opinion": "第一条应当写明依据"}
RULED = {
    "power": "department",
    "power_basis": "三定规定第四条",
    "our_view": "可以不写",
    "authority_outcome": "revise",
    "handling": "第一条写明依据",
}
UNASSIGNED = {"power": "unassignable", "power_basis": "三定规定没有写明", "our_view": "可以不写"}
TALKED = {"talks": "3月10日会商", "agreed": True, "agreed_outcome": "revise", "handling": "第一条改为据实表述"}
NO_AGREEMENT = {"talks": "3月10日会商，没有一致", "agreed": False}
REQUEST = {"request_points": "请决定是否写明依据。", "contact_person": "陈静", "contact_phone": "010-65432100"}
CITY = {
    "city_outcome": "keep",
    "decision_number": "市政函〔2026〕8号",
    "decision_on": "2026-03-09",
    "handling": "照原内容发布",
}
APPROVAL = {
    "approval_required": True,
    "approval_rule": "统计数据发布管理规定第六条",
    "approval_authority": "市统计局",
}
ASK = {**{k: APPROVAL[k] for k in ("approval_rule", "approval_authority")}, **REQUEST}
SIGN = {"sign_decision": "approve", "sign_confirmed": True}
SENT_BACK = {**SIGN, "sign_decision": "return", "sign_opinion": "写明答复的形式"}
DELIVERED = {"delivery_way": "exchange", "delivered_on": "2026-03-09", "recipient": "办公室李某"}
APPROVED = {"approved": True, "approval_number": "统函〔2026〕3号", "approval_on": "2026-03-09"}
REFUSED = {"approved": False, "approval_on": "2026-03-09", "approval_opinion": "数据尚未核实"}


def begin(driver):
    return driver.start("fabu", as_="张三")


def propose(driver, **changes):
    begin(driver)
    driver.complete("提出发布建议", as_="张三", form={**PROPOSAL, **changes})


def agree(driver, *, who="陈静", **changes):
    driver.complete("审核发布建议", as_=who, form={**AGREE, **changes})


def to_departments(driver, *departments, **changes):
    """Bring a case to where letters are written; return the cases of the departments, in their order."""
    propose(driver, departments=list(departments), **changes)
    agree(driver, departments=list(departments))
    return open_letters(driver)


def approve(driver, asked, form=APPROVED):
    """Let a request for approval go out, and put the answer on record."""
    ask(driver, asked)
    driver.complete("登记批复", as_="刘洋", form=form, case=asked)


def open_letters(driver):
    """The cases of departments that have not been written to yet, oldest first."""
    letters = [each for child in driver.children() for each in driver.children(child)]
    return [each for each in letters if "Task_nihan" in [task.element_id for task in driver.tasks(each)]]


def send(driver, letter, **changes):
    """Draft a letter, have it signed by another, and deliver it today."""
    driver.complete("Task_nihan", as_="陈静", form={**LETTER, **changes}, case=letter)
    driver.complete("Task_qianfa", as_="刘洋", form=SIGN, case=letter)
    deliver(driver, letter)


def deliver(driver, case, **changes):
    """Put on record that a paper was delivered today."""
    today = driver.now.astimezone(testing.SHANGHAI).date().isoformat()
    driver.complete("Task_songda", as_="孙磊", form={**DELIVERED, "delivered_on": today, **changes}, case=case)


def petition(driver, difference):
    """Ask 市政府 to decide a difference."""
    driver.complete("起草请示", as_="陈静", form=REQUEST, case=difference)
    driver.complete("签发请示", as_="周明", form=SIGN, case=difference)
    deliver(driver, difference)


def ask(driver, asked):
    """Let a request for approval go out."""
    driver.complete("起草报批件", as_="陈静", form=ASK, case=asked)
    driver.complete("签发报批件", as_="周明", form=SIGN, case=asked)
    deliver(driver, asked)


def answer(driver, letter, form=AGREES, **changes):
    """Send a letter and put its answer on record; return the case that handles a difference, if there is one."""
    send(driver, letter)
    driver.complete("登记部门答复", as_="刘洋", form={**form, **changes}, case=letter)
    found = driver.children(letter)
    return found[-1] if found else None


def review(driver, proposer="张三", **answers):
    """Let the item that is under way pass the four levels of 保密审查, with changed answers where given."""
    child = driver.children()[-1]
    driver.complete("提出是否公开的意见", as_=proposer, form={**OPINION, **answers.get("originator", {})}, case=child)
    driver.complete("审核并签署意见", as_="王芳", form={**HEAD, **answers.get("head", {})}, case=child)
    driver.complete("复核并分类标明", as_="陈静", form={**OFFICE, **answers.get("office", {})}, case=child)
    driver.complete("最后审定", as_="郑建国", form={**SECRECY, **answers.get("final", {})}, case=child)
    return child


def to_group(driver, **changes):
    propose(driver, **changes)
    agree(driver, **{key: changes[key] for key in APPROVAL if key in changes})
    review(driver)


def to_release(driver, **changes):
    to_group(driver, **changes)
    driver.complete("审定发布", as_="周明", form=GROUP)


def revise(driver, **changes):
    driver.complete("修改发布建议", as_="张三", form={**PROPOSAL, **changes})


def entries(driver, register):
    """What this case and those that it called have written into a register, oldest first."""
    return [each for each in _left(driver, "entries_of") if each.register == register]


def papers(driver, template):
    """Documents that this case and those that it called have issued from a template, oldest first."""
    return [each for each in _left(driver, "documents_of") if each.template == template]


def publications(driver):
    """What this case has published."""
    return _left(driver, "publications_of")


def _left(driver, what):
    family, at = [], [driver.case().id]
    while at:
        family += at
        at = [child.id for each in at for child in driver.children(each)]
    with driver.engine.store.read() as uow:
        return [found for each in family for found in getattr(uow.records, what)(each)]
