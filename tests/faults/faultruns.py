"""Runs of the kill harness: a story is taken up, killed, looked at, and taken up again, until it has ended."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import faultchecks
import faultoutage
import faultpoints
import faultstory
import nursery
import postgresql
import sqlalchemy as sa

#: Kills of one run, at most; the process after the last of them plays to the end.
MOST_KILLS = 3
#: How many points of its kind every case of a story passes at least: a process is killed at one of these, at random.
DEPTH = {"statement": 220, "commit": 11, "committed": 11, "handler": 6, "acknowledged": 4, "entry": 6}
#: How likely it is that the database of a process goes away while it plays.
AWAY = 0.3


class Players:
    """The nursery, as who runs it sees it; a context manager."""

    def __init__(self) -> None:
        # Sets of words are to have the same order in every run of a seed.
        environment = {
            **os.environ,
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
        }
        self._process = subprocess.Popen(
            [sys.executable, nursery.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def play(self, task: faultstory.Task) -> int:
        """Have a process of its own play; return how it ended: 0, or the negative number of the signal.

        Raises:
            AssertionError: It failed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(dataclasses.asdict(task)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the nursery has ended"
        ended: int = json.loads(line)["exit"]
        if ended not in (0, -signal.SIGKILL):
            failure = pathlib.Path(task.directory) / "failure"
            raise AssertionError(failure.read_text(encoding="utf-8") if failure.exists() else f"it ended with {ended}")
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One run: where its database and its record are, and what decides it.

    deaths: where the first processes die, one after the other; None: at random, as the seed says.
    jumps: whether the clock is put forward and back meanwhile.
    queue: what tells workers of work, as the setting says it.
    server: where the database is; it is stopped now and then, as the seed says.
    away: where it is stopped instead, once, by the first process.
    """

    url: str
    packs: str
    directory: pathlib.Path
    seed: int
    deaths: tuple[faultpoints.Point, ...] | None = None
    jumps: bool = False
    queue: str = "auto"
    server: postgresql.Server | None = None
    away: faultpoints.Point | None = None

    def go(self, players: Players) -> list[faultpoints.Point]:
        """Play, be killed and go on until the story has ended; return at which points processes died.

        Raises:
            AssertionError: Something is not as it must be; the message says what, and after which kill.
        """
        (self.directory / "honoured").mkdir(parents=True, exist_ok=True)
        if self.server is not None:
            faultoutage.keep(self.server, self.directory / "server")
        died: list[faultpoints.Point] = []
        for die in self._deaths():
            if self._play(players, self._task(len(died), die)) == 0:
                break
            died.append(die)
            self._expect(f"after {died}", faultchecks.whole)
        else:
            self._play(players, self._task(len(died), None))
        self._expect(f"at the end, after {died}", faultchecks.whole)
        self._expect(
            f"at the end, after {died}", lambda connection: faultchecks.ended(connection, self.directory, self.seed)
        )
        return died

    def _play(self, players: Players, task: faultstory.Task) -> int:
        try:
            return players.play(task)
        finally:
            if self.server is not None:
                faultoutage.bring_back(self.server, self.directory)

    def _deaths(self) -> list[faultpoints.Point]:
        if self.deaths is not None:
            return list(self.deaths)
        chance = random.Random(f"deaths/{self.seed}")
        return [self._point(chance) for _ in range(chance.randint(1, MOST_KILLS))]

    def _point(self, chance: random.Random) -> faultpoints.Point:
        kind = chance.choice(faultpoints.QUEUE_KINDS if self.queue == "procrastinate" else faultpoints.KINDS)
        return kind, chance.randint(1, DEPTH[kind] * len(faultstory.plan(self.seed)))

    def _task(self, taken_up: int, die: faultpoints.Point | None) -> faultstory.Task:
        return faultstory.Task(
            self.url,
            self.packs,
            str(self.directory),
            self.seed,
            taken_up,
            die,
            self.jumps,
            queue=self.queue,
            away=self._away(taken_up),
            server=str(self.directory / "server"),
        )

    def _away(self, taken_up: int) -> faultpoints.Point | None:
        if self.server is None or self.away is not None:
            return None if taken_up else self.away
        chance = random.Random(f"away/{self.seed}/{taken_up}")
        return self._point(chance) if chance.random() < AWAY else None

    def _expect(self, when: str, check: Any) -> None:
        with connected(self.url) as connection:
            found = list(check(connection))
        assert not found, f"seed {self.seed}, {when}:\n" + "\n".join(found)


@contextlib.contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """Look at a database without the platform."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
