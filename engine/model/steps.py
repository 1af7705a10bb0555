"""What one run of the executor from wait states to wait states did, for the store to record in one transaction.

A `token` is the number of an element instance within its process instance; it is never used twice.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from engine.model import instances


@dataclasses.dataclass(frozen=True, slots=True)
class UserTaskOpened:
    """A user task waits for a person."""

    token: int
    element_id: str
    name: str
    lane: str | None = None
    form_key: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due: datetime.datetime | None = None
    follow_up: datetime.datetime | None = None
    priority: int = 50
    clause: str | None = None
    #: The unit within which the roles are meant (property `unitOf`), and who is kept away by name (`recused`).
    unit: str | None = None
    recused: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class JobOpened:
    """A service task waits for its handler. `inputs` are what the handler is given."""

    token: int
    element_id: str
    topic: str
    inputs: dict[str, Any]
    retry_cycle: str


@dataclasses.dataclass(frozen=True, slots=True)
class TimerOpened:
    """A token waits for a point in time. Opening the same token again moves its timer."""

    token: int
    element_id: str
    due: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class SubscriptionOpened:
    """A token waits for a message or a signal."""

    token: int
    element_id: str
    kind: instances.SubscriptionKind
    name: str
    correlation_key: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ChildCalled:
    """A call activity waits for a child instance, which is to be started."""

    token: int
    element_id: str
    called_element: str
    binding: str
    version: str | None
    business_key: str | None
    variables: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class IncidentOpened:
    """A token cannot go on. `error_code` is set when a BPMN error was not caught in its instance."""

    token: int
    element_id: str
    kind: instances.IncidentKind
    message: str
    error_code: str | None = None
    error_variables: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Closed:
    """A wait of a token is over.

    `kind` is user_task, job, timer, subscription, call or incident; `outcome` is completed or cancelled.
    """

    kind: str
    token: int
    outcome: str


@dataclasses.dataclass(frozen=True, slots=True)
class MessageThrown:
    """The instance sent a message."""

    name: str
    correlation_key: str | None
    payload: dict[str, Any]
    time_to_live: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SignalThrown:
    """The instance broadcast a signal; its own waiting tokens have already had it."""

    name: str
    payload: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class EscalationThrown:
    """An escalation that nothing in the instance caught: the calling instance may."""

    code: str
    payload: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Visit:
    """A token entered (`left_at` is None), left, or entered and left an element.

    `known` tells that an earlier step has already recorded the entry; one that has not left then is there again.
    """

    token: int
    element_id: str
    element_type: str
    name: str
    entered_at: datetime.datetime | None
    left_at: datetime.datetime | None
    outcome: str | None
    known: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Everything that happened.

    `status` is active, completed or cancelled. A wait that opens and closes within the step is not mentioned.
    `reopened` are the tokens of user tasks that were completed, and are open again because that was withdrawn.
    """

    state: instances.InstanceState
    status: instances.InstanceStatus
    user_tasks: tuple[UserTaskOpened, ...] = ()
    jobs: tuple[JobOpened, ...] = ()
    timers: tuple[TimerOpened, ...] = ()
    subscriptions: tuple[SubscriptionOpened, ...] = ()
    calls: tuple[ChildCalled, ...] = ()
    incidents: tuple[IncidentOpened, ...] = ()
    closed: tuple[Closed, ...] = ()
    messages: tuple[MessageThrown, ...] = ()
    signals: tuple[SignalThrown, ...] = ()
    escalations: tuple[EscalationThrown, ...] = ()
    visits: tuple[Visit, ...] = ()
    reopened: tuple[int, ...] = ()
