"""The page of statistics: everything it counts, for an office that has done little and for one that has done much."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

from bench import measure, product
from engine.actions import statistics
from engine.model import commands
from engine.store import tables

READER = commands.Actor("reader", monitor=True)
#: Tasks come on every day of these, and each is done some days later; one in fifty is still open.
_DAYS = 300


def figures(directory: pathlib.Path, *, sizes: tuple[int, ...], rounds: int) -> list[dict[str, Any]]:
    """Measure the statistics of a year with so many tasks, in microseconds; `ratio` is to the first size."""
    found: list[dict[str, Any]] = []
    for tasks in sizes:
        place = directory / f"overview-{tasks}"
        product.write_pack(place)
        opened = product.Product(place, f"sqlite:///{directory / f'overview-{tasks}.db'}")
        try:
            opened.deploy()
            _fill(opened, tasks)
            chosen = statistics.Filter(datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))

            def show(opened: product.Product = opened, chosen: statistics.Filter = chosen) -> None:
                statistics.overview(opened.engine, READER, chosen)

            cost = measure.per_call(show, 1, rounds)
        finally:
            opened.close()
        first = found[0]["us"] if found else cost
        found.append({"name": f"{tasks:,} tasks", "us": cost, "ratio": cost / first})
    return found


def _fill(opened: product.Product, tasks: int) -> None:
    """Write cases with a task each by the database itself: twenty steps, ten people in five units."""
    with opened.engine.store.read() as uow:
        definition = uow.definitions.latest("chain")
    assert definition is not None
    numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {tasks})"
    came = f"strftime('%Y-%m-%dT02:00:00.000000Z', '2026-01-01', '+' || (n % {_DAYS}) || ' days')"
    due = f"strftime('%Y-%m-%dT15:59:59.000000Z', '2026-01-01', '+' || (n % {_DAYS} + 5) || ' days')"
    done = f"strftime('%Y-%m-%dT07:00:00.000000Z', '2026-01-01', '+' || (n % {_DAYS} + n * 7 % 11) || ' days')"
    is_open = "n % 50 = 0"
    statements = [
        "INSERT INTO units (id, name) VALUES (1, '一处'), (2, '二处'), (3, '三处'), (4, '四处'), (5, '五处')",
        "INSERT INTO users (id, name, unit_id, roles, rights, active, created_at, must_change_password, language)"
        " WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 9) SELECT 'u' || n, '用户' || n,"
        " n % 5 + 1, '[]', '[]', 1, '2026-01-01T00:00:00.000000Z', 0, 'zh' FROM s",
        "INSERT INTO instances (id, definition_id, status, started_at, started_by, ended_at, audit_seq, audit_hash,"
        f" variables, tokens) {numbers} SELECT n, {definition.id}, CASE WHEN {is_open} THEN 'active' ELSE 'completed'"
        f" END, {came}, 'u' || n % 10, CASE WHEN {is_open} THEN NULL ELSE {done} END, 0, '{tables.NO_HASH}', '{{}}',"
        " '{}' FROM s",
        "INSERT INTO user_tasks (id, instance_id, token, element_id, name, status, created_at, assignee, due,"
        " candidate_users, candidate_groups, priority, sort_due, announced_at, completed_at, completed_by)"
        f" {numbers} SELECT n, n, 1, 'T' || n % 20, '审核', CASE WHEN {is_open} THEN 'open' ELSE 'completed' END,"
        f" {came}, 'u' || n % 10, {due}, '[]', '[]', 50, {due}, {came}, CASE WHEN {is_open} THEN NULL ELSE {done} END,"
        f" CASE WHEN {is_open} THEN NULL ELSE 'u' || n % 10 END FROM s",
    ]
    with opened.engine.store.write() as uow:
        for statement in statements:
            uow.link.driver(statement)
