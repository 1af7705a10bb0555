"""A process of its own that works at a database: started by test_store_processes."""

from __future__ import annotations

import datetime
import os
import signal
import sys

from engine import errors, store
from engine.model import instances, steps
from engine.store import counting

NOW = datetime.datetime(2026, 3, 2, 1, 30, tzinfo=datetime.UTC)


def complete(database: store.Store, user_task_id: int, who: str) -> str:
    """Complete a user task: end its case, note it. Return who completed it."""
    with database.write() as uow:
        task, locked = uow.user_tasks.lock(user_task_id)
        if task.status is not instances.UserTaskStatus.OPEN:
            return f"lost to {task.completed_by}"
        uow.audit.append(locked, who, "complete", f"user_task/{task.id}", {}, NOW)
        step = steps.Step(
            instances.InstanceState('{"done":true}', "{}"),
            instances.InstanceStatus.COMPLETED,
            closed=(steps.Closed("user_task", task.token, "completed"),),
            jobs=(steps.JobOpened(50, "J", "archive", {}, "R3/PT5M"),),
            timers=(steps.TimerOpened(51, "C", NOW),),
            visits=(steps.Visit(task.token, "T", "userTask", task.name, NOW, NOW, "completed", False),),
        )
        uow.record(locked, step, NOW, by=who)
        uow.idempotency.keep(f"key-{user_task_id}", who, "complete", {"user_task": user_task_id}, NOW)
        return "won"


def lease(database: store.Store, who: str) -> list[int]:
    """Lease jobs until there are none; return their ids."""
    found: list[int] = []
    while True:
        with database.write() as uow:
            jobs = uow.jobs.lease(who, NOW, 1, 60)
        if not jobs:
            return found
        found += [job.id for job in jobs]


def die_at(database: store.Store, user_task_id: int, statement: int) -> None:
    """Complete a user task, but be killed when its n-th statement (BEGIN is 1) is about to be sent."""
    count = counting.Count()

    def send(sql: str) -> None:
        count.sql.append(sql)
        if len(count.sql) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    with database.observed(send):
        complete(database, user_task_id, "zhang")


def be_killed(url: str, user_task_id: int, statement: int) -> bool:
    """Run `die_at` in a process of its own; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        database = store.Store(url)
        die_at(database, user_task_id, statement)
        database.dispose()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
    return status != 0


def main() -> None:
    """Do what the arguments say, once the other side says go, and print what came of it."""
    url, who, what, *numbers = sys.argv[1:]
    if what == "die":
        for statement, user_task_id in enumerate(map(int, numbers), 1):
            print("killed" if be_killed(url, user_task_id, statement) else "lived")
        return
    database = store.Store(url)
    if what == "complete-and-die":
        print(complete(database, int(numbers[0]), who), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    with database.read() as uow:
        uow.audit.count()  # the connection is there
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        if what == "complete":
            done: list[object] = [complete(database, int(number), who) for number in numbers]
        else:
            done = [*lease(database, who)]
    except errors.GongkaiError as error:
        done = ["error", error.message]
    for each in done:
        print(each)
    database.dispose()


if __name__ == "__main__":
    main()
