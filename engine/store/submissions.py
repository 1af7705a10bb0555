"""What the forms of start events and of messages were filled in with; a user task keeps its own."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.store import statements
from engine.store.tables import user_tasks
from engine.store.tables_views import submissions

_INSERT = statements.insert(submissions, without=("id",))
_OF_INSTANCE = (
    sa.select(*submissions.c).where(submissions.c.instance_id == sa.bindparam("instance")).order_by(submissions.c.id)
)
_OF_TASKS = sa.select(user_tasks.c.id, user_tasks.c.submission).where(
    user_tasks.c.instance_id == sa.bindparam("instance"), user_tasks.c.submission.is_not(None)
)


@dataclasses.dataclass(frozen=True, slots=True)
class Submission:
    """The form of a start event or message as it was filled in."""

    id: int
    instance_id: int
    element_id: str
    form_key: str
    submitted_by: str
    submitted_at: datetime.datetime
    values: dict[str, Any]


class Submissions:
    """The submissions of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        instance_id: int,
        element_id: str,
        form_key: str,
        values: Mapping[str, Any],
        *,
        by: str,
        at: datetime.datetime,
    ) -> None:
        """Keep what a start event or message brought."""
        row = {
            "instance_id": instance_id,
            "element_id": element_id,
            "form_key": form_key,
            "submitted_by": by,
            "submitted_at": at,
            "values": values,
        }
        self._link.run(_INSERT, row)

    def of_instance(self, instance_id: int) -> list[Submission]:
        """Return what start events and messages brought to an instance, oldest first."""
        return [Submission(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]

    def of_tasks(self, instance_id: int) -> dict[int, dict[str, Any]]:
        """Return what the completed user tasks of an instance were filled in with, by task id."""
        return {row[0]: row[1] for row in self._link.all(_OF_TASKS, {"instance": instance_id})}
