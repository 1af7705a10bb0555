"""What people see of tasks and cases: rows of lists, one case, one task. Put together by `engine.actions`.

People, roles and units are given by id; `engine.actions.people.directory` knows their names. Sentences (`text`,
`sentence`) are Chinese and ready to be shown. Times are aware, in UTC.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from engine.model import cooperation, definitions, instances

T = TypeVar("T")

#: Counts go no further: who has more than this to do does not count it.
COUNT_LIMIT = 999


# --- lists -----------------------------------------------------------------------------------------------------------


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


# --- one case --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """A labelled value as people read it. `files` are those that it holds, to be downloaded."""

    name: str
    label: str
    text: str
    files: tuple[File, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A stored file in a value; `token` is what `actions.files.find` takes.

    `label` is the field that holds it, `size` is in bytes; `by`, `at` and `source` say who submitted it when, and at
    which task, start or message.
    """

    token: str
    name: str
    size: int
    label: str = ""
    by: str | None = None
    at: datetime.datetime | None = None
    source: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ValueGroup:
    """Labelled values under the title of their form; of operators also those that no form has."""

    title: str
    values: tuple[Value, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody submitted at one time; later rounds do not change it.

    `kind` is ``task``, ``start``, ``message`` or ``countersign``; `round` counts the times that the element was done.
    """

    kind: str
    name: str
    element_id: str
    by: str
    at: datetime.datetime
    values: tuple[Value, ...]
    task_id: int | None = None
    on_behalf_of: str | None = None
    round: int = 1
    agrees: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in words. `sentence` does not say when; `detail` is a reason or text that was given.

    `by` is None where nobody did it. `action` is the name in the audit trail, or ``entered`` of the history.
    """

    at: datetime.datetime
    by: str | None
    sentence: str
    action: str
    detail: str = ""
    element_id: str | None = None
    task_id: int | None = None
    on_behalf_of: str | None = None

    @property
    def automatic(self) -> bool:
        """Whether the case went on by itself here, and nobody got anything to do."""
        return self.by is None and self.task_id is None


class Mark(enum.StrEnum):
    """Where an element of the diagram stands in a case."""

    HERE = "here"
    TROUBLE = "trouble"
    DONE = "done"
    CANCELLED = "cancelled"
    AHEAD = "ahead"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One element of the process: a row of the table that says the same as the diagram.

    `seconds` is the time spent in it so far, `duration` the same in words; `by` are those who completed its tasks.
    `ways` are the labels of the flows on which the case went on from here. `waits` tells that it stays here for a time,
    message or signal and not for a person, `until` for which time.
    """

    element_id: str
    name: str
    kind: str
    lane: str | None
    mark: Mark
    visits: int
    here: int
    first_entered_at: datetime.datetime | None
    last_left_at: datetime.datetime | None
    seconds: float
    duration: str
    by: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    clause: str | None = None
    waits: bool = False
    until: datetime.datetime | None = None

    @property
    def text(self) -> str:
        """Return the mark in words; until when something waits is told beside it."""
        return "等待" if self.waits and self.mark is Mark.HERE else _MARKS[self.mark]


_MARKS = {
    Mark.HERE: "办理中",
    Mark.TROUBLE: "出现异常",
    Mark.DONE: "已完成",
    Mark.CANCELLED: "已取消",
    Mark.AHEAD: "未到",
}


@dataclasses.dataclass(frozen=True, slots=True)
class DiagramState:
    """What to draw on the diagram of a case: number of tokens by element, elements and flows gone through."""

    process_id: str
    tokens: dict[str, int]
    visited: tuple[str, ...]
    flows: tuple[str, ...]
    seconds: dict[str, float]
    incidents: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class CaseLink:
    """Another case: the one that called this one, one that this one called, or one that it is linked with.

    Whoever may see one case of a family may see them all; of linked cases only those are shown that one may see.
    """

    id: int
    title: str
    business_key: str | None
    procedure: str
    status: instances.InstanceStatus


@dataclasses.dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote on the case or on one of its tasks."""

    id: int
    by: str
    at: datetime.datetime
    text: str
    task_id: int | None = None
    task_name: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class CaseHeader:
    """What stands above everything on the page of a case."""

    id: int
    title: str
    business_key: str | None
    status: instances.InstanceStatus
    status_text: str
    procedure: str
    procedure_key: str
    definition_id: int
    version: int
    version_tag: str | None
    pack: str
    pack_title: str
    started_at: datetime.datetime
    started_by: str
    ended_at: datetime.datetime | None
    end_reason: str | None
    #: Of the task due first.
    standing: Standing | None
    #: How long it has taken so far, or took: 3 天 2 小时.
    duration: str
    #: What it waits for, while it waits for nobody.
    waits: tuple[Wait, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class CaseView:
    """Everything the page of a case shows, as far as the actor may see it.

    Operators (`operates`) see every value and the incidents' messages, others what the forms let them.
    """

    header: CaseHeader
    tasks: tuple[OpenTask, ...]
    timeline: tuple[Event, ...]
    steps: tuple[Step, ...]
    diagram: DiagramState
    values: tuple[ValueGroup, ...]
    files: tuple[File, ...]
    opinions: tuple[Opinion, ...]
    parent: CaseLink | None
    children: tuple[CaseLink, ...]
    comments: tuple[Comment, ...]
    incidents: tuple[instances.Incident, ...]
    copies: tuple[cooperation.Copy, ...]
    countersignatures: tuple[cooperation.Countersignature, ...]
    may_comment: bool
    operates: bool
    next_task_id: int | None = None
    links: tuple[CaseLink, ...] = ()
    may_link: bool = False
    leads_to: tuple[Entry, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Diagram:
    """The diagram of a case: its BPMN XML, the same as a picture, and what to draw on it."""

    xml: bytes
    svg: str
    name: str
    sha256: str
    state: DiagramState


# --- one task --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Clause:
    """A clause that a task carries out.

    `quoted` is as the diagram has it (P000-06 §9;P000-06 §10), `summary` in our own words.
    """

    quoted: str
    id: str
    articles: str
    summary: str


@dataclasses.dataclass(frozen=True, slots=True)
class DayOff:
    """Days in a row on which the office is closed, between two days: 2026年10月1日至7日（国庆节）."""

    first: datetime.date
    last: datetime.date
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Reckoning:
    """How a deadline was counted: from the day after `start`, by which calendar, what was skipped.

    `calendar` names it, `calendar_version` is its content; `workdays` and `days` lie between start and due day.
    """

    due: datetime.datetime
    start: datetime.date
    workdays: int
    days: int
    skipped: tuple[DayOff, ...]
    calendar: str
    calendar_version: str
    estimated: bool
    sentence: str


@dataclasses.dataclass(frozen=True, slots=True)
class Possibility:
    """An action on a task: whether the actor may do it now, and if not, why not, in a sentence."""

    action: str
    label: str
    allowed: bool
    why_not: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class TaskView:
    """Everything the page of a task shows.

    Parameters:
        item: the task as in a list.
        task: the stored task, with its draft.
        form: a parsed `engine.forms.Form`; None where the task has none.
        rights: `engine.forms.Rights` of this node.
        values: what the form begins with: the draft over the variables.
        variables: for who may fill it in all variables, also those hidden from them: they decide what is shown.
        fills: whether the actor may fill the form in now.
        opinions: what was submitted earlier in the case, oldest first.
        possibilities: what may be done with the task, in the order of the page.
    """

    item: TaskItem
    task: instances.UserTask
    status_text: str
    header: CaseHeader
    form: Any
    rights: Any
    values: dict[str, Any]
    variables: dict[str, Any]
    fills: bool
    summary: tuple[ValueGroup, ...]
    opinions: tuple[Opinion, ...]
    files: tuple[File, ...]
    comments: tuple[Comment, ...]
    clauses: tuple[Clause, ...]
    documentation: str | None
    reckoning: Reckoning | None
    diagram: DiagramState
    steps: tuple[Step, ...]
    timeline: tuple[Event, ...]
    countersignatures: tuple[cooperation.Countersignature, ...]
    possibilities: tuple[Possibility, ...]

    def may(self, action: str) -> bool:
        """Tell whether an action is possible now; one that is not known is not."""
        return any(each.action == action and each.allowed for each in self.possibilities)


# --- catalogue -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A way to start a procedure: one start event of the newest version of a process.

    `purpose` is what it is for, `roles` who takes part (ids), `clauses` what it carries out. `message` is the name of
    the message that starts it, None for a plain start. `why_not` says why the actor may not start it.
    """

    key: str
    definition_id: int
    version: int
    version_tag: str | None
    name: str
    start_name: str
    element_id: str
    kind: definitions.StartKind
    message: str | None
    form_key: str | None
    pack: str
    topic: str
    purpose: str
    roles: tuple[str, ...]
    clauses: tuple[Clause, ...]
    startable: bool
    why_not: str = ""
    #: Who starts it, in words; for those who may not.
    starters: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    """The procedures of one source document."""

    pack: str
    title: str
    issuer: str
    date: datetime.date
    entries: tuple[Entry, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class StartView:
    """Everything the page that starts a case shows: the entry, its form with its rights and first values."""

    entry: Entry
    shelf_title: str
    form: Any
    rights: Any
    values: dict[str, Any]
    svg: str
    steps: tuple[Step, ...]


# --- search ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """A case that the search found; `excerpt` is the text around the first match, (text, is match) part by part."""

    case: CaseItem
    excerpt: tuple[tuple[str, bool], ...]
