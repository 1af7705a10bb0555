"""What is PostgreSQL's alone: bounds on what a transaction may take, and a server that goes away and comes back."""

from __future__ import annotations

import contextlib
import threading

import postgresql
import pytest

from engine import errors, store


@pytest.fixture(scope="module")
def own():
    """A server that these tests may stop."""
    with postgresql.Server(*postgresql.STOPPABLE) as started:
        made = store.Store(started.create("tables"))
        made.upgrade()
        made.dispose()
        yield started


@pytest.fixture
def url(own):
    return own.create(template=own.url("tables"))


def test_a_statement_that_takes_too_long_is_ended_with_a_sentence(url):
    database = store.Store(url, statement=0.05)
    with pytest.raises(errors.Conflict, match="等待超过了允许的时间"), database.read() as uow:
        uow.link.driver("SELECT pg_sleep(30)")
    database.dispose()


def test_who_stops_in_the_middle_of_a_transaction_lets_go_of_the_case_and_changes_nothing_later(desk, url):
    instance_id = desk.start()
    slow = store.Store(url, statement=0.2)
    with pytest.raises(errors.StoreError, match="断开"), slow.write() as uow:  # noqa: PT012 - it is the end that fails
        locked = uow.instances.lock(instance_id)
        uow.comments.add(instance_id, None, "zhang", "too late", desk.now)
        desk.go_on(instance_id)  # waits until the server has ended the transaction that nothing happens in
        uow.record(locked, desk.step(variables='{"late":1}'), desk.now, by="zhang")
    slow.dispose()

    with desk.database.read() as uow:
        assert uow.instances.get(instance_id).status == "active"
        assert uow.comments.of_instance(instance_id) == []
        assert uow.audit.verify() == []


def test_an_upgrade_takes_as_long_as_it_takes(own):
    database = store.Store(own.create(), statement=0.5)
    with database.exclusive() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(0.6)")
    database.dispose()


def test_after_a_restart_of_the_server_the_next_transaction_works_and_every_commit_is_there(desk, own):
    before = [desk.start() for _ in range(3)]
    hold, held = threading.Event(), threading.Event()
    refused = []

    def interrupted() -> None:
        try:
            with desk.database.write() as uow:
                locked = uow.instances.lock(before[0])
                held.set()
                hold.wait(30)
                uow.record(locked, desk.step(variables='{"lost":1}'), desk.now, by="zhang")
        except errors.GongkaiError as error:
            refused.append(error)

    thread = threading.Thread(target=interrupted)
    thread.start()
    assert held.wait(30)
    own.stop("immediate")
    with pytest.raises(errors.StoreError, match="不能连接|断开"):
        desk.start()
    own.start()
    hold.set()
    thread.join()

    assert [type(error) for error in refused] == [errors.StoreError]
    after = desk.start()  # the first one after the restart: no connection of before is in its way
    with desk.database.read() as uow:
        assert all(uow.instances.get(each).status == "active" for each in [*before, after])
        assert uow.audit.verify() == []


def test_of_many_connections_that_a_restart_ended_none_is_handed_out_again(desk, own):
    barrier = threading.Barrier(6)

    def look() -> None:
        with desk.database.read() as uow:
            barrier.wait(30)
            uow.audit.count()

    def all_at_once() -> None:
        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    all_at_once()
    own.stop("immediate")
    own.start()
    with contextlib.suppress(errors.StoreError):
        desk.start()  # the one that finds out
    all_at_once()
    assert desk.start()
