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


class Meter:
    """What work costs besides time: of this process alone, as on SQLite."""

    def written(self) -> int | None:
        """Return the bytes written so far; None where nobody tells.

        Here those that this process has given to write calls (`wchar`, Linux only).
        """
        try:
            text = _IO.read_text()
        except OSError:
            return None
        return int(next(line for line in text.splitlines() if line.startswith("wchar:")).split()[1])

    def served(self) -> float | None:
        """Return the seconds of processor that a server took so far; None where there is none."""
        return None


@dataclasses.dataclass(slots=True)
class Series:
    """Measurements of the same work, one entry each.

    Seconds of wall time, seconds of processor time of this process and of a server, bytes written.
    """

    meter: Meter = dataclasses.field(default_factory=Meter)
    wall: list[float] = dataclasses.field(default_factory=list)
    cpu: list[float] = dataclasses.field(default_factory=list)
    served: list[float] = dataclasses.field(default_factory=list)
    written: list[int] = dataclasses.field(default_factory=list)

    def take(self, act: Callable[[], R]) -> R:
        """Do the work once and note what it cost."""
        before, served = self.meter.written(), self.meter.served()
        cpu = time.process_time()
        wall = time.perf_counter()
        result = act()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        if before is not None and (after := self.meter.written()) is not None:
            self.written.append(after - before)
        if served is not None and (by_now := self.meter.served()) is not None:
            self.served.append(by_now - served)
        return result

    def figures(self) -> dict[str, Any]:
        """Return figures in microseconds, medians unless they say otherwise; None without measurements.

        `best_us` is the shortest wall time: what the work takes while nobody else is in the way.
        """
        if not self.wall:
            figures = ("wall_us", "best_us", "p95_us", "p99_us", "cpu_us", "served_us", "bytes")
            return {"n": 0, **dict.fromkeys(figures)}
        return {
            "n": len(self.wall),
            "wall_us": micro(statistics.median(self.wall)),
            "best_us": micro(min(self.wall)),
            "p95_us": micro(percentile(self.wall, 0.95)),
            "p99_us": micro(percentile(self.wall, 0.99)),
            "cpu_us": micro(statistics.median(self.cpu)),
            "served_us": micro(statistics.median(self.served)) if self.served else None,
            "bytes": int(statistics.median(self.written)) if self.written else None,
        }


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
