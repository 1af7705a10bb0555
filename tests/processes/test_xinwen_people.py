"""新闻发布: who does what, and who may not (§44, §47–49, §51); the models themselves."""

from __future__ import annotations

import json

import pytest
from xinwen_case import (
    AGREE,
    ALONE,
    APPLY,
    APPROVE,
    DELIVERED,
    EFFECT,
    EMERGENCY,
    GROUP,
    HEAD,
    HELD,
    OFFICE,
    OPINION,
    PLAN,
    REPORT,
    alone,
    apply,
    appoint,
    approve,
    plan,
    prepare,
    release,
    review,
    to_interviews,
)

from engine import catalog, config, errors, forms
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
TOPICS = [
    *("documents.issue", "publications.announce", "registers.append", "registers.find"),
    *("release.check", "secrecy.fix_item"),
]
CHECKED = checking.check(PACK, topics=TOPICS)
MEETING, CONTENT, CHOICE = (CHECKED.processes[key][1] for key in ("xinwen-fabuhui", "xinwen-neirong", "fayanren"))
both = pytest.mark.parametrize("process", [MEETING, CONTENT, CHOICE], ids=lambda process: process.key)


pytestmark = pytest.mark.usefixtures("spokesperson")


def to_plan(driver):
    driver.start("xinwen-fabuhui", as_="陈静")


def to_delivery(driver):
    plan(driver)
    driver.complete("签发新闻发布会申请", as_="周明", form=APPLY)


def to_approval(driver):
    alone(driver)
    prepare(driver)


def to_superiors(driver):
    alone(driver)
    approve(driver, submit_up=True)


def to_arranging(driver):
    alone(driver)
    to_interviews(driver)


def to_release(driver):
    to_arranging(driver)
    driver.complete("安排采访", as_="宋涛", form={})


def to_effect(driver):
    to_arranging(driver)
    release(driver)


def to_report(driver):
    to_effect(driver)
    driver.complete("搜集社会效应", as_="刘洋", form=EFFECT)


def to_reading(driver):
    to_report(driver)
    driver.complete("汇报发布情况和效果", as_="宋涛", form=REPORT)


#: How a case comes to each task, what it is called, who does it, what is filled in.
TASKS = {
    "方案": (to_plan, "拟订新闻发布方案", "陈静", PLAN),
    "申请": (plan, "签发新闻发布会申请", "周明", APPLY),
    "送达": (to_delivery, "送达市政府并登记", "孙磊", DELIVERED),
    "意见": (apply, "登记市政府审核意见", "孙磊", AGREE),
    "拟写": (alone, "拟写发布材料", "孙磊", EMERGENCY),
    "审定": (to_approval, "确定口径并审定材料", "宋涛", APPROVE),
    "送审": (to_superiors, "审阅送审稿件", "吴秀英", {"superior_verdict": "agree"}),
    "采访": (to_arranging, "安排采访", "宋涛", {}),
    "发布": (to_release, "发布新闻并接受采访", "宋涛", HELD),
    "效应": (to_effect, "搜集社会效应", "刘洋", EFFECT),
    "汇报": (to_report, "汇报发布情况和效果", "宋涛", REPORT),
    "阅示": (to_reading, "阅示汇报", "周明", {}),
}
ROLES = {
    "方案": ("陈静",),
    "申请": ("周明", "吴秀英", "黄伟"),
    "送达": ("陈静", "刘洋", "孙磊", "黄伟"),
    "意见": ("陈静", "刘洋", "孙磊", "黄伟"),
    "拟写": ("陈静", "刘洋", "孙磊", "黄伟"),
    "审定": ("宋涛",),
    "送审": ("周明", "吴秀英", "黄伟"),
    "采访": ("宋涛",),
    "发布": ("宋涛",),
    "效应": ("刘洋",),
    "汇报": ("宋涛",),
    "阅示": ("周明", "吴秀英", "黄伟"),
}
EVERYBODY = ("陈静", "刘洋", "孙磊", "周明", "吴秀英", "黄伟", "宋涛", "张三", "王芳", "郑建国", "许丽", "admin")


@pytest.mark.clause("P000-21 §47", "P000-22 §48", "P000-22 §49")
@pytest.mark.parametrize("work", TASKS)
def test_各项工作只由自己的角色办理(driver, work):
    come, task, who, form = TASKS[work]
    come(driver)
    for other in EVERYBODY:
        if other not in ROLES[work]:
            with driver.refused("不能办理任务", errors.Forbidden):
                driver.complete(task, as_=other, form=form)
    driver.complete(task, as_=who, form=form)


