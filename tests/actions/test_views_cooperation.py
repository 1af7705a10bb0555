"""What working together leaves behind in the lists, on the page of a case and on that of a task."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine.actions import case_view, cooperation, task_view, worklists
from engine.model import commands, instances, views_lists
from engine.model import cooperation as model

OPINION = {"type": "object", "properties": {"opinion": p.text(title="意见")}, "additionalProperties": False}


@pytest.fixture
def driver(drive):
    """A case that a clerk drafts and a chief approves."""
    draft = s.user("draft", name="起草", camunda_formKey="demo/opinion")
    approve = s.user("approve", name="批准", camunda_candidateGroups="chief")
    driver = drive(main=p.line(draft, approve, ids=("draft", "approve")), forms={"opinion": OPINION})
    driver.start("main", as_="zhangsan")
    return driver


def to_do(driver, who):
    return worklists.to_do(driver.engine, driver.user(who)).items


def done(driver, who):
    return worklists.done(driver.engine, driver.user(who)).items


def test_a_case_that_was_sent_back_says_by_whom_and_why(driver):
    driver.complete("起草", as_="zhangsan", form={"opinion": "一稿"})
    task = driver.claim("批准", as_="wangwu")
    cooperation.return_to(driver.engine, task.id, "draft", "依据不足", driver.user("wangwu"))

    (again,) = to_do(driver, "zhangsan")
    assert (again.returned.by, again.returned.reason, again.holder) == ("wangwu", "依据不足", "zhangsan")
    (dealt,) = done(driver, "wangwu")
    assert (dealt.name, dealt.status) == ("批准", instances.UserTaskStatus.RETURNED)
    assert [case.id for case in worklists.cases(driver.engine, driver.user("wangwu"))] == [driver.case().id]
    told = case_view.view(driver.engine, driver.case().id, driver.user("wangwu")).timeline
    assert ("王五将“批准”退回“起草”", "依据不足") in [(event.sentence, event.detail) for event in told]
    # What was submitted the first time is still to be read.
    shown = task_view.view(driver.engine, again.id, driver.user("zhangsan"))
    assert [[value.text for value in opinion.values] for opinion in shown.opinions] == [["一稿"]]
    assert shown.item.returned.reason == "依据不足"


def test_an_opinion_that_is_asked_for_is_a_row_of_its_own(driver):
    task = driver.claim("起草", as_="zhangsan")
    (asked,) = cooperation.countersign(
        driver.engine, task.id, model.CountersignKind.BEFORE, ["wangwu"], driver.user("zhangsan"), question="可否？"
    )
    (row,) = to_do(driver, "wangwu")
    assert (row.id, row.countersign.id, row.countersign.question) == (task.id, asked.id, "可否？")
    assert (row.countersign.asked_by, row.holder, row.claimable) == ("zhangsan", "wangwu", False)
    assert row.key == f"{task.id}-{asked.id}"
    (own,) = to_do(driver, "zhangsan")
    assert own.awaiting is model.Countersigning.ASKED
    counts = worklists.counts(driver.engine, driver.user("wangwu"))
    assert (counts.mine.number, counts.claimable.number) == (1, 0)
    stands_in = commands.Actor("zhaoliu", acting_for=(driver.user("wangwu"),))
    assert [each.on_behalf_of for each in worklists.to_do(driver.engine, stands_in)] == ["wangwu"]

    cooperation.answer(driver.engine, asked.id, driver.user("wangwu"), agrees=False, opinion="请再核实")
    assert to_do(driver, "wangwu") == ()
    (given,) = done(driver, "wangwu")
    assert (given.countersign.id, given.completed_at, given.name) == (asked.id, driver.now, "起草")
    assert [case.id for case in worklists.cases(driver.engine, driver.user("wangwu"))] == [driver.case().id]
    shown = case_view.view(driver.engine, driver.case().id, driver.user("wangwu"))
    (opinion,) = shown.opinions
    assert (opinion.kind, opinion.by, opinion.agrees) == ("countersign", "wangwu", False)
    assert [(value.label, value.text) for value in opinion.values] == [("结论", "不同意"), ("意见", "请再核实")]


def test_who_was_only_given_a_copy_finds_the_case_among_the_copies_and_has_no_part_in_it(driver):
    driver.advance(hours=1)
    cooperation.copy_to(
        driver.engine, driver.case().id, driver.user("zhangsan"), people=["zhaoliu"], roles=(), text="请知悉"
    )
    assert not worklists.cases(driver.engine, driver.user("zhaoliu")).items
    (received,) = cooperation.received(driver.engine, driver.user("zhaoliu")).items
    shown = case_view.view(driver.engine, received.copy.instance_id, driver.user("zhaoliu"))
    assert [copy.name for copy in shown.copies] == ["zhaoliu"]
    assert shown.timeline[-1].sentence == "张三抄送赵六"


def test_an_agreement_afterwards_is_read_beside_what_it_agrees_to(driver):
    task = driver.claim("起草", as_="zhangsan")
    (asked,) = cooperation.countersign(
        driver.engine, task.id, model.CountersignKind.AFTER, ["lisi"], driver.user("zhangsan")
    )
    driver.complete("起草", as_="zhangsan", form={"opinion": "定稿"})
    shown = task_view.view(driver.engine, task.id, driver.user("lisi"))
    assert shown.values == {"opinion": "定稿"}
    assert shown.item.awaiting is model.Countersigning.SUBMITTED
    assert not shown.may("complete")

    cooperation.answer(driver.engine, asked.id, driver.user("lisi"), agrees=True)
    opinions = case_view.view(driver.engine, driver.case().id, driver.user("zhangsan")).opinions
    assert [(each.kind, each.by) for each in opinions if each.kind == "task"] == [("task", "zhangsan")]
    assert {each.kind for each in opinions} == {"task", "countersign"}
    kept: list[views_lists.TaskItem] = list(done(driver, "lisi"))
    assert [row.countersign.id for row in kept if row.countersign] == [asked.id]
