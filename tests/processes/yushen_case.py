"""A case of 预审 for tests: what is filled in at each step, and how a case comes there."""

from __future__ import annotations

import datetime

import pytest

from engine import forms, testing
from engine.bpmn import execution

APPLICATION = {
    "unit": "行政审批一处",
    "title": "企业开办办事指南",
    "summary": "企业开办的条件、材料、流程和时限",
    "content": "一、受理条件……",
    "audience": "society",
    "channels": ["website", "board"],
    "basis": "公开内容目录第三条",
    "data_checked": True,
}
PUBLISH = {"in_catalogue": "listed", "secrecy": "clear", "decision": "publish", "signed": True}
REFER = {**PUBLISH, "decision": "refer", "referral_grounds": ["major"], "opinion": "涉及全市，报请审批"}
CHECKED = {"procedure_complete": True, "signatures_complete": True, "data_correct": True, "signed": True}
AGREE = {**CHECKED, "decision": "agree"}
RECOMMEND = {**CHECKED, "decision": "recommend_publish", "opinion": "建议公开"}
APPROVE = {"decision": "publish", "signed": True}
WITHHOLD = {"decision": "withhold", "group_ground": "stability", "signed": True}
WRONG_DATA = {"decision": "return", "opinion": "受理时限与目录不符，请核实后重报"}


def application(driver, **changes):
    """The form, to be published in three days unless something else is said."""
    publish_on = (driver.now.astimezone(testing.SHANGHAI).date() + datetime.timedelta(days=3)).isoformat()
    return {**APPLICATION, "publish_on": publish_on, **changes}


def apply(driver, **changes):
    driver.start("yushen", as_="张三")
    driver.complete("填报公开申请单", as_="张三", form=application(driver, **changes))


def to_office(driver, **changes):
    apply(driver, **changes)
    driver.complete("审核并决定是否公开", as_="王芳", form=PUBLISH)


def to_group(driver, **changes):
    to_office(driver, **changes)
    driver.complete("预审公开申请", as_="陈静", form=AGREE)


def to_referral(driver, **answers):
    apply(driver)
    driver.complete("审核并决定是否公开", as_="王芳", form={**REFER, **answers})


def to_approval(driver, **answers):
    to_referral(driver, **answers)
    driver.complete("提出预审意见", as_="陈静", form=RECOMMEND)


def page(driver, name):
    """What the form of an open task shows at first."""
    task = driver.task(name)
    with driver.engine.store.read() as uow:
        instance, state = uow.instances.get(task.instance_id), uow.instances.state(task.instance_id)
        definition = driver.engine.definitions.get(uow, instance.definition_id)
    current = execution.variables_at(definition.process, state, task.token)
    return forms.initial(definition.form(task.form_key), current, definition.rights(task.element_id))


#: How a case comes to each review: the task, who does it, and an answer that is right there but for the decision.
REVIEWS = {
    "单位审核": (apply, "审核并决定是否公开", "王芳", PUBLISH),
    "预审": (to_office, "预审公开申请", "陈静", AGREE),
    "审定": (to_group, "审定公开信息", "周明", APPROVE),
    "提出预审意见": (to_referral, "提出预审意见", "陈静", RECOMMEND),
    "审批": (to_approval, "审批是否公开", "周明", APPROVE),
}
reviews = pytest.mark.parametrize("review", REVIEWS)
