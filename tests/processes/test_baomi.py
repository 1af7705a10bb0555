"""保密审查: four levels, their opinions, three classes (§37)."""

from __future__ import annotations

import itertools

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    LEVELS,
    OFFICE,
    RELEASE,
    SUBMISSION,
    begin,
    exempt,
    submit,
    to_group,
    to_office,
    to_release,
)

from engine import errors, testing
from handlers import publications

levels = pytest.mark.parametrize("level", LEVELS)


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban") as driver:
        yield driver


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_逐级审查四级签字后由综合处发布(driver):
    to_release(driver)
    assert "publication" not in driver.variables()

    driver.complete("核定发布稿", as_="孙磊", form=RELEASE)

    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yifabu")
    publication, review = driver.variables()["publication"], driver.variables()["review"]
    signed = [(each["step"], each["person"]) for each in publication["signatures"]]
    assert signed == [("报审", "zhangsan"), ("审核", "wangfang"), ("复核", "chenjing"), ("审定", "zhengjianguo")]
    assert publication["content_sha256"] == review["content_sha256"] == driver.variables()["reviewed_sha256"]
    assert (publication["audience"], publication["channels"]) == ("society", ["website", "board"])
    assert review["signatures"] == publication["signatures"]
    assert review["registered_at"] <= publication["published_at"]


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_每一级由各自的责任人办理(driver):
    to_group(driver)
    driver.complete("Task_shending", as_="郑建国", form=GROUP)
    case = driver.case().id
    with driver.engine.store.read() as uow:
        done = uow.user_tasks.of_instance(case)
    offered = {task.name: task.candidate_groups or task.assignee for task in done}
    assert offered == {
        "报审并提出意见": "zhangsan",
        "审核并签署意见": ("danwei_fuze",),
        "复核并分类标明": ("zonghechu",),
        "最后审定": ("baomixiaozu",),
        "核定发布稿": ("zonghechu",),
    }


@pytest.mark.clause("P000-16 §37(一)")
def test_第三十七条第一项_责任人报审时须书面提出是否公开的意见(driver):
    begin(driver)
    for lacking in ("originator_decision", "originator_kinds", "title", "summary", "unit"):
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, lacking: None})
    with driver.refused("应至少填写一项", errors.InvalidForm):
        driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, "content": None})


@pytest.mark.clause("P000-16 §37(一)")
def test_第三十七条第一项_报审的内容当即固定摘要值(driver):
    submit(driver)
    item = {key: SUBMISSION[key] for key in ("title", "summary", "content", "basis")} | {"attachments": []}
    assert driver.variables()["reviewed_sha256"] == publications.content_sha256(item)


@pytest.mark.clause("P000-16 §37(一)")
@pytest.mark.parametrize("lacking", ["basis", "channels", "publish_on"])
def test_第三十七条第一项_建议公开的写明依据形式和时间(driver, lacking):
    begin(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, lacking: None})
    driver.complete(
        "Task_baoshen",
        as_="张三",
        form={**SUBMISSION, lacking: None, "originator_decision": "withhold", "originator_opinion": "尚未定稿"},
    )
    assert driver.task("Task_shenhe")


@pytest.mark.clause("P000-16 §37")
@levels
def test_第三十七条_没有签字的不能办结(driver, level):
    come, task, who, form, _, _ = LEVELS[level]
    come(driver)
    (signed,) = (name for name in form if name.endswith("_signed"))
    for unsigned in ({**form, signed: False}, {key: value for key, value in form.items() if key != signed}):
        with driver.refused("请确认签字", errors.InvalidForm):
            driver.complete(task, as_=who, form=unsigned)


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize("level", ["责任人", "单位负责人"])
def test_第三十七条_意见为不公开的写明理由(driver, level):
    come, task, who, form, verdict, why = LEVELS[level]
    come(driver)
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, verdict: "withhold"})
    driver.complete(task, as_=who, form={**form, verdict: "withhold", why: "尚在研究"})
    assert driver.path()[-1] in ("Task_shenhe", "Task_fuhe")


@pytest.mark.clause("P000-16 §37(二)")
def test_第三十七条第二项_负责人不同意责任人意见的写明理由继续送审(driver):
    submit(driver, originator_decision="withhold", originator_opinion="尚未定稿")
    with driver.refused("意见和理由：必填", errors.InvalidForm):
        driver.complete("Task_shenhe", as_="王芳", form=HEAD)
    driver.complete("Task_shenhe", as_="王芳", form={**HEAD, "head_opinion": "已经定稿"})
    assert driver.task("Task_fuhe").candidate_groups == ("zonghechu",)


