"""The whole engine on one file: random processes, random acts of many people at once, and after each of them the rows
are exactly what the tokens wait for. Then the same with processes that are killed before a random statement.

What is checked is read with the driver of SQLite alone, past everything that wrote it.
"""

from __future__ import annotations

import collections
import contextlib
import datetime
import json
import logging
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import packbuilder
import play
import pytest
import random_process

from engine import bootstrap, config, errors, jobs, registry, testing
from engine.actions import (
    checking,
    cooperation,
    definitions,
    deployments,
    incidents,
    instances,
    messages,
    signals,
    user_tasks,
)
from engine.actions import jobs as job_actions
from engine.model import commands
from engine.model.cooperation import CountersignKind

ADMIN = commands.Actor("admin", admin=True)
PEOPLE = [commands.Actor(name, frozenset(roles)) for name, (_, roles) in packbuilder.USERS.items()]
CLERKS = [each for each in PEOPLE if "clerk" in each.roles]
SEEDS = range(8)
HOUR = datetime.timedelta(hours=1)
REFUSALS = (errors.Conflict, errors.Forbidden, errors.InvalidInput, errors.NotFound)
STOPPED = "get('stop', 0) == 1"
#: A process that is called: a job that may fail, a task, a message, and an end that may be reached by a condition.
CHILD = play.diagram(
    '<startEvent id="s"/><serviceTask id="j" camunda:type="external" camunda:topic="t"/>'
    f'<userTask id="u"/><intermediateThrowEvent id="w">{play.ESCALATION}</intermediateThrowEvent><endEvent id="e"/>'
    f'<subProcess id="esp" triggeredByEvent="true"><startEvent id="c" isInterrupting="false">'
    f'{play.condition(STOPPED)}</startEvent><callActivity id="deeper" calledElement="leaf"/><endEvent id="x"/>'
    f"{play.flows('c>deeper>x')}</subProcess>",
    "s>j>u>w>e",
    play.ROOTS,
)
#: What the processes throw starts this one.
HEARD = play.diagram(
    '<startEvent id="s"><messageEventDefinition messageRef="T"/></startEvent>'
    '<serviceTask id="j" camunda:type="external" camunda:topic="t"/><endEvent id="e"/>',
    "s>j>e",
    play.ROOTS,
)
#: One that calls it: errors and escalations climb, a deadline ends what was called.
CALLER = play.diagram(
    '<startEvent id="s"/><callActivity id="call" calledElement="c"/><userTask id="u"/><endEvent id="e"/><endEvent id="x"/>'
    f'<boundaryEvent id="b1" attachedToRef="call">{play.ERROR}</boundaryEvent>'
    f'<boundaryEvent id="b2" attachedToRef="call">{play.timer("Duration", "PT5H")}</boundaryEvent>'
    f'<boundaryEvent id="b3" attachedToRef="call" cancelActivity="false">{play.ESCALATION}</boundaryEvent>',
    "s>call>u>e;b1>u;b2>u;b3>x",
    play.ROOTS,
)
LEAF = play.diagram('<startEvent id="s"/><userTask id="u"/><endEvent id="e"/>', "s>u>e")
TABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs" name="d" namespace="t">
<decision id="d" name="d"><decisionTable id="dt" hitPolicy="FIRST"><input id="i"><inputExpression id="ie">
<text>count</text></inputExpression></input><output id="o" name="r" typeRef="string"/><rule id="r1"><inputEntry id="e1">
<text>-</text></inputEntry><outputEntry id="o1"><text>"yes"</text></outputEntry></rule></decisionTable></decision>
</definitions>"""


class Nothing(Exception):
    """There is nothing that this could be done to."""


class World:
    """A pack of random processes in one database, and what may happen to it."""

    def __init__(self, place: pathlib.Path, seed: int) -> None:
        self.place, self.seed, self.random = place, seed, random.Random(seed)
        self.database = place / "world.db"
        self.clock = testing.FixedClock()
        self.processes = {f"p{seed * 100 + n}": random_process.make(seed * 100 + n, people=n == 0) for n in range(3)}
        self.processes["caller"] = random_process.RandomProcess(CALLER, set(), lambda done: None)
        self.engine = self._open()
        self.acts = 0
        self.refused: collections.Counter[str] = collections.Counter()
        self.done: collections.Counter[str] = collections.Counter()
        self.stale: list[Any] = []
        self.answers: dict[tuple[int, str, str], Any] = {}

    def _open(self) -> bootstrap.Engine:
        @registry.handler("t")
        def work(job: registry.Job) -> dict[str, Any]:
            return self.work(job)

        packs = self.place / "packs"
        diagrams = {name: _named(made.data, name) for name, made in self.processes.items()}
        diagrams |= {"c": _named(CHILD, "c"), "leaf": _named(LEAF, "leaf"), "heard": _named(HEARD, "heard")}
        packbuilder.write(packs, diagrams, decisions={"d": TABLE})
        settings = config.Settings(database=f"sqlite:///{self.database}", packs=(packs,))
        engine = bootstrap.open_engine(settings, self.clock, shipped_packs=False)
        engine.handlers = registry.Registry(registry.of(work))
        return engine

    def work(self, job: registry.Job) -> dict[str, Any]:
        """Do the job, or fail in one of the ways in which handlers fail."""
        luck = self.random.random()
        if self.calm or luck < 0.5:
            return {f"done_{job.element_id}": job.attempt}
        if luck < 0.7:
            raise ValueError("no luck")
        if luck < 0.8:
            return "not a dictionary"  # type: ignore[return-value]
        raise errors.BpmnError(self.random.choice(["E1", "E2"]), "bad luck", {"blame": luck})

    calm = False

    # -- acts ---------------------------------------------------------------------------------------------------------

    def act(self) -> None:
        """Do something; what is refused must leave the database as it was."""
        self.acts += 1
        with self.look() as rows:
            before = rows.execute("PRAGMA data_version").fetchone()
            done = False
            while not done:
                done = self._try(self.random.choice(ACTS), rows, before)

    def _try(self, act: Callable[[World, sqlite3.Connection], None], rows: sqlite3.Connection, before: Any) -> bool:
        try:
            act(self, rows)
            self.done[act.__name__] += 1
        except Nothing:
            return False
        except REFUSALS as refusal:
            self.refused[f"{act.__name__} {type(refusal).__name__}"] += 1
            why = f"{act.__name__} was refused ({refusal}), and changed something"
        else:
            return True
        assert rows.execute("PRAGMA data_version").fetchone() == before, why
        return True

    @contextlib.contextmanager
    def look(self) -> Iterator[sqlite3.Connection]:
        """Read the database as it lies there."""
        rows = sqlite3.connect(self.database, isolation_level=None)
        rows.row_factory = sqlite3.Row
        try:
            yield rows
        finally:
            rows.close()

    def some(self, rows: sqlite3.Connection, table: str, where: str = "1") -> int:
        """Return the id of one of these rows; now and then that of any row, or of none."""
        luck = self.random.random()
        found = [
            row[0] for row in rows.execute(f"SELECT id FROM {table} WHERE {where if luck < 0.85 else 1} ORDER BY id")
        ]
        if not found and luck < 0.98:
            raise Nothing
        return self.random.choice(found) if found else 999_999

    def start(self, rows: sqlite3.Connection) -> None:
        if (
            rows.execute("SELECT count(*) FROM instances WHERE parent_id IS NULL AND ended_at IS NULL").fetchone()[0]
            > 5
        ):
            raise Nothing
        key, name = f"K{self.random.randrange(5)}", self.random.choice(sorted(self.processes))
        again = self.random.choice([None, f"start-{name}-{self.random.randrange(6)}"])
        instances.start(self.engine, name, ADMIN, variables={"count": 0}, business_key=key, idempotency_key=again)

    def complete(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "status = 'open'")
        who = self._holder(rows, task)
        taken_back = "SELECT count(*) FROM audit WHERE action = 'withdraw-user-task' AND subject = ?"
        key = f"key-{task}-{rows.execute(taken_back, (f'user_task/{task}',)).fetchone()[0]}"
        first = user_tasks.complete(self.engine, task, who, idempotency_key=key)
        assert self.answers.setdefault((task, who.id, key), first) == first
        assert user_tasks.complete(self.engine, task, who, idempotency_key=key) == first

    def claim(self, rows: sqlite3.Connection) -> None:
        user_tasks.claim(self.engine, self.some(rows, "user_tasks", "status = 'open'"), self._holder(rows, 0))

    def unclaim(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "status = 'open' AND assignee IS NOT NULL")
        user_tasks.unclaim(self.engine, task, self._holder(rows, task))

    def delegate(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "status = 'open' AND assignee IS NOT NULL")
        user_tasks.delegate(self.engine, task, self.random.choice(PEOPLE).id, self._holder(rows, task))

    def resolve(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "delegation = 'pending'")
        user_tasks.resolve(self.engine, task, self._holder(rows, task))

    def transfer(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "status = 'open'")
        user_tasks.transfer(self.engine, task, self.random.choice(PEOPLE).id, self.random.choice([*PEOPLE, ADMIN]))

    def _holder(self, rows: sqlite3.Connection, task: int) -> commands.Actor:
        if not self.calm and self.random.random() < 0.1:
            return self.random.choice(PEOPLE)
        found = rows.execute("SELECT assignee FROM user_tasks WHERE id = ?", (task,)).fetchone()
        return next((each for each in PEOPLE if found and each.id == found[0]), self.random.choice(CLERKS))

    def send_back(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "status = 'open' AND assignee IS NOT NULL AND countersign IS NULL")
        who = self._holder(rows, task)
        targets = cooperation.return_targets(self.engine, task, who)
        if not targets:
            raise Nothing
        allowed = [each for each in targets if each.allowed]
        target = self.random.choice(allowed if allowed and self.random.random() < 0.8 else targets)
        cooperation.return_to(self.engine, task, target.element_id, "请补充", who)

    def take_back(self, rows: sqlite3.Connection) -> None:
        last = (
            "(status = 'completed' AND id IN (SELECT t.id FROM user_tasks t JOIN instances i ON i.id = t.instance_id"
            " WHERE i.undo IS NOT NULL AND t.token = json_extract(substr(i.undo, 1, instr(i.undo || char(10), char(10))"
            " - 1), '$.of'))) OR countersign = 'submitted'"
        )
        task = self.some(rows, "user_tasks", last)
        by = rows.execute("SELECT coalesce(completed_by, assignee) FROM user_tasks WHERE id = ?", (task,)).fetchone()
        who = next((each for each in PEOPLE if by and each.id == by[0]), self.random.choice(PEOPLE))
        why = cooperation.can_withdraw(self.engine, task, who)
        said = None
        try:
            cooperation.withdraw(self.engine, task, who)
        except REFUSALS as refusal:
            said = refusal.message
            raise
        finally:
            assert why == said

    def ask(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "status = 'open' AND assignee IS NOT NULL")
        kind, people = self.random.choice(list(CountersignKind)), self.random.sample(PEOPLE, self.random.randint(1, 2))
        cooperation.countersign(self.engine, task, kind, [each.id for each in people], self._holder(rows, task))

    def answer(self, rows: sqlite3.Connection) -> None:
        asked = self.some(rows, "countersignatures", "status = 'open'")
        agrees = self.calm or self.random.random() < 0.7
        cooperation.answer(self.engine, asked, self._asked(rows, asked), agrees=agrees, opinion="意见")

    def drop(self, rows: sqlite3.Connection) -> None:
        asked = self.some(rows, "countersignatures", "status IN ('open', 'planned')")
        by = rows.execute("SELECT asked_by FROM countersignatures WHERE id = ?", (asked,)).fetchone()
        who = next((each for each in PEOPLE if by and each.id == by[0]), self.random.choice(PEOPLE))
        cooperation.remove_countersignature(self.engine, asked, who)

    def _asked(self, rows: sqlite3.Connection, asked: int) -> commands.Actor:
        found = rows.execute("SELECT person FROM countersignatures WHERE id = ?", (asked,)).fetchone()
        return next((each for each in PEOPLE if found and each.id == found[0]), self.random.choice(PEOPLE))

    def copy(self, rows: sqlite3.Connection) -> None:
        case, (to, who) = self.some(rows, "instances"), self.random.sample(PEOPLE, 2)
        cooperation.copy_to(self.engine, case, who, people=[to.id])

    def urge(self, rows: sqlite3.Connection) -> None:
        task = self.some(rows, "user_tasks", "status = 'open'")
        cooperation.urge(self.engine, task, self.random.choice([*PEOPLE, ADMIN]))

    def message(self, rows: sqlite3.Connection) -> None:
        ttl = self.random.choice([None, datetime.timedelta(), 3 * HOUR])
        number = self.random.choice([None, f"m{self.random.randrange(10)}"])
        key = self.random.choice([f"K{self.random.randrange(5)}", None])
        name = self.random.choice(["msg", "msg", "msg", "aside", "told"])
        messages.correlate(self.engine, name, ADMIN, key=key, payload={"said": self.acts}, message_id=number, ttl=ttl)

    def signal(self, rows: sqlite3.Connection) -> None:
        signals.send(self.engine, "sig", ADMIN, payload={"seen": self.acts})

    def background(self, rows: sqlite3.Connection) -> None:
        jobs.run_until_idle(self.engine)

    def time(self, rows: sqlite3.Connection) -> None:
        self.clock.advance(minutes=self.random.choice([1, 30, 61, 300]))
        jobs.run_until_idle(self.engine)

    def fall_silent(self, rows: sqlite3.Connection) -> None:
        self.stale += job_actions.lease(self.engine, f"silent-{self.acts}", limit=1)

    def come_back(self, rows: sqlite3.Connection) -> None:
        if not self.stale:
            raise Nothing
        late = self.stale.pop(self.random.randrange(len(self.stale)))
        what = self.random.randrange(4)
        if what == 0:
            job_actions.complete(self.engine, late, {"late": 1})
        elif what == 1:
            job_actions.fail(self.engine, late, "late", retry=self.random.random() < 0.5)
        elif what == 2:
            job_actions.throw_bpmn_error(self.engine, late, "E1", "late")
        else:
            job_actions.release(self.engine, late)

    def suspend(self, rows: sqlite3.Connection) -> None:
        instances.suspend(self.engine, self.some(rows, "instances", "status = 'active'"), ADMIN)

    def activate(self, rows: sqlite3.Connection) -> None:
        instances.activate(self.engine, self.some(rows, "instances", "status = 'suspended'"), ADMIN)

    def cancel(self, rows: sqlite3.Connection) -> None:
        calls = "ended_at IS NULL AND id IN (SELECT parent_id FROM instances WHERE ended_at IS NULL)"
        which = self.random.choice(["ended_at IS NULL AND started_at < '2026-03-09T03'", calls])
        instances.cancel(self.engine, self.some(rows, "instances", which), "不再需要", ADMIN)

    def retry(self, rows: sqlite3.Connection) -> None:
        incidents.retry(self.engine, self.some(rows, "incidents", "resolved_at IS NULL"), ADMIN)

    def by_hand(self, rows: sqlite3.Connection) -> None:
        incident = self.some(rows, "incidents", "resolved_at IS NULL AND kind = 'job'")
        incidents.resolve(self.engine, incident, "已由人工办理", ADMIN, variables={"by_hand": True})

    def variables(self, rows: sqlite3.Connection) -> None:
        case = self.some(rows, "instances", "ended_at IS NULL")
        instances.set_variables(self.engine, case, {"stop": self.random.choice([0, 1])}, ADMIN)

    def comment(self, rows: sqlite3.Connection) -> None:
        user_tasks.add_comment(self.engine, self.some(rows, "instances"), "同意", self.random.choice(PEOPLE))

    def version(self, rows: sqlite3.Connection) -> None:
        if self.random.random() < 0.3:
            definitions.suspend(self.engine, self.some(rows, "definitions", "status = 'active'"), ADMIN)
        else:
            definitions.activate(self.engine, self.some(rows, "definitions", "status = 'suspended'"), ADMIN)

    def redeploy(self, rows: sqlite3.Connection) -> None:
        changed = self.random.choice(sorted(self.processes))
        data = _named(self.processes[changed].data, changed) + b"<!-- %d -->" % self.acts
        packbuilder.write(self.place / "packs", {changed: data})
        deploy(self.engine)

    # -- to the end ---------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Bring every case to its end, by whatever it waits for."""
        self.calm = True
        for round in range(200):
            jobs.run_until_idle(self.engine)
            with self.look() as rows:
                if not rows.execute("SELECT 1 FROM instances WHERE ended_at IS NULL").fetchone():
                    return
                if not self._push(rows):
                    self.clock.advance(hours=1)
            assert round < 199, "the cases do not come to an end"

    def _push(self, rows: sqlite3.Connection) -> bool:
        for (number,) in rows.execute("SELECT id FROM definitions WHERE status = 'suspended'").fetchall():
            definitions.activate(self.engine, number, ADMIN)
        for (case,) in rows.execute("SELECT id FROM instances WHERE status = 'suspended' ORDER BY id").fetchall():
            with contextlib.suppress(errors.Conflict):  # it has gone on with its caller
                instances.activate(self.engine, case, ADMIN)
        for (incident,) in rows.execute("SELECT id FROM incidents WHERE resolved_at IS NULL").fetchall():
            with contextlib.suppress(errors.Conflict):
                incidents.retry(self.engine, incident, ADMIN)
        asked = rows.execute("SELECT id FROM countersignatures WHERE status = 'open'").fetchall()
        for (number,) in asked:
            with contextlib.suppress(errors.Conflict):  # the task has gone on without it
                cooperation.answer(self.engine, number, self._asked(rows, number), agrees=True)
        tasks = rows.execute("SELECT id, delegation FROM user_tasks WHERE status = 'open'").fetchall()
        for task, delegation in tasks:
            with contextlib.suppress(errors.Conflict):
                if delegation == "pending":
                    user_tasks.resolve(self.engine, task, self._holder(rows, task))
                user_tasks.complete(self.engine, task, self._holder(rows, task))
        if tasks or asked:
            return True
        # Whatever only listens aside would begin something new each time: the signal comes when nothing else is left.
        waiting = "SELECT name, correlation_key FROM subscriptions WHERE instance_id IS NOT NULL AND kind = 'message'"
        known = [key for name, key in rows.execute(waiting).fetchall() if name == "msg"]
        for key in known:
            messages.correlate(self.engine, "msg", ADMIN, key=key)
        if not known and not rows.execute("SELECT 1 FROM timers").fetchone():
            signals.send(self.engine, "sig", ADMIN)
        return False

    # -- what must be true --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Compare rows and tokens."""
        with self.look() as rows:
            found = list(faults(rows))
        with self.engine.store.read() as uow:
            found += [problem.sentence() for problem in uow.audit.verify()]
        assert not found, "\n".join(found)


