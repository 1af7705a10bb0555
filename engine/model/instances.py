"""What runs: process instances and everything that can hold one up."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Any

from engine.model import cooperation


class InstanceStatus(enum.StrEnum):
    """Where a process instance stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ERROR = "error"

    @property
    def ended(self) -> bool:
        """Tell whether nothing can happen to the instance any more."""
        return self in (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED, InstanceStatus.ERROR)


@dataclasses.dataclass(frozen=True, slots=True)
class InstanceState:
    """An instance as the executor needs it: JSON texts.

    `variables` is the object of process variables; `tokens` is the tree of what is open, nothing of what is finished.
    `undo` is there when the last that happened was the completion of a user task: what it takes to withdraw that.
    """

    variables: str
    tokens: str
    undo: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ProcessInstance:
    """One running or ended case. `title` says what it is about, where its process tells how."""

    id: int
    definition_id: int
    business_key: str | None
    status: InstanceStatus
    started_at: datetime.datetime
    started_by: str
    ended_at: datetime.datetime | None = None
    end_reason: str | None = None
    parent_id: int | None = None
    parent_token: int | None = None
    root_id: int | None = None
    title: str | None = None


class UserTaskStatus(enum.StrEnum):
    """Where a user task stands."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    RETURNED = "returned"  # sent back to an earlier task
    WITHDRAWN = "withdrawn"  # gone because who completed the task before it took that back


class Delegation(enum.StrEnum):
    """Whether the assignee works for the owner (委派)."""

    PENDING = "pending"
    RESOLVED = "resolved"


@dataclasses.dataclass(frozen=True, slots=True)
class UserTask:
    """Work for a person. `clause` quotes the ids of the clauses the task carries out.

    `completed_for` is whom the person who completed it stood in for (代理), if anybody; `countersign` tells what the
    task waits for from those who were asked to countersign it (加签).
    """

    id: int
    instance_id: int
    token: int
    element_id: str
    name: str
    status: UserTaskStatus
    created_at: datetime.datetime
    lane: str | None = None
    form_key: str | None = None
    assignee: str | None = None
    owner: str | None = None
    delegation: Delegation | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due: datetime.datetime | None = None
    follow_up: datetime.datetime | None = None
    priority: int = 50
    clause: str | None = None
    draft: dict[str, Any] | None = None
    completed_at: datetime.datetime | None = None
    completed_by: str | None = None
    completed_for: str | None = None
    countersign: cooperation.Countersigning | None = None


class JobStatus(enum.StrEnum):
    """Where a job stands; a failed one has an incident."""

    READY = "ready"
    LEASED = "leased"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """Work for a handler, run at least once.

    `fence` grows with every lease; only the holder of the newest fence may finish the job.
    """

    id: int
    instance_id: int
    token: int
    element_id: str
    topic: str
    status: JobStatus
    attempt: int
    retries_left: int
    retry_cycle: str
    due: datetime.datetime
    fence: int = 0
    leased_by: str | None = None
    lease_until: datetime.datetime | None = None
    last_error: str | None = None
    inputs: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def idempotency_key(self) -> str:
        """Return what is the same for every attempt at this piece of work, and for no other work."""
        return f"{self.instance_id}-{self.token}"


@dataclasses.dataclass(frozen=True, slots=True)
class LeasedJob(Job):
    """A job as its new holder gets it, with the business key of its case."""

    business_key: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Timer:
    """Something that happens at `due`: to a token of an instance, or to a definition (timer start).

    `fired` counts how often the timer start event of a definition has fired so far.
    """

    id: int
    due: datetime.datetime
    element_id: str
    instance_id: int | None = None
    token: int | None = None
    definition_id: int | None = None
    fired: int = 0


class SubscriptionKind(enum.StrEnum):
    """What a subscription waits for."""

    MESSAGE = "message"
    SIGNAL = "signal"


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """A token, or a start event of a definition, that waits for a message or signal by name and correlation key."""

    id: int
    kind: SubscriptionKind
    name: str
    element_id: str
    correlation_key: str | None = None
    instance_id: int | None = None
    token: int | None = None
    definition_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A message kept until somebody waits for it or its time to live is over."""

    id: int
    name: str
    correlation_key: str | None
    payload: dict[str, Any]
    message_id: str | None
    received_at: datetime.datetime
    expires_at: datetime.datetime


class IncidentKind(enum.StrEnum):
    """What went wrong."""

    EXPRESSION = "expression"
    DECISION = "decision"
    JOB = "job"
    ERROR = "unhandled-error"
    STUCK = "stuck"
    LOOP = "endless-loop"


@dataclasses.dataclass(frozen=True, slots=True)
class Incident:
    """Something that ops must look at; the instance waits at `token` and loses nothing."""

    id: int
    instance_id: int
    token: int
    element_id: str
    kind: IncidentKind
    message: str
    created_at: datetime.datetime
    resolved_at: datetime.datetime | None = None
    resolved_by: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One visit of a token to an element.

    `entered_seq` and `left_seq` are the places in the audit chain of the acts in whose course it began and ended; None
    for visits older than this.
    """

    instance_id: int
    token: int
    element_id: str
    element_type: str
    name: str
    entered_at: datetime.datetime
    left_at: datetime.datetime | None = None
    outcome: str | None = None
    entered_seq: int | None = None
    left_seq: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote on a case or one of its tasks."""

    id: int
    instance_id: int
    user_task_id: int | None
    author: str
    text: str
    created_at: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act, chained by hash to the one before it in the same chain."""

    chain: int
    seq: int
    at: datetime.datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    previous_hash: str
    hash: str
