"""保密审查: what it writes into registers, and what marks in a text mean for it (§36, §37)."""

from __future__ import annotations

import re

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    LEVELS,
    OFFICE,
    SUBMISSION,
    answer,
    ask,
    exempt,
    finish,
    reviewed,
    submit,
    ticked,
    to_group,
    to_office,
    uncertain,
    voided,
)
from left_behind import documents, entries, publications

from engine import errors
from engine.actions import previews


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_审定主动公开的登入保密审查台账(driver):
    reviewed(driver, lambda: None if entries(driver) == [] else pytest.fail("not before the last level"))
    (entry,) = entries(driver)
    assert entry.register == "baomi"
    assert entry.values == {
        "title": "窗口服务评价办法",
        "unit": "行政审批一处",
        "document_number": "政务办〔2026〕5号",
        "verdict": "主动公开",
        "signers": ["zhangsan", "wangfang", "chenjing", "zhengjianguo"],
        "content_sha256": driver.variables()["reviewed_sha256"],
    }


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize(("verdict", "name"), [("on_request", "依申请公开"), ("exempt", "免于公开")])
def test_第三十七条_不发布的也登入保密审查台账(driver, verdict, name):
    more = {"office_opinion": "意见", **exempt("office")} if verdict == "exempt" else {}
    to_group(driver, office_class=verdict, **more)
    form = {**GROUP, "final_class": verdict} | (exempt("final") if verdict == "exempt" else {})
    driver.complete("Task_shending", as_="郑建国", form=form)
    assert entries(driver, "baomi")[0].values["verdict"] == name
    assert len(entries(driver, "bugongkai")) == (verdict == "exempt")
    assert len(entries(driver, "mulu")) == (verdict == "on_request")
    assert publications(driver) == []


@pytest.mark.clause("P000-16 §37(三)")
def test_第三十七条第三项_免于公开的连同依据和理由备案(driver):
    to_group(driver, office_class="exempt", office_opinion="不同意公开", **exempt("office"))
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "exempt", **exempt("final")})
    reviewed, filed = entries(driver)
    for entry in (reviewed, filed):
        assert (entry.values["ground"], entry.values["reason"]) == ("涉及商业秘密", "涉及投标人的技术方案")
    assert (filed.register, filed.values["stage"]) == ("bugongkai", "保密审查")
    assert filed.values["content_sha256"] == reviewed.values["content_sha256"]


def test_作废的审查不登入台账(driver):
    voided(driver)
    assert entries(driver) == []


@pytest.mark.clause("P000-16 §37")
def test_第三十七条_台账编号连续(driver):
    numbers = []
    for _ in range(2):
        to_group(driver, office_class="on_request")
        driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_class": "on_request"})
        numbers.append(entries(driver)[0].serial)
    assert numbers[1] == numbers[0] + 1


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("content", ["机密★10年\n第一条……", "内部文件\n第一条……"])
def test_第三十六条_内容标有涉密字样的_各级都没有选也不能审定公开(driver, content):
    to_office(driver, content=content)
    assert len(driver.variables()["originator_grounds"]) == 1
    driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, "office_opinion": "没有发现"})
    for verdict in ("open", "on_request"):
        with driver.refused("不能审定为主动公开或依申请公开", errors.InvalidForm):
            form = {**GROUP, "final_class": verdict, "final_opinion": "同意公开"}
            driver.complete("Task_shending", as_="郑建国", form=form)


