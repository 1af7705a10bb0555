"""Work on procrastinate, a job engine in PostgreSQL: entries are written in the transaction that makes the work.

The engine carries nothing but ids. Whoever receives one takes the job by its row (`engine.actions.jobs.take`): lease,
fence, attempts and incidents are ours, the same as without a queue. So it does no harm when an entry is doubled, late
or lost, when a worker is stopped for a while and wakes up, or when procrastinate believes that a worker is dead.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import datetime
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import procrastinate
from procrastinate import exceptions
from procrastinate.jobs import Status

from engine import errors
from engine.actions import context, timers
from engine.actions import jobs as actions
from engine.jobs import pump
from engine.store import carrying, unit_of_work

_LOG = logging.getLogger(__name__)

#: Until when whatever is carried is left to the queue; then somebody carries it again.
PATIENCE = datetime.timedelta(seconds=20)
_JOB, _TIMER = "gongkai.job", "gongkai.timer"
_TIMERS = "timers"
#: What a name of a channel of PostgreSQL has room for after procrastinate's prefix, in bytes.
_QUEUE_BYTES = 40
#: Seconds for which a connection to the database is waited for, and tried to be made again, before all is begun anew.
_POOL_TIMEOUT, _RECONNECT_TIMEOUT = 10.0, 60.0
#: How many timers, and how many jobs, are carried in one transaction.
_PAGE = 500
_PREFIX = "postgresql+psycopg:"


@dataclasses.dataclass(frozen=True, slots=True)
class Rhythm:
    """How often things are looked at, in seconds.

    Attributes:
        poll: Between looks at the queue: a notification that comes while the worker just looks is lost.
        heartbeat: Between signs of life of a worker.
        stalled: Without a sign of life, after which what a worker had fetched is cleared away.
        silent: Without a look at the queue, though there is room for a job, after which all is begun anew.
    """

    poll: float = 0.1
    heartbeat: float = 5.0
    stalled: float = 20.0
    silent: float = 15.0


def conninfo(url: str) -> str:
    """Return the address of a database as libpq takes it."""
    return url.replace(_PREFIX, "postgresql:", 1)


def queue_of(topic: str) -> str:
    """Return the name of the queue of a topic: the topic itself, or a digest where it is too long for a channel."""
    if len(topic.encode()) <= _QUEUE_BYTES and topic != _TIMERS:
        return topic
    return "t-" + hashlib.sha256(topic.encode()).hexdigest()[:32]


class Queue:
    """The side of the queue that transactions write to; see `engine.actions.context.Queue`."""

    patience = PATIENCE

    def __init__(self) -> None:
        # Never opened: every entry is written through the connection of the transaction that it belongs to.
        self._app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def put(self, uow: unit_of_work.UnitOfWork, loads: Sequence[carrying.Load]) -> None:
        """Carry jobs as soon as the transaction is committed."""
        by_topic: dict[str, list[int]] = {}
        for load in loads:
            by_topic.setdefault(load.topic, []).append(load.job_id)
        for topic, ids in by_topic.items():
            self._put(uow, _JOB, queue_of(topic), ids)

    def put_timers(self, uow: unit_of_work.UnitOfWork, timers: Sequence[int]) -> None:
        """Carry due timers as soon as the transaction is committed."""
        if timers:
            self._put(uow, _TIMER, _TIMERS, timers)

    def _put(self, uow: unit_of_work.UnitOfWork, task: str, queue: str, ids: Sequence[int]) -> None:
        entry = self._app.configure_task(task, queue=queue, connection=uow.link.driver_connection)
        try:
            entry.batch_defer(*[dict[str, Any](id=each) for each in ids])
        except exceptions.ConnectorException as error:
            raise errors.StoreError(f"不能写入作业队列（{error.__cause__ or error}），操作未执行。") from error


class Entries:
    """A source of work; see `engine.jobs.worker.Source`. What `look` does is to carry what has become due.

    Args:
        engine: The engine.
        name: Who takes the jobs, for logs.
        topics: Jobs of which are taken.
        concurrency: How many jobs are run at the same time.
        run: Takes a job by its id and runs it, in a thread of this source; never raises.
    """

    def __init__(
        self, engine: context.Engine, name: str, topics: Collection[str], concurrency: int, run: Callable[[int], None]
    ) -> None:
        self._engine = engine
        self._name = name
        self._topics = topics
        #: When the queue was last looked at; while there is no room for another job it need not be.
        self.last_look: datetime.datetime | None = None
        self._intake = Intake(
            engine.settings.database,
            topics=topics,
            concurrency=concurrency,
            run_job=run,
            run_timer=self._fire,
            looked=self._looked,
        )

    def start(self) -> None:
        """Begin to read the queue, in a thread."""
        self._intake.start()

    def request_stop(self) -> None:
        """Take no more from the queue; returns at once."""
        self._intake.request_stop()

    def stop(self, grace: float) -> None:
        """Leave the queue, within `grace` seconds."""
        self._intake.stop(grace)

    def look(self) -> bool:
        """Carry what is due; tell whether there may be more at once."""
        if self._intake.full:
            self._looked()
        due = pump.next_work_due(self._engine, self._topics)
        if due is None or due > self._engine.clock.now():
            return False
        return actions.carry(self._engine, self._topics, limit=_PAGE) >= _PAGE

    def _looked(self) -> None:
        self.last_look = self._engine.clock.now()

    def _fire(self, timer_id: int) -> None:
        try:
            timers.fire_carried(self._engine, timer_id)
        except Exception:
            # It is carried again when the queue has had its time.
            _LOG.exception("worker %s could not fire timer %s", self._name, timer_id)


class Intake:
    """The side of the queue that a worker reads: a thread that keeps a procrastinate worker going.

    Args:
        url: Of the database.
        topics: Jobs of which are taken.
        concurrency: How many are run at the same time.
        run_job: Called in a thread with the id of a job; never raises.
        run_timer: Likewise, with that of a timer.
        rhythm: How often things are looked at.
        looked: Called after every look at the queue.
    """

    def __init__(
        self,
        url: str,
        *,
        topics: Collection[str],
        concurrency: int,
        run_job: Callable[[int], None],
        run_timer: Callable[[int], None],
        rhythm: Rhythm | None = None,
        looked: Callable[[], None] = lambda: None,
    ) -> None:
        self._rhythm = rhythm or Rhythm()
        self._tell = looked
        self._conninfo = conninfo(url)
        self._queues = sorted({*map(queue_of, topics), _TIMERS})
        self._concurrency = concurrency
        self._runs = {_JOB: run_job, _TIMER: run_timer}
        self._pool = concurrent.futures.ThreadPoolExecutor(concurrency, thread_name_prefix="gongkai-job")
        self._busy = 0
        #: When the queue was last looked at, by the monotonic clock.
        self.fetched_at = time.monotonic()
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="gongkai-queue", daemon=True)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def request_stop(self) -> None:
        """Take no more; returns at once."""
        self._stopping.set()
        loop, main = self._loop, self._main
        if loop is not None and main is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(main.cancel)

    def stop(self, grace: float) -> None:
        """Take no more, and wait for the queue to be left, at most `grace` seconds; jobs may run on."""
        self.request_stop()
        self._thread.join(grace)
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def full(self) -> bool:
        """Whether there is no room for another job."""
        return self._busy >= self._concurrency

    @property
    def alive(self) -> bool:
        """Whether the queue was looked at lately, or need not be."""
        return self.full or time.monotonic() - self.fetched_at < self._rhythm.silent

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work())
            except Exception as error:
                # A database that is away comes back; until then this is tried again and again.
                _LOG.warning("the queue is out of reach: %s", _root(error))
            self._stopping.wait(1.0)

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        self.fetched_at = time.monotonic()
        if self._stopping.is_set():
            return
        app = self._app()
        with contextlib.suppress(asyncio.CancelledError):
            async with app.open_async(), asyncio.TaskGroup() as group:
                reaper = group.create_task(self._reap(app))
                watch = group.create_task(self._watch())
                try:
                    await app.run_worker_async(
                        queues=self._queues,
                        concurrency=self._concurrency,
                        install_signal_handlers=False,
                        fetch_job_polling_interval=self._rhythm.poll,
                        abort_job_polling_interval=self._rhythm.stalled,
                        update_heartbeat_interval=self._rhythm.heartbeat,
                        stalled_worker_timeout=self._rhythm.stalled,
                        shutdown_graceful_timeout=0.0,  # our worker waits for its jobs itself
                        delete_jobs="always",
                    )
                finally:
                    reaper.cancel()
                    watch.cancel()

    def _app(self) -> procrastinate.App:
        connector = _Watched(
            self._looked,
            conninfo=self._conninfo,
            min_size=1,
            max_size=self._concurrency + 3,
            timeout=_POOL_TIMEOUT,
            reconnect_timeout=_RECONNECT_TIMEOUT,
        )
        app = procrastinate.App(connector=connector)
        for name in self._runs:
            app.task(name=name, pass_context=False)(self._task(name))
        return app

    def _task(self, name: str) -> Callable[..., Any]:
        async def run(id: int) -> None:
            self._busy += 1
            try:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._runs[name], id)
            finally:
                self._busy -= 1

        return run

    def _looked(self) -> None:
        self.fetched_at = time.monotonic()
        self._tell()

    async def _reap(self, app: procrastinate.App) -> None:
        """Clear away entries whose worker is dead; their jobs are carried anew when their leases have run out."""
        while True:
            await asyncio.sleep(self._rhythm.stalled)
            with contextlib.suppress(exceptions.ConnectorException):
                for entry in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._rhythm.stalled):
                    await app.job_manager.finish_job(entry, status=Status.FAILED, delete_job=True)

    async def _watch(self) -> None:
        """End a connection that looks alive and fetches nothing: another one is made."""
        while self.alive:
            await asyncio.sleep(min(1.0, self._rhythm.silent))
        raise TimeoutError(f"the queue was not looked at for {self._rhythm.silent:g} seconds")


def _root(error: BaseException) -> BaseException:
    """Return what is behind an error of the library or of a group of tasks."""
    while True:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        elif isinstance(error, exceptions.ConnectorException) and error.__cause__ is not None:
            error = error.__cause__
        else:
            return error


class _Watched(procrastinate.PsycopgConnector):
    """A connector that tells when it has looked for a job."""

    def __init__(self, looked: Callable[[], None], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._tell = looked

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        if arguments.keys() == {"queues", "worker_id"}:
            self._tell()
        return row
