"""Completing user tasks on one database: small and large data, long loops, many parallel instances."""

from __future__ import annotations

import contextlib
import gc
import itertools
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bench import diagrams, places, product, stock, tables, trial

Say = Callable[[str], None]

#: Sizes of the process variables as JSON, in bytes.
SIZES = {"1 KB": 1_000, "100 KB": 100_000}

_TWICE = ("median", "best")
_WALL = ("median", "best", "p95", "p99")
_COMPLETION_HEADS = (
    ("", "wall", "", "", "", "CPU", "server", "SQL", "commits", "written", "raw", "", "× raw", "", "stock", ""),
    ("completion of a user task", *_WALL, "median", "median", "", "", "KB", *_TWICE, *_TWICE, "median", "×"),
)
#: Completions of one trial before the next has its turn.
_BLOCK = 20


def data(size: int) -> dict[str, Any]:
    """Return variables of about so many bytes of JSON: records of an application, most of them text."""
    record = {"title": "办事指南", "content": "材料齐全，内容属实。" * 4, "copies": 3, "urgent": False}
    return {f"record_{n}": {**record, "number": n} for n in range(max(1, round(size / 211)))}


class Bench:
    """The situations that are measured, each with databases of its own.

    Args:
        place: What makes the databases.
        directory: Room for the pack, and for what stock SpiffWorkflow stores.
        say: Tells how far it is.
    """

    def __init__(self, place: places.Place, directory: pathlib.Path, say: Say) -> None:
        self._place = place
        self._directory = directory
        self._say = say
        self._names = itertools.count(1)
        product.write_pack(directory)

    def chains(self, completions: int) -> list[dict[str, Any]]:
        """Measure start, three user tasks, end: with little and much data, and with a form."""
        cases = -(-(completions + trial.WARM_UP) // 3)
        with contextlib.ExitStack() as stack:
            trials = [
                self._chain(stack, "3 user tasks, 1 KB", "chain", SIZES["1 KB"], cases),
                self._chain(stack, "3 user tasks, 1 KB, form of 5 fields", "form", SIZES["1 KB"], cases),
                self._chain(stack, "3 user tasks, 100 KB", "chain", SIZES["100 KB"], cases),
            ]
            return self._run(trials, completions)

    def _chain(self, stack: contextlib.ExitStack, name: str, key: str, size: int, cases: int) -> trial.Trial:
        rival = stack.enter_context(self._stock(diagrams.chain(3), "chain"))
        with self._base() as base:
            variables = data(size)
            queue = [trial.Open(base.start(key, variables)[0], rival.start(variables)) for _ in range(cases)]
        given = _opinion if key == "form" else _step
        return self._trial(stack, name, queue, given, rival)

    def loops(self, depths: Sequence[int], completions: int) -> list[dict[str, Any]]:
        """Measure a loop over a user task after so many finished ones of the same case."""
        with contextlib.ExitStack() as stack:
            variables = {**data(SIZES["1 KB"]), "again": True}
            trials = []
            with self._base() as base:
                (task,) = base.start("loop", variables)
                done = 0
                for depth in depths:
                    self._say(f"loop: completing up to {depth:,} tasks of one case")
                    while done < depth:
                        (task,) = base.complete(task, _step(done)).opened
                        done += 1
                    rival, case = self._looped(stack, variables, depth)
                    queue = [trial.Open(task, case)]
                    base.rest()
                    trials.append(self._trial(stack, f"loop after {depth:,} finished", queue, _step, rival))
            return self._run(trials, completions)

    def _looped(
        self, stack: contextlib.ExitStack, variables: dict[str, Any], depth: int
    ) -> tuple[stock.Stock | None, int]:
        rival = stack.enter_context(self._stock(diagrams.loop(), "loop"))
        try:
            return rival, rival.start(variables, finished=depth)
        except stock.Stuck:
            return None, 0

    def multi_instances(self, sizes: Sequence[int], completions: int) -> list[dict[str, Any]]:
        """Measure the runs of a parallel multi-instance user task."""
        with contextlib.ExitStack() as stack:
            trials = []
            for runs in sizes:
                rival = stack.enter_context(self._stock(diagrams.multi_instance(), "multi"))
                with self._base() as base:
                    queue: list[trial.Open] = []
                    variables = {**data(SIZES["1 KB"]), "runs": runs}
                    while len(queue) < completions + trial.WARM_UP:
                        case = rival.start(variables)
                        queue += [trial.Open(task, case) for task in base.start("multi", variables)]
                trials.append(self._trial(stack, f"multi-instance of {runs:,}", queue, _step, rival))
            return self._run(trials, completions)

    def _run(self, trials: list[trial.Trial], completions: int) -> list[dict[str, Any]]:
        """Let the trials take turns, so that whatever else the machine does falls on all of them."""
        gc.collect()
        gc.freeze()  # the collections between the turns then look at little
        left = completions + trial.WARM_UP
        while left:
            self._say(f"{trials[0].name}, and {len(trials) - 1} more: {left} completions left")
            block = min(_BLOCK, left)
            for each in trials:
                each.block(block)
            left -= block
        gc.unfreeze()
        return [each.figures() for each in trials]

    def _trial(
        self,
        stack: contextlib.ExitStack,
        name: str,
        queue: list[trial.Open],
        given: trial.Given,
        rival: stock.Stock | None,
    ) -> trial.Trial:
        made = trial.Trial(name, self._place, self._url, self._directory, queue, given, rival)
        stack.callback(made.close)
        return made

    @contextlib.contextmanager
    def _base(self) -> Iterator[product.Product]:
        """Open a new database with the pack deployed; `_trial` copies it."""
        self._url = self._place.fresh()
        with contextlib.closing(product.Product(self._directory, self._url)) as base:
            base.deploy()
            yield base

    @contextlib.contextmanager
    def _stock(self, diagram: bytes, key: str) -> Iterator[stock.Stock]:
        path = self._directory / f"stock-{next(self._names)}.db"
        with contextlib.closing(stock.Stock(diagram, key, path)) as rival:
            yield rival


def _step(n: int) -> dict[str, Any]:
    return {"variables": {"step": n}}


def _opinion(_n: int) -> dict[str, Any]:
    return {"submission": product.OPINION}


def text(found: Sequence[dict[str, Any]]) -> str:
    """Return what completions cost in all situations, in µs."""
    return tables.table(_COMPLETION_HEADS, [_completion(each) for each in found])


def _completion(each: dict[str, Any]) -> tuple[str, ...]:
    own, raw = each["product"], each["raw"]
    return (
        each["name"],
        *(tables.number(own[figure]) for figure in ("wall_us", "best_us", "p95_us", "p99_us", "cpu_us", "served_us")),
        str(each["sql"]),
        ", ".join(map(str, each["commits"])),
        "–" if own["bytes"] is None else f"{own['bytes'] / 1000:,.0f}",
        *(tables.number(raw[figure]) for figure in ("wall_us", "best_us")),
        *(tables.number(each[figure], 2) for figure in ("to_raw", "to_raw_best")),
        tables.number(each["stock"]["wall_us"]),
        tables.number(each["stock_to_product"], 2),
    )
