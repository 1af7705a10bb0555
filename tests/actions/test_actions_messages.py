"""Messages and signals: to the one who waits, to all who wait, kept for a while, never twice."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s

from engine import config, errors
from engine.actions import conditions, instances, messages
from engine.model import instances as model
from engine.store import queries

RECEIVE = s.element("receiveTask", "wait", name="等待补正", messageRef="M")
WAITING = p.diagram(
    s.start(),
    s.user("a", name="通知"),
    RECEIVE,
    s.user("b", name="复核"),
    s.end(),
    s.path("start", "a", "wait", "b", "end"),
)
ASKED = s.start("asked", s.event("message", messageRef="M2"))
STARTED = p.diagram(ASKED, s.user("a", name="受理"), s.end(), s.path("asked", "a", "end"))


def test_a_message_finds_the_case_by_its_business_key(drive):
    driver = drive(main=WAITING)
    first = driver.start("main", as_="zhangsan", business_key="K1")
    second = driver.start("main", as_="zhangsan", business_key="K2")
    for case in (first, second):
        driver.complete("通知", as_="lisi", case=case)

    reached = driver.message("补正材料", {"pages": 3}, key="K2")

    assert (reached.outcome, reached.instance_id) == ("delivered", second.id)
    assert driver.variables(second) == {"pages": 3}
    assert driver.tasks(first) == []


def test_what_comes_after_a_deadline_finds_the_deadline_over_though_no_poller_has_looked(drive):
    late = s.boundary("late", "wait", s.timer("PT1H"))
    tasks = (s.user("b", name="复核"), s.user("c", name="逾期处理"))
    ways = (s.path("start", "wait", "b", "end"), s.path("late", "c", "over"))
    driver = drive(main=p.diagram(s.start(), RECEIVE, late, *tasks, s.end(), s.end("over", name="逾期办结"), *ways))
    case = driver.start("main", as_="zhangsan", business_key="K1")
    driver.sleep(hours=1)

    with driver.refused("没有流程在等待消息", errors.NotFound):
        driver.message("补正材料", {"pages": 3}, key="K1", ttl=datetime.timedelta())
    assert driver.timers(case)  # the refusal changed nothing
    kept = driver.message("补正材料", {"pages": 3}, key="K1")

    assert kept.outcome == "buffered"
    assert [task.name for task in driver.tasks(case)] == ["逾期处理"]


FORM = {"pages": p.schema(pages={"type": "integer", "minimum": 1})}


def test_a_message_is_validated_by_the_form_of_the_event_that_waits(drive):
    asked = s.element("receiveTask", "wait", name="等待补正", messageRef="M", camunda_formKey="demo/pages")
    body = (s.start(), s.user("a", name="通知"), asked, s.end(), s.path("start", "a", "wait", "end"))
    driver = drive(main=p.diagram(*body), forms=FORM)
    case = driver.start("main", as_="zhangsan", business_key="K1")
    driver.message("补正材料", {"pages": 0}, key="K1", message_id="早到而有误")
    driver.message("补正材料", {"pages": 2}, key="K1", message_id="早到")

    driver.complete("通知", as_="lisi")

    assert driver.variables(case) == {"pages": 2}
    assert [e.details["reason"] for e in driver.audit(case) if e.action == "message-refused"] == [
        "pages：应为不小于 1 的整数，现为 0"
    ]


def test_a_message_that_does_not_fit_the_form_is_refused_and_the_case_waits_on(drive):
    asked = s.element("receiveTask", "wait", name="等待补正", messageRef="M", camunda_formKey="demo/pages")
    driver = drive(main=p.diagram(s.start(), asked, s.end(), s.path("start", "wait", "end")), forms=FORM)
    case = driver.start("main", as_="zhangsan", business_key="K1")
    with driver.refused("应为不小于 1 的整数", errors.InvalidForm):
        driver.message("补正材料", {"pages": 0}, key="K1", message_id="1")
    with driver.refused("表单中没有此项", errors.InvalidForm):
        driver.message("补正材料", {"pages": 1, "more": True}, key="K1", message_id="1")
    driver.message("补正材料", {"pages": 1}, key="K1", message_id="1")
    assert driver.status(case) == "completed"


def test_a_message_nobody_waits_for_yet_is_kept_and_delivered_later(drive):
    driver = drive(main=WAITING)
    driver.start("main", as_="zhangsan", business_key="K1")
    early = driver.message("补正材料", {"pages": 3}, key="K1", ttl=datetime.timedelta(days=2))
    assert early.outcome == "buffered"
    assert early.expires_at == driver.now + datetime.timedelta(days=2)
    driver.message("补正材料", {"pages": 4}, key="K9")

    driver.advance(days=1)
    driver.complete("通知", as_="lisi")

    assert driver.variables() == {"pages": 3}
    assert driver.task("复核")


def test_a_message_whose_time_is_over_is_not_delivered_and_its_loss_is_on_record(drive):
    driver = drive(main=WAITING)
    driver.start("main", as_="zhangsan", business_key="K1")
    driver.message("补正材料", key="K1", ttl=datetime.timedelta(hours=1))
    driver.advance(hours=1)
    driver.complete("通知", as_="lisi")
    assert driver.tasks() == []
    with driver.engine.store.read() as uow:
        (entry,) = queries.audit(uow, action="message-expired").items
    assert entry.details["key"] == "K1"


def test_a_message_without_time_to_live_is_refused_when_nobody_waits(drive):
    driver = drive(main=WAITING)
    with driver.refused("没有流程在等待消息“补正材料”（关联键 K1），消息未被接收", errors.NotFound):
        driver.message("补正材料", key="K1", ttl=datetime.timedelta())


def test_a_message_is_taken_once_however_often_it_is_sent(drive):
    driver = drive(main=STARTED)
    assert driver.message("收到申请", key="K1", message_id="m-1").outcome == "started"
    with driver.refused("编号为“m-1”的消息“收到申请”已经收到过", errors.Conflict):
        driver.message("收到申请", key="K1", message_id="m-1")
    with driver.engine.store.read() as uow:
        assert len(queries.instances(uow).items) == 1
    assert driver.message("收到申请", key="K2", message_id="m-2").outcome == "started"


def test_a_message_starts_a_case_under_its_key_when_nobody_waits(drive):
    driver = drive(main=STARTED)
    reached = driver.message("收到申请", {"title": "x"}, key="2026-1")
    assert reached.outcome == "started"
    case = driver.case()
    assert (case.business_key, case.started_by) == ("2026-1", "admin")
    assert driver.variables() == {"title": "x"}


def test_a_message_kept_before_its_process_is_deployed_starts_it_then(drive):
    driver = drive(other=p.line(s.user("x"), ids=("x",), id="other"))
    driver.message("收到申请", {"n": 1}, key="K1")
    driver.message("收到申请", {"n": 2}, key="K2")
    p.write(driver.engine.packs.roots[0], {"main": STARTED})
    driver.deploy("demo")
    with driver.engine.store.read() as uow:
        assert {row.instance.business_key for row in queries.instances(uow).items} == {"K1", "K2"}


def test_people_start_by_message_with_a_validated_form(drive):
    asked = s.start("asked", s.event("message", messageRef="M2"), camunda_formKey="demo/apply")
    main = p.diagram(asked, s.user("a"), s.end(), s.path("asked", "a", "end"))
    driver = drive(main=main, forms={"apply": p.schema(title=p.text())})
    with driver.refused("", errors.InvalidForm):
        driver.start_by_message("收到申请", as_="zhangsan")
    driver.start_by_message("收到申请", as_="zhangsan", form={"title": "x"}, business_key="K1")
    assert driver.variables() == {"title": "x"}
    with driver.refused("没有由消息“别的”启动的流程", errors.NotFound):
        driver.start_by_message("别的", as_="zhangsan")
    with driver.refused("不能直接发起", errors.NotFound):
        driver.start("main", as_="zhangsan")


def test_a_message_thrown_by_one_case_reaches_another_in_the_same_transaction(drive):
    thrower = p.diagram(
        s.start(), s.element("sendTask", "send", s.extensions(s.properties(correlationKey="${target}")), name="发出补正", messageRef="M"),
        s.end(), s.path("start", "send", "end"), id="thrower",
    )  # fmt: skip
    driver = drive(main=WAITING, thrower=thrower)
    waiting = driver.start("main", as_="zhangsan", business_key="K1")
    driver.complete("通知", as_="lisi")
    driver.start("thrower", as_="admin", variables={"target": "K1"})
    assert [task.name for task in driver.tasks(waiting)] == ["复核"]


def test_two_processes_that_wake_each_other_for_ever_are_stopped(drive, monkeypatch):
    from engine.actions import propagate

    monkeypatch.setattr(propagate, "LIMIT", 40)
    again = s.end("end", s.event("message", messageRef="M2"))
    driver = drive(main=p.diagram(ASKED, again, s.path("asked", "end")))
    with driver.refused("连锁处理超过", errors.Conflict):
        driver.message("收到申请", key="K1")


# --- signals -----------------------------------------------------------------------------------------------------

CATCH = s.element("intermediateCatchEvent", "stop", s.event("signal", signalRef="S"), name="已停止")
LISTENING = p.diagram(s.start(), CATCH, s.user("b", name="善后"), s.end(), s.path("start", "stop", "b", "end"))
BY_SIGNAL = p.diagram(
    s.start("start", s.event("signal", signalRef="S")),
    s.user("c", name="登记"),
    s.end(),
    s.path("start", "c", "end"),
    id="by",
)


def test_a_signal_reaches_everybody_who_waits_and_starts_processes(drive):
    driver = drive(main=LISTENING, by=BY_SIGNAL)
    cases = [driver.start("main", as_="zhangsan") for _ in range(3)]
    reached = driver.signal("停止受理", {"reason": "放假"})
    assert reached.delivered == tuple(case.id for case in cases)
    assert len(reached.started) == 1
    for case in cases:
        assert driver.variables(case) == {"reason": "放假"}
    assert [task.name for task in driver.tasks()] == ["登记"]
    assert driver.signal("停止受理").delivered == ()


def test_a_signal_thrown_by_a_case_reaches_the_others(drive):
    end = s.end("end", s.event("signal", signalRef="S"))
    thrower = p.diagram(s.start(), s.user("a", name="宣布"), end, s.path("start", "a", "end"), id="thrower")
    driver = drive(main=LISTENING, thrower=thrower)
    waiting = driver.start("main", as_="zhangsan")
    driver.start("thrower", as_="zhangsan")
    driver.complete("宣布", as_="lisi")
    assert [task.name for task in driver.tasks(waiting)] == ["善后"]


# --- conditions --------------------------------------------------------------------------------------------------


def test_a_conditional_start_event_starts_when_its_condition_holds(drive):
    condition = '<condition xsi:type="tFormalExpression">count &gt;= 10</condition>'
    start = s.start("many", s.event("conditional", condition))
    driver = drive(main=p.diagram(start, s.user("a", name="抽签"), s.end(), s.path("many", "a", "end")), by=BY_SIGNAL)
    admin = driver.user("admin")
    assert conditions.evaluate(driver.engine, {"count": 9}, admin) == ()
    (started,) = conditions.evaluate(driver.engine, {"count": 12}, admin, business_key="K")
    assert driver.variables(started) == {"count": 12}
    assert driver.case(started).business_key == "K"


def test_a_variable_changed_from_outside_lets_a_condition_fire_and_is_on_record(drive):
    condition = s.event("conditional", '<condition xsi:type="tFormalExpression">ready</condition>')
    wait = s.element("intermediateCatchEvent", "until", condition, name="已就绪")
    driver = drive(main=p.diagram(s.start(), wait, s.user("a"), s.end(), s.path("start", "until", "a", "end")))
    driver.start("main", as_="admin", variables={"ready": False, "text": "x" * 300})
    driver.set_variables({"ready": True, "text": "y" * 300})
    assert driver.task("a")
    changes = driver.audit()[-1].details["changes"]
    assert changes["ready"] == {"old": False, "new": True}
    assert set(changes["text"]["old"]) == {"sha256", "length"}
    with driver.refused("", errors.EvaluationFailed):
        driver.set_variables({"bad": float("nan")})


def test_the_default_time_to_live_is_a_setting(drive):
    driver = drive(main=WAITING, settings=config.Settings(message_ttl_seconds=60))
    kept = driver.message("补正材料", key="K1")
    assert kept.expires_at == driver.now + datetime.timedelta(seconds=60)
    with pytest.raises(errors.InvalidInput, match="没有说明消息的名称"):
        messages.correlate(driver.engine, " ", driver.user("admin"))


def test_starting_twice_with_one_idempotency_key_gives_one_case(drive):
    driver = drive(main=WAITING)
    first = instances.start(driver.engine, "main", driver.user("zhangsan"), idempotency_key="k")
    again = instances.start(driver.engine, "main", driver.user("zhangsan"), idempotency_key="k")
    other = instances.start(driver.engine, "main", driver.user("lisi"), idempotency_key="k")
    assert first.id == again.id != other.id
    assert first.status is model.InstanceStatus.ACTIVE


def test_a_thrown_message_nobody_waits_for_is_kept_as_long_as_it_says_and_is_on_record(drive):
    def thrower(id, **properties):
        props = s.extensions(s.properties(correlationKey="${'K1'}", **properties))
        send = s.element("sendTask", "send", props, name="发出补正", messageRef="M")
        return p.diagram(s.start(), send, s.end(), s.path("start", "send", "end"), id=id)

    driver = drive(main=WAITING, keeps=thrower("keeps", timeToLive="P2D"), drops=thrower("drops", timeToLive="PT0S"))
    driver.start("drops", as_="zhangsan")
    driver.start("keeps", as_="zhangsan")
    with driver.engine.store.read() as uow:
        (kept,) = queries.waiting_messages(uow).items
        noted = [entry.action for entry in queries.audit(uow, chain=0).items]
    assert kept.expires_at == driver.now + datetime.timedelta(days=2)
    assert {"message-dropped", "message-buffered"} <= set(noted)


def test_a_signal_that_wakes_one_token_may_take_the_others_of_its_case_away(drive):
    # Both wait for the same signal; the first to have it ends the scope of the second.
    body = (
        s.start(), s.gateway("parallel", "split"),
        s.element("intermediateCatchEvent", "one", s.event("signal", signalRef="S"), name="已停止"),
        s.element("intermediateCatchEvent", "two", s.event("signal", signalRef="S"), name="也已停止"),
        s.end("over", s.event("terminate")), s.end("end2"),
        s.path("start", "split", "one", "over"), s.path("split", "two", "end2"),
    )  # fmt: skip
    driver = drive(main=p.diagram(*body))
    driver.start("main", as_="zhangsan")
    assert driver.signal("停止受理").delivered == (1,)
    assert driver.status() == "completed"


def test_a_suspended_definition_is_started_by_no_signal(drive):
    from engine.actions import definitions

    driver = drive(by=BY_SIGNAL)
    definitions.suspend(driver.engine, 1, driver.user("admin"))
    assert driver.signal("停止受理").started == ()
    with pytest.raises(errors.InvalidInput, match="没有说明信号的名称"):
        driver.signal(" ")
