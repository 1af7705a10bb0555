"""What an action costs the database: few statements, one commit, whatever has happened before."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
import sqlalchemy as sa

import engine.store
from engine import store
from engine.model import instances as model
from engine.model import steps
from engine.store import counting, tables


def complete(uow: store.UnitOfWork, desk, user_task_id: int, key: str) -> int:
    """Complete a task as the action does: next task with candidates, history, audit, idempotency; return its id."""
    task, locked = uow.user_tasks.lock(user_task_id)
    assert uow.idempotency.find(key, "li", "complete") is None
    uow.audit.append(locked, "li", "complete", f"user_task/{task.id}", {"意见": "同意"}, desk.now)
    token = task.token + 1
    step = desk.step(
        variables='{"x":1}',
        tokens=f'{{"t":{token}}}',
        closed=(steps.Closed("user_task", task.token, "completed"),),
        user_tasks=(steps.UserTaskOpened(token, "T", "审核", candidate_users=("wang",), candidate_groups=("head",)),),
        visits=(
            steps.Visit(task.token, "T", "userTask", "审核", None, desk.now, "completed", True),
            steps.Visit(token, "T", "userTask", "审核", desk.now, None, None, False),
        ),
    )
    recorded = uow.record(locked, step, desk.now, by="li")
    uow.idempotency.keep(key, "li", "complete", {"next": recorded.user_tasks[token]}, desk.now)
    return recorded.user_tasks[token]


@pytest.mark.parametrize(("claimed", "statements"), [(True, 9), (False, 10)])
def test_a_completion_takes_at_most_ten_statements_and_one_commit(desk, claimed: bool, statements: int) -> None:
    task = desk.task(candidate_groups=("head",), assignee="li" if claimed else None)

    with counting.counted(desk.database) as count, desk.database.write() as uow:
        complete(uow, desk, task.id, "k")

    assert (count.statements, count.commits) == (statements, 1), "\n".join(count.sql)


def test_a_completion_costs_the_same_after_many_others(desk) -> None:
    task_id = desk.task(candidate_groups=("head",)).id
    counts = []
    for n in range(30):
        with counting.counted(desk.database) as count, desk.database.write() as uow:
            task_id = complete(uow, desk, task_id, f"k{n}")
        counts.append((count.statements, count.commits))
    assert set(counts) == {(10, 1)}


def test_a_thousand_tasks_are_opened_and_closed_by_a_few_statements(desk) -> None:
    tokens = range(1, 1001)
    with counting.counted(desk.database) as count:
        instance_id = desk.start(
            user_tasks=tuple(steps.UserTaskOpened(n, "T", "表决", candidate_groups=("member",)) for n in tokens),
            timers=tuple(steps.TimerOpened(n + 2000, "Timer", desk.now) for n in tokens),
            jobs=tuple(steps.JobOpened(n + 4000, "J", "topic", {}, "R3/PT5M") for n in tokens),
            visits=tuple(steps.Visit(n, "T", "userTask", "表决", desk.now, None, None, False) for n in tokens),
        )
        opening = count.statements
        desk.go_on(
            instance_id,
            status=model.InstanceStatus.COMPLETED,
            closed=(
                *(steps.Closed("user_task", n, "cancelled") for n in tokens),
                *(steps.Closed("timer", n + 2000, "cancelled") for n in tokens),
                *(steps.Closed("job", n + 4000, "cancelled") for n in tokens),
            ),
        )
    assert opening <= 12
    assert count.statements - opening <= 8
    assert count.commits == 2
    with desk.database.read() as uow:
        found = uow.user_tasks.of_instance(instance_id)
        assert len(found) == 1000
        assert {task.status for task in found} == {model.UserTaskStatus.CANCELLED}
        assert uow.timers.next_due() is uow.jobs.next_due() is None


def test_only_kinds_that_occur_cost_a_statement(desk) -> None:
    instance_id = desk.start()
    with counting.counted(desk.database) as count, desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        uow.record(locked, desk.step(), desk.now, by="li")
    assert [sql.split()[0] for sql in count.sql] == [
        *(["BEGIN"] if desk.database.dialect == "sqlite" else []),
        "SELECT",
        "UPDATE",
        "COMMIT",
    ]


def test_statements_of_the_read_side_are_counted_too(desk) -> None:
    from engine.store import queries

    with counting.counted(desk.database) as count, desk.database.read() as uow:
        queries.open_user_tasks(uow)
    assert (count.statements, count.commits) == (1, 0)
    with desk.database.read() as uow:
        queries.open_user_tasks(uow)
    assert count.statements == 1


def test_no_statement_reads_a_table_from_end_to_end(tmp_path: Path) -> None:
    # Not sent as they are, but the beginning of others; or asked for in order to read everything.
    exempt = {
        ("audit", "_COUNT"),
        ("calendar_changes", "_ALL"),
        ("calendar_changes", "_LOCK_DAY"),  # some in a year
        ("deployments", "_WITH_CONTENT"),
        ("people", "_ADMINS"),
        ("people", "_ALL"),
        ("people", "_LOCK_UNITS"),
        ("people", "_REMOVE_UNIT"),
        ("people", "_UNITS"),
        ("proof", "_BODIES"),
        ("proof", "_ENTRIES"),
        ("proof", "_SHOWN_IDS"),
        ("proof", "_WHOLE"),
        ("proof_trail", "_NOTED"),
        ("schema", "_CELL"),  # a table of one row
        ("schema", "_OLDEST"),
        ("sealing", "DOCUMENTS"),
        ("sealing", "NOTES"),
        ("sealing", "PUBLICATIONS"),
        ("sealing", "RECEIPTS"),
        ("standing_in", "_ALL"),
        ("standing_in", "_OF_USER"),
        ("standing_in", "_TOKENS"),
        ("subscriptions", "_NAMED"),
        ("verification", "_HEADS"),
        ("webhooks", "_ACTIVE"),
        ("webhooks", "_ALL"),
    }
    database = store.Store(f"sqlite:///{tmp_path / 'store.db'}")
    database.upgrade()
    searched, scans, met = 0, [], set()
    with database.write() as uow:
        for module in (f"engine.store.{each.name}" for each in pkgutil.iter_modules(engine.store.__path__)):
            for name, statement in vars(importlib.import_module(module)).items():
                if not isinstance(statement, sa.Select | sa.Update | sa.Delete):
                    continue
                if (module.rpartition(".")[2], name) in exempt:
                    met.add((module.rpartition(".")[2], name))
                    continue
                prepared = uow.link._library.prepared(statement)
                plan = uow.link._cursor.execute(
                    f"EXPLAIN QUERY PLAN {prepared.sql}", [None] * prepared.sql.count("?")
                ).fetchall()
                searched += 1
                scans += [
                    (module, name, row[3])
                    for row in plan
                    if row[3].startswith("SCAN ")
                    and row[3].split()[1] in tables.metadata.tables
                    and "USING" not in row[3]
                ]
    database.dispose()
    assert searched > 50
    assert met == exempt
    assert scans == [], "\n".join(map(str, scans))