@pytest.mark.clause("P000-23 §51")
def test_第五十一条_新闻发布会由综合处发起(driver):
    for who in ("张三", "周明", "宋涛", "许丽"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("xinwen-fabuhui", as_=who)


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_发言人也可以自己发起通报(driver):
    driver.start("xinwen-neirong", as_="宋涛", form=ALONE)
    approve(driver)
    for who in ("张三", "周明", "许丽"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("xinwen-neirong", as_=who, form=ALONE)


@pytest.mark.clause("P000-16 §37(一)")
def test_第三十七条_保密审查的责任人是拟写发布稿的人_不是发起的人(driver):
    driver.start("xinwen-neirong", as_="宋涛", form=ALONE)
    driver.complete("拟写发布材料", as_="孙磊", form=EMERGENCY)
    driver.complete("确定口径并审定材料", as_="宋涛", form=APPROVE)
    assert driver.task("提出是否公开的意见", driver.children()[-1]).assignee == "sunlei"


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_拟写发布稿的人不能再作其他三级审查(driver):
    """陈静 may re-examine what others draft, but not her own text: four levels are four persons."""
    alone(driver)
    driver.complete("拟写发布材料", as_="陈静", form=EMERGENCY)
    driver.complete("确定口径并审定材料", as_="宋涛", form=APPROVE)
    child = driver.children()[-1]
    with driver.refused("由陈静办理", errors.Forbidden):
        driver.complete("提出是否公开的意见", as_="孙磊", form=OPINION, case=child)
    driver.complete("提出是否公开的意见", as_="陈静", form=OPINION, case=child)
    driver.complete("Task_shenhe", as_="唐敏", form=HEAD, case=child)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("Task_fuhe", as_="陈静", form=OFFICE, case=child)
    driver.complete("Task_fuhe", as_="黄伟", form=OFFICE, case=child)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("Task_shending", as_="黄伟", form=GROUP, case=child)
    driver.complete("Task_shending", as_="郑建国", form=GROUP, case=child)
    signers = {driver.variables(child)[f"{level}_signature"]["person"] for level in ("originator", "head", "office")}
    assert signers == {"chenjing", "tangmin", "huangwei"}
    assert [task.name for task in driver.tasks()] == ["安排采访"]


@pytest.mark.clause("P000-21 §47")
def test_第四十七条_拟订方案的人不能代领导小组签发申请(driver):
    """黄伟 sits in the office and in the group."""
    driver.start("xinwen-fabuhui", as_="黄伟")
    driver.complete("拟订新闻发布方案", as_="黄伟", form=PLAN)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("签发新闻发布会申请", as_="黄伟", form=APPLY)


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_拟稿的人不能审定自己的稿件(driver):
    appoint(driver, "huangwei")
    alone(driver)
    driver.complete("拟写发布材料", as_="黄伟", form=EMERGENCY)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("确定口径并审定材料", as_="黄伟", form=APPROVE)
    appoint(driver)


@pytest.mark.clause("P000-22 §49")
def test_第四十九条_发言人不能审阅自己送审的稿件_也不能阅示自己的汇报(driver):
    appoint(driver, "huangwei")
    alone(driver)
    prepare(driver)
    driver.complete("确定口径并审定材料", as_="黄伟", form={**APPROVE, "submit_up": True})
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("审阅送审稿件", as_="黄伟", form={"superior_verdict": "agree"})
    driver.complete("审阅送审稿件", as_="周明", form={"superior_verdict": "agree"})
    review(driver)
    driver.complete("安排采访", as_="黄伟", form={})
    driver.complete("发布新闻并接受采访", as_="黄伟", form=HELD)
    driver.complete("搜集社会效应", as_="刘洋", form=EFFECT)
    driver.complete("汇报发布情况和效果", as_="黄伟", form=REPORT)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("阅示汇报", as_="黄伟", form={})
    appoint(driver)


# --- the models ----------------------------------------------------------------------------------------------------------


@both
def test_the_check_finds_nothing_not_even_a_warning(process):
    file = CHECKED.processes[process.key][0].path
    assert [each.sentence() for each in CHECKED.findings if each.file == file] == []


@both
def test_every_element_says_which_clause_it_carries_out(process):
    assert {element.id for element in process.elements.values() if not element.clause} == set()


def test_all_articles_of_the_chapter_are_carried_out():
    liaison = CHECKED.processes["lianluoyuan"][1]
    clauses = {
        part
        for process in (MEETING, CONTENT, CHOICE, liaison)
        for element in process.elements.values()
        for part in element.clause.split(";")
    }
    articles = {each.partition("§")[2] for each in clauses if each.startswith(("P000-21", "P000-22", "P000-23"))}
    assert articles == {"44", "46", "47", "48", "49", "50", "51"}


def test_every_form_is_used_and_every_field_shown_again_means_the_same():
    """A field that somebody else reads has the type and options of the one that was filled in."""
    wording = ("description", "default", "formatMinimum", "formatMaximum", "x-messages", "title")
    used = MEETING.form_keys | CONTENT.form_keys
    assert used == {key for key in CHECKED.forms if key.startswith("shizhengwuban/xinwen-")}
    seen: dict[str, str] = {}
    for key in sorted(used):
        for field in CHECKED.forms[key].fields:
            if field.name == "release_form":  # a meeting, or another way: each form offers what may be chosen there
                continue
            meaning = json.dumps({k: v for k, v in field.schema.items() if k not in wording}, sort_keys=True)
            assert seen.setdefault(field.name, meaning) == meaning, f"{field.name} differs in {key}"


def test_nobody_can_change_what_others_filled_in():
    """Only the line to take and what belongs to it is edited twice: 综合处 drafts, the spokesperson fixes it (§49)."""
    edited: list[str] = []
    for process in (MEETING, CONTENT):
        for element in process.elements.values():
            if element.form_key is None or element.id in ("Task_niding", "Event_fabu"):
                continue
            rights = forms.Rights.parse(element.properties["fieldRights"])
            edited += [field.name for field in rights.editable(CHECKED.forms[element.form_key].fields)]
    assert sorted(name for name in set(edited) if edited.count(name) > 1) == [
        *("questions", "sensitive_points", "talking_points")
    ]
