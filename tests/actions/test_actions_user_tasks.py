"""User tasks: who may do them, what is filled in, who gets them next."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import packbuilder as p
import pytest
import snippets as s

from engine import config, errors
from engine.actions import user_tasks
from engine.model import instances
from engine.store import counting

DRAFT_REVIEW = p.line(
    s.user("draft", name="起草"),
    s.user("review", name="审核", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft")),
    ids=("draft", "review"),
)
THREE = p.line(
    s.user("draft", name="起草"),
    s.user("review", name="审核", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft")),
    s.user("approve", name="批准"),
    ids=("draft", "review", "approve"),
)


def form_pack(rights: str = "") -> dict:
    props = {"clause": s.CLAUSE, **({"fieldRights": rights} if rights else {})}
    main = p.line(
        s.user("fill", name="填报", props=s.properties(**props), camunda_formKey="demo/report"),
        s.user("next", name="核对"),
        ids=("fill", "next"),
    )
    return {"main": main, "forms": {"report": p.schema(title=p.text(), days={"type": "integer", "minimum": 5})}}


# --- claim, unclaim ----------------------------------------------------------------------------------------------


def test_a_candidate_claims_and_others_are_told_who_has_it(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")

    assert driver.claim("起草", as_="lisi").assignee == "lisi"
    assert driver.claim("起草", as_="lisi").assignee == "lisi"
    with driver.refused("任务“起草”已由李四签收", errors.Conflict):
        driver.claim("起草", as_="zhangsan")
    with driver.refused("不在任务“起草”的候选人之中", errors.Forbidden):
        driver.claim("起草", as_="wangwu")


def test_a_task_given_back_is_offered_again(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    driver.claim("起草", as_="lisi")

    with driver.refused("由李四办理", errors.Forbidden):
        driver.unclaim("起草", as_="zhangsan")
    driver.unclaim("起草", as_="lisi")

    assert driver.claim("起草", as_="zhangsan").assignee == "zhangsan"


def test_a_task_assigned_directly_cannot_be_given_back_into_nowhere(drive):
    driver = drive(
        main=p.line(s.user("a", name="批示", camunda_assignee="wangwu", camunda_candidateGroups=""), ids=("a",))
    )
    driver.start("main", as_="zhangsan")
    with driver.refused("没有其他候选人", errors.Conflict):
        driver.unclaim("批示", as_="wangwu")


def test_a_task_that_names_nobody_goes_to_the_role_of_its_lane(drive):
    lanes = (
        '<laneSet id="lanes"><lane id="l1" name="综合处"><flowNodeRef>start</flowNodeRef><flowNodeRef>a</flowNodeRef></lane>'
        '<lane id="l2" name="领导小组"><flowNodeRef>b</flowNodeRef><flowNodeRef>end</flowNodeRef></lane></laneSet>'
    )
    task = {"camunda_candidateGroups": ""}
    body = (lanes, s.start(), s.user("a", name="预审", **task), s.user("b", name="审定", **task), s.end())
    driver = drive(main=p.diagram(*body, s.path("start", "a", "b", "end"), camunda_candidateStarterGroups=""))

    with driver.refused("可以发起的是：综合处", errors.Forbidden):
        driver.start("main", as_="wangwu")
    driver.start("main", as_="zhangsan")
    assert driver.task("预审").candidate_groups == ("clerk",)
    driver.complete("预审", as_="lisi")
    assert driver.task("审定").candidate_groups == ("chief",)
    driver.complete("审定", as_="wangwu")
    assert driver.status() == "completed"


# --- complete ----------------------------------------------------------------------------------------------------


def test_completing_goes_on_and_says_what_it_opened(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")

    answer = driver.complete("起草", as_="zhangsan")

    assert answer.completed_by == "zhangsan"
    assert answer.opened == (driver.task("审核").id,)
    assert answer.instance_status is instances.InstanceStatus.ACTIVE
    assert driver.complete("审核", as_="lisi").instance_status is instances.InstanceStatus.COMPLETED


def test_a_completed_task_says_who_did_it_and_when(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    task = driver.task("起草")
    driver.sleep(hours=1, minutes=32)
    driver.complete(task, as_="张三")

    with driver.refused("该任务已由张三于 10:32 办结。", errors.Conflict):
        driver.complete(task, as_="李四")
    driver.sleep(days=1)
    with driver.refused("该任务已由张三于 3月9日 10:32 办结。", errors.Conflict):
        driver.claim(task, as_="李四")
    with driver.refused("您（wangwu）不能办理任务“起草”", errors.Forbidden):
        driver.complete(task, as_="王五")


def test_a_cancelled_task_says_that_the_case_has_gone_elsewhere(drive):
    body = (s.start(), s.user("a", name="补正"), s.boundary("late", "a", s.timer("P1D")), s.end(), s.end("gone"))
    driver = drive(main=p.diagram(*body, s.path("start", "a", "end"), s.path("late", "gone")))
    driver.start("main", as_="zhangsan")
    task = driver.task("补正")
    driver.advance(days=1, hours=2)
    driver.sleep(days=1)

    with driver.refused("该任务已于 3月10日 09:00 取消", errors.Conflict):
        driver.complete(task, as_="lisi")


def test_the_same_idempotency_key_gives_the_first_answer(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    task, actor = driver.task("起草").id, driver.user("zhangsan")

    first = user_tasks.complete(driver.engine, task, actor, idempotency_key="k1")
    driver.sleep(hours=3)
    again = user_tasks.complete(driver.engine, task, actor, idempotency_key="k1")

    assert again == first
    assert driver.visits("review") == 1
    with pytest.raises(errors.Conflict):
        user_tasks.complete(driver.engine, task, actor, idempotency_key="k2")
    with pytest.raises(errors.Conflict):
        user_tasks.complete(driver.engine, task, driver.user("lisi"), idempotency_key="k1")


def test_an_idempotency_key_belongs_to_one_task(drive):
    driver = drive(main=DRAFT_REVIEW)
    for _ in range(2):
        driver.start("main", as_="zhangsan")
    first, second = (driver.task("起草", case).id for case in (1, 2))
    user_tasks.complete(driver.engine, first, driver.user("zhangsan"), idempotency_key="k")
    with pytest.raises(errors.Conflict):
        user_tasks.complete(driver.engine, second, driver.user("zhangsan"), idempotency_key="k")
    assert driver.task("起草", 2)


@pytest.mark.parametrize("idempotency_key", [None, "k"])
@pytest.mark.parametrize("task", ["起草", "审核"])
def test_one_completion_is_one_commit_and_few_statements_and_no_second_parse(drive, task, idempotency_key):
    driver = drive(main=THREE)
    for _ in range(2):
        driver.start("main", as_="zhangsan")
        if task == "审核":
            driver.complete("起草", as_="lisi")
    first, second = (driver.task(task, case).id for case in (1, 2))
    user_tasks.complete(driver.engine, first, driver.user("zhangsan"))
    parses = driver.engine.definitions.parses

    with counting.counted(driver.engine.store) as count:
        user_tasks.complete(driver.engine, second, driver.user("zhangsan"), idempotency_key=idempotency_key)

    assert count.commits == 1
    assert count.statements <= 10, "\n".join(count.sql)
    assert driver.engine.definitions.parses == parses == 1


def test_a_parsed_definition_is_forgotten_when_others_are_used_more(drive):
    parts = {name: p.line(s.user("a"), ids=("a",), id=name) for name in ("one", "two")}
    driver = drive(settings=config.Settings(cached_definitions=1), **parts)
    before = driver.engine.definitions.parses
    for _ in range(2):
        driver.start("one", as_="zhangsan")
        driver.start("two", as_="zhangsan")
    assert driver.engine.definitions.parses >= before + 3


# --- forms -------------------------------------------------------------------------------------------------------


def test_a_form_becomes_variables(drive):
    driver = drive(**form_pack())
    driver.start("main", as_="zhangsan")
    driver.complete("填报", as_="lisi", form={"title": " 办事指南 ", "days": "5"})
    assert driver.variables() == {"title": "办事指南", "days": 5}


@pytest.mark.parametrize(
    "form", [None, {}, {"title": "x"}, {"title": "x", "days": 4}, {"title": "x", "days": 5, "secret": 1}]
)
def test_a_form_that_is_not_filled_in_right_changes_nothing(drive, form):
    driver = drive(**form_pack())
    driver.start("main", as_="zhangsan")
    with driver.refused("", errors.InvalidForm):
        driver.complete("填报", as_="lisi", form=form)
    assert driver.task("填报").status is instances.UserTaskStatus.OPEN
    assert driver.variables() == {}


def test_field_rights_are_kept_on_the_server(drive):
    driver = drive(**form_pack(rights="days:read"))
    driver.start("main", as_="admin", variables={"days": 7})
    with driver.refused("", errors.InvalidForm):
        driver.complete("填报", as_="lisi", form={"title": "x", "days": 9})
    driver.complete("填报", as_="lisi", form={"title": "x"})
    assert driver.variables() == {"days": 7, "title": "x"}


def test_a_task_without_form_takes_nothing_from_people(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    with driver.refused("没有表单，不接受填写的内容：verdict", errors.InvalidInput):
        driver.complete("起草", as_="zhangsan", form={"verdict": "同意"})
    with driver.refused("不能直接写入变量", errors.Forbidden):
        driver.complete("起草", as_="zhangsan", variables={"verdict": "同意"})
    assert driver.variables() == {}


def test_a_draft_is_kept_and_changes_no_variable(drive):
    driver = drive(**form_pack())
    driver.start("main", as_="zhangsan")
    driver.save_draft("填报", as_="lisi", form={"title": "半成品"})
    assert driver.task("填报").draft == {"title": "半成品"}
    assert driver.task("填报").assignee is None
    assert driver.variables() == {}
    with driver.refused("", errors.InvalidForm):
        driver.save_draft("填报", as_="lisi", form={"other": 1})
    driver.complete("填报", as_="lisi", form={"title": "x", "days": 5})
    with driver.refused("没有表单", errors.InvalidInput):
        driver.save_draft("核对", as_="lisi", form={"x": 1})


# --- hand over ---------------------------------------------------------------------------------------------------


def test_a_delegated_task_comes_back_before_it_is_completed(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    driver.claim("起草", as_="zhangsan")

    task = driver.delegate("起草", to="zhaoliu", as_="zhangsan")
    assert (task.assignee, task.owner, task.delegation) == ("zhaoliu", "zhangsan", instances.Delegation.PENDING)
    with driver.refused("由张三委派，办理后请交回，不能办结", errors.Conflict):
        driver.complete("起草", as_="zhaoliu")
    with driver.refused("不能移交", errors.Conflict):
        driver.transfer("起草", to="lisi", as_="zhaoliu")
    with driver.refused("不能再次委派", errors.Conflict):
        driver.delegate("起草", to="lisi", as_="zhaoliu")

    task = driver.resolve("起草", as_="zhaoliu")
    assert (task.assignee, task.delegation) == ("zhangsan", instances.Delegation.RESOLVED)
    with driver.refused("无需交回", errors.Conflict):
        driver.resolve("起草", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")
    assert driver.task("审核")


def test_a_task_is_transferred_by_who_has_it_or_by_an_operator(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    with driver.refused("尚未签收", errors.Forbidden):
        driver.transfer("起草", to="zhaoliu", as_="zhangsan")
    driver.transfer("起草", to="zhaoliu", as_="admin")
    with driver.refused("由赵六办理", errors.Forbidden):
        driver.complete("起草", as_="zhangsan")
    with driver.refused("请选择其他人", errors.InvalidInput):
        driver.transfer("起草", to="zhaoliu", as_="zhaoliu")
    driver.transfer("起草", to="lisi", as_="zhaoliu")
    driver.complete("起草", as_="lisi")


def test_an_administrator_does_not_sign_for_others(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="admin")
    with driver.refused("不能办理任务“起草”", errors.Forbidden):
        driver.complete("起草", as_="admin")


# --- separation of duties ----------------------------------------------------------------------------------------


def test_who_drafted_does_not_review_by_any_way(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")

    told = "任务“审核”与“起草”不能由同一人办理，“起草”已由张三办理"
    with driver.refused(told, errors.Forbidden):
        driver.claim("审核", as_="zhangsan")
    with driver.refused(told, errors.Forbidden):
        driver.complete("审核", as_="zhangsan")
    with driver.refused(told, errors.Forbidden):
        driver.transfer("审核", to="zhangsan", as_="admin")
    driver.claim("审核", as_="lisi")
    with driver.refused(told, errors.Forbidden):
        driver.delegate("审核", to="zhangsan", as_="lisi")
    with driver.refused(told, errors.Forbidden):
        driver.transfer("审核", to="zhangsan", as_="lisi")
    driver.complete("审核", as_="lisi")


def test_who_prepared_a_draft_by_delegation_does_not_review_it(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    driver.claim("起草", as_="zhangsan")
    driver.delegate("起草", to="lisi", as_="zhangsan")
    driver.resolve("起草", as_="lisi")
    driver.transfer("起草", to="zhaoliu", as_="zhangsan")
    driver.complete("起草", as_="zhaoliu")

    with driver.refused("“起草”已由李四办理", errors.Forbidden):
        driver.claim("审核", as_="lisi")
    driver.complete("审核", as_="zhangsan")  # only handed it on


def test_who_reviewed_does_not_draft_after_a_return(drive):
    review = s.user(
        "review",
        name="审核",
        camunda_formKey="demo/verdict",
        props=s.properties(clause=s.CLAUSE, notSameActorAs="draft"),
    )
    body = (
        s.start(),
        s.user("draft", name="起草"),
        review,
        s.gateway("exclusive", "ok", name="同意？", default="yes"),
        s.end(),
        s.path("start", "draft", "review", "ok"),
        s.flow("ok", "draft", "verdict == '退回'", name="退回"),
        s.flow("ok", "end", id="yes", name="同意"),
    )
    driver = drive(main=p.diagram(*body), forms={"verdict": p.schema(verdict=p.text())})
    driver.start("main", as_="zhangsan")
    driver.complete("起草", as_="zhangsan")
    driver.complete("审核", as_="lisi", form={"verdict": "退回"})

    with driver.refused("“审核”已由李四办理", errors.Forbidden):
        driver.claim("起草", as_="lisi")
    driver.complete("起草", as_="zhangsan")
    driver.complete("审核", as_="lisi", form={"verdict": "同意"})
    assert driver.status() == "completed"


def test_separation_holds_within_a_case_only(drive):
    driver = drive(main=DRAFT_REVIEW)
    for drafter, reviewer in (("zhangsan", "lisi"), ("lisi", "zhangsan")):
        driver.start("main", as_="zhangsan")
        driver.complete("起草", as_=drafter)
        driver.complete("审核", as_=reviewer)
        assert driver.status() == "completed"


# --- comments ----------------------------------------------------------------------------------------------------


def test_comments_are_for_those_who_have_to_do_with_the_case(drive):
    driver = drive(main=DRAFT_REVIEW)
    driver.start("main", as_="zhangsan")
    driver.comment("请尽快", as_="zhangsan")
    note = driver.comment("数据有误", as_="lisi", task="起草")
    assert note.user_task_id == driver.task("起草").id
    with driver.refused("与此事项无关", errors.Forbidden):
        driver.comment("路过", as_="zhaoliu")
    with driver.refused("1 至 4000 字", errors.InvalidInput):
        driver.comment("  ", as_="zhangsan")
    driver.start("main", as_="zhangsan")
    with pytest.raises(errors.InvalidInput, match="不属于事项"):
        user_tasks.add_comment(driver.engine, 2, "x", driver.user("zhangsan"), user_task_id=note.user_task_id)


# --- two processes at the same instant ---------------------------------------------------------------------------

RACER = """
import json, pathlib, sys
from engine import bootstrap, config, errors
from engine.actions import user_tasks
from engine.model import commands

