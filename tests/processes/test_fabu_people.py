"""统一发布: who does what, and who may not (§29–32, §39)."""

from __future__ import annotations

import pytest
from fabu_case import (
    AGREE,
    AGREES,
    APPROVAL,
    APPROVED,
    ASK,
    CITY,
    CONFIRM,
    DELIVERED,
    DIFFERS,
    GROUP,
    LETTER,
    NO_AGREEMENT,
    PROPOSAL,
    RELEASE,
    REQUEST,
    SENT_BACK,
    SIGN,
    UNASSIGNED,
    agree,
    answer,
    ask,
    begin,
    petition,
    propose,
    review,
    send,
    to_departments,
    to_group,
    to_release,
)

from engine import errors

OFFICE, LEADERS = ("zonghechu",), ("lingdaoxiaozu",)
PEOPLE = {OFFICE: ("陈静", "刘洋", "孙磊"), LEADERS: ("周明", "吴秀英")}
STRANGERS = ("李四", "王芳", "郑建国", "钱进", "何平", "admin")


def then(come, task, who, form):
    """The way on from a task: come to it, do it; return the case."""

    def further(driver):
        case = come(driver)
        driver.complete(task, as_=who, form=form, case=case)
        return case

    return further


def to_letter(driver):
    (letter,) = to_departments(driver, CONFIRM)
    return letter


def to_reply(driver):
    letter = to_letter(driver)
    send(driver, letter)
    return letter


def to_difference(driver):
    return answer(driver, to_letter(driver), DIFFERS)


to_signing = then(to_letter, "起草协调确认函", "陈静", LETTER)
to_delivery = then(to_signing, "签发协调确认函", "刘洋", SIGN)
to_talks = then(to_difference, "认定内容的权限", "陈静", UNASSIGNED)
to_request = then(to_talks, "与该部门协商", "陈静", NO_AGREEMENT)
to_petition = then(to_request, "起草请示", "陈静", REQUEST)


def to_city(driver):
    case = to_request(driver)
    petition(driver, case)
    return case


def to_approval(driver):
    to_release(driver, **APPROVAL)
    return driver.children()[-1]


to_asking = then(to_approval, "起草报批件", "陈静", ASK)


def to_permission(driver):
    case = to_approval(driver)
    ask(driver, case)
    return case


#: How a case comes to each task, what it is called, whose it is, what is filled in.
TASKS = {
    "审核": (propose, "审核发布建议", OFFICE, AGREE),
    "拟函": (to_letter, "起草协调确认函", OFFICE, LETTER),
    "签发函": (to_signing, "签发协调确认函", OFFICE, SIGN),
    "送达函": (to_delivery, "登记协调确认函送达", OFFICE, DELIVERED),
    "签发请示": (to_petition, "签发请示", LEADERS, SIGN),
    "签发报批": (to_asking, "签发报批件", LEADERS, SIGN),
    "登记答复": (to_reply, "登记部门答复", OFFICE, AGREES),
    "认定权限": (to_difference, "认定内容的权限", OFFICE, UNASSIGNED),
    "协商": (to_talks, "与该部门协商", OFFICE, NO_AGREEMENT),
    "请示": (to_request, "起草请示", OFFICE, REQUEST),
    "市政府决定": (to_city, "登记市政府决定", OFFICE, CITY),
    "审定": (to_group, "审定发布", LEADERS, GROUP),
    "报批": (to_approval, "起草报批件", OFFICE, ASK),
    "批复": (to_permission, "登记批复", OFFICE, APPROVED),
    "核定": (to_release, "核定发布稿", OFFICE, RELEASE),
}


@pytest.mark.clause("P000-10 §29", "P000-11 §30", "P000-12 §31", "P000-13 §32")
@pytest.mark.parametrize("work", TASKS)
def test_各项工作由各自的角色办理(driver, work):
    come, task, group, form = TASKS[work]
    case = come(driver)
    assert driver.task(task, case).candidate_groups == group
    others = [name for role, people in PEOPLE.items() if role != group for name in people]
    for who in (*others, *STRANGERS):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(task, as_=who, form=form, case=case)
    driver.complete(task, as_=PEOPLE[group][-1], form=form, case=case)


