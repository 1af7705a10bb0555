"""Many cases out of a few real ones: every row that the engine wrote for them, copied inside the database.

A copy is a case of its own: own numbers of rows, own number of the case in every text, pair of characters and key that
has it, own due times by a microsecond each. What it cannot have is an audit trail that can be verified: its hashes are
those of the case that it was copied from.
"""

from __future__ import annotations

import dataclasses
import pathlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import postgresql
import sqlalchemy as sa

from bench import large_pack
from engine.store import all_tables, types

#: Copies of the sample that are written by one statement.
_CHUNK = 25
#: Columns with the number of the case somewhere in their text.
_NUMBERED = {
    ("instances", "business_key"),
    ("subscriptions", "correlation_key"),
    ("search_documents", "text"),
    ("search_documents", "labels"),
    ("audit", "details"),
    ("notices", "title"),
    ("notices", "text"),
}
#: Columns that end with the number of a row: `user_task/9`, `/cases/7`, `start-3`.
_REFERRING = {
    ("audit", "subject"),
    ("notices", "event"),
    ("notices", "link"),
    ("reminders", "subject"),
    ("idempotency", "key"),
}
_OF_CASES = ("instance/", "/cases/", "start-")
_OF_TASKS = ("user_task/", "/tasks/", "task-")
#: Times by which rows are found in order: those of copies are apart.
_SPREAD = {("timers", "due"), ("user_tasks", "due"), ("user_tasks", "sort_due"), ("candidates", "sort_due")}
#: Columns that name a case without a foreign key; and tables of which all rows are of cases, without a column of it.
_CASE_COLUMNS = ("instance_id", "root_id", "chain")
_WITHOUT = ("reminders", "idempotency")
_GRAMS = ("search_grams", "label_grams")
#: What the chain of the system says of a case.
_BEGUN = "(chain = 0 AND action = 'instance-started')"


