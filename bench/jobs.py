"""Jobs and timers in the background: how many a second, how soon an immediate one, how late timers, what bursts do."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

from bench import confined, jobs_watch, measure, rig, tables
from bench import jobs_ground as grounds
from engine import jobs
from engine.store import counting

RATIO, IMMEDIATE_MS, LATE_MS = 1.8, 100.0, 1_000.0
_WAYS = (grounds.QUEUE, grounds.ROWS, grounds.ROWS_SQLITE)
#: A worker of an office looks twice a second; one that has just been given a backlog is not to wait for that.
_POLL = 0.05
#: Of one processor, what a worker may use where it is not to be the machine that limits two of them: with what the
#: server takes for their jobs, two processors are not used up.
PART = 0.35


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    backlog: int
    rounds: int
    immediate: int
    timers: int
    burst: int
    counted: int


_FULL = Size(backlog=2_000, rounds=3, immediate=300, timers=500, burst=10_000, counted=200)
_QUICK = Size(backlog=20, rounds=1, immediate=3, timers=5, burst=30, counted=20)


def figures(given: rig.Rig) -> dict[str, Any]:
    """Measure backlogs with one and two workers, immediate jobs, timers, and bursts of timers."""
    size = _QUICK if given.quick else _FULL
    stage = Stage(given)
    # To start a worker takes seconds: quickly, only the queue is measured, and the worker inside.
    ways, kinds = (_WAYS[:1], [grounds.SMALL]) if given.quick else (_WAYS, list(grounds.TOPICS))
    return {
        "size": dataclasses.asdict(size),
        "backlogs": [_backlogs(stage, way, kind, size) for way in ways for kind in kinds],
        "confined": _confined(stage, kinds, size),
        "inside": _inside(stage, size),
        "immediate": [_immediate(stage, way, size) for way in (grounds.QUEUE, grounds.ROWS_SQLITE)],
        "timers": [_timers(stage, way, size) for way in ways],
        "bursts": [_burst(stage, way, size) for way in ways[:2]],
    }


class Stage:
    """Databases for the measurements: made once for each way, and copied."""

    def __init__(self, given: rig.Rig) -> None:
        self.say = given.say
        self.server = given.server
        self.root = given.place("jobs")
        self._made: dict[str, str] = {}
        self._count = 0
        grounds.write_pack(self.root)

    @contextlib.contextmanager
    def empty(self, way: grounds.Way, poll: float | None = None) -> Iterator[grounds.Ground]:
        """Open a new database with the pack deployed."""
        with contextlib.closing(grounds.Ground(way, self.root, self._new(way), poll=poll)) as ground:
            ground.deploy()
            yield ground

    @contextlib.contextmanager
    def copy(self, way: grounds.Way, url: str, poll: float | None = None) -> Iterator[grounds.Ground]:
        """Open a copy of a database that nobody has open."""
        if way.dialect == "postgresql":
            made = self.server.create(template=url)
        else:
            self._count += 1
            target = self.root / f"{self._count}.db"
            source = self.root / url.rpartition("/")[2]
            with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(target)) as new:
                old.backup(new)
            made = f"sqlite:///{target}"
        with contextlib.closing(grounds.Ground(way, self.root, made, poll=poll)) as ground:
            yield ground

    def _new(self, way: grounds.Way) -> str:
        if way.dialect == "postgresql":
            return grounds.make(self.server.create())
        self._count += 1
        return f"sqlite:///{self.root / f'{self._count}.db'}"

    def postgres(self) -> jobs_watch.Server:
        """Return the server as a process."""
        pid = self.server.pid
        assert pid is not None
        return jobs_watch.Server(pid)


# --- backlogs --------------------------------------------------------------------------------------------------------


def _confined(stage: Stage, kinds: Sequence[str], size: Size) -> dict[str, Any]:
    """Measure workers that have a part of a processor each, as on machines of their own; or tell why they cannot."""
    # Half as many: what has waited for longer than the patience with the queue is looked for in the rows, too.
    size = dataclasses.replace(size, backlog=size.backlog // 2)
    try:
        return {"part": PART, "backlogs": [_backlogs(stage, grounds.QUEUE, kind, size, PART) for kind in kinds]}
    except confined.Refused as refusal:
        stage.say(str(refusal))
        return {"part": PART, "backlogs": [], "refused": str(refusal)}


def _backlogs(stage: Stage, way: grounds.Way, kind: str, size: Size, part: float | None = None) -> dict[str, Any]:
    """Measure one and two workers by turns, each on a copy of the same backlog."""
    with stage.empty(way) as base:
        stage.say(f"{way.name}, {kind}: starting {size.backlog:,} cases")
        for _ in range(size.backlog):
            base.start(grounds.PROCESSES[kind])
        base.settle()
        base.hold()
    found: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    for turn in range(size.rounds):
        for workers in (1, 2) if turn % 2 else (2, 1):
            stage.say(f"{way.name}, {kind}: {workers} workers, round {turn + 1} of {size.rounds}")
            with stage.copy(way, base.url, _POLL if part is None else None) as ground:
                found[workers].append(_work_off(stage, ground, kind, workers, size.backlog, part))
    one, two = (_median(found[workers]) for workers in (1, 2))
    counted = way.dialect == "postgresql" and part is None
    return {
        "name": way.name,
        "handler": kind,
        "one": one,
        "two": two,
        "ratio": round(two["per_second"] / one["per_second"], 2),
        "statements": _statements(stage, way, kind, size.counted) if counted else None,
    }


def _work_off(
    stage: Stage, ground: grounds.Ground, kind: str, workers: int, count: int, part: float | None
) -> dict[str, float]:
    on_server = ground.way.dialect == "postgresql"
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(ground.workers(workers, grounds.TOPICS[kind], part))
        counter = stack.enter_context(contextlib.closing(jobs_watch.Counter(ground.url))) if on_server else None
        server = stage.postgres() if on_server else None
        before = [each.cpu for each in running], server and server.cpu, counter and counter.look()
        released = ground.release()
        ground.await_runs(count)
        took = ground.await_ended(count) - released
        if part is not None:  # held, workers put off what tells people: it is to be done when the time is taken
            took = ground.await_told() - released
        used = sum(each.cpu for each in running) - sum(before[0])
        found = {"per_second": count / took, "worker_ms": used / count * 1e3}
        if server is not None and counter is not None:
            assert before[1] is not None
            assert before[2] is not None
            now = counter.look()
            found["server_ms"] = (server.cpu - before[1]) / count * 1e3
            found["log_bytes"] = (now[1] - before[2][1]) / count
    if len(set(ground.runs())) != count or len(ground.runs()) != count:
        raise AssertionError(
            f"{count} jobs made {len(ground.runs())} effects, {len(set(ground.runs()))} different ones"
        )
    if counter is not None:  # the sessions of the workers are over, and have told all they did
        found["transactions"] = _transactions(ground.url, before[2][0] if before[2] else 0) / count
    return found


def _transactions(url: str, before: int) -> int:
    with contextlib.closing(jobs_watch.Counter(url)) as counter:
        return counter.look()[0] - before


def _inside(stage: Stage, size: Size) -> dict[str, Any]:
    """Measure the worker of the embedded default, in the process that also answers people."""
    way, count = grounds.ROWS_SQLITE, size.backlog
    stage.say(f"{way.name}, in process")
    with stage.empty(way, _POLL) as ground:
        for _ in range(count):
            ground.start(grounds.PROCESSES[grounds.SMALL])
        ground.settle()
        ground.hold()
        with counting.counted(ground.engine.store) as sent, jobs.Worker(ground.engine):
            used, released = time.process_time(), ground.release()
            ground.await_runs(count)
            took = ground.await_ended(count) - released
            used = time.process_time() - used
        return {
            "name": f"{way.name}, {grounds.SMALL}, in process",
            "per_second": round(count / took, 3),
            "worker_ms": round(used / count * 1e3, 3),
            "commits": round(sent.commits / count, 2),
        }


def _statements(stage: Stage, way: grounds.Way, kind: str, count: int) -> float:
    """Return how many statements a job takes from the backlog to its end, those of idle looks among them."""
    with stage.empty(way, _POLL) as ground:
        for _ in range(count):
            ground.start(grounds.PROCESSES[kind])
        ground.settle()
        ground.hold()
        log = jobs_watch.Log(stage.server, ground.url)
        with ground.workers(1, grounds.TOPICS[kind]):
            ground.release()
            before = len(log.statements())
            ground.await_runs(count)
            return round((len(log.statements()) - before) / count, 1)


def _median(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(each[name] for each in rounds), 3) for name in rounds[0]}


# --- immediate jobs and timers ---------------------------------------------------------------------------------------


def _immediate(stage: Stage, way: grounds.Way, size: Size) -> dict[str, Any]:
    """Measure how long a job takes on an idle system, from the commit of the start to that of its completion."""
    stage.say(f"{way.name}: immediate jobs")
    inside = way is grounds.ROWS_SQLITE
    with contextlib.ExitStack() as stack:
        ground = stack.enter_context(stage.empty(way))
        stack.enter_context(jobs.Worker(ground.engine) if inside else ground.workers(1))
        for _ in range(3):
            _until_ended(ground, ground.start("count"))
        waited = []
        for _ in range(size.immediate):
            time.sleep(random.uniform(0.02, 0.06))
            waited.append(_until_ended(ground, ground.start("count")))
    return {"name": f"{way.name}, {'in process' if inside else '1 worker'}", **_spread(waited)}


def _until_ended(ground: grounds.Ground, case: int) -> float:
    """Return how many seconds a case that has just been started takes to its end, to a millisecond more."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < grounds.PATIENCE:
        with ground.engine.store.read() as uow:
            if uow.instances.get(case).status.ended:
                return time.perf_counter() - begun
        time.sleep(0.001)
    raise AssertionError(f"case {case} did not end")


