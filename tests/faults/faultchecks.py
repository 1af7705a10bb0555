"""What must hold after every kill, and at the end of a story: read with plain SQL, not by the platform's own code.

Each check yields sentences; none is what is wanted.
"""

from __future__ import annotations

import collections
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import faultpoints
import faultstory
import sqlalchemy as sa

#: By what a token says that it waits for: the table with the row, and which rows are open.
WAITS = {
    "user_task": ("user_tasks", "status = 'open'"),
    "job": ("jobs", "status IN ('ready', 'leased')"),
    "timer": ("timers", "instance_id IS NOT NULL"),
    "subscription": ("subscriptions", "instance_id IS NOT NULL"),
}
OF_INSTANCES = ("user_tasks", "jobs", "timers", "subscriptions", "incidents", "element_history", "candidates")
#: What every case enters; what it enters when it is judged well, and badly; what is on the way when it is late.
ALWAYS = {"start", "fork", "fill", "post", "review", "join", "answer", "on", "pause", "judge"}
WELL, BADLY = {"broken", "sign", "end"}, {"bad", "mend", "mended"}
LATE, REMINDED = {"late"}, {"remind", "reminder", "reminded"}
CHILD = {"start", "look", "enter", "end"}
#: Elements whose work leaves a line in the record of effects.
JOBS = {"post", "judge", "broken", "reminder", "enter"}


def whole(connection: sa.Connection) -> Iterator[str]:
    """Check that every open token has the rows that it waits for, and that no row waits for a token that is not there.

    This must hold at any moment that another process can see: also right after a kill.
    """
    wanted, open_ = _tokens(connection)
    for kind, (table, condition) in WAITS.items():
        rows = connection.execute(sa.text(f"SELECT instance_id, token FROM {table} WHERE {condition}"))  # noqa: S608
        found = collections.Counter((row[0], row[1]) for row in rows)
        yield from (f"{table} has {count} open rows for {at}" for at, count in found.items() if count > 1)
        yield from (f"{table} has a row for {at}, where nothing waits" for at in found.keys() - wanted[kind])
        yield from (f"the token {at} waits for a {kind}, and {table} has no row" for at in wanted[kind] - found.keys())
    for row in connection.execute(sa.text("SELECT instance_id, token FROM incidents WHERE resolved_at IS NULL")):
        if (row[0], row[1]) not in open_:
            yield f"an incident is open at {tuple(row)}, where no token is"
    for row in connection.execute(
        sa.text("SELECT instance_id, token, element_id FROM element_history WHERE left_at IS NULL")
    ):
        if open_.get((row[0], row[1])) != row[2]:
            yield f"the history says that {tuple(row)} goes on, and no token is there"
    for table in OF_INSTANCES:
        orphans = connection.execute(
            sa.text(
                f"SELECT count(*) FROM {table} x LEFT JOIN instances i ON i.id = x.instance_id"  # noqa: S608
                " WHERE x.instance_id IS NOT NULL AND i.id IS NULL"
            )
        ).scalar()
        if orphans:
            yield f"{table} has {orphans} rows of instances that do not exist"
    yield from _items(connection)


def _items(connection: sa.Connection) -> Iterator[str]:
    """Check that what the items of batches say was done to their cases was done by them, once each."""
    rows = connection.execute(
        sa.text("SELECT b.kind, i.target, i.state FROM batch_items i JOIN batches b ON b.id = i.batch_id")
    ).all()
    said = collections.Counter((row.kind, row.target) for row in rows if row.state == "done")
    sql = (  # a case that is called rests with its caller, and goes on with it
        "SELECT a.action, a.chain FROM audit a JOIN instances i ON i.id = a.chain WHERE i.parent_id IS NULL"
        " AND a.actor = :by AND a.action IN ('suspend-instance', 'activate-instance')"
    )
    noted = connection.execute(sa.text(sql), {"by": faultstory.BOSS.id})
    done = collections.Counter((row.action.removesuffix("-instance"), row.chain) for row in noted)
    if said != done:
        yield f"batches say that they did {sorted(said.items())}, the audit trail says {sorted(done.items())}"


