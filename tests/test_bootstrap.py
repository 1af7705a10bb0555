"""Putting an engine together: from nothing, from what is there, and not from what does not fit."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s

from engine import bootstrap, config, errors, store


def settings(tmp_path, **more):
    return config.Settings(database=f"sqlite:///{tmp_path / 'var' / 'x.db'}", **more)


def test_a_database_that_does_not_exist_is_created_with_its_directory(tmp_path):
    with bootstrap.open_engine(settings(tmp_path), shipped_packs=False) as engine:
        assert (tmp_path / "var" / "x.db").exists()
        assert engine.clock.now().tzinfo is datetime.UTC
    with bootstrap.open_engine(settings(tmp_path), shipped_packs=False) as engine, engine.store.read() as uow:
        assert uow.definitions.latest("any") is None


def test_a_relative_database_is_under_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("GONGKAI_PACKS", "GONGKAI_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    with bootstrap.open_engine(shipped_packs=False):
        assert (tmp_path / "var" / "gongkai.db").exists()


def test_a_database_of_another_version_is_refused_with_what_to_do(tmp_path):
    chosen = settings(tmp_path)
    (tmp_path / "var").mkdir()
    database = store.Store(chosen.database)
    with database.write():
        pass
    (tmp_path / "var" / "x.db").write_bytes(b"")
    database.dispose()
    import sqlite3

    with sqlite3.connect(tmp_path / "var" / "x.db") as raw:
        raw.execute("CREATE TABLE something (id INTEGER)")
    raw.close()
    with pytest.raises(errors.StoreError, match="gongkai db upgrade"):
        bootstrap.open_engine(chosen, shipped_packs=False)


def test_packs_and_handlers_are_found(tmp_path):
    p.write(
        tmp_path / "packs",
        {"main": p.line(s.user("a"), ids=("a",))},
        handlers="""
    @registry.handler("t")
    def t(job):
        return {}
    """,
    )
    with bootstrap.open_engine(settings(tmp_path, packs=(tmp_path / "packs",)), shipped_packs=False) as engine:
        assert engine.packs.slugs == ("demo",)
        assert engine.handlers.topics == {"t"}


def test_listeners_are_told_of_work_until_they_leave(tmp_path):
    with bootstrap.open_engine(settings(tmp_path), shipped_packs=False) as engine:
        told = []
        leave = engine.on_work(lambda: told.append(1))
        engine.announce_work()
        leave()
        leave()
        engine.announce_work()
    assert told == [1]
