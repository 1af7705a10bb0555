"""A driver over packs that the tests write themselves."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import packbuilder
import pytest

from engine import testing

Drive = Callable[..., testing.EngineDriver]


@pytest.fixture
def drive(tmp_path: pathlib.Path) -> Iterator[Drive]:
    """Write a pack with these diagrams and drive it: `drive(main=..., forms=..., handlers=...)`."""
    opened: list[testing.EngineDriver] = []

    def make(
        *, at: Any = testing.MONDAY, settings: Any = None, database: str | None = None, **parts: Any
    ) -> testing.EngineDriver:
        known = {"forms", "decisions", "handlers", "templates", "extra", "roles", "slug"}
        diagrams = {name: content for name, content in parts.items() if name not in known}
        given = {name: value for name, value in parts.items() if name in known}
        packbuilder.write(tmp_path / "packs", diagrams, **given)
        place = tmp_path / "database"
        place.mkdir(exist_ok=True)
        opened.append(
            testing.EngineDriver(tmp_path / "packs", at=at, directory=place, database=database, settings=settings)
        )
        return opened[-1]

    yield make
    for driver in opened:
        driver.close()
