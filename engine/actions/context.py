"""The engine as actions see it: everything they may use, put together once by engine.bootstrap."""

from __future__ import annotations

import datetime
import pathlib
import tempfile
import threading
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Protocol, Self

from engine import catalog, config, registry
from engine.actions import definition_cache, office_calendars, passwords
from engine.actions import directory as people_directory
from engine.store import blobs, carrying, database, unit_of_work


class Clock(Protocol):
    """Where time comes from: nothing in the platform looks at the clock of the machine but this."""

    def now(self) -> datetime.datetime:
        """Return the time, with its zone."""
        ...


class Queue(Protocol):
    """What carries work to workers at once, wherever they run. The rows of jobs and timers stay the truth.

    An entry holds the id of a row, and is harmless when it is lost, doubled or late: a worker takes the job by its row,
    and rows that nobody took within `patience` are carried again.
    """

    #: How long whatever is carried is left to the queue.
    patience: datetime.timedelta

    def put(self, uow: unit_of_work.UnitOfWork, loads: Sequence[carrying.Load]) -> None:
        """Carry jobs as soon as the transaction of a unit of work is committed, and not at all if it is not."""
        ...

    def get(self, uow: unit_of_work.UnitOfWork, topics: Collection[str], limit: int) -> Sequence[carrying.Load]:
        """Take up to `limit` entries out of the queue, oldest first; they are back if the transaction fails."""
        ...

    def waiting(self, uow: unit_of_work.UnitOfWork, most: int) -> int:
        """Return how many entries nobody has taken yet; what is more than `most` is not counted."""
        ...


class Engine:
    """Store, packs, handlers, clock and caches. Safe to share among threads; close it at the end."""

    def __init__(
        self,
        *,
        settings: config.Settings,
        store: database.Store,
        packs: catalog.Catalog,
        handlers: registry.Registry,
        clock: Clock,
        queue: Queue | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.packs = packs
        self.handlers = handlers
        self.clock = clock
        #: None where workers look at the rows themselves.
        self.queue = queue
        self.definitions = definition_cache.DefinitionCache(settings.cached_definitions)
        self.calendars = office_calendars.OfficeCalendars()
        directory, self._temporary = settings.files_directory, None
        if directory is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="gongkai-")
            directory = pathlib.Path(self._temporary.name)
        #: The content of uploaded files; beside a database in memory it goes with the engine.
        self.blobs = blobs.Blobs(directory)
        self.directory = people_directory.Held()
        self.passwords = passwords.Passwords(settings.password_memory_kib)
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def on_work(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every commit that made work for a worker; return what ends that."""
        with self._lock:
            self._listeners.append(listener)

        def forget() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return forget

    def announce_work(self) -> None:
        """Tell the workers of this process that there is something to do; those of others find it by polling."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def close(self) -> None:
        """Close the connections to the database."""
        self.store.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
