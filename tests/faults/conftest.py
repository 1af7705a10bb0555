"""Databases with the pack of the kill harness deployed, to be copied for every run; and processes that play."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator

import faultoffice
import faultpack
import faultruns
import faultstory
import packbuilder
import postgresql
import pytest

from engine import bootstrap, config, store, testing
from engine.actions import deployments


@pytest.fixture(scope="session")
def players() -> Iterator[faultruns.Players]:
    """Processes that play stories."""
    with faultruns.Players() as found:
        yield found


@pytest.fixture(scope="session")
def packs(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The root of the pack."""
    return faultpack.write(tmp_path_factory.mktemp("packs"))


def _deploy(url: str, packs: pathlib.Path) -> None:
    settings = config.Settings(database=url, packs=(packs,))
    with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as engine:
        deployments.deploy(engine, "faults", faultstory.ADMIN)


@pytest.fixture(scope="session")
def deployed_file(packs: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A SQLite file in which the pack is deployed."""
    found = tmp_path_factory.mktemp("deployed") / "faults.db"
    _deploy(f"sqlite:///{found}", packs)
    return found


@pytest.fixture(scope="session")
def stoppable() -> Iterator[postgresql.Server]:
    """A PostgreSQL server that the stories of this process may stop: what is committed outlives that."""
    with postgresql.Server(*postgresql.STOPPABLE) as server:
        server.end_with(os.getpid())
        yield server


@pytest.fixture(scope="session")
def deployed_database(packs: pathlib.Path, stoppable: postgresql.Server) -> str:
    """The URL of a PostgreSQL database in which the pack is deployed."""
    url = stoppable.create("deployed")
    made = store.Store(url)
    bootstrap.upgrade(made)
    made.dispose()
    _deploy(url, packs)
    return url


Stages = Callable[[], contextlib.AbstractContextManager[str]]


@contextlib.contextmanager
def _copied(server: postgresql.Server, template: str) -> Iterator[str]:
    url = server.create(template=template)
    try:
        # A sequence of a copied database gives its last numbers again after a crash, until there was a checkpoint.
        with postgresql.connect(url) as connection:
            connection.execute("CHECKPOINT")
        yield url
    finally:
        postgresql.drop(url)


@pytest.fixture
def stages(kind: str, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Stages:
    """Make databases in which the pack is deployed, of each kind: ``with stages() as url``."""
    numbers = itertools.count(1)

    def make() -> contextlib.AbstractContextManager[str]:
        if kind == "postgresql":
            template = request.getfixturevalue("deployed_database")
            return _copied(request.getfixturevalue("stoppable"), template)
        file = tmp_path / f"story-{next(numbers)}.db"
        shutil.copy(request.getfixturevalue("deployed_file"), file)
        return contextlib.nullcontext(f"sqlite:///{file}")

    return make


@pytest.fixture
def stage(stages: Stages) -> Iterator[str]:
    """The URL of one database in which the pack is deployed, of each kind."""
    with stages() as url:
        yield url


@pytest.fixture
def queue() -> str:
    """What tells the workers of an office of work."""
    return "rows"


@pytest.fixture
def office(url: str, kind: str, queue: str, tmp_path: pathlib.Path) -> Iterator[faultoffice.Office]:
    packs = packbuilder.write(
        tmp_path / "packs",
        {
            "two": faultoffice.TWO,
            "work": faultoffice.WORK,
            "wait": faultoffice.WAIT,
            "caller": faultoffice.CALLER,
            "called": faultoffice.CALLED,
        },
        handlers=faultoffice.HANDLERS,
    )
    with contextlib.ExitStack() as closing:
        watch = closing.enter_context(faultoffice.watching(url, kind))

        def opened(name: str, clock: testing.FixedClock) -> bootstrap.Engine:
            return closing.enter_context(faultoffice.open_engine(url, kind, name, tmp_path, packs, clock, queue))

        late = testing.FixedClock(testing.MONDAY + datetime.timedelta(hours=1))
        engine = opened("office", testing.FixedClock())
        deployments.deploy(engine, "demo", faultoffice.ADMIN)
        yield faultoffice.Office(url, opened("first", late), opened("second", late), engine, watch)
