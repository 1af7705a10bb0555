"""The worker, on rows and on a queue: finds work, keeps leases, stops gracefully, and never lets a dead one have the last word."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import packbuilder as p
import patience
import pytest
import snippets as s

from engine import errors, jobs, registry, testing
from engine.actions import instances
from engine.actions import jobs as actions
from engine.jobs import runner
from engine.model import commands
from engine.model import instances as model
from engine.store import queries

ADMIN = commands.Actor("admin", admin=True)


class Gate:
    """A handler that waits until the test lets it go on."""

    def __init__(self, engine):
        self.entered, self.open = threading.Event(), threading.Event()
        self.runs = []

        @registry.handler("work")
        def work(job):
            self.runs.append(job)
            self.entered.set()
            assert self.open.wait(patience.SECONDS)
            return {"by": job.attempt}

        engine.handlers = registry.Registry(registry.of(work))


def idle():
    return "@registry.handler('work')\ndef work(job):\n    return {'by': job.attempt}\n"


def lease(engine, worker, **options):
    """Take jobs as `run_until_idle` does, those that a queue has among them."""
    actions.recall(engine)
    return actions.lease(engine, worker, **options)


def job_row(engine, number=1):
    with engine.store.read() as uow:
        return uow.jobs.get(number)


def visited(engine, case, element="c"):
    with engine.store.read() as uow:
        return [entry.element_id for entry in uow.history.of_instance(case)].count(element)


def variables(engine, case):
    with engine.store.read() as uow:
        return json.loads(uow.instances.state(case).variables)


def test_a_worker_of_the_same_process_is_told_at_once(shop, work):
    engine = shop(main=work, handlers=idle())
    with jobs.Worker(engine, poll=patience.SECONDS * 10) as worker:
        patience.until(lambda: worker.last_look is not None)
        case = instances.start(engine, "main", ADMIN)
        patience.until(lambda: visited(engine, case.id))
    assert job_row(engine).status is model.JobStatus.COMPLETED


def test_a_worker_finds_the_work_of_other_processes_by_polling(shop, work):
    engine = shop(main=work, handlers=idle())
    other = shop()
    with jobs.Worker(engine, poll=0.02):
        case = instances.start(other, "main", ADMIN)
        patience.until(lambda: visited(engine, case.id))


def test_a_worker_fires_timers_when_the_clock_says_so(shop):
    catch = s.element("intermediateCatchEvent", "wait", s.timer("P5D"), name="期满")
    clock = testing.FixedClock()
    engine = shop(clock, main=p.diagram(s.start(), catch, s.user("c"), s.end(), s.path("start", "wait", "c", "end")))
    case = instances.start(engine, "main", ADMIN)
    with jobs.Worker(engine, poll=0.02) as worker:
        patience.until(lambda: worker.last_look is not None)
        assert visited(engine, case.id) == 0
        clock.advance(days=5)
        patience.until(lambda: visited(engine, case.id))


def test_several_jobs_run_at_the_same_time_and_no_more_than_allowed(shop, work):
    engine = shop(main=work, handlers=idle())
    gate = Gate(engine)
    cases = [instances.start(engine, "main", ADMIN).id for _ in range(3)]
    with jobs.Worker(engine, concurrency=2, poll=0.02) as worker:
        patience.until(lambda: len(gate.runs) == 2)
        assert len(worker.running) == 2
        assert job_row(engine, 3).status is model.JobStatus.READY
        gate.open.set()
        patience.until(lambda: all(visited(engine, case) for case in cases))
    assert sorted(run.instance_id for run in gate.runs) == cases


def test_two_workers_never_run_one_job_at_the_same_time(shop, work):
    engine, other = shop(main=work, handlers=idle()), shop()
    cases = [instances.start(engine, "main", ADMIN).id for _ in range(20)]
    with jobs.Worker(engine, "w1", poll=0.01), jobs.Worker(other, "w2", poll=0.01):
        patience.until(lambda: all(visited(engine, case) for case in cases))
    with engine.store.read() as uow:
        done = queries.jobs(uow, limit=100).items
    assert {job.attempt for job in done} == {1}
    assert [visited(engine, case) for case in cases] == [1] * 20


def test_a_long_job_keeps_its_lease_by_heartbeats(shop, work):
    clock = testing.FixedClock()
    engine = shop(clock, main=work, handlers=idle(), settings={"heartbeat_seconds": 0.02, "lease_seconds": 20})
    gate = Gate(engine)
    case = instances.start(engine, "main", ADMIN)
    with jobs.Worker(engine, poll=0.02):
        assert gate.entered.wait(patience.SECONDS)
        for _ in range(5):
            clock.advance(seconds=15)
            full = clock.now() + engine.settings.lease
            patience.until(lambda: job_row(engine).lease_until == full)  # noqa: B023
        gate.open.set()
        patience.until(lambda: visited(engine, case.id))
    assert len(gate.runs) == 1


def test_a_graceful_stop_lets_running_jobs_end_and_takes_no_more(shop, work):
    engine = shop(main=work, handlers=idle())
    gate = Gate(engine)
    first = instances.start(engine, "main", ADMIN)
    worker = jobs.Worker(engine, concurrency=1, poll=0.02)
    worker.start()
    assert gate.entered.wait(patience.SECONDS)
    second = instances.start(engine, "main", ADMIN)
    worker.request_stop()
    gate.open.set()

    assert worker.stop() is True

    assert visited(engine, first.id) == 1
    assert visited(engine, second.id) == 0
    assert job_row(engine, 2).status is model.JobStatus.READY


def test_a_job_that_does_not_end_in_time_is_given_back_and_its_late_end_changes_nothing(shop, work):
    engine = shop(main=work, handlers=idle())
    gate = Gate(engine)
    case = instances.start(engine, "main", ADMIN)
    worker = jobs.Worker(engine, poll=0.02)
    worker.start()
    assert gate.entered.wait(patience.SECONDS)

    assert worker.stop(grace=0.05) is False

    assert job_row(engine).status is model.JobStatus.READY
    assert job_row(engine).attempt == 0
    gate.open.set()
    patience.until(lambda: not worker.running)
    assert visited(engine, case.id) == 0
    jobs.run_until_idle(engine)
    assert visited(engine, case.id) == 1


def test_a_worker_survives_a_database_that_is_away_for_a_while(shop, work, monkeypatch):
    engine = shop(main=work, handlers=idle())
    real, calls = engine.store.read, []

    def flaky():
        calls.append(1)
        if len(calls) < 5:
            raise errors.StoreError("数据库不在")
        return real()

    monkeypatch.setattr(engine.store, "read", flaky)
    with jobs.Worker(engine, poll=0.01):
        patience.until(lambda: len(calls) > 5)
        case = instances.start(engine, "main", ADMIN)
        patience.until(lambda: visited(engine, case.id))


def test_a_worker_is_started_once(shop, work):
    with jobs.Worker(shop(main=work, handlers=idle()), "w") as worker, pytest.raises(errors.Conflict):
        worker.start()


# --- fencing -----------------------------------------------------------------------------------------------------


def test_the_late_finish_of_a_worker_that_was_thought_dead_changes_nothing(shop, work):
    clock = testing.FixedClock()
    engine = shop(clock, main=work, handlers=idle())
    case = instances.start(engine, "main", ADMIN).id
    (late,) = lease(engine, "dead")
    clock.advance(seconds=21)
    (held,) = lease(engine, "alive")
    assert (held.id, held.attempt, held.fence) == (late.id, 2, late.fence + 1)

    for act in (
        lambda: actions.complete(engine, late, {"by": "dead"}),
        lambda: actions.fail(engine, late, "x"),
        lambda: actions.throw_bpmn_error(engine, late, "bad"),
        lambda: actions.release(engine, late),
    ):
        with pytest.raises(errors.Conflict, match="本次执行的结果不再采用"):
            act()
    assert actions.heartbeat(engine, late) is False
    assert runner.run(engine, late) is runner.Outcome.LOST
    assert visited(engine, case) == 0

    assert actions.heartbeat(engine, held) is True
    assert runner.run(engine, held) is runner.Outcome.COMPLETED
    assert runner.run(engine, late) is runner.Outcome.LOST
    assert variables(engine, case) == {"by": 2}
    assert visited(engine, case) == 1


def test_a_handler_that_beats_learns_that_its_job_has_gone(shop, work):
    clock = testing.FixedClock()
    engine = shop(clock, main=work, handlers=idle())
    seen = []

    @registry.handler("work")
    def slow(job):
        job.heartbeat()
        clock.advance(seconds=21)
        seen.extend(lease(engine, "other"))
        job.heartbeat()
        seen.append("never")

    engine.handlers = registry.Registry(registry.of(slow))
    instances.start(engine, "main", ADMIN)
    (job,) = lease(engine, "first")
    assert runner.run(engine, job) is runner.Outcome.LOST
    assert [each.attempt for each in seen] == [2]


def test_a_job_that_kills_its_workers_becomes_an_incident(shop, work):
    clock = testing.FixedClock()
    engine = shop(clock, main=work, handlers=idle())
    case = instances.start(engine, "main", ADMIN)
    for _ in range(actions.MAX_CRASHES):
        assert len(lease(engine, "doomed")) == 1
        clock.advance(seconds=21)
    jobs.run_until_idle(engine)
    with engine.store.read() as uow:
        (incident,) = uow.incidents.of_instance(case.id)
    assert "没有回音" in incident.message


# --- kill -9 -----------------------------------------------------------------------------------------------------

VICTIM = """
import datetime, pathlib, sys
from engine import bootstrap, config, jobs, testing

