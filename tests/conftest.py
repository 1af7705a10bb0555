"""What all tests share: databases, and property tests that never fail for the time of day.

There is one PostgreSQL server for a run, started when the first test asks for it; every test has databases of its own
on it. ``--database postgresql`` has every engine that a test opens on a fresh database run on PostgreSQL.
"""

from __future__ import annotations

import abc
import contextlib
import datetime
import fcntl
import itertools
import os
import pathlib
import pickle
import shutil
from collections.abc import Callable, Generator, Iterator

import hypothesis
import postgresql
import pytest

from engine import bootstrap, store, testing

# The machine may be busy: no example has a deadline. On CI the examples are the same in every run.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape what cannot be UTF-8 in captured logs: tests of hostile texts would end a run on several processes."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report


# --- databases ----------------------------------------------------------------------------------------------------------


#: Fixtures with which a test runs on each kind of database by itself; `empty` makes databases of a kind one names.
_BOTH = {"kind", "way", "empty"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller choose the database of the acceptance tests."""
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs on each kind of database anyway, or is about files, where tests are run on PostgreSQL."""
    if config.getoption("--database") == "sqlite":
        return
    left = {item for item in items if _BOTH & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("file")}
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]


def _shared(config: pytest.Config) -> pathlib.Path:
    """Return the directory that all processes of a run share."""
    base = pathlib.Path(config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    return base.parent if hasattr(config, "workerinput") else base


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Throw the server away: the process that the run began in does, when the others have ended."""
    if hasattr(config, "workerinput") or not hasattr(config, "_tmp_path_factory"):
        return
    started = _shared(config) / "postgresql"
    if started.exists():
        pickle.loads(started.read_bytes()).close()  # noqa: S301 - written by `postgresql_server` below
        started.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def postgresql_server(pytestconfig: pytest.Config) -> postgresql.Server:
    """The PostgreSQL server of this run; whoever asks first starts it."""
    place = _shared(pytestconfig)
    started = place / "postgresql"
    with (place / "postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not started.exists():
            found = postgresql.Server().start()
            # The first process of the run may be killed, and then throws nothing away.
            found.end_with(os.getppid() if hasattr(pytestconfig, "workerinput") else os.getpid())
            started.write_bytes(pickle.dumps(found))
            made = store.Store(found.create("template"))
            bootstrap.upgrade(made)
            made.dispose()
        return pickle.loads(started.read_bytes())  # noqa: S301 - written above


@pytest.fixture(scope="session")
def postgres(
    postgresql_server: postgresql.Server, worker_id: str
) -> Callable[..., contextlib.AbstractContextManager[str]]:
    """Make databases: ``with postgres() as url`` has the tables, ``postgres(empty=True)`` nothing."""
    numbers = itertools.count(1)

    @contextlib.contextmanager
    def make(*, empty: bool = False, template: str | None = None) -> Iterator[str]:
        source = None if empty else template or postgresql_server.url("template")
        url = postgresql_server.create(f"{worker_id}_{os.getpid()}_{next(numbers)}", template=source)
        try:
            yield url
        finally:
            postgresql.drop(url)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of the database, each in turn."""
    found: str = request.param
    return found


@pytest.fixture
def empty_url(kind: str, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without tables, of each kind."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    with request.getfixturevalue("postgres")(empty=True) as made:
        yield made


@pytest.fixture
def url(kind: str, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that has the tables, of each kind."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("template"), tmp_path / "store.db")
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    with request.getfixturevalue("postgres")() as made:
        yield made


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A SQLite file with the tables, to be copied: quicker than to migrate anew for every test."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    database = store.Store(f"sqlite:///{path}")
    database.upgrade()
    database.dispose()
    return path


@pytest.fixture(autouse=True, scope="session")
def _databases_of_drivers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have drivers that are given no database run on the kind that the caller chose.

    Databases are copies: of one with the tables alone, or of one on which the shipped pack was deployed at that time.
    """
    made = _OfFiles(request) if request.config.getoption("--database") == "sqlite" else _OfServer(request)
    usual, testing.fresh_database = testing.fresh_database, made.give
    with made.kept:
        try:
            yield
        finally:
            testing.fresh_database = usual


class _Databases(abc.ABC):
    """Gives databases to drivers, copied from what it keeps."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self.kept = contextlib.ExitStack()
        self._deployed: dict[tuple[str, datetime.datetime], str] = {}

    def give(
        self, directory: pathlib.Path, pack: str | None, at: datetime.datetime
    ) -> contextlib.AbstractContextManager[str]:
        """Give a driver its database, as `testing.fresh_database` is to."""
        if pack is None:
            return self._copy(directory, None)
        if (pack, at) not in self._deployed:
            url = self._empty()
            testing.EngineDriver(pack, at=at, database=url).close()
            self._deployed[pack, at] = url
        return self._copy(directory, self._deployed[pack, at])

    @abc.abstractmethod
    def _empty(self) -> str:
        """Make a database with the tables, that is there to the end of the run; return its URL."""

    @abc.abstractmethod
    def _copy(self, directory: pathlib.Path, source: str | None) -> contextlib.AbstractContextManager[str]:
        """Give a copy of a database, or one with the tables alone (None)."""


class _OfFiles(_Databases):
    def _empty(self) -> str:
        path = self._request.getfixturevalue("tmp_path_factory").mktemp("deployed") / "driver.db"
        shutil.copy(self._request.getfixturevalue("template"), path)
        return f"sqlite:///{path}"

    @contextlib.contextmanager
    def _copy(self, directory: pathlib.Path, source: str | None) -> Iterator[str]:
        path = directory / "driver.db"
        if not path.exists():  # else a driver had it before
            known = self._request.getfixturevalue("template") if source is None else source.removeprefix("sqlite:///")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(known, path)
        yield f"sqlite:///{path}"


class _OfServer(_Databases):
    def _empty(self) -> str:
        url: str = self.kept.enter_context(self._request.getfixturevalue("postgres")())
        return url

    def _copy(self, directory: pathlib.Path, source: str | None) -> contextlib.AbstractContextManager[str]:
        return self._request.getfixturevalue("postgres")(template=source)
