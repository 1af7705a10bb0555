"""A PostgreSQL server that goes away in the middle of a story, as if it had crashed, and comes back by itself.

`pg_ctl stop -m immediate` is a SIGQUIT to the server: it ends without a word to anybody, and recovers when it starts.
Who plays goes on meanwhile, and meets it wherever it is.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import pickle
import signal
import threading
import time

import patience
import postgresql
import psycopg

#: In the directory of the run: the process id of the server that was stopped, while it is not known to be back.
_MARK = "away"


class Outage:
    """The one outage of a process that plays.

    Args:
        server: Where the server is written down (`keep`).
        directory: Of the record of the run.
        pause: Seconds for which it is away.
        wait: Whether `begin` returns when it is gone, rather than while it goes.
    """

    def __init__(self, server: str, directory: pathlib.Path, pause: float, *, wait: bool) -> None:
        self._server: postgresql.Server = pickle.loads(pathlib.Path(server).read_bytes())  # noqa: S301 - see `keep`
        self._directory = directory
        self._pause = pause
        self._wait = wait
        self._thread = threading.Thread(target=self._bring_back, name="outage", daemon=True)
        self._began_at: float | None = None

    def begin(self) -> None:
        """Stop the server; it comes back by itself."""
        stopped = self._server.pid
        assert stopped is not None
        (self._directory / _MARK).write_text(str(stopped), encoding="utf-8")
        (self._directory / "stopped").touch()
        os.kill(stopped, signal.SIGQUIT)
        self._began_at = time.monotonic()
        if self._wait:
            _until_gone(self._server, stopped)
        self._thread.start()

    def endure(self) -> None:
        """Wait a little before an act that the outage has refused is tried again.

        Raises:
            AssertionError: There has been none, or it is long over.
        """
        assert self._began_at is not None, "the database refuses, and it has not been away"
        assert time.monotonic() < self._began_at + patience.SECONDS, "the database has not come back"
        threading.Event().wait(0.02)

    def end(self) -> None:
        """Wait until the server is back, if it was stopped."""
        if self._began_at is not None:
            self._thread.join(patience.SECONDS)
            assert not self._thread.is_alive()

    def _bring_back(self) -> None:
        _until_gone(self._server, int((self._directory / _MARK).read_text(encoding="utf-8")))
        threading.Event().wait(self._pause)
        self._server.start()
        (self._directory / _MARK).unlink()


def keep(server: postgresql.Server, file: pathlib.Path) -> None:
    """Write a server down, for processes that are to stop it."""
    file.write_bytes(pickle.dumps(server))


def bring_back(server: postgresql.Server, directory: pathlib.Path) -> None:
    """Have a server run that a process had stopped and was killed before it came back."""
    mark = directory / _MARK
    if not mark.exists():
        return
    _until_gone(server, int(mark.read_text(encoding="utf-8")))

    def brought_back() -> bool:
        if server.pid is None:
            with contextlib.suppress(RuntimeError):  # the dead process had begun to start it
                server.start()
        return _answers(server)

    patience.until(brought_back, "the server does not start")
    mark.unlink()


def _until_gone(server: postgresql.Server, pid: int) -> None:
    patience.until(lambda: server.pid != pid, "the server does not end")


def _answers(server: postgresql.Server) -> bool:
    try:
        postgresql.connect(server.url("postgres")).close()
    except psycopg.OperationalError:
        return False
    return True
