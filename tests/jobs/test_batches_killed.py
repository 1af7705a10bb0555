"""A batch outlives the processes that carry it out: killed at any moment, it is gone on with, and nothing is doubled."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys

import packbuilder as p
import patience
import pytest
import snippets as s

from engine import testing
from engine.actions import batches, instances
from engine.model import batches as model
from engine.model import commands
from engine.store import queries

ADMIN = commands.Actor("admin", admin=True)
CASES = 240

WORKER = """
import pathlib, sys
from engine import bootstrap, config, jobs, testing

url, packs, at = sys.argv[1:]
settings = config.Settings(database=url, packs=(pathlib.Path(packs),), files=str(pathlib.Path(packs).parent / "files"))
with bootstrap.open_engine(settings, testing.FixedClock(at), shipped_packs=False) as engine:
    jobs.Worker(engine, poll=0.01).run()
"""


@pytest.fixture
def office(url, tmp_path):
    root = p.write(tmp_path / "packs", {"main": p.line(s.user("a", name="办理"), ids=("a",))})
    with testing.EngineDriver(root, directory=tmp_path, database=url) as driver:
        yield driver


@contextlib.contextmanager
def worker(office):
    """A process of its own that works until the end of the block, or until it is killed."""
    settings = office.engine.settings
    command = [sys.executable, "-c", WORKER, settings.database, str(settings.packs[0]), office.now.isoformat()]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def until(office, batch, condition):
    patience.until(lambda: condition(batches.show(office.engine, batch, ADMIN)))


def test_what_killed_workers_left_is_done_by_the_next_ones_and_nothing_twice(office):
    cases = [instances.start(office.engine, "main", ADMIN).id for _ in range(CASES)]
    batch = batches.order(office.engine, "suspend", model.Selection(definition="main"), ADMIN).batch.id

    for kills in range(1, 3):
        before = batches.show(office.engine, batch, ADMIN).counts.done
        with worker(office) as process:
            until(office, batch, lambda found, before=before: found.counts.done > before + 10)
            process.send_signal(signal.SIGKILL)
            assert process.wait(patience.SECONDS) == -signal.SIGKILL
        left = batches.show(office.engine, batch, ADMIN)
        assert left.batch.state is model.BatchState.RUNNING, f"over before it was killed {kills} times"
        assert left.counts.waiting
        office.clock.advance(seconds=office.engine.settings.lease_seconds + 1)
    with worker(office) as one, worker(office) as two:
        until(office, batch, lambda found: found.batch.state.ended)
        assert one.poll() is None
        assert two.poll() is None

    assert batches.show(office.engine, batch, ADMIN).counts == model.Counts(done=CASES)
    with office.engine.store.read() as uow:
        done = queries.audit(uow, action="suspend-instance", limit=1000).items
        finished = queries.audit(uow, action="finish-batch").items
        assert uow.audit.verify() == []
    assert sorted(entry.chain for entry in done) == cases
    assert len(finished) == 1


def test_an_order_whose_process_is_killed_is_taken_up_by_workers(office):
    for _ in range(5):
        instances.start(office.engine, "main", ADMIN)
    with office.engine.store.write() as uow:  # the order was committed, and nothing after it
        batch = uow.batches.add(
            "suspend", {}, model.Selection(definition="main"), by="admin", by_account=False, upto=5, at=office.now
        ).id
    with worker(office):
        until(office, batch, lambda found: found.batch.state.ended)
    assert batches.show(office.engine, batch, ADMIN).counts == model.Counts(done=5)