ACTS = [
    *[World.start] * 3, *[World.complete] * 8, *[World.claim] * 3, World.unclaim, World.delegate, *[World.resolve] * 2,
    World.transfer, *[World.message] * 3, World.signal, *[World.background] * 3, *[World.time] * 2, World.fall_silent,
    World.come_back, World.suspend, *[World.activate] * 2, World.cancel, *[World.retry] * 3, World.by_hand,
    *[World.send_back] * 3, *[World.take_back] * 3, World.ask, *[World.answer] * 2, World.drop, World.copy, World.urge,
    *[World.variables] * 2, World.comment, World.version, World.redeploy,
]  # fmt: skip


def _named(data: bytes, name: str) -> bytes:
    """Give a process its key. It throws what it does not wait for itself, and what listens aside has its own message:
    else it would wake itself for ever, or take every message from the token that cannot go on without one."""
    begin, catch, throw = b'isInterrupting="false">', play.MESSAGE.encode(), b'<messageEventDefinition messageRef="T"/>'
    data = data.replace(begin + catch, begin + catch.replace(b'"M"', b'"A"'))
    data = re.sub(rb'(<intermediateThrowEvent id="\w+">)' + re.escape(catch), rb"\1" + throw, data)
    data = re.sub(rb'(<sendTask id="\w+" messageRef=)"M"', rb'\1"T"', data)
    data = data.replace(
        b'<message id="M"', b'<message id="T" name="told"/><message id="A" name="aside"/><message id="M"'
    )
    data = data.replace(b'id="p"', f'id="{name}"'.encode()).replace(b'name="P"', f'name="{name}"'.encode())
    return data.replace(b"<userTask ", b'<userTask camunda:candidateGroups="clerk" ')


