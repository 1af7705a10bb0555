"""Very many open cases: what pages, acts and the rounds of workers cost, and how much room a case takes."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import statistics
import time
from typing import Any

from bench import large_acts, large_copies, large_pack, large_storage, measure, rig, tables
from engine.store import counting

#: Open cases: on PostgreSQL the first and the last are compared.
SIZES, SQLITE = (100_000, 1_000_000), 100_000
LIST_MS, GROWTH = 50.0, 1.5
_LIST = "task list, first page with counts"
_ROUNDS, _HEAVY, _BLOCK = 100, 3, 10
#: Tables whose room is told.
_SHOWN = 16


@dataclasses.dataclass(slots=True)
class _Bed:
    """A database with its acts."""

    database: str
    cases: int
    office: large_pack.Office
    acts: list[large_acts.Act]
    storage: list[dict[str, Any]]


def figures(given: rig.Rig) -> dict[str, Any]:
    """Measure on PostgreSQL with few and many cases, by turns, then on SQLite."""
    kinds = 12 if given.quick else large_pack.SAMPLE
    sizes = (48, 240) if given.quick else SIZES
    with contextlib.ExitStack() as stack:
        template = given.server.create()
        _sample(given, template, kinds)
        beds = [_bed(given, stack, given.server.create(template=template), kinds, size) for size in sizes]
        measured = _measure(given, beds)
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{given.place('large') / 'large.db'}"
        _sample(given, url, kinds)
        alone = [_bed(given, stack, url, kinds, sizes[0] if given.quick else SQLITE)]
        measured += _measure(given, alone)
    return {"beds": measured}


def _pack(given: rig.Rig) -> pathlib.Path:
    return given.directory / "large-pack"


def _sample(given: rig.Rig, url: str, kinds: int) -> None:
    """Play the cases that are copied, as the first version of the pack has them."""
    given.say(f"playing {kinds} cases")
    large_pack.write(_pack(given))
    office = large_pack.Office(_pack(given), url)
    try:
        office.furnish(-(-kinds // large_pack.OF_A_UNIT))
        office.play(kinds)
    finally:
        office.close()


def _bed(given: rig.Rig, stack: contextlib.ExitStack, url: str, kinds: int, size: int) -> _Bed:
    """Fill a database with copies of its sample."""
    copies = round(size / kinds) - 1
    large_copies.copy(url, copies, given.say)
    office = large_pack.Office.existing(_pack(given), url)
    stack.callback(office.close)
    cases = kinds * (copies + 1)
    acts = large_acts.Acts(office, cases, kinds).all()
    return _Bed(url.partition(":")[0].partition("+")[0], cases, office, acts, large_storage.figures(url, cases))


def _measure(given: rig.Rig, beds: list[_Bed]) -> list[dict[str, Any]]:
    """Measure act by act, the databases by turns."""
    found: list[list[dict[str, Any]]] = [[] for _ in beds]
    rounds, heavy, block = (4, 1, 2) if given.quick else (_ROUNDS, _HEAVY, _BLOCK)
    for acts in zip(*(bed.acts for bed in beds), strict=True):
        given.say(acts[0].name)
        times: list[list[float]] = [[] for _ in beds]
        counts: list[list[tuple[int, int]]] = [[] for _ in beds]
        wanted, at_once = (heavy, 1) if acts[0].heavy else (rounds, block)
        for _ in range(0, wanted, at_once):
            for place, (bed, act) in enumerate(zip(beds, acts, strict=True)):
                for _ in range(at_once):
                    _once(bed, act, times[place], counts[place])
        for place, act in enumerate(acts):
            found[place].append(_line(act, times[place][1:] or times[place], counts[place][-1]))
    return [
        {"database": bed.database, "cases": bed.cases, "acts": lines, "storage": bed.storage}
        for bed, lines in zip(beds, found, strict=True)
    ]


def _once(bed: _Bed, act: large_acts.Act, times: list[float], counts: list[tuple[int, int]]) -> None:
    """Measure one round; the first one, that finds nothing in memory, is left out by whoever reads the times."""
    call = act.prepare()
    with counting.counted(bed.office.engine.store) as count:
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    counts.append((count.statements, count.commits))


def _line(act: large_acts.Act, seconds: list[float], count: tuple[int, int]) -> dict[str, Any]:
    return {
        "name": act.name,
        "point": act.point,
        "heavy": act.heavy,
        "n": len(seconds),
        "p50_ms": _ms(statistics.median(seconds)),
        "p95_ms": _ms(measure.percentile(seconds, 0.95)),
        "p99_ms": _ms(measure.percentile(seconds, 0.99)),
        "best_ms": _ms(min(seconds)),
        "sql": count[0],
        "commits": count[1],
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def growth(found: dict[str, Any]) -> list[tuple[str, float]]:
    """Return of every act on one case or page how many times its cost with many cases is that with few.

    Of the ratio of medians and that of the best times the smaller one: what else the machine does disturbs either.
    """
    few, many = [bed for bed in found["beds"] if bed["database"] == "postgresql"]
    pairs = zip(few["acts"], many["acts"], strict=True)
    return [
        (first["name"], round(min(last[key] / first[key] for key in ("p50_ms", "best_ms")), 2))
        for first, last in pairs
        if first["point"] and not first["heavy"]
    ]


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the targets: the task list, and that nothing about one case or page grows with the number of cases."""
    many = [bed for bed in found["beds"] if bed["database"] == "postgresql"][-1]
    (listed,) = [each for each in many["acts"] if each["name"] == _LIST]
    name, worst = max(growth(found), key=lambda each: each[1])
    return [
        tables.at_most(f"{_LIST}, {many['cases']:,} open cases: p95 in ms", LIST_MS, listed["p95_ms"]),
        tables.at_most(f"what grows most with the cases ({name}): times", GROWTH, worst),
    ]


def text(found: dict[str, Any]) -> str:
    """Return the figures as tables."""
    grown = dict(growth(found))
    parts = []
    for bed in found["beds"]:
        title = f"{bed['database']}, {bed['cases']:,} open cases, ms"
        rows = [
            (
                each["name"],
                *(tables.number(each[key], 1) for key in ("p50_ms", "p95_ms", "p99_ms", "best_ms")),
                str(each["sql"]),
                str(each["commits"]),
                tables.number(grown.get(each["name"]) if _largest(found, bed) else None, 2),
            )
            for each in bed["acts"]
        ]
        parts.append(tables.table(((title, "p50", "p95", "p99", "best", "SQL", "commits", "× few cases"),), rows))
        parts.append(_storage(bed))
    return "\n\n".join(parts)


def _largest(found: dict[str, Any], bed: dict[str, Any]) -> bool:
    return bed is [each for each in found["beds"] if each["database"] == "postgresql"][-1]


def _storage(bed: dict[str, Any]) -> str:
    by_table: dict[str, list[float]] = {}
    for each in bed["storage"]:
        by_table.setdefault(each["table"], [0.0, 0.0])[bool(each["index"])] += each["bytes"]
    ordered = sorted(by_table.items(), key=lambda each: -sum(each[1]))
    largest = [(name, *sizes) for name, sizes in ordered[:_SHOWN]]
    lines = [("all", *(sum(sizes[n] for sizes in by_table.values()) for n in (0, 1))), *largest]
    rows = [
        (name, tables.number(rows), tables.number(index), tables.number(rows + index)) for name, rows, index in lines
    ]
    title = f"{bed['database']}, {bed['cases']:,} open cases: bytes of each"
    return tables.table(((title, "rows", "indexes", "together"),), rows)
