"""A client in the process of the engine."""

from __future__ import annotations

import pathlib
from typing import Any

from bench import load, product
from engine import bootstrap, config
from engine.actions import context, instances, user_tasks


class Direct:
    """A client that calls the actions, with the same keys as a program."""

    def __init__(self, engine: context.Engine) -> None:
        self._engine = engine

    def start(self, variables: dict[str, Any]) -> int:
        """Start a case."""
        return instances.start(self._engine, load.KEY, product.CLERK, variables=variables).id

    def complete(self, task: int, n: int) -> list[int]:
        """Complete a task."""
        key = f"task-{task}"
        done = user_tasks.complete(self._engine, task, product.CLERK, variables={"step": n}, idempotency_key=key)
        return list(done.opened)

    def close(self) -> None:
        """Leave the engine open: others use it."""


def make_database(url: str) -> None:
    """Make the tables of a database."""
    store = bootstrap.open_store(config.Settings(database=url))
    try:
        bootstrap.upgrade(store)
    finally:
        store.dispose()


def open_engine(root: pathlib.Path, url: str) -> context.Engine:
    """Open the engine on a database, with the measured pack alone, by the clock of the machine."""
    return bootstrap.open_engine(config.Settings(database=url, packs=(root,)), shipped_packs=False)
