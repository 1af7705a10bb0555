"""Acts that end in another order than they were numbered, as on PostgreSQL: two real connections, none passed over.

SQLite's writers take turns; there is nothing to wait for.
"""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections.abc import Iterator

import postgresql
import pytest

from engine import store
from engine.store import feeds

NOW = datetime.datetime(2026, 3, 2, 1, 30, tzinfo=datetime.UTC)
FEED = "notices"


@contextlib.contextmanager
def under_way(database: store.Store, subject: str, *, keep: bool) -> Iterator[None]:
    """Hold an act open in a connection of its own, numbered but not ended; it ends, or is undone, after the block."""
    numbered, end = threading.Event(), threading.Event()

    def hold() -> None:
        with contextlib.suppress(ZeroDivisionError), database.write() as uow:
            locked = uow.instances.create(1, business_key=None, started_at=NOW, started_by="zhang")
            uow.audit._system.clear()  # acts on different cases do not wait for one another
            uow.audit.append(locked, "zhang", "act", subject, {}, NOW)
            uow.flush()
            numbered.set()
            end.wait(30)
            if not keep:
                raise ZeroDivisionError

    thread = threading.Thread(target=hold)
    thread.start()
    assert numbered.wait(30)
    try:
        yield
    finally:
        end.set()
        thread.join()


def note(database: store.Store, subject: str) -> None:
    with database.write() as uow:
        uow.audit.append(None, "zhang", "act", subject, {}, NOW)


def read(database: store.Store, *, at: datetime.datetime = NOW) -> list[str]:
    """Read the feed as the pump does; return the subjects that it has to tell of."""
    with database.write() as uow:
        feed = uow.feeds.lock(FEED)
        assert feed is not None
        batch = uow.feeds.read(feed, 100, at)
        uow.feeds.save(batch.feed)
        return [entry.subject for _, entry in batch.entries]


@pytest.fixture(scope="module")
def own():
    """A server for these tests alone: a number is waited for as long as any transaction of the server is open."""
    with postgresql.Server() as started:
        made = store.Store(started.create("tables"))
        made.upgrade()
        made.dispose()
        yield started


@pytest.fixture
def url(own):
    return own.create(template=own.url("tables"))


@pytest.fixture
def numbered(desk):
    """A database with a definition, and nothing untold."""
    while read(desk.database):
        pass
    return desk.database


def test_an_act_that_ends_late_is_waited_for_and_read_before_later_ones(numbered):
    with under_way(numbered, "early", keep=True):
        note(numbered, "later")
        assert read(numbered) == []
        assert read(numbered) == []  # the number that is missing may still come
    assert read(numbered) == ["early", "later"]


def test_an_act_that_was_undone_is_not_waited_for(numbered):
    with under_way(numbered, "undone", keep=False):
        note(numbered, "later")
        assert read(numbered) == []
    assert read(numbered) == ["later"]


def test_what_came_before_a_missing_act_is_read_without_waiting(numbered):
    note(numbered, "first")
    with under_way(numbered, "second", keep=True):
        note(numbered, "third")
        assert read(numbered) == ["first"]
    assert read(numbered) == ["second", "third"]


def test_an_act_that_hangs_keeps_others_from_being_told_of_for_a_minute_only(numbered):
    with under_way(numbered, "hanging", keep=True):
        note(numbered, "later")
        assert read(numbered) == []
        assert read(numbered, at=NOW + feeds.PATIENCE - datetime.timedelta(seconds=1)) == []
        assert read(numbered, at=NOW + feeds.PATIENCE) == ["later"]


def test_each_of_two_missing_acts_is_waited_for(numbered):
    with under_way(numbered, "first", keep=True):
        with under_way(numbered, "undone", keep=False):
            note(numbered, "third")
            assert read(numbered) == []
        assert read(numbered) == []  # one of the two has ended, the other may still come
    assert [*read(numbered), *read(numbered)] == ["first", "third"]


def test_only_one_reads_at_a_time(numbered):
    with numbered.write() as uow:
        assert uow.feeds.lock(FEED) is not None
        found: list[object] = []

        def other() -> None:
            with numbered.write() as second:
                found.append(second.feeds.lock(FEED))

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
    assert found == [None]


def test_a_task_that_somebody_acts_on_just_now_is_announced_the_next_time(desk):
    task = desk.task()
    with desk.database.write() as uow:
        locked, _ = uow.user_tasks.lock(task.id)
        found: list[object] = []

        def other() -> None:
            with desk.database.write() as second:
                found.append([each.id for each in second.feeds.unannounced(10)])

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
        assert locked.id == task.id
    assert found == [[]]
    with desk.database.write() as uow:
        assert [each.id for each in uow.feeds.unannounced(10)] == [task.id]
