"""Element history: where the tokens of an instance have been."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa

from engine.model import instances as model
from engine.model import steps
from engine.store import statements
from engine.store.tables import element_history

#: The columns of a `HistoryEntry`, in its order.
COLUMNS = list(element_history.c)

# One statement for new visits and for those whose entry is known: a visit has a token of its own.
_VISIT = statements.upsert(element_history, ["instance_id", "token"], ["left_at", "outcome", "left_seq"])
_OF_INSTANCE = (
    sa.select(*COLUMNS)
    .where(element_history.c.instance_id == sa.bindparam("instance"))
    .order_by(element_history.c.entered_at, element_history.c.token)
)


class History:
    """The element history of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def of_instance(self, instance_id: int) -> list[model.HistoryEntry]:
        """Return every visit of an instance, in order of entry."""
        return [model.HistoryEntry(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]


def visit(
    link: statements.Link, instance_id: int, visits: Sequence[steps.Visit], now: datetime.datetime, seq: int
) -> None:
    """Insert the visits of a step, and complete those that an earlier step began.

    Args:
        link: The connection.
        instance_id: The instance.
        visits: What the step entered and left.
        now: When, with time zone.
        seq: The act that the step is a part of, by its place in the audit chain.
    """
    link.run_many(
        _VISIT,
        [
            {
                "instance_id": instance_id,
                "token": each.token,
                "element_id": each.element_id,
                "element_type": each.element_type,
                "name": each.name,
                "entered_at": each.entered_at or now,
                "left_at": each.left_at,
                "outcome": each.outcome,
                "entered_seq": seq,
                "left_seq": None if each.left_at is None else seq,
            }
            for each in visits
        ],
    )
