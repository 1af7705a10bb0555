"""Bytes of a case on PostgreSQL, table by table with its indexes: cases are played, and the tables grow.

The chain of three user tasks is played by the product's own pack of measurements; 预审 (an application to publish
information) and 听证 (a public hearing, with the choice of its participants) as the acceptance tests play them.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable
from typing import Any

import psycopg

from bench import product, rig, tables
from bench.rig import postgresql
from engine import bootstrap, config, testing

_CASES = str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "processes")
if _CASES not in sys.path:  # a clone of the repository: how cases of the procedures come about stands there
    sys.path.append(_CASES)

import tingzheng_case  # noqa: E402 - found only now
import yushen_case  # noqa: E402

_SIZES = (
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)
_Play = Callable[[testing.EngineDriver, int], None]


def _chain(driver: testing.EngineDriver, number: int) -> None:
    given = {"v0": f"value-0-{number}", "v1": f"value-1-{number}"}
    driver.start("chain", as_=product.CLERK, variables=given, business_key=f"case-{number}")


def _chain_finished(driver: testing.EngineDriver, number: int) -> None:
    _chain(driver, number)
    for _ in range(3):
        (task,) = driver.tasks()
        driver.complete(task, as_=product.CLERK)


def _application(driver: testing.EngineDriver, _number: int) -> None:
    yushen_case.to_office(driver)


def _application_finished(driver: testing.EngineDriver, _number: int) -> None:
    yushen_case.to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=yushen_case.APPROVE)


def _hearing(driver: testing.EngineDriver, _number: int) -> None:
    tingzheng_case.announce(driver)
    tingzheng_case.register(driver, 3)


def _hearing_finished(driver: testing.EngineDriver, _number: int) -> None:
    tingzheng_case.to_decision(driver, observers=["P001"])
    rows = [*tingzheng_case.adoptions(), {"outcome": "adopt"}]
    driver.complete("根据听证笔录作出决定", as_="周明", form={**tingzheng_case.DECIDE, "adoptions": rows})


#: What is played, and how many cases. The chains alone with --quick, few of them.
_PLAYS: dict[str, tuple[_Play, int]] = {
    "chain, open": (_chain, 1_000),
    "chain, finished": (_chain_finished, 1_000),
    "预审, open": (_application, 200),
    "预审, finished": (_application_finished, 200),
    "听证, open": (_hearing, 20),
    "听证, finished": (_hearing_finished, 20),
}
_CHAINS = (_chain, _chain_finished)
_FEW = 5


def figures(given: rig.Rig) -> list[dict[str, Any]]:
    """Play cases of each kind on a database of their own; return the bytes of one, by table."""
    packs = given.place("packs")
    product.write_pack(packs)
    return [_measure(given, packs, name) for name, (play, _) in _PLAYS.items() if play in _CHAINS or not given.quick]


def _measure(given: rig.Rig, packs: pathlib.Path, name: str) -> dict[str, Any]:
    play, many = _PLAYS[name]
    cases = _FEW if given.quick else many
    url = given.server.create()
    database = bootstrap.open_store(config.Settings(database=url))
    bootstrap.upgrade(database)
    database.dispose()
    pack: str | pathlib.Path = packs if play in _CHAINS else "shizhengwuban"
    place = given.place(name.replace(", ", "-"))
    with (
        testing.EngineDriver(pack, at=tingzheng_case.MONDAY, directory=place, database=url) as driver,
        postgresql.connect(url) as connection,
    ):
        before = _sizes(connection)
        rows = _rows(connection)
        for number in range(cases):
            given.say(f"{name}: {number + 1} of {cases}")
            play(driver, number)
        after = _sizes(connection)
        found = {table: (size - before.get(table, 0)) / cases for table, size in after.items()}
        added = {table: (count - rows[table]) / cases for table, count in _rows(connection).items()}
    lines = [{"table": table, "bytes": size, "rows": added[table]} for table, size in found.items()]
    return {
        "name": name,
        "cases": cases,
        "bytes": sum(found.values()),
        "rows": sum(added.values()),
        "tables": sorted(filter(_grown, lines), key=lambda each: -each["bytes"]),
    }


def _grown(line: dict[str, Any]) -> bool:
    return bool(line["bytes"] or line["rows"])


def _sizes(connection: psycopg.Connection) -> dict[str, int]:
    """Return the bytes of every table with its indexes, when what updates have left behind was cleared away."""
    connection.execute("VACUUM ANALYZE")
    return {name: int(size) for name, size in connection.execute(_SIZES).fetchall()}


def _rows(connection: psycopg.Connection) -> dict[str, int]:
    names = [name for name, _ in connection.execute(_SIZES).fetchall()]
    counted = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)
    return {name: int(count) for name, count in connection.execute(counted).fetchall()}


def text(found: list[dict[str, Any]]) -> str:
    """Return a table for all, and one for each kind of case with where most of its bytes are."""
    heads = (("one case", "cases", "rows", "bytes"),)
    rows = [
        (each["name"], str(each["cases"]), tables.number(each["rows"], 1), tables.number(each["bytes"]))
        for each in found
    ]
    told = [tables.table(heads, rows)]
    for each in found:
        lines = [
            (line["table"], tables.number(line["rows"], 1), tables.number(line["bytes"]))
            for line in each["tables"][:12]
        ]
        told.append(tables.table(((each["name"], "rows", "bytes"),), lines))
    return "\n\n".join(told)


def targets(_found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Nothing is promised here."""
    return []
