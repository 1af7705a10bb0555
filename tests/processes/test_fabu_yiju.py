"""统一发布: what a proposal rests on (§1–3), and the forms of publication besides the portal (§1, §29)."""

from __future__ import annotations

import itertools

import mulu_case
import pytest
import yushen_case
from fabu_case import AGREE, PROPOSAL, RELEASE, agree, begin, entries, propose, publications, revise, to_release

from engine import errors
from handlers import publications as publishing

#: Numbers far from those that cases give.
SERIALS = itertools.count(9001)


@pytest.fixture(scope="module")
def listed(driver):
    """What 领导小组 has approved: an item for society and one for the unit, by name."""
    case = mulu_case.approve(driver)
    with driver.engine.store.read() as uow:
        left = [each for each in uow.records.entries_of(case.id) if each.register == "mulu-shending"]
    return {each.values["name"]: each.number for each in left}


def sha256(**changes):
    item = {key: {**PROPOSAL, **changes}.get(key) for key in ("title", "summary", "content", "basis")}
    return publishing.content_sha256({**item, "attachments": []})


def permitted(driver, **values):
    """Put a permission of 预审 into its register; return its number."""
    serial = next(SERIALS)
    number = f"准予公开〔2026〕{serial}号"
    kept = {"title": PROPOSAL["title"], "unit": PROPOSAL["unit"], "audience": "社会", "decided_on": "2026-03-06"}
    with driver.engine.store.write() as uow:
        uow.records.append(
            "shizhengwuban",
            "yushen",
            2026,
            serial,
            number,
            {**kept, "content_sha256": sha256(), **values},
            instance_id=None,
            corrects=None,
            reason=None,
            at=driver.now,
            by="zhouming",
        )
    return number


def returned(driver):
    """Why the proposal came back."""
    assert driver.task("修改发布建议")
    found = driver.variables()
    assert found["return_by"] == "核对列入目录或者准予公开"
    return found["return_reason"]


# --- what it rests on ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-03 §3", "P000-01 §1")
def test_第三条_列入审定目录的写明编号_综合处看到该条目(driver, listed):
    number = listed[mulu_case.SOCIETY["name"]]
    propose(driver, ground_kind="catalogue", ground_number=number)
    found = driver.variables()
    assert (found["ground_item"], found["ground_on"]) == (mulu_case.SOCIETY["name"], "2026-03-16")
    agree(driver, ground_reason=None)  # nothing to give reasons for


@pytest.mark.clause("P000-02 §2")
def test_第二条_预审准予公开的内容可以发布_登记写明依据(driver):
    number = permitted(driver)
    to_release(driver, ground_kind="permission", ground_number=number)
    driver.complete("核定发布稿", as_="孙磊", form=RELEASE)
    assert driver.status() == "completed"
    assert entries(driver, "fabu")[0].values["ground"] == number


@pytest.mark.clause("P000-02 §2", "P000-10 §29")
def test_第二条_预审准予公开的内容_凭编号由综合处统一发布(driver):
    """Both procedures make the content up alike: what 预审 permits is found by what 统一发布 proposes."""
    yushen_case.to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=yushen_case.APPROVE)
    driver.advance(days=4)
    (permission,) = entries(driver, "yushen")
    same = {key: yushen_case.APPLICATION[key] for key in ("unit", "title", "summary", "content", "basis")}
    propose(driver, **same, ground_kind="permission", ground_number=permission.number)
    assert driver.task("审核发布建议")
    assert driver.variables()["ground_item"] == yushen_case.APPLICATION["title"]


@pytest.mark.clause("P000-02 §2", "P000-10 §29")
def test_从准予公开的事项发起统一发布_内容和编号随之带入_不必重填(driver):
    yushen_case.to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=yushen_case.APPROVE)
    driver.advance(days=4)
    permitted = driver.case()
    (permission,) = entries(driver, "yushen")
    driver.start("fabu", as_="张三", follows=permitted.id)
    carried = driver.variables()
    for name in ("unit", "title", "summary", "content", "basis", "channels"):
        assert carried[name] == yushen_case.APPLICATION[name], name
    assert (carried["ground_kind"], carried["ground_number"]) == ("permission", permission.number)
    form = {**PROPOSAL, **{name: carried[name] for name in ("ground_number", *PROPOSAL) if name in carried}}
    driver.complete("提出发布建议", as_="张三", form=form)
    assert driver.task("审核发布建议")
    assert driver.variables()["ground_item"] == yushen_case.APPLICATION["title"]


@pytest.mark.clause("P000-02 §2")
def test_第二条_准予公开的是另一份内容的退回(driver):
    number = permitted(driver)
    propose(driver, ground_kind="permission", ground_number=number, content="第一条 另一份内容。")
    assert "准予公开的是另一份内容" in returned(driver)
    revise(driver, ground_kind="permission", ground_number=number)  # the content that was permitted
    assert driver.task("审核发布建议")


