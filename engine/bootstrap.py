"""Puts an engine together: the one place that knows every part."""

from __future__ import annotations

import datetime
import pathlib

from engine import catalog, config, errors, registry, store
from engine.actions import context
from engine.jobs import distributed, queue_tables

Engine = context.Engine
Clock = context.Clock

_SQLITE = "sqlite:///"


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime.datetime:
        """Return the time in UTC."""
        return datetime.datetime.now(datetime.UTC)


def open_engine(
    settings: config.Settings | None = None,
    clock: Clock | None = None,
    *,
    shipped_packs: bool = True,
    any_version: bool = False,
) -> Engine:
    """Open the engine; use it as a context manager or close it at the end.

    A SQLite database that does not exist yet is created; an older one is to be brought up to date by
    `gongkai db upgrade` first.

    Args:
        settings: By default those of the environment.
        clock: By default that of the machine.
        shipped_packs: Whether to look for the packs that gongkai ships, besides those of the settings.
        any_version: Open a database of an older version, too: to back it up before it is upgraded.

    Raises:
        errors.InvalidInput: A setting, a pack directory or a file of handlers is wrong.
        errors.StoreError: The database cannot be opened, has the tables of another version, or the ids of another cell.
    """
    settings = config.read() if settings is None else settings
    packs = catalog.find(settings, shipped=shipped_packs)
    handlers = registry.scan(packs.handler_directories)
    database = open_store(settings)
    try:
        if not any_version:
            database.check()
            if settings.queued:
                queue_tables.check(database)
    except BaseException:
        database.dispose()
        raise
    return Engine(
        settings=settings,
        store=database,
        packs=packs,
        handlers=handlers,
        clock=SystemClock() if clock is None else clock,
        queue=distributed.Queue() if settings.queued else None,
    )


def open_store(settings: config.Settings) -> store.Store:
    """Open the database alone, creating a SQLite file that does not exist; for `gongkai db upgrade` and the engine."""
    fresh = _make_room(settings.database)
    database = store.Store(
        settings.database,
        connections=settings.connections,
        statement=settings.statement_seconds,
        cell=settings.cell,
    )
    if fresh:
        database.upgrade()
    return database


def upgrade(database: store.Store) -> None:
    """Create the tables of a database, or bring them up to date: those of the platform, and those of the queue.

    The queue has its own on PostgreSQL, whether it is used (setting `queue`) or not: it may be tomorrow.

    Raises:
        errors.StoreError: The database cannot be written, or its tables are of a newer version.
    """
    database.upgrade()
    queue_tables.upgrade(database)


def has_database(settings: config.Settings) -> bool:
    """Tell whether there is a database to open: a SQLite file that is not there would be made by opening it."""
    if not settings.database.startswith(_SQLITE):
        return settings.database != "sqlite://"
    name = settings.database.removeprefix(_SQLITE).partition("?")[0]
    if name in ("", ":memory:") or "\0" in name:
        return False
    return pathlib.Path(name).is_file()


def _make_room(url: str) -> bool:
    """Create the directory of a SQLite file; tell whether the database is new and empty."""
    if not url.startswith(_SQLITE):
        return url == "sqlite://"
    name = url.removeprefix(_SQLITE).partition("?")[0]
    if name in ("", ":memory:"):
        return True
    path = pathlib.Path(name)
    if "\0" in name:
        raise errors.StoreError("数据库地址中不能有空字符，请检查 GONGKAI_DATABASE 或 --database。")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return not path.exists() or path.stat().st_size == 0
    except OSError as error:
        raise errors.StoreError(f"不能使用数据库文件“{path}”（{error}），请检查路径和权限。") from None