database, packs, person = sys.argv[1:]
settings = config.Settings(database=database, packs=(pathlib.Path(packs),))
actor = commands.Actor(person, frozenset({"clerk"}))
with bootstrap.open_engine(settings, shipped_packs=False) as engine:
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            user_tasks.complete(engine, int(line), actor)
            print(json.dumps(["won", ""]), flush=True)
        except errors.GongkaiError as refusal:
            print(json.dumps([type(refusal).__name__, refusal.message]), flush=True)
"""


def test_of_two_processes_that_complete_a_task_at_once_one_wins_and_the_other_is_told(drive, tmp_path):
    driver = drive(main=DRAFT_REVIEW)
    command = [sys.executable, "-c", RACER, driver.engine.settings.database, str(tmp_path / "packs")]
    people = {"zhangsan": "张三", "lisi": "李四"}
    with contextlib.ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen([*command, person], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for person in people
        ]
        for racer in racers:
            assert racer.stdout.readline() == "ready\n"
        for _ in range(10):
            driver.start("main", as_="zhangsan")
            for racer in racers:
                racer.stdin.write(f"{driver.task('起草').id}\n")
            for racer in racers:
                racer.stdin.flush()
            answers = {
                person: json.loads(racer.stdout.readline()) for person, racer in zip(people, racers, strict=True)
            }

            assert sorted(kind for kind, _ in answers.values()) == ["Conflict", "won"], answers
            (winner,) = [person for person, (kind, _) in answers.items() if kind == "won"]
            (sentence,) = [text for kind, text in answers.values() if kind == "Conflict"]
            assert sentence.startswith(f"该任务已由{people[winner]}于 ")
            assert sentence.endswith(" 办结。")
            assert driver.visits("review") == 1
