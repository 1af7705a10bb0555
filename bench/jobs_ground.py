"""Where jobs are measured: databases with cases that wait, real worker processes, and what they and the server used."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from bench import confined, diagrams, jobs_watch, product, rig
from engine import bootstrap, config, store
from engine.actions import deployments, feed, instances, search
from engine.jobs import notify
from engine.store import tables

#: What handlers do: the small effect alone, or five milliseconds of waiting besides, as for another system's answer.
SMALL, WAITS = "small effect", "waits 5 ms"
TOPICS = {SMALL: "bench.count", WAITS: "bench.call"}
PROCESSES = {SMALL: "count", WAITS: "call"}
_EFFECTS = "BENCH_EFFECTS"
_HANDLERS = f'''"""Small effects: a line in a file for every run, with the time and the key of the job."""
import os, time
from engine import registry

def _effect(job):
    line = f"{{time.time():.6f}} {{job.idempotency_key}}\\n".encode()
    file = os.open(os.environ["{_EFFECTS}"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line)
    finally:
        os.close(file)
    return {{"noted": job.idempotency_key}}

@registry.handler("{TOPICS[SMALL]}")
def count(job):
    return _effect(job)

@registry.handler("{TOPICS[WAITS]}")
def call(job):
    time.sleep(0.005)
    return _effect(job)
'''
#: When jobs and timers are due that are not to be run yet.
_LATER = datetime.timedelta(days=365)
_HELD = "held/"
_ROOT = pathlib.Path(__file__).resolve().parents[1]
_WORKER = "import cli; cli.main(prog_name='gongkai')"
#: Seconds after which something is wrong with what is waited for.
PATIENCE = 600.0


def write_pack(root: pathlib.Path) -> None:
    """Write the pack of `bench.product` with the processes that have jobs and timers, and their handlers."""
    product.write_pack(root)
    home = root / "processes" / product.SLUG
    for kind, key in PROCESSES.items():
        (home / f"{key}.bpmn").write_bytes(diagrams.job(key, TOPICS[kind]))
    (home / "timer.bpmn").write_bytes(diagrams.timer())
    (root / "handlers" / f"{product.SLUG}.py").write_text(_HANDLERS, encoding="utf-8")


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """How workers get their work: the queue (`rows` or `procrastinate`), and the kind of database."""

    queue: str
    dialect: str

    @property
    def name(self) -> str:
        """Return what it is called in the report."""
        where = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.dialect]
        return f"{'rows' if self.queue == 'rows' else 'queue'} on {where}"


ROWS_SQLITE, ROWS, QUEUE = Way("rows", "sqlite"), Way("rows", "postgresql"), Way("procrastinate", "postgresql")


class Ground:
    """One database with the pack deployed, reached by the engine of this process; workers are processes of their own.

    Args:
        way: How workers get their work.
        root: Where the pack is, and room for files.
        url: Of the database; empty, or a copy of one that had been made ready.
        poll: Seconds between looks of an idle worker; None: as it ships.
    """

    def __init__(self, way: Way, root: pathlib.Path, url: str, *, poll: float | None = None) -> None:
        self.way, self.root, self.url = way, root, url
        self.effects = root / f"effects-{time.monotonic_ns()}"
        self._environment = {
            "GONGKAI_DATABASE": url,
            "GONGKAI_PACKS": str(root),
            "GONGKAI_QUEUE": way.queue,
            _EFFECTS: str(self.effects),
            **({} if poll is None else {"GONGKAI_POLL_SECONDS": str(poll)}),
        }
        os.environ[_EFFECTS] = str(self.effects)  # workers of this process have the same handlers
        more = {} if poll is None else {"poll_seconds": poll}
        settings = config.Settings(database=url, packs=(root,), queue=way.queue, **more)
        self.engine = bootstrap.open_engine(settings, shipped_packs=False)

    def deploy(self) -> None:
        """Deploy the pack."""
        deployments.deploy(self.engine, product.SLUG, product.ADMIN)

    def start(self, key: str, **variables: Any) -> int:
        """Start a case."""
        return instances.start(self.engine, key, product.CLERK, variables=variables).id

    def settle(self) -> None:
        """Tell everybody of what there is, and index it: workers are not to be measured at that."""
        while notify.until_idle(self.engine) or search.index_pending(self.engine):
            pass

    def ended(self, cases: Sequence[int] = ()) -> dict[int, float]:
        """Return when cases (given none: all) ended, in seconds since the epoch, by their ids."""
        found = sa.select(tables.instances.c.id, tables.instances.c.ended_at).where(
            tables.instances.c.ended_at.is_not(None), *([tables.instances.c.id.in_(cases)] if cases else [])
        )
        with self.engine.store.read() as uow:
            return {each: at.timestamp() for each, at in uow.link.select(found)}

    def runs(self) -> list[str]:
        """Return the keys of the jobs whose handlers ran, one for every run."""
        lines = self.effects.read_text().splitlines() if self.effects.exists() else []
        return [line.split()[1] for line in lines]

    def await_runs(self, count: int) -> None:
        """Wait until so many handlers ran; the file is looked at, so that the database is left alone."""
        bound = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(FileNotFoundError):
                if (ran := self.effects.read_bytes().count(b"\n")) >= count:
                    return
                if time.monotonic() > bound:
                    raise AssertionError(f"{ran} of {count} handlers ran on {self.way.name}")
            _pause()

    def await_ended(self, count: int) -> float:
        """Wait until so many cases have ended; return when the last one did, in seconds since the epoch."""
        found = sa.select(sa.func.count(), sa.func.max(tables.instances.c.ended_at)).where(
            tables.instances.c.ended_at.is_not(None)
        )
        bound = time.monotonic() + PATIENCE
        while True:
            with self.engine.store.read() as uow:
                ((ended, last),) = uow.link.select(found)
            if ended >= count:
                return float(last.timestamp())
            if time.monotonic() > bound:
                raise AssertionError(f"{ended} of {count} cases have ended on {self.way.name}")
            _pause()

    def await_told(self) -> float:
        """Wait until everybody has been told of what there is, and it is indexed; return when."""
        bound = time.monotonic() + PATIENCE
        while True:
            with self.engine.store.read() as uow:
                if all(uow.feeds.oldest(name) is None for name in (feed.FEED, search.FEED)):
                    return time.time()
            if time.monotonic() > bound:
                raise AssertionError(f"nobody has been told on {self.way.name}")
            _pause()

    def hold(self) -> None:
        """Keep the jobs that wait from being found, in the rows and in the queue."""
        self._put_off(_LATER)
        if self.way is QUEUE:
            self._queue(f"UPDATE procrastinate_jobs SET queue_name = '{_HELD}' || queue_name")

    def release(self) -> float:
        """Let the jobs be found; return when, in seconds since the epoch."""
        self._put_off(datetime.timedelta(seconds=20) if self.way is QUEUE else datetime.timedelta())
        if self.way is QUEUE:
            self._queue(f"UPDATE procrastinate_jobs SET queue_name = substr(queue_name, {len(_HELD) + 1})")
        return time.time()

    def release_timers(self) -> float:
        """Let all timers be due now; return when that is, in seconds since the epoch."""
        now = self.engine.clock.now()
        with self.engine.store.write() as uow:
            uow.link.change(sa.update(tables.timers).values(due=now))
        return now.timestamp()

    def _put_off(self, by: datetime.timedelta) -> None:
        until = self.engine.clock.now() + by
        waiting = tables.jobs.c.poll_at.is_not(None)
        with self.engine.store.write() as uow:
            uow.link.change(sa.update(tables.jobs).where(waiting).values(poll_at=until))

    def _queue(self, sql: str) -> None:
        with rig.postgresql.connect(self.url) as connection:
            connection.execute(sql)

    @contextlib.contextmanager
    def workers(
        self, count: int, topic: str | None = None, part: float | None = None
    ) -> Iterator[list[jobs_watch.Process]]:
        """Run `gongkai worker` in so many processes; the block begins when all have begun to look for work.

        Args:
            count: How many.
            topic: What they take jobs of; None: of all.
            part: Of one processor, what each may use as soon as all have begun; None: as much as it wants.

        Raises:
            confined.Refused: They cannot be held to a part here.
        """
        command = [sys.executable, "-c", _WORKER, "worker", "--json"]
        command += [] if topic is None else ["--topics", topic]
        log = (self.root / f"workers-{time.monotonic_ns()}.log").open("wb")
        environment = {**os.environ, **self._environment}
        begun = [
            subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=log)
            for _ in range(count)
        ]
        with contextlib.ExitStack() as held:
            held.callback(log.close)
            try:
                for each in begun:
                    assert each.stdout is not None
                    line = each.stdout.readline()
                    if not line or json.loads(line)["event"] != "started":
                        raise AssertionError(f"a worker did not start: {pathlib.Path(log.name).read_text()}")
                for each in begun if part is not None else ():
                    held.enter_context(confined.share(each.pid, part))
                yield [jobs_watch.Process(each.pid) for each in begun]
            finally:
                for each in begun:
                    each.terminate()
                for each in begun:
                    with each:
                        each.wait(60)

    def close(self) -> None:
        """Close the database."""
        self.engine.close()


def _pause() -> None:
    time.sleep(0.01)


def make(url: str) -> str:
    """Make the tables of the platform in an empty database; return its URL."""
    made = store.Store(url)
    try:
        bootstrap.upgrade(made)
    finally:
        made.dispose()
    return url
