"""The product, played as the engines in Java are: `python -m bench.peers.own URL DIRECTORY` obeys the same lines.

`play THREADS CASES` plays start, three user tasks, end; `gc` collects garbage; `end` tells how many have finished.
"""

from __future__ import annotations

import gc
import itertools
import json
import pathlib
import sys
import threading
import time

import sqlalchemy as sa

from bench import measure, product
from engine import bootstrap, config
from engine.actions import deployments, instances, user_tasks
from engine.actions.context import Engine
from engine.model import commands
from engine.store import tables

_TASKS = 3
_KEY = "chain"
_FINISHED = sa.select(sa.func.count()).select_from(tables.instances).where(tables.instances.c.ended_at.is_not(None))


class Player:
    """The engine of one process, and what it has played."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._numbers = itertools.count(1)

    def play(self, threads: int, cases: int) -> dict[str, object]:
        """Play cases in threads; return seconds, and percentiles of starts and completions in milliseconds."""
        starts: list[float] = []
        completions: list[float] = []
        work = iter(range(cases))
        turn = threading.Lock()

        def run(user: str) -> None:
            while True:
                with turn:
                    if next(work, None) is None:
                        return
                self._one(user, starts, completions)

        players = [threading.Thread(target=run, args=(f"user{n}",)) for n in range(threads)]
        begun = time.perf_counter()
        for each in players:
            each.start()
        for each in players:
            each.join()
        seconds = time.perf_counter() - begun
        if len(completions) != cases * _TASKS:
            raise RuntimeError("a thread ended before its cases")
        return {"seconds": seconds, "start_ms": _percentiles(starts), "complete_ms": _percentiles(completions)}

    def _one(self, user: str, starts: list[float], completions: list[float]) -> None:
        number = next(self._numbers)
        # An operator: only operators may give variables to a task that has no form.
        clerk = commands.Actor(user, product.CLERK.roles, admin=True)
        given = {"v0": f"value-0-{number}", "v1": f"value-1-{number}"}
        begun = time.perf_counter()
        case = instances.start(self._engine, _KEY, clerk, variables=given, business_key=f"case-{user}-{number}").id
        starts.append(time.perf_counter() - begun)
        for task in range(_TASKS):
            open_task = self._task(case)
            filled = {f"decision{task}": "approve", f"comment{task}": f"同意 {number}"}
            begun = time.perf_counter()
            user_tasks.complete(self._engine, open_task, clerk, variables=filled, idempotency_key=f"task-{open_task}")
            completions.append(time.perf_counter() - begun)

    def _task(self, case: int) -> int:
        with self._engine.store.read() as uow:
            (found,) = [task.id for task in uow.user_tasks.of_instance(case) if task.status == "open"]
        return found

    def finished(self) -> int:
        """Return how many cases have finished, whoever played them."""
        with self._engine.store.read() as uow:
            return int(uow.link.select(_FINISHED)[0][0])


def _percentiles(seconds: list[float]) -> list[float]:
    return [round(measure.percentile(seconds, share) * 1e3, 3) for share in (0.5, 0.95, 0.99)]


def main(url: str, directory: str) -> None:
    """Open the engine on a database, and obey what comes on standard input."""
    settings = config.Settings(database=url, packs=(pathlib.Path(directory),), files=f"{directory}/files")
    with bootstrap.open_engine(settings, shipped_packs=False) as engine:
        player = Player(engine)
        _answer("ready")
        for line in sys.stdin:
            match line.split():
                case ["play", threads, cases]:
                    _answer(json.dumps(player.play(int(threads), int(cases))))
                case ["gc"]:
                    gc.collect()
                    gc.freeze()
                    _answer("done")
                case ["end"]:
                    _answer(str(player.finished()))
                    return


def prepare(url: str, directory: pathlib.Path) -> None:
    """Make the tables and deploy the pack: for processes that are to play on them."""
    product.write_pack(directory)
    settings = config.Settings(database=url, packs=(directory,), files=f"{directory}/files")
    database = bootstrap.open_store(settings)
    bootstrap.upgrade(database)
    database.dispose()
    with bootstrap.open_engine(settings, shipped_packs=False) as engine:
        deployments.deploy(engine, product.SLUG, product.ADMIN)


def _answer(text: str) -> None:
    print(f"ANSWER {text}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
