"""The database: its connections, and the two kinds of transaction on it."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc, pool

from engine import errors, metrics
from engine.store import connecting, failures, schema, statements, unit_of_work

_PASSWORD = re.compile(r"//.*@")


@dataclasses.dataclass(frozen=True, slots=True)
class Connections:
    """The connections of a process to its database: in use, idle, and how many there may be at most."""

    in_use: int
    idle: int
    most: int


class Store:
    """Everything the platform remembers, in one database.

    Args:
        url: ``sqlite:///path/to/file.db`` (or ``sqlite://``, in memory, for tests), or
            ``postgresql+psycopg://user:password@host/database``.
        wait: How long a transaction waits for another one before it is refused, in seconds.
        connections: How many connections to PostgreSQL are kept; twice as many may be open for a while.
        statement: How long one statement may take on PostgreSQL, in seconds; 0 is without a bound.
        cell: Which cell its ids are of, see `engine.model.cells`: given when it is made, checked later.

    Raises:
        errors.StoreError: The URL names no database that is known here.
    """

    def __init__(
        self,
        url: str,
        *,
        wait: float = connecting.WAIT,
        connections: int = connecting.CONNECTIONS,
        statement: float = connecting.STATEMENT,
        cell: int = 0,
    ) -> None:
        try:
            self._url = sa.make_url(url)
            self._engine = connecting.connect(self._url, connecting.Bounds(wait, connections, statement))
        except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
            shown = _PASSWORD.sub("//***@", url)
            raise errors.StoreError(
                f"不能识别数据库地址“{shown}”（{type(error).__name__}），"
                "应为 sqlite:///文件 或 postgresql+psycopg://用户:密码@主机/库名。"
            ) from None
        #: What speaks on a connection; a measurement puts in its place what notes all that is sent.
        self.link: type[statements.Link] = statements.Link
        self._wait = wait
        self._cell = cell
        self._library = statements.Library(self._engine.dialect)
        self._observers: list[statements.Observer] = []
        # SQLite has one writer at a time.  Threads of this process take turns here, at once and in order, instead of
        # polling the file; in memory there is but one connection, so readers take turns, too.
        self._turn = threading.Lock() if self.dialect == "sqlite" else None
        # As they do, one connection serves them all, and need not be fetched from the pool and returned each time.
        self._writer: statements.Link | None = None
        self._in_memory = connecting.in_memory(self._url)
        self._thread = threading.local()
        self._closed = False

    @property
    def dialect(self) -> str:
        """Return ``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @property
    def connections(self) -> Connections:
        """Return how many connections are in use now; a database in memory has but one."""
        found = self._engine.pool
        if not isinstance(found, pool.QueuePool):
            return Connections(0, 1, 1)
        return Connections(found.checkedout(), found.checkedin(), found.size() + found._max_overflow)

    def write(self) -> unit_of_work.UnitOfWork:
        """Open a transaction that may write: commits at the end of its ``with`` block, rolls back on any exception.

        On SQLite the right to write is taken at once (BEGIN IMMEDIATE); units of work of one thread do not nest.

        Raises:
            errors.Conflict: Another transaction held the database for longer than the wait.
            errors.StoreError: The database cannot be reached or written.
        """
        return unit_of_work.UnitOfWork(self, writable=True)

    def read(self) -> unit_of_work.UnitOfWork:
        """Open a transaction that sees one state of the database throughout, and writes nothing."""
        return unit_of_work.UnitOfWork(self, writable=False)

    def glance(self) -> unit_of_work.UnitOfWork:
        """Open what reads without a transaction on PostgreSQL: each statement sees what is committed when it is sent.

        For a look-up or two that need no common state, such as whose a token is: it spares the end of a transaction,
        which on PostgreSQL takes as long as a statement.
        """
        return unit_of_work.UnitOfWork(self, writable=False, alone=True)

    def upgrade(self) -> None:
        """Create the tables, or bring those of an older version up to date; nothing to do is nothing done.

        Several processes may do so at once: one does it, the others wait for it.

        Raises:
            errors.StoreError: The database cannot be written, or its tables are of a newer version or another cell.
        """
        try:
            self.check()
        except errors.StoreError:
            with self.exclusive() as connection:
                schema.upgrade(connection, cell=self._cell)

    def check(self) -> None:
        """Check that the tables are those of this version of the platform, and that the ids are of the cell.

        Raises:
            errors.StoreError: They are older, newer, missing or of another cell; the message says what to do.
        """
        with self.read() as uow:
            schema.check(uow.link, self._cell)

    def upgrade_foreign(self, table: str, fresh: str, versions: Sequence[tuple[str, str]]) -> None:
        """Make the tables of a library in this database (PostgreSQL), or bring them up to date.

        See `engine.store.schema.upgrade_foreign`.
        """
        with self.exclusive() as connection:
            schema.upgrade_foreign(connection, table, fresh, versions)

    def check_foreign(self, table: str, version: str) -> None:
        """Check that the tables of a library are of a version.

        Raises:
            errors.StoreError: They are not.
        """
        with self.read() as uow:
            schema.check_foreign(uow.link, table, version)

    def refuse_within(self) -> None:
        """Refuse to go on while this thread has a unit of work open.

        Raises:
            RuntimeError: It has one.
        """
        if getattr(self._thread, "busy", False):
            raise RuntimeError("units of work do not nest: end the first one before you open another")

    def scrub(self) -> bool:
        """Overwrite what deleted rows have left in the database file; writers wait meanwhile, readers do not.

        SQLite leaves the text of deleted rows in its free pages and in the log until they are used again: here the file
        is written anew, which takes as much room on the disk again for the while. PostgreSQL cleans up by itself
        (autovacuum).

        Returns:
            Whether nothing is left; not while somebody still reads the old pages.

        Raises:
            errors.StoreError: The disk is full.
            errors.Conflict: Another process is writing.
        """
        self.refuse_within()
        if self.dialect != "sqlite" or self._turn is None or self._in_memory:
            return True
        if not self._turn.acquire(timeout=self._wait):
            raise errors.Conflict(failures.BUSY)
        try:
            with contextlib.closing(self._engine.raw_connection()) as raw, contextlib.closing(raw.cursor()) as cursor:
                cursor.execute("VACUUM")
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except self._library.errors as error:
            raise failures.translate(error) from error
        finally:
            self._turn.release()
        return not busy

    def close(self) -> None:
        """Close all connections for good: what a thread that nobody waited for still wants to do is refused."""
        self._closed = True
        self.dispose()
        self._engine.pool.dispose()

    def dispose(self) -> None:
        """Close all connections; who needs one afterwards makes a new one."""
        if self._turn is not None:
            with self._turn:
                if self._writer is not None:
                    self._writer.close()
                    self._writer = None
        self._engine.dispose()

    @contextlib.contextmanager
    def observed(self, observer: statements.Observer) -> Iterator[None]:
        """Call `observer` with the text of every statement sent within the block, ``COMMIT`` included."""

        def sent(_c: Any, _cursor: Any, sql: str, _p: Any, _context: Any, _many: bool) -> None:
            observer(sql)

        self._observers.append(observer)
        sa.event.listen(self._engine, "before_cursor_execute", sent)
        try:
            yield
        finally:
            self._observers.remove(observer)
            sa.event.remove(self._engine, "before_cursor_execute", sent)

    # The two ends of a unit of work; it calls them, nobody else does.

    def begin(self, *, writable: bool, alone: bool = False) -> statements.Link:
        """Take a connection and begin a transaction on it; `alone`, every statement is one."""
        self.refuse_within()
        if self._closed:
            raise errors.StoreError(failures.CLOSED)
        if self._turn is not None and (writable or self._in_memory) and not self._turn.acquire(timeout=self._wait):
            raise errors.Conflict(failures.BUSY)
        try:
            link = self._writer if writable and self._writer is not None else self._connect(writable=writable)
            try:
                link.begin(alone=alone)
            except BaseException:
                link.close()
                self._writer = None if link is self._writer else self._writer
                raise
        except BaseException as error:
            self._give_turn(writable=writable)
            if isinstance(error, self._library.errors):
                raise failures.translate(error) from error
            raise
        self._thread.busy = True
        return link

    def end(self, link: statements.Link, *, writable: bool) -> None:
        """Give the connection back; what is not committed is rolled back."""
        self._thread.busy = False
        try:
            if link.lost:
                # The server was restarted or is away: so is every connection that was made before.
                self._engine.dispose()
            if link is not self._writer:
                link.close()
            elif not link.reset():
                self._writer = None
        finally:
            self._give_turn(writable=writable)

    def _connect(self, *, writable: bool) -> statements.Link:
        link = self.link(self._taken(), self._library, writable=writable, observers=self._observers)
        if writable and self._turn is not None and not self._in_memory:
            self._writer = link
        return link

    def _taken(self) -> sa.Connection:
        """Take a connection of the pool; how long that took is told when there was none to be had."""
        found = self._engine.pool
        if not isinstance(found, pool.QueuePool) or found.checkedout() < found.size() + found._max_overflow:
            return self._engine.connect()
        begun = time.perf_counter()
        try:
            return self._engine.connect()
        finally:
            metrics.POOL_WAIT_SECONDS.observe(time.perf_counter() - begun)

    def _give_turn(self, *, writable: bool) -> None:
        if self._turn is not None and (writable or self._in_memory):
            self._turn.release()

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[sa.Connection]:
        """Open a transaction that changes the tables themselves: one at a time, for as long as it takes."""
        link = self.begin(writable=True)
        try:
            if self.dialect == "postgresql":
                # An index of a large table takes as long as it takes; then two processes that start at once.
                link.driver(f"{statements.UNBOUNDED}; SELECT pg_advisory_xact_lock(20251)")
            with link.connection.begin():
                yield link.connection
        except self._library.errors as error:
            raise failures.translate(error) from error
        finally:
            self.end(link, writable=True)
