"""How people work together on a case beside completing tasks: countersigning, copies, urging, returns."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Any


class CountersignKind(enum.StrEnum):
    """When somebody else is asked for an opinion on a task (加签)."""

    BEFORE = "before"  # first the others, then the task comes back to who asked (前加签)
    PARALLEL = "parallel"  # the others and who asked at the same time (并行加签)
    AFTER = "after"  # when who asked has finished, the others must agree before the case goes on (后加签)


class CountersignStatus(enum.StrEnum):
    """Where one countersignature stands."""

    PLANNED = "planned"  # of the kind `after`: its turn comes when the task is finished
    OPEN = "open"
    GIVEN = "given"
    REMOVED = "removed"  # by who asked for it
    LAPSED = "lapsed"  # the task ended in another way


class Countersigning(enum.StrEnum):
    """What a user task waits for, as far as countersignatures hold it up."""

    ASKED = "asked"  # opinions are outstanding: it cannot be completed yet
    PLANNED = "planned"  # it may be completed; others must then agree
    SUBMITTED = "submitted"  # it is completed but for the agreement of others


@dataclasses.dataclass(frozen=True, slots=True)
class Countersignature:
    """One person's part in the countersigning of a user task; while `open`, a piece of work in their list.

    `agrees` and `opinion` are given by `answered_by`, who is `person` or a substitute of theirs.
    """

    id: int
    instance_id: int
    user_task_id: int
    token: int
    kind: CountersignKind
    status: CountersignStatus
    person: str
    asked_by: str
    asked_at: datetime.datetime
    question: str
    due: datetime.datetime | None = None
    opened_at: datetime.datetime | None = None
    answered_at: datetime.datetime | None = None
    answered_by: str | None = None
    agrees: bool | None = None
    opinion: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class HeldCompletion:
    """A completion that waits for the agreement of others: who completed the task when, and what it will write.

    `on_behalf` is whom they stood in for, if anybody; `filled_in` tells whether a form said what is written.
    """

    by: str
    at: datetime.datetime
    values: dict[str, Any]
    filled_in: bool
    on_behalf: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Copy:
    """A case sent to somebody, or to a role, to know of (抄送). `kind` is ``user`` or ``group``."""

    id: int
    instance_id: int
    user_task_id: int | None
    kind: str
    name: str
    sent_by: str
    sent_at: datetime.datetime
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Urge:
    """Somebody asked for a task to be done soon (催办)."""

    id: int
    instance_id: int
    user_task_id: int
    by: str
    at: datetime.datetime
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Return:
    """A case sent back from one user task to an earlier one, which was opened again as `to_task_id` (退回)."""

    id: int
    instance_id: int
    from_task_id: int
    to_task_id: int
    by: str
    at: datetime.datetime
    reason: str
