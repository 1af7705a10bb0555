"""Incidents: what ops must look at."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa

from engine import errors
from engine.model import instances as model
from engine.model import steps
from engine.store import statements
from engine.store.instances import LOCKED_COLUMNS, LOCKED_WIDTH, Instances, LockedInstance
from engine.store.tables import incidents, instances

#: The columns of an `Incident`, in its order.
COLUMNS = list(incidents.c)

_INSERT = statements.insert(incidents, without=("id", "resolved_at", "resolved_by"))
_CLOSE = (
    sa.update(incidents)
    .where(
        incidents.c.instance_id == sa.bindparam("instance"),
        incidents.c.token == sa.bindparam("at"),
        incidents.c.resolved_at.is_(None),
    )
    .values(resolved_at=sa.bindparam("resolved_at"), resolved_by=sa.bindparam("resolved_by"))
)
_GET = sa.select(*COLUMNS).where(incidents.c.id == sa.bindparam("incident"))
_LOCK = (
    sa.select(*LOCKED_COLUMNS, *COLUMNS)
    .select_from(instances.join(incidents, incidents.c.instance_id == instances.c.id))
    .where(incidents.c.id == sa.bindparam("incident"))
    .with_for_update()
)
_OF_INSTANCE = sa.select(*COLUMNS).where(incidents.c.instance_id == sa.bindparam("instance")).order_by(incidents.c.id)


class Incidents:
    """The incidents of a unit of work."""

    def __init__(self, link: statements.Link, instances_: Instances) -> None:
        self._link = link
        self._instances = instances_

    def get(self, incident_id: int) -> model.Incident:
        """Return an incident without locking it.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"incident": incident_id})
        if row is None:
            raise _unknown(incident_id)
        return model.Incident(*row)

    def lock(self, incident_id: int) -> tuple[model.Incident, LockedInstance]:
        """Lock the instance of an incident; return both, and the state, in one SELECT. It may be resolved already.

        Raises:
            errors.NotFound: There is none with this id.
            errors.Conflict: Another action held the instance for too long.
        """
        row = self._link.one(_LOCK, {"incident": incident_id})
        if row is None:
            raise _unknown(incident_id)
        return model.Incident(*row[LOCKED_WIDTH:]), self._instances.adopt(row)

    def of_instance(self, instance_id: int) -> list[model.Incident]:
        """Return the incidents of an instance, resolved ones included, oldest first."""
        return [model.Incident(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]

    def resolve(self, instance_id: int, token: int, *, by: str, at: datetime.datetime) -> None:
        """Resolve the open incident of a token that no step closes."""
        close(self._link, instance_id, [steps.Closed("incident", token, "completed")], at, by)


def open_(
    link: statements.Link, instance_id: int, opened: Sequence[steps.IncidentOpened], now: datetime.datetime
) -> None:
    """Insert the incidents of a step."""
    link.run_many(
        _INSERT,
        [
            {
                "instance_id": instance_id,
                "token": each.token,
                "element_id": each.element_id,
                "kind": each.kind,
                "message": each.message,
                "created_at": now,
            }
            for each in opened
        ],
    )


def close(
    link: statements.Link, instance_id: int, waits: Sequence[steps.Closed], now: datetime.datetime, by: str
) -> None:
    """Resolve the open incidents of tokens."""
    link.run_many(
        _CLOSE,
        [{"instance": instance_id, "at": wait.token, "resolved_at": now, "resolved_by": by} for wait in waits],
    )


def _unknown(incident_id: int) -> errors.NotFound:
    return errors.NotFound(f"没有编号为 {incident_id} 的异常。", incident=incident_id)
