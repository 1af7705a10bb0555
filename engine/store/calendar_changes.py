"""Changes of the working-day calendar."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import calendar_changes as model
from engine.store import statements
from engine.store.tables_calendars import calendar_changes

_INSERT = statements.insert(calendar_changes, without=("id",), returning=calendar_changes.c.id)
_GET = sa.select(*calendar_changes.c).where(calendar_changes.c.id == sa.bindparam("change"))
_LOCK_DAY = (
    sa.select(calendar_changes.c.id)
    .where(calendar_changes.c.day == sa.bindparam("day"))
    .order_by(calendar_changes.c.id)
    .with_for_update()
)
_ALL = sa.select(*calendar_changes.c).order_by(calendar_changes.c.id.desc()).limit(sa.bindparam("most"))
_APPROVED = (
    sa.select(*calendar_changes.c)
    .where(calendar_changes.c.status == sa.literal_column("'approved'"))
    .order_by(calendar_changes.c.id)
)
_DECIDE = (
    sa.update(calendar_changes)
    .where(
        calendar_changes.c.id == sa.bindparam("change"), calendar_changes.c.status == sa.literal_column("'proposed'")
    )
    .values(
        status=sa.bindparam("status"),
        decided_by=sa.bindparam("decided_by"),
        decided_at=sa.bindparam("decided_at"),
        note=sa.bindparam("note"),
    )
)
_LOOK = (
    sa.update(calendar_changes)
    .where(calendar_changes.c.id == sa.bindparam("change"))
    .values(
        moved=calendar_changes.c.moved + sa.bindparam("moved"),
        looked_to=sa.bindparam("looked_to"),
        look_at=sa.bindparam("look_at"),
    )
)
_UNFINISHED = (
    sa.select(*calendar_changes.c)
    .where(calendar_changes.c.look_at.is_not(None), calendar_changes.c.look_at <= sa.bindparam("now"))
    .order_by(calendar_changes.c.look_at)
    .limit(1)
)


class CalendarChanges:
    """The changes of the calendar, of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def propose(self, **values: Any) -> model.CalendarChange:
        """Add a proposal; `values` are the fields of a `CalendarChange` but its id and what is decided later."""
        row = {"decided_by": None, "decided_at": None, "note": None, "status": model.ChangeStatus.PROPOSED, **values}
        row |= {"moved": 0, "looked_to": 0, "look_at": None}
        return model.CalendarChange(id=self._link.insert(_INSERT, row), **row)

    def get(self, change_id: int) -> model.CalendarChange:
        """Return a change.

        Raises:
            errors.NotFound: There is none with this number.
        """
        row = self._link.one(_GET, {"change": change_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {change_id} 的日历调整。")
        return model.CalendarChange(*row)

    def lock_day(self, day: str) -> None:
        """Keep what was ever proposed for a day (an ISO date) from others, until the end of the unit of work."""
        self._link.all(_LOCK_DAY, {"day": day})

    def decide(
        self, change: model.CalendarChange, status: model.ChangeStatus, by: str, at: datetime.datetime, note: str | None
    ) -> None:
        """Decide on a proposal.

        Raises:
            errors.Conflict: It has been decided on meanwhile.
        """
        params = {"change": change.id, "status": status, "decided_by": by, "decided_at": at, "note": note}
        if self._link.run(_DECIDE, params) != 1:
            raise errors.Conflict(f"日历调整 {change.id} 已经处理过了，请刷新后查看。")

    def all(self, limit: int = 200) -> list[model.CalendarChange]:
        """Return the changes, newest first."""
        return [model.CalendarChange(*row) for row in self._link.all(_ALL, {"most": limit})]

    def in_force(self, *, before: model.CalendarChange | None = None) -> list[model.CalendarChange]:
        """Return the approved changes that no other approved one has taken back, oldest first.

        `before` asks for those that were in force when that change was about to be approved.
        """
        approved = [model.CalendarChange(*row) for row in self._link.all(_APPROVED, {})]
        if before is not None:
            approved = [change for change in approved if _decided(change) < _decided(before)]
        revoked = {change.revokes for change in approved}
        return [change for change in approved if change.revokes is None and change.id not in revoked]

    def unfinished(self, now: datetime.datetime) -> model.CalendarChange | None:
        """Return an approved change with which open deadlines still have to move now; None if there is none."""
        row = self._link.one(_UNFINISHED, {"now": now})
        return None if row is None else model.CalendarChange(*row)

    def looked(
        self, change: model.CalendarChange, *, moved: int, looked_to: int, look_at: datetime.datetime | None
    ) -> None:
        """Note that `moved` more deadlines moved with a change, and from which case on to look when, if ever."""
        self._link.run(_LOOK, {"change": change.id, "moved": moved, "looked_to": looked_to, "look_at": look_at})


def _decided(change: model.CalendarChange) -> tuple[datetime.datetime, int]:
    assert change.decided_at is not None
    return change.decided_at, change.id
