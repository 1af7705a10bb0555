"""An office in which two actors meet: a database, an engine for each of them, and a third one to look with.

Each actor has an engine of its own on the same database, as two processes have; see `interleaving`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import faultchecks
import faultruns
import interleaving
import packbuilder as p
import snippets as s
import sqlalchemy as sa

from engine import bootstrap, config, testing
from engine.actions import instances
from engine.model import commands
from engine.model import instances as model

ADMIN = commands.Actor("admin", admin=True)
ZHANG = commands.Actor("zhangsan", frozenset({"clerk"}))
LI = commands.Actor("lisi", frozenset({"clerk"}))

TWO = p.diagram(
    s.start(), s.user("a", name="起草"), s.user("c", name="核对"), s.end(), s.path("start", "a", "c", "end"),
    s.boundary("late", "a", s.timer("PT1H")), s.user("b", name="催办"), s.end("over"), s.path("late", "b", "over"),
    id="two",
)  # fmt: skip
WORK = p.line(s.service("b", camunda_topic="work"), s.user("c", name="核对"), ids=("b", "c"), id="work")
WAIT = p.diagram(
    s.start(), s.element("receiveTask", "w", name="等待补正", messageRef="M"), s.user("c", name="核对"), s.end(),
    s.path("start", "w", "c", "end"),
    s.boundary("late", "w", s.timer("PT1H")), s.user("b", name="催办"), s.end("over"), s.path("late", "b", "over"),
    id="wait",
)  # fmt: skip
CALLER = p.diagram(
    s.start(), s.element("callActivity", "call", name="会签", calledElement="called"), s.user("c", name="汇总"), s.end(),
    s.path("start", "call", "c", "end"),
    s.boundary("late", "call", s.timer("PT1H")), s.user("b", name="催办"), s.end("over"), s.path("late", "b", "over"),
    id="caller",
)  # fmt: skip
CALLED = p.line(s.user("sign", name="签字"), ids=("sign",), id="called")
HANDLERS = """
@registry.handler("work")
def work(job):
    return {"by": job.attempt}
"""


@dataclasses.dataclass
class Office:
    """A database, an engine for each of two actors, and a third one to look and to prepare with."""

    url: str
    first: bootstrap.Engine
    second: bootstrap.Engine
    engine: bootstrap.Engine
    watch: sa.Connection | None
    starts: int = 0

    def start(self, key: str) -> int:
        """Start a case, and be an hour late at once where a test wants to."""
        self.starts += 1
        return instances.start(self.engine, key, ADMIN, business_key=f"K{self.starts}").id

    def every_order(
        self,
        prepare: Callable[[], Any],
        one: Callable[[bootstrap.Engine, Any], Any],
        other: Callable[[bootstrap.Engine, Any], Any],
        *,
        every: int = 1,
    ) -> Iterator[tuple[Any, interleaving.Played]]:
        """Play the same race again and again: each of the two goes first, and is stopped before each of its statements.

        With `every` it is stopped before some of them only.
        """
        for turned in (False, True):
            at = 0
            while True:
                given = prepare()
                first = interleaving.Actor("first", self.first, lambda engine: one(engine, given))  # noqa: B023
                second = interleaving.Actor("second", self.second, lambda engine: other(engine, given))  # noqa: B023
                begins, follows = (second, first) if turned else (first, second)
                order = interleaving.orders(begins, follows, at)
                played = interleaving.play(first, second, order, watch=self.watch)
                self.sound()
                yield given, played
                at += every
                if at > len(begins.sent):
                    break

    def sound(self) -> None:
        """Check that state, rows, history and audit trail agree."""
        with faultruns.connected(self.url) as connection:
            assert list(faultchecks.whole(connection)) == []
            twice = "SELECT instance_id, element_id FROM element_history GROUP BY 1, 2 HAVING count(*) > 1"
            assert connection.execute(sa.text(twice)).all() == []
        with self.engine.store.read() as uow:
            assert uow.audit.verify() == []

    def status(self, case: int) -> str:
        with self.engine.store.read() as uow:
            return uow.instances.get(case).status.value

    def task(self, case: int) -> model.UserTask:
        with self.engine.store.read() as uow:
            (found,) = (each for each in uow.user_tasks.of_instance(case) if each.status is model.UserTaskStatus.OPEN)
            return found

    def tasks(self, case: int) -> list[str]:
        """Return the elements of the open tasks of a case."""
        with self.engine.store.read() as uow:
            found = uow.user_tasks.of_instance(case)
        return [each.element_id for each in found if each.status is model.UserTaskStatus.OPEN]

    def did(self, case: int) -> list[str]:
        """Return what the audit trail says of a case, without its start."""
        with faultruns.connected(self.url) as connection:
            rows = connection.execute(
                sa.text("SELECT action FROM audit WHERE chain = :case ORDER BY seq"), {"case": case}
            )
            return [row[0] for row in rows][1:]

    def timer(self, case: int) -> model.Timer:
        with self.engine.store.read() as uow:
            (found,) = uow.timers.of_instance(case)
            return found


def open_engine(
    url: str,
    kind: str,
    name: str,
    files: pathlib.Path,
    packs: pathlib.Path,
    clock: testing.FixedClock,
    queue: str = "rows",
) -> bootstrap.Engine:
    """Open an engine whose connections have a name: by it PostgreSQL tells who waits for a lock."""
    own = sa.make_url(url)
    if kind == "postgresql":
        own = own.update_query_dict({"application_name": name})
    settings = config.Settings(
        database=own.render_as_string(hide_password=False), packs=(packs,), files=str(files / "files"), queue=queue
    )
    return bootstrap.open_engine(settings, clock, shipped_packs=False)


def take(engine: bootstrap.Engine, job_id: int, worker: str) -> model.LeasedJob | None:
    """Give a worker a job that the queue told it of; None when it is not to be had."""
    with engine.store.write() as uow:
        taken = uow.jobs.take_all([job_id], worker, engine.clock.now(), engine.settings.lease_seconds)
    return taken[0] if taken else None


@contextlib.contextmanager
def watching(url: str, kind: str) -> Iterator[sa.Connection | None]:
    """Watch who waits on PostgreSQL, where a deadlock is noticed at once instead of after a second."""
    if kind == "sqlite":
        yield None
        return
    with faultruns.connected(url) as connection:
        name = sa.make_url(url).database
        connection.execute(sa.text(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '10ms'"))
        connection.commit()
        yield connection.execution_options(isolation_level="AUTOCOMMIT")
