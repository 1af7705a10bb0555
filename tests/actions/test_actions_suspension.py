"""A suspended case rests: nothing and nobody moves it, and nothing is lost."""

from __future__ import annotations

import datetime

import packbuilder as p
import snippets as s

from engine import errors
from engine.actions import incidents, jobs
from engine.model import instances as model

MAIN = p.diagram(
    s.start(),
    s.gateway("parallel", "split"),
    s.user("a", name="办理"),
    s.service("b", camunda_topic="work"),
    s.element("receiveTask", "wait", name="等补正", messageRef="M"),
    s.element("intermediateCatchEvent", "late", s.timer("P1D"), name="期满"),
    s.element("intermediateCatchEvent", "stop", s.event("signal", signalRef="S"), name="已停止"),
    s.gateway("parallel", "join"),
    s.end(),
    s.path("start", "split"),
    *(s.path("split", node, "join") for node in ("a", "b", "wait", "late", "stop")),
    s.path("join", "end"),
)
WORK = """
@registry.handler("work")
def work(job):
    return {"worked": job.attempt}
"""


def test_nothing_happens_to_a_case_that_rests(drive):
    driver = drive(main=MAIN, handlers=WORK)
    case = driver.start("main", as_="zhangsan", business_key="K1")
    task = driver.task("办理")
    driver.suspend()

    told = f"事项 {case.id} 已暂停办理，请在恢复后再操作"
    for act in (driver.claim, driver.complete):
        with driver.refused(told, errors.Conflict):
            act("办理", as_="lisi")
    with driver.refused(told, errors.Conflict):
        driver.transfer(task, to="lisi", as_="admin")
    with driver.refused(told, errors.Conflict):
        driver.suspend()
    assert driver.message("补正材料", {"pages": 1}, key="K1", ttl=datetime.timedelta(days=9)).outcome == "buffered"
    assert driver.signal("停止受理").delivered == ()
    driver.advance(days=2)
    assert len(driver.timers()) == 1
    assert driver.status() == "suspended"

    driver.activate()

    assert driver.variables()["pages"] == 1
    assert driver.timers() == []
    assert driver.visits("join") == 0 or driver.status() == "active"
    assert [task.name for task in driver.tasks()] == ["办理"]
    with driver.refused("没有暂停，无需恢复", errors.Conflict):
        driver.activate()


def test_what_a_worker_brings_back_to_a_resting_case_is_done_again_afterwards(drive):
    driver = drive(main=MAIN, handlers=WORK)
    driver.engine.handlers = type(driver.engine.handlers)()  # nobody works for now
    admin = driver.user("admin")
    from engine.actions import instances

    case = instances.start(driver.engine, "main", admin)
    (job,) = jobs.lease(driver.engine, "w1")
    instances.suspend(driver.engine, case.id, admin)
    for act in (
        lambda: jobs.complete(driver.engine, job, {"worked": 0}),
        lambda: jobs.fail(driver.engine, job, "x"),
        lambda: jobs.throw_bpmn_error(driver.engine, job, "bad"),
    ):
        with driver.refused("已暂停办理", errors.Conflict):
            act()
    driver.sleep(minutes=5)
    assert jobs.lease(driver.engine, "w2") == []
    instances.activate(driver.engine, case.id, admin)
    (again,) = jobs.lease(driver.engine, "w2")
    assert (again.id, again.idempotency_key) == (job.id, job.idempotency_key)
    jobs.complete(driver.engine, again, {"worked": 2})
    assert driver.variables(case) == {"worked": 2}


def test_variables_may_be_mended_while_a_case_rests(drive):
    driver = drive(main=MAIN, handlers=WORK)
    driver.start("main", as_="zhangsan")
    driver.suspend()
    driver.set_variables({"x": 1})
    assert driver.variables()["x"] == 1
    assert driver.status() == "suspended"


def test_incidents_wait_too(drive):
    driver = drive(
        main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=WORK.replace("job.attempt", "1 / 0")
    )
    driver.start("main", as_="zhangsan")
    driver.advance(days=1)
    (incident,) = driver.incidents()
    driver.suspend()
    with driver.refused("已暂停办理", errors.Conflict):
        driver.retry()
    with driver.refused("已暂停办理", errors.Conflict):
        incidents.resolve(driver.engine, incident.id, "手工办理", driver.user("admin"))


def test_a_case_rests_with_everything_it_has_called(drive):
    call = s.element("callActivity", "call", name="会签", calledElement="child")
    main = p.diagram(s.start(), call, s.end(), s.path("start", "call", "end"))
    driver = drive(main=main, child=p.line(s.user("sign"), ids=("sign",), id="child"))
    driver.start("main", as_="zhangsan")
    (child,) = driver.children()
    driver.suspend()
    with driver.refused("已暂停办理", errors.Conflict):
        driver.complete("sign", as_="lisi", case=child)
    with driver.refused("由已暂停的事项 1 调用，请恢复事项 1", errors.Conflict):
        driver.activate(case=child)
    driver.activate()
    driver.complete("sign", as_="lisi", case=child)
    assert driver.status() == "completed"


def test_a_resting_case_can_be_cancelled(drive):
    driver = drive(main=MAIN, handlers=WORK)
    driver.start("main", as_="zhangsan")
    driver.suspend()
    driver.cancel("撤回")
    assert driver.case().status is model.InstanceStatus.CANCELLED
    with driver.refused("已取消", errors.Conflict):
        driver.activate()
