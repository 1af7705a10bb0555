"""统一发布: other departments confirm or are consulted (§30, §39), and what becomes of differences (§31)."""

from __future__ import annotations

import pytest
from fabu_case import (
    AGREES,
    CITY,
    CONFIRM,
    CONSULT,
    DIFFERS,
    GROUP,
    LETTER,
    NO_AGREEMENT,
    PROPOSAL,
    RELEASE,
    RULED,
    SIGN,
    TALKED,
    UNASSIGNED,
    agree,
    answer,
    begin,
    deliver,
    entries,
    open_letters,
    papers,
    petition,
    propose,
    publications,
    review,
    revise,
    send,
    to_departments,
)

from engine import errors
from engine.actions import previews

KINDS = {
    "协调确认": (CONFIRM, "fabu-xietiaohan", "第三十条", "Call_xietiao"),
    "征询意见": (CONSULT, "fabu-zhengxunhan", "第三十九条", "Call_zhengxun"),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def differ(driver, department=CONFIRM):
    """Bring a case to a difference; return the case that handles it."""
    (letter,) = to_departments(driver, department)
    return answer(driver, letter, DIFFERS)


def release(driver, **changes):
    review(driver)
    driver.complete("审定发布", as_="周明", form=GROUP)
    driver.complete("核定发布稿", as_="孙磊", form={**RELEASE, **changes})


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
@each_kind
def test_以书面形式提出并建议答复时间(driver, kind):
    department, template, article, element = KINDS[kind]
    (letter,) = to_departments(driver, department)
    assert element in driver.path(driver.children()[-1])
    for lacking in ("letter_points", "reply_days", "reply_unit", "contact_person"):
        with driver.refused("必填", errors.InvalidForm):
            send(driver, letter, **{lacking: None})
    send(driver, letter)
    (paper,) = papers(driver, template)
    assert paper.number.startswith("市政务办函〔2026〕")
    for part in (
        department["department"],
        article,
        department["matter"],
        PROPOSAL["content"],
        "自收到本函的次日起5个工作日内",
    ):
        assert part in paper.html


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
@each_kind
def test_收到同意的答复才继续(driver, kind):
    department, *_ = KINDS[kind]
    (letter,) = to_departments(driver, department)
    send(driver, letter)
    assert "Call_baomi" not in driver.path()
    task = driver.task("登记部门答复", letter)
    shown = previews.preview(driver.engine, task.id, driver.user("刘洋"), "fabu-huihan", AGREES).html
    assert "建函〔2026〕12号" in shown and "同意" in shown and papers(driver, "fabu-huihan") == []
    driver.complete(task, as_="刘洋", form=AGREES, case=letter)
    assert driver.status(letter) == "completed"
    (sheet,) = papers(driver, "fabu-huihan")
    assert "建函〔2026〕12号" in sheet.html
    release(driver)
    assert driver.path()[-1] == "Event_yifabu"
    (settled,) = driver.variables()["settlements"]
    assert (settled["how"], settled["outcome"]) == ("reply", "keep")
    assert settled["content_sha256"] == driver.variables()["content_sha256"]


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
def test_不涉及其他部门的不去函(driver):
    propose(driver)
    agree(driver)
    assert "Call_bumen" not in driver.path()
    assert driver.task("提出是否公开的意见", driver.children()[-1])


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
def test_每个部门各办一件_全部答复才继续(driver):
    other = {**CONFIRM, "department": "市水利局"}
    letters = to_departments(driver, CONFIRM, other, CONSULT)
    assert [driver.variables(each)["department"] for each in letters] == ["市住建局", "市水利局", "市公安局"]
    for each in reversed(letters):
        assert "Call_baomi" not in driver.path()
        answer(driver, each)
    assert driver.path()[-1] == "Call_baomi"
    assert len(driver.variables()["settlements"]) == 3
    assert len({each.number for each in papers(driver, "fabu-xietiaohan")}) == 2


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
def test_综合处可以核定涉及的部门(driver):
    propose(driver, departments=[CONFIRM])
    agree(driver, departments=[CONFIRM, CONSULT])
    assert len(open_letters(driver)) == 2


@pytest.mark.clause("P000-11 §30")
@pytest.mark.parametrize("lacking", ["delivery_way", "delivered_on", "recipient"])
def test_送达的方式_日期和收件人有记录(driver, lacking):
    (letter,) = to_departments(driver, CONFIRM)
    driver.complete("Task_nihan", as_="陈静", form=LETTER, case=letter)
    driver.complete("Task_qianfa", as_="刘洋", form=SIGN, case=letter)
    with driver.refused("必填", errors.InvalidForm):
        deliver(driver, letter, **{lacking: None})
    with driver.refused("其他送达方式", errors.InvalidForm):
        deliver(driver, letter, delivery_way="other")
    with driver.refused("今天或以前", errors.InvalidForm):
        deliver(driver, letter, delivered_on="2030-01-01")
    deliver(driver, letter)
    driver.complete("登记部门答复", as_="刘洋", form=AGREES, case=letter)
    sheet = papers(driver, "fabu-huihan")[-1]
    for part in ("机要交换", "办公室李某", "刘洋"):
        assert part in sheet.html


@pytest.mark.clause("P000-11 §30")
def test_有不同意见的写明意见(driver):
    (letter,) = to_departments(driver, CONFIRM)
    send(driver, letter)
    with driver.refused("答复意见：必填", errors.InvalidForm):
        driver.complete("登记部门答复", as_="刘洋", form={**DIFFERS, "reply_opinion": None}, case=letter)


def test_答复日期不能在今后(driver):
    (letter,) = to_departments(driver, CONFIRM)
    send(driver, letter)
    with driver.refused("今天或以前", errors.InvalidForm):
        driver.complete("登记部门答复", as_="刘洋", form={**AGREES, "reply_on": "2026-12-31"}, case=letter)


@pytest.mark.clause("P000-12 §31(一)")
@each_kind
def test_第三十一条第一项_属于该部门职权的按其意见修改后发布(driver, kind):
    department, *_ = KINDS[kind]
    difference = differ(driver, department)
    for lacking in ("authority_outcome", "handling", "power_basis", "our_view"):
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("认定内容的权限", as_="陈静", form={**RULED, lacking: None}, case=difference)
    driver.complete("认定内容的权限", as_="陈静", form=RULED, case=difference)
    found = driver.variables()
    assert (found["return_by"], "第一条写明依据" in found["return_reason"]) == ("部门意见处理", True)

    changed = "第一条 依据……制定本办法。"
    revise(driver, content=changed, departments=[department])
    with driver.refused("应核对已按处理结果修改", errors.InvalidForm):
        agree(driver, departments=[department])
    agree(driver, departments=[department], conforms=True)
    assert open_letters(driver) == []  # who has the power has said what it should be
    release(driver, content=changed)
    assert driver.path()[-1] == "Event_yifabu"
    (settled,) = driver.variables()["settlements"]
    assert (settled["how"], settled["outcome"]) == ("authority", "keep")


@pytest.mark.clause("P000-12 §31(一)")
def test_第三十一条第一项_有权机关不同意公开的不公开并备案(driver):
    difference = differ(driver)
    form = {**RULED, "authority_outcome": "withhold", "handling": "尚未定案，不宜公开"}
    driver.complete("认定内容的权限", as_="陈静", form=form, case=difference)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_bugongkai")
    (entry,) = entries(driver, "bugongkai")
    assert (entry.values["ground"], entry.values["reason"]) == ("第三十一条", "市住建局：尚未定案，不宜公开")
    assert publications(driver) == []


@pytest.mark.clause("P000-12 §31(二)")
@pytest.mark.parametrize("outcome", ["keep", "revise", "withhold"])
def test_第三十一条第二项_不能对应权限的先协商一致(driver, outcome):
    difference = differ(driver)
    driver.complete("认定内容的权限", as_="陈静", form=UNASSIGNED, case=difference)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("与该部门协商", as_="陈静", form={**TALKED, "handling": None}, case=difference)
    driver.complete("与该部门协商", as_="陈静", form={**TALKED, "agreed_outcome": outcome}, case=difference)
    assert papers(driver, "fabu-qingshi") == []
    expected = {"keep": "Call_baomi", "revise": "Task_xiugai", "withhold": "Event_bugongkai"}
    assert driver.path()[-1] == expected[outcome]


@pytest.mark.clause("P000-12 §31(二)")
@pytest.mark.parametrize("outcome", ["keep", "revise", "withhold"])
def test_第三十一条第二项_无法一致的报请市政府决定(driver, outcome):
    difference = differ(driver)
    driver.complete("认定内容的权限", as_="陈静", form=UNASSIGNED, case=difference)
    driver.complete("与该部门协商", as_="陈静", form=NO_AGREEMENT, case=difference)
    petition(driver, difference)
    (paper,) = papers(driver, "fabu-qingshi")
    head, _, foot = paper.html.partition("<h1>")
    assert "签发人：" in head
    assert "周明" in head
    assert foot.index("paper-date") < foot.index("联系人：陈静")
    for part in ("市政府", "第三十一条第（二）项", DIFFERS["reply_opinion"], UNASSIGNED["our_view"], "没有一致"):
        assert part in paper.html
    assert "Call_baomi" not in driver.path()  # nothing goes on before the decision
    with driver.refused("决定文号：必填", errors.InvalidForm):
        driver.complete("登记市政府决定", as_="陈静", form={**CITY, "decision_number": None}, case=difference)
    driver.complete("登记市政府决定", as_="陈静", form={**CITY, "city_outcome": outcome}, case=difference)
    expected = {"keep": "Call_baomi", "revise": "Task_xiugai", "withhold": "Event_bugongkai"}
    assert driver.path()[-1] == expected[outcome]
    settled = driver.variables()["settlements"][0]
    assert (settled["how"], settled["decision_number"]) == ("city", "市政函〔2026〕8号")


@pytest.mark.clause("P000-12 §31(二)")
def test_市政府决定照原内容发布的可以发布(driver):
    difference = differ(driver)
    driver.complete("认定内容的权限", as_="陈静", form=UNASSIGNED, case=difference)
    driver.complete("与该部门协商", as_="陈静", form=NO_AGREEMENT, case=difference)
    petition(driver, difference)
    driver.complete("登记市政府决定", as_="陈静", form=CITY, case=difference)
    release(driver)
    assert driver.path()[-1] == "Event_yifabu"


@pytest.mark.clause("P000-12 §31(一)")
def test_一个部门不同意公开_其他部门同意也不公开(driver):
    first, second = to_departments(driver, CONFIRM, CONSULT)
    difference = answer(driver, first, DIFFERS)
    form = {**RULED, "authority_outcome": "withhold", "handling": "不宜公开"}
    driver.complete("认定内容的权限", as_="陈静", form=form, case=difference)
    assert driver.status() == "active"  # the other one is still being waited for
    answer(driver, second)
    assert driver.path()[-1] == "Event_bugongkai"


@pytest.mark.clause("P000-11 §30")
def test_内容改动后_已确认原内容的部门重新确认(driver):
    """A agrees, B makes the text change: A has not seen the new one."""
    first, second = to_departments(driver, CONFIRM, CONSULT)
    answer(driver, first)
    driver.complete("认定内容的权限", as_="陈静", form=RULED, case=answer(driver, second, DIFFERS))
    revise(driver, content="第一条 依据……", departments=[CONFIRM, CONSULT])
    agree(driver, departments=[CONFIRM, CONSULT], conforms=True)
    (again,) = open_letters(driver)
    assert driver.variables(again)["department"] == "市住建局"
    answer(driver, again)
    release(driver, content="第一条 依据……")
    assert driver.path()[-1] == "Event_yifabu"


@pytest.mark.clause("P000-11 §30")
def test_内容没有改动的_不再重复去函(driver):
    (letter,) = to_departments(driver, CONFIRM)
    answer(driver, letter)
    review(driver)
    driver.complete("审定发布", as_="周明", form={**GROUP, "group_decision": "return", "group_opinion": "换公开形式"})
    revise(driver, channels=["website"], departments=[CONFIRM])
    agree(driver, departments=[CONFIRM])
    assert open_letters(driver) == []
    assert (driver.visits("Call_bumen"), driver.path()[-1]) == (1, "Call_baomi")


@pytest.mark.clause("P000-11 §30")
def test_建议中的部门写明办理方式和涉及的内容(driver):
    begin(driver)
    for lacking in ("department", "relation", "matter"):
        row = {key: value for key, value in CONFIRM.items() if key != lacking}
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("提出发布建议", as_="张三", form={**PROPOSAL, "departments": [row]})


@pytest.mark.clause("P000-11 §30", "P000-18 §39")
def test_函的答复时间由每件函建议_没有统一的天数(driver):
    letters = to_departments(driver, CONFIRM, CONSULT)
    for letter, number in zip(letters, (3, 10), strict=True):
        send(driver, letter, reply_days=number)
    assert [driver.variables(each)["reply_by"] for each in letters] == ["2026-03-12", "2026-03-23"]
