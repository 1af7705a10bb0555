"""What people and other programs are told: notices, reminders, mail, webhooks."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from typing import Any


class NoticeKind(enum.StrEnum):
    """Why somebody is told something."""

    ASSIGNED = "task-assigned"
    OFFERED = "task-offered"
    DELEGATED = "task-delegated"
    RESOLVED = "task-resolved"
    TRANSFERRED = "task-transferred"
    RETURNED = "task-returned"
    WITHDRAWN = "task-withdrawn"
    COUNTERSIGN = "countersign"
    URGED = "urged"
    DUE_SOON = "due-soon"
    OVERDUE = "overdue"
    DUE_MOVED = "due-moved"
    COPIED = "copied"
    MENTIONED = "mentioned"
    CASE_ENDED = "case-ended"
    SUBSTITUTION = "substitution"
    SECURITY = "security"
    INCIDENT = "incident"
    MAIL_FAILED = "mail-failed"
    WEBHOOK_DISABLED = "webhook-disabled"


#: Kinds that ask for work on a task: they are settled when the task is no longer the reader's to do.
WORK = frozenset(
    {
        NoticeKind.ASSIGNED,
        NoticeKind.OFFERED,
        NoticeKind.DELEGATED,
        NoticeKind.RESOLVED,
        NoticeKind.TRANSFERRED,
        NoticeKind.RETURNED,
        NoticeKind.COUNTERSIGN,
        NoticeKind.URGED,
        NoticeKind.DUE_SOON,
        NoticeKind.OVERDUE,
        NoticeKind.DUE_MOVED,
    }
)
#: Kinds that only those who administer the platform get.
FOR_ADMINS = frozenset({NoticeKind.INCIDENT, NoticeKind.MAIL_FAILED, NoticeKind.WEBHOOK_DISABLED})
#: Kinds that nobody can turn off in the inbox: whoever gets into an account must not be able to hide it.
ALWAYS = frozenset({NoticeKind.SECURITY})


class MailChoice(enum.StrEnum):
    """Whether a notice is also sent by mail: not at all, at once, or with the next digest."""

    NEVER = "never"
    NOW = "now"
    DIGEST = "digest"


class DigestRhythm(enum.StrEnum):
    """How often somebody gets a digest by mail: on every working day, or on the first one of the week, at 09:00."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """Where somebody wants to see notices of one kind."""

    inbox: bool = True
    mail: MailChoice = MailChoice.NEVER


#: What holds until somebody chooses: what is theirs alone also comes by mail, what others may do as well does not. That
#: mail fails is nothing to be told by mail.
DEFAULT_CHOICES: Mapping[NoticeKind, Choice] = {
    kind: Choice(True, MailChoice.NEVER)
    if kind in (NoticeKind.OFFERED, NoticeKind.CASE_ENDED, NoticeKind.MAIL_FAILED)
    else Choice(True, MailChoice.NOW)
    for kind in NoticeKind
}
#: The earliest reminder that somebody may choose, in working days before the due day.
MOST_REMIND_BEFORE = 5


@dataclasses.dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What one person has chosen.

    `choices` has the kinds that differ from `DEFAULT_CHOICES`; `remind_before` is how many working days before the due
    day a reminder comes, 0 for the day itself, None for none; `remind_overdue` asks for one on every working day that a
    task is overdue.
    """

    person: str
    choices: Mapping[NoticeKind, Choice] = dataclasses.field(default_factory=dict)
    remind_before: int | None = 1
    remind_overdue: bool = True
    digest: DigestRhythm = DigestRhythm.OFF
    digest_due: datetime.datetime | None = None

    def choice(self, kind: NoticeKind) -> Choice:
        """Return where notices of a kind go."""
        chosen = self.choices.get(kind, DEFAULT_CHOICES[kind])
        return dataclasses.replace(chosen, inbox=True) if kind in ALWAYS else chosen


@dataclasses.dataclass(frozen=True, slots=True)
class Notice:
    """One thing that one person is told, once.

    `event` names what happened; nobody is told the same event twice in the same way. A notice is settled when the
    work it asks for is done or somebody else's; `outcome` then says what became of it. `user_task_id` is set where the
    notice asks for work.
    """

    id: int
    person: str
    kind: NoticeKind
    event: str
    instance_id: int | None
    user_task_id: int | None
    actor: str | None
    title: str
    text: str
    link: str
    created_at: datetime.datetime
    read_at: datetime.datetime | None = None
    settled_at: datetime.datetime | None = None
    outcome: str | None = None


class MailKind(enum.StrEnum):
    """What a mail is."""

    NOTICES = "notices"
    DIGEST = "digest"
    TEST = "test"


class MailStatus(enum.StrEnum):
    """Where a mail stands; a failed one is not tried again by itself."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person. `content` is what `engine.actions.letters` makes text and HTML of, the same every time."""

    id: int
    event: str
    kind: MailKind
    person: str | None
    address: str
    subject: str
    content: dict[str, Any]
    message_id: str
    created_at: datetime.datetime
    status: MailStatus
    attempts: int = 0
    poll_at: datetime.datetime | None = None
    sent_at: datetime.datetime | None = None
    last_error: str | None = None


class WebhookStatus(enum.StrEnum):
    """Whether a webhook is served; a disabled one failed too often and waits for an administrator."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclasses.dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription of another program to events. The secret is kept apart: it is shown once.

    `failures` counts attempts that failed since the last one that did not; `fence` grows with every lease.
    """

    id: int
    url: str
    events: tuple[str, ...]
    status: WebhookStatus
    created_at: datetime.datetime
    created_by: str
    failures: int = 0
    fence: int = 0
    lease_until: datetime.datetime | None = None
    resting_until: datetime.datetime | None = None
    last_error: str | None = None


class DeliveryStatus(enum.StrEnum):
    """Where a delivery stands; a failed one has been tried as often as it may."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. `delivery_id` is the same at every attempt; `body` is sent as it stands."""

    id: int
    webhook_id: int
    delivery_id: str
    event_id: str
    event: str
    body: str
    created_at: datetime.datetime
    status: DeliveryStatus
    attempts: int = 0
    due: datetime.datetime | None = None
    last_attempt_at: datetime.datetime | None = None
    response_status: int | None = None
    last_error: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as other programs are told. `id` is the same however often it is told."""

    id: str
    name: str
    at: datetime.datetime
    data: dict[str, Any]
