"""Time, processor and bytes of a piece of work, and what many measurements of it say."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_IO = pathlib.Path("/proc/self/io")

R = TypeVar("R")


@dataclasses.dataclass(slots=True)
class Series:
    """Measurements of the same work, one entry each: seconds of wall time, seconds of processor time, bytes written."""

    wall: list[float] = dataclasses.field(default_factory=list)
    cpu: list[float] = dataclasses.field(default_factory=list)
    written: list[int] = dataclasses.field(default_factory=list)

    def take(self, act: Callable[[], R]) -> R:
        """Do the work once and note what it cost."""
        before = written()
        cpu = time.process_time()
        wall = time.perf_counter()
        result = act()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        if before is not None:
            after = written()
            assert after is not None
            self.written.append(after - before)
        return result

    def figures(self) -> dict[str, Any]:
        """Return figures in microseconds, medians unless they say otherwise; None without measurements.

        `best_us` is the shortest wall time: what the work takes while nobody else is in the way.
        """
        if not self.wall:
            return {"n": 0, "wall_us": None, "best_us": None, "p95_us": None, "cpu_us": None, "bytes": None}
        return {
            "n": len(self.wall),
            "wall_us": micro(statistics.median(self.wall)),
            "best_us": micro(min(self.wall)),
            "p95_us": micro(percentile(self.wall, 0.95)),
            "cpu_us": micro(statistics.median(self.cpu)),
            "bytes": int(statistics.median(self.written)) if self.written else None,
        }


def written() -> int | None:
    """Return the bytes that this process has given to write calls so far (`wchar`); None where Linux does not tell."""
    try:
        text = _IO.read_text()
    except OSError:
        return None
    return int(next(line for line in text.splitlines() if line.startswith("wchar:")).split()[1])


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that so large a share of all values does not exceed."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


def micro(seconds: float) -> float:
    """Return seconds as microseconds, to a hundredth."""
    return round(seconds * 1e6, 2)


def per_call(act: Callable[[], Any], calls: int, rounds: int) -> float:
    """Return what one of many calls costs, in microseconds, in the best of several rounds.

    The best, as `timeit` advises: work this short is only ever disturbed, never helped, by what else the machine does.
    """
    return micro(min(_round(act, calls) for _ in range(rounds)))


def _round(act: Callable[[], Any], calls: int) -> float:
    repeat = range(calls)
    begun = time.perf_counter()
    for _ in repeat:
        act()
    return (time.perf_counter() - begun) / calls


def ratio(over: Mapping[str, Any], under: Mapping[str, Any], figure: str) -> float | None:
    """Return how many times a figure of one series is that of another, to a hundredth."""
    return round(over[figure] / under[figure], 2) if over["n"] and under["n"] else None
