"""What people see of tasks and cases in lists, and what they may ask of these. Put together by `engine.actions`.

People, roles and units are given by id; `engine.actions.people.directory` knows their names. Sentences (`text`,
`sentence`) are Chinese and ready to be shown. Times are aware, in UTC.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Iterator
from typing import Generic, TypeVar

from engine.model import cooperation, instances

T = TypeVar("T")

#: Counts go no further: who has more than this to do does not count it.
COUNT_LIMIT = 999


@dataclasses.dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of a list. `before` and `after` ask for the page on either side; None where there is none."""

    items: tuple[T, ...]
    before: str | None = None
    after: str | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """How many there are; of more than `COUNT_LIMIT` only that they are more."""

    number: int

    @property
    def text(self) -> str:
        """Return the count as a page shows it: 12, or 999+."""
        return f"{COUNT_LIMIT}+" if self.number > COUNT_LIMIT else str(self.number)


class Tab(enum.StrEnum):
    """The parts of the list of what is to be done (待办)."""

    ALL = "all"
    MINE = "mine"
    CLAIMABLE = "claimable"


class Due(enum.StrEnum):
    """When something is due, in days of Beijing time; `week` is the seven days from today."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    NONE = "none"


class State(enum.StrEnum):
    """Where a case stands, as a filter; `waiting` is running and not suspended."""

    OPEN = "open"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ERROR = "error"


@dataclasses.dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list shows. `procedure` is the key of a process, `role` the id of a role."""

    tab: Tab = Tab.ALL
    procedure: str | None = None
    role: str | None = None
    due: Due | None = None
    text: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list shows. `starter` is the id of who started them."""

    procedure: str | None = None
    state: State | None = None
    due: Due | None = None
    starter: str | None = None
    text: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """How far off a due time is, counted by the calendar of the pack.

    `text` says it: 还剩 3 个工作日, 今天到期, 已超期 2 个工作日. `tone` is ``overdue``, ``today``, ``soon`` (the next
    two working days) or ``later``. `workdays` is what is left, negative when overdue; None beyond the calendar.
    `estimated` tells that the official notice of a year between is not out yet.
    """

    due: datetime.datetime
    text: str
    tone: str
    workdays: int | None
    estimated: bool = False

    @property
    def overdue(self) -> bool:
        """Tell whether the time is over."""
        return self.tone == "overdue"


@dataclasses.dataclass(frozen=True, slots=True)
class ReturnMark:
    """That a task is open again because its case was sent back (退回), by whom and why."""

    by: str
    at: datetime.datetime
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class CountersignMark:
    """That a row of the list asks for an opinion on somebody's task (加签), not for the task itself."""

    id: int
    kind: cooperation.CountersignKind
    asked_by: str
    question: str


@dataclasses.dataclass(frozen=True, slots=True)
class TaskItem:
    """A task in a list.

    Parameters:
        title: what the case is about; the name of the procedure where its process does not say.
        holder: who has the task; None while it is only offered, to the users and roles in `offered_to`.
        claimable: whether the actor may take it.
        apart_from: the name of the task that the actor did in the case, when somebody else must do this one.
        on_behalf_of: whose it is when the actor only stands in for them (代某某).
        delegated_by: who lets the holder prepare it (委派).
        delegation_returned: it was delegated, and has come back prepared.
        returned: that it is open again because the case was sent back.
        countersign: that an opinion is asked for; then `id` is still the task's, and there is nothing to claim.
        awaiting: that others are to countersign it first, or afterwards.
        status: open; in the list of what is done completed, or returned (退回).
        completed_at, completed_for: in the list of what is done; of a countersignature when it was given.
    """

    id: int
    instance_id: int
    name: str
    element_id: str
    title: str
    business_key: str | None
    procedure: str
    procedure_key: str
    pack: str
    created_at: datetime.datetime
    holder: str | None
    offered_users: tuple[str, ...] = ()
    offered_roles: tuple[str, ...] = ()
    lane: str | None = None
    standing: Standing | None = None
    priority: int = 50
    clause: str | None = None
    claimable: bool = False
    apart_from: str | None = None
    on_behalf_of: str | None = None
    delegated_by: str | None = None
    delegation_returned: bool = False
    returned: ReturnMark | None = None
    countersign: CountersignMark | None = None
    awaiting: cooperation.Countersigning | None = None
    has_draft: bool = False
    case_status: instances.InstanceStatus = instances.InstanceStatus.ACTIVE
    status: instances.UserTaskStatus = instances.UserTaskStatus.OPEN
    completed_at: datetime.datetime | None = None
    completed_for: str | None = None

    @property
    def key(self) -> str:
        """Return what tells this row from all others of the list."""
        return f"{self.id}-{self.countersign.id}" if self.countersign else str(self.id)


@dataclasses.dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that a case waits for, in a row of the case list and on the case page."""

    id: int
    name: str
    element_id: str
    holder: str | None
    offered_users: tuple[str, ...]
    offered_roles: tuple[str, ...]
    created_at: datetime.datetime
    standing: Standing | None = None
    #: Whether the actor has it or may do it; whether it would have to be claimed first.
    own: bool = False
    claimable: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """What a case waits for that no person does: a time (`due`), a message or a signal; `text` says both in words."""

    element_id: str
    name: str
    due: datetime.datetime | None
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class CaseItem:
    """A case in a list, with what it waits for; `standing` is that of the task due first.

    `waits` are told while it waits for nobody.
    """

    id: int
    title: str
    business_key: str | None
    procedure: str
    procedure_key: str
    pack: str
    version: int
    status: instances.InstanceStatus
    started_at: datetime.datetime
    started_by: str
    ended_at: datetime.datetime | None
    end_reason: str | None
    tasks: tuple[OpenTask, ...] = ()
    standing: Standing | None = None
    incidents: int = 0
    waits: tuple[Wait, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class TodoCounts:
    """How much there is on every tab."""

    all: Count
    mine: Count
    claimable: Count
    overdue: Count
    today: Count


@dataclasses.dataclass(frozen=True, slots=True)
class Choices:
    """What a list may be filtered by: (key, name) of procedures and of roles."""

    procedures: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter somebody keeps under a name; `query` are the parameters of the page's address."""

    id: int
    list: str
    name: str
    query: dict[str, str]
    created_at: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """A case that the search found; `excerpt` is the text around the first match, (text, is match) part by part."""

    case: CaseItem
    excerpt: tuple[tuple[str, bool], ...]
