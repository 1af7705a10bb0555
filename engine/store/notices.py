"""Notices: what people are told, once each, and what each of them has read."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa

from engine import errors
from engine.model import events as model
from engine.model import instances as model_instances
from engine.store import statements, types
from engine.store.tables import user_tasks
from engine.store.tables_events import mailboxes, notices

#: The columns of a `Notice`, in its order.
COLUMNS = [column for column in notices.c if column.name not in ("inbox", "mail")]
_SUPERSEDED = "已有新的通知"
#: Unread notices are counted up to here; who has more has many.
MOST_COUNTED = 100

#: What the inbox shows, and what of it is unread.
IN_INBOX: sa.ColumnElement[bool] = sa.literal_column("inbox")  # a literal, so that SQLite uses the partial indexes
UNREAD = (IN_INBOX, notices.c.read_at.is_(None), notices.c.settled_at.is_(None))
_UNSETTLED = (notices.c.settled_at.is_(None), notices.c.user_task_id.is_not(None))

_INSERT = statements.upsert(
    notices, ["person", "kind", "event"], [], without=("id", "read_at", "settled_at", "outcome")
)
_GET = sa.select(*COLUMNS).where(notices.c.id == sa.bindparam("notice"))
_COUNT = sa.select(sa.func.count()).select_from(
    sa.select(notices.c.id)
    .where(notices.c.person == sa.bindparam("person"), *UNREAD)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .subquery()
)
_READ = (
    sa.update(notices)
    .where(
        notices.c.id == sa.bindparam("notice"),
        notices.c.person == sa.bindparam("reader"),
        notices.c.read_at.is_(None),
    )
    .values(read_at=sa.bindparam("at"))
)
_UNREAD_OF = (
    sa.select(notices.c.id)
    .where(notices.c.person == sa.bindparam("person"), *UNREAD, notices.c.link == sa.bindparam("page"))
    .limit(1)
)
_SEEN = (
    sa.update(notices)
    .where(notices.c.person == sa.bindparam("reader"), *UNREAD, notices.c.link == sa.bindparam("page"))
    .values(read_at=sa.bindparam("at"))
)
_UNREAD_AGAIN = (
    sa.update(notices)
    .where(notices.c.id == sa.bindparam("notice"), notices.c.person == sa.bindparam("reader"))
    .values(read_at=sa.null())
)
_READ_ALL = (
    sa.update(notices)
    .where(notices.c.person == sa.bindparam("reader"), *UNREAD, notices.c.id <= sa.bindparam("newest"))
    .values(read_at=sa.bindparam("at"))
)
_SETTLE = (
    sa.update(notices)
    .where(notices.c.id == sa.bindparam("notice"), notices.c.settled_at.is_(None))
    # What is settled is not worth a mail any more.
    .values(settled_at=sa.bindparam("at"), outcome=sa.bindparam("became"), mail=sa.null())
)
_REOPEN = (
    sa.update(notices)
    .where(
        notices.c.person == sa.bindparam("reader"),
        notices.c.kind == sa.bindparam("what"),
        notices.c.event == sa.bindparam("about"),
        notices.c.settled_at.is_not(None),
    )
    .values(settled_at=sa.null(), outcome=sa.null())
)
_UNMAILED = (
    sa.select(*COLUMNS)
    .where(
        notices.c.person == sa.bindparam("person"),
        notices.c.mail.is_not(None),
        notices.c.mail == sa.bindparam("way"),
    )
    .order_by(notices.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_MAILED = (
    sa.update(notices)
    .where(
        notices.c.person == sa.bindparam("reader"),
        notices.c.mail.is_not(None),
        notices.c.mail == sa.bindparam("way"),
        notices.c.id <= sa.bindparam("newest"),
    )
    .values(mail=sa.null())
)
_SUPERSEDE = (
    sa.update(notices)
    .where(
        notices.c.instance_id == sa.bindparam("instance"),
        notices.c.user_task_id == sa.bindparam("task"),
        *_UNSETTLED,
        notices.c.kind.in_(
            [sa.literal_column("'due-soon'"), sa.literal_column("'overdue'")],
        ),
    )
    .values(settled_at=sa.bindparam("at"), outcome=sa.bindparam("became"), mail=sa.null())
)
_SUPERSEDE_ALL = (
    sa.update(notices)
    .where(
        notices.c.instance_id == sa.bindparam("instance"),
        notices.c.user_task_id == sa.bindparam("task"),
        *_UNSETTLED,
        notices.c.person == sa.bindparam("reader"),
        notices.c.event != sa.bindparam("about"),
    )
    .values(settled_at=sa.bindparam("at"), outcome=sa.bindparam("became"), mail=sa.null())
)
_OLDEST = (
    sa.select(notices.c.id, notices.c.created_at)
    .where(notices.c.id > 0)  # says that the rows are taken by number
    .order_by(notices.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_PURGE = sa.delete(notices).where(notices.c.id <= sa.bindparam("last"))

_ENQUEUE = statements.upsert(mailboxes, ["person"], [])
_HURRY = (
    sa.update(mailboxes)
    .where(
        mailboxes.c.person == sa.bindparam("reader"),
        sa.or_(mailboxes.c.due.is_(None), mailboxes.c.due > sa.bindparam("at")),
    )
    .values(due=sa.bindparam("at"))
)
_FULL = (
    sa.select(mailboxes.c.person)
    .where(mailboxes.c.due.is_not(None), mailboxes.c.due <= sa.bindparam("now"))
    .order_by(mailboxes.c.due)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_ANY_FULL = (
    sa.select(mailboxes.c.person).where(mailboxes.c.due.is_not(None), mailboxes.c.due <= sa.bindparam("now")).limit(1)
)
_EMPTIED = (
    sa.update(mailboxes)
    .where(mailboxes.c.person == sa.bindparam("reader"))
    .values(
        due=sa.bindparam("next"),
        mailed_at=sa.func.coalesce(sa.bindparam("at", type_=types.Instant), mailboxes.c.mailed_at),
    )
)


@dataclasses.dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to be written; `inbox` and `mail` say where the person wants it."""

    person: str
    kind: model.NoticeKind
    event: str
    title: str
    text: str
    link: str
    created_at: datetime.datetime
    instance_id: int | None = None
    user_task_id: int | None = None
    actor: str | None = None
    inbox: bool = True
    mail: model.MailChoice | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Unsettled:
    """A notice that asks for work on a task which may not be its reader's to do any more.

    Either the task is over, or somebody else has it, or its reader was asked for an opinion on it.
    """

    id: int
    person: str
    kind: model.NoticeKind
    user_task_id: int
    status: model_instances.UserTaskStatus
    assignee: str | None
    completed_by: str | None