@pytest.mark.clause("P000-01 §1")
@pytest.mark.parametrize("kind", ["catalogue", "permission"])
def test_第一条_只在单位内部公开的不能据以向社会公开(driver, listed, kind):
    number = listed[mulu_case.INTERNAL["name"]] if kind == "catalogue" else permitted(driver, audience="单位内部")
    propose(driver, ground_kind=kind, ground_number=number)
    assert "只在单位内部公开" in returned(driver)


@pytest.mark.clause("P000-03 §3")
@pytest.mark.parametrize("kind", ["catalogue", "permission"])
def test_编号不存在的退回更正(driver, listed, kind):
    propose(driver, ground_kind=kind, ground_number="目录条目〔1999〕1号")
    assert "没有编号为“目录条目〔1999〕1号”的" in returned(driver)
    revise(driver)
    assert driver.task("审核发布建议")


@pytest.mark.clause("P000-03 §3")
def test_都没有的综合处同意应说明理由_也可以退回(driver):
    propose(driver)
    with driver.refused("同意发布应说明理由", errors.InvalidForm):
        agree(driver, ground_reason=None)
    form = {
        "approval_required": False,
        "office_decision": "return",
        "office_opinion": "先申请预审",
        "office_signed": True,
    }
    driver.complete("审核发布建议", as_="陈静", form=form)
    revise(driver)
    agree(driver)
    assert driver.variables()["ground_reason"] == AGREE["ground_reason"]


@pytest.mark.clause("P000-03 §3")
@pytest.mark.parametrize(
    ("changes", "refused"), [({"ground_kind": None}, "必填"), ({"ground_kind": "catalogue"}, "编号")]
)
def test_建议单写明有没有列入目录或者准予公开(driver, changes, refused):
    begin(driver)
    with driver.refused(refused, errors.InvalidForm):
        driver.complete("提出发布建议", as_="张三", form={**PROPOSAL, **changes})


# --- other forms of publication ------------------------------------------------------------------------------------------


BOARD = {"result": "done", "done_on": "2026-03-09", "proof": "政务大厅一楼政务公开栏"}
NOT_USED = {"result": "not_used", "proof": "电子显示屏检修"}


def released(driver, *channels, **more):
    to_release(driver, channels=list(channels), **more)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, "channels": list(channels), **more})


def carry_out(driver, *rows):
    driver.complete("按所选形式公开", as_="刘洋", form={"other_channels": list(rows)})


@pytest.mark.clause("P000-10 §29", "P000-01 §1")
def test_所选的其他形式由综合处公开_实际采用的补记发布登记(driver):
    released(driver, "website", "board", "screen", "other", channel_note="广播")
    first = entries(driver, "fabu")[0]
    assert first.values["channels"] == "市政务办门户网站"  # what is done by then
    assert len(publications(driver)) == 1
    rows = driver.task("按所选形式公开")
    assert rows.candidate_groups == ("zonghechu",)
    carry_out(driver, BOARD, NOT_USED, {**BOARD, "proof": "市广播电台早间新闻"})
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yifabu")
    last = entries(driver, "fabu")[-1]
    assert (last.corrects, last.values["channels"]) == (first.id, "市政务办门户网站、政务公开栏、广播")
    assert last.values["proofs"][:2] == [
        "政务公开栏，2026-03-09：政务大厅一楼政务公开栏",
        "电子显示屏，没有采用：电子显示屏检修",
    ]
    same = {key for key in first.values if first.values[key] == last.values[key]}
    assert set(first.values) - same == {"channels"}


@pytest.mark.clause("P000-10 §29")
def test_只选门户网站的没有其他形式要办(driver):
    released(driver, "website")
    assert driver.status() == "completed"
    assert "Task_qita" not in driver.path()
    assert len(entries(driver, "fabu")) == 1


@pytest.mark.clause("P000-10 §29")
@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ({}, "必填"),
        ({**BOARD, "done_on": None}, "应写明日期"),
        ({**BOARD, "done_on": "2030-01-01"}, "今天或以前"),
        ({**BOARD, "proof": None}, "凭据"),
        ({**NOT_USED, "proof": None}, "原因"),
    ],
)
def test_每种形式写明日期和凭据_没有采用的写明原因(driver, row, refused):
    released(driver, "website", "board")
    with driver.refused(refused, errors.InvalidForm):
        carry_out(driver, row)


def test_凭据可以是文件(driver):
    released(driver, "website", "board")
    file = driver.upload("公开栏照片.jpg", b"\xff\xd8\xff\xe0" + bytes(40), as_="刘洋")
    carry_out(driver, {**BOARD, "proof": None, "file": file})
    assert entries(driver, "fabu")[-1].values["proofs"] == ["政务公开栏，2026-03-09：公开栏照片.jpg"]


def test_不能改动所选的形式(driver):
    released(driver, "website", "board")
    with driver.refused("此项已经给定", errors.InvalidForm):
        carry_out(driver, {**BOARD, "channel": "新闻媒体"})
