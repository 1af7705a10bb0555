"""The command line on a database and a pack of its own."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
from collections.abc import Callable, Iterator

import pytest
from office import Office, review, waiting

Databases = Callable[[str], str]


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Databases]:
    """Give the URL of a file that is not there yet (``""``) or has the tables (``template``).

    A database on a server is never made by a command: there, both have the tables.
    """
    if request.config.getoption("--database") == "sqlite":

        def file(source: str) -> str:
            if source:
                shutil.copy(request.getfixturevalue(source), tmp_path / "office.db")
            return f"sqlite:///{tmp_path / 'office.db'}"

        yield file
        return
    with contextlib.ExitStack() as kept:
        make = request.getfixturevalue("postgres")
        yield lambda _source: kept.enter_context(make())


@pytest.fixture
def bare(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, databases: Databases) -> Office:
    """A pack that is not deployed yet, and no database."""
    office = Office(tmp_path)
    office.write(review=review(), waiting=waiting())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGKAI_PACKS", str(tmp_path / "packs"))
    monkeypatch.setenv("GONGKAI_DATABASE", databases(""))
    monkeypatch.setenv("NO_COLOR", "1")
    return office


@pytest.fixture
def office(bare: Office, monkeypatch: pytest.MonkeyPatch, databases: Databases) -> Office:
    """An office whose pack is deployed."""
    monkeypatch.setenv("GONGKAI_DATABASE", databases("template"))
    bare("deploy", "demo")
    return bare