def _tokens(connection: sa.Connection) -> tuple[dict[str, set[tuple[int, int]]], dict[tuple[int, int], str]]:
    """Return which tokens wait for which kind of row, and at which element each token is."""
    wanted: dict[str, set[tuple[int, int]]] = {kind: set() for kind in WAITS}
    open_: dict[tuple[int, int], str] = {}
    running = "SELECT id, tokens FROM instances WHERE ended_at IS NULL"
    for instance, tokens in connection.execute(sa.text(running)):
        for number, _, element, _, _, internal in json.loads(tokens)["tokens"]:
            open_[instance, number] = element
            for kind in internal.get("waits", ()):
                if kind in wanted:
                    wanted[kind].add((instance, number))
    return wanted, open_


def ended(connection: sa.Connection, directory: pathlib.Path, seed: int) -> Iterator[str]:
    """Check that a story that has ended went as its plan says, and that its record says the same as the database."""
    plan = faultstory.plan(seed)
    cases = {
        row.business_key: row
        for row in connection.execute(sa.text("SELECT id, business_key, status FROM instances WHERE parent_id IS NULL"))
    }
    if sorted(cases) != sorted(faultstory.key(at) for at in range(len(plan))):
        yield f"there are the cases {sorted(cases)}, {len(plan)} were started"
    for at, given in enumerate(plan):
        yield from _case(connection, cases[faultstory.key(at)], given)
    for table, condition in [*WAITS.values(), ("incidents", "resolved_at IS NULL"), ("candidates", "1 = 1")]:
        left = connection.execute(sa.text(f"SELECT count(*) FROM {table} WHERE {condition}")).scalar()  # noqa: S608
        if left:
            yield f"{table} has {left} open rows, and everything has ended"
    yield from _effects(connection, directory)
    yield from _acknowledged(connection, directory)
    yield from _registers(connection)
    yield from _batches(connection)
    if connection.dialect.name == "postgresql":
        entries = connection.execute(sa.text("SELECT count(*) FROM procrastinate_jobs")).scalar()
        if entries:
            yield f"the queue has {entries} entries, and everything has ended"


def _batches(connection: sa.Connection) -> Iterator[str]:
    """Check that every batch is over, noted once, and that each of its items has its result."""
    rows = connection.execute(sa.text("SELECT id, kind, state FROM batches ORDER BY id")).all()
    kinds = [kind for kind, _ in faultstory.BATCHES]
    if [row.kind for row in rows] != kinds[: len(rows)]:
        yield f"there are the batches {rows}, expected are {kinds} in this order"
    for row in rows:
        if row.state != "finished":
            yield f"batch {row.id} is {row.state}"
        noted = connection.execute(
            sa.text("SELECT count(*) FROM audit WHERE action = 'finish-batch' AND subject = :batch"),
            {"batch": f"batch/{row.id}"},
        ).scalar()
        if noted != 1:
            yield f"the end of batch {row.id} is noted {noted} times"
    sql = "SELECT batch_id, target, state, sentence FROM batch_items WHERE state NOT IN ('done', 'refused')"
    for item in connection.execute(sa.text(sql)):
        yield f"an item has no result: {tuple(item)}"


def _case(connection: sa.Connection, case: Any, given: dict[str, Any]) -> Iterator[str]:
    if case.status != "completed":
        yield f"case {case.id} is {case.status}"
    ways = ALWAYS | (BADLY if given["refuse"] else WELL)
    yield from _entered(connection, case.id, ways, LATE | (set() if given["refuse"] else REMINDED))
    children = connection.execute(
        sa.text("SELECT id, status FROM instances WHERE parent_id = :id"), {"id": case.id}
    ).all()
    if [child.status for child in children] != ["completed"]:
        yield f"case {case.id} has the child cases {children}, expected is one that is completed"
    for child in children:
        yield from _entered(connection, child.id, CHILD, set())


