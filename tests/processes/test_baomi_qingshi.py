"""保密审查: who cannot determine asks 市政府, and its answer is followed (§38)."""

from __future__ import annotations

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    LEVELS,
    OFFICE,
    REQUEST,
    SUBMISSION,
    answer,
    ask,
    exempt,
    finish,
    number,
    ticked,
    to_office,
    uncertain,
)

from engine import errors, testing

levels = pytest.mark.parametrize("level", LEVELS)


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban") as driver:
        yield driver


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_无法确定的写明疑问由综合处向市政府请示(driver, level):
    come, task, who, form, verdict, why = LEVELS[level]
    come(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, verdict: "uncertain"})

    driver.complete(task, as_=who, form={**form, verdict: "uncertain", why: "能否公开没有规定"})

    assert driver.tasks() == []
    (request,) = driver.children()
    asked = driver.task("起草并报送请示", case=request)
    assert asked.candidate_groups == ("zonghechu",)
    known = driver.variables(request)
    assert (known["doubt_level"], known["doubt"]) == (level, "能否公开没有规定")
    assert known["content"] == SUBMISSION["content"]


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_批复公开的从其批复逐级审完才发布(driver, level):
    request = uncertain(driver, level)
    ask(driver, request)
    assert driver.tasks() == driver.tasks(request) == []
    assert answer(driver, request, "publish").outcome == "delivered"

    _, task, who, form, verdict, why = LEVELS[level]
    against = {verdict: "withhold" if verdict.endswith("decision") else "exempt", why: "仍不同意"}
    against |= exempt(verdict.removesuffix("_class")) if verdict.endswith("class") else {}
    with driver.refused("应从其批复", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, **against})
    order = list(LEVELS)
    finish(driver, *order[order.index(level) :])
    assert driver.path()[-1] == "Event_yifabu"
    review = driver.variables()["review"]
    assert (review["reply"]["decision"], review["reply"]["number"]) == ("publish", "市政函〔2026〕8号")
    assert len(review["signatures"]) == 4


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_批复不公开的从其批复免于公开(driver, level):
    request = uncertain(driver, level)
    ask(driver, request)
    answer(driver, request, "withhold")

    order = list(LEVELS)
    for left in order[order.index(level) :]:
        _, task, who, form, verdict, why = LEVELS[left]
        with driver.refused("市政府批复不公开的，应从其批复", errors.InvalidForm):
            driver.complete(task, as_=who, form={**form, why: "仍主张公开"})
        with driver.refused("市政府批复不公开的，应从其批复", errors.InvalidForm):
            driver.complete(task, as_=who, form={**form, verdict: "uncertain", why: "仍有疑问"})
        if verdict.endswith("decision"):
            form = {**form, verdict: "withhold", why: "市政府批复不公开"}
        else:
            side = verdict.removesuffix("_class")
            reason = {f"{side}_exempt_ground": "city", f"{side}_exempt_reason": "市政函〔2026〕8号"}
            form = {**form, verdict: "exempt", why: "从其批复", **reason}
        driver.complete(task, as_=who, form=form)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_mianyu")
    assert driver.variables()["review"]["reply"]["decision"] == "withhold"


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_批复另有要求的由综合处处理后回到原来一级(driver, level):
    request = uncertain(driver, level)
    ask(driver, request)
    answer(driver, request, "other", reply_opinion="请先征求市国家保密局意见")
    assert driver.tasks() == []
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("按批复要求处理", as_="陈静", form={"next_step": "resume"}, case=request)
    done = {"reply_handling": "市国家保密局答复不属于国家秘密", "next_step": "resume"}
    driver.complete("按批复要求处理", as_="孙磊", form=done, case=request)

    assert driver.status(request) == "completed"
    assert driver.variables()["reply_handling"] == "市国家保密局答复不属于国家秘密"
    order = list(LEVELS)
    assert driver.task(LEVELS[level][1])
    finish(driver, *order[order.index(level) :])
    assert driver.path()[-1] == "Event_yifabu"


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_批复之后仍无法确定的可以再次请示(driver):
    request = uncertain(driver, "综合处")
    ask(driver, request)
    answer(driver, request, "other")
    again = {"reply_handling": "已补充材料", "next_step": "ask_again"}
    driver.complete("按批复要求处理", as_="陈静", form=again, case=request)
    ask(driver, request, again=True)
    assert answer(driver, request, "publish").outcome == "buffered"  # an answer to the first request comes late
    assert driver.tasks() == []
    answer(driver, request, "withhold", again=True)
    assert driver.task("Task_fuhe")
    assert driver.variables()["reply"] == "withhold"


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_审查中可以不止一次无法确定(driver):
    request = uncertain(driver, "责任人")
    ask(driver, request)
    answer(driver, request, "other")
    driver.complete("Task_luoshi", as_="陈静", form={"reply_handling": "已核实", "next_step": "resume"}, case=request)
    driver.complete("Task_baoshen", as_="张三", form=SUBMISSION)
    driver.complete("Task_shenhe", as_="王芳", form={**HEAD, "head_decision": "uncertain", "head_opinion": "另有疑问"})
    second = driver.children()[-1]
    assert second.id != request.id
    ask(driver, second)
    answer(driver, second, "publish")
    finish(driver, "单位负责人", "综合处", "保密工作领导小组")
    assert driver.path()[-1] == "Event_yifabu"


