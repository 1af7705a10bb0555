"""The disk is full: acts are refused with a sentence and leave nothing behind; with room, everything goes on as it is.

On a small file system of its own where this process may mount one (and always with files that may grow no further,
which is how a quota looks to SQLite).
"""

from __future__ import annotations

import contextlib
import pathlib
import resource
import shutil
import subprocess
from collections.abc import Iterator

import faultdisk
import packbuilder as p
import patience
import pytest
import snippets as s

from engine import bootstrap, config, errors, jobs, testing
from engine.actions import deployments, instances
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)
WORK = p.line(s.service("b", camunda_topic="work"), s.user("c"), ids=("b", "c"), id="work")
HANDLERS = "@registry.handler('work')\ndef work(job):\n    return {'text': 'x' * 20_000}\n"
#: Bytes that are left when the disk fills up.
LEFT = 200_000


class SmallDisk:
    """A file system of a few megabytes: full while a file takes all the rest."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self._ballast = directory / "ballast"

    def fill(self) -> None:
        free = shutil.disk_usage(self.directory).free
        self._ballast.write_bytes(bytes(max(free - LEFT, 0)))

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


class Quota:
    """Files of this process that may not grow beyond a size."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory

    def fill(self) -> None:
        largest = max(file.stat().st_size for file in self.directory.iterdir() if file.is_file())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + LEFT, resource.RLIM_INFINITY))

    def make_room(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextlib.contextmanager
def mounted(directory: pathlib.Path) -> Iterator[SmallDisk | Quota]:
    """Mount a small disk; where that is refused, have a quota instead."""
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(directory)]
    try:
        refused = subprocess.run(command, capture_output=True, check=False).returncode != 0
    except FileNotFoundError:
        refused = True
    if refused:
        yield Quota(directory)
        return
    try:
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.fixture(params=["small disk", "quota"])
def disk(request, tmp_path):
    with contextlib.ExitStack() as closing:
        if request.param == "small disk":
            found = closing.enter_context(mounted(tmp_path / "disk"))
        else:
            (tmp_path / "disk").mkdir()
            found = Quota(tmp_path / "disk")
        closing.callback(found.make_room)
        yield found


@pytest.fixture
def office(disk, template, tmp_path):
    shutil.copy(template, disk.directory / "office.db")
    packs = p.write(tmp_path / "packs", {"work": WORK}, handlers=HANDLERS)
    settings = config.Settings(database=f"sqlite:///{disk.directory / 'office.db'}", packs=(packs,))
    with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as engine:
        deployments.deploy(engine, "demo", ADMIN)
        yield engine


def start(engine) -> int:
    return instances.start(engine, "work", ADMIN, variables={"text": "y" * 5000}).id


def test_what_does_not_fit_is_refused_as_a_whole_and_possible_again_when_there_is_room(disk, office):
    disk.fill()
    started, refusal = faultdisk.fill_up(lambda: start(office))

    # while the disk is full, what was said to have happened is there, and can be read; nothing else is
    assert "磁盘" in refusal.message
    assert "操作未执行" in refusal.message
    assert faultdisk.ids(office) == started
    with pytest.raises(errors.StoreError, match="磁盘"):
        instances.start(office, "work", ADMIN, variables={"text": "y" * 500_000})

    # with room the same process goes on
    disk.make_room()
    more = instances.start(office, "work", ADMIN).id
    assert faultdisk.ids(office) == [*started, more]


def test_a_job_that_could_not_be_finished_on_a_full_disk_is_run_again(disk, office):
    started = [instances.start(office, "work", ADMIN).id for _ in range(20)]
    disk.fill()
    with contextlib.suppress(errors.StoreError):
        for _ in range(50):
            jobs.run_until_idle(office)
            started += faultdisk.fill_up(lambda: start(office))[0]
    disk.make_room()

    for _ in range(3):
        office.clock.advance(hours=1)
        jobs.run_until_idle(office)

    faultdisk.check_done(office, started)


def test_a_worker_on_a_full_disk_lives_on(disk, office):
    disk.fill()
    started, _ = faultdisk.fill_up(lambda: start(office))
    with jobs.Worker(office, poll=0.02) as worker:
        disk.make_room()

        def done():
            if not worker.running:
                office.clock.advance(seconds=10)  # what had failed before there was room is run again in a while
            return all(has_task(office, case) for case in started)

        patience.until(done)


def has_task(engine, case: int) -> bool:
    with engine.store.read() as uow:
        return bool(uow.user_tasks.of_instance(case))
