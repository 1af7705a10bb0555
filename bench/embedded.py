"""The embedded default: one process on SQLite, a completion beside the limit of the machine and stock SpiffWorkflow."""

from __future__ import annotations

from typing import Any

from bench import arithmetic, completions, kernel, lists, measure, overview, places, rig, tables

TO_RAW, FLAT, DEADLINE = 2.5, 1.2, 5.0

_KERNEL_HEADS = (("executor alone, one step", "median", "best", "p95", "stock median", "×"),)


def figures(given: rig.Rig) -> dict[str, Any]:
    """Measure completions, the executor alone, deadlines, and the pages that read much."""
    quick, directory = given.quick, given.place("embedded")
    depths = (10, 50) if quick else (10, 100, 1_000, 10_000)
    sizes = (10, 50) if quick else (10, 100, 1_000)
    samples = 6 if quick else 300
    widths = (2, 10) if quick else (2, 10, 100)
    bench = completions.Bench(places.OnSqlite(directory), directory, given.say)
    return {
        "deadlines": arithmetic.figures(calls=500, rounds=3 if quick else 200),
        "kernel": kernel.figures(rounds=2 if quick else 40, widths=widths, depths=depths, window=10 if quick else 300),
        "lists": lists.figures(directory, tasks=500 if quick else 100_000, rounds=2 if quick else 10),
        "overview": overview.figures(
            directory, sizes=(50, 500) if quick else (1_000, 100_000), rounds=2 if quick else 10
        ),
        "chains": bench.chains(samples),
        "loops": bench.loops(depths, samples),
        "multi_instances": bench.multi_instances(sizes, samples),
    }


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every target with what was measured: of the ratios of medians and of best times, the worse."""
    small, first, last = found["chains"][0], found["loops"][0], found["loops"][-1]
    growth = [measure.ratio(last["product"], first["product"], figure) or 0.0 for figure in ("wall_us", "best_us")]
    return [
        tables.at_most(f"{small['name']}: times the raw limit", TO_RAW, max(small["to_raw"], small["to_raw_best"])),
        tables.at_most(f"{last['name']}: times the cost of {first['name']}", FLAT, max(growth)),
        *(tables.at_most(f"{each['name']}: µs", DEADLINE, each["us"]) for each in found["deadlines"]),
    ]


def text(found: dict[str, Any]) -> str:
    """Return the figures as tables; times in µs, by turns."""
    steps = [_step(each) for each in found["kernel"]]
    deadlines = [(each["name"], f"{each['us']:.2f}") for each in found["deadlines"]]
    pages = [(each["name"], f"{each['us']:,.0f}") for each in found["lists"]]
    years = [(each["name"], f"{each['us']:,.0f}", f"{each['ratio']:.1f}") for each in found["overview"]]
    return "\n\n".join(
        [
            completions.text([*found["chains"], *found["loops"], *found["multi_instances"]]),
            tables.table(_KERNEL_HEADS, steps),
            tables.table((("calendar", "µs"),), deadlines),
            tables.table((("a page of what is to be done, with its counts", "µs"),), pages),
            tables.table((("the statistics of a year", "µs", "times the first"),), years),
        ]
    )


def _step(each: dict[str, Any]) -> tuple[str, ...]:
    own = [tables.number(each["product"][figure]) for figure in ("wall_us", "best_us", "p95_us")]
    return (each["name"], *own, tables.number(each["stock"]["wall_us"]), tables.number(each["stock_to_product"], 2))
