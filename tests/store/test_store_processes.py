"""Several processes on one database, and processes that are killed."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

from engine.model import instances as model
from engine.model import steps
from engine.store import counting

RACER = Path(__file__).with_name("racer.py")
_spec = importlib.util.spec_from_file_location("racer", RACER)
assert _spec is not None
assert _spec.loader is not None
racer = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(racer)


def process(url: str, who: str, what: str, *numbers: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(RACER), url, who, what, *map(str, numbers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def race(url: str, what: str, *numbers: int) -> list[list[str]]:
    """Let two processes do the same at the same instant; return the lines each of them printed."""
    running = [process(url, who, what, *numbers) for who in ("zhang", "li")]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    printed = []
    for each in running:
        out, err = each.communicate(timeout=60)
        assert err == ""
        assert each.returncode == 0
        printed.append(out.splitlines())
    return printed


def test_of_two_processes_that_complete_one_task_at_once_one_wins_and_the_other_is_told_who_did(desk, url) -> None:
    tasks = [desk.task().id for _ in range(40)]

    zhang, li = race(url, "complete", *tasks)

    assert sorted(zip(zhang, li, strict=True)) == sorted(
        ("won", "lost to zhang") if mine == "won" else ("lost to li", "won") for mine in zhang
    )
    with desk.database.read() as uow:
        for task_id in tasks:
            task = uow.user_tasks.get(task_id)
            assert task.status is model.UserTaskStatus.COMPLETED
            assert len(uow.history.of_instance(task.instance_id)) == 1
        assert uow.audit.verify() == []


def test_of_two_workers_that_poll_at_once_each_gets_its_own_jobs(desk, url) -> None:
    desk.start(jobs=tuple(steps.JobOpened(n, "J", "topic", {}, "R3/PT5M") for n in range(1, 101)))

    zhang, li = race(url, "lease")

    assert sorted(map(int, zhang + li)) == sorted(set(map(int, zhang + li)))
    assert len(zhang) + len(li) == 100
    with desk.database.read() as uow:
        assert {uow.jobs.get(int(number)).fence for number in zhang + li} == {1}


def test_a_process_killed_before_any_statement_leaves_nothing_of_its_transaction(desk, url) -> None:
    # given a task for every statement of a completion
    task = desk.task()
    with counting.counted(desk.database) as count:
        racer.complete(desk.database, task.id, "zhang")
    tasks = [desk.task() for _ in count.sql]
    assert len(tasks) > 8
    with desk.database.read() as uow:
        entries = uow.audit.count()

    # when a process is killed before the first statement, another before the second, the last before COMMIT
    out, err = process(url, "zhang", "die", *(task.id for task in tasks)).communicate(timeout=60)
    assert err == ""
    assert out.split() == ["killed"] * len(tasks)

    # then nothing of any completion is there, and everything can be done again
    with desk.database.write() as uow:
        for task in tasks:
            after, locked = uow.user_tasks.lock(task.id)
            assert after == task
            assert locked.state.variables == "{}"
            assert uow.history.of_instance(task.instance_id) == []
            assert uow.timers.of_instance(task.instance_id) == []
            assert uow.idempotency.find(f"key-{task.id}", "zhang", "complete") is None
        assert uow.audit.count() == entries
        assert uow.audit.verify() == []
    for task in tasks:
        assert racer.complete(desk.database, task.id, "li") == "won"


def test_a_process_killed_after_the_commit_leaves_all_of_it(desk, url) -> None:
    task = desk.task()
    killed = process(url, "zhang", "complete-and-die", task.id)
    assert killed.communicate(timeout=60) == ("won\n", "")
    assert killed.returncode == -signal.SIGKILL

    with desk.database.write() as uow:
        after, locked = uow.user_tasks.lock(task.id)
        assert after.completed_by == "zhang"
        assert locked.state.variables == '{"done":true}'
        assert len(uow.history.of_instance(task.instance_id)) == 1
        assert uow.idempotency.find(f"key-{task.id}", "zhang", "complete") is not None
        assert uow.audit.verify() == []