@pytest.mark.clause("P000-17 §38")
@pytest.mark.parametrize(
    "payload",
    [
        {"reply": "publish"},
        {"reply": "publish", "reply_number": ""},
        {"reply": "大概可以", "reply_number": "市政函〔2026〕8号"},
        {"reply_number": "市政函〔2026〕8号"},
        {},
    ],
)
def test_第三十八条_没有文号或者没有写明公开与否的批复不予登记(driver, payload):
    request = uncertain(driver, "综合处")
    ask(driver, request)
    with driver.refused("批复", errors.InvalidForm):
        driver.message("市政府批复", payload, key=number(request))
    assert driver.tasks(request) == []
    answer(driver, request, "publish")
    assert driver.task("Task_fuhe")


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_批复按请示文号对应不会错给别的信息(driver):
    first = uncertain(driver, "综合处")
    case = driver.case()
    ask(driver, first)
    second = uncertain(driver, "综合处")
    ask(driver, second)
    answer(driver, second, "withhold")
    assert driver.tasks(case) == []
    assert driver.task("Task_fuhe")
    answer(driver, first, "publish")
    assert driver.task("Task_fuhe", case=case)


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_请示只由综合处办理_内容须齐全(driver):
    request = uncertain(driver, "单位负责人")
    for who in ("张三", "王芳", "郑建国", "周明"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("Task_qingshi", as_=who, form=REQUEST, case=request)
    whole = {**REQUEST, "request_number": number(request)}
    for lacking in whole:
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("Task_qingshi", as_="陈静", form={**whole, lacking: None}, case=request)


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_没有批复之前不会发布(driver):
    request = uncertain(driver, "保密工作领导小组")
    ask(driver, request)
    driver.advance(days=40)
    assert (driver.status(), driver.tasks()) == ("active", [])
    assert not {"publication", "review"} & driver.variables().keys()


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("kind", ["sensitive", "marked", "internal"])
def test_第三十六条_市政府批复公开的视为批准(driver, kind):
    to_office(driver)
    doubt = {**OFFICE, **ticked("office", kind), "office_class": "uncertain", "office_opinion": "报请市政府批准"}
    driver.complete("Task_fuhe", as_="陈静", form=doubt)
    request = driver.children()[-1]
    ask(driver, request)
    answer(driver, request, "publish")
    driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, **ticked("office", kind)})
    finish(driver, "保密工作领导小组")
    assert driver.path()[-1] == "Event_yifabu"


@pytest.mark.clause("P000-16 §36(一)")
def test_第三十六条第一项_三密文件即使批复公开也不能公开(driver):
    to_office(driver)
    doubt = {**OFFICE, **ticked("office", "classified"), "office_class": "uncertain", "office_opinion": "可否公开"}
    driver.complete("Task_fuhe", as_="陈静", form=doubt)
    request = driver.children()[-1]
    ask(driver, request)
    answer(driver, request, "publish")
    with driver.refused("三密", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, **ticked("office", "classified")})


@pytest.mark.clause("P000-16 §36")
def test_第三十六条_最后审定时批复公开的_重新对照范围(driver):
    to_office(driver)
    form = {**OFFICE, **ticked("office", "marked"), "office_class": "exempt", "office_opinion": "标有内部文件"}
    driver.complete("Task_fuhe", as_="陈静", form={**form, **exempt("office")})
    doubt = {**GROUP, "final_class": "uncertain", "final_opinion": "内容似可公开，报请批准"}
    driver.complete("Task_shending", as_="郑建国", form=doubt)
    request = driver.children()[-1]
    ask(driver, request)
    answer(driver, request, "publish")
    assert driver.variables()["office_grounds"] == []
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_opinion": "从其批复"})
    finish(driver)
    assert driver.path()[-1] == "Event_yifabu"


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_批复只对请示时的内容有效(driver):
    request = uncertain(driver, "责任人")
    ask(driver, request)
    answer(driver, request, "publish")
    driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, "content": "另一份内容"})
    assert driver.variables()["reply"] is None


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_综合处可以为其他公开工作单独请示(driver):
    """§38 speaks of all disclosure, not of the secrecy review alone."""
    with driver.refused("不能发起", errors.Forbidden):
        driver.start("baomi-qingshi", as_="张三")
    request = driver.start("baomi-qingshi", as_="陈静")
    ask(driver, request)
    answer(driver, request, "publish")
    assert (driver.status(), driver.variables()["reply"]) == ("completed", "publish")
