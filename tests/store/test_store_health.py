"""What is open is counted no further than people need it, and costs no more however much is open."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from engine.model import steps
from engine.store import queries_health, queries_statistics, tables


def opened(token, *, users=(), groups=()):
    return steps.UserTaskOpened(token, "T", "审核", candidate_users=users, candidate_groups=groups)


def test_those_to_whom_tasks_are_offered_are_named_once(desk) -> None:
    with desk.database.read() as uow:
        assert queries_health.candidates(uow) == []
    desk.start(user_tasks=(opened(1, groups=("head", "clerk")), opened(2, users=("wang",), groups=("clerk",))))
    desk.start(user_tasks=(opened(1, groups=("clerk",)), opened(2, users=("li", "wang"))))
    with desk.database.read() as uow:
        found = queries_health.candidates(uow)
    assert sorted(found) == [("group", "clerk"), ("group", "head"), ("user", "li"), ("user", "wang")]


def test_finding_them_goes_from_name_to_name_along_the_index(desk) -> None:
    if desk.database.dialect == "sqlite":
        with desk.database.read() as uow:
            query = sa.union_all(queries_health._names("user"), queries_health._names("group"))
            sql = query.compile(dialect=uow.link.connection.dialect, compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in uow.link.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
        reads = [line for line in plan if "candidates" in line]
        assert len(reads) == 4
        assert all(line.startswith("SEARCH") and "ix_candidates_name" in line for line in reads), plan


def test_statistics_count_cases_without_reading_their_rows(desk) -> None:
    if desk.database.dialect == "sqlite":
        sent: list[str] = []
        year = datetime.timedelta(days=365)
        chosen = queries_statistics.Selection(desk.now - year, desk.now + year)
        with desk.database.read() as uow:
            connection = uow.link.connection
            sa.event.listen(connection, "before_cursor_execute", lambda *given: sent.append((given[2], given[3])))
            queries_statistics.cases(uow, chosen)
            queries_statistics.years(uow)
            for sql, values in list(sent):
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
                reads = [line for line in plan if "instances" in line]
                assert reads, plan
                assert all(line.startswith("SEARCH") for line in reads), plan
                assert all("COVERING INDEX ix_instances_started" in line for line in reads), plan


def test_counts_stop_one_behind_the_most(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        desk.start(user_tasks=(opened(1, groups=("head",)), opened(2, groups=("head",))))
    with desk.database.read() as uow:
        every = queries_health.load(uow, desk.now)
        monkeypatch.setattr(queries_health, "MOST", 5)
        bounded = queries_health.load(uow, desk.now)
        assert (every.open_instances, every.open_user_tasks) == (4, 8)
        assert bounded == dataclasses.replace(every, open_user_tasks=6)
        assert (queries_health.told(5), queries_health.told(6)) == ("5", "5+")
        rows = uow.link.select(sa.select(sa.func.count()).select_from(tables.user_tasks))
    assert rows == [(8,)]