class Database(Protocol):
    """What differs between the databases."""

    find: str

    def run(self, sql: str) -> list[Any]:
        """Send a statement; return its rows."""

    def series(self, first: int, last: int) -> str:
        """Return a table `r` of numbers with the column `r`."""

    def padded(self, value: str, width: int) -> str:
        """Return a number as text with leading zeros."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """The cases that are copied: their first and last id, how far apart the rows of copies are by table."""

    first: int
    last: int
    cases: int
    strides: dict[str, int]


def sample(database: Database) -> Sample:
    """Measure the sample: all cases that there are."""
    ((first, last, count),) = database.run("SELECT min(id), max(id), count(*) FROM instances")
    strides = {}
    for table in _tables(database):
        if "id" in table.c and table.c.id.primary_key:
            ((top,),) = database.run(f"SELECT max(id) FROM {table.name}")
            ((low,),) = database.run(f"SELECT min(id) FROM {table.name}{_only(table, first, last)}")
            strides[table.name] = top - low + 1
    return Sample(first, last, count, strides)


def _tables(database: Database) -> list[sa.Table]:
    """Return the tables that have rows of cases, but for the index of words."""
    found = []
    for table in all_tables.metadata.sorted_tables:
        own = any(name in table.c for name in _CASE_COLUMNS) or table.name in ("instances", *_WITHOUT)
        if own and table.name not in _GRAMS and database.run(f"SELECT 1 FROM {table.name} LIMIT 1"):
            found.append(table)
    return found


def _only(table: sa.Table, first: int, last: int) -> str:
    if table.name in _WITHOUT:
        return ""
    column = "id" if table.name == "instances" else next(name for name in _CASE_COLUMNS if name in table.c)
    begun = f" OR {_BEGUN}" if table.name == "audit" else ""
    return f" WHERE {column} BETWEEN {first} AND {last}{begun}"


def _number(name: str) -> str:
    """Return the number at the end of a text."""
    return f"CAST(substr({name}, length(rtrim({name}, '0123456789')) + 1) AS bigint)"


class Copier:
    """Writes copies of the sample through one connection."""

    def __init__(self, database: Database, of: Sample) -> None:
        self._database = database
        self._of = of
        name, width = large_pack.NUMBER, large_pack.DIGITS
        old = f"substr(business_key, {len(name) + 1})"
        database.run(
            f"CREATE TEMP TABLE sample_cases AS SELECT id AS case_id, {old} AS old, CAST({old} AS bigint) AS number"
            f" FROM instances WHERE id BETWEEN {of.first} AND {of.last}"
        )
        self._new = database.padded(f"c.number + r.r * {of.cases}", width)

    def rows(self, first: int, last: int) -> None:
        """Write these copies, but for the index of words."""
        for table in _tables(self._database):
            self._insert(table, first, last)

    def _insert(self, table: sa.Table, first: int, last: int) -> None:
        if first == 1:
            kept = f"SELECT * FROM {table.name}{_only(table, self._of.first, self._of.last)}"
            self._database.run(f"CREATE TEMP TABLE sample_{table.name} AS {kept}")
        case = "id" if table.name == "instances" else next((each for each in _CASE_COLUMNS if each in table.c), None)
        which = f"c.case_id = s.{case}"
        if table.name == "audit":  # the chain of the system names the case in another column
            which = f"c.case_id = CASE s.chain WHEN 0 THEN {_number('s.subject')} ELSE s.chain END"
        joined = "" if case is None else f" JOIN sample_cases c ON {which}"
        order = " ORDER BY r.r" if case is None else f" ORDER BY r.r, s.{case}"
        columns = ", ".join(f'"{column.name}"' for column in table.c)
        values = ", ".join(self._value(table, column) for column in table.c)
        self._database.run(
            f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM sample_{table.name} s{joined}"
            f" CROSS JOIN {self._database.series(first, last)}{order}"
        )

    def _value(self, table: sa.Table, column: sa.Column[Any]) -> str:
        place, name = (table.name, column.name), f's."{column.name}"'
        if place in _NUMBERED:
            return f"replace({name}, '{large_pack.NUMBER}' || c.old, '{large_pack.NUMBER}' || {self._new})"
        if place in _REFERRING:
            return self._referring(name)
        if place == ("audit", "chain"):
            return f"CASE {name} WHEN 0 THEN 0 ELSE {name} + r.r * {self._of.strides['instances']} END"
        if place == ("audit", "seq"):  # one entry of each case in the chain of the system
            return f"{name} + CASE s.chain WHEN 0 THEN r.r * {self._of.cases} ELSE 0 END"
        if place in _SPREAD:
            never = types.dump_instant(types.NEVER)
            apart = f"substr({name}, 1, 20) || {self._database.padded('r.r', 6)} || 'Z'"
            return f"CASE WHEN {name} = '{never}' THEN {name} ELSE {apart} END"
        target = self._target(table, column)
        return name if target is None else f"{name} + r.r * {self._of.strides[target]}"

    def _target(self, table: sa.Table, column: sa.Column[Any]) -> str | None:
        if column.name == "id" and table.name in self._of.strides:
            return table.name
        if column.name in _CASE_COLUMNS:
            return "instances"
        if column.name == "user_task_id":
            return "user_tasks"
        targets = [key.column.table.name for key in column.foreign_keys if key.column.name == "id"]
        return next((target for target in targets if target in self._of.strides), None)

    def _referring(self, name: str) -> str:
        prefix = f"rtrim({name}, '0123456789')"
        number = _number(name)
        choices = "".join(
            f" WHEN {prefix} IN ({', '.join(repr(each) for each in prefixes)})"
            f" THEN {prefix} || ({number} + r.r * {self._of.strides[target]})"
            for prefixes, target in ((_OF_CASES, "instances"), (_OF_TASKS, "user_tasks"))
        )
        return f"CASE{choices} ELSE {name} || '-' || r.r END"

    def words(self, first: int, last: int) -> None:
        """Write of these copies what searches and filters find them by, in the order of the index."""
        self._search(first, last)
        self._labels(first, last)

    def _source(self, table: str, first: int) -> str:
        if first == 1:
            kept = f"SELECT * FROM {table} WHERE instance_id BETWEEN {self._of.first} AND {self._of.last}"
            self._database.run(f"CREATE TEMP TABLE sample_{table} AS {kept}")
        return f"sample_{table} s JOIN sample_cases c ON c.case_id = s.instance_id"

    def _search(self, first: int, last: int) -> None:
        """Beginnings of the number become those of the new one, all else stays."""
        series, stride = self._database.series(first, last), self._of.strides["instances"]
        source = self._source("search_grams", first)
        gram = (
            f"CASE WHEN length(s.gram) <= {large_pack.DIGITS} AND substr(c.old, 1, length(s.gram)) = s.gram"
            f" THEN substr({self._new}, 1, length(s.gram)) ELSE s.gram END"
        )
        self._database.run(
            f"INSERT INTO search_grams (gram, instance_id) SELECT {gram}, s.instance_id + r.r * {stride}"
            f" FROM {source} CROSS JOIN {series} ORDER BY 1, 2"
        )

    def _labels(self, first: int, last: int) -> None:
        """Pairs of digits are those of the new number, each once; all else stays."""
        series, stride = self._database.series(first, last), self._of.strides["instances"]
        source, find = self._source("label_grams", first), self._database.find
        width = large_pack.DIGITS
        pair = f"substr({self._new}, p.p, 2)"
        places = " UNION ALL ".join(f"SELECT {place} AS p" for place in range(1, width))
        self._database.run(
            f"INSERT INTO label_grams (gram, instance_id)"
            f" SELECT s.gram, s.instance_id + r.r * {stride} FROM {source} CROSS JOIN {series}"
            f" WHERE {find}(c.old, s.gram) = 0 AND s.gram NOT IN ('20', '02', '26')"
            f" UNION ALL SELECT {pair}, c.case_id + r.r * {stride} FROM sample_cases c CROSS JOIN {series}"
            f" CROSS JOIN ({places}) p WHERE {find}({self._new}, {pair}) = p.p AND {pair} NOT IN ('20', '02', '26')"
            f" UNION ALL SELECT y.gram, c.case_id + r.r * {stride} FROM sample_cases c CROSS JOIN {series}"
            " CROSS JOIN (SELECT '20' AS gram UNION ALL SELECT '02' UNION ALL SELECT '26') y ORDER BY 1, 2"
        )

    def clean(self) -> None:
        """Put those who read the audit trail at its end, for they have read it, and so the chain of the system."""
        self._database.run("UPDATE feeds SET position = (SELECT max(id) FROM audit)")
        self._database.run(
            "UPDATE audit_heads SET seq = (SELECT max(seq) FROM audit WHERE audit.chain = audit_heads.chain)"
        )


def copy(url: str, copies: int, say: Callable[[str], None]) -> None:
    """Write so many copies of all cases of a database that nobody else uses.

    Args:
        url: The database, as SQLAlchemy has it.
        copies: How many of each.
        say: Tells how far it is.
    """
    if copies < 1:
        return
    if url.startswith("sqlite"):
        _copy_sqlite(url.removeprefix("sqlite:///"), copies, say)
    else:
        _copy_postgresql(url, copies, say)


def _chunks(copies: int) -> Iterable[tuple[int, int]]:
    return ((first, min(first + _CHUNK - 1, copies)) for first in range(1, copies + 1, _CHUNK))


# --- SQLite ----------------------------------------------------------------------------------------------------------


class _Sqlite:
    find = "instr"

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)

    def run(self, sql: str) -> list[Any]:
        return self.connection.execute(sql).fetchall()

    def series(self, first: int, last: int) -> str:
        numbers = f"SELECT {first} UNION ALL SELECT r + 1 FROM n WHERE r < {last}"
        return f"(WITH RECURSIVE n(r) AS ({numbers}) SELECT r FROM n) r"

    def padded(self, value: str, width: int) -> str:
        return f"printf('%0{width}d', {value})"


def _copy_sqlite(path: str, copies: int, say: Callable[[str], None]) -> None:
    """Without indexes, that are made at the end; words in one go, in their order."""
    database = _Sqlite(path)
    for setting in ("journal_mode=DELETE", "synchronous=OFF", "cache_size=-400000", "temp_store=FILE"):
        database.run(f"PRAGMA {setting}")
    of = sample(database)
    tables = [*(table.name for table in _tables(database)), *_GRAMS]
    names = ", ".join(f"'{name}'" for name in tables)
    indexes = database.run(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({names})"
    )
    copier = Copier(database, of)
    for name, _ in indexes:
        database.run(f"DROP INDEX {name}")
    for first, last in _chunks(copies):
        say(f"SQLite: {last * of.cases:,} cases copied")
        database.run("BEGIN")
        copier.rows(first, last)
        database.run("COMMIT")
    say("SQLite: copying words")
    copier.words(1, copies)
    for name, sql in indexes:
        say(f"SQLite: indexing, {name}")
        database.run(sql)
    copier.clean()
    database.run("ANALYZE")
    database.run("PRAGMA journal_mode=WAL")
    database.connection.close()
    pathlib.Path(f"{path}-journal").unlink(missing_ok=True)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


class _Postgresql:
    find = "strpos"

    def __init__(self, url: str) -> None:
        self.connection = postgresql.connect(url)
        # As a replica that is fed: foreign keys are not looked up row by row. What is written is right by its making.
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '1GB'",
            "work_mem = '256MB'",
            "max_parallel_maintenance_workers = 2",
        ):
            self.connection.execute(f"SET {setting}")

    def run(self, sql: str) -> list[Any]:
        done = self.connection.execute(sql)  # type: ignore[call-overload]
        return [] if done.description is None else list(done.fetchall())

    def series(self, first: int, last: int) -> str:
        return f"generate_series({first}, {last}) AS r(r)"

    def padded(self, value: str, width: int) -> str:
        return f"lpad(CAST({value} AS text), {width}, '0')"


_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
WHERE i.indrelid = '{table}'::regclass
AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid)
"""


