"""One process on PostgreSQL: a completion beside the same rows written by the bare driver."""

from __future__ import annotations

import contextlib
from typing import Any

from bench import completions, places, rig, tables

TO_RAW = 2.0


def figures(given: rig.Rig) -> dict[str, Any]:
    """Measure completions with little and much data, and after many others of the same case."""
    samples = 6 if given.quick else 300
    with contextlib.closing(places.OnPostgresql(given.server)) as place:
        bench = completions.Bench(place, given.place("postgresql"), given.say)
        chains, loops = bench.chains(samples), bench.loops((10, 50) if given.quick else (10, 1_000), samples)
    return {"chains": chains, "loops": loops}


def text(found: dict[str, Any]) -> str:
    """Return the figures as a table."""
    return completions.text([*found["chains"], *found["loops"]])


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the target: of the ratio of medians and that of best times, the worse."""
    small = found["chains"][0]
    worse = max(small["to_raw"], small["to_raw_best"])
    return [tables.at_most(f"PostgreSQL, {small['name']}: times the raw limit", TO_RAW, worse)]
