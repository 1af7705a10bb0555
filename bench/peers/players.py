"""Processes that play cases when they are told to, and what that costs them and the server."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

import psycopg
import sqlalchemy as sa

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
MARK = "ANSWER "
#: Engines in Java: the directory with the adapter of each.
JAVA = ("operaton", "cibseven", "flowable", "camunda")
_TICK = os.sysconf("SC_CLK_TCK")


class Missing(Exception):
    """What it takes to build or run the engines in Java is not there."""


class Failed(Exception):
    """A player ended before it had answered."""


def build(place: pathlib.Path) -> pathlib.Path:
    """Build the engines in Java into a directory, and return it.

    Raises:
        Missing: Java or Maven is not installed, or Maven cannot fetch what they are made of.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed: the engines in Java were not measured.")
    command = ["mvn", "-q", "-B", "-DskipTests", f"-Dout={place}", "-f", str(HERE / "pom.xml"), "package"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stderr.strip()[-300:])
        raise Missing(f"Maven could not build the engines in Java, they were not measured: {told}")
    return place


def java(built: pathlib.Path, name: str, url: str) -> list[str]:
    """Return the command that runs an engine in Java on a database."""
    parts = sa.make_url(url)
    address = f"jdbc:postgresql://{parts.host}:{parts.port}/{parts.database}"
    libraries = f"{built / name / 'lib'}/*:{built / name / f'{name}-1.jar'}"
    # The heap does not grow and shrink while it is measured.
    return ["java", "-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-cp", libraries, "bench.Main", address, str(parts.username)]


def python(url: str, directory: pathlib.Path) -> list[str]:
    """Return the command that runs the product on a database."""
    return [sys.executable, "-m", "bench.peers.own", url, str(directory)]


class Player:
    """A process that obeys lines and answers each; a context manager that ends it."""

    def __init__(self, command: Sequence[str], log: pathlib.Path) -> None:
        self._log = log
        with log.open("a") as told:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True
            )

    def tell(self, line: str) -> None:
        """Give it a line to obey."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """Wait for its answer.

        Raises:
            Failed: It has ended; the message holds the end of its log.
        """
        assert self._process.stdout is not None
        found = answer(self._process.stdout)
        if found is None:
            self._process.wait()
            raise Failed(f"{self._process.args!r} ended: {self._log.read_text(errors='replace')[-2000:]}")
        return found

    def cpu(self) -> float:
        """Return the processor time that it has used so far, all its threads together; in seconds."""
        return used(self._process.pid)

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def answer(lines: IO[str]) -> str | None:
    """Return the next answer among the lines that a player prints; None when there are no more."""
    return next((line.removeprefix(MARK).strip() for line in lines if line.startswith(MARK)), None)


def played(answers: Sequence[str]) -> dict[str, Any]:
    """Put together what processes tell that have played at the same time: the slowest counts.

    Raises:
        ValueError: An answer is not what `play` answers.
    """
    found = [json.loads(each) for each in answers]
    if not found or any(set(each) != {"seconds", "start_ms", "complete_ms"} for each in found):
        raise ValueError(f"no answer to `play`: {answers}")
    return {
        "seconds": max(each["seconds"] for each in found),
        **{
            name: [max(values) for values in zip(*(each[name] for each in found), strict=True)]
            for name in ("start_ms", "complete_ms")
        },
    }


# --- what it costs ---------------------------------------------------------------------------------------------------


def used(pid: int, *, children: bool = False) -> float:
    """Return the processor time of a process, in seconds; with that of its children that have ended."""
    fields = _stat(pid)
    return sum(int(each) for each in fields[11 : 15 if children else 13]) / _TICK


def used_by_server(pid: int) -> float:
    """Return the processor time of a PostgreSQL server: all its processes, those that have ended among them."""
    total = used(pid, children=True)
    for each in pathlib.Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                if int(_stat(int(each.name))[1]) == pid:
                    total += used(int(each.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile: its parent has its time
    return total


def _stat(pid: int) -> list[str]:
    """Return what /proc tells of a process, from its state on: its name before may hold anything."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def counters(connection: psycopg.Connection) -> tuple[int, int]:
    """Return how many transactions have written on a server, and the bytes of its log; this asks for one, too."""
    row = connection.execute(
        "SELECT pg_current_xact_id()::text::bigint, (pg_current_wal_lsn() - '0/0')::bigint"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
