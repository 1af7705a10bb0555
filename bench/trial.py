"""One situation, measured side by side: product, bare driver and stock SpiffWorkflow take turns."""

from __future__ import annotations

import collections
import dataclasses
import gc
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

from bench import measure, product, raw, stock

#: Completions that are not counted: caches fill, statements are compiled.
WARM_UP = 3

Given = Callable[[int], dict[str, Any]]


@dataclasses.dataclass(slots=True)
class Open:
    """A task that may be completed, and the case of stock SpiffWorkflow that stands for its case."""

    task: int
    stock_case: int


class Trial:
    """Completions in one situation.

    Args:
        name: What it is called in the report.
        base: The database with the cases in that situation; every contestant gets a copy.
        root: Where the pack is, and room for the copies.
        queue: The open tasks, in the order of their completion.
        given: What the nth completion is given, as keywords of `Product.complete`.
        rival: Stock SpiffWorkflow with the same cases; None where it cannot follow.
    """

    def __init__(
        self,
        name: str,
        base: pathlib.Path,
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
        copies = pathlib.Path(tempfile.mkdtemp(prefix="trial-", dir=root))
        self._product = product.Product(root, product.copy(base, copies / "product.db"))
        with product.connections(raw.recording(self._log)):
            self._recorded = product.Product(root, product.copy(base, copies / "recorded.db"))
        self._raw = raw.Raw(product.copy(base, copies / "raw.db"))
        self._done = 0
        self._counts: list[dict[str, int]] = []
        self._series = {who: measure.Series() for who in ("product", "raw", "stock")}

    def step(self) -> None:
        """Complete the next task, once by each contestant, in changing order."""
        current = self._queue.popleft()
        given = self._given(self._done)
        self._log.take()
        answer = self._recorded.complete(current.task, given)
        sent = self._log.take()
        rows = [each for each in sent if each.writes]
        turns: list[tuple[str, Callable[[], Any]]] = [
            ("product", lambda: self._product.complete(current.task, given)),
            ("raw", lambda: self._raw.write(rows)),
        ]
        if self._rival is not None:
            rival, values = self._rival, given.get("variables") or given.get("submission") or {}
            turns.append(("stock", lambda: rival.complete(current.stock_case, values)))
        first = self._done % len(turns)
        for who, act in turns[first:] + turns[:first]:
            self._turn(who, act, answer)
        if self._done >= WARM_UP:
            self._counts.append(raw.counts(sent))
        self._queue.extendleft(Open(task, current.stock_case) for task in reversed(answer.opened))
        self._done += 1

    def _turn(self, who: str, act: Callable[[], Any], answer: Any) -> None:
        if who == "stock" and self._rival is None:
            return
        series = self._series[who] if self._done >= WARM_UP else measure.Series()
        try:
            result = series.take(act)
        except stock.Stuck:
            self._rival = None
            return
        if who == "stock":
            gc.collect()  # not on the time of the next one
        if who == "product" and result != answer:
            raise AssertionError(f"two copies of a database went apart: {result} is not {answer}")

    def figures(self) -> dict[str, Any]:
        """Return what was measured."""
        found = {who: series.figures() for who, series in self._series.items()}
        wall = {who: figures["wall_us"] for who, figures in found.items()}
        return {
            "name": self.name,
            "sql": max(each["sql"] for each in self._counts),
            "commits": sorted({each["commits"] for each in self._counts}),
            **found,
            "to_raw": measure.ratio(wall["product"], wall["raw"]),
            "cpu_to_raw": measure.ratio(found["product"]["cpu_us"], found["raw"]["cpu_us"]),
            "stock_to_product": measure.ratio(wall["stock"], wall["product"]),
        }

    def close(self) -> None:
        """Close all databases but that of stock SpiffWorkflow."""
        for each in (self._product, self._recorded, self._raw):
            each.close()
