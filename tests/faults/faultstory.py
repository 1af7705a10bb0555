"""The player: goes on with a story from wherever the database stands, at random, until every case has ended.

It keeps nothing in memory that another process would need: who is killed and who follows know only the database, the
seed, and the time (a file, as the clock of the machine goes on, too). What it does is decided by the seed and by how
often the story was taken up, so that a run is the same again.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import pathlib
import random
from collections.abc import Callable
from typing import Any

import faultoutage
import faultpoints
import faultworkers

from engine import bootstrap, config, jobs, testing
from engine.actions import batches, incidents, instances, messages, search, user_tasks
from engine.jobs import notify
from engine.model import batches as batch_model
from engine.model import commands
from engine.model import instances as model

ADMIN = commands.Actor("admin", admin=True)
#: Who orders batches, and does nothing else.
BOSS = commands.Actor("boss", admin=True)
CLERK = commands.Actor("zhangsan", frozenset({"clerk"}))
#: Acts after which a story has no end.
LIMIT = 3000
LEASE = 20.0
#: How likely it is, at each act, that a case is suspended, and that its answer comes too early.
SUSPEND, EARLY = 0.03, 0.02
#: The batches of a story, in order: what is done to every case that stands so.
BATCHES = (("suspend", model.InstanceStatus.ACTIVE), ("activate", model.InstanceStatus.SUSPENDED))
#: For how long a database is away, in seconds.
PAUSES = (0.0, 0.0, 0.1, 0.3)
#: How likely it is, when time passes, that somebody sets the clock of the machine.
JUMP = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """One process of a story.

    url, packs: the database, and the root of the packs.
    directory: where the record and the time are kept.
    seed, taken_up: what makes this play what it is; `taken_up` counts the processes before it.
    die: the kind of point at which it is killed, and which of these; None to play to the end.
    jumps: whether the clock is also put forward and back, by up to a year.
    work: be a worker until nothing is left to do, instead of a player.
    queue: what tells workers of work, as the setting says it; `auto` where the database decides.
    away: the kind of point at which the database is stopped, and which of these; `server` is where it is written down.
    """

    url: str
    packs: str
    directory: str
    seed: int
    taken_up: int
    die: tuple[str, int] | None = None
    jumps: bool = False
    work: bool = False
    queue: str = "auto"
    away: tuple[str, int] | None = None
    server: str | None = None


class Clock:
    """The time of a story, kept in a file: a process that follows another goes on where that was."""

    def __init__(self, file: pathlib.Path) -> None:
        self._file = file
        known = file.read_text(encoding="utf-8") if file.exists() else ""
        self._now = datetime.datetime.fromisoformat(known) if known else testing.MONDAY

    def now(self) -> datetime.datetime:
        """Return the time, with its zone."""
        return self._now

    def set(self, at: datetime.datetime) -> None:
        """Move the time."""
        self._now = at.astimezone(testing.SHANGHAI)
        beside = self._file.with_suffix(".new")
        beside.write_text(self._now.isoformat(), encoding="utf-8")
        beside.replace(self._file)


def play(task: Task) -> dict[str, int]:
    """Take a story up and play it to the end; return how often each kind of point was reached."""
    directory = pathlib.Path(task.directory)
    clock = Clock(directory / "clock")
    settings = config.Settings(
        database=task.url, packs=(pathlib.Path(task.packs),), lease_seconds=LEASE, queue=task.queue
    )
    chance = random.Random(f"{task.seed}/{task.taken_up}")
    outage = None
    if task.away is not None and task.server is not None:
        outage = faultoutage.Outage(task.server, directory, chance.choice(PAUSES), wait=chance.random() < 0.5)
    with bootstrap.open_engine(settings, clock, shipped_packs=False) as engine:
        faultpoints.prepare(directory, task.die, task.away, None if outage is None else outage.begin)
        with faultpoints.commits(), engine.store.observed(faultpoints.observe):
            if task.work:
                jobs.run_until_idle(engine)
            else:
                Story(engine, clock, task, chance, outage).to_its_end()
        if outage is not None:
            outage.end()
    return dict(faultpoints.reached)


class Story:
    """What is done in a story, and by whom."""

    def __init__(
        self,
        engine: bootstrap.Engine,
        clock: Clock,
        task: Task,
        chance: random.Random,
        outage: faultoutage.Outage | None = None,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.chance = chance
        self.plan = plan(task.seed)
        self.jumps = task.jumps
        self.outage = outage
        self.started: dict[int, model.ProcessInstance] = {}
        #: How many of the batches were ordered.
        self.ordered = 0
        self.workers: faultworkers.Workers = faultworkers.Rows(engine, chance)
        if engine.queue is not None:
            self.workers = faultworkers.Queue(engine, chance, self._meanwhile, clock.set)

    def to_its_end(self) -> None:
        """Act until every case has ended and nothing is left to do."""
        for _ in range(LIMIT):
            try:
                if not self._act():
                    return
            except Exception as error:
                if self.outage is None or not faultworkers.is_away(error):
                    raise
                self.outage.endure()
        raise AssertionError("the story does not end")

    def _act(self) -> bool:
        """Do one thing that can be done now; tell whether there was any."""
        missing = [at for at in range(len(self.plan)) if at not in self.started]
        if missing:
            self._start(missing[0])
            return True
        choices = [*self._of_people(), *self._of_workers()]
        if not choices:
            return self._tell()
        self.chance.choice(choices)()
        return True

    def _meanwhile(self) -> None:
        """Have people do one thing, if there is any for them to do."""
        if choices := self._of_people():
            self.chance.choice(choices)()

    def _of_people(self) -> list[Callable[[], None]]:
        """Return everything that people and programs could do now."""
        with self.engine.store.read() as uow:
            cases = [uow.instances.get(each.id) for each in self.started.values()]
            everything = [*cases, *(child for case in cases for child in uow.instances.children(case.id))]
            awake = [each for each in everything if each.status is model.InstanceStatus.ACTIVE]
            waiting = {found.instance_id for each in awake for found in uow.subscriptions.of_instance(each.id)}
            tasks = [found for each in awake for found in uow.user_tasks.of_instance(each.id)]
            broken = [found for each in awake for found in uow.incidents.of_instance(each.id)]
        bind = functools.partial
        choices: list[Callable[[], None]] = []
        choices += [bind(self._activate, each) for each in cases if each.status is model.InstanceStatus.SUSPENDED]
        choices += [bind(self._suspend, each) for each in cases if each in awake and self.chance.random() < SUSPEND]
        choices += [bind(self._complete, each) for each in tasks if each.status is model.UserTaskStatus.OPEN]
        choices += [bind(self._mend, each) for each in broken if each.resolved_at is None]
        choices += [bind(self._send, each) for each in cases if each.id in waiting or self._early(each)]
        choices += [self._order] if self._orderable(cases) else []
        return choices

    def _of_workers(self) -> list[Callable[[], None]]:
        """Return everything that workers, or time, could do now."""
        now = self.clock.now()
        due = self.workers.next_due()
        wait = [functools.partial(self._wait, due)] if due is not None and due > now else []
        return [*self.workers.acts(now), *wait]

    def _orderable(self, cases: list[model.ProcessInstance]) -> bool:
        """Tell whether the next batch can be ordered: it was already, or there is a case for it."""
        if self.ordered == len(BATCHES):
            return False
        with self.engine.store.read() as uow:
            known = uow.link.connection.exec_driver_sql("SELECT count(*) FROM batches").scalar()
        return self.ordered < known or any(case.status is BATCHES[self.ordered][1] for case in cases)

    def _early(self, case: model.ProcessInstance) -> bool:
        """Tell whether an answer comes before anybody waits for it: it is kept."""
        return case.status is model.InstanceStatus.ACTIVE and self.chance.random() < EARLY

    # --- acts ----------------------------------------------------------------------------------------------------------

    def _start(self, at: int) -> None:
        started = instances.start(
            self.engine, "case", ADMIN, variables=self.plan[at], business_key=key(at), idempotency_key=f"start-{at}"
        )
        faultpoints.acknowledged("start", key=key(at), instance=started.id)
        self.started[at] = started

    def _complete(self, task: model.UserTask) -> None:
        answer = user_tasks.complete(self.engine, task.id, CLERK, idempotency_key=f"complete-{task.id}")
        faultpoints.acknowledged(
            "complete", task=task.id, by=answer.completed_by, at=answer.completed_at.isoformat(), opened=answer.opened
        )

    def _send(self, case: model.ProcessInstance) -> None:
        whose = case.business_key
        outcome = messages.correlate(
            self.engine,
            "答复",
            ADMIN,
            key=whose,
            payload={"answered": whose},
            message_id=f"m-{whose}",
            idempotency_key=f"m-{whose}",
        )
        faultpoints.acknowledged("message", key=whose, outcome=outcome.outcome, instance=outcome.instance_id)

    def _mend(self, incident: model.Incident) -> None:
        if incident.element_id == "broken":
            instances.set_variables(self.engine, incident.instance_id, {"ok": True}, ADMIN)
            faultpoints.acknowledged("mend", instance=incident.instance_id)
        incidents.retry(self.engine, incident.id, ADMIN)
        faultpoints.acknowledged("retry", incident=incident.id)

    def _suspend(self, case: model.ProcessInstance) -> None:
        instances.suspend(self.engine, case.id, ADMIN)
        faultpoints.acknowledged("suspend", instance=case.id)

    def _activate(self, case: model.ProcessInstance) -> None:
        instances.activate(self.engine, case.id, ADMIN)
        faultpoints.acknowledged("activate", instance=case.id)

    def _order(self) -> None:
        kind, _ = BATCHES[self.ordered]
        named = f"batch-{self.ordered}"
        asked = batch_model.Selection(definition="case")
        answer = batches.order(self.engine, kind, asked, BOSS, idempotency_key=named)
        self.ordered += 1
        faultpoints.acknowledged("batch", key=named, batch=answer.batch.id, kind=kind)

    def _wait(self, due: datetime.datetime) -> None:
        self.clock.set(due + datetime.timedelta(seconds=self.chance.choice((0, 0, 90))))
        if self.jumps and self.chance.random() < JUMP:
            self.clock.set(
                self.clock.now() + datetime.timedelta(hours=self.chance.choice((-24 * 400, -24, -1, 1, 24 * 400)))
            )

    def _tell(self) -> bool:
        """Tell people and index what happened; when nothing is left to tell, the story is over."""
        told = notify.until_idle(self.engine)
        indexed = search.index_pending(self.engine)
        return bool(told or indexed)


def key(at: int) -> str:
    """Return the business key of a case of a story."""
    return f"F{at}"


def plan(seed: int) -> list[dict[str, Any]]:
    """Return the variables of the cases of a story: how often its sender fails, and how it is judged."""
    chance = random.Random(seed)
    return [
        {"fails": chance.choice((0, 0, 1, 2)), "refuse": chance.random() < 0.3, "ok": chance.random() < 0.5}
        for _ in range(chance.choice((1, 1, 2, 3)))
    ]