class Notices:
    """The notices of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(self, new: Sequence[NewNotice]) -> None:
        """Write notices; what somebody was told already is not told again."""
        self._link.run_many(_INSERT, [{name: getattr(each, name) for name in _FIELDS} for each in new])

    def get(self, notice_id: int) -> model.Notice:
        """Return a notice.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"notice": notice_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {notice_id} 的通知。", notice=notice_id)
        return model.Notice(*row)

    def unread(self, person: str) -> int:
        """Return how many notices somebody has not read, `MOST_COUNTED` where there are as many or more."""
        row = self._link.one(_COUNT, {"person": person, "most": MOST_COUNTED})
        return 0 if row is None else int(row[0])

    def read(self, notice_id: int, person: str, at: datetime.datetime) -> None:
        """Note that somebody has read a notice of theirs."""
        self._link.run(_READ, {"notice": notice_id, "reader": person, "at": at})

    def unread_again(self, notice_id: int, person: str) -> None:
        """Note that somebody wants to read a notice of theirs once more."""
        self._link.run(_UNREAD_AGAIN, {"notice": notice_id, "reader": person})

    def any_unread_of(self, person: str, link: str) -> bool:
        """Tell whether somebody has not read a notice that leads to a page."""
        return self._link.one(_UNREAD_OF, {"person": person, "page": link}) is not None

    def seen(self, person: str, link: str, at: datetime.datetime) -> None:
        """Note that somebody has seen the page that notices lead to."""
        self._link.run(_SEEN, {"reader": person, "page": link, "at": at})

    def read_all(self, person: str, newest: int, at: datetime.datetime) -> int:
        """Note that somebody has read everything up to a notice; return how many they had not before."""
        return self._link.run(_READ_ALL, {"reader": person, "newest": newest, "at": at})

    # --- work that is over --------------------------------------------------------------------------------------------

    def unsettled(self, instance_ids: Collection[int]) -> list[Unsettled]:
        """Return the notices about tasks of cases that are over, in other hands, or only to give an opinion on."""
        if not instance_ids:
            return []
        found = (
            sa.select(
                notices.c.id,
                notices.c.person,
                notices.c.kind,
                notices.c.user_task_id,
                user_tasks.c.status,
                user_tasks.c.assignee,
                user_tasks.c.completed_by,
            )
            .join_from(notices, user_tasks, user_tasks.c.id == notices.c.user_task_id)
            .where(
                notices.c.instance_id.in_(sorted(instance_ids)),
                *_UNSETTLED,
                sa.or_(
                    user_tasks.c.status != model_instances.UserTaskStatus.OPEN,
                    user_tasks.c.assignee != notices.c.person,
                    notices.c.kind == model.NoticeKind.COUNTERSIGN,
                ),
            )
            .order_by(notices.c.id)
        )
        return [Unsettled(*row) for row in self._link.select(found)]

    def settle(self, outcomes: Iterable[tuple[int, str]], at: datetime.datetime) -> None:
        """Note what became of the work that notices asked for."""
        self._link.run_many(_SETTLE, [{"notice": notice, "became": outcome, "at": at} for notice, outcome in outcomes])

    def reopen(self, people: Iterable[str], kind: model.NoticeKind, event: str) -> None:
        """Let settled notices ask for work once more: a task is open to all again."""
        self._link.run_many(_REOPEN, [{"reader": person, "what": kind, "about": event} for person in people])

    def supersede_reminders(self, task: model_instances.UserTask, at: datetime.datetime) -> None:
        """Settle the reminders of a task: another one takes their place."""
        values = {"instance": task.instance_id, "task": task.id, "at": at, "became": _SUPERSEDED}
        self._link.run(_SUPERSEDE, values)

    def supersede(
        self, task: model_instances.UserTask, people: Iterable[str], event: str, at: datetime.datetime
    ) -> None:
        """Settle what people were told of a task before this event, which they are told in its place."""
        values = {"instance": task.instance_id, "task": task.id, "about": event, "at": at, "became": _SUPERSEDED}
        self._link.run_many(_SUPERSEDE_ALL, [{**values, "reader": person} for person in people])

    # --- mail ---------------------------------------------------------------------------------------------------------

    def last_mailed(self, people: Collection[str]) -> Mapping[str, datetime.datetime]:
        """Return when the notices of people went by mail last; who never got any is left out."""
        if not people:
            return {}
        query = sa.select(mailboxes.c.person, mailboxes.c.mailed_at).where(
            mailboxes.c.person.in_(sorted(people)), mailboxes.c.mailed_at.is_not(None)
        )
        return {row[0]: row[1] for row in self._link.select(query)}

    def mail_by(self, times: Iterable[tuple[str, datetime.datetime]]) -> None:
        """Have the notices of people go by mail at a time, or earlier where that was said before."""
        times = list(times)
        self._link.run_many(_ENQUEUE, [{"person": person, "due": None, "mailed_at": None} for person, _ in times])
        self._link.run_many(_HURRY, [{"reader": person, "at": at} for person, at in times])

    def any_full(self, now: datetime.datetime) -> bool:
        """Tell whether the notices of anybody are to go by mail now."""
        return self._link.one(_ANY_FULL, {"now": now}) is not None

    def full_mailboxes(self, now: datetime.datetime, limit: int) -> list[str]:
        """Return and lock people whose notices are to go by mail now."""
        return [row[0] for row in self._link.all(_FULL, {"now": now, "limit": limit})]

    def unmailed(self, person: str, way: model.MailChoice, limit: int) -> list[model.Notice]:
        """Return what is still to be mailed to somebody, oldest first."""
        rows = self._link.all(_UNMAILED, {"person": person, "way": way, "limit": limit})
        return [model.Notice(*row) for row in rows]

    def mailed(self, person: str, way: model.MailChoice, newest: int) -> None:
        """Note that the notices of somebody up to this one are in a mail."""
        self._link.run(_MAILED, {"reader": person, "way": way, "newest": newest})

    def emptied(self, person: str, at: datetime.datetime | None, again: datetime.datetime | None) -> None:
        """Note when notices of somebody went by mail (None: none did), and when the next ones are to go."""
        self._link.run(_EMPTIED, {"reader": person, "at": at, "next": again})

    def purge(self, before: datetime.datetime, limit: int = 1000) -> int:
        """Remove the oldest notices, as far as they were written before a time; return how many."""
        rows = self._link.all(_OLDEST, {"limit": limit})
        old = [number for number, created_at in rows if created_at < before]
        return self._link.run(_PURGE, {"last": max(old)}) if old else 0


_FIELDS = [field.name for field in dataclasses.fields(NewNotice)]