def _entered(connection: sa.Connection, instance: int, must: set[str], may: set[str]) -> Iterator[str]:
    """Check that an instance entered each element of its way once, and nothing else: no diagram here has a loop."""
    rows = connection.execute(
        sa.text("SELECT element_id, left_at FROM element_history WHERE instance_id = :id"), {"id": instance}
    ).all()
    entered = collections.Counter(row.element_id for row in rows)
    twice = {element: count for element, count in entered.items() if count > 1}
    if twice:
        yield f"instance {instance} entered {twice}"
    if not must <= set(entered) <= must | may:
        yield f"instance {instance} entered {sorted(entered)}, expected are {sorted(must)} and perhaps {sorted(may)}"
    if may >= REMINDED and len(REMINDED & set(entered)) not in (0, len(REMINDED)):
        yield f"instance {instance} was reminded by half: {sorted(entered)}"
    yield from (f"instance {instance} never left {row.element_id}" for row in rows if row.left_at is None)


def _effects(connection: sa.Connection, directory: pathlib.Path) -> Iterator[str]:
    """Check that each piece of work was done, under one key, and once by whoever honours keys."""
    wanted = {
        f"{row.instance_id}-{row.token}": row.element_id
        for row in connection.execute(sa.text("SELECT instance_id, token, element_id FROM element_history"))
        if row.element_id in JOBS
    }
    done = {line["key"]: line["element"] for line in faultpoints.read(directory, "effects")}
    if done != wanted:
        yield f"work was done for {sorted(done.items())}, entered were {sorted(wanted.items())}"
    honoured = collections.Counter(line["key"] for line in faultpoints.read(directory, "honoured.log"))
    twice = [key for key, count in honoured.items() if count > 1]
    if twice:
        yield f"a key was honoured twice: {twice}"
    if not set(honoured) <= set(wanted):
        yield f"keys were honoured that nothing was entered for: {set(honoured) - set(wanted)}"


def _acknowledged(connection: sa.Connection, directory: pathlib.Path) -> Iterator[str]:
    """Check that whatever somebody was told that it happened did happen, as they were told, and to them alone."""
    answers: dict[tuple[str, Any], dict[str, Any]] = {}
    for line in faultpoints.read(directory, "acknowledged"):
        asked = (line["act"], line.get("key") or line.get("task") or line.get("incident") or line.get("instance"))
        first = answers.setdefault(asked, line)
        if first != line and line["act"] in ("start", "complete", "message", "batch"):
            yield f"the same request got two answers: {first} and {line}"
        sql = _TOLD.get(line["act"])
        if sql is not None and not connection.execute(sa.text(sql), line).scalar():
            yield f"acknowledged and lost: {line}"


#: SQL that counts what an acknowledgement speaks of, with its facts as parameters.
_TOLD = {
    "start": "SELECT count(*) FROM instances WHERE id = :instance AND business_key = :key",
    "complete": "SELECT count(*) FROM user_tasks WHERE id = :task AND status = 'completed' AND completed_by = :by",
    "retry": "SELECT count(*) FROM incidents WHERE id = :incident AND resolved_at IS NOT NULL",
    "mend": "SELECT count(*) FROM audit WHERE chain = :instance AND action = 'set-variables'",
    "suspend": "SELECT count(*) FROM audit WHERE chain = :instance AND action = 'suspend-instance'",
    "activate": "SELECT count(*) FROM audit WHERE chain = :instance AND action = 'activate-instance'",
    "message": "SELECT count(*) FROM messages WHERE correlation_key = :key",
    "batch": "SELECT count(*) FROM batches WHERE id = :batch AND kind = :kind",
}


def _registers(connection: sa.Connection) -> Iterator[str]:
    """Check that the register has one entry for each piece of work that writes one, numbered without gaps."""
    rows = connection.execute(sa.text('SELECT serial, "values" FROM register_entries ORDER BY serial')).all()
    keys = [json.loads(row[1])["key"] if isinstance(row[1], str) else row[1]["key"] for row in rows]
    visits = connection.execute(
        sa.text("SELECT instance_id, token FROM element_history WHERE element_id = 'enter'")
    ).all()
    if sorted(keys) != sorted(f"{row[0]}-{row[1]}" for row in visits):
        yield f"the register has the entries {sorted(keys)}, expected are those of {visits}"
    if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
        yield f"the register is numbered {[row[0] for row in rows]}"
