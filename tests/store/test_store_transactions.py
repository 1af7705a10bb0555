"""Units of work: all or nothing, one writer at a time, one state for a reader."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engine import errors, store
from engine.model import instances


def test_an_exception_undoes_everything(desk) -> None:
    def start_and_fail() -> None:
        with desk.database.write() as uow:
            locked = uow.instances.create(desk.definition_id, business_key="b", started_at=desk.now, started_by="zhang")
            uow.audit.append(locked, "zhang", "start", "instance", {}, desk.now)
            uow.flush()
            started.append(locked.id)
            raise ZeroDivisionError

    started: list[int] = []
    with pytest.raises(ZeroDivisionError):
        start_and_fail()

    with desk.database.read() as uow:
        with pytest.raises(errors.NotFound):
            uow.instances.get(started[0])
        assert uow.audit.count() == 0


def test_what_is_written_is_seen_by_the_next_one_only_after_the_commit(desk) -> None:
    seen: list[int] = []

    def look() -> None:
        with desk.database.read() as uow:
            seen.append(uow.audit.count())

    with desk.database.write() as uow:
        uow.audit.append(None, "admin", "a", "b", {}, desk.now)
        uow.flush()
        reader = threading.Thread(target=look)
        reader.start()
        reader.join()
    look()

    assert seen == [0, 1]


def test_a_reader_sees_one_state_throughout(desk) -> None:
    with desk.database.read() as uow:
        before = uow.audit.count()
        writer = threading.Thread(target=desk.start)
        writer.start()
        writer.join()
        assert uow.audit.count() == before
    with desk.database.read() as uow:
        assert uow.audit.count() == before + 2


def test_a_reader_cannot_write(desk) -> None:
    with desk.database.read() as uow, pytest.raises(RuntimeError, match="cannot write"):
        uow.comments.add(1, None, "zhang", "text", desk.now)


def test_units_of_work_of_one_thread_do_not_nest(database: store.Store) -> None:
    with database.write():
        with pytest.raises(RuntimeError, match="nest"), database.write():
            pass
        with pytest.raises(RuntimeError, match="nest"), database.read():
            pass
    with database.write() as uow:
        assert uow.audit.count() == 0


def test_threads_take_turns_at_one_case_and_none_is_lost(desk) -> None:
    instance_id = desk.start(variables="0")

    def count_up() -> None:
        for _ in range(20):
            with desk.database.write() as uow:
                locked = uow.instances.lock(instance_id)
                step = desk.step(variables=str(int(locked.state.variables) + 1))
                uow.audit.append(locked, "zhang", "count", "instance", {}, desk.now)
                uow.record(locked, step, desk.now, by="zhang")

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with desk.database.write() as uow:
        assert uow.instances.lock(instance_id).state.variables == "80"
        assert uow.audit.verify() == []


def test_waiting_too_long_for_a_case_is_refused_with_a_sentence(desk, url: str) -> None:
    instance_id = desk.start()
    impatient = store.Store(url, wait=0.05)
    said: list[str] = []

    def try_it() -> None:
        with pytest.raises(errors.Conflict) as refusal, impatient.write() as uow:
            uow.instances.lock(instance_id)
        said.append(refusal.value.message)

    with desk.database.write() as uow:
        uow.instances.lock(instance_id)
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    impatient.dispose()

    assert said == ["数据库正忙，等待超过了允许的时间，操作未执行，请稍后再试。"]


def test_threads_of_one_store_that_wait_too_long_are_refused_with_a_sentence(tmp_path: Path) -> None:
    database = store.Store(f"sqlite:///{tmp_path / 'store.db'}", wait=0.05)
    refused: list[errors.GongkaiError] = []

    def try_it() -> None:
        with pytest.raises(errors.Conflict) as refusal, database.write():
            pass
        refused.append(refusal.value)

    with database.write():
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    database.dispose()

    assert len(refused) == 1


def test_locking_twice_gives_the_same_case_with_its_newest_state(desk) -> None:
    task = desk.task()
    with desk.database.write() as uow:
        locked = uow.instances.lock(task.instance_id)
        uow.record(locked, desk.step(variables='{"n":1}'), desk.now, by="zhang")
        again = uow.instances.lock(task.instance_id)
        _, through_task = uow.user_tasks.lock(task.id)

        assert again is locked is through_task
        assert again.state.variables == '{"n":1}'


def test_a_case_that_was_not_locked_properly_cannot_be_recorded(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        stale = uow.instances.lock(instance_id)
    desk.go_on(instance_id)

    with pytest.raises(errors.Conflict, match="已被其他操作改变"), desk.database.write() as uow:
        uow.record(stale, desk.step(), desk.now, by="zhang")


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    database = store.Store(f"sqlite:///{tmp_path / 'store.db'}")
    for open_ in (database.write, database.read):
        with open_() as uow:
            pragmas = {}
            for name in ("journal_mode", "synchronous", "foreign_keys"):
                uow.link.driver(f"PRAGMA {name}")
                pragmas[name] = uow.link._cursor.fetchone()[0]
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.dispose()


def test_a_database_in_memory_serves_several_threads() -> None:
    database = store.Store("sqlite://")
    database.upgrade()
    counts: list[int] = []

    def look() -> None:
        with database.read() as uow:
            counts.append(uow.audit.count())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.dispose()

    assert counts == [0, 0, 0, 0]


def test_rows_must_belong_to_a_case_that_exists(desk) -> None:
    with pytest.raises(errors.Conflict, match="冲突"), desk.database.write() as uow:
        uow.comments.add(4711, None, "zhang", "text", desk.now)


def test_the_dialect_is_told(database: store.Store, url: str) -> None:
    assert database.dialect == url.split(":")[0].split("+")[0]


def test_a_suspended_case_stays_suspended_when_a_variable_is_set(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        uow.instances.set_status(locked, instances.InstanceStatus.SUSPENDED, at=desk.now, reason="补正材料")
    desk.go_on(instance_id, variables='{"n":2}')

    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        assert locked.instance.status is instances.InstanceStatus.SUSPENDED
        assert locked.instance.ended_at is None
        assert locked.state.variables == '{"n":2}'


def test_a_connection_in_use_while_all_others_are_closed_is_closed_when_it_comes_back(database):
    with database.read() as uow:
        first = uow.link.driver_connection
        database.dispose()
    assert is_closed(first)
    with database.read() as uow:
        assert uow.link.driver_connection is not first


def test_a_thread_that_nobody_waited_for_is_refused_when_the_store_is_closed(url):
    database = store.Store(url)
    held, closed = threading.Event(), threading.Event()
    found: list[object] = []

    def late() -> None:
        with database.read() as uow:
            found.append(uow.link.driver_connection)
            held.set()
            closed.wait(30)
        try:
            database.write().__enter__()
        except errors.StoreError as error:
            found.append(error.message)

    thread = threading.Thread(target=late)
    thread.start()
    assert held.wait(30)
    database.close()
    closed.set()
    thread.join()
    assert is_closed(found[0])
    assert found[1:] == ["系统正在停止，操作未执行，请稍后再试。"]


def is_closed(connection: Any) -> bool:
    try:
        connection.cursor().execute("SELECT 1")
    except (psycopg.OperationalError, sqlite3.ProgrammingError):
        return True
    return False
