"""Measure what the product costs, print a report, keep the figures with `--json`. Nothing passes or fails by time."""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import pathlib
import platform
import sqlite3
import sys
import tempfile
from typing import Any

from bench import clients, embedded, ids, jobs, large, on_postgresql, peers, rig, storage, tables

SECTIONS: dict[str, tuple[str, rig.Section]] = {
    "embedded": ("One process on SQLite. Times in µs, by turns.", embedded),
    "postgresql": ("One process on PostgreSQL. Times in µs, by turns.", on_postgresql),
    "clients": ("Many clients at once, in-process and over HTTP.", clients),
    "large": ("Very many open cases, on PostgreSQL and SQLite.", large),
    "ids": ("Ids that are numbers, and UUIDs: 1,000,000 rows of real tables, PostgreSQL.", ids),
    "peers": ("Engines in Java on the same PostgreSQL, full history. By turns.", peers),
    "storage": ("Bytes of a case on PostgreSQL, tables with their indexes.", storage),
    "jobs": ("Background work: a backlog, immediate jobs, timers, a burst.", jobs),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"which: {', '.join(SECTIONS)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="few samples of small cases: whether it runs, not how fast"
    )
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write all figures to FILE")
    parser.add_argument("--directory", help="where the databases go: the disk to measure (default: the temporary one)")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.sections if name not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}; there are: {', '.join(SECTIONS)}")
    with tempfile.TemporaryDirectory(prefix="gongkai-bench-", dir=options.directory) as directory:
        given = rig.Rig(pathlib.Path(directory), options.quick, say, options.directory)
        try:
            with contextlib.closing(given):
                found = measure(given, options.sections or list(SECTIONS))
        except PermissionError as error:
            parser.error(str(error))
    if options.json is not None:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def measure(given: rig.Rig, sections: list[str]) -> dict[str, Any]:
    """Measure section after section, print each when it is done; return all figures."""
    found: dict[str, Any] = {"machine": machine(), "quick": given.quick, "targets": []}
    tell(", ".join(f"{name} {value}" for name, value in found["machine"].items()))
    for name in sections:
        title, section = SECTIONS[name]
        found[name] = section.figures(given)
        met = section.targets(found[name])
        found["targets"] += met
        tell(f"{name}: {title}", section.text(found[name]), *([tables.goals(met)] if met else []))
    return found


def machine() -> dict[str, str]:
    """Return what was measured on."""
    return {
        "CPUs": str(os.cpu_count()),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **{name: importlib.metadata.version(name) for name in ("SpiffWorkflow", "SQLAlchemy", "psycopg")},
    }


def tell(*paragraphs: str) -> None:
    """Print paragraphs, each with an empty line behind it."""
    say("")
    for each in paragraphs:
        print(each, end="\n\n", flush=True)


def say(text: str) -> None:
    """Tell whoever waits at a terminal how far it is."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
