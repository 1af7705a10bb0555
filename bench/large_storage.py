"""How many bytes the rows of a case take, by table and index."""

from __future__ import annotations

import sqlite3
from typing import Any

import postgresql

_POSTGRESQL = """
SELECT t.relname, coalesce(i.relname, ''), pg_relation_size(coalesce(i.oid, t.oid))
    + CASE WHEN i.oid IS NULL THEN coalesce(pg_total_relation_size(nullif(t.reltoastrelid, 0)), 0) ELSE 0 END
FROM pg_class t LEFT JOIN (
    SELECT x.indrelid, c.oid, c.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
    UNION ALL SELECT oid, NULL, NULL FROM pg_class WHERE relkind = 'r'
) i ON i.indrelid = t.oid
WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace
"""
_SQLITE = """
SELECT m.tbl_name, CASE m.type WHEN 'index' THEN m.name ELSE '' END, sum(s.pgsize)
FROM dbstat s JOIN sqlite_master m ON m.name = s.name WHERE s.aggregate GROUP BY 1, 2
"""


def figures(url: str, cases: int) -> list[dict[str, Any]]:
    """Return bytes per case by table and index (`index` empty: the rows themselves), the largest first."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            rows = connection.execute(_SQLITE.replace("s.aggregate", "s.aggregate = 1")).fetchall()
    else:
        with postgresql.connect(url) as server:
            rows = server.execute(_POSTGRESQL).fetchall()
    found = [{"table": table, "index": index, "bytes": round(size / cases, 1)} for table, index, size in rows]
    return sorted((each for each in found if each["bytes"] >= 1), key=lambda each: -each["bytes"])
