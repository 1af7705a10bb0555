"""Measure what the engine costs, print a report, keep the figures with `--json`. Nothing passes or fails by time."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import sqlite3
import sys
import tempfile
from typing import Any

from bench import arithmetic, completions, kernel, lists, overview, report


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few samples of small cases: whether it runs, not how fast"
    )
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write all figures to FILE")
    parser.add_argument("--directory", help="where the databases go: the disk to measure (default: the temporary one)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="gongkai-bench-", dir=options.directory) as directory:
        found = measure(pathlib.Path(directory), quick=options.quick)
    print(report.text(found))
    if options.json is not None:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def measure(directory: pathlib.Path, *, quick: bool) -> dict[str, Any]:
    """Return all figures."""
    depths = (10, 50) if quick else (10, 100, 1_000, 10_000)
    sizes = (10, 50) if quick else (10, 100, 1_000)
    samples = 6 if quick else 300
    widths = (2, 10) if quick else (2, 10, 100)
    bench = completions.Bench(directory, say)
    found: dict[str, Any] = {
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "spiffworkflow": importlib.metadata.version("SpiffWorkflow"),
        },
        "quick": quick,
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
    found["targets"] = report.targets(found)
    return found


def say(text: str) -> None:
    """Tell whoever waits at a terminal how far it is."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
