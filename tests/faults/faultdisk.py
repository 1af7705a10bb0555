"""What the tests of full disks do on either kind of database."""

from __future__ import annotations

from collections.abc import Callable

from engine import bootstrap, errors


def fill_up(start: Callable[[], int]) -> tuple[list[int], errors.StoreError]:
    """Start cases until the disk is full; return those that were started, and the refusal."""
    started = []
    for _ in range(2000):
        try:
            started.append(start())
        except errors.StoreError as refusal:
            return started, refusal
    raise AssertionError("the disk does not fill up")


def ids(engine: bootstrap.Engine) -> list[int]:
    """Return the cases that there are, when their trail was found whole."""
    with engine.store.read() as uow:
        assert uow.audit.verify() == []
        return [row[0] for row in uow.link.connection.exec_driver_sql("SELECT id FROM instances ORDER BY id")]


def check_done(engine: bootstrap.Engine, cases: list[int]) -> None:
    """Check that the jobs of all cases were done in the end, and none became an incident."""
    with engine.store.read() as uow:
        for case in cases:
            assert [task.element_id for task in uow.user_tasks.of_instance(case)] == ["c"]
            assert uow.incidents.of_instance(case) == []
        assert uow.audit.verify() == []
