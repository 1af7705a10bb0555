"""The worker: threads that run due jobs and fire due timers, beside others in any number of processes and machines."""

from __future__ import annotations

import datetime
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Protocol, Self

from engine import errors
from engine.actions import context, housekeeping, messages
from engine.actions import jobs as actions
from engine.jobs import batches, cleaning, distributed, embedded, notify, runner
from engine.model import instances

_LOG = logging.getLogger(__name__)

#: Seconds between rounds of forgetting and expiring.
_TIDY_SECONDS = 60.0


class Source(Protocol):
    """Where a worker gets its work: the rows of the database, or the entries of a queue."""

    @property
    def last_look(self) -> datetime.datetime | None:
        """When there was last looked for work, None before the first time."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def look(self) -> datetime.datetime | None:
        """Do what is due and nobody has been told of; return when there is more (past: at once), None: nobody knows."""
        ...

    def request_stop(self) -> None:
        """Take no more; returns at once."""
        ...

    def stop(self, grace: float) -> None:
        """Take no more, and leave nothing behind, within `grace` seconds; jobs may run on."""
        ...


class Worker:
    """Runs jobs and timers until it is stopped.

    Use it as a context manager, or call `start` and `stop`; `run` does both and waits in between.

    Args:
        engine: The engine; many workers may share one database.
        name: Who holds the leases; unique among the workers of the database.
        concurrency: Jobs that run at the same time; by default as the settings say.
        poll: Seconds between looks at the database when nobody tells of work; by default as the settings say.
        topics: What it takes jobs of; by default of all.

    Raises:
        errors.NotFound: A topic has no handler.

    A worker that is killed loses nothing: its jobs run again elsewhere when their leases run out, and what it should
    still say about them is not heard.
    """

    def __init__(
        self,
        engine: context.Engine,
        name: str | None = None,
        *,
        concurrency: int | None = None,
        poll: float | None = None,
        topics: Collection[str] | None = None,
    ) -> None:
        self.engine = engine
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"
        self.concurrency = concurrency or engine.settings.concurrency
        self.poll = poll or engine.settings.poll_seconds
        self.topics = None if topics is None else frozenset(engine.handlers.get(topic).topic for topic in topics)
        self._changed = threading.Condition()
        self._poked = False
        self._stopping = False
        self._given_up = False
        self._running: dict[int, instances.Job] = {}
        #: Until when, by the monotonic clock, the leases of those are renewed, by their numbers.
        self._renewed: dict[int, float] = {}
        self._threads: list[threading.Thread] = []
        self._forget: Callable[[], None] | None = None
        self._notifier = notify.Notifier(engine, self.name, self.poll)
        self._batches = batches.Batches(engine, self.name, self.poll)
        self._cleaner = cleaning.Cleaner(engine, self.name)
        self._source = self._made_source()

    def _made_source(self) -> Source:
        if self.engine.queue is None:
            return embedded.Rows(self.engine, self.name, self.topics, free=self._free, begin=self._begin)
        topics = self.engine.handlers.topics if self.topics is None else self.topics
        return distributed.Entries(
            self.engine, self.name, topics, free=self._await_free, begin=self._begin, poll=self.poll
        )

    @property
    def last_look(self) -> datetime.datetime | None:
        """When the worker last looked for work: one that has not for a while is ill, though its process lives."""
        return self._source.last_look

    def start(self) -> None:
        """Begin to work, in threads."""
        if self._threads:
            raise errors.Conflict(f"工作进程 {self.name} 已经启动。")
        self._forget = self.engine.on_work(self.poke)
        self._threads = [
            threading.Thread(target=self._dispatch, name=f"{self.name}-dispatch", daemon=True),
            threading.Thread(target=self._keep_alive, name=f"{self.name}-heartbeat", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._source.start()
        self._notifier.start()
        self._batches.start()
        self._cleaner.start()

    def poke(self) -> None:
        """Look for work now."""
        with self._changed:
            self._poked = True
            self._changed.notify_all()

    def request_stop(self) -> None:
        """Take no more work; returns at once, also from a signal handler of another thread's wait."""
        self._notifier.request_stop()
        self._batches.request_stop()
        self._source.request_stop()
        self._cleaner.request_stop()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def stop(self, grace: float | None = None) -> bool:
        """Take no more work, wait for running jobs, and give back the leases of those that do not end in time.

        Args:
            grace: Seconds to wait; by default as the settings say.

        Returns:
            Whether every job ended in time.
        """
        self.request_stop()
        if self._forget is not None:
            self._forget()
        deadline = time.monotonic() + (self.engine.settings.grace_seconds if grace is None else grace)
        with self._changed:
            while self._running and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            abandoned = list(self._running.values())
            self._given_up = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 1.0))
        self._source.stop(max(deadline - time.monotonic(), 1.0))
        self._notifier.stop(max(deadline - time.monotonic(), 1.0))
        self._batches.stop(max(deadline - time.monotonic(), 1.0))
        self._cleaner.stop(max(deadline - time.monotonic(), 1.0))
        for job in abandoned:
            self._give_back(job)
        return not abandoned

    def run(self) -> bool:
        """Work until `request_stop` is called (by a signal handler or another thread); return as `stop` does."""
        self.start()
        with self._changed:
            while not self._stopping:
                self._changed.wait(1.0)  # a bound, so that a signal handler of this very thread gets its turn
        return self.stop()

    @property
    def running(self) -> tuple[instances.Job, ...]:
        """Return the jobs whose handlers run now."""
        with self._changed:
            return tuple(self._running.values())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- threads -----------------------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        tidied = time.monotonic()
        while not self._stopping:
            due = None
            try:
                due = self._source.look()
                if time.monotonic() - tidied > _TIDY_SECONDS:
                    tidied = time.monotonic()
                    messages.expire(self.engine)
                    housekeeping.tidy(self.engine)
            except Exception:
                # A database that is away comes back.
                _LOG.exception("worker %s could not look for work", self.name)
            if (pause := self._pause(due)) > 0:
                self._wait(pause)

    def _pause(self, due: datetime.datetime | None) -> float:
        return self.poll if due is None else min(self.poll, (due - self.engine.clock.now()).total_seconds())

    def _wait(self, seconds: float) -> None:
        with self._changed:
            # The ends of jobs are told here, too: they are for who waits for room.
            self._changed.wait_for(lambda: self._poked or self._stopping, seconds)
            self._poked = False

    def _free(self) -> int:
        return self.concurrency - len(self.running)

    def _await_free(self, seconds: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or len(self._running) < self.concurrency, seconds)
            return 0 if self._stopping else self.concurrency - len(self._running)

    def _begin(self, job: instances.LeasedJob) -> None:
        with self._changed:
            self._running[job.id] = job
            self._renewed[job.id] = time.monotonic() + self.engine.settings.handler_seconds
        threading.Thread(target=self._run, args=(job,), name=f"{self.name}-job-{job.id}", daemon=True).start()

    def _run(self, job: instances.LeasedJob) -> None:
        try:
            runner.run(self.engine, job)
        except Exception:
            # Nothing was recorded: the lease runs out and the job runs again.
            _LOG.exception("worker %s could not finish job %s", self.name, job.id)
        finally:
            with self._changed:
                if self._running.get(job.id) is job:
                    del self._running[job.id], self._renewed[job.id]
                self._poked = self._poked or self.engine.queue is None  # there may be room for more of the rows
                self._changed.notify_all()

    def _keep_alive(self) -> None:
        every = self.engine.settings.heartbeat_seconds
        beat_at = time.monotonic() + every
        while True:
            with self._changed:
                if self._given_up or (self._stopping and not self._running):
                    return
                self._changed.wait(max(beat_at - time.monotonic(), 0.0))
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + every
                for job in self.running:
                    if not self._gave_up(job):
                        self._beat(job)

    def _gave_up(self, job: instances.Job) -> bool:
        """Renew no more for a handler that hangs, and have its place taken; should it end, it may still be in time."""
        with self._changed:
            if self._running.get(job.id) is not job:
                return True  # it has just ended
            if time.monotonic() < self._renewed[job.id]:
                return False
            del self._running[job.id], self._renewed[job.id]
            self._poked = True
            self._changed.notify_all()
        _LOG.error("the handler of job %s (%s) has not ended in time; its lease is left to run out", job.id, job.topic)
        return True

    def _beat(self, job: instances.Job) -> None:
        try:
            if not actions.heartbeat(self.engine, job):
                _LOG.warning("job %s has gone to another worker", job.id)
        except Exception:
            _LOG.warning("worker %s could not renew the lease of job %s", self.name, job.id, exc_info=True)

    def _give_back(self, job: instances.Job) -> None:
        try:
            actions.release(self.engine, job)
        except errors.GongkaiError as error:
            _LOG.info("job %s was not given back: %s", job.id, error.message)
