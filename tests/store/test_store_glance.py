"""A glance reads without a transaction, and leaves nothing behind on the connection that it used."""

from __future__ import annotations

import pytest

from engine import store
from engine.store import counting


def test_a_glance_sends_its_statements_and_nothing_else(database: store.Store) -> None:
    with counting.counted(database) as count, database.glance() as uow:
        assert uow.users.find("zhang") is None
        assert uow.users.any() is False
    assert count.statements == 2
    assert len(count.sql) == (3 if database.dialect == "sqlite" else 2), "SQLite begins, which costs nothing"


def test_a_glance_that_has_not_fetched_all_rows_does_not_hold_up_who_cleans_the_log(database: store.Store) -> None:
    with database.glance() as uow:
        uow.link.driver("SELECT 1 UNION ALL SELECT 2")
        kept = uow.link  # with its cursor, as an exception's traceback would keep it
    assert database.scrub()
    assert kept.dialect_name == database.dialect


def test_the_connection_of_a_glance_is_one_of_transactions_again(desk) -> None:
    with desk.database.glance() as uow:
        uow.users.any()
    task = desk.task()

    def fail() -> None:
        with desk.database.write() as uow:
            uow.user_tasks.lock(task.id)
            uow.user_tasks.change(task, assignee="zhang")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with desk.database.read() as uow:
        assert uow.user_tasks.get(task.id).assignee is None


def test_a_glance_counts_as_a_unit_of_work_that_no_other_is_opened_in(database: store.Store) -> None:
    with database.glance(), pytest.raises(RuntimeError, match="do not nest"):
        database.read().__enter__()


def test_nothing_is_written_in_a_glance(database: store.Store) -> None:
    with pytest.raises(RuntimeError, match="cannot write"), database.glance() as uow:
        uow.sessions.end("nobody's")
