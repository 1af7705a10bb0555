"""Where a completion is measured: databases of one kind, made, copied, and written to by the bare driver."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

import psycopg

from bench import measure, raw, rig
from engine import bootstrap, store


class Place(Protocol):
    """Databases of one kind."""

    def fresh(self) -> str:
        """Make a database with the tables of the platform; return its URL."""

    def copy(self, url: str) -> str:
        """Copy a database to which nobody is connected; return the URL of the copy."""

    def driver(self, url: str) -> raw.Driver:
        """Connect to a database by the bare driver."""

    def meter(self, url: str) -> measure.Meter:
        """Return what tells what work on a database costs besides time."""

    def close(self) -> None:
        """Let go of what was opened to measure."""


class OnSqlite:
    """Files in a directory."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        self._numbers = itertools.count(1)

    def fresh(self) -> str:
        """Name a file that is not there; the product makes it."""
        return f"sqlite:///{self._directory / f'own-{next(self._numbers)}.db'}"

    def copy(self, url: str) -> str:
        """Copy a file."""
        target = self.fresh()
        with contextlib.closing(_file(url)) as old, contextlib.closing(_file(target)) as new:
            old.backup(new)
        return target

    def driver(self, url: str) -> raw.Driver:
        """Open a file with the settings of the product."""
        return raw.Sqlite(pathlib.Path(url.removeprefix("sqlite:///")))

    def meter(self, url: str) -> measure.Meter:
        """Return the meter of this process: what it gives to write calls."""
        return measure.Meter()

    def close(self) -> None:
        """Nothing is open."""


def _file(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///"))


class OnPostgresql:
    """Databases of a server of one's own."""

    def __init__(self, server: rig.postgresql.Server) -> None:
        self._server = server
        self._watching = rig.postgresql.connect(server.url("postgres"))

    def fresh(self) -> str:
        """Make a database with the tables of the platform."""
        url = self._server.create()
        made = store.Store(url)
        bootstrap.upgrade(made)
        made.dispose()
        return url

    def copy(self, url: str) -> str:
        """Copy a database."""
        return self._server.create(template=url)

    def driver(self, url: str) -> raw.Driver:
        """Connect to a database."""
        return raw.Postgresql(rig.postgresql.connect(url))

    def meter(self, url: str) -> measure.Meter:
        """Return what looks at the server's log, and at the processes that serve a database."""
        name = url.rpartition("/")[2].partition("?")[0]
        return _Served(self._watching, name)

    def close(self) -> None:
        """Close the connection that looks on."""
        self._watching.close()


class _Served(measure.Meter):
    def __init__(self, watching: psycopg.Connection[Any], database: str) -> None:
        self._watching = watching
        self._database = database
        self._processes: Sequence[pathlib.Path] = ()

    def written(self) -> int | None:
        """Return how long the write-ahead log is, in bytes."""
        row = self._watching.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        return None if row is None else int(row[0])

    def served(self) -> float | None:
        """Return the seconds of processor that those processes took which serve the database."""
        if not self._processes:
            asked = self._watching.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", (self._database,))
            self._processes = [pathlib.Path(f"/proc/{pid}/schedstat") for (pid,) in asked]
        try:
            return sum(int(each.read_text().split()[0]) for each in self._processes) / 1e9
        except OSError:
            return None