def deploy(engine: bootstrap.Engine) -> None:
    """Deploy the pack; that random diagrams have no names, pictures and clauses is not the question here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "refuse", lambda slug, findings: None)
        deployments.deploy(engine, "demo", ADMIN)


# --- tokens and rows -------------------------------------------------------------------------------------------------


def faults(rows: sqlite3.Connection) -> Iterator[str]:
    """Yield what is in the tokens and not in the rows, what is in the rows and not in the tokens, and what is absurd."""
    cases = {row["id"]: row for row in rows.execute("SELECT * FROM instances")}
    tokens = {number: _tokens(case) for number, case in cases.items()}
    waits: dict[str, set[tuple[int, int]]] = collections.defaultdict(set)
    for number, found in tokens.items():
        for token, (_, _, internal) in found.items():
            for kind in internal.get("waits", ()):
                waits[kind].add((number, token))
    stored = {
        "user_task": "SELECT instance_id, token FROM user_tasks WHERE status = 'open'",
        "job": "SELECT instance_id, token FROM jobs WHERE status IN ('ready', 'leased')",
        "timer": "SELECT instance_id, token FROM timers WHERE instance_id IS NOT NULL",
        "subscription": "SELECT instance_id, token FROM subscriptions WHERE instance_id IS NOT NULL",
        "call": "SELECT parent_id, parent_token FROM instances WHERE parent_id IS NOT NULL AND ended_at IS NULL",
        "incident": "SELECT instance_id, token FROM incidents WHERE resolved_at IS NULL",
    }
    assert set(waits) <= set(stored)
    for kind, select in stored.items():
        count = collections.Counter(tuple(row) for row in rows.execute(select))
        for at in waits[kind] - set(count):
            yield f"token {at} waits for a {kind}, and there is no row"
        for at in set(count) - waits[kind]:
            yield f"a {kind} is open at {at}, and no token waits for it"
        yield from (f"{n} rows of {kind} at {at}" for at, n in count.items() if n > 1)
    yield from _times(rows, tokens)
    yield from _cases(cases, tokens)
    yield from _jobs(rows, tokens)
    yield from _history(rows, cases, tokens)
    yield from _candidates(rows)
    yield from _countersignatures(rows)
    yield from _lost_messages(rows, cases)


def _tokens(case: sqlite3.Row) -> dict[int, tuple[int, str, dict[str, Any]]]:
    assert isinstance(json.loads(case["variables"]), dict)
    found = json.loads(case["tokens"]).get("tokens", [])
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: (row[1], row[2], row[5]) for row in found}


def _times(rows: sqlite3.Connection, tokens: dict[int, Any]) -> Iterator[str]:
    for case, token, due in rows.execute("SELECT instance_id, token, due FROM timers WHERE instance_id IS NOT NULL"):
        known = tokens[case].get(token)
        stored = datetime.datetime.fromisoformat(due)
        stored = stored if stored.tzinfo else stored.replace(tzinfo=datetime.UTC)
        if known and datetime.datetime.fromisoformat(known[2]["due"]) != stored:
            yield f"timer {token} of case {case} is due {due}, the token says {known[2]['due']}"


def _cases(cases: dict[int, sqlite3.Row], tokens: dict[int, Any]) -> Iterator[str]:
    for number, case in cases.items():
        ended = case["status"] in ("completed", "cancelled", "error")
        if ended != (case["ended_at"] is not None):
            yield f"case {number} is {case['status']} and ended at {case['ended_at']}"
        if ended and any(parent for parent, _, _ in tokens[number].values()):
            yield f"case {number} has ended with tokens: {tokens[number]}"
        if not ended and len(tokens[number]) < 2:
            yield f"case {number} is open and has no token"
        above = cases.get(case["parent_id"])
        if above is not None and not ended and above["status"] == "suspended" != case["status"]:
            yield f"case {number} is {case['status']} while its caller rests"


def _jobs(rows: sqlite3.Connection, tokens: dict[int, Any]) -> Iterator[str]:
    last = {(row["instance_id"], row["token"]): row for row in rows.execute("SELECT * FROM jobs ORDER BY id")}
    select = "SELECT instance_id, token FROM incidents WHERE resolved_at IS NULL AND kind = 'job'"
    failed = {tuple(row) for row in rows.execute(select)}
    for at, job in last.items():
        if at in failed and job["status"] != "failed":
            yield f"job {job['id']} is {job['status']}, and has an incident"
        if at not in failed and job["status"] == "failed" and at[1] in tokens[at[0]]:
            yield f"job {job['id']} has failed, its token {at} is there, and there is no incident"
        if (job["status"] in ("ready", "leased")) != (job["poll_at"] is not None):
            yield f"job {job['id']} is {job['status']} and polled at {job['poll_at']}"
        if (job["status"] == "leased") != (job["lease_until"] is not None):
            yield f"job {job['id']} is {job['status']} and leased until {job['lease_until']}"
        if job["attempt"] < 0 or job["retries_left"] < 0:
            yield f"job {job['id']} was tried {job['attempt']} times, {job['retries_left']} are left"


def _history(rows: sqlite3.Connection, cases: dict[int, sqlite3.Row], tokens: dict[int, Any]) -> Iterator[str]:
    there = {(row["instance_id"], row["token"]): row for row in rows.execute("SELECT * FROM element_history")}
    inside = {at for at, row in there.items() if row["left_at"] is None}
    expected = {
        (case, token)
        for case, found in tokens.items()
        for token, (parent, _, internal) in found.items()
        if parent and internal.get("role") is None
    }
    for at in expected ^ inside:
        yield f"token {at} is {'there' if at in expected else 'gone'}, its visit is {dict(there[at]) if at in there else None}"
    for at, row in there.items():
        if (row["left_at"] is None) != (row["outcome"] is None):
            yield f"visit {at} ended {row['left_at']} as {row['outcome']}"
        if row["left_at"] is not None and row["left_at"] < row["entered_at"]:
            yield f"visit {at} ended before it began"
        if row["left_at"] is None and cases[at[0]]["ended_at"] is not None:
            yield f"visit {at} goes on in a case that has ended"


def _candidates(rows: sqlite3.Connection) -> Iterator[str]:
    expected = set()
    for row in rows.execute("SELECT * FROM user_tasks"):
        if row["status"] == "open" and row["assignee"] is None:
            expected.add((row["instance_id"], row["token"], "group", "clerk"))
        if (row["status"] == "open") != (row["completed_at"] is None):
            yield f"user task {row['id']} is {row['status']} and ended at {row['completed_at']}"
        if row["delegation"] == "pending" and (row["owner"] is None or row["assignee"] is None):
            yield f"user task {row['id']} is delegated by {row['owner']} to {row['assignee']}"
    stored = {tuple(row) for row in rows.execute("SELECT instance_id, token, kind, name FROM candidates")}
    yield from (f"candidate {each} is {'missing' if each in expected else 'too many'}" for each in expected ^ stored)


def _countersignatures(rows: sqlite3.Connection) -> Iterator[str]:
    select = "SELECT t.id, t.status, t.countersign, t.held IS NOT NULL, group_concat(c.status || ':' || c.kind) FROM"
    select += " user_tasks t LEFT JOIN countersignatures c ON c.user_task_id = t.id GROUP BY t.id"
    for number, status, mark, held, asked in rows.execute(select):
        there = {tuple(each.split(":")) for each in (asked or "").split(",") if each}
        states = {state for state, _ in there}
        if status != "open":
            expected = None
            if states & {"open", "planned"}:
                yield f"user task {number} is {status}, and somebody is asked to countersign it"
        elif held:
            expected = "submitted"
            if ("open", "after") not in there or "planned" in states:
                yield f"user task {number} is submitted and nobody is asked to agree: {asked}"
        else:
            expected = "asked" if "open" in states else "planned" if "planned" in states else None
            if ("open", "after") in there:
                yield f"user task {number} is not submitted, and somebody is asked to agree"
        if mark != expected or (held and status != "open"):
            yield f"user task {number} ({status}) says {mark}, and those asked say {asked}"


def _lost_messages(rows: sqlite3.Connection, cases: dict[int, sqlite3.Row]) -> Iterator[str]:
    waiting = {
        (row["name"], row["correlation_key"])
        for row in rows.execute("SELECT * FROM subscriptions WHERE kind = 'message' AND instance_id IS NOT NULL")
        if cases[row["instance_id"]]["status"] == "active"
    }
    kept = {
        (row["name"], row["correlation_key"]) for row in rows.execute("SELECT * FROM messages WHERE status = 'waiting'")
    }
    # What is kept may have expired; then nobody gets it, and the next round of background work says so.
    for name, key in waiting & kept:
        late = rows.execute(
            "SELECT min(received_at), max(expires_at) FROM messages WHERE status = 'waiting' AND name = ? AND"
            " correlation_key IS ?", (name, key),
        ).fetchone()  # fmt: skip
        newest = rows.execute("SELECT max(at) FROM audit").fetchone()[0]
        if late[1] > newest:
            yield f"a message {name} for {key} is kept since {late[0]}, and somebody waits for it"


# --- tests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_after_every_act_the_rows_are_what_the_tokens_wait_for(tmp_path: pathlib.Path, seed: int) -> None:
    world = World(tmp_path, seed)
    deploy(world.engine)
    with world.engine:
        for _ in range(120):
            world.act()
            world.check()
        world.finish()
        world.check()
    assert world.done.total() > 60, f"most acts were refused: {world.refused}"


def test_a_process_killed_before_any_statement_leaves_rows_and_tokens_in_step(tmp_path: pathlib.Path) -> None:
    paths = os.pathsep.join(path for path in sys.path if path)
    killer = subprocess.run(
        [sys.executable, __file__, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killer.stderr == ""
    assert killer.returncode == 0
    assert killer.stdout.count("killed") > 15, killer.stdout


def be_killed(place: pathlib.Path, seed: int, clock: testing.FixedClock, statement: int) -> bool:
    """Do random acts in a process of its own until its n-th statement; tell whether it was killed there.

    Time goes on from where the process left it.
    """
    spent, spend = os.pipe()
    child = os.fork()
    if child == 0:
        world = World(place, seed)
        world.clock.set(clock.now())
        left = statement

        def send(sql: str) -> None:
            nonlocal left
            left -= 1
            os.write(spend, f"{world.clock.now().isoformat()}\n".encode())
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        with world.engine.store.observed(send):
            for _ in range(10):
                world.act()
        os._exit(0)
    os.close(spend)
    with open(spent, encoding="ascii") as times:  # read while it runs: a pipe holds little
        clock.set(datetime.datetime.fromisoformat(times.readlines()[-1].strip()))
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL), ended
    return status != 0


def main(place: pathlib.Path) -> None:
    """Let a world be killed again and again, look at what is left each time, and bring it to its end."""
    logging.disable()  # that jobs fail is wanted here
    chance = random.Random(7)
    world = World(place, 7)
    deploy(world.engine)
    world.engine.store.dispose()  # a child that is forked has no use for its connections
    for round in range(24):
        killed = be_killed(place, 7000 + round, world.clock, chance.randrange(1, 120))
        print("killed" if killed else "lived")
        world.clock.advance(minutes=20)
        world.check()
        world.engine.store.dispose()
    world.finish()
    world.check()
    world.engine.close()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
