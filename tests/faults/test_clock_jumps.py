"""The clock of the machine is put forward and back: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import datetime

import faultruns
import packbuilder as p
import pytest
import snippets as s

from engine import bootstrap, config, jobs, testing
from engine.actions import deployments, instances
from engine.actions import jobs as job_actions
from engine.model import commands
from engine.store import queries

ADMIN = commands.Actor("admin", admin=True)


class Clock:
    """A clock that anybody may set, also back."""

    def __init__(self) -> None:
        self.at = testing.MONDAY

    def now(self) -> datetime.datetime:
        return self.at

    def put(self, **units: float) -> None:
        self.at += datetime.timedelta(**units)


def hours(number: int) -> str:
    return s.element("intermediateCatchEvent", f"w{number}", s.timer(f"PT{number}H"), name="期满")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def office(url, tmp_path, clock):
    """Processes that wait for one, two and three hours, one that starts every hour, and one with a job."""
    waits = {f"wait{n}": p.line(hours(n), ids=(f"w{n}",), id=f"wait{n}") for n in (1, 2, 3)}
    every = s.start("start", s.timer("R/PT1H", "timeCycle"), name="每小时")
    hourly = p.diagram(every, s.user("a"), s.end(), s.path("start", "a", "end"), id="hourly")
    work = p.line(s.service("b", camunda_topic="work"), ids=("b",), id="work")
    handlers = "@registry.handler('work')\ndef work(job):\n    return {}\n"
    packs = p.write(tmp_path / "packs", {**waits, "hourly": hourly, "work": work}, handlers=handlers)
    settings = config.Settings(database=url, packs=(packs,), files=str(tmp_path / "files"), queue="rows")
    with bootstrap.open_engine(settings, clock, shipped_packs=False) as engine:
        deployments.deploy(engine, "demo", ADMIN)
        yield engine


def fired(engine) -> list[str]:
    """Return the elements whose timers fired, in order."""
    with engine.store.read() as uow:
        return [
            entry.details["element"] for entry in reversed(queries.audit(uow, action="fire-timer", limit=100).items)
        ]


def of(engine, key: str) -> int:
    with engine.store.read() as uow:
        return len(queries.instances(uow, definition_key=key, limit=1000).items)


def test_a_clock_that_is_put_forward_by_a_year_fires_everything_once_and_in_order(office, clock):
    for number in (3, 1, 2):
        instances.start(office, f"wait{number}", ADMIN)
    clock.put(days=365)

    jobs.run_until_idle(office)
    jobs.run_until_idle(office)

    assert fired(office) == ["w1", "w2", "w3"]
    assert of(office, "hourly") == 1  # an unlimited cycle does not make up for what it missed


def test_a_clock_that_is_put_back_fires_nothing_a_second_time_and_goes_on_when_its_time_has_come(office, clock):
    instances.start(office, "wait1", ADMIN)
    instances.start(office, "wait2", ADMIN)
    clock.put(hours=1)
    jobs.run_until_idle(office)
    assert fired(office) == ["w1"]

    clock.put(days=-1)
    jobs.run_until_idle(office)
    assert (fired(office), of(office, "hourly")) == (["w1"], 1)

    clock.put(days=1, hours=1)
    jobs.run_until_idle(office)
    assert (fired(office), of(office, "hourly")) == (["w1", "w2"], 2)
    with office.store.read() as uow:
        assert uow.audit.verify() == []


def test_a_lease_outlives_a_clock_that_is_put_back_and_ends_with_one_that_is_put_forward(office, clock):
    instances.start(office, "work", ADMIN)
    (held,) = job_actions.lease(office, "first")

    clock.put(days=-1)
    assert job_actions.lease(office, "second") == []
    assert job_actions.heartbeat(office, held)
    clock.put(days=1, minutes=1)
    (taken,) = job_actions.lease(office, "second")

    assert taken.fence == held.fence + 1
    assert not job_actions.heartbeat(office, held)


@pytest.mark.parametrize(
    ("kind", "queue"), [("sqlite", "rows"), ("postgresql", "rows"), ("postgresql", "procrastinate")]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_story_goes_its_way_whatever_the_clock_does(stage, packs, tmp_path, players, queue, seed):
    faultruns.Run(stage, str(packs), tmp_path / "record", seed, jumps=True, queue=queue).go(players)
