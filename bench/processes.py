"""The processes that are measured from outside: servers of the product, clients, and those of PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

ROOT = pathlib.Path(__file__).resolve().parents[1]
_START = "import cli; cli.main(prog_name='gongkai')"
_ADDRESS = "http://127.0.0.1:"


P = TypeVar("P", "Server", "Clients")


class Server:
    """`gongkai serve --no-worker`, on a free port.

    Args:
        packs: Where the measured pack is.
        url: Its database.
        log: Where it writes what services write.
    """

    def __init__(self, packs: pathlib.Path, url: str, log: pathlib.Path) -> None:
        settings = {"GONGKAI_PACKS": str(packs), "GONGKAI_DATABASE": url}
        with log.open("w") as written:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, "serve", "--no-worker", "--port", "0"],
                cwd=ROOT,
                env=_environment() | settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                text=True,
            )
        self._log = log

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def address(self) -> tuple[str, int]:
        """Wait until it listens; return where."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if _ADDRESS in line:
                return "127.0.0.1", int(line.split(_ADDRESS)[1].split("/")[0])
        raise RuntimeError(f"the server ended: {self._log.read_text()[-2000:]}")

    def close(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGTERM)
        with self._process:
            pass


class Clients:
    """A process of `bench.load`; `given` is what it is told at its start."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load", json.dumps(given)],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def order(self, order: dict[str, Any]) -> None:
        """Have something done."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait until it is done; return what the clients noted."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the clients ended before they were done; what they said is above")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """Have it end."""
        self._process.communicate()


def _environment() -> dict[str, str]:
    """Return the environment without what the one who measures has set for a platform of their own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GONGKAI_")}
    return own | {"PYTHONPATH": str(ROOT)}


@contextlib.contextmanager
def opened() -> Iterator[Callable[[P], P]]:
    """Yield what is to be called with every process that is started; they are ended at the end."""
    with contextlib.ExitStack() as stack:

        def keep(started: P) -> P:
            stack.callback(started.close)
            return started

        yield keep


def cpu(pids: Iterable[int]) -> float:
    """Return the processor time of processes so far, with all their threads, in seconds; one that has ended has none.

    The clock of a process has a number made of its id (Linux, clock_getcpuclockid).
    """
    spent = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            spent += time.clock_gettime((~pid << 3) | 2)
    return spent


def written(pids: Iterable[int]) -> int:
    """Return the bytes that processes have given to write calls so far (`wchar`)."""
    found = [pathlib.Path(f"/proc/{pid}/io").read_text() for pid in pids]
    return sum(int(line.split()[1]) for text in found for line in text.splitlines() if line.startswith("wchar:"))


def children(pid: int) -> list[int]:
    """Return a process and those that it has started."""
    every = [int(each.name) for each in pathlib.Path("/proc").iterdir() if each.name.isdigit()]
    return [pid, *(each for each in every if _parent(each) == pid)]


def _parent(pid: int) -> int | None:
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return None
