"""Countersigning: others give their opinion before, beside or after who has a task."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import cooperation, sentences, task_view, user_tasks, worklists
from engine.model import commands, instances
from engine.model.cooperation import Countersigning
from engine.model.cooperation import CountersignKind as Kind
from engine.model.cooperation import CountersignStatus as Status
from engine.store import counting

FORM = {"report": p.schema(title=p.text())}
MAIN = p.line(
    s.user("draft", name="起草"),
    s.user(
        "review",
        name="审核",
        props=s.properties(clause=s.CLAUSE, notSameActorAs="draft"),
        camunda_formKey="demo/report",
        camunda_candidateGroups="clerk,chief",
    ),
    s.user(
        "approve",
        name="批准",
        props=s.properties(clause=s.CLAUSE, notSameActorAs="review"),
        camunda_candidateGroups="clerk,chief",
    ),
    ids=("draft", "review", "approve"),
)
BEFORE, PARALLEL, AFTER = Kind.BEFORE, Kind.PARALLEL, Kind.AFTER


@pytest.fixture
def driver(drive):
    driver = drive(main=MAIN, forms=FORM)
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")
    driver.claim("审核", as_="lisi")
    return driver


def ask(driver, kind, *people, task="审核", as_="lisi", question="请提出意见"):
    return cooperation.countersign(
        driver.engine, driver.task(task).id, kind, people, driver.user(as_), question=question
    )


def answer(driver, asked, as_, *, agrees=True, opinion="同意"):
    return cooperation.answer(driver.engine, asked.id, driver.user(as_), agrees=agrees, opinion=opinion)


def review(driver, as_="lisi", title="办事指南"):
    return driver.complete("审核", as_=as_, form={"title": title})


def rows(driver):
    case = driver.case().id
    with driver.engine.store.read() as uow:
        return uow.countersignatures.of_instance(case)


# --- before and beside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BEFORE, PARALLEL])
def test_a_task_is_completed_when_all_who_were_asked_have_answered(driver, kind):
    wang, zhao = ask(driver, kind, "wangwu", "zhaoliu")
    assert (wang.status, wang.asked_by, wang.question, wang.opened_at) == (
        Status.OPEN,
        "lisi",
        "请提出意见",
        driver.now,
    )
    assert driver.task("审核").countersign is Countersigning.ASKED

    with driver.refused("王五、赵六的加签意见，收齐后才能办结", errors.Conflict):
        review(driver)
    driver.advance(hours=1)
    given = answer(driver, wang, "wangwu", opinion="  同意，请注意期限。 ")
    assert (given.agrees, given.opinion, given.answered_by, given.answered_at) == (
        True,
        "同意，请注意期限。",
        "wangwu",
        driver.now,
    )
    with driver.refused("赵六的加签意见", errors.Conflict):
        review(driver)
    answer(driver, zhao, "zhaoliu", agrees=False, opinion="依据不足")

    assert driver.task("审核").countersign is None
    review(driver)
    assert [each.name for each in driver.tasks()] == ["批准"]
    assert [(each.person, each.agrees) for each in rows(driver)] == [("wangwu", True), ("zhaoliu", False)]


def test_what_others_are_asked_before_rests_and_what_they_are_asked_beside_goes_on(driver):
    (asked,) = ask(driver, BEFORE, "wangwu")
    for act in (
        lambda: driver.save_draft("审核", as_="lisi", form={"title": "x"}),
        lambda: driver.unclaim("审核", as_="lisi"),
        lambda: driver.delegate("审核", to="wangwu", as_="lisi"),
        lambda: driver.transfer("审核", to="wangwu", as_="lisi"),
        lambda: cooperation.return_to(driver.engine, driver.task("审核").id, "draft", "补充", driver.user("lisi")),
    ):
        with driver.refused("王五的加签意见", errors.Conflict):
            act()
    cooperation.remove_countersignature(driver.engine, asked.id, driver.user("lisi"))
    ask(driver, PARALLEL, "wangwu")
    assert driver.save_draft("审核", as_="lisi", form={"title": "x"}).draft == {"title": "x"}
    with driver.refused("王五的加签意见", errors.Conflict):
        cooperation.return_to(driver.engine, driver.task("审核").id, "draft", "补充", driver.user("lisi"))


def test_each_has_a_piece_of_work_in_their_list_until_they_have_answered(driver):
    (asked,) = ask(driver, PARALLEL, "wangwu")

    def listed(person):
        return [
            (each.id, each.countersign.id if each.countersign else None, each.awaiting)
            for each in worklists.to_do(driver.engine, driver.user(person)).items
        ]

    assert listed("wangwu") == [(asked.user_task_id, asked.id, Countersigning.ASKED)]
    assert listed("lisi") == [(asked.user_task_id, None, Countersigning.ASKED)]
    answer(driver, asked, "wangwu")
    assert (listed("wangwu"), listed("lisi")) == ([], [(asked.user_task_id, None, None)])


def test_who_countersigned_must_leave_to_others_what_comes_after_and_is_told_so(driver):
    (asked,) = ask(driver, PARALLEL, "wangwu")
    answer(driver, asked, "wangwu")
    review(driver)
    (row,) = worklists.to_do(driver.engine, driver.user("wangwu")).items
    assert (row.name, row.apart_from) == ("批准", "审核")
    shown = task_view.view(driver.engine, row.id, driver.user("wangwu"))
    told = {each.action: each.why_not for each in shown.possibilities if not each.allowed}
    assert "不能由同一人办理" in told["claim"]
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.claim("批准", as_="wangwu")


def test_what_is_submitted_is_not_what_somebody_goes_on_with(driver):
    ask(driver, AFTER, "wangwu")
    review(driver)
    assert worklists.next_own_task(driver.engine, driver.case().id, driver.user("lisi")) is None


# --- after -------------------------------------------------------------------------------------------------------


def test_the_case_goes_on_when_all_have_agreed_as_if_it_had_been_completed_then(driver):
    wang, zhao = ask(driver, AFTER, "wangwu", "zhaoliu")
    assert wang.status is Status.PLANNED
    with driver.refused("尚未办理", errors.Conflict):
        answer(driver, wang, "wangwu")

    done = review(driver)

    assert (done.held, done.opened) == (True, ())
    assert driver.task("审核").countersign is Countersigning.SUBMITTED
    assert [each.status for each in rows(driver)] == [Status.OPEN, Status.OPEN]
    with driver.refused("正在等待王五、赵六会签同意", errors.Conflict):
        review(driver)
    assert "title" not in driver.variables()
    driver.advance(hours=2)
    answer(driver, wang, "wangwu")
    assert [each.name for each in driver.tasks()] == ["审核"]
    answer(driver, zhao, "zhaoliu", opinion="")

    assert [each.name for each in driver.tasks()] == ["批准"]
    assert driver.variables()["title"] == "办事指南"
    with driver.engine.store.read() as uow:
        task = uow.user_tasks.get(wang.user_task_id)
        assert (task.completed_by, task.completed_at, task.countersign) == ("lisi", driver.now, None)
        assert uow.user_tasks.submission(task.id) == {"title": "办事指南"}
        assert uow.user_tasks.held(task.id) is None
        assert uow.audit.verify() == []
    acts = [(each.actor, each.action) for each in driver.audit()]
    assert ("lisi", "submit-user-task") in acts
    assert ("zhaoliu", "countersigned-user-task") in acts


def test_who_does_not_agree_gives_it_back_and_all_are_asked_again(driver):
    wang, zhao = ask(driver, AFTER, "wangwu", "zhaoliu")
    review(driver)
    answer(driver, wang, "wangwu")
    with driver.refused("请写明意见和理由", errors.InvalidInput):
        answer(driver, zhao, "zhaoliu", agrees=False, opinion=" ")
    answer(driver, zhao, "zhaoliu", agrees=False, opinion="题目不准确")

    task = driver.task("审核")
    assert (task.countersign, task.draft, task.assignee) == (Countersigning.PLANNED, {"title": "办事指南"}, "lisi")
    review(driver, title="服务指南")
    again = [each for each in rows(driver) if each.status is Status.OPEN]
    assert [each.person for each in again] == ["wangwu", "zhaoliu"]
    for each in again:
        answer(driver, each, each.person)
    assert driver.variables()["title"] == "服务指南"
    assert [(each.person, each.agrees) for each in rows(driver)] == [
        ("wangwu", True),
        ("zhaoliu", False),
        ("wangwu", True),
        ("zhaoliu", True),
    ]


def test_who_completed_it_takes_it_back_until_the_first_has_answered(driver):
    wang, zhao = ask(driver, AFTER, "wangwu", "zhaoliu")
    review(driver)
    task = driver.task("审核")
    assert cooperation.can_withdraw(driver.engine, task.id, driver.user("lisi")) is None
    again = cooperation.withdraw(driver.engine, task.id, driver.user("lisi"))
    assert (again.countersign, again.draft) == (Countersigning.PLANNED, {"title": "办事指南"})
    review(driver)
    answer(driver, next(each for each in rows(driver) if each.person == "wangwu"), "wangwu")
    assert "王五已经提出会签意见" in cooperation.can_withdraw(driver.engine, task.id, driver.user("lisi"))


def test_a_completion_that_was_agreed_to_can_be_taken_back_and_is_agreed_to_anew(driver):
    (wang,) = ask(driver, AFTER, "wangwu")
    review(driver)
    answer(driver, wang, "wangwu")
    again = cooperation.withdraw(driver.engine, wang.user_task_id, driver.user("lisi"))
    assert again.countersign is Countersigning.PLANNED
    assert review(driver).held
    answer(driver, next(each for each in rows(driver) if each.status is Status.OPEN), "wangwu")
    assert [each.name for each in driver.tasks()] == ["批准"]


def test_taking_the_last_question_back_lets_the_case_go_on(driver):
    wang, zhao = ask(driver, AFTER, "wangwu", "zhaoliu")
    review(driver)
    answer(driver, wang, "wangwu")
    cooperation.remove_countersignature(driver.engine, zhao.id, driver.user("lisi"))
    assert [each.name for each in driver.tasks()] == ["批准"]


def test_before_and_after_may_be_asked_of_one_task(driver):
    (first,) = ask(driver, BEFORE, "wangwu")
    (last,) = ask(driver, AFTER, "zhaoliu")
    assert driver.task("审核").countersign is Countersigning.ASKED
    answer(driver, first, "wangwu")
    assert driver.task("审核").countersign is Countersigning.PLANNED
    assert review(driver).held
    answer(driver, last, "zhaoliu")
    assert [each.name for each in driver.tasks()] == ["批准"]


def test_repeating_a_completion_that_is_held_gives_the_first_answer(driver):
    ask(driver, AFTER, "wangwu")
    task, lisi = driver.task("审核"), driver.user("lisi")
    first = user_tasks.complete(driver.engine, task.id, lisi, {"title": "x"}, idempotency_key="k")
    assert user_tasks.complete(driver.engine, task.id, lisi, {"title": "x"}, idempotency_key="k") == first


def test_the_form_is_checked_before_anybody_is_asked(driver):
    ask(driver, AFTER, "wangwu")
    with driver.refused("", errors.InvalidForm):
        driver.complete("审核", as_="lisi", form={})
    assert rows(driver)[0].status is Status.PLANNED


# --- who ---------------------------------------------------------------------------------------------------------


def test_only_who_has_the_task_asks_and_only_who_was_asked_answers(driver):
    with driver.refused("由李四办理", errors.Forbidden):
        ask(driver, BEFORE, "zhaoliu", as_="wangwu")
    (asked,) = ask(driver, BEFORE, "wangwu")
    with driver.refused("被加签的是王五", errors.Forbidden):
        answer(driver, asked, "lisi")
    with driver.refused("请由李四撤销", errors.Forbidden):
        cooperation.remove_countersignature(driver.engine, asked.id, driver.user("wangwu"))
    stand_in = commands.Actor("zhaoliu", acting_for=(driver.user("wangwu"),))
    given = cooperation.answer(driver.engine, asked.id, stand_in, agrees=True)
    assert (given.person, given.answered_by) == ("wangwu", "zhaoliu")


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ((), "请选择加签的人员"),
        (("lisi",), "不能再请本人加签"),
        (("nobody",), "没有标识为“nobody”的用户"),
        (("system",), "平台自身"),
        ((" ",), "没有说明交给谁"),
    ],
)
def test_who_cannot_be_asked_is_refused(driver, people, told):
    with driver.refused(told, errors.InvalidInput):
        ask(driver, BEFORE, *people)
    assert rows(driver) == []


def test_nobody_is_asked_twice_at_a_time(driver):
    (asked,) = ask(driver, BEFORE, "wangwu")
    with driver.refused("已经请王五加签", errors.Conflict):
        ask(driver, AFTER, "wangwu")
    answer(driver, asked, "wangwu")
    with driver.refused("已于", errors.Conflict):
        answer(driver, asked, "wangwu")
    assert ask(driver, PARALLEL, "wangwu")[0].status is Status.OPEN


def test_duties_stay_apart_for_those_who_countersign(driver):
    with driver.refused("不能由同一人办理", errors.Forbidden):
        ask(driver, BEFORE, "zhangsan")
    (asked,) = ask(driver, BEFORE, "wangwu")
    answer(driver, asked, "wangwu")
    review(driver)
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.claim("批准", as_="wangwu")
    driver.claim("批准", as_="zhangsan")


def test_who_has_submitted_a_task_did_it_though_it_has_no_effect_yet(drive):
    fork = (
        s.start(),
        s.gateway("parallel", "f"),
        s.user("a", name="甲"),
        s.user("b", name="乙", props=s.properties(clause=s.CLAUSE, notSameActorAs="a")),
        s.gateway("parallel", "j"),
        s.end(),
        s.path("start", "f", "a", "j", "end"),
        s.path("f", "b", "j"),
    )
    driver = drive(main=p.diagram(*fork))
    driver.start("main", as_="zhangsan")
    driver.claim("甲", as_="lisi")
    cooperation.countersign(driver.engine, driver.task("甲").id, AFTER, ["wangwu"], driver.user("lisi"))
    driver.complete("甲", as_="lisi")
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.claim("乙", as_="lisi")


# --- what becomes of it ------------------------------------------------------------------------------------------


def test_questions_lapse_when_the_task_is_gone(drive):
    main = p.diagram(
        s.start(),
        s.user("a", name="拟稿"),
        s.boundary("late", "a", s.timer("P1D")),
        s.user("b", name="催报"),
        s.end(),
        s.path("start", "a", "end"),
        s.path("late", "b", "end"),
    )
    driver = drive(main=main)
    driver.start("main", as_="zhangsan")
    driver.claim("拟稿", as_="zhangsan")
    task = driver.task("拟稿")
    beside, after = (
        cooperation.countersign(driver.engine, task.id, kind, [who], driver.user("zhangsan"))[0]
        for kind, who in ((PARALLEL, "lisi"), (AFTER, "wangwu"))
    )
    driver.advance(days=1)
    assert [each.status for each in rows(driver)] == [Status.LAPSED, Status.LAPSED]
    with driver.refused("无需再提出意见", errors.Conflict):
        answer(driver, beside, "lisi")
    with driver.engine.store.read() as uow:
        assert uow.user_tasks.get(task.id).countersign is None
    assert after.id != beside.id


def test_a_case_that_rests_takes_no_opinions(driver):
    (asked,) = ask(driver, BEFORE, "wangwu")
    driver.suspend()
    with driver.refused("已暂停办理", errors.Conflict):
        answer(driver, asked, "wangwu")


def test_a_submitted_task_stays_where_it_is(driver):
    ask(driver, AFTER, "wangwu")
    review(driver)
    for act in (
        lambda: driver.save_draft("审核", as_="lisi", form={"title": "x"}),
        lambda: driver.transfer("审核", to="wangwu", as_="admin"),
        lambda: driver.unclaim("审核", as_="lisi"),
        lambda: ask(driver, BEFORE, "zhaoliu"),
    ):
        with driver.refused("正在等待王五会签同意", errors.Conflict):
            act()


def test_the_trail_tells_whom_each_act_concerns_and_says_so_in_words(driver):
    (asked,) = ask(driver, BEFORE, "wangwu")
    answer(driver, asked, "wangwu", opinion="同意")
    (later,) = ask(driver, AFTER, "zhaoliu", question="")
    cooperation.remove_countersignature(driver.engine, later.id, driver.user("lisi"))
    entries = {each.action: each for each in reversed(driver.audit())}
    assert entries["countersign-user-task"].details["to"] == ["wangwu"]
    assert entries["answer-countersignature"].details["to"] == ["lisi"]
    assert entries["remove-countersignature"].details["to"] == ["zhaoliu"]
    words = sentences.Words({"lisi": "李四", "wangwu": "王五", "zhaoliu": "赵六"}, {asked.user_task_id: "审核"})
    assert words.say(entries["countersign-user-task"]) == ("李四就“审核”请王五加签", "请提出意见")
    assert words.say(entries["answer-countersignature"]) == ("王五对“审核”会签同意", "同意")
    assert words.say(entries["remove-countersignature"])[0] == "李四撤销请赵六对“审核”的加签"


def test_a_task_that_nobody_countersigns_costs_no_statement_more(driver):
    task = driver.task("审核")
    with counting.counted(driver.engine.store) as count:
        user_tasks.complete(driver.engine, task.id, driver.user("lisi"), {"title": "x"})
    assert not any("countersignatures" in sql for sql in count.sql if "UNION" not in sql)
    assert task.status is instances.UserTaskStatus.OPEN