def _timers(stage: Stage, way: grounds.Way, size: Size) -> dict[str, Any]:
    """Measure how late timers fire that are due one to three seconds after their case was started."""
    stage.say(f"{way.name}: timers")
    with stage.empty(way) as ground, ground.workers(1):
        due: dict[int, float] = {}
        for _ in range(size.timers):
            at = time.time() + random.uniform(1.0, 3.0)
            due[ground.start("timer", due=_written(at))] = at
        ground.await_ended(size.timers)
        ended = ground.ended()
    return {"name": way.name, **_spread([ended[case] - at for case, at in due.items()])}


def _burst(stage: Stage, way: grounds.Way, size: Size) -> dict[str, Any]:
    """Measure a burst of due timers with two workers, and immediate jobs that come in its middle."""
    stage.say(f"{way.name}: {size.burst:,} timers")
    with stage.empty(way) as ground:
        later = _written(time.time() + 86_400)
        timers = [ground.start("timer", due=later) for _ in range(size.burst)]
        ground.settle()
        with ground.workers(2) as running:
            released = ground.release_timers()
            waited = [_until_ended(ground, ground.start("count"))]
            while len(ground.ended()) < len(timers) + len(waited):
                time.sleep(0.2)
                waited.append(_until_ended(ground, ground.start("count")))
            ended = ground.ended()
            return {
                "name": f"{way.name}, 2 workers",
                "timers": len(timers),
                "seconds": max(ended[case] for case in timers) - released,
                "immediate": _spread(waited),
                "memory_mb": max(each.most_memory for each in running),
            }


