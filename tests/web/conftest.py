"""An office on the web: packs deployed, demo users, and a browser without a screen for each of them."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
import website


@pytest.fixture
def office(tmp_path: pathlib.Path) -> Iterator[website.Office]:
    """The office of the shipped packs on a Monday morning."""
    with website.Office(tmp_path) as made:
        yield made
