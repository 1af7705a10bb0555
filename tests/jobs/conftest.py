"""Databases and engines that several workers share."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import packbuilder
import pytest
import snippets as s

from engine import bootstrap, config, testing
from engine.actions import deployments
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)


#: Every way in which workers get their work: they all pass the same tests.
WAYS = ["rows on sqlite", "rows on postgresql", "procrastinate on postgresql"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """A way in which workers get their work."""
    found: str = request.param
    return found


@pytest.fixture
def shop(way: str, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Write a pack, deploy it, and open an engine on it: `shop(main=..., handlers=...)`; again for another engine."""
    queue, _, kind = way.split()
    cleanup = contextlib.ExitStack()
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("template"), tmp_path / "jobs.db")
    else:
        url = cleanup.enter_context(request.getfixturevalue("postgres")())
    opened = []

    def make(clock: Any = None, *, settings: dict[str, Any] | None = None, **parts: Any) -> bootstrap.Engine:
        if parts:
            handlers = parts.pop("handlers", "")
            packbuilder.write(tmp_path / "packs", parts, handlers=handlers)
        given = {"database": url, "queue": queue, "packs": (tmp_path / "packs",), **(settings or {})}
        engine = bootstrap.open_engine(config.Settings(**given), clock or testing.FixedClock(), shipped_packs=False)
        opened.append(engine)
        if parts:
            deployments.deploy(engine, "demo", ADMIN)
        return engine

    yield make
    for engine in opened:
        engine.close()
    cleanup.close()


@pytest.fixture
def work() -> bytes:
    """A diagram with one job and a task behind it."""
    return packbuilder.line(s.service("b", camunda_topic="work"), s.user("c", name="核对"), ids=("b", "c"))
