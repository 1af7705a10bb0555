"""保密审查: four levels, their opinions, three classes (§37)."""

from __future__ import annotations

import itertools

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    LEVELS,
    OFFICE,
    SUBMISSION,
    begin,
    exempt,
    reviewed,
    submit,
    to_group,
    to_office,
)
from left_behind import documents, entries, publications

from engine import errors
from handlers.publications import content_sha256

levels = pytest.mark.parametrize("level", LEVELS)


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_逐级审查四级签字后交综合处发布(driver):
    reviewed(driver)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_jiaofabu")
    review = driver.variables()["review"]
    signed = [(each["step"], each["person"]) for each in review["signatures"]]
    assert signed == [("报审", "zhangsan"), ("审核", "wangfang"), ("复核", "chenjing"), ("审定", "zhengjianguo")]
    assert review["content_sha256"] == driver.variables()["reviewed_sha256"]
    assert review["classification"] == "open"
    assert publications(driver) == []  # 统一发布 publishes, nobody else
    assert [each.register for each in entries(driver)] == ["baomi"]


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
        "审核并签署意见": ("danwei_fuze@行政审批处",),
        "复核并分类标明": ("zonghechu",),
        "最后审定": ("baomixiaozu",),
    }


@pytest.mark.clause("P000-16 §37(一)")
def test_第三十七条第一项_责任人报审时须书面提出是否公开的意见(driver):
    begin(driver)
    for lacking in ("originator_decision", "originator_kinds", "title", "summary", "unit", "produced_on"):
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, lacking: None})
    with driver.refused("应至少填写一项", errors.InvalidForm):
        driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, "content": None})


@pytest.mark.clause("P000-16 §37(一)")
def test_第三十七条第一项_报审的内容当即固定摘要值(driver):
    submit(driver)
    item = {key: SUBMISSION[key] for key in ("title", "summary", "content", "basis")} | {"attachments": []}
    assert driver.variables()["reviewed_sha256"] == content_sha256(item)


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
    end = {"open": "Event_jiaofabu", "on_request": "Event_yishenqing", "exempt": "Event_mianyu"}[final]
    assert driver.path()[-1] == end


@pytest.mark.clause("P000-16 §37(三)")
def test_第三十七条第三项_依申请公开的列入公开目录不发布(driver):
    to_group(driver, office_class="on_request")
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "on_request"})
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yishenqing")
    review = driver.variables()["review"]
    assert (review["classification"], review["exempt_reason"]) == ("on_request", None)
    assert len(review["signatures"]) == 4
    (listed,) = entries(driver, "mulu")
    assert listed.values == {
        "name": "窗口服务评价办法",
        "summary": "窗口服务评价的对象、指标和结果运用",
        "unit": "行政审批一处",
        "produced_on": "2026-03-06",
        "attribute": "依申请公开",
        "basis": "公开内容目录第八条",
        "content_sha256": review["content_sha256"],
    }
    assert publications(driver) == []


@pytest.mark.clause("P000-16 §37(三)")
def test_第三十七条第三项_免于公开的连同理由登记不发布(driver):
    to_group(driver, office_class="exempt", office_opinion="不同意公开", **exempt("office"))
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "exempt", **exempt("final")})
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_mianyu")
    review = driver.variables()["review"]
    assert (review["exempt_ground"], review["exempt_reason"]) == ("commercial", "涉及投标人的技术方案")
    assert review["head"] == {"decision": "publish", "opinion": None}
    assert review["office"]["opinion"] == "不同意公开"
    assert publications(driver) == []


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_一事一审各有编号_审查表台账和记录同一编号(driver):
    serials = []
    for _ in range(2):
        begin(driver)  # one that is given up takes no number
        to_group(driver, office_class="on_request")
        driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "on_request"})
        (entry,) = entries(driver, "baomi")
        (sheet,) = documents(driver)
        assert driver.variables()["review"]["number"] == entry.number
        assert f'<p class="paper-number">{entry.number}</p>' in sheet.html
        serials.append(entry.serial)
    assert serials[1] == serials[0] + 1


def test_本制度没有规定时限_各级不设到期日(driver):
    for come, task, *_ in LEVELS.values():
        come(driver)
        assert driver.task(task).due is None
