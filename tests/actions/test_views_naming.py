"""Cases are called what their process says: titles follow the variables, numbers leave no gaps."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.model import commands
from engine.model import instances as model
from engine.store import counting

FORM = {"apply": p.schema(subject=p.text())}


def named(**properties: str) -> bytes:
    body = (s.start(camunda_formKey="demo/apply"), s.user(camunda_formKey="demo/apply"), s.end())
    inside = s.extensions(s.properties(**properties))
    return p.diagram(inside, *body, s.path("start", "check", "end"))


def test_the_title_is_what_the_variables_say_and_follows_them(drive):
    driver = drive(main=named(caseTitle="关于${subject} 的\n 申请"), forms=FORM)
    case = driver.start("main", as_="zhangsan", form={"subject": "收费标准"})
    assert case.title == "关于收费标准 的 申请"

    driver.complete("check", as_="zhangsan", form={"subject": "办事指南"})
    assert driver.case().title == "关于办事指南 的 申请"


def test_a_title_waits_for_its_variables_and_stays_when_they_go_wrong(drive):
    body = (s.start(), s.user(camunda_formKey="demo/apply"), s.user("b"), s.end())
    inside = s.extensions(s.properties(caseTitle="${subject.upper()}"))
    driver = drive(main=p.diagram(inside, *body, s.path("start", "check", "b", "end")), forms=FORM)
    assert driver.start("main", as_="zhangsan").title is None

    driver.complete("check", as_="zhangsan", form={"subject": "abc"})
    assert driver.case().title == "ABC"
    driver.set_variables({"subject": 5})
    assert driver.case().title == "ABC"


def test_a_long_title_is_cut(drive):
    driver = drive(main=named(caseTitle="${subject * 101}"), forms=FORM)
    case = driver.start("main", as_="zhangsan", form={"subject": "公开"})
    assert len(case.title) == 200
    assert case.title.endswith("…")


def test_a_process_without_a_title_has_none(drive):
    driver = drive(main=named(topic="审核"), forms=FORM)
    assert driver.start("main", as_="zhangsan", form={"subject": "x"}).title is None


def test_cases_are_numbered_by_process_and_year(drive):
    driver = drive(main=named(businessKey="预审〔{year}〕{n}号"), forms=FORM, at="2026-12-31T23:00:00+08:00")
    keys = [driver.start("main", as_="zhangsan", form={"subject": "x"}).business_key for _ in range(2)]
    driver.advance(hours=2)
    keys.append(driver.start("main", as_="zhangsan", form={"subject": "x"}).business_key)
    assert keys == ["预审〔2026〕1号", "预审〔2026〕2号", "预审〔2027〕1号"]


def test_a_pattern_without_a_year_counts_on_for_ever(drive):
    driver = drive(main=named(businessKey="第{n}件"), forms=FORM, at="2026-12-31T23:00:00+08:00")
    driver.start("main", as_="zhangsan", form={"subject": "x"})
    driver.advance(hours=2)
    assert driver.start("main", as_="zhangsan", form={"subject": "x"}).business_key == "第2件"


def test_a_start_that_fails_leaves_no_gap_and_a_given_key_takes_no_number(drive):
    driver = drive(main=named(businessKey="{n}"), forms=FORM)
    with driver.refused(kind=errors.InvalidForm):
        driver.start("main", as_="zhangsan", form={})
    with driver.refused(kind=errors.Forbidden):
        driver.start("main", as_=commands.Actor("zhaoliu"), form={"subject": "x"})
    given = driver.start("main", as_="zhangsan", form={"subject": "x"}, business_key="甲")
    assert given.business_key == "甲"
    assert driver.start("main", as_="zhangsan", form={"subject": "x"}).business_key == "1"


def test_expressions_see_the_number_of_their_case(drive):
    driver = drive(main=named(businessKey="{n}号", caseTitle="${businessKey}：${subject}"), forms=FORM)
    assert driver.start("main", as_="zhangsan", form={"subject": "x"}).title == "1号：x"


@pytest.mark.parametrize("pattern", ["预审", "{n}{n}", "{n}{month}", "{n", "{n}}", "{}{n}", "x" * 60 + "{n}"])
def test_a_pattern_that_cannot_number_is_refused(drive, pattern):
    with pytest.raises(errors.InvalidDiagram) as refusal:
        drive(main=named(businessKey=pattern), forms=FORM)
    assert "property-value" in str(refusal.value.details["findings"])


def test_a_title_that_does_not_compile_is_refused(drive):
    with pytest.raises(errors.InvalidDiagram) as refusal:
        drive(main=named(caseTitle="${subject"), forms=FORM)
    assert "caseTitle" in str(refusal.value.details["findings"])


def test_a_completion_that_changes_the_title_takes_no_statement_more(drive):
    driver = drive(main=named(caseTitle="${subject}"), forms=FORM)
    driver.start("main", as_="zhangsan", form={"subject": "a"})
    task = driver.claim("check", as_="zhangsan")
    with counting.counted(driver.engine.store) as count:
        driver.complete(task, as_="zhangsan", form={"subject": "b"})
    assert driver.case().title == "b"
    updates = [sql for sql in count.sql if sql.startswith("UPDATE instances")]
    assert len(updates) == 1


def test_what_was_submitted_stays_as_it_was_when_a_later_round_overwrites_the_variables(drive):
    gateway = s.gateway("exclusive", "again", name="再来？", default="again_end")
    body = (
        s.start(camunda_formKey="demo/apply"),
        s.user(camunda_formKey="demo/apply"),
        gateway,
        s.end(),
        s.path("start", "check", "again"),
        s.flow("again", "check", "subject == '不行'", name="是"),
        s.flow("again", "end", name="否"),
    )
    driver = drive(main=p.diagram(*body), forms=FORM)
    case = driver.start("main", as_="zhangsan", form={"subject": "草稿"})
    driver.complete("check", as_="lisi", form={"subject": "不行"})
    driver.complete("check", as_="zhangsan", form={"subject": "可以"})

    with driver.engine.store.read() as uow:
        started = uow.submissions.of_instance(case.id)
        tasks = uow.submissions.of_tasks(case.id)
        doers = {task.id: task.completed_by for task in uow.user_tasks.of_instance(case.id)}
    assert [(each.element_id, each.form_key, each.submitted_by, each.values) for each in started] == [
        ("start", "demo/apply", "zhangsan", {"subject": "草稿"})
    ]
    assert [(doers[id_], values) for id_, values in tasks.items()] == [
        ("lisi", {"subject": "不行"}),
        ("zhangsan", {"subject": "可以"}),
    ]
    assert driver.status() == model.InstanceStatus.COMPLETED


def test_an_official_number_is_given_once(drive):
    driver = drive(main=named(businessKey="预审〔{year}〕{n}号"), forms=FORM)

    def start(**more):
        return driver.start("main", as_="zhangsan", form={"subject": "指南"}, **more).business_key

    year = driver.now.year
    start(business_key=f"预审〔{year}〕2号")
    assert [start(), start()] == [f"预审〔{year}〕1号", f"预审〔{year}〕3号"]
    with driver.refused("已由另一事项使用", errors.Conflict):
        start(business_key=f"预审〔{year}〕1号")
    assert start() == f"预审〔{year}〕4号"


def test_without_a_pattern_cases_may_share_a_key(drive):
    driver = drive(main=named(), forms=FORM)
    for _ in range(2):
        assert driver.start("main", as_="zhangsan", form={"subject": "指南"}, business_key="K").business_key == "K"
