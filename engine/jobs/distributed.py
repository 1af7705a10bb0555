"""Work on procrastinate, a job engine in PostgreSQL: entries are written in the transaction that makes the work.

The engine carries nothing but ids, and tells workers that there are some. Whoever receives one takes the job by its row
(`engine.actions.jobs.receive`), in the transaction that takes the entry out of the queue: lease, fence, attempts and
incidents are ours, the same as without a queue. So it does no harm when an entry is doubled, late or lost, or when a
worker is killed, or stopped for a while and wakes up.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import procrastinate
import psycopg
from procrastinate import exceptions, manager
from psycopg import sql

from engine.actions import context, timers
from engine.actions import jobs as actions
from engine.jobs import pump
from engine.model import instances
from engine.store import carrying, failures, unit_of_work

_LOG = logging.getLogger(__name__)

#: Until when whatever is on its way is left to who has it; then somebody sends it again.
PATIENCE = datetime.timedelta(seconds=20)
_JOB = "gongkai.job"
#: Where timers were put once; what is left there is thrown away, for their rows fire them.
_TIMERS = "timers"
#: What a name of a channel of PostgreSQL has room for after procrastinate's prefix, in bytes.
_QUEUE_BYTES = 40
#: How many entries there are at most of jobs that were looked for in the rows: new jobs come behind them.
_PAGE = 200
#: Seconds until a server that does not answer counts as away, and until it is asked again.
_CONNECT, _AGAIN = 10, 1.0
_PREFIX = "postgresql+psycopg:"

# An entry that is given out is gone: the lease of the job, made in the same transaction, stands for it from then on.
# PostgreSQL counts the rows of a queue now and then, mostly when it is empty, and would sort all that wait for each
# that it gives; the index has them in order.
_GET = """
SET LOCAL enable_sort = off;
WITH next AS (
    SELECT id FROM procrastinate_jobs
    WHERE status = 'todo' AND queue_name = ANY(%(queues)s)
    ORDER BY priority DESC, id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM next) RETURNING id, queue_name, (args->>'id')::bigint
"""
_WAITING = "SELECT count(*) FROM (SELECT FROM procrastinate_jobs WHERE status = 'todo' LIMIT %(most)s) AS waiting"


def conninfo(url: str) -> str:
    """Return the address of a database as libpq takes it."""
    return url.replace(_PREFIX, "postgresql:", 1)


def queue_of(topic: str) -> str:
    """Return the name of the queue of a topic: the topic itself, or a digest where it is too long for a channel."""
    if len(topic.encode()) <= _QUEUE_BYTES and topic != _TIMERS:
        return topic
    return "t-" + hashlib.sha256(topic.encode()).hexdigest()[:32]


class Queue:
    """The queue as transactions use it; see `engine.actions.context.Queue`."""

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
            entry = self._app.configure_task(_JOB, queue=queue_of(topic), connection=uow.link.driver_connection)
            try:
                entry.batch_defer(*[dict[str, Any](id=each) for each in ids])
            except exceptions.ConnectorException as error:
                told = failures.translate(error.__cause__ or error)
                raise type(told)(f"不能写入作业队列：{told.message}", **told.details) from error

    def get(self, uow: unit_of_work.UnitOfWork, topics: Collection[str], limit: int) -> list[carrying.Load]:
        """Take up to `limit` entries out of the queue, oldest first; they are back if the transaction fails."""
        by_queue = {queue_of(topic): topic for topic in topics}
        with _cursor(uow) as cursor:
            cursor.execute(_GET, {"queues": [*by_queue, _TIMERS], "limit": limit})
            cursor.nextset()
            rows = cursor.fetchall()
        return [carrying.Load(job_id, by_queue[queue]) for _, queue, job_id in sorted(rows) if queue != _TIMERS]

    def waiting(self, uow: unit_of_work.UnitOfWork, most: int) -> int:
        """Return how many entries nobody has taken yet; what is more than `most` is not counted."""
        with _cursor(uow) as cursor:
            ((count,),) = cursor.execute(_WAITING, {"most": most}).fetchall()
        return int(count)


@contextlib.contextmanager
def _cursor(uow: unit_of_work.UnitOfWork) -> Iterator[psycopg.ClientCursor[Any]]:
    """Speak within a transaction; values stand in the text, so that several statements go at once."""
    try:
        with psycopg.ClientCursor(uow.link.driver_connection) as cursor:
            yield cursor
    except psycopg.Error as error:
        raise failures.translate(error) from error


class Entries:
    """A source of work; see `engine.jobs.worker.Source`.

    A thread takes as many entries out of the queue as there is room for jobs, and waits to be told of more. What `look`
    does is to fire due timers, and to have jobs carried that nobody has and that have become due.

    Args:
        engine: The engine.
        name: Who takes the jobs.
        topics: Jobs of which are taken.
        free: Waits until another job may run, so many seconds at most; tells how many may.
        begin: Runs a job in a thread of its own; returns at once.
        poll: Seconds between looks at the queue that nobody asked for.
    """

    def __init__(
        self,
        engine: context.Engine,
        name: str,
        topics: Collection[str],
        *,
        free: Callable[[float], int],
        begin: Callable[[instances.LeasedJob], None],
        poll: float,
    ) -> None:
        self._engine = engine
        self._name = name
        self._topics = topics
        self._free = free
        self._begin = begin
        self._poll = poll
        #: When the queue was last looked at; while there is no room for another job it need not be.
        self.last_look: datetime.datetime | None = None
        self._stopping = threading.Event()
        self._bell: Bell | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read the queue, in a thread."""
        self._bell = bell = Bell(self._engine.settings.database, [queue_of(topic) for topic in self._topics])
        self._thread = threading.Thread(target=self._read, args=(bell,), name=f"{self._name}-queue", daemon=True)
        self._thread.start()

    def request_stop(self) -> None:
        """Take no more from the queue; returns at once."""
        self._stopping.set()
        if self._bell is not None:
            self._bell.ring()

    def stop(self, grace: float) -> None:
        """Leave the queue, within `grace` seconds."""
        self.request_stop()
        if self._thread is not None:
            self._thread.join(grace)

    def look(self) -> datetime.datetime | None:
        """Fire what is due, and have carried what is due; see `Source.look`."""
        due = pump.next_work_due(self._engine, self._topics)
        if due is None or due > self._engine.clock.now():
            return due
        done = timers.fire_share(self._engine, PATIENCE) + actions.carry(self._engine, self._topics, limit=_PAGE)
        return due if done else None

    def receive(self, room: int) -> int:
        """Take as many jobs as there is room for, and begin to run them; return how many entries there were."""
        taken, entries = actions.receive(self._engine, self._name, self._topics, room)
        self.last_look = self._engine.clock.now()
        for job in taken:
            self._begin(job)
        return entries

    def _read(self, bell: Bell) -> None:
        with contextlib.closing(bell):
            while not self._stopping.is_set():
                try:
                    room = self._free(self._poll)
                    if room <= 0:
                        self.last_look = self._engine.clock.now()
                    elif self.receive(room) < room:
                        bell.wait(self._poll)
                except Exception:
                    # A database that is away comes back; until then this is tried again and again.
                    _LOG.exception("worker %s could not read the queue", self._name)
                    self._stopping.wait(_AGAIN)


