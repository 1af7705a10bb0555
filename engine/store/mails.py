"""Mails on their way: each is tried until the server takes it, refuses it for good, or was tried often enough."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import events as model
from engine.store import statements
from engine.store.tables_events import mails

#: The columns of a `Mail`, in its order.
COLUMNS = [mails.c[field.name] for field in dataclasses.fields(model.Mail)]

IS_FAILED = mails.c.status == sa.literal_column("'failed'")

_INSERT = statements.upsert(mails, ["event"], [], without=("id", "sent_at", "last_error"))
_GET = sa.select(*COLUMNS).where(mails.c.id == sa.bindparam("mail"))
_BY_EVENT = sa.select(*COLUMNS).where(mails.c.event == sa.bindparam("about"))
_DUE = (
    sa.select(mails.c.id)
    .where(mails.c.poll_at.is_not(None), mails.c.poll_at <= sa.bindparam("now"))
    .order_by(mails.c.poll_at, mails.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_ANY_DUE = sa.select(mails.c.id).where(mails.c.poll_at.is_not(None), mails.c.poll_at <= sa.bindparam("now")).limit(1)
_LEASE = (
    sa.update(mails)
    .where(mails.c.id.in_(sa.select(_DUE.c.id)))
    .values(poll_at=sa.bindparam("until"), attempts=mails.c.attempts + 1)
    .returning(*COLUMNS)
)
# The number of the attempt tells the newest sender from one that was thought dead.
_HELD = (
    mails.c.id == sa.bindparam("mail"),
    mails.c.attempts == sa.bindparam("attempt"),
    mails.c.status == sa.literal_column("'waiting'"),
)
_SENT = (
    sa.update(mails)
    .where(*_HELD)
    .values(
        status=sa.literal_column("'sent'"),
        poll_at=sa.null(),
        sent_at=sa.bindparam("at"),
        last_error=sa.null(),
    )
)
_RETRY = sa.update(mails).where(*_HELD).values(poll_at=sa.bindparam("at"), last_error=sa.bindparam("error"))
_FAIL = (
    sa.update(mails)
    .where(*_HELD)
    .values(status=sa.literal_column("'failed'"), poll_at=sa.null(), last_error=sa.bindparam("error"))
)
_AGAIN = (
    sa.update(mails)
    .where(mails.c.id == sa.bindparam("mail"), IS_FAILED)
    .values(status=sa.literal_column("'waiting'"), poll_at=sa.bindparam("at"), attempts=0)
)
_QUEUE: list[sa.ColumnElement[Any]] = [sa.func.count(), sa.func.min(mails.c.created_at)]
_WAITING = sa.select(*_QUEUE).where(mails.c.poll_at.is_not(None))
_FAILED = sa.select(sa.func.count()).where(IS_FAILED)
_OLDEST = (
    sa.select(mails.c.id, mails.c.created_at, mails.c.poll_at)
    .where(mails.c.id > 0)  # says that the rows are taken by number
    .order_by(mails.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_PURGE = sa.delete(mails).where(mails.c.id <= sa.bindparam("last"), mails.c.poll_at.is_(None))


@dataclasses.dataclass(frozen=True, slots=True)
class Traffic:
    """How mail stands: how many wait, since when the oldest does, and how many failed for good."""

    waiting: int
    waiting_since: datetime.datetime | None
    failed: int


class Mails:
    """The mails of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        event: str,
        kind: model.MailKind,
        *,
        person: str | None,
        address: str,
        subject: str,
        content: dict[str, Any],
        message_id: str,
        at: datetime.datetime,
    ) -> None:
        """Post a mail, due at once; a second one for the same event is not posted."""
        row = {
            "event": event,
            "kind": kind,
            "person": person,
            "address": address,
            "subject": subject,
            "content": content,
            "message_id": message_id,
            "created_at": at,
            "status": model.MailStatus.WAITING,
            "attempts": 0,
            "poll_at": at,
        }
        self._link.run(_INSERT, row)

    def get(self, mail_id: int) -> model.Mail:
        """Return a mail.

        Raises:
            errors.NotFound: There is none with this id.
        """
        return _mail(self._link.one(_GET, {"mail": mail_id}), mail_id)

    def of_event(self, event: str) -> model.Mail:
        """Return the mail of an event.

        Raises:
            errors.NotFound: There is none.
        """
        return _mail(self._link.one(_BY_EVENT, {"about": event}), event)

    def any_due(self, now: datetime.datetime) -> bool:
        """Tell whether any mail is to be sent now."""
        return self._link.one(_ANY_DUE, {"now": now}) is not None

    def lease(self, now: datetime.datetime, limit: int, seconds: float) -> list[model.Mail]:
        """Take mails that are due, or whose sender has said nothing for `seconds`, for one attempt each; oldest first.

        The unit of work is to end before a mail is sent.
        """
        until = now + datetime.timedelta(seconds=seconds)
        rows = self._link.all(_LEASE, {"now": now, "limit": limit, "until": until})
        return sorted((model.Mail(*row) for row in rows), key=lambda mail: mail.id)

    def sent(self, mail: model.Mail, at: datetime.datetime) -> bool:
        """Note that the server has taken a leased mail; False when another attempt has begun meanwhile."""
        return self._link.run(_SENT, {"mail": mail.id, "attempt": mail.attempts, "at": at}) == 1

    def retry(self, mail: model.Mail, at: datetime.datetime, error: str) -> bool:
        """Try a leased mail again later; False as in `sent`."""
        return self._link.run(_RETRY, {"mail": mail.id, "attempt": mail.attempts, "at": at, "error": error}) == 1

    def fail(self, mail: model.Mail, error: str) -> bool:
        """Give a leased mail up; False as in `sent`."""
        return self._link.run(_FAIL, {"mail": mail.id, "attempt": mail.attempts, "error": error}) == 1

    def again(self, mail_id: int, at: datetime.datetime) -> bool:
        """Try a mail that failed from the beginning; tell whether it had failed."""
        return self._link.run(_AGAIN, {"mail": mail_id, "at": at}) == 1

    def traffic(self) -> Traffic:
        """Return how mail stands."""
        waiting, failed = self._link.one(_WAITING, {}), self._link.one(_FAILED, {})
        count, since = (0, None) if waiting is None else waiting
        return Traffic(int(count), since, 0 if failed is None else int(failed[0]))

    def purge(self, before: datetime.datetime, limit: int = 1000) -> int:
        """Remove the oldest mails that are over, as far as they were posted before a time; return how many."""
        rows = self._link.all(_OLDEST, {"limit": limit})
        old = [number for number, created_at, _ in rows if created_at < before]
        return self._link.run(_PURGE, {"last": max(old)}) if old else 0


def _mail(row: statements.Row | None, which: int | str) -> model.Mail:
    if row is None:
        raise errors.NotFound(f"没有编号为 {which} 的邮件。", mail=which)
    return model.Mail(*row)
