"""The figures as tables that people read, and the targets beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench import measure

TO_RAW, FLAT, DEADLINE = 2.5, 1.2, 5.0

_TWICE = ("median", "best")
_WALL = ("median", "best", "p95")
_COMPLETION_HEADS = (
    ("", "wall", "", "", "CPU", "SQL", "commits", "written", "raw wall", "", "× raw", "", "stock wall", ""),
    ("completion of a user task", *_WALL, "median", "", "", "KB", *_TWICE, *_TWICE, "median", "×"),
)
_KERNEL_HEADS = (("executor alone, one step", *_WALL, "stock median", "×"),)


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every target with what was measured: of the ratios of medians and of best times, the worse."""
    small, first, last = found["chains"][0], found["loops"][0], found["loops"][-1]
    growth = [measure.ratio(last["product"], first["product"], figure) or 0.0 for figure in ("wall_us", "best_us")]
    rows = [
        (f"{small['name']}: times the raw limit", TO_RAW, max(small["to_raw"], small["to_raw_best"])),
        (f"{last['name']}: times the cost of {first['name']}", FLAT, max(growth)),
    ]
    rows += [(f"{each['name']}: µs", DEADLINE, each["us"]) for each in found["deadlines"]]
    return [{"name": name, "target": target, "measured": got, "met": got <= target} for name, target, got in rows]


def text(found: dict[str, Any]) -> str:
    """Return the whole report."""
    completions = [_completion(each) for each in (*found["chains"], *found["loops"], *found["multi_instances"])]
    kernel = [_step(each) for each in found["kernel"]]
    deadlines = [(each["name"], f"{each['us']:.2f}") for each in found["deadlines"]]
    lists = [(each["name"], f"{each['us']:,.0f}") for each in found["lists"]]
    overview = [(each["name"], f"{each['us']:,.0f}", f"{each['ratio']:.1f}") for each in found["overview"]]
    goals = [
        (each["name"], f"{each['measured']:.2f}", f"≤ {each['target']:g}", "met" if each["met"] else "missed")
        for each in found["targets"]
    ]
    machine = found["machine"]
    return "\n\n".join(
        [
            f"{machine['cpus']} CPUs, Python {machine['python']}, SQLite {machine['sqlite']} (WAL, synchronous FULL), "
            f"SpiffWorkflow {machine['spiffworkflow']}. Times in µs, by turns.",
            _table(_COMPLETION_HEADS, completions),
            _table(_KERNEL_HEADS, kernel),
            _table((("calendar", "µs"),), deadlines),
            _table((("a page of what is to be done, with its counts", "µs"),), lists),
            _table((("the statistics of a year", "µs", "times the first"),), overview),
            _table((("target", "measured", "", ""),), goals),
        ]
    )


def _completion(each: dict[str, Any]) -> tuple[str, ...]:
    own, raw = each["product"], each["raw"]
    return (
        each["name"],
        *(_micro(own[figure]) for figure in ("wall_us", "best_us", "p95_us", "cpu_us")),
        str(each["sql"]),
        ", ".join(map(str, each["commits"])),
        "–" if own["bytes"] is None else f"{own['bytes'] / 1000:,.0f}",
        *(_micro(raw[figure]) for figure in ("wall_us", "best_us")),
        *(_times(each[figure]) for figure in ("to_raw", "to_raw_best")),
        _micro(each["stock"]["wall_us"]),
        _times(each["stock_to_product"]),
    )


def _step(each: dict[str, Any]) -> tuple[str, ...]:
    own = [_micro(each["product"][figure]) for figure in ("wall_us", "best_us", "p95_us")]
    return (each["name"], *own, _micro(each["stock"]["wall_us"]), _times(each["stock_to_product"]))


def _micro(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _times(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _table(heads: Sequence[Sequence[str]], rows: Iterable[Sequence[str]]) -> str:
    """Return rows under their heads, the first column to the left and the others to the right."""
    rows = list(rows)
    widths = [max(len(row[n]) for row in (*heads, *rows)) for n in range(len(heads[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (*heads, *rows)
    ]
    return "\n".join([*lines[: len(heads)], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[len(heads) :]])
