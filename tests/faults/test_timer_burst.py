"""A great many timers that are due at the same moment: each fires once, in order of due time, in a commit of its own.

A thousand of them, and a hundred that the queue carries to two workers; ten thousand each with `make test-faults`.
"""

from __future__ import annotations

import datetime
import os
import time

import packbuilder as p
import pytest
import snippets as s
import sqlalchemy as sa

from engine import bootstrap, config, jobs, testing
from engine.actions import deployments, instances, timers
from engine.jobs import distributed
from engine.model import commands
from engine.store import counting

ADMIN = commands.Actor("admin", admin=True)
LONG = int(os.environ.get("FAULTS_RUNS", "25")) > 100
BURST, CARRIED = (10_000, 10_000) if LONG else (1_000, 100)
#: Seconds without a timer after which the clock is moved; and within which all of them must fire.
PATIENCE, LONGEST = 10, 1800
pytestmark = pytest.mark.timeout(2 * LONGEST)

WAIT = p.line(
    s.element("intermediateCatchEvent", "w", s.timer("PT1H"), name="期满"), s.user("c"), ids=("w", "c"), id="wait"
)
#: Tables of which a case has rows, with the column that says so.
OF_A_CASE = {"timers": "instance_id", "element_history": "instance_id", "audit": "chain"}


@pytest.fixture
def settings(url, tmp_path):
    packs = p.write(tmp_path / "packs", {"wait": WAIT})
    return config.Settings(database=url, packs=(packs,), files=str(tmp_path / "files"))


@pytest.fixture
def office(settings):
    with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as engine:
        deployments.deploy(engine, "demo", ADMIN)
        yield engine


def multiply(engine: bootstrap.Engine, case: int, number: int) -> None:
    """Copy a case, its rows and its timer; the timers of the copies are due a second apart, the last copy's first."""
    url = sa.make_url(engine.settings.database)
    database = sa.create_engine(url)
    known = sa.MetaData()
    known.reflect(database, only=["instances", *OF_A_CASE])
    with database.begin() as connection:
        new = range(case + 1, case + number)
        cases = known.tables["instances"]
        (row,) = connection.execute(sa.select(cases).where(cases.c.id == case)).mappings()
        connection.execute(sa.insert(cases), [{**row, "id": id_} for id_ in new])
        for name, column in OF_A_CASE.items():
            table = known.tables[name]
            rows = connection.execute(sa.select(table).where(table.c[column] == case)).mappings().all()
            kept = [{key: value for key, value in each.items() if key != "id"} for each in rows]
            connection.execute(sa.insert(table), [{**each, column: id_} for each in kept for id_ in new])
        rows = known.tables["timers"]
        due = testing.MONDAY.astimezone(datetime.UTC)
        later = [
            {"case": id_, "at": moment(due + datetime.timedelta(seconds=number - at), engine)}
            for at, id_ in enumerate([case, *new])
        ]
        connection.execute(
            sa.update(rows).where(rows.c.instance_id == sa.bindparam("case")).values(due=sa.bindparam("at")), later
        )
    database.dispose()


def moment(at: datetime.datetime, engine: bootstrap.Engine) -> object:
    """Return a time as the database keeps it."""
    return at if engine.store.dialect == "postgresql" else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_timers_that_are_due_all_at_once_fire_once_each_in_order_and_with_one_commit_each(office):
    first = instances.start(office, "wait", ADMIN).id
    multiply(office, first, BURST)
    office.clock.advance(days=1)

    with counting.counted(office.store) as count:
        fired = 0
        while done := timers.fire_due(office, limit=1000):
            fired += done

    assert (fired, count.commits) == (BURST, BURST)
    with office.store.read() as uow:
        rows = uow.link.connection.exec_driver_sql
        order = [row[0] for row in rows("SELECT chain FROM audit WHERE action = 'fire-timer' ORDER BY id")]
        assert order == list(range(first + BURST - 1, first - 1, -1))
        assert rows("SELECT count(*) FROM user_tasks WHERE status = 'open'").scalar() == BURST
        assert rows("SELECT count(*) FROM timers").scalar() == 0


@pytest.mark.parametrize("kind", ["postgresql"])
def test_timers_that_are_due_all_at_once_are_carried_to_two_workers_and_fire_once_each(office, settings):
    first = instances.start(office, "wait", ADMIN).id
    multiply(office, first, CARRIED)
    office.clock.advance(days=1)

    with (
        bootstrap.open_engine(settings, office.clock, shipped_packs=False) as other,
        jobs.Worker(office, poll=0.02),
        jobs.Worker(other, poll=0.02),
    ):
        until_none_is_left(office)

    with office.store.read() as uow:
        rows = uow.link.connection.exec_driver_sql
        fired = [row[0] for row in rows("SELECT chain FROM audit WHERE action = 'fire-timer'")]
        assert sorted(fired) == list(range(first, first + CARRIED))
        assert rows("SELECT count(*) FROM user_tasks WHERE status = 'open'").scalar() == CARRIED
        assert rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'").scalar() == 0


def until_none_is_left(engine: bootstrap.Engine) -> None:
    """Wait until every timer has fired; those that could not are carried again when time has passed."""
    begun = progress = time.monotonic()
    left = -1
    while left != 0:
        with engine.store.read() as uow:
            now_left = uow.link.connection.exec_driver_sql("SELECT count(*) FROM timers").scalar()
        if now_left != left:
            left, progress = now_left, time.monotonic()
        assert time.monotonic() < begun + LONGEST, f"{left} timers do not fire"
        if time.monotonic() > progress + PATIENCE:
            progress = time.monotonic()
            engine.clock.advance(seconds=distributed.PATIENCE.total_seconds())
        time.sleep(0.02)
