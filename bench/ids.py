"""What the kind of an id costs: rows of real tables with 64-bit numbers and with UUIDs that grow with time (version 7).

Both have the tables, columns and indexes of the product; only the id, and what refers to a case, is of another type.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg

from bench import rig, tables
from bench.rig import postgresql
from engine import store

_KINDS = ("number", "uuid")
_TYPES = {"number": "bigint", "uuid": "uuid"}
#: Columns of each table that are an id of their own or of a case.
_IDS = {"user_tasks": ("id", "instance_id"), "audit": ("id", "chain")}
#: A UUID of version 7: the milliseconds, then what is random.
_UUID = (
    "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'"
    " || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid"
)
_AT = "'2026-03-09T01:00:00.000000Z'"
#: What a row holds besides; `n` is its number, three rows of the first table are of one case.
_ROWS = {
    "user_tasks": {
        "token": "mod(n, 3)",
        "element_id": "'Task_shenhe'",
        "name": "'审核公开申请'",
        "status": "'completed'",
        "created_at": _AT,
        "lane": "'综合处'",
        "form_key": "'shizhengwuban/shenhe'",
        "assignee": "'user' || mod(n, 500)",
        "candidate_users": "'[]'",
        "candidate_groups": "'[\"clerk\"]'",
        "due": _AT,
        "priority": "50",
        "clause": "'P000-06'",
        "completed_at": _AT,
        "completed_by": "'user' || mod(n, 500)",
        "sort_due": _AT,
        "announced_at": _AT,
        "submission": '\'{"verdict":"同意","opinion":"材料齐全，内容属实，同意按程序办理。"}\'',
    },
    "audit": {
        "seq": "mod(n, 3)",
        "at": _AT,
        "actor": "'user' || mod(n, 500)",
        "action": "'complete'",
        "subject": "'user_task/' || n",
        "details": '\'{"element":"Task_shenhe","sha256":"\' || md5(n::text) || md5(n::text) || \'"}\'',
        "previous_hash": "md5(n::text) || md5(n::text)",
        "hash": "md5((n + 1)::text) || md5((n + 1)::text)",
    },
}
_HEADS = (("", "", "s", "WAL,", "table,", "key,", "all indexes,"), ("", "", "", "MB", "MB", "MB", "MB"))


def figures(given: rig.Rig) -> dict[str, Any]:
    """Insert rows, thousands by turns, a thousand in a transaction; return seconds and bytes."""
    rows, part = (3_000, 1_000) if given.quick else (1_000_000, 50_000)
    url = given.server.create()
    database = store.Store(url)
    database.upgrade()
    database.dispose()
    lines = []
    with postgresql.connect(url) as connection:
        for table, ids in _IDS.items():
            found: dict[str, dict[str, Any]] = {kind: {"seconds": 0.0, "wal_bytes": 0} for kind in _KINDS}
            for kind in _KINDS:
                _make(connection, table, kind, ids)
            for begin in range(0, rows, part):
                given.say(f"{table}: {begin:,} of {rows:,} rows")
                _stage(connection, begin, part)
                for kind in _KINDS if begin // part % 2 else reversed(_KINDS):
                    _insert(connection, table, kind, found[kind], range(begin, begin + part, 1_000))
            for kind in _KINDS:
                lines.append(
                    {"table": table, "kind": kind, "rows": rows, **found[kind], **_sizes(connection, table, kind)}
                )
    return {"lines": lines}


def _make(connection: psycopg.Connection, table: str, kind: str, ids: tuple[str, ...]) -> None:
    connection.execute(f"CREATE TABLE {table}_{kind} (LIKE {table} INCLUDING ALL)")
    connection.execute(f"ALTER TABLE {table}_{kind} ALTER id DROP DEFAULT")
    for column in ids:
        to = _TYPES[kind]
        connection.execute(f"ALTER TABLE {table}_{kind} ALTER {column} TYPE {to} USING NULL::{to}")


def _stage(connection: psycopg.Connection, begin: int, count: int) -> None:
    """Think up the ids beforehand: what is measured is storing them."""
    connection.execute("DROP TABLE IF EXISTS staged")
    connection.execute(
        "CREATE UNLOGGED TABLE staged AS SELECT n, n + 1 AS number, n / 3 + 1 AS case_number, row_id AS uuid,"
        " first_value(row_id) OVER (PARTITION BY n / 3 ORDER BY n) AS case_uuid"
        f" FROM (SELECT n, {_UUID} AS row_id FROM generate_series({begin}, {begin + count - 1}) AS n ORDER BY n) made"
    )
    connection.execute("CREATE INDEX ON staged (n)")
    connection.execute("ANALYZE staged")


def _insert(connection: psycopg.Connection, table: str, kind: str, found: dict[str, Any], parts: range) -> None:
    values = _ROWS[table]
    own, case = _IDS[table]
    columns = ", ".join((own, case, *values))
    statement = (
        f"INSERT INTO {table}_{kind} ({columns}) SELECT {kind}, case_{kind}, {', '.join(values.values())}"
        " FROM staged WHERE n >= %s AND n < %s ORDER BY n"
    )
    connection.execute("CHECKPOINT")
    log = _log(connection)
    begun = time.perf_counter()
    for begin in parts:
        connection.execute(statement, (begin, begin + parts.step))
    found["seconds"] += time.perf_counter() - begun
    found["wal_bytes"] += _log(connection) - log


def _log(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT (pg_current_wal_lsn() - '0/0')::bigint").fetchone()
    assert row is not None
    return int(row[0])


def _sizes(connection: psycopg.Connection, table: str, kind: str) -> dict[str, int]:
    row = connection.execute(
        "SELECT pg_table_size(%(t)s), pg_indexes_size(%(t)s), (SELECT pg_relation_size(indexrelid) FROM pg_index"
        " WHERE indrelid = %(t)s::regclass AND indisprimary)",
        {"t": f"{table}_{kind}"},
    ).fetchone()
    assert row is not None
    return dict(zip(("table_bytes", "index_bytes", "key_bytes"), map(int, row), strict=True))


def text(found: dict[str, Any]) -> str:
    """Return the figures as a table."""
    rows = [
        (
            each["table"],
            each["kind"],
            tables.number(each["seconds"], 1),
            *(
                tables.number(each[figure] / 1e6, 1)
                for figure in ("wal_bytes", "table_bytes", "key_bytes", "index_bytes")
            ),
        )
        for each in found["lines"]
    ]
    return tables.table(_HEADS, rows)


def targets(_found: dict[str, Any]) -> list[dict[str, Any]]:
    """Nothing is promised here."""
    return []
