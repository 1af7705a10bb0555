"""The disk of a PostgreSQL server is full: acts are refused with a sentence and leave nothing behind; then all goes on.

The tables are on a small file system of their own where this process may mount one (a tablespace); and always the files
of the server may grow no further, which is how the quota of a user looks to it. The server is one that nobody shares.
"""

from __future__ import annotations

import contextlib
import pathlib
import secrets
import shutil
import subprocess
from collections.abc import Iterator

import faultdisk
import packbuilder as p
import patience
import postgresql
import pytest
import snippets as s

from engine import bootstrap, config, errors, jobs, store, testing
from engine.actions import deployments, instances
from engine.model import commands
from engine.store import queries

ADMIN = commands.Actor("admin", admin=True)
WORK = p.line(s.service("b", camunda_topic="work"), s.user("c"), ids=("b", "c"), id="work")
HANDLERS = """
import secrets

@registry.handler('work')
def work(job):
    return {'text': secrets.token_hex(10_000)}
"""
#: Bytes of the small disk, and those that are left when it fills up.
SIZE, LEFT = "64m", 300_000


class SmallDisk:
    """A file system of some megabytes with the tables on it: full while a file takes all the rest."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.tables = directory / "tables"
        self._directory = directory
        self._ballast = directory / "ballast"

    def fill(self) -> None:
        free = shutil.disk_usage(self._directory).free
        with self._ballast.open("wb") as file:
            for _ in range(max(free - LEFT, 0) // 65536):
                file.write(bytes(65536))

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


class Quota:
    """Files of a server that may not grow beyond a size."""

    tables = None

    def __init__(self, server: postgresql.Server) -> None:
        self._server = server

    def fill(self) -> None:
        data = self._server.directory / "data"
        largest = max(file.stat().st_size for file in data.rglob("*") if file.is_file())
        self._limit(str(largest + LEFT))

    def make_room(self) -> None:
        self._limit("unlimited")

    def _limit(self, size: str) -> None:
        """Set the limit of the server and of everything that it has begun, in the name of its owner."""
        pid = self._server.pid
        assert pid is not None
        self._of_process(pid, size)  # first: whatever it begins from now on has the new one
        for each in _children(pid):
            self._of_process(each, size)

    def _of_process(self, pid: int, size: str) -> None:
        command = ["prlimit", f"--fsize={size}:unlimited", "--pid", str(pid)]
        done = subprocess.run(command, check=False, cwd="/", **self._server.owner)  # type: ignore[call-overload]
        assert done.returncode == 0 or not pathlib.Path(f"/proc/{pid}").exists()


def _children(pid: int) -> list[int]:
    found = []
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            if f"PPid:\t{pid}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found


@contextlib.contextmanager
def mounted(server: postgresql.Server) -> Iterator[SmallDisk | Quota]:
    """Mount a small disk beside the data of a server; where that is refused, have a quota instead."""
    directory = server.directory / "small"
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(directory)]
    try:
        refused = subprocess.run(command, capture_output=True, check=False).returncode != 0
    except FileNotFoundError:
        refused = True
    if refused:
        yield Quota(server)
        return
    try:
        tables = directory / "tables"
        tables.mkdir(mode=0o700)
        owner = server.owner
        if owner:
            shutil.chown(tables, owner["user"], owner["group"])  # type: ignore[call-overload]
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.fixture(params=["small disk", "quota"])
def disk_and_url(request: pytest.FixtureRequest) -> Iterator[tuple[SmallDisk | Quota, str]]:
    # Segments of the log are files of their full size from the beginning, and small here: tables are to be the largest.
    with contextlib.ExitStack() as closing:
        server = closing.enter_context(postgresql.Server(*postgresql.STOPPABLE, initdb=["--wal-segsize=1"]))
        found: SmallDisk | Quota = Quota(server)
        if request.param == "small disk":
            found = closing.enter_context(mounted(server))
        url = server.create("office")
        if found.tables is not None:
            with postgresql.connect(server.url("postgres")) as connection:
                connection.execute(f"CREATE TABLESPACE small LOCATION '{found.tables}'")
                connection.execute('ALTER DATABASE "office" SET TABLESPACE small')
        made = store.Store(url)
        bootstrap.upgrade(made)
        made.dispose()
        closing.callback(server.close)  # before its disk is taken away
        closing.callback(found.make_room)
        yield found, url


@pytest.fixture
def disk(disk_and_url):
    return disk_and_url[0]


@pytest.fixture(params=["rows", "procrastinate"])
def office(request, disk_and_url, tmp_path):
    packs = p.write(tmp_path / "packs", {"work": WORK}, handlers=HANDLERS)
    settings = config.Settings(
        database=disk_and_url[1], packs=(packs,), files=str(tmp_path / "files"), queue=request.param
    )
    with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as engine:
        deployments.deploy(engine, "demo", ADMIN)
        yield engine


def start(engine, letters: int = 20_000) -> int:
    """Start a case with a text that cannot be made shorter."""
    return instances.start(engine, "work", ADMIN, variables={"text": secrets.token_hex(letters // 2)}).id


def tried(engine, case: int) -> bool:
    with engine.store.read() as uow:
        return any(job.attempt for job in queries.jobs(uow, instance_id=case).items)


def test_what_does_not_fit_is_refused_as_a_whole_and_a_worker_goes_on_when_there_is_room(disk, office):
    with jobs.Worker(office, poll=0.02):
        disk.fill()
        started, refusal = faultdisk.fill_up(lambda: start(office))

        # while the disk is full, what was said to have happened is there, and can be read; nothing else is
        assert refusal.message.endswith("存放数据库的磁盘已满，操作未执行，请清理磁盘后再试。")
        assert faultdisk.ids(office) == started
        with pytest.raises(errors.StoreError, match="磁盘"):
            start(office, 2_000_000)

        # with room the same processes go on; what could not be finished is run again
        disk.make_room()
        more = start(office)
        patience.until(lambda: tried(office, more))
    for _ in range(3):
        office.clock.advance(hours=1)
        jobs.run_until_idle(office)
    assert faultdisk.ids(office) == [*started, more]
    faultdisk.check_done(office, [*started, more])
