"""The workers of a story, one piece of work at a time: they look at the rows, or read the queue of procrastinate.

What a worker does in threads happens here in turn, so that a seed decides it: the functions are those of the platform,
and of the library.
"""

from __future__ import annotations

import datetime
import functools
import random
from collections.abc import Callable
from typing import Any, Protocol

import faultpoints
import psycopg
import sqlalchemy as sa
from procrastinate import exceptions
from sqlalchemy import exc

from engine import bootstrap, errors
from engine.actions import batch_work, timers
from engine.actions import jobs as job_actions
from engine.jobs import distributed, pump, runner
from engine.store import carrying

Act = Callable[[], None]
#: How likely it is, at each act, that the queue loses an entry, and that it has one twice.
LOSE, DOUBLE = 0.03, 0.03
#: How likely it is that people act between the moment that an entry is fetched and the one that its job is taken.
MEANWHILE = 0.2


class Workers(Protocol):
    """What works in the background of a story."""

    def acts(self, now: datetime.datetime) -> list[Act]:
        """Return what can be done now."""
        ...

    def next_due(self) -> datetime.datetime | None:
        """Return when time brings something to do that is not due yet."""
        ...


class Rows:
    """Look at the rows, with up to three jobs in their hands."""

    def __init__(self, engine: bootstrap.Engine, chance: random.Random) -> None:
        self._engine = engine
        self._chance = chance

    def acts(self, now: datetime.datetime) -> list[Act]:
        found = _of_batches(self._engine, now)
        due = pump.next_work_due(self._engine)
        return [*found, self._work] if due is not None and due <= now else found

    def next_due(self) -> datetime.datetime | None:
        return _earliest(pump.next_work_due(self._engine), batch_work.next_due(self._engine))

    def _work(self) -> None:
        timers.fire_due(self._engine, limit=self._chance.choice((1, 100)))
        for job in job_actions.lease(self._engine, "player", limit=self._chance.choice((1, 3))):
            runner.run(self._engine, job)


class Queue:
    """Do what is due, and read the queue; which sometimes loses an entry, and sometimes has one twice.

    Args:
        engine: The engine.
        chance: What decides.
        meanwhile: What people do between the moment that a job is taken out of the queue and the one that it is run.
        move: Puts the clock forward to a moment: what somebody has is left to them until then.
    """

    def __init__(
        self,
        engine: bootstrap.Engine,
        chance: random.Random,
        meanwhile: Act,
        move: Callable[[datetime.datetime], None],
    ) -> None:
        self._engine = engine
        self._chance = chance
        self._meanwhile = meanwhile
        self._move = move

    def acts(self, now: datetime.datetime) -> list[Act]:
        found = _of_batches(self._engine, now)
        due = pump.next_work_due(self._engine)
        if due is not None and due <= now:
            found.append(self._look)
        entries = self._entries()
        if entries:
            found.append(self._receive)
        if entries and self._chance.random() < LOSE:
            found.append(functools.partial(self._lose, entries[0][0]))
        if entries and self._chance.random() < DOUBLE:
            found.append(functools.partial(self._double, *entries[0][1:]))
        return found

    def next_due(self) -> datetime.datetime | None:
        return _earliest(pump.next_work_due(self._engine), batch_work.next_due(self._engine))

    def _look(self) -> None:
        fired = timers.fire_share(self._engine, distributed.PATIENCE, limit=self._chance.choice((1, 50)))
        carried = job_actions.carry(self._engine, self._engine.handlers.topics)
        if not fired and not carried and not self._entries():
            # A timer is due that somebody has who is dead: it is fired when they have had their time.
            self._move(self._engine.clock.now() + distributed.PATIENCE)

    def _receive(self) -> None:
        faultpoints.reach("entry")
        limit = self._chance.choice((1, 3))
        taken, _ = job_actions.receive(self._engine, "player", self._engine.handlers.topics, limit)
        faultpoints.reach("entry")
        for job in taken:
            if self._chance.random() < MEANWHILE:
                self._meanwhile()
            runner.run(self._engine, job)

    def _entries(self) -> list[Any]:
        with self._engine.store.read() as uow:
            sql = "SELECT id, queue_name, (args->>'id')::bigint FROM procrastinate_jobs ORDER BY id"
            return list(uow.link.connection.execute(sa.text(sql)).all())

    def _lose(self, entry: int) -> None:
        with self._engine.store.write() as uow:
            uow.link.connection.execute(sa.text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": entry})

    def _double(self, topic: str, job: int) -> None:
        assert self._engine.queue is not None
        with self._engine.store.write() as uow:
            self._engine.queue.put(uow, [carrying.Load(job, topic)])


def is_away(error: BaseException) -> bool:
    """Tell whether an error is what a database that is away leads to, here or in the library."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_away(each) for each in error.exceptions)
    if isinstance(error, exc.DBAPIError):  # of a statement that a story sends by itself
        return error.connection_invalidated
    away = (errors.StoreError, exceptions.ConnectorException, psycopg.OperationalError)
    return isinstance(error, away)


def _of_batches(engine: bootstrap.Engine, now: datetime.datetime) -> list[Act]:
    due = batch_work.next_due(engine)
    return [lambda: _some(engine)] if due is not None and due <= now else []


def _some(engine: bootstrap.Engine) -> None:
    batch_work.go_on(engine)


def _earliest(*moments: datetime.datetime | None) -> datetime.datetime | None:
    return min((at for at in moments if at is not None), default=None)