class Bell:
    """A connection to the database by which a worker is told that there are entries for it.

    Notifications that come while nobody waits are kept. Without a connection one waits for the time to pass: who looks
    at the queue then finds the same.

    Args:
        url: Of the database.
        queues: Entries of which.
    """

    def __init__(self, url: str, queues: Collection[str]) -> None:
        self._conninfo = conninfo(url)
        self._channels = list(manager.get_channel_for_queues(queues))
        self._connection: psycopg.Connection[Any] | None = None
        self._pull, self._rope = socket.socketpair()
        self._pull.setblocking(False)

    def wait(self, seconds: float) -> None:
        """Wait until an entry has come since the last time, somebody rings, or so many seconds have passed."""
        listening = self._listening()
        if listening is not None and self._rung(listening):
            return
        with selectors.DefaultSelector() as selector:
            selector.register(self._pull, selectors.EVENT_READ)
            if listening is not None:
                selector.register(listening.fileno(), selectors.EVENT_READ)
            woken = {key.fileobj for key, _ in selector.select(seconds)}
        if self._pull in woken:
            self._pull.recv(4096)
        if listening is not None:
            self._rung(listening)

    def ring(self) -> None:
        """Have who waits go on; from any thread."""
        with contextlib.suppress(OSError):
            self._rope.send(b"!")

    def close(self) -> None:
        """Close the connection."""
        self._drop()
        self._pull.close()
        self._rope.close()

    def _listening(self) -> psycopg.Connection[Any] | None:
        """Return the connection; one that has just been made has been told of nothing: then one looks at once."""
        if self._connection is None:
            made = None
            try:
                made = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=_CONNECT)
                for channel in self._channels:
                    made.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            except psycopg.Error as error:
                _LOG.warning("cannot listen to the queue: %s", type(error).__name__)
                if made is not None:
                    made.close()
                return None
            self._connection = made
            self.ring()
        return self._connection

    def _rung(self, listening: psycopg.Connection[Any]) -> bool:
        """Take what has been told so far; tell whether there was anything."""
        try:
            return len(list(listening.notifies(timeout=0))) > 0
        except psycopg.Error:
            self._drop()
            return True

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
