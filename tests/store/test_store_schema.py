"""Migrations make the tables that the code expects, on an empty database and on one that is up to date."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import autogenerate, config, script
from alembic.runtime import migration

from engine import errors, store
from engine.store import schema, tables


def shape(connection: sa.Connection) -> dict[str, object]:
    """Everything that a database tells of its tables."""
    inspector = sa.inspect(connection)
    found: dict[str, object] = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        found[table] = {
            "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            "primary key": inspector.get_pk_constraint(table),
            "unique": sorted(map(repr, inspector.get_unique_constraints(table))),
            "foreign keys": sorted(map(repr, inspector.get_foreign_keys(table))),
            "indexes": sorted(
                (
                    i["name"],
                    i["column_names"],
                    i["unique"],
                    sorted((name, str(value)) for name, value in i["dialect_options"].items()),
                )
                for i in inspector.get_indexes(table)
            ),
        }
    return found


def test_migrations_make_exactly_the_tables_of_the_code(empty_url: str) -> None:
    # given a database made by the migrations
    database = store.Store(empty_url)
    database.upgrade()
    database.dispose()
    engine = sa.create_engine(empty_url)
    with engine.connect() as connection:
        migrated = shape(connection)
        difference = autogenerate.compare_metadata(
            migration.MigrationContext.configure(connection, opts={"compare_type": True}), tables.metadata
        )

    # when the tables are made anew, straight from the code
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))
        tables.metadata.drop_all(connection)
        assert shape(connection) == {}
        tables.metadata.create_all(connection)

    # then both are the same
    with engine.connect() as connection:
        assert shape(connection) == migrated
        assert set(migrated) == set(tables.metadata.tables)
    engine.dispose()
    assert difference == []


def test_migrated_sqlite_tables_have_the_same_text_as_those_of_the_code(tmp_path: Path) -> None:
    def texts(engine: sa.Engine) -> set[str]:
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
            found = {" ".join(row[0].replace('"', "").split()) for row in rows}
        engine.dispose()
        # The order of the constraints of a table is of no account.
        return {
            "".join(sorted(text.replace("(", " ").replace(")", " ").replace(",", " ").split()))
            for text in found
            if "alembic" not in text and "sqlite_sequence" not in text
        }

    database = store.Store(f"sqlite:///{tmp_path / 'migrated.db'}")
    database.upgrade()
    database.dispose()
    created = sa.create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    tables.metadata.create_all(created)

    assert texts(sa.create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")) == texts(created)


def test_the_newest_migration_is_the_one_the_code_asks_for() -> None:
    settings = config.Config()
    settings.set_main_option("script_location", "engine.store:migrations")
    settings.set_main_option("path_separator", "os")

    assert script.ScriptDirectory.from_config(settings).get_heads() == [schema.HEAD]


def test_a_second_upgrade_changes_nothing_and_keeps_what_is_stored(desk) -> None:
    instance_id = desk.start(variables='{"项目":"预审"}')

    desk.database.upgrade()

    desk.database.check()
    with desk.database.write() as uow:
        assert uow.instances.lock(instance_id).state.variables == '{"项目":"预审"}'


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = store.Store(empty_url)

    def fail_half_way(connection: sa.Connection, **_: object) -> None:
        tables.metadata.tables["deployments"].create(connection)
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "upgrade", fail_half_way)
        with pytest.raises(RuntimeError):
            database.upgrade()

    database.upgrade()
    database.check()
    database.dispose()


def test_a_database_without_tables_says_what_to_do(empty_url: str) -> None:
    database = store.Store(empty_url)
    with pytest.raises(errors.StoreError, match="gongkai db upgrade"):
        database.check()
    with database.read() as uow, pytest.raises(errors.StoreError, match="gongkai db upgrade"):
        uow.instances.get(1)
    database.dispose()


def test_a_program_goes_on_with_newer_tables_that_only_have_more(database: store.Store) -> None:
    with database.write() as uow:
        uow.link.driver("UPDATE alembic_version SET version_num = '9999'")
    database.check()


def test_a_database_of_another_version_says_what_to_do(database: store.Store) -> None:
    with database.write() as uow:
        uow.link.driver("UPDATE alembic_version SET version_num = '9999'")
        uow.link.driver("UPDATE compatibility SET oldest = '9000'")

    with pytest.raises(errors.StoreError, match="9999"):
        database.check()
    with pytest.raises(errors.StoreError, match="不能升级"):
        database.upgrade()


def test_two_processes_may_upgrade_at_once(empty_url: str) -> None:
    code = f"from engine import store; s = store.Store({empty_url!r}); s.upgrade(); s.check(); print('ok')"
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (out, err) == ("ok\n", "")


def test_a_new_file_that_another_process_is_writing_is_waited_for(tmp_path: Path) -> None:
    database = store.Store(f"sqlite:///{tmp_path / 'new.db'}")
    with contextlib.closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # SQLite refuses at once, and does not wait, to change how the file is kept
        waited = threading.Event()
        thread = threading.Thread(target=lambda: (database.upgrade(), waited.set()))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        other.execute("COMMIT")
        thread.join()
    assert waited.is_set()
    database.check()
    database.dispose()