def _written(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat()


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return how seconds are spread, in milliseconds."""
    values = [max(each, 0.0) * 1e3 for each in seconds]
    shares = {f"p{round(share * 100)}": round(measure.percentile(values, share), 1) for share in (0.5, 0.95, 0.99)}
    return {"n": len(values), **shares, "max": round(max(values), 1)}


# --- the report ------------------------------------------------------------------------------------------------------

_BACKLOG_HEADS = (
    ("", "1 worker", "2 workers", "", "CPU ms", "of", "", "transactions", "WAL"),
    ("a backlog of jobs", "jobs/s", "jobs/s", "×", "worker", "server", "SQL", "", "KB"),
)


def text(found: dict[str, Any]) -> str:
    """Return the figures as tables; processor time, statements, transactions and log for each job, with one worker."""
    spread = ("n", "p50", "p95", "p99", "max")
    rows, late = (
        [(each["name"], *(tables.number(each[name], int(name != "n")) for name in spread)) for each in found[what]]
        for what in ("immediate", "timers")
    )
    return "\n\n".join(
        [
            tables.table(_BACKLOG_HEADS, [*map(_backlog, found["backlogs"]), _alone(found["inside"])]),
            _held(found["confined"]),
            tables.table((("an immediate job, ms", *spread),), rows),
            tables.table((("lateness of timers, ms", *spread),), late),
            tables.table(
                (("a burst of timers", "n", "seconds", "immediate p50, ms", "max, ms", "MB"),),
                [
                    (
                        each["name"],
                        tables.number(each["timers"]),
                        tables.number(each["seconds"], 1),
                        *(tables.number(each["immediate"][name], 1) for name in ("p50", "max")),
                        tables.number(each["memory_mb"]),
                    )
                    for each in found["bursts"]
                ],
            ),
        ]
    )


def _backlog(each: dict[str, Any]) -> tuple[str, ...]:
    one, two = each["one"], each["two"]
    return (
        f"{each['name']}, {each['handler']}",
        tables.number(one["per_second"]),
        tables.number(two["per_second"]),
        tables.number(each["ratio"], 2),
        tables.number(one["worker_ms"], 2),
        tables.number(one.get("server_ms"), 2),
        tables.number(each["statements"], 1),
        tables.number(one.get("transactions"), 2),
        tables.number(None if "log_bytes" not in one else one["log_bytes"] / 1000, 1),
    )


def _held(found: dict[str, Any]) -> str:
    if "refused" in found:
        return str(found["refused"])
    first, second = _BACKLOG_HEADS
    heads = (first, (f"each worker at {found['part']:.0%} of a processor", *second[1:]))
    return tables.table(heads, [_backlog(each) for each in found["backlogs"]])


def _alone(each: dict[str, Any]) -> tuple[str, ...]:
    return (each["name"], tables.number(each["per_second"]), "–", "–", tables.number(each["worker_ms"], 2), *"––––")


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every target with what was measured."""
    queue = grounds.QUEUE.name
    return [
        *(
            tables.at_least(f"2 workers by 1: {each['name']}, {each['handler']}", RATIO, each["ratio"])
            for each in found["backlogs"]
            if each["name"] == queue
        ),
        *(
            tables.at_least(
                f"2 workers by 1, at {found['confined']['part']:.0%} of a processor each: {each['handler']}",
                RATIO,
                each["ratio"],
            )
            for each in found["confined"]["backlogs"]
        ),
        *(
            tables.at_most(f"immediate job, p99, ms: {each['name']}", IMMEDIATE_MS, each["p99"])
            for each in found["immediate"]
        ),
        *(tables.at_most(f"timer lag, p99, ms: {each['name']}", LATE_MS, each["p99"]) for each in found["timers"]),
    ]
