"""Batches: one act on many cases or incidents, carried out in the background, with a result for each."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from typing import Any

from engine.model import instances


class BatchState(enum.StrEnum):
    """Where a batch stands; while it is collecting, what it is about is still being written down."""

    COLLECTING = "collecting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Tell whether nothing more is done of it, unless its failed items are tried again."""
        return self in (BatchState.FINISHED, BatchState.CANCELLED)


class ItemState(enum.StrEnum):
    """Where an item of a batch stands: refused is what the rules of the act forbid, failed what could not be done."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Target(enum.StrEnum):
    """What the numbers of a batch are those of."""

    INSTANCE = "instance"
    INCIDENT = "incident"


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which cases or incidents a batch is about: those of these numbers alone, else all that every other field means.

    `definition` is the key of a process; `element` and `incident` mean cases with an open incident there, of this kind.
    Times are those of the start of the case: from `started_after` on, before `started_before`.
    """

    ids: tuple[int, ...] = ()
    definition: str | None = None
    version: int | None = None
    status: instances.InstanceStatus | None = None
    started_after: datetime.datetime | None = None
    started_before: datetime.datetime | None = None
    element: str | None = None
    incident: instances.IncidentKind | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, without what is not given."""
        found: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None or value == ():
                continue
            if isinstance(value, datetime.datetime):
                value = value.isoformat()
            found[field.name] = list(value) if isinstance(value, tuple) else value
        return found

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Selection:
        """Return what `as_json` wrote."""
        found = dict(given)
        found["ids"] = tuple(found.get("ids", ()))
        for name in ("started_after", "started_before"):
            if name in found:
                found[name] = datetime.datetime.fromisoformat(found[name])
        if "status" in found:
            found["status"] = instances.InstanceStatus(found["status"])
        if "incident" in found:
            found["incident"] = instances.IncidentKind(found["incident"])
        return cls(**found)


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """How many items of a batch stand how."""

    waiting: int = 0
    done: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Return how many items there are."""
        return self.waiting + self.over

    @property
    def over(self) -> int:
        """Return how many items have a result."""
        return self.done + self.refused + self.failed


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """An act on many cases or incidents.

    `acts_by` is in whose name it is carried out: who ordered it, or let it go on last; `by_account` tells whether that
    is an account, whose rights are asked for again, or somebody who holds the database in their hands. `collected` is
    how far its items have been written down, up to the number `upto`. `counts` are there once it has ended: before
    that they are counted. `note` is why it was paused, where the platform did that.
    """

    id: int
    kind: str
    parameters: dict[str, Any]
    selection: dict[str, Any]
    state: BatchState
    ordered_by: str
    ordered_at: datetime.datetime
    acts_by: str
    by_account: bool
    collected: int
    upto: int
    counts: dict[str, int] | None = None
    ended_at: datetime.datetime | None = None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class BatchItem:
    """One case or incident of a batch. `sentence` is what came of it, or went wrong the last time it was tried.

    `poll_at` is when it is next looked at; `fence` counts to how many workers it has been given.
    """

    batch_id: int
    target: int
    state: ItemState
    attempts: int
    fence: int
    poll_at: datetime.datetime | None = None
    at: datetime.datetime | None = None
    sentence: str | None = None
