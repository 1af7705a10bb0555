"""How long cases are kept, and what becomes of them then."""

from __future__ import annotations

import dataclasses
import datetime
import enum


class Obstacle(enum.StrEnum):
    """Why a case stays although its time is over."""

    OPEN = "open"  # it or a case that it called has not ended
    HOLD = "hold"  # under hold (保全)
    INCIDENT = "incident"  # somebody has to look at an incident of it
    LINKED = "linked"  # a case that it is linked with is open
    RECEIPT = "receipt"  # somebody sent something in to it that another open case has to do with
    UNPROVEN = "unproven"  # its records are not what the audit trail says they were
    BUSY = "busy"  # another worker is about to delete it, or somebody has just done something in it
    ARCHIVE = "archive"  # it could not be archived


@dataclasses.dataclass(frozen=True, slots=True)
class Stay:
    """A reason why a case stays, and what it is about, in the language of the office."""

    obstacle: Obstacle
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Hold:
    """A case that is not to be deleted until somebody releases it."""

    id: int
    instance_id: int
    reason: str
    placed_by: str
    placed_at: datetime.datetime
    released_by: str | None = None
    released_at: datetime.datetime | None = None
    release_reason: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Due:
    """A case whose time is over, with those it called.

    Attributes:
        instance_id: The case that no other called.
        definition: What its procedure is called.
        business_key: What people call it.
        kept: How long it was to be kept, as its procedure says: days, or an ISO 8601 duration.
        ended_at: When it ended, and so when that began.
        until: When its time was over; None for one that is kept for ever.
        cases: How many cases go with it, itself counted.
        stays: Why it stays; nothing where it goes.
    """

    instance_id: int
    definition: str
    business_key: str | None
    kept: str
    ended_at: datetime.datetime
    until: datetime.datetime | None
    cases: int
    stays: tuple[Stay, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Erasure:
    """A case that was deleted: when, by whom, on what ground, and the archive package that was written before.

    `scrubbed_at` is when the pages of the database file that held it were overwritten; databases that do so by
    themselves have it at once.
    """

    instance_id: int
    root_id: int
    at: datetime.datetime
    by: str
    ground: str
    archive: str | None
    archive_sha256: str | None
    scrubbed_at: datetime.datetime | None
