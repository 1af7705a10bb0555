"""Databases with the pack of the kill harness deployed, to be copied for every run; and processes that play."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import shutil
from collections.abc import Callable, Iterator

import faultpack
import faultruns
import faultstory
import pytest

from engine import bootstrap, config, testing
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
def deployed_database(
    packs: pathlib.Path, postgres: Callable[..., contextlib.AbstractContextManager[str]]
) -> Iterator[str]:
    """The URL of a PostgreSQL database in which the pack is deployed."""
    with postgres() as url:
        _deploy(url, packs)
        yield url


Stages = Callable[[], contextlib.AbstractContextManager[str]]


@pytest.fixture
def stages(kind: str, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Stages:
    """Make databases in which the pack is deployed, of each kind: ``with stages() as url``."""
    numbers = itertools.count(1)

    def make() -> contextlib.AbstractContextManager[str]:
        if kind == "postgresql":
            made: contextlib.AbstractContextManager[str] = request.getfixturevalue("postgres")(
                template=request.getfixturevalue("deployed_database")
            )
            return made
        file = tmp_path / f"story-{next(numbers)}.db"
        shutil.copy(request.getfixturevalue("deployed_file"), file)
        return contextlib.nullcontext(f"sqlite:///{file}")

    return make


@pytest.fixture
def stage(stages: Stages) -> Iterator[str]:
    """The URL of one database in which the pack is deployed, of each kind."""
    with stages() as url:
        yield url
