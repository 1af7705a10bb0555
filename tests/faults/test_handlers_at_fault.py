"""Handlers that hang, fork, or kill their workers: the job is run again, or becomes an incident; others go on."""

from __future__ import annotations

import json
import os
import signal
import threading

import faultruns
import faultstory
import packbuilder as p
import patience
import pytest
import snippets as s

from engine import bootstrap, config, jobs, registry, testing
from engine.actions import deployments, instances
from engine.actions import jobs as job_actions
from engine.jobs import runner
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)

HANDLERS = """
import os, pathlib, signal

PLACE = pathlib.Path(__file__).parents[2]


@registry.handler("poison")
def poison(job):
    os.kill(os.getpid(), signal.SIGKILL)


@registry.handler("work")
def work(job):
    return {"by": job.attempt}


@registry.handler("fork")
def fork(job):
    if os.fork() == 0:
        if job.inputs["dies"]:
            os._exit(7)
        return {"by": -1}
    os.wait()
    return {"by": job.attempt}


@registry.handler("leaves")
def leaves(job):
    if job.attempt > 1:
        return {"by": job.attempt}
    if os.fork() == 0:
        os.read(os.open(PLACE / "pipe", os.O_RDONLY), 1)  # until somebody opens the other end, and closes it
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def line(topic: str, **inputs: str) -> bytes:
    given = "".join(
        f'<camunda:inputParameter name="{name}">{text}</camunda:inputParameter>' for name, text in inputs.items()
    )
    block = s.extensions(f"<camunda:inputOutput>{given}</camunda:inputOutput>") if inputs else ""
    return p.line(s.service("b", block, camunda_topic=topic), s.user("c"), ids=("b", "c"), id=topic)


@pytest.fixture
def clock():
    return testing.FixedClock()


@pytest.fixture
def office(url, tmp_path, clock):
    diagrams = {
        "poison": line("poison"),
        "work": line("work"),
        "fork": line("fork", dies="${dies}"),
        "leaves": line("leaves"),
    }
    packs = p.write(tmp_path / "packs", diagrams, handlers=HANDLERS)
    settings = config.Settings(
        database=url,
        packs=(packs,),
        files=str(tmp_path / "files"),
        queue="rows",
        heartbeat_seconds=0.02,
        lease_seconds=20,
        handler_seconds=0.1,
    )
    with bootstrap.open_engine(settings, clock, shipped_packs=False) as engine:
        deployments.deploy(engine, "demo", ADMIN)
        yield engine


def row(engine, number=1):
    with engine.store.read() as uow:
        return uow.jobs.get(number)


def at(engine, case):
    """Return the elements of the open tasks of a case, and the messages of its open incidents."""
    with engine.store.read() as uow:
        tasks = [task.element_id for task in uow.user_tasks.of_instance(case)]
        return tasks, [found.message for found in uow.incidents.of_instance(case) if found.resolved_at is None]


def work_elsewhere(players, engine, clock, directory):
    """Be a worker in a process of its own until nothing is left to do; return how it ended."""
    directory.mkdir(exist_ok=True)
    (directory / "clock").write_text(clock.now().isoformat(), encoding="utf-8")
    packs = str(engine.settings.packs[0])
    return players.play(faultstory.Task(engine.settings.database, packs, str(directory), 0, 0, work=True))


def test_a_job_that_kills_every_worker_becomes_an_incident_and_all_others_go_on(office, clock, players, tmp_path):
    poisoned = instances.start(office, "poison", ADMIN).id
    others = [instances.start(office, "work", ADMIN).id for _ in range(3)]

    for _ in range(job_actions.MAX_CRASHES):
        assert work_elsewhere(players, office, clock, tmp_path / "elsewhere") == -signal.SIGKILL
        clock.advance(seconds=21)
    assert work_elsewhere(players, office, clock, tmp_path / "elsewhere") == 0

    (told,) = at(office, poisoned)[1]
    assert f"已有 {job_actions.MAX_CRASHES} 次执行没有回音（工作进程中断或超时）" in told
    assert [at(office, case) for case in others] == [(["c"], [])] * 3


def test_a_handler_that_hangs_keeps_its_job_for_a_bounded_time_and_ends_as_an_incident(office, clock):
    hanging, let_go, runs = threading.Event(), threading.Event(), []

    @registry.handler("poison")
    def hang(job):
        runs.append(job.attempt)
        hanging.set()
        assert let_go.wait(patience.SECONDS)

    office.handlers = registry.Registry([*registry.of(hang), office.handlers.get("work")])
    case = instances.start(office, "poison", ADMIN).id
    with jobs.Worker(office, concurrency=1, poll=0.02) as worker:
        assert hanging.wait(patience.SECONDS)

        # when it has hung for as long as it may, then its place is free for others
        patience.until(lambda: not worker.running)
        other = instances.start(office, "work", ADMIN).id
        patience.until(lambda: at(office, other)[0] == ["c"])

        # and when its lease has run out, it runs again, until that is enough
        for attempt in range(2, job_actions.MAX_CRASHES + 1):
            clock.advance(seconds=21)
            patience.until(lambda: len(runs) == attempt)  # noqa: B023
            patience.until(lambda: not worker.running)
        clock.advance(seconds=21)
        patience.until(lambda: at(office, case)[1])
        assert "超时" in at(office, case)[1][0]

        # and what the threads that hung still say is not heard
        let_go.set()
    assert runs == [1, 2, 3]
    assert at(office, case)[0] == []


def test_a_slow_handler_that_beats_by_itself_keeps_its_job_as_long_as_it_likes(office, clock):
    entered, go_on = threading.Event(), threading.Event()

    @registry.handler("work")
    def slow(job):
        entered.set()
        while not go_on.wait(0.01):
            job.heartbeat()
        return {"by": job.attempt}

    office.handlers = registry.Registry(registry.of(slow))
    case = instances.start(office, "work", ADMIN).id
    with jobs.Worker(office, poll=0.02) as worker:
        assert entered.wait(patience.SECONDS)
        patience.until(lambda: not worker.running)  # nobody else renews its lease
        for _ in range(3):
            clock.advance(seconds=15)
            patience.until(lambda: row(office).lease_until == clock.now() + office.settings.lease)
        go_on.set()
        patience.until(lambda: at(office, case)[0] == ["c"])
    assert row(office).attempt == 1


@pytest.mark.parametrize("dies", [True, False], ids=["dies", "goes-on"])
def test_a_child_that_a_handler_forks_never_speaks_for_its_parent(office, dies):
    case = instances.start(office, "fork", ADMIN, variables={"dies": dies}).id
    (job,) = job_actions.lease(office, "parent")

    assert runner.run(office, job) is runner.Outcome.COMPLETED

    assert at(office, case) == (["c"], [])
    with office.store.read() as uow:
        assert json.loads(uow.instances.state(case).variables)["by"] == 1
        assert uow.audit.verify() == []


def test_a_worker_that_dies_and_leaves_a_child_behind_is_followed_by_another_one(office, clock, players, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    case = instances.start(office, "leaves", ADMIN).id

    assert work_elsewhere(players, office, clock, tmp_path / "elsewhere") == -signal.SIGKILL
    clock.advance(seconds=21)
    try:
        assert work_elsewhere(players, office, clock, tmp_path / "elsewhere") == 0
        assert at(office, case) == (["c"], [])
        assert row(office).attempt == 2
    finally:
        os.close(os.open(tmp_path / "pipe", os.O_WRONLY))  # the child that was left behind may end
    with faultruns.connected(office.settings.database) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM jobs").scalar() == 1
