"""The executor alone, without a database: a state in, a step out."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from bench import completions, diagrams, measure, stock
from engine import testing
from engine.bpmn import execution, process, reader
from engine.model import instances


def figures(*, rounds: int, widths: Sequence[int], depths: Sequence[int], window: int) -> list[dict[str, Any]]:
    """Measure a step of chains, of forks and of long loops; beside it, stock SpiffWorkflow in memory.

    The product reads the state and writes it anew in every step; stock SpiffWorkflow is given its live workflow.

    Args:
        rounds: How often a chain is played; a wide fork is played less often.
        widths: Branches of the forks.
        depths: Finished tasks before the windows of the loop.
        window: Steps in each of them.
    """
    data = completions.data(completions.SIZES["1 KB"])
    found = []
    for length in (5, 20, 100):
        found.append(_play(f"chain of {length}", diagrams.chain(length), "chain", data, length, rounds))
    for width in widths:
        played = max(1, rounds * 10 // width // 2)
        found.append(_play(f"fork and join of {width}", diagrams.parallel(width), "parallel", data, width, played))
    return found + _loop({**data, "again": True}, depths, window)


def _play(name: str, diagram: bytes, key: str, data: Mapping[str, Any], tasks: int, rounds: int) -> dict[str, Any]:
    """Play a process from start to end, so many rounds, by turns."""
    own, rival = _Own(diagram, key), _Rival(diagram, key)
    for _ in range(rounds):
        for contestant in (own, rival):
            contestant.start(data)
            contestant.go(tasks, counts=True)
    return _figures(name, own, rival)


def _loop(data: Mapping[str, Any], depths: Sequence[int], window: int) -> list[dict[str, Any]]:
    """Play one long loop and measure a window of steps behind each depth."""
    own, rival = _Own(diagrams.loop(), "loop"), _Rival(diagrams.loop(), "loop")
    found, done = [], 0
    for contestant in (own, rival):
        contestant.start(data)
    for depth in depths:
        for contestant in (own, rival):
            contestant.go(depth - done, counts=False)
            contestant.go(window, counts=True)
        done = depth + window
        found.append(_figures(f"loop after {depth:,} finished", own, rival))
    return found


def _figures(name: str, own: _Own, rival: _Rival) -> dict[str, Any]:
    mine, others = own.figures(), rival.figures()
    return {
        "name": name,
        "product": mine,
        "stock": others,
        "stock_to_product": measure.ratio(others, mine, "wall_us"),
    }


class _Contestant:
    """One case, gone through step by step."""

    def __init__(self) -> None:
        self._series = measure.Series()

    def start(self, data: Mapping[str, Any]) -> None:
        """Begin a case."""
        raise AssertionError

    def step(self, series: measure.Series) -> None:
        """Complete the first open task."""
        raise AssertionError

    def go(self, steps: int, *, counts: bool) -> None:
        """Complete so many tasks; what is left behind is cleared away before the next contestant's turn."""
        try:
            for _ in range(steps):
                self.step(self._series if counts else measure.Series())
        except stock.Stuck:
            self._series = measure.Series()
        gc.collect()

    def figures(self) -> dict[str, Any]:
        """Return what was measured since the last call."""
        taken, self._series = self._series, measure.Series()
        return taken.figures()


class _Own(_Contestant):
    """The product's executor."""

    def __init__(self, diagram: bytes, key: str) -> None:
        super().__init__()
        (self._process,) = reader.read(diagram, f"{key}.bpmn")

    def start(self, data: Mapping[str, Any]) -> None:
        self._state = execution.start(self._process, CONTEXT, data).state

    def step(self, series: measure.Series) -> None:
        before, token = self._state, first_task(self._process, self._state)
        self._state = series.take(lambda: execution.complete(self._process, CONTEXT, before, token, {"step": 1})).state


class _Rival(_Contestant):
    """Stock SpiffWorkflow."""

    def __init__(self, diagram: bytes, key: str) -> None:
        super().__init__()
        self._stock = stock.InMemory(diagram, key)

    def start(self, data: Mapping[str, Any]) -> None:
        self._workflow = self._stock.begin(dict(data))

    def step(self, series: measure.Series) -> None:
        series.take(lambda: self._stock.step(self._workflow, {"step": 1}))


def first_task(read: process.Process, state: instances.InstanceState) -> int:
    """Return the token of the first open user task."""
    return next(token for token, element in execution.open_tokens(state) if read.elements[element].type == "userTask")


def _no_decisions(decision: str, _variables: Mapping[str, Any]) -> NoReturn:
    raise AssertionError(f"no diagram here has a decision: {decision}")


CONTEXT = execution.Context(testing.MONDAY, {}, _no_decisions)
