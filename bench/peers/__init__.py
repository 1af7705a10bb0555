"""Engines that run embedded in Java, on the same PostgreSQL, with full history; and the product, played the same way.

Start, three user tasks, end. A process of its own plays each engine, on a database of its own, and whatever is measured
is read from outside of it: processor time from /proc, transactions and bytes of the log from the server.
"""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import socket
import statistics
import tempfile
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bench import rig, tables
from bench.peers import own, players
from bench.rig import postgresql

#: The product, in one process and in two.
OWN = "gongkai"
#: How many times the cases per CPU-second of the best engine in Java the product is to play, by one process.
AHEAD = 1.0
#: Cases that are played before anything is measured, cases of one measurement, repetitions.
_FULL, _QUICK = (2_000, 3_000, 3), (20, 60, 1)
_THREADS = (1, 2, 4)
#: Where what Maven builds stays for the next time.
BUILT = pathlib.Path(tempfile.gettempdir()) / "gongkai-peers"
_HEADS = (
    ("", "cases", "start", "ms", "", "complete", "ms", "", "writing", "WAL", "CPU ms", "a case", "cases per", "CPU-s"),
    ("", "/s", "p50", "p95", "p99", "p50", "p95", "p99", "tx/case", "KB/case", "engine", "server", "engine", "both"),
)