@pytest.mark.clause("P000-16 §36(三)")
def test_第三十六条第三项_警示字样经批准的可以审定公开(driver):
    approval = {"marked_approval": "市政府办公室，市政办批〔2026〕3号"}
    submit(driver, content="内部文件\n第一条……", **ticked("originator", "marked", **approval))
    driver.complete("Task_shenhe", as_="王芳", form=HEAD)
    driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, **ticked("office", "marked", **approval)})
    driver.complete("Task_shending", as_="郑建国", form=GROUP)
    assert driver.path()[-1] == "Event_jiaofabu"


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize(("verdict", "name"), [("on_request", "依申请公开"), ("exempt", "免于公开")])
def test_第三十七条_保密审查表写明四级的意见签字时间和结论(driver, verdict, name):
    more = {"office_opinion": "不宜主动公开", **exempt("office")} if verdict == "exempt" else {}
    to_group(driver, office_class=verdict, **more)
    form = {**GROUP, "final_class": verdict} | (exempt("final") if verdict == "exempt" else {})
    driver.complete("Task_shending", as_="郑建国", form=form)
    (sheet,) = documents(driver)
    review = driver.variables()["review"]
    assert (sheet.template, sheet.kind, sheet.number) == ("baomi-shenchabiao", "表", "")
    for level, person in {"责任人报审": "张三", "单位负责人审核": "王芳", "综合处复核": "陈静"}.items():
        assert re.search(rf"<th>{level}</th>.*?<td class=.name.>{person}</td><td>20\d\d年\d+月\d+日", sheet.html)
    assert re.search(rf"<th>保密工作领导小组审定</th><td><p>{name}。</p></td><td class=.name.>郑建国</td>", sheet.html)
    assert f"<th>类别</th><td>{name}</td>" in sheet.html
    # §37(三): 综合处 gives the reason where it says 免于公开, whatever is decided in the end.
    (office,) = re.findall("<th>综合处复核</th>.*", sheet.html)
    assert ("依据：涉及商业秘密；理由：涉及投标人的技术方案" in office) == (verdict == "exempt")
    assert ("涉及投标人的技术方案" in sheet.html) == (verdict == "exempt")
    for said in (review["number"], review["content_sha256"], entries(driver, "baomi")[0].number):
        assert said in sheet.html


def test_保密审查表写明市政府的批复和其他部门(driver):
    case = uncertain(driver, "单位负责人")
    ask(driver, case)
    answer(driver, case, "publish")
    finish(driver, "单位负责人", "综合处", "保密工作领导小组")
    (sheet,) = documents(driver, "baomi-shenchabiao", driver.case())
    assert "市政府批复" in sheet.html
    assert "市政函〔2026〕8号，2026年3月" in sheet.html


def test_作废的审查没有保密审查表(driver):
    voided(driver)
    assert documents(driver) == []


# --- what each level looks at before signing -----------------------------------------------------------------------------


def preview(driver, level, **more):
    _, task, who, form, _, _ = LEVELS[level]
    found = driver.task(task)
    return previews.preview(driver.engine, found.id, driver.user(who), "baomi-shenchabiao", {**form, **more}).html


@pytest.mark.clause("P000-16 §37")
@pytest.mark.parametrize(
    ("level", "said", "waiting"),
    [
        ("责任人", ("张三",), ("待审核", "待复核", "待审定")),
        ("单位负责人", ("张三", "王芳"), ("待复核", "待审定")),
        ("综合处", ("张三", "王芳", "陈静"), ("待审定",)),
        ("保密工作领导小组", ("张三", "王芳", "陈静", "郑建国"), ()),
    ],
)
def test_第三十七条_每一级签字之前可以预览保密审查表(driver, level, said, waiting):
    come, *_ = LEVELS[level]
    come(driver)
    html = preview(driver, level)
    for who in ("张三", "王芳", "陈静", "郑建国"):
        assert (f">{who}</td>" in html) == (who in said)
    for each in ("待审核", "待复核", "待审定"):
        assert (each in html) == (each in waiting)
    assert documents(driver) == []


@pytest.mark.clause("P000-16 §37(三)")
def test_预览的保密审查表写明正在填写的类别_依据和理由(driver):
    to_group(driver)
    html = preview(driver, "保密工作领导小组", final_class="exempt", **exempt("final"))
    assert "<th>类别</th><td>免于公开</td>" in html
    assert "涉及投标人的技术方案" in html


@pytest.mark.clause("P000-16 §37")
def test_重新报审时预览的保密审查表没有上一轮的签字(driver):
    voided(driver)
    driver.complete("Task_chongbao", as_="张三", form=SUBMISSION)
    html = preview(driver, "单位负责人")
    assert ">王芳</td>" in html
    for gone in ("陈静", "郑建国"):
        assert f">{gone}</td>" not in html