@pytest.mark.clause("P000-16 §37(三)")
@pytest.mark.parametrize(
    ("head", "office", "needed"),
    [("withhold", "open", True), ("withhold", "on_request", True), ("publish", "exempt", True)]
    + [("withhold", "exempt", False), ("publish", "open", False), ("publish", "on_request", False)],
)
def test_第三十七条第三项_综合处意见与单位不同的提出明确的复核意见(driver, head, office, needed):
    submit(driver)
    driver.complete("Task_shenhe", as_="王芳", form={**HEAD, "head_decision": head, "head_opinion": "单位意见"})
    form = {**OFFICE, "office_class": office} | (exempt("office") if office == "exempt" else {})
    if needed:
        with driver.refused("复核意见：必填", errors.InvalidForm):
            driver.complete("Task_fuhe", as_="陈静", form=form)
        form["office_opinion"] = "综合处意见"
    driver.complete("Task_fuhe", as_="陈静", form=form)
    assert driver.task("Task_shending")


@pytest.mark.clause("P000-16 §37(三)")
@pytest.mark.parametrize("lacking", ["office_exempt_ground", "office_exempt_reason"])
def test_第三十七条第三项_免于公开的应注明依据和理由(driver, lacking):
    to_office(driver)
    form = {**OFFICE, "office_class": "exempt", "office_opinion": "不同意公开", **exempt("office")}
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form={**form, lacking: None})
    driver.complete("Task_fuhe", as_="陈静", form=form)
    assert driver.variables()["office_exempt_reason"] == "涉及投标人的技术方案"


@pytest.mark.clause("P000-16 §37(四)")
@pytest.mark.parametrize("lacking", ["final_exempt_ground", "final_exempt_reason"])
def test_第三十七条第四项_审定免于公开的应注明依据和理由(driver, lacking):
    to_group(driver)
    form = {**GROUP, "final_class": "exempt", "final_opinion": "不同意公开", **exempt("final")}
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("Task_shending", as_="郑建国", form={**form, lacking: None})


@pytest.mark.clause("P000-16 §37(四)")
@pytest.mark.parametrize(("office", "final"), list(itertools.permutations(["open", "on_request", "exempt"], 2)))
def test_第三十七条第四项_最后审定可以改变综合处的分类并写明理由(driver, office, final):
    to_group(driver, office_class=office, office_opinion="复核意见", **(exempt("office") if office == "exempt" else {}))
    form = {**GROUP, "final_class": final} | (exempt("final") if final == "exempt" else {})
    with driver.refused("审定意见：必填", errors.InvalidForm):
        driver.complete("Task_shending", as_="郑建国", form=form)
    driver.complete("Task_shending", as_="郑建国", form={**form, "final_opinion": "经研究改变分类"})
    assert driver.variables()["final_class"] == final
    assert driver.visits("Task_hezhun") == (final == "open")


@pytest.mark.clause("P000-16 §37(三)")
def test_第三十七条第三项_依申请公开的登记备查不发布(driver):
    to_group(driver, office_class="on_request")
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "on_request"})
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yishenqing")
    review = driver.variables()["review"]
    assert (review["classification"], review["exempt_reason"]) == ("on_request", None)
    assert len(review["signatures"]) == 4
    assert "publication" not in driver.variables()


@pytest.mark.clause("P000-16 §37(三)")
def test_第三十七条第三项_免于公开的连同理由登记不发布(driver):
    to_group(driver, office_class="exempt", office_opinion="不同意公开", **exempt("office"))
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "exempt", **exempt("final")})
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_mianyu")
    review = driver.variables()["review"]
    assert (review["exempt_ground"], review["exempt_reason"]) == ("commercial", "涉及投标人的技术方案")
    assert review["head"] == {"decision": "publish", "opinion": None}
    assert review["office"]["opinion"] == "不同意公开"
    assert "publication" not in driver.variables()


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_一事一审各有编号(driver):
    numbers = set()
    for _ in range(2):
        to_group(driver, office_class="on_request")
        driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "on_request"})
        numbers.add(driver.variables()["review"]["number"])
    assert len(numbers) == 2


def test_原文没有规定时限_各级不设到期日(driver):
    for come, task, *_ in LEVELS.values():
        come(driver)
        assert driver.task(task).due is None


def test_拟公开时间是核定发布稿的到期日(driver):
    to_release(driver)
    assert driver.task("Task_hezhun").due == testing.moment("2030-03-21 00:00")  # the end of the day