def figures(given: rig.Rig) -> dict[str, Any]:
    """Measure every engine with 1, 2 and 4 threads, the product with 1 and 2 processes; by turns, medians."""
    given.say("building the engines in Java")
    try:
        built = players.build(BUILT)
    except players.Missing as error:
        return {"skipped": str(error)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with postgresql.Server(*postgresql.DURABLE, port=port, room=given.room) as server:
        return _measure(given, server, port, built)


def _measure(given: rig.Rig, server: Any, port: int, built: pathlib.Path) -> dict[str, Any]:
    warm, cases, repetitions = _QUICK if given.quick else _FULL
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for repetition in range(repetitions):
        threads = _THREADS[repetition % 3 :] + _THREADS[: repetition % 3]
        plans = [(name, 1, threads) for name in players.JAVA] + [(OWN, 1, (1,)), (OWN, 2, (1,))]
        for name, processes, counts in plans[repetition % len(plans) :] + plans[: repetition % len(plans)]:
            place = given.place(f"{name}-{processes}-{repetition}")
            url = sa.make_url(server.create()).set(host="127.0.0.1", port=port, query={})
            with contextlib.ExitStack() as stack:
                text = url.render_as_string(hide_password=False)
                crew = [stack.enter_context(each) for each in _crew(name, processes, text, place, built)]
                game = _Game(crew, server)
                game.begin(warm)
                for count in counts:
                    given.say(f"repetition {repetition + 1} of {repetitions}: {name}, {count} thread(s)")
                    line = game.measure(count, cases)
                    found.setdefault((name, processes * count), []).append(line)
                game.end()
    lines = [_median(name, workers, each) for (name, workers), each in found.items()]
    return {"cases": cases, "repetitions": repetitions, "lines": sorted(lines, key=_order)}


def _crew(name: str, processes: int, url: str, place: pathlib.Path, built: pathlib.Path) -> Iterator[players.Player]:
    command = players.java(built, name, url) if name != OWN else players.python(url, place)
    if name == OWN:
        own.prepare(url, place)
    return (players.Player(command, place / "log") for _ in range(processes))


class _Game:
    """Processes on one database, and the server below them."""

    def __init__(self, crew: list[players.Player], server: Any) -> None:
        self._crew = crew
        self._server = server
        self._played = 0

    def begin(self, warm: int) -> None:
        """Wait until all are ready, and play what is not measured."""
        for each in self._crew:
            each.answer()
        self._play(1, warm)

    def measure(self, threads: int, cases: int) -> dict[str, Any]:
        """Play cases; return what they took, for each case."""
        with postgresql.connect(self._server.url("postgres")) as connection:
            self._all("gc")
            connection.execute("CHECKPOINT")  # all begin with the same images of whole pages to write
            before = players.counters(connection)
            cpu = sum(each.cpu() for each in self._crew)
            served = players.used_by_server(self._server.pid)
            played = self._play(threads, cases)
            served = players.used_by_server(self._server.pid) - served
            cpu = sum(each.cpu() for each in self._crew) - cpu
            after = players.counters(connection)
        return {
            **played,
            "cases_per_second": cases / played["seconds"],
            "transactions": (after[0] - before[0] - 1) / cases,  # one of them asked
            "wal_bytes": (after[1] - before[1]) / cases,
            "cpu_ms": cpu / cases * 1e3,
            "server_cpu_ms": served / cases * 1e3,
            "per_cpu_second": cases / cpu,
            "per_cpu_second_of_both": cases / (cpu + served),
        }

    def end(self) -> None:
        """End all; every case is to have finished.

        Raises:
            RuntimeError: Some have not.
        """
        finished = int(self._all("end")[0])
        if finished != self._played:
            raise RuntimeError(f"{finished} cases have finished, and {self._played} were played")

    def _play(self, threads: int, cases: int) -> dict[str, Any]:
        shares = [cases // len(self._crew) + (n < cases % len(self._crew)) for n in range(len(self._crew))]
        for each, share in zip(self._crew, shares, strict=True):
            each.tell(f"play {threads} {share}")
        self._played += cases
        return players.played([each.answer() for each in self._crew])

    def _all(self, line: str) -> list[str]:
        for each in self._crew:
            each.tell(line)
        return [each.answer() for each in self._crew]


def _median(name: str, workers: int, lines: list[dict[str, Any]]) -> dict[str, Any]:
    plain = [figure for figure, value in lines[0].items() if not isinstance(value, list)]
    return {
        "engine": name,
        "workers": workers,
        **{figure: statistics.median(each[figure] for each in lines) for figure in plain},
        **{
            figure: [statistics.median(values) for values in zip(*(each[figure] for each in lines), strict=True)]
            for figure in ("start_ms", "complete_ms")
        },
    }


def _order(line: dict[str, Any]) -> tuple[int, str, int]:
    return (line["engine"] == OWN, line["engine"], line["workers"])


def text(found: dict[str, Any]) -> str:
    """Return the table; or why there is none."""
    if "skipped" in found:
        return str(found["skipped"])
    rows = [
        (
            _name(each),
            tables.number(each["cases_per_second"]),
            *(tables.number(value, 2) for value in itertools.chain(each["start_ms"], each["complete_ms"])),
            tables.number(each["transactions"], 2),
            tables.number(each["wal_bytes"] / 1000, 1),
            *(tables.number(each[figure], 2) for figure in ("cpu_ms", "server_cpu_ms")),
            *(tables.number(each[figure]) for figure in ("per_cpu_second", "per_cpu_second_of_both")),
        )
        for each in found["lines"]
    ]
    told = f"{found['cases']:,} cases of start, three user tasks, end; medians of {found['repetitions']}."
    return f"{tables.table(_HEADS, rows)}\n\n{told}"


def _name(line: dict[str, Any]) -> str:
    one, many = ("process", "processes") if line["engine"] == OWN else ("thread", "threads")
    return f"{line['engine']}, {line['workers']} {one if line['workers'] == 1 else many}"


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how far the product is ahead of each engine in Java, per core: at its best, whatever its threads."""
    if "skipped" in found:
        return []
    (alone,) = [each for each in found["lines"] if each["engine"] == OWN and each["workers"] == 1]
    met = []
    for name in players.JAVA:
        best = max(each["per_cpu_second"] for each in found["lines"] if each["engine"] == name)
        measured = alone["per_cpu_second"] / best
        met.append(tables.at_least(f"cases per CPU-second of the engine: times those of {name}", AHEAD, measured))
    return met
