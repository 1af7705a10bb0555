"""What happens between cases, people and versions when things come in an unlucky order."""

from __future__ import annotations

import datetime
import json

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import definitions, incidents, instances, messages, timers, user_tasks
from engine.bpmn import execution
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)
MESSAGE = s.event("message", messageRef="M")


def conditional(text):
    return s.event("conditional", s.element("condition", None, text, xsi_type="tFormalExpression"))


# --- idempotency keys ------------------------------------------------------------------------------------------------


def test_a_key_of_one_start_does_not_stand_for_the_start_of_another_process(drive):
    driver = drive(main=p.line(s.user("b"), ids=("b",)), other=p.line(s.user("b"), ids=("b",), id="other"))
    zhang = driver.user("zhangsan")
    first = instances.start(driver.engine, "main", zhang, idempotency_key="k")

    with driver.refused("k", errors.Conflict):
        instances.start(driver.engine, "other", zhang, idempotency_key="k")
    assert instances.start(driver.engine, "main", zhang, idempotency_key="k").id == first.id
    assert instances.start(driver.engine, "main", driver.user("lisi"), idempotency_key="k").id != first.id


def test_a_key_of_one_start_still_gives_its_answer_after_a_new_version(drive):
    driver = drive(main=p.line(s.user("b"), ids=("b",)))
    zhang = driver.user("zhangsan")
    first = instances.start(driver.engine, "main", zhang, idempotency_key="k")
    root = driver.engine.packs.pack("demo").root
    p.write(root, {"main": p.line(s.user("b"), s.user("c"), ids=("b", "c"))})
    driver.deploy("demo")

    assert instances.start(driver.engine, "main", zhang, idempotency_key="k").id == first.id


def test_a_key_that_stands_for_another_task_is_refused_and_says_so(drive):
    driver = drive(main=p.line(s.user("b"), s.user("c"), ids=("b", "c")))
    driver.start("main", as_="zhangsan")
    zhang = driver.user("zhangsan")
    user_tasks.complete(driver.engine, driver.task("b").id, zhang, idempotency_key="k")

    with driver.refused("标识“k”", errors.Conflict):
        user_tasks.complete(driver.engine, driver.task("c").id, zhang, idempotency_key="k")
    assert [task.element_id for task in driver.tasks()] == ["c"]


# --- separation of duties --------------------------------------------------------------------------------------------