@pytest.mark.clause("P000-10 §29")
def test_第二十九条_由制作单位提出建议(driver):
    for who in ("王芳", "陈静", "周明", "郑建国"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("fabu", as_=who)
    begin(driver)
    with driver.refused("由张三办理", errors.Forbidden):
        driver.complete("提出发布建议", as_="李四", form=PROPOSAL)


@pytest.mark.clause("P000-11 §30")
def test_第三十条_起草函的人不能签发_退回的写明意见(driver):
    letter = to_signing(driver)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("签发协调确认函", as_="陈静", form=SIGN, case=letter)
    with driver.refused("应写明意见", errors.InvalidForm):
        driver.complete("签发协调确认函", as_="刘洋", form={**SENT_BACK, "sign_opinion": None}, case=letter)
    driver.complete("签发协调确认函", as_="刘洋", form=SENT_BACK, case=letter)
    assert driver.variables(letter)["return_reason"] == SENT_BACK["sign_opinion"]
    driver.complete("起草协调确认函", as_="陈静", form=LETTER, case=letter)
    driver.complete("签发协调确认函", as_="刘洋", form=SIGN, case=letter)
    assert driver.task("登记协调确认函送达", letter)


@pytest.mark.clause("P000-12 §31(二)", "P000-13 §32")
@pytest.mark.parametrize(("come", "what"), [(to_petition, "请示"), (to_asking, "报批件")])
def test_上行文由领导小组签发_退回起草人(driver, come, what):
    case = come(driver)
    with driver.refused("不能办理", errors.Forbidden):
        driver.complete(f"签发{what}", as_="刘洋", form=SIGN, case=case)
    driver.complete(f"签发{what}", as_="周明", form=SENT_BACK, case=case)
    assert driver.task(f"起草{what}", case)


@pytest.mark.parametrize("key", ["fabu-bumen", "fabu-xietiao", "fabu-zhengxun", "fabu-fenqi", "fabu-baopi"])
def test_协调分歧和报批只在统一发布中进行(driver, key):
    for who in ("张三", "陈静", "周明"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start(key, as_=who)


def everywhere(driver):
    """张三 with the roles of three levels, and the unit that the directory has for 张三."""
    roles = ["danwei_jingban", "zonghechu", "lingdaoxiaozu"]
    return driver.add_user("zhangsan", "兼任", roles=roles, unit="行政审批处")


@pytest.mark.clause("P000-10 §29")
def test_提出建议的人不能审核(driver):
    everywhere(driver)
    driver.start("fabu", as_="兼任")
    driver.complete("提出发布建议", as_="兼任", form=PROPOSAL)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        agree(driver, who="兼任")


@pytest.mark.clause("P000-10 §29")
def test_提出建议的人不能审定(driver):
    everywhere(driver)
    driver.start("fabu", as_="兼任")
    driver.complete("提出发布建议", as_="兼任", form=PROPOSAL)
    agree(driver)
    assert driver.task("提出是否公开的意见", driver.children()[-1]).assignee == "zhangsan"
    review(driver, proposer="兼任")
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("审定发布", as_="兼任", form=GROUP)


@pytest.mark.clause("P000-10 §29")
@pytest.mark.parametrize("first", ["审核", "核定"])
def test_黄伟兼综合处和领导小组_审核的不能审定_审定的不能核定(driver, first):
    propose(driver)
    agree(driver, who="黄伟" if first == "审核" else "陈静")
    review(driver)
    if first == "审核":
        with driver.refused("不能由同一人办理", errors.Forbidden):
            driver.complete("审定发布", as_="黄伟", form=GROUP)
        return
    driver.complete("审定发布", as_="黄伟", form=GROUP)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete("核定发布稿", as_="黄伟", form=RELEASE)


@pytest.mark.parametrize(
    ("work", "field"),
    [
        ("审核", "content"),
        ("登记答复", "letter_number"),
        ("认定权限", "reply_opinion"),
        ("审定", "content"),
        ("核定", "unit"),
    ],
)
def test_只读的内容不能在办理时改动(driver, work, field):
    come, task, group, form = TASKS[work]
    case = come(driver)
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete(task, as_=PEOPLE[group][0], form={**form, field: "改动"}, case=case)
