"""What happened is read once, in order, and nothing that is still under way is passed over."""

from __future__ import annotations

import contextlib
import datetime

import pytest

from engine import store
from engine.model import instances, steps
from engine.store import counting

NOW = datetime.datetime(2026, 3, 2, 1, 30, tzinfo=datetime.UTC)
FEED = "notices"


def act(uow: store.UnitOfWork, subject: str) -> None:
    uow.audit.append(None, "zhang", "act", subject, {}, NOW)


def note(database: store.Store, *subjects: str) -> None:
    with database.write() as uow:
        for subject in subjects:
            act(uow, subject)


def read(database: store.Store, *, at: datetime.datetime = NOW, limit: int = 100) -> list[str]:
    """Read the feed as the pump does; return the subjects that it has to tell of."""
    with database.write() as uow:
        feed = uow.feeds.lock(FEED)
        assert feed is not None
        batch = uow.feeds.read(feed, limit, at)
        uow.feeds.save(batch.feed)
        return [entry.subject for _, entry in batch.entries]


@pytest.fixture
def fresh(database: store.Store) -> store.Store:
    """A database without anything untold."""
    while read(database):
        pass
    return database


def test_every_act_is_read_once_and_in_order(fresh):
    note(fresh, "a", "b")
    note(fresh, "c")

    assert read(fresh) == ["a", "b", "c"]
    assert read(fresh) == []


def test_a_batch_is_as_long_as_was_asked_for_and_the_next_one_goes_on(fresh):
    note(fresh, "a", "b", "c")

    assert read(fresh, limit=2) == ["a", "b"]
    assert read(fresh, limit=2) == ["c"]


def test_a_batch_that_is_not_finished_is_read_again(fresh):
    note(fresh, "a")
    with contextlib.suppress(ZeroDivisionError), fresh.write() as uow:
        batch = uow.feeds.read(uow.feeds.lock(FEED), 100, NOW)
        uow.feeds.save(batch.feed)
        raise ZeroDivisionError  # the process is killed

    assert read(fresh) == ["a"]


def test_it_is_known_without_reading_whether_there_is_anything_to_tell(fresh):
    with fresh.read() as uow:
        assert not uow.feeds.pending(FEED)
        assert uow.feeds.oldest(FEED) is None
    note(fresh, "a")
    with fresh.read() as uow:
        assert uow.feeds.pending(FEED)
        assert uow.feeds.oldest(FEED) == NOW


def test_a_new_task_is_announced_once_and_by_one_reader(desk):
    task = desk.task()
    with desk.database.write() as uow:
        assert [each.id for each in uow.feeds.unannounced(10)] == [task.id]
        uow.feeds.announced([task], NOW)
    with desk.database.write() as uow:
        assert uow.feeds.unannounced(10) == []


def test_a_task_that_was_over_before_anybody_was_told_is_announced_too(desk):
    task = desk.task()
    desk.go_on(task.instance_id, closed=(steps.Closed("user_task", task.token, "completed"),))
    with desk.database.write() as uow:
        (found,) = uow.feeds.unannounced(10)
    assert found.status is instances.UserTaskStatus.COMPLETED


def test_opening_a_task_costs_no_statement_more_for_being_announced(desk):
    with counting.counted(desk.database) as count:
        desk.task()
    assert not [sql for sql in count.sql if "announced_at" in sql]
