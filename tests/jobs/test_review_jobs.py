"""Handlers and workers at their worst: what they return, raise and call, and what that may not do to the others."""

from __future__ import annotations

import packbuilder as p
import patience
import pytest
import snippets as s

from engine import errors, jobs, registry, testing
from engine.actions import instances
from engine.actions import jobs as actions
from engine.actions import timers as timer_actions
from engine.jobs import runner
from engine.model import commands
from engine.model import instances as model
from engine.store import queries

ADMIN = commands.Actor("admin", admin=True)
IDLE = "@registry.handler('work')\ndef work(job):\n    return {}\n"


def handle(engine, work):
    engine.handlers = registry.Registry(registry.of(registry.handler("work")(work)))


def row(engine, number=1):
    with engine.store.read() as uow:
        return uow.jobs.get(number)


def idle(job):
    return None


def raising(error):
    def work(job):
        raise error

    return work


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    "work",
    [
        raising(SystemExit(3)),
        raising(errors.BpmnError("bad", variables={"what": object()})),
        raising(errors.BpmnError("bad", "没有\udcff这个文件")),
        raising(FileNotFoundError("没有\udcff这个文件")),
        raising(FileNotFoundError("没有\0这个文件")),
        raising(errors.Conflict("别处的冲突")),
        raising(errors.StoreError("别处的数据库")),
        raising(ValueError("长" * 100_000)),
        raising(ExceptionGroup("几处", [ValueError("一"), KeyError("二")])),
        lambda job: {"deep": nested(100_000)},
        lambda job: {"deep": nested(500)},
        lambda job: {"text": "\ud800"},
        lambda job: {"key": {"\ud800": 1}},
        lambda job: {"what": float("inf")},
        lambda job: {"many": {1, 2}},
        lambda job: [("a", 1)],
    ],
)
def test_whatever_a_handler_does_its_failure_is_told_counted_and_retried(shop, work):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    handle(engine, work)
    instances.start(engine, "main", ADMIN)

    jobs.run_until_idle(engine)

    after = row(engine)
    assert after.status is model.JobStatus.READY, f"the job was left {after.status}, {after.last_error}"
    assert after.retries_left == 2
    assert after.last_error
    assert len(after.last_error) <= 4000


def test_a_handler_that_writes_into_its_inputs_hurts_nobody(shop):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    handle(engine, lambda job: job.inputs.update(x=job))
    instances.start(engine, "main", ADMIN)

    jobs.run_until_idle(engine)

    assert row(engine).status is model.JobStatus.COMPLETED


def test_a_handler_is_not_stopped_by_sys_exit_but_by_the_keyboard(shop):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    handle(engine, raising(KeyboardInterrupt()))
    instances.start(engine, "main", ADMIN)

    with pytest.raises(KeyboardInterrupt):
        jobs.run_until_idle(engine)


def test_a_timer_that_always_fails_does_not_keep_a_worker_from_its_jobs(shop, monkeypatch):
    # given a timer that is due and fails whenever it fires, and a job
    wait = s.element("intermediateCatchEvent", "w", s.timer("PT1H"))
    timed = p.line(wait, ids=("w",), id="timed")
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), timed=timed, handlers=IDLE)
    handle(engine, idle)
    instances.start(engine, "timed", ADMIN)
    engine.clock.advance(hours=2)

    def fail(engine, timer):
        raise errors.EvaluationFailed("坏了")

    monkeypatch.setattr(timer_actions, "fire", fail)
    instances.start(engine, "main", ADMIN)

    # when a worker runs, then it does the job all the same
    with jobs.Worker(engine, poll=0.01):
        patience.until(lambda: row(engine).status is model.JobStatus.COMPLETED)


def test_a_worker_outlives_errors_that_nobody_expects(shop, monkeypatch):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    handle(engine, idle)
    failures = iter([ZeroDivisionError("look"), ZeroDivisionError("pause")] * 3)
    genuine = jobs.pump.next_due

    def next_due(engine):
        for failure in failures:
            raise failure
        return genuine(engine)

    monkeypatch.setattr(jobs.pump, "next_due", next_due)
    instances.start(engine, "main", ADMIN)

    with jobs.Worker(engine, poll=0.01):
        patience.until(lambda: row(engine).status is model.JobStatus.COMPLETED)


def test_a_case_that_was_suspended_while_its_job_ran_does_the_job_as_soon_as_it_goes_on(shop):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    runs = []

    def work(job):
        runs.append(job.attempt)
        if len(runs) <= 5:
            instances.suspend(engine, job.instance_id, ADMIN)

    handle(engine, work)
    case = instances.start(engine, "main", ADMIN)

    # when that happens five times, then it counts neither as a failure nor as a crash, and nobody waits for a lease
    for _ in range(5):
        jobs.run_until_idle(engine)
        assert row(engine).status is model.JobStatus.READY
        instances.activate(engine, case.id, ADMIN)
    jobs.run_until_idle(engine)
    assert row(engine).status is model.JobStatus.COMPLETED
    assert len(runs) == 6


def test_a_handler_may_act_on_the_engine_itself_also_on_its_own_case(shop):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), s.user("c"), ids=("b", "c")), handlers=IDLE)

    def work(job):
        instances.set_variables(engine, job.instance_id, {"half": True}, ADMIN)
        instances.start(engine, "main", ADMIN, business_key="next") if job.business_key is None else None
        return {"whole": True}

    handle(engine, work)
    case = instances.start(engine, "main", ADMIN)

    assert jobs.run_until_idle(engine).jobs == 2
    with engine.store.read() as uow:
        assert uow.instances.state(case.id).variables == '{"half":true,"whole":true}'
        assert len(queries.instances(uow).items) == 2


def test_a_handler_that_cancels_its_own_case_is_not_asked_again(shop):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    handle(engine, lambda job: instances.cancel(engine, job.instance_id, "材料有误", ADMIN) and {})
    instances.start(engine, "main", ADMIN)

    assert jobs.run_until_idle(engine).jobs == 1
    assert row(engine).status is model.JobStatus.CANCELLED


def test_a_heartbeat_on_a_busy_database_does_not_fail_the_job(shop, monkeypatch):
    engine = shop(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    handle(engine, lambda job: job.heartbeat())
    instances.start(engine, "main", ADMIN)

    def busy(*_arguments):
        raise errors.Conflict("数据库正忙")

    monkeypatch.setattr(actions, "heartbeat", busy)
    jobs.run_until_idle(engine)

    assert row(engine).status is model.JobStatus.COMPLETED


def test_a_clock_that_is_put_back_neither_loses_nor_doubles_a_job(shop):
    class Clock:
        at = testing.MONDAY

        def now(self):
            return self.at

    clock = Clock()
    engine = shop(clock, main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=IDLE)
    handle(engine, idle)
    instances.start(engine, "main", ADMIN)
    actions.recall(engine)
    (job,) = actions.lease(engine, "first")

    clock.at = testing.moment("2026-03-09 08:00")
    assert actions.lease(engine, "second") == []
    assert actions.heartbeat(engine, job)
    assert runner.run(engine, job) is runner.Outcome.COMPLETED
    with engine.store.read() as uow:
        assert uow.audit.verify() == []
