"""Who asked for which user task to be done soon (催办)."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from engine.model import cooperation as model
from engine.store import statements
from engine.store.tables_cooperation import urges

#: The columns of an `Urge`, in its order.
COLUMNS = list(urges.c)

_INSERT = statements.insert(urges, without=("id",), returning=urges.c.id)
_LAST = sa.select(*COLUMNS).where(urges.c.user_task_id == sa.bindparam("task")).order_by(urges.c.id.desc()).limit(1)
_OF_INSTANCE = sa.select(*COLUMNS).where(urges.c.instance_id == sa.bindparam("instance")).order_by(urges.c.id)


class Urges:
    """The urges of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(self, instance_id: int, user_task_id: int, by: str, at: datetime.datetime, text: str) -> model.Urge:
        """Note that somebody urged a user task."""
        row = {"instance_id": instance_id, "user_task_id": user_task_id, "by": by, "at": at, "text": text}
        return model.Urge(self._link.insert(_INSERT, row), instance_id, user_task_id, by, at, text)

    def last(self, user_task_id: int) -> model.Urge | None:
        """Return the last time a user task was urged."""
        row = self._link.one(_LAST, {"task": user_task_id})
        return None if row is None else model.Urge(*row)

    def of_instance(self, instance_id: int) -> list[model.Urge]:
        """Return the urges in an instance, oldest first."""
        return [model.Urge(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]
