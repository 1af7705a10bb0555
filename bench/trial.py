"""One situation, measured side by side: product, bare driver and stock SpiffWorkflow do the same by turns."""

from __future__ import annotations

import collections
import dataclasses
import gc
import pathlib
from collections.abc import Callable
from functools import partial
from typing import Any

from bench import measure, places, product, raw, stock
from engine.actions import user_tasks

#: Completions that are not counted: caches fill, statements are compiled.
WARM_UP = 3

Given = Callable[[int], dict[str, Any]]


@dataclasses.dataclass(slots=True)
class Open:
    """A task that may be completed, and the case of stock SpiffWorkflow that stands for its case."""

    task: int
    stock_case: int


@dataclasses.dataclass(frozen=True, slots=True)
class _Act:
    """One completion: of what, with what, its answer, and what was sent to the database for it."""

    open: Open
    given: dict[str, Any]
    answer: user_tasks.Completion
    sent: list[raw.Sent]


class Trial:
    """Completions in one situation.

    Args:
        name: What it is called in the report.
        place: What copies databases.
        base: The URL of the database with the cases in that situation; every contestant gets a copy.
        root: Where the pack is.
        queue: The open tasks, in the order of their completion.
        given: What the nth completion is given, as keywords of `Product.complete`.
        rival: Stock SpiffWorkflow with the same cases; None where it cannot follow.
    """

    def __init__(
        self,
        name: str,
        place: places.Place,
        base: str,
        root: pathlib.Path,
        queue: list[Open],
        given: Given,
        rival: stock.Stock | None,
    ) -> None:
        self.name = name
        self._queue = collections.deque(queue)
        self._given = given
        self._rival = rival
        self._log = raw.Log()
        measured, recorded, written = place.copy(base), place.copy(base), place.copy(base)
        self._product = product.Product(root, measured)
        self._recorded = product.Product(root, recorded, raw.recording(self._log))
        self._raw = place.driver(written)
        self._recorded_so_far = self._done = 0
        self._counts: list[dict[str, int]] = []
        self._measured = {
            "product": measure.Series(place.meter(measured)),
            "raw": measure.Series(place.meter(written)),
            "stock": measure.Series(),
        }

    def block(self, completions: int) -> None:
        """Complete the next tasks: first where it is noted what is sent, then product and driver by turns, then stock.

        Stock SpiffWorkflow stays apart, for it leaves so much behind that whoever follows at once is slowed down.
        """
        acts = [self._record() for _ in range(completions)]
        for n, act in enumerate(acts):
            counts = self._done + n >= WARM_UP
            turns: list[Callable[[], None]] = [partial(self._write, act, counts), partial(self._complete, act, counts)]
            for turn in turns if n % 2 else reversed(turns):
                turn()
        for n, act in enumerate(acts):
            self._follow(act, counts=self._done + n >= WARM_UP)
        self._done += completions
        gc.collect()

    def _record(self) -> _Act:
        current = self._queue.popleft()
        given = self._given(self._recorded_so_far)
        self._recorded_so_far += 1
        self._log.take()
        answer = self._recorded.complete(current.task, given)
        self._queue.extendleft(Open(task, current.stock_case) for task in reversed(answer.opened))
        return _Act(current, given, answer, self._log.take())

    def _complete(self, act: _Act, counts: bool) -> None:
        answer = self._series("product", counts).take(lambda: self._product.complete(act.open.task, act.given))
        if answer != act.answer:
            raise AssertionError(f"two copies of a database went apart: {answer} is not {act.answer}")
        if counts:
            self._counts.append(raw.counts(act.sent))

    def _write(self, act: _Act, counts: bool) -> None:
        rows = [each for each in act.sent if each.writes]
        self._series("raw", counts).take(lambda: self._raw.write(rows))

    def _follow(self, act: _Act, *, counts: bool) -> None:
        rival = self._rival
        if rival is None:
            return
        values = act.given.get("variables") or act.given.get("submission") or {}
        try:
            self._series("stock", counts).take(lambda: rival.complete(act.open.stock_case, values))
        except stock.Stuck:
            self._rival = None

    def _series(self, who: str, counts: bool) -> measure.Series:
        return self._measured[who] if counts else measure.Series()

    def figures(self) -> dict[str, Any]:
        """Return what was measured."""
        found = {who: series.figures() for who, series in self._measured.items()}
        return {
            "name": self.name,
            "sql": max(each["sql"] for each in self._counts),
            "commits": sorted({each["commits"] for each in self._counts}),
            **found,
            "to_raw": measure.ratio(found["product"], found["raw"], "wall_us"),
            "to_raw_best": measure.ratio(found["product"], found["raw"], "best_us"),
            "to_raw_cpu": measure.ratio(found["product"], found["raw"], "cpu_us"),
            "stock_to_product": measure.ratio(found["stock"], found["product"], "wall_us"),
        }

    def close(self) -> None:
        """Close all databases but that of stock SpiffWorkflow."""
        for each in (self._product, self._recorded, self._raw):
            each.close()
