"""A store on each kind of database, and a desk to work at."""

from __future__ import annotations

import dataclasses
import datetime
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine import store
from engine.model import definitions, instances, steps

NOW = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


@pytest.fixture
def database(url: str) -> Iterator[store.Store]:
    """A store with its tables."""
    database = store.Store(url)
    yield database
    database.dispose()


@dataclasses.dataclass
class Desk:
    """A store with one process definition, and the shortest way to get a case onto it."""

    database: store.Store
    definition_id: int
    now: datetime.datetime = NOW

    def define(self, key: str, **values: Any) -> definitions.ProcessDefinition:
        """Deploy a pack with one process."""
        with self.database.write() as uow:
            return define(uow, key, **values)

    def step(self, **values: Any) -> steps.Step:
        """Return a step that goes on, with whatever is given."""
        state = instances.InstanceState(values.pop("variables", "{}"), values.pop("tokens", "{}"))
        return steps.Step(state, values.pop("status", instances.InstanceStatus.ACTIVE), **values)

    def steps_of(self, run: Callable[[store.UnitOfWork], object]) -> int:
        """How many hundred steps SQLite takes for something: what it visits, on whatever machine."""
        with self.database.read() as uow:
            return self.steps_within(uow, lambda: run(uow))

    def steps_within(self, uow: store.UnitOfWork, run: Callable[[], object]) -> int:
        """How many hundred steps SQLite takes for something in a unit of work that is open."""
        taken = 0

        def step() -> int:
            nonlocal taken
            taken += 1
            return 0

        raw = uow.link.connection.connection.dbapi_connection
        if not isinstance(raw, sqlite3.Connection):
            run()
            return 0  # PostgreSQL does not tell: there the statements are all that is compared
        raw.set_progress_handler(step, 100)
        try:
            run()
        finally:
            raw.set_progress_handler(None, 0)
        return taken

    def start(self, *, business_key: str | None = None, **values: Any) -> int:
        """Start an instance with a step; return its id."""
        with self.database.write() as uow:
            locked = uow.instances.create(
                self.definition_id, business_key=business_key, started_at=self.now, started_by="zhang"
            )
            uow.audit.append(locked, "zhang", "start", f"instance/{locked.id}", {}, self.now)
            uow.record(locked, self.step(**values), self.now, by="zhang")
            return locked.id

    def go_on(self, instance_id: int, *, by: str = "zhang", **values: Any) -> store.Recorded:
        """Record another step of an instance."""
        with self.database.write() as uow:
            locked = uow.instances.lock(instance_id)
            uow.audit.append(locked, by, "go-on", f"instance/{instance_id}", {}, self.now)
            return uow.record(locked, self.step(**values), self.now, by=by)

    def catch_up(self, uow: store.UnitOfWork, *tables: str) -> None:
        """Let the database know of rows that a test has put in by itself: go on numbering after them, count them."""
        if uow.link.dialect_name == "postgresql":
            for table in tables:
                newest = f"(SELECT max(id) FROM {table})"
                uow.link.driver(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {newest})")
            uow.link.driver("ANALYZE")

    def task(self, **values: Any) -> instances.UserTask:
        """Start an instance with one user task; return the task."""
        opened = steps.UserTaskOpened(**{"token": 1, "element_id": "Task_shenhe", "name": "审核公开申请", **values})
        instance_id = self.start(user_tasks=(opened,))
        with self.database.read() as uow:
            return uow.user_tasks.of_instance(instance_id)[0]


def define(uow: store.UnitOfWork, key: str, **values: Any) -> definitions.ProcessDefinition:
    """Deploy a pack with one process."""
    deployment = uow.deployments.add(key, "0" * 64, [], deployed_at=NOW, deployed_by="admin")
    given = {"name": f"流程{key}", "sha256": "1" * 64, "resource": f"{key}.bpmn", **values}
    return uow.definitions.add(key, deployment_id=deployment.id, pack=key, **given)


@pytest.fixture
def desk(database: store.Store) -> Desk:
    """A desk with one process definition, `yushen`."""
    with database.write() as uow:
        return Desk(database, define(uow, "yushen").id)
