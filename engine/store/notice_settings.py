"""What people have chosen to be told, and when they are reminded."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from engine.model import events as model
from engine.store import statements
from engine.store.tables_events import notice_settings, reminders

_GET = sa.select(*notice_settings.c).where(notice_settings.c.person == sa.bindparam("person"))
_SAVE = statements.upsert(
    notice_settings, ["person"], ["choices", "remind_before", "remind_overdue", "digest", "digest_due"]
)
_DUE_DIGESTS = (
    sa.select(*notice_settings.c)
    .where(notice_settings.c.digest_due.is_not(None), notice_settings.c.digest_due <= sa.bindparam("now"))
    .order_by(notice_settings.c.digest_due)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_SET = statements.upsert(reminders, ["subject"], ["at"])
_REMOVE = sa.delete(reminders).where(reminders.c.subject == sa.bindparam("about"))
_DUE = (
    sa.select(reminders.c.subject)
    .where(reminders.c.at <= sa.bindparam("now"))
    .order_by(reminders.c.at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_ANY_DUE = sa.select(reminders.c.subject).where(reminders.c.at <= sa.bindparam("now")).limit(1)
_ANY_DIGEST = (
    sa.select(notice_settings.c.person)
    .where(notice_settings.c.digest_due.is_not(None), notice_settings.c.digest_due <= sa.bindparam("now"))
    .limit(1)
)


class NoticeSettings:
    """The choices of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def get(self, person: str) -> model.NoticeSettings:
        """Return what somebody has chosen, or what holds for who has not."""
        row = self._link.one(_GET, {"person": person})
        return model.NoticeSettings(person) if row is None else _settings(row)

    def of(self, people: Collection[str]) -> Mapping[str, model.NoticeSettings]:
        """Return what several people have chosen, for each of them."""
        found = {person: model.NoticeSettings(person) for person in people}
        if found:
            query = sa.select(*notice_settings.c).where(notice_settings.c.person.in_(sorted(found)))
            found.update({row[0]: _settings(row) for row in self._link.select(query)})
        return found

    def save(self, settings: model.NoticeSettings) -> None:
        """Keep what somebody has chosen."""
        choices = {
            kind.value: {"inbox": choice.inbox, "mail": choice.mail.value} for kind, choice in settings.choices.items()
        }
        row: dict[str, Any] = {
            "person": settings.person,
            "choices": choices,
            "remind_before": settings.remind_before,
            "remind_overdue": settings.remind_overdue,
            "digest": settings.digest,
            "digest_due": settings.digest_due,
        }
        self._link.run(_SAVE, row)

    def any_digest_due(self, now: datetime.datetime) -> bool:
        """Tell whether the digest of anybody is due."""
        return self._link.one(_ANY_DIGEST, {"now": now}) is not None

    def due_digests(self, now: datetime.datetime, limit: int) -> list[model.NoticeSettings]:
        """Return and lock the choices of people whose digest is due."""
        return [_settings(row) for row in self._link.all(_DUE_DIGESTS, {"now": now, "limit": limit})]


class Reminders:
    """What people are to be reminded of, of a unit of work: tasks and substitutions, as ``user_task/17``."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def set(self, looks: Mapping[str, datetime.datetime | None]) -> None:
        """Set when things are to be looked at next; None for never."""
        self._link.run_many(_REMOVE, [{"about": subject} for subject, at in looks.items() if at is None])
        self._link.run_many(_SET, [{"subject": subject, "at": at} for subject, at in looks.items() if at is not None])

    def any_due(self, now: datetime.datetime) -> bool:
        """Tell whether anything is to be looked at now."""
        return self._link.one(_ANY_DUE, {"now": now}) is not None

    def due(self, now: datetime.datetime, limit: int) -> list[str]:
        """Return and lock what is to be looked at now."""
        return [row[0] for row in self._link.all(_DUE, {"now": now, "limit": limit})]


def _settings(row: statements.Row) -> model.NoticeSettings:
    person, choices, remind_before, remind_overdue, digest, digest_due = row
    known = {kind.value: kind for kind in model.NoticeKind}
    return model.NoticeSettings(
        person=person,
        # A kind that an older version knew is not asked for any more.
        choices={
            known[kind]: model.Choice(choice["inbox"], model.MailChoice(choice["mail"]))
            for kind, choice in choices.items()
            if kind in known
        },
        remind_before=remind_before,
        remind_overdue=bool(remind_overdue),
        digest=digest,
        digest_due=digest_due,
    )
