"""What processes and a PostgreSQL server used, watched from outside (Linux)."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re

from bench import rig

_TICK = os.sysconf("SC_CLK_TCK")
#: A statement in the log of a server; those that begin and end transactions are not counted.
_STATEMENT = re.compile(r" LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK|SET )(.*)")


class Process:
    """A process that is watched from outside, by `/proc`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    @property
    def cpu(self) -> float:
        """Return the seconds of processor time that it has used."""
        return sum(_stat(self.pid)[11:13]) / _TICK

    @property
    def most_memory(self) -> float:
        """Return the most memory that it has had at any time, in MB."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) / 1024  # type: ignore[index]


class Server(Process):
    """A PostgreSQL server: its first process, and all that it has made."""

    @property
    def cpu(self) -> float:
        """Return the seconds of processor time that all its processes have used, also those that are gone."""
        used = sum(_stat(self.pid)[11:15])
        for each in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                found = _stat(int(each.name))
                used += sum(found[11:13]) if found[1] == self.pid else 0
        return used / _TICK


class Counter:
    """What a database of PostgreSQL has committed and written, since the beginning."""

    def __init__(self, url: str) -> None:
        self._connection = rig.postgresql.connect(url)

    def look(self) -> tuple[int, int]:
        """Return how many transactions ended, those that only read among them, and the bytes of the log (WAL)."""
        # A session says what it did when it has been idle for a while; what is missing is a handful.
        row = self._connection.execute(
            "SELECT xact_commit + xact_rollback, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
            " FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _stat(pid: int) -> list[int]:
    """Return the numbers of `/proc/PID/stat` behind the name and the state; the first is the parent's."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, text[1:])]


class Log:
    """The statements that a server is sent, as its log tells; from now on."""

    def __init__(self, server: rig.postgresql.Server, url: str) -> None:
        self._file = server.directory / "log"
        self._from = self._file.stat().st_size
        with rig.postgresql.connect(url) as connection:
            row = connection.execute("SELECT current_database()").fetchone()
            assert row is not None
            connection.execute(f"ALTER DATABASE \"{row[0]}\" SET log_statement = 'all'")

    def statements(self) -> list[str]:
        """Return what was sent, but what begins and ends transactions."""
        with self._file.open("rb") as file:
            file.seek(self._from)
            text = file.read().decode(errors="replace")
        return [found[1] for line in text.splitlines() if (found := _STATEMENT.search(line))]
