"""Many workers as one: those that die or no longer fetch are replaced, and none lives on unseen."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import packbuilder as p
import patience
import pytest
import snippets as s

from engine import bootstrap
from engine.actions import instances
from engine.model import commands
from engine.monitoring import child as children

ADMIN = commands.Actor("admin", admin=True)
PROGRAM = pathlib.Path(__file__).with_name("supervised.py")
HANDLERS = """
import pathlib, time
@registry.handler("work")
def work(job):
    return {"by": job.attempt}
@registry.handler("slow")
def slow(job):
    pathlib.Path(job.inputs["begun"]).touch()
    while not pathlib.Path(job.inputs["go"]).exists():
        time.sleep(0.01)
    return {}
"""


class Supervisor:
    """A supervisor in a process of its own, with what it logs."""

    def __init__(self, directory: pathlib.Path, url: str, count: int = 2, grace: float = 20.0) -> None:
        self.log = directory / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM, "supervise", directory, url, str(count), str(grace)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.port = int(self.process.stdout.readline())

    def get(self, page: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{page}", timeout=patience.SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def well(self, count: int = 2) -> bool:
        """Tell whether every process fetches."""
        checks = json.loads(self.get("/healthz")[1])["checks"]
        return sum(each["ok"] for name, each in checks.items() if name.startswith("process-")) == count

    def pids(self) -> list[int]:
        found = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(each) for each in found.split()]

    def events(self, what: str) -> list[dict]:
        written = self.log.read_text().rpartition("\n")[0]  # the last line may be written just now
        lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == what]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience.SECONDS)


@pytest.fixture
def supervise(tmp_path):
    """Start a supervisor, and see to it that it ends with the test."""
    with contextlib.ExitStack() as closing:

        def start(url="", **options):
            made = Supervisor(tmp_path, url, **options)
            closing.callback(made.process.stdout.close)
            closing.callback(made.process.wait)
            closing.callback(made.process.kill)
            return made

        yield start


@pytest.fixture
def office(shop, tmp_path):
    """An engine on the database that the workers share, with two processes."""
    told = s.extensions(
        '<camunda:inputOutput><camunda:inputParameter name="begun">${begun}</camunda:inputParameter>'
        '<camunda:inputParameter name="go">${go}</camunda:inputParameter></camunda:inputOutput>'
    )
    quick = p.line(s.service("b", camunda_topic="work"), s.user("c"), ids=("b", "c"))
    slow = p.line(s.service("b", told, camunda_topic="slow"), s.user("c"), ids=("b", "c"), id="slow")
    return shop(main=quick, slow=slow, handlers=HANDLERS, clock=bootstrap.SystemClock())


def visited(engine, case):
    with engine.store.read() as uow:
        return any(entry.element_id == "c" for entry in uow.history.of_instance(case.id))


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("way", ["rows on sqlite"])
def test_processes_that_die_freeze_or_no_longer_fetch_are_replaced(office, supervise, tmp_path):
    watched = supervise(office.settings.database)
    patience.until(watched.well)
    assert watched.get("/readyz")[0] == 200
    first = watched.pids()

    os.kill(first[0], signal.SIGKILL)
    patience.until(lambda: watched.events("worker process ended and is started again"))
    patience.until(lambda: first[0] not in watched.pids() and watched.well())

    os.kill(first[1], signal.SIGSTOP)  # alive, and yet it does nothing
    patience.until(lambda: watched.events("worker process does not fetch"))
    patience.until(lambda: first[1] not in watched.pids() and watched.well())

    second = watched.pids()
    (tmp_path / "away").touch()  # they answer, and fetch nothing
    patience.until(lambda: len(watched.events("worker process does not fetch")) >= 3)
    assert watched.get("/healthz")[0] == 503
    (tmp_path / "away").unlink()
    patience.until(lambda: not set(second) & set(watched.pids()) and watched.well())

    reasons = {event["reason"] for event in watched.events("worker process ended and is started again")}
    assert {"SIGKILL", "exit-0"} <= reasons
    states = {event["state"] for event in watched.events("worker process does not fetch")}
    assert states == {"frozen", "idle"}
    case = instances.start(office, "main", ADMIN)
    patience.until(lambda: visited(office, case))
    text = watched.get("/metrics")[1]
    assert 'gongkai_worker_restarts_total{reason="SIGKILL"} 1.0' in text
    assert 'gongkai_worker_processes{state="running"} 2.0' in text
    assert any(f'gongkai_jobs_total{{process="{place}",result="completed",topic="work"}} 1.0' in text for place in "12")
    assert text.count("\ngongkai_incidents_open 0.0") == 1  # what the database says is said once
    assert watched.end() == 0
    assert watched.process.stdout.read() == "clean\n"


@pytest.mark.parametrize("way", ["rows on sqlite", "procrastinate on postgresql"])
def test_a_stop_lets_running_jobs_end_and_leaves_nobody_behind(office, supervise, tmp_path):
    watched = supervise(office.settings.database)
    patience.until(watched.well)
    pids = watched.pids()
    go = {"begun": str(tmp_path / "begun"), "go": str(tmp_path / "go")}
    case = instances.start(office, "slow", ADMIN, variables=go)
    patience.until((tmp_path / "begun").exists)
    watched.process.send_signal(signal.SIGTERM)
    patience.until(lambda: watched.get("/readyz")[0] == 503)
    (tmp_path / "go").touch()
    assert watched.process.wait(patience.SECONDS) == 0
    assert watched.process.stdout.read() == "clean\n"
    assert visited(office, case)
    assert not any(map(alive, pids))
    with office.store.read() as uow:
        assert uow.jobs.get(1).attempt == 1


@pytest.mark.parametrize("way", ["rows on sqlite"])
def test_processes_whose_supervisor_is_killed_end_by_themselves(office, supervise):
    watched = supervise(office.settings.database)
    patience.until(watched.well)
    pids = watched.pids()
    assert len(pids) == 2
    watched.process.kill()
    patience.until(lambda: not any(map(alive, pids)), "they live on")


def test_what_no_other_start_would_mend_ends_the_supervisor(supervise, tmp_path):
    (tmp_path / "useless").touch()
    watched = supervise()
    assert watched.process.wait(patience.SECONDS) == 6
    (event, *_) = watched.events("worker process ended and is of no use")
    assert event["reason"] == "exit-6"


def test_rests_between_starts_grow_up_to_a_bound_and_begin_anew_after_a_long_life(tmp_path):
    child = children.Child(1, [sys.executable, "-c", ""], {}, tmp_path / "socket")
    rests = []
    for _ in range(8):
        before = time.monotonic()
        child.rest()
        rests.append(round(child.rests_until - before))
    assert rests == [1, 2, 4, 8, 16, 30, 30, 30]
    child.start()
    child._started -= 61
    patience.until(child.ended)
    assert round(child.rests_until - time.monotonic()) <= 1
