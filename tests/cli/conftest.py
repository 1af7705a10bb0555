"""The command line on a database and a pack of its own."""

from __future__ import annotations

import pathlib
import shutil

import pytest
from office import Office, review, waiting


@pytest.fixture
def bare(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A pack that is not deployed yet, and no database."""
    office = Office(tmp_path)
    office.write(review=review(), waiting=waiting())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGKAI_PACKS", str(tmp_path / "packs"))
    monkeypatch.setenv("GONGKAI_DATABASE", f"sqlite:///{tmp_path / 'office.db'}")
    monkeypatch.setenv("NO_COLOR", "1")
    return office


@pytest.fixture
def office(bare: Office, template: pathlib.Path) -> Office:
    """An office whose pack is deployed."""
    shutil.copy(template, bare.root / "office.db")
    bare("deploy", "demo")
    return bare
