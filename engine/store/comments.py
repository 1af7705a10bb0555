"""Comments on cases and their tasks."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from engine.model import instances as model
from engine.store import statements
from engine.store.tables import comments

_INSERT = statements.insert(comments, without=("id",), returning=comments.c.id)
_OF_INSTANCE = sa.select(*comments.c).where(comments.c.instance_id == sa.bindparam("instance")).order_by(comments.c.id)


class Comments:
    """The comments of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self, instance_id: int, user_task_id: int | None, author: str, text: str, at: datetime.datetime
    ) -> model.Comment:
        """Add a comment to an instance, or to one of its user tasks."""
        row = {
            "instance_id": instance_id,
            "user_task_id": user_task_id,
            "author": author,
            "text": text,
            "created_at": at,
        }
        new_id = self._link.insert(_INSERT, row)
        return model.Comment(new_id, instance_id, user_task_id, author, text, at)

    def of_instance(self, instance_id: int) -> list[model.Comment]:
        """Return the comments on an instance and its user tasks, oldest first."""
        return [model.Comment(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]
