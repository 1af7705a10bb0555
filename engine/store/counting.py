"""Counts what a piece of work costs: for tests and for the bench."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

from engine.store.database import Store


@dataclasses.dataclass(slots=True)
class Count:
    """The SQL sent so far, in order. Rows given to one statement together count as one."""

    sql: list[str] = dataclasses.field(default_factory=list)

    @property
    def statements(self) -> int:
        """Return how many statements were sent, those that begin or end a transaction not among them."""
        return sum(not sql.startswith(("BEGIN", "COMMIT", "SET TRANSACTION")) for sql in self.sql)

    @property
    def commits(self) -> int:
        """Return how many transactions were committed."""
        return self.sql.count("COMMIT")


@contextlib.contextmanager
def counted(store: Store) -> Iterator[Count]:
    """Count the statements that a store sends within the block, from whatever thread."""
    count = Count()
    with store.observed(count.sql.append):
        yield count
