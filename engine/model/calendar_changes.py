"""A change of the working-day calendar on its way: proposed by one person, decided by another (I-07)."""

from __future__ import annotations

import dataclasses
import datetime
import enum


class ChangeStatus(enum.StrEnum):
    """Where a change stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclasses.dataclass(frozen=True, slots=True)
class CalendarChange:
    """One day that an office declares worked or off; `revokes` is the approved change that this one takes back.

    `day` and `valid_from` are ISO dates; `scope` is a layer of `engine.calendars.overrides`. `moved` is how many open
    deadlines have moved with it; `looked_to` is the last case that was looked at for that, and `look_at` when the cases
    behind it are, None when all have been.
    """

    id: int
    day: str
    working: bool
    document: str
    scope: str
    reason: str
    counts_for_statutory: bool
    valid_from: str
    revokes: int | None
    proposed_by: str
    proposed_at: datetime.datetime
    status: ChangeStatus
    decided_by: str | None = None
    decided_at: datetime.datetime | None = None
    note: str | None = None
    moved: int = 0
    looked_to: int = 0
    look_at: datetime.datetime | None = None