def separated():
    return p.diagram(
        s.start(),
        s.gateway("parallel", "split"),
        s.user("draft"),
        s.user("review", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft")),
        s.gateway("parallel", "join"),
        s.end(),
        s.path("start", "split", "draft", "join", "end"),
        s.path("split", "review", "join"),
    )


def test_who_prepared_a_delegated_task_does_not_review_before_it_is_completed(drive):
    driver = drive(main=separated())
    driver.start("main", as_="zhangsan")
    driver.claim("draft", as_="zhangsan")
    driver.delegate("draft", to="lisi", as_="zhangsan")
    driver.resolve("draft", as_="lisi")

    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete("review", as_="lisi")
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.claim("review", as_="lisi")


def test_who_claimed_both_tasks_completes_one_of_them(drive):
    driver = drive(main=separated())
    driver.start("main", as_="zhangsan")
    driver.claim("draft", as_="zhangsan")
    driver.claim("review", as_="zhangsan")
    driver.complete("draft", as_="zhangsan")

    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete("review", as_="zhangsan")
    driver.unclaim("review", as_="zhangsan")
    driver.complete("review", as_="lisi")
    assert driver.status() == "completed"


def test_a_task_is_not_handed_to_oneself_or_to_nobody(drive):
    driver = drive(main=separated())
    driver.start("main", as_="zhangsan")
    driver.claim("draft", as_="zhangsan")
    for to in ("zhangsan", " zhangsan ", "", "  "):
        with driver.refused(kind=errors.InvalidInput):
            user_tasks.delegate(driver.engine, driver.task("draft").id, to, driver.user("zhangsan"))
        with driver.refused(kind=errors.InvalidInput):
            user_tasks.transfer(driver.engine, driver.task("draft").id, to, driver.user("zhangsan"))


# --- suspended cases -------------------------------------------------------------------------------------------------


def test_a_message_for_a_case_that_rests_waits_for_it_and_starts_no_other(drive):
    # given a case that waits for a message which also starts cases
    waits = s.element("intermediateCatchEvent", "wait", MESSAGE)
    started = p.diagram(
        s.element("startEvent", "start", MESSAGE), s.user("b"), s.end(), s.path("start", "b", "end"), id="other"
    )
    driver = drive(main=p.line(waits, ids=("wait",)), other=started)
    driver.start("main", as_="zhangsan", business_key="K")
    driver.suspend()

    # when the message comes while it rests, then it is kept
    assert messages.correlate(driver.engine, "补正材料", ADMIN, key="K").outcome == "buffered"
    with driver.refused(kind=errors.NotFound):
        messages.correlate(driver.engine, "补正材料", ADMIN, key="K", ttl=datetime.timedelta())
    driver.activate()
    assert driver.status() == "completed"


def test_a_case_that_a_resting_case_calls_rests_too(drive):
    # given a case that rests and calls another one as soon as a variable says so
    inner = s.subprocess(
        "esp",
        s.start("when", conditional("go == 1"), isInterrupting="false"),
        s.task("callActivity", "call", calledElement="child"),
        s.end("done"),
        s.path("when", "call", "done"),
        triggeredByEvent="true",
    )
    main = p.diagram(s.start(), s.user("b"), s.end(), inner, s.path("start", "b", "end"))
    child = p.line(s.user("c"), ids=("c",), id="child")
    driver = drive(main=main, child=child)
    case = driver.start("main", as_="admin", variables={"go": 0})
    driver.suspend()

    driver.set_variables({"go": 1})

    (below,) = driver.children()
    assert driver.status(below) == "suspended"
    with driver.refused("已暂停"):
        driver.complete("c", as_="zhangsan", case=below)
    driver.activate(case=case)
    assert driver.status(below) == "active"
    driver.complete("c", as_="zhangsan", case=below)
    driver.complete("b", as_="zhangsan", case=case)
    assert driver.status(case) == "completed"


# --- deployments -----------------------------------------------------------------------------------------------------


def by_message(key, *nodes, message="M"):
    begin = s.element("startEvent", "start", s.event("message", messageRef=message))
    body = (s.user("b"), *nodes)
    return p.diagram(begin, *body, s.end(), s.path("start", "b", "end"), id=key)


@pytest.mark.parametrize(("old", "new"), [("a_one", "b_two"), ("b_two", "a_one")])
def test_a_start_message_may_move_to_another_process_of_the_pack(drive, old, new):
    driver = drive(**{old: by_message(old), new: by_message(new, message="M2")})
    root = driver.engine.packs.pack("demo").root
    p.write(root, {old: by_message(old, message="M2"), new: by_message(new)})

    driver.deploy("demo")

    driver.message("补正材料", key="K1")
    started = driver.case().definition_id
    with driver.engine.store.read() as uow:
        assert uow.definitions.get(started).key == new


def test_a_kept_message_starts_a_case_only_when_all_that_it_calls_is_there(drive):
    driver = drive(zzz=p.line(s.user("b"), ids=("b",), id="zzz"))
    driver.message("补正材料", key="K1")
    begin = s.element("startEvent", "start", MESSAGE)
    call = s.task("callActivity", "call", calledElement="sub")
    caller = p.diagram(begin, call, s.end(), s.path("start", "call", "end"), id="caller")
    root = driver.engine.packs.pack("demo").root
    p.write(root, {"a_caller": caller, "b_sub": p.line(s.user("c"), ids=("c",), id="sub")})

    driver.deploy("demo")

    assert driver.incidents(1) == []
    assert [task.element_id for task in driver.tasks(2)] == ["c"]


# --- people and texts ------------------------------------------------------------------------------------------------

ODD = ["zhang san", "张三", "a,b", "o'brien; DROP TABLE user_tasks", "x\ny", "İ", "e\u0301", "😀", "a" * 10_000]


@pytest.mark.parametrize("name", ODD)
def test_a_person_may_have_any_id_that_is_text(drive, name):
    driver = drive(main=separated())
    odd = driver.add_user(name, roles=["clerk"])
    driver.start("main", as_=odd, business_key=name)
    driver.claim("draft", as_=odd)
    driver.comment(name, as_=odd) if len(name) <= 4000 else None
    driver.complete("draft", as_=odd)
    with driver.refused("不能由同一人"):
        driver.claim("review", as_=odd)
    driver.complete("review", as_="lisi")
    assert driver.status() == "completed"
    with driver.engine.store.read() as uow:
        assert uow.audit.verify() == []


@pytest.mark.parametrize("text", ["\ud800", "a\0"])
def test_a_text_that_is_no_text_is_refused_in_words(drive, text):
    driver = drive(main=separated())
    driver.start("main", as_="zhangsan")
    bad = commands.Actor(text, frozenset({"clerk"}))
    acts = [
        lambda: user_tasks.claim(driver.engine, driver.task("draft").id, bad),
        lambda: user_tasks.add_comment(driver.engine, 1, text, driver.user("zhangsan")),
        lambda: instances.start(driver.engine, "main", ADMIN, business_key=text),
        lambda: instances.start(driver.engine, "main", ADMIN, idempotency_key=text),
        lambda: instances.start(driver.engine, text, ADMIN),
        lambda: instances.cancel(driver.engine, 1, text, ADMIN),
        lambda: messages.correlate(driver.engine, "补正材料", ADMIN, key=text),
        lambda: messages.correlate(driver.engine, "补正材料", ADMIN, message_id=text),
    ]
    for act in acts:
        with pytest.raises((errors.InvalidInput, errors.NotFound)):
            act()
    assert driver.status(1) == "active"
    driver.complete("draft", as_="zhangsan")


def test_data_that_is_no_text_is_refused_in_words(drive):
    driver = drive(main=separated())
    driver.start("main", as_="zhangsan")
    acts = [
        lambda: instances.set_variables(driver.engine, 1, {"a": "\ud800"}, ADMIN),
        lambda: instances.set_variables(driver.engine, 1, {"\ud800": 1}, ADMIN),
        lambda: messages.correlate(driver.engine, "补正材料", ADMIN, payload={"a": "\ud800"}),
    ]
    for act in acts:
        with pytest.raises(errors.GongkaiError):
            act()
    assert driver.status(1) == "active"


def test_nobody_acts_under_the_name_of_the_platform(drive):
    driver = drive(main=separated())
    driver.start("main", as_="zhangsan")

    with driver.refused("system", errors.Forbidden):
        user_tasks.claim(driver.engine, driver.task("draft").id, commands.Actor("system", frozenset({"clerk"})))
    with driver.refused("system", errors.InvalidInput):
        user_tasks.transfer(driver.engine, driver.task("draft").id, "system", ADMIN)


def test_a_number_that_no_database_keeps_is_refused_in_words(drive):
    driver = drive(main=separated())
    for number in (2**63, 2**200, -1, 0):
        with pytest.raises(errors.GongkaiError):
            user_tasks.claim(driver.engine, number, driver.user("zhangsan"))
        with pytest.raises(errors.GongkaiError):
            instances.cancel(driver.engine, number, "理由", ADMIN)
        with pytest.raises(errors.GongkaiError):
            instances.start(driver.engine, "main", ADMIN, version=number)
    for ttl in (datetime.timedelta.max, datetime.timedelta(days=3_000_000)):
        with pytest.raises(errors.InvalidInput):
            messages.correlate(driver.engine, "补正材料", ADMIN, ttl=ttl)


def test_variables_of_ten_megabytes_are_kept_and_given_back(drive):
    driver = drive(main=separated())
    big = {"text": "公开" * 2_500_000, "list": list(range(100_000))}
    driver.start("main", as_="admin", variables=big)
    driver.complete("draft", as_="zhangsan")
    driver.set_variables({"text": "短"})
    assert driver.variables() == {**big, "text": "短"}
    changed = json.dumps(driver.audit()[-1].details)
    assert len(changed) < 1000


def test_data_of_any_depth_is_kept_or_refused_in_words(drive):
    driver = drive(main=separated())
    for depth in (10, 90, 1_000, 100_000):
        value = 1
        for _ in range(depth):
            value = [value]
        try:
            case = driver.start("main", as_="admin", variables={"deep": value})
        except errors.GongkaiError:
            assert depth > 90
        else:
            assert depth < 1000
            driver.complete("draft", as_="zhangsan", case=case)


def test_values_that_are_no_json_are_refused_in_words(drive):
    driver = drive(main=separated())
    circle = []
    circle.append(circle)
    for value in (object(), float("nan"), circle, {1: 2}, b"x"):
        with pytest.raises(errors.GongkaiError):
            instances.start(driver.engine, "main", ADMIN, variables={"v": value})
        with pytest.raises(errors.GongkaiError):
            messages.correlate(driver.engine, "补正材料", ADMIN, payload={"v": value})


# --- incidents -------------------------------------------------------------------------------------------------------


def test_work_done_by_hand_may_bring_wrong_variables_and_leaves_the_incident(drive):
    handlers = """
        @registry.handler("work")
        def work(job):
            raise ValueError("kaputt")
        """
    cycle = s.extensions("<camunda:failedJobRetryTimeCycle>R1/PT1M</camunda:failedJobRetryTimeCycle>")
    driver = drive(main=p.line(s.service("b", cycle, camunda_topic="work"), ids=("b",)), handlers=handlers)
    driver.start("main", as_="zhangsan")
    (incident,) = driver.incidents()

    with pytest.raises(errors.GongkaiError):
        incidents.resolve(driver.engine, incident.id, "人工", ADMIN, variables={"a": object()})
    assert driver.incidents() == [incident]


def test_a_definition_suspended_twice_or_unknown_is_refused(drive):
    driver = drive(main=separated())
    definitions.suspend(driver.engine, 1, ADMIN)
    with driver.refused(kind=errors.Conflict):
        definitions.suspend(driver.engine, 1, ADMIN)
    with driver.refused(kind=errors.NotFound):
        definitions.suspend(driver.engine, 99, ADMIN)
    with driver.refused("停用", errors.Conflict):
        driver.start("main", as_="zhangsan")


def test_a_result_that_cannot_be_taken_over_is_taken_over_again_without_asking_the_child_twice(drive):
    # given a call that takes over something worked out of what the child gives
    out = s.extensions('<camunda:out sourceExpression="${answer / share}" target="part"/>')
    main = p.line(s.task("callActivity", "call", out, calledElement="child"), s.user("b"), ids=("call", "b"))
    child = p.line(s.user("c"), ids=("c",), id="child")
    driver = drive(main=main, child=child)
    case = driver.start("main", as_="admin", variables={"share": 2})
    (below,) = driver.children()

    # when the child ends without it
    driver.complete("c", as_="zhangsan", case=below)
    (incident,) = driver.incidents(case)

    # then trying again goes on with what the child has given and ops have added, and does not begin it again
    driver.retry(incident, case=case)
    assert len(driver.incidents(case)) == 1
    driver.set_variables({"answer": 6}, case=case)
    driver.retry(case=case)
    assert driver.variables(case)["part"] == 3
    assert len(driver.children(case)) == 1
    assert [task.element_id for task in driver.tasks(case)] == ["b"]


def test_many_timers_that_fail_do_not_hold_up_those_behind_them(drive, monkeypatch):
    wait = s.element("intermediateCatchEvent", "wait", s.event("timer", s.element("timeDuration", None, "PT1H")))
    driver = drive(main=p.line(wait, ids=("wait",)), other=p.line(wait, ids=("wait",), id="other"))
    bad = {driver.start("main", as_="zhangsan").id for _ in range(7)}
    driver.sleep(minutes=1)
    good = [driver.start("other", as_="zhangsan").id for _ in range(2)]
    driver.sleep(hours=2)
    fire_timer = execution.fire_timer

    def fire(process, context, state, token):
        if context.instance_id in bad:
            raise errors.EvaluationFailed("坏了")
        return fire_timer(process, context, state, token)

    monkeypatch.setattr(execution, "fire_timer", fire)

    with pytest.raises(errors.EvaluationFailed):
        timers.fire_due(driver.engine, limit=2)
    assert [driver.status(case) for case in good] == ["completed", "completed"]
    assert {driver.status(case) for case in bad} == {"active"}


def test_a_message_kept_for_a_case_that_rests_starts_no_other_when_its_process_is_deployed_again(drive):
    # given a message that is kept for a case at rest, and one with another key that is kept for nobody in particular
    waits = s.element("intermediateCatchEvent", "wait", MESSAGE)
    driver = drive(main=p.line(waits, ids=("wait",)))
    case = driver.start("main", as_="zhangsan", business_key="K")
    driver.suspend()
    for key in ("K", "L"):
        assert messages.correlate(driver.engine, "补正材料", ADMIN, key=key).outcome == "buffered"

    # when a process that starts with such messages is deployed
    p.write(driver.engine.packs.pack("demo").root, {"other": by_message("other")})
    driver.deploy("demo")

    # then only the other one starts a case
    driver.activate(case=case)
    assert driver.status(case) == "completed"
    assert driver.case(case.id + 1).business_key == "L"
    with driver.refused(kind=errors.NotFound):
        driver.case(case.id + 2)
