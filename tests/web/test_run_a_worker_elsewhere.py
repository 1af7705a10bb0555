"""docs/how-to/run-a-worker-elsewhere.md is true: its worker runs as it stands there, is killed, and shares the work."""

from __future__ import annotations

import collections
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import patience
import pytest
import test_api_external as api

from engine.actions import external
from engine.model import commands, instances
from engine.store import queries
from engine.web import app as web_app
from engine.web.api import specification

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-a-worker-elsewhere.md").read_text(
    "utf-8"
)
(WORKER,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WORK = "    return {"
MANY = 50


@pytest.fixture
def served(tmp_path: pathlib.Path, url: str) -> Iterator[api.Served]:
    """An office on each kind of database that also finds out when a lock has run out."""
    with api.serving(tmp_path, url, poll_seconds=0.2) as office:
        yield office


@contextlib.contextmanager
def worker(served: api.Served, program: str = WORKER) -> Iterator[subprocess.Popen[str]]:
    """Run a worker in a process of its own, with nothing of ours to import."""
    environment = {"GONGKAI_URL": served.address, "GONGKAI_TOKEN": served.token, "PATH": os.environ["PATH"]}
    command = [sys.executable, "-I", "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def completed(served: api.Served) -> int:
    with served.engine.store.read() as uow:
        return len(queries.jobs(uow, status=instances.JobStatus.COMPLETED, limit=100).items)


def test_the_worker_is_short_and_needs_no_library() -> None:
    lines = [line for line in WORKER.splitlines() if line.strip()]
    assert len(lines) <= 30
    assert re.findall(r"^(?:import|from) (.*)$", WORKER, re.MULTILINE) == ["json, os, time, urllib.request"]


def test_two_workers_share_the_work_and_each_job_is_done_once(served: api.Served) -> None:
    cases = [served.begin() for _ in range(MANY)]
    with worker(served) as one, worker(served) as two:
        patience.until(lambda: completed(served) == MANY)
        for each in (one, two):
            each.kill()
        said = [line.split() for each in (one, two) for line in (each.stdout or ())]
    done = collections.Counter(job for job, outcome in said if outcome == "completed")
    # The last report of each may have been cut off: the kill came as soon as the last job was done.
    assert len(done) >= MANY - 2
    assert set(done.values()) == {1}
    with served.engine.store.read() as uow:
        jobs = queries.jobs(uow, limit=100).items
        assert {job.instance_id for job in jobs} == set(cases)
        assert {job.attempt for job in jobs} == {1}
        entries = [entry for entry in queries.audit(uow, limit=1000).items if entry.action == "complete-job"]
    assert len(entries) == MANY
    assert {entry.actor for entry in entries} == {"bot"}
    assert len({entry.details["worker"] for entry in entries}) == 2, "both had a part in it"


def test_the_job_of_a_killed_worker_goes_to_another_when_its_lock_has_run_out(served: api.Served) -> None:
    stuck = WORKER.replace('"lock_seconds": 60', '"lock_seconds": 2').replace(
        WORK, "    print(job['lock'], flush=True); time.sleep(600)\n" + WORK
    )
    assert stuck.count("time.sleep(600)") == stuck.count('"lock_seconds": 2') == 1
    case = served.begin()
    with worker(served, stuck) as doomed:
        assert doomed.stdout is not None
        lock = doomed.stdout.readline().strip()
        doomed.send_signal(signal.SIGKILL)
        doomed.wait(patience.SECONDS)
        with worker(served):
            patience.until(lambda: completed(served) == 1)
    with served.engine.store.read() as uow:
        (job,) = queries.jobs(uow, limit=100).items
    assert (job.instance_id, job.attempt) == (case, 2)
    bot = commands.Actor("bot", topics=frozenset({"archive.store"}))
    with pytest.raises(external.errors.Conflict, match="接手"):
        external.complete(served.engine, bot, job.id, lock, {"number": "late"})


def test_the_page_calls_operations_that_there_are() -> None:
    from engine.web import api as operations

    described = specification.describe([route for each in web_app.routers(operations) for route in each.routes.routes])
    known = {path.rpartition("/")[2] for path in described["paths"] if path.startswith("/api/v1/jobs/")}
    called = set(re.findall(r"^jobs (?:\d+/)?([a-z-]+) ", PAGE, re.MULTILINE))
    assert {"fetch-and-lock", "complete", "extend-lock"} <= called <= known
    for name in ("fail", "bpmn-error", "extend-lock", "release"):
        assert name in known
        assert name in PAGE