def _copy_postgresql(url: str, copies: int, say: Callable[[str], None]) -> None:
    """Words through one connection, everything else through another, at the same time; indexes are made at the end."""
    database = _Postgresql(url)
    # Room for the log: a checkpoint every some seconds is no part of what is measured later.
    database.run("ALTER SYSTEM SET max_wal_size = '4GB'")
    database.run("SELECT pg_reload_conf()")
    of = sample(database)
    tables = [table.name for table in _tables(database)]

    def rows() -> None:
        mine = _Postgresql(url)
        copier = Copier(mine, of)
        again = _without_indexes(mine, tables)
        for first, last in _chunks(copies):
            say(f"PostgreSQL: {last * of.cases:,} cases copied")
            copier.rows(first, last)
        _run_all(mine, again)
        copier.clean()
        mine.connection.close()

    def words() -> None:
        mine = _Postgresql(url)
        copier = Copier(mine, of)
        again = _without_indexes(mine, _GRAMS)
        for first, last in _chunks(copies):
            copier.words(first, last)
        _run_all(mine, again)
        mine.connection.close()

    _together(rows, words)
    for name in tables:
        sequence = f"pg_get_serial_sequence('{name}', 'id')"
        if name in of.strides:
            database.run(f"SELECT setval({sequence}, (SELECT max(id) FROM {name})) WHERE {sequence} IS NOT NULL")
    say("PostgreSQL: looking over the tables, as it does by itself in time")
    database.run("VACUUM ANALYZE")
    database.run("CHECKPOINT")
    database.connection.close()


def _without_indexes(database: _Postgresql, tables: Sequence[str]) -> list[str]:
    """Drop indexes that no foreign key needs; return what makes them again."""
    again = []
    for table in tables:
        for index, definition, constraint, what in database.run(_INDEXES.format(table=table)):
            if constraint is None:
                database.run(f"DROP INDEX {index}")
                again.append(definition)
            else:
                database.run(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
                again.append(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {what}")
    return again


def _run_all(database: _Postgresql, statements: Iterable[str]) -> None:
    for each in statements:
        database.run(each)


def _together(*pieces: Callable[[], None]) -> None:
    """Do pieces of work at the same time; raise what the first that failed raised."""
    failed: list[BaseException] = []

    def guarded(piece: Callable[[], None]) -> None:
        try:
            piece()
        except BaseException as error:  # handed to whoever waits
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(piece,)) for piece in pieces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