database, packs = sys.argv[1:]
settings = config.Settings(database=database, packs=(pathlib.Path(packs),))
with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as engine:
    jobs.Worker(engine, "victim", poll=0.02).run()
"""
BLOCKS = """
import os

@registry.handler("work")
def work(job):
    if job.attempt == 1:
        print("in the handler", job.idempotency_key, flush=True)
        os.read(0, 1)  # until somebody writes, or kills
        print("went on", flush=True)
    return {"by": job.attempt, "key": job.idempotency_key}
"""


def victim(engine):
    command = [sys.executable, "-c", VICTIM, engine.settings.database, str(engine.settings.packs[0])]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_job_of_a_killed_worker_runs_again_when_its_lease_is_over(shop, work):
    clock = testing.FixedClock()
    engine = shop(clock, main=work, handlers=BLOCKS)
    case = instances.start(engine, "main", ADMIN).id
    with victim(engine) as process:
        key = process.stdout.readline().split()[-1]
        process.send_signal(signal.SIGKILL)
        assert process.wait(patience.SECONDS) == -signal.SIGKILL

    held = job_row(engine)
    assert (held.status, held.leased_by) == (model.JobStatus.LEASED, "victim")
    assert not jobs.run_until_idle(engine)
    clock.advance(seconds=21)
    assert jobs.run_until_idle(engine).jobs == 1

    assert variables(engine, case) == {"by": 2, "key": key}
    assert visited(engine, case) == 1


def test_a_worker_that_was_only_asleep_does_not_finish_the_job_a_second_time(shop, work):
    clock = testing.FixedClock()
    engine = shop(clock, main=work, handlers=BLOCKS)
    case = instances.start(engine, "main", ADMIN).id
    with victim(engine) as process:
        process.stdout.readline()
        clock.advance(seconds=21)
        assert jobs.run_until_idle(engine).jobs == 1
        process.stdin.write("x")
        process.stdin.flush()
        assert process.stdout.readline() == "went on\n"
        process.stdin.close()
        process.send_signal(signal.SIGKILL)
    assert variables(engine, case)["by"] == 2
    assert visited(engine, case) == 1
    with engine.store.read() as uow:
        assert uow.audit.verify() == []
        finished = queries.audit(uow, action="complete-job").items
    assert len(finished) == 1


SIGTERM = VICTIM.replace(
    'jobs.Worker(engine, "victim", poll=0.02).run()',
    """import signal
    worker = jobs.Worker(engine, "victim", poll=0.02)
    signal.signal(signal.SIGTERM, lambda *_: (worker.request_stop(), print("stopping", flush=True)))
    print("ended in time:", worker.run(), flush=True)""",
)


def test_sigterm_lets_the_running_job_end(shop, work):
    engine = shop(main=work, handlers=BLOCKS)
    case = instances.start(engine, "main", ADMIN).id
    command = [sys.executable, "-c", SIGTERM, engine.settings.database, str(engine.settings.packs[0])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "stopping\n"
        process.stdin.write("x")
        process.stdin.flush()
        assert process.stdout.readline() == "went on\n"
        assert process.stdout.readline() == "ended in time: True\n"
        assert process.wait(patience.SECONDS) == 0
    assert variables(engine, case)["by"] == 1


def test_run_until_idle_stops_what_never_ends(shop):
    loop = p.diagram(
        s.start(), s.gateway("exclusive", "again"), s.service("b", camunda_topic="work"), s.end(),
        s.gateway("exclusive", "more", name="再办？", default="stop"),
        s.path("start", "again", "b", "more"), s.flow("more", "again", "True", name="是"),
        s.flow("more", "end", id="stop", name="否"),
    )  # fmt: skip
    engine = shop(main=loop, handlers=idle())
    instances.start(engine, "main", ADMIN)
    with pytest.raises(errors.Conflict, match="超过 20 轮"):
        jobs.run_until_idle(engine, limit=20)


def test_a_worker_of_some_topics_leaves_the_others_alone_and_does_not_spin_on_them(shop):
    other = "@registry.handler('other')\ndef other(job):\n    return {}\n"
    diagrams = {name: p.line(s.service("b", camunda_topic=name), ids=("b",), id=name) for name in ("work", "other")}
    engine = shop(handlers=idle() + other, **diagrams)
    with jobs.Worker(engine, poll=patience.SECONDS * 10, topics=["work"]) as worker:
        instances.start(engine, "other", ADMIN)
        instances.start(engine, "work", ADMIN)
        patience.until(lambda: job_row(engine, 2).status is model.JobStatus.COMPLETED)
        assert worker.topics == {"work"}
        assert jobs.pump.next_work_due(engine, worker.topics) is None
    left = job_row(engine, 1)
    assert (left.status, left.attempt) == (model.JobStatus.READY, 0)
    assert jobs.run_until_idle(engine).jobs == 1


def test_a_topic_without_a_handler_is_no_topic_for_a_worker(shop, work):
    engine = shop(main=work, handlers=idle())
    with pytest.raises(errors.NotFound, match="work"):
        jobs.Worker(engine, topics=["wrok"])
