"""The page of a task: the form as this person may fill it in, and everything needed to decide."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s

from engine import errors, forms
from engine.actions import reckoning, task_view
from engine.calendars import calendar
from engine.model import commands, views_tasks
from engine.store import counting

FORMS = {
    "apply": p.schema(subject=p.text(title="信息名称"), secret=p.text(title="内部备注")),
    "judge": {
        "type": "object",
        "properties": {
            "subject": p.text(title="信息名称"),
            "opinion": p.text(title="意见"),
            "level": {"type": "integer", "title": "等级", "default": 3},
        },
        "additionalProperties": False,
    },
}


@pytest.fixture
def driver(drive):
    judge = s.user(
        "judge",
        props=s.properties(clause="P000-06 §9;P000-06 §10", fieldRights="subject:read"),
        name="审核申请",
        camunda_formKey="demo/judge",
        camunda_dueDate="${workdays(5)}",
    )
    approve = s.user(
        "approve",
        name="批准申请",
        props=s.properties(clause=s.CLAUSE, notSameActorAs="judge"),
        camunda_candidateGroups="clerk,chief",
    )
    driver = drive(
        main=p.diagram(
            s.start(camunda_formKey="demo/apply"),
            judge.replace("<extensionElements>", "<documentation>逐项核对。</documentation><extensionElements>"),
            approve,
            s.end(),
            s.path("start", "judge", "approve", "end"),
        ),
        forms=FORMS,
    )
    driver.start("main", as_="zhangsan", form={"subject": "收费标准", "secret": "先不公开"})
    return driver


def view(driver, task, who):
    found = task if isinstance(task, int) else driver.task(task).id
    return task_view.view(driver.engine, found, driver.user(who))


def test_the_form_begins_with_what_is_known_and_the_draft(driver):
    shown = view(driver, "judge", "lisi")
    assert shown.form.id == "demo/judge"
    assert shown.rights.of(shown.form.by_name["subject"]) is forms.Right.READ
    assert shown.values == {"subject": "收费标准", "level": 3}
    assert (shown.fills, shown.status_text, shown.item.claimable) == (True, "待签收", True)

    driver.claim("judge", as_="lisi")
    driver.save_draft("judge", as_="lisi", form={"opinion": "初稿"})
    shown = view(driver, "judge", "lisi")
    assert shown.values == {"subject": "收费标准", "level": 3, "opinion": "初稿"}
    assert (shown.status_text, shown.item.has_draft) == ("办理中", True)


def test_a_draft_is_for_those_alone_who_do_the_task(driver):
    driver.claim("judge", as_="lisi")
    driver.save_draft("judge", as_="lisi", form={"opinion": "初稿"})
    for who in ("zhangsan", "admin", commands.Actor("duban", monitor=True)):
        shown = view(driver, "judge", who)
        assert "opinion" not in shown.values
        assert shown.task.draft is None
        assert not shown.fills
    substitute = commands.Actor("zhaoliu", acting_for=(driver.user("lisi"),))
    shown = view(driver, "judge", substitute)
    assert (shown.values["opinion"], shown.item.on_behalf_of, shown.fills) == ("初稿", "lisi", True)


def test_beside_the_form_stands_what_it_does_not_say_itself(driver):
    shown = view(driver, "judge", "zhangsan")
    assert [(group.title, [value.label for value in group.values]) for group in shown.summary] == [
        ("apply", ["内部备注"])
    ]
    assert [clause.quoted for clause in shown.clauses] == ["P000-06 §9;P000-06 §10"]
    assert shown.clauses[0].summary == "公告"
    assert shown.documentation == "逐项核对。"
    assert [opinion.kind for opinion in shown.opinions] == ["start"]
    assert shown.diagram.tokens == {"judge": 1}
    assert [step.name for step in shown.steps] == ["收到材料", "审核申请", "批准申请", "已办结"]
    assert shown.header.title == "公开申请审核"


def test_a_finished_task_shows_what_was_submitted_and_no_more(driver):
    task = driver.task("judge")
    driver.complete("judge", as_="lisi", form={"opinion": "同意", "level": 1})
    driver.set_variables({"opinion": "后来改的"})
    shown = view(driver, task.id, "zhangsan")
    assert shown.values == {"opinion": "同意", "level": 1}
    assert (shown.status_text, shown.fills, shown.item.standing) == ("已办结", False, None)
    assert not any(each.allowed for each in shown.possibilities if each.action != "comment")
    assert "李四" in shown.possibilities[0].why_not
    # The opinion of the task itself is not among the earlier ones.
    assert [opinion.kind for opinion in shown.opinions] == ["start"]
    assert [opinion.kind for opinion in view(driver, "approve", "wangwu").opinions] == ["start", "task"]


def may(shown: views_tasks.TaskView) -> set[str]:
    return {each.action for each in shown.possibilities if each.allowed}


def why(shown: views_tasks.TaskView, action: str) -> str:
    return next(each.why_not for each in shown.possibilities if each.action == action)


def test_what_may_be_done_is_what_the_actions_allow(driver):
    assert may(view(driver, "judge", "lisi")) == {"complete", "save-draft", "claim", "comment"}
    assert may(view(driver, "judge", "admin")) == {"transfer", "comment"}
    assert may(view(driver, "judge", commands.Actor("duban", monitor=True))) == set()

    driver.claim("judge", as_="lisi")
    mine = view(driver, "judge", "lisi")
    assert may(mine) == {"complete", "save-draft", "unclaim", "delegate", "transfer", "comment"}
    assert mine.may("delegate")
    assert not mine.may("resolve")
    assert "已经签收" in why(mine, "claim")
    assert "李四" in why(view(driver, "judge", "zhangsan"), "complete")

    driver.delegate("judge", to="zhangsan", as_="lisi")
    assert may(view(driver, "judge", "zhangsan")) == {"save-draft", "resolve", "comment"}
    assert "委派" in why(view(driver, "judge", "zhangsan"), "complete")


def test_who_did_what_others_must_do_is_told_so(driver):
    driver.complete("judge", as_="lisi", form={})
    shown = view(driver, "approve", "lisi")
    assert "claim" not in may(shown)
    assert "不能由同一人办理" in why(shown, "complete")
    assert "claim" in may(view(driver, "approve", "wangwu"))
    # Nor may somebody who only stands in for the one who did it.
    substitute = commands.Actor("zhaoliu", acting_for=(driver.user("lisi"),))
    assert "不能由同一人办理" in why(view(driver, "approve", substitute), "claim")
    helped = commands.Actor("zhaoliu", acting_for=(driver.user("lisi"), driver.user("wangwu")))
    assert "claim" in may(view(driver, "approve", helped))


def test_who_prepared_a_task_for_somebody_did_it_too(driver):
    driver.claim("judge", as_="lisi")
    driver.delegate("judge", to="zhangsan", as_="lisi")
    driver.resolve("judge", as_="zhangsan")
    driver.complete("judge", as_="lisi", form={})
    assert "不能由同一人办理" in why(view(driver, "approve", "zhangsan"), "claim")


def test_nothing_can_be_done_while_the_case_rests(driver):
    driver.suspend()
    shown = view(driver, "judge", "lisi")
    assert may(shown) == {"comment"}
    assert "暂停" in why(shown, "complete")


def test_what_the_page_allows_the_action_does(driver):
    """The buttons and the actions judge alike: every allowed one goes through, in each state of a task."""
    acts = {
        "claim": lambda who: driver.claim("judge", as_=who),
        "unclaim": lambda who: driver.unclaim("judge", as_=who),
        "delegate": lambda who: driver.delegate("judge", to="wangwu" if who != "wangwu" else "lisi", as_=who),
        "resolve": lambda who: driver.resolve("judge", as_=who),
        "transfer": lambda who: driver.transfer("judge", to="wangwu" if who != "wangwu" else "lisi", as_=who),
        "save-draft": lambda who: driver.save_draft("judge", as_=who, form={}),
    }

    def allowed(who: str) -> set[str]:
        try:
            return may(view(driver, "judge", who))
        except errors.NotFound:
            return set()

    everybody = ("zhangsan", "lisi", "wangwu", "admin")
    for act in ("claim", "delegate", "resolve", "unclaim", "transfer", "claim"):
        for who in everybody:
            for name, run in acts.items():
                # Taking what one has already is no mistake, but nothing to offer either.
                own = name == "claim" and driver.task("judge").assignee == who
                if name not in allowed(who) and not own:
                    with driver.refused():
                        run(who)
        doers = [who for who in everybody if act in allowed(who)]
        if act != "claim" or driver.task("judge").assignee is None:
            acts[act](doers[0])


def test_a_stranger_finds_no_task(driver):
    task = driver.task("judge").id
    with pytest.raises(errors.NotFound) as unseen:
        view(driver, task, commands.Actor("fremd"))
    with pytest.raises(errors.NotFound) as absent:
        view(driver, 99, "admin")
    assert unseen.value.message == absent.value.message.replace("99", str(task))


def test_the_deadline_says_how_it_was_counted(driver):
    shown = view(driver, "judge", "lisi").reckoning
    assert (shown.start, shown.workdays, shown.days) == (datetime.date(2026, 3, 9), 5, 7)
    assert [(each.first.day, each.last.day, each.reason) for each in shown.skipped] == [(14, 15, "星期六、星期日")]
    assert shown.sentence == (
        "自2026年3月9日（当日不计）至2026年3月16日，共 7 天，按国家工作日历计 5 个工作日，休息 2 天。"
    )
    driver.complete("judge", as_="lisi", form={})
    assert view(driver, "approve", "wangwu").reckoning is None


def test_holidays_and_local_changes_are_named(drive):
    extra = (
        "calendar:\n  - {date: 2026-09-29, working: false, scope: city, reason: 台风停工, document: 市府令,"
        " proposer: 张三, approver: 王五, valid_from: 2026-09-28}\n"
    )
    driver = drive(main=p.line(s.user("check"), ids=("check",)), extra=extra, at="2026-09-28T09:00:00+08:00")
    with driver.engine.store.read() as uow:
        days = driver.engine.calendars.get(uow, "demo").office
    due = datetime.datetime.fromisoformat("2026-10-09T23:59:59+08:00")
    explained = reckoning.of(driver.now, due, days, "演示")
    assert "台风停工" in [each.reason for each in explained.skipped]
    assert any("国庆" in each.reason for each in explained.skipped)
    assert "“演示”的 1 项调整" in explained.sentence


def test_a_deadline_in_a_year_without_notice_is_marked(driver):
    days = calendar.load()
    beyond = datetime.datetime(days.last_day.year, 12, 1, tzinfo=datetime.UTC)
    explained = reckoning.of(driver.now, beyond, days, "演示")
    assert explained.estimated == days.is_estimated(days.last_day)
    assert explained.skipped == ()
    assert reckoning.of(driver.now, beyond + datetime.timedelta(days=10_000), days, "演示") is None
    same = reckoning.of(driver.now, driver.now, days, "演示")
    assert (same.days, same.sentence) == (0, "自2026年3月9日（当日不计）至2026年3月9日，当日办结。")


def test_a_task_takes_a_fixed_number_of_statements(driver):
    view(driver, "judge", "lisi")
    with counting.counted(driver.engine.store) as few:
        view(driver, "judge", "lisi")
    for _ in range(10):
        driver.comment("请补充", as_="lisi")
        driver.claim("judge", as_="lisi")
        driver.unclaim("judge", as_="lisi")
    with counting.counted(driver.engine.store) as many:
        view(driver, "judge", "lisi")
    assert many.statements == few.statements <= 20
