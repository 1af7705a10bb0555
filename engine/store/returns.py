"""Cases that were sent back to an earlier user task, with the reason (退回)."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from engine.model import cooperation as model
from engine.store import statements
from engine.store.tables_cooperation import returns

#: The columns of a `Return`, in its order.
COLUMNS = list(returns.c)

_INSERT = statements.insert(returns, without=("id",), returning=returns.c.id)
_TO_TASK = (
    sa.select(*COLUMNS).where(returns.c.to_task_id == sa.bindparam("task")).order_by(returns.c.id.desc()).limit(1)
)
_OF_INSTANCE = sa.select(*COLUMNS).where(returns.c.instance_id == sa.bindparam("instance")).order_by(returns.c.id)


class Returns:
    """The returns of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self, instance_id: int, from_task_id: int, to_task_id: int, by: str, at: datetime.datetime, reason: str
    ) -> model.Return:
        """Note that a case was sent back."""
        row = {
            "instance_id": instance_id,
            "from_task_id": from_task_id,
            "to_task_id": to_task_id,
            "by": by,
            "at": at,
            "reason": reason,
        }
        return model.Return(self._link.insert(_INSERT, row), instance_id, from_task_id, to_task_id, by, at, reason)

    def to_task(self, user_task_id: int) -> model.Return | None:
        """Return why a user task is open again; None if it was not opened by a return."""
        row = self._link.one(_TO_TASK, {"task": user_task_id})
        return None if row is None else model.Return(*row)

    def of_instance(self, instance_id: int) -> list[model.Return]:
        """Return the returns of an instance, oldest first."""
        return [model.Return(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]
