"""What is told, and what it is about: lists a page at a time (see `paging`), and look-ups of many rows at once."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from engine.model import cooperation
from engine.model import events as model
from engine.model import instances as model_instances
from engine.store import countersignatures as countersignatures_module
from engine.store import incidents as incidents_module
from engine.store import mails as mails_module
from engine.store import notices as notices_module
from engine.store import paging
from engine.store import user_tasks as user_tasks_module
from engine.store import webhooks as webhooks_module
from engine.store.instances import COLUMNS as _INSTANCE_COLUMNS
from engine.store.tables import audit, definitions, element_history, incidents, instances, user_tasks
from engine.store.tables_calendars import calendar_changes
from engine.store.tables_cooperation import countersignatures
from engine.store.tables_events import mailboxes, notice_settings, reminders, webhook_deliveries
from engine.store.tables_events import mails as mails_table
from engine.store.tables_events import notices as notices_table
from engine.store.tables_events import webhooks as webhooks_table
from engine.store.unit_of_work import UnitOfWork

_INSTANCE_WIDTH = len(_INSTANCE_COLUMNS)


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """An instance, with what its definition is called."""

    instance: model_instances.ProcessInstance
    key: str
    version: int
    name: str
    pack: str

    @property
    def label(self) -> str:
        """Return what people call the case."""
        return self.instance.title or self.instance.business_key or f"{self.name} {self.instance.id}"


def cases(uow: UnitOfWork, ids: Collection[int]) -> Mapping[int, Case]:
    """Return instances by id; those that are not there are left out."""
    if not ids:
        return {}
    query = (
        sa.select(*_INSTANCE_COLUMNS, definitions.c.key, definitions.c.version, definitions.c.name, definitions.c.pack)
        .join_from(instances, definitions, definitions.c.id == instances.c.definition_id)
        .where(instances.c.id.in_(sorted(ids)))
    )
    rows = uow.link.select(query)
    return {
        row[0]: Case(model_instances.ProcessInstance(*row[:_INSTANCE_WIDTH]), *row[_INSTANCE_WIDTH:]) for row in rows
    }


def tasks(uow: UnitOfWork, ids: Collection[int]) -> Mapping[int, model_instances.UserTask]:
    """Return user tasks by id; those that are not there are left out."""
    if not ids:
        return {}
    query = sa.select(*user_tasks_module.COLUMNS).where(user_tasks.c.id.in_(sorted(ids)))
    return {row[0]: model_instances.UserTask(*row) for row in uow.link.select(query)}


def openers(uow: UnitOfWork, task_ids: Collection[int]) -> Mapping[int, str]:
    """Return by whose acts user tasks were opened, by id of the task; of tasks that are older than this, nothing."""
    if not task_ids:
        return {}
    visit, task = element_history, user_tasks
    query = (
        sa.select(task.c.id, audit.c.actor)
        .join_from(task, visit, sa.and_(visit.c.instance_id == task.c.instance_id, visit.c.token == task.c.token))
        .join(audit, sa.and_(audit.c.chain == task.c.instance_id, audit.c.seq == visit.c.entered_seq))
        .where(task.c.id.in_(sorted(task_ids)))
    )
    return {row[0]: row[1] for row in uow.link.select(query)}


def cancelled_tasks(
    uow: UnitOfWork, instance_ids: Collection[int], since: datetime.datetime
) -> list[model_instances.UserTask]:
    """Return the user tasks of cases that were cancelled, or taken back, from a time on, oldest first."""
    if not instance_ids:
        return []
    query = (
        sa.select(*user_tasks_module.COLUMNS)
        .where(
            user_tasks.c.instance_id.in_(sorted(instance_ids)),
            user_tasks.c.status.in_(
                [model_instances.UserTaskStatus.CANCELLED, model_instances.UserTaskStatus.WITHDRAWN]
            ),
            user_tasks.c.completed_at >= since,
        )
        .order_by(user_tasks.c.id)
    )
    return [model_instances.UserTask(*row) for row in uow.link.select(query)]


def new_incidents(
    uow: UnitOfWork, instance_ids: Collection[int], since: datetime.datetime
) -> list[model_instances.Incident]:
    """Return the incidents of cases that came up from a time on, oldest first; resolved ones too."""
    if not instance_ids:
        return []
    query = (
        sa.select(*incidents_module.COLUMNS)
        .where(incidents.c.instance_id.in_(sorted(instance_ids)), incidents.c.created_at >= since)
        .order_by(incidents.c.id)
    )
    return [model_instances.Incident(*row) for row in uow.link.select(query)]


def open_countersignatures(uow: UnitOfWork, instance_ids: Collection[int]) -> list[cooperation.Countersignature]:
    """Return the opinions on tasks of cases that are asked for now, oldest first."""
    if not instance_ids:
        return []
    query = (
        sa.select(*countersignatures_module.COLUMNS)
        .where(countersignatures.c.instance_id.in_(sorted(instance_ids)), countersignatures_module.IS_OPEN)
        .order_by(countersignatures.c.id)
    )
    return [cooperation.Countersignature(*row) for row in uow.link.select(query)]


def next_due(uow: UnitOfWork, *, mail: bool) -> datetime.datetime | None:
    """Return when somebody is to be told something next; `mail` says whether there is a mail server."""
    row = uow.link.one(_NEXT_DUE_WITH_MAIL if mail else _NEXT_DUE, {})
    return None if row is None else min((at for at in row if at is not None), default=None)


def _first(column: sa.Column[Any], *where: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    found = sa.select(column).where(column.is_not(None), *where).order_by(column).limit(1)
    return sa.type_coerce(found.scalar_subquery(), column.type)


_TIMES: list[sa.ColumnElement[Any]] = [
    _first(reminders.c.at),
    _first(notice_settings.c.digest_due),
    _first(mailboxes.c.due),
    _first(calendar_changes.c.look_at),
    _first(webhooks_table.c.poll_at, webhooks_table.c.status == sa.literal_column("'active'")),
]
_NEXT_DUE = sa.select(*_TIMES)
_NEXT_DUE_WITH_MAIL = sa.select(*[*_TIMES, _first(mails_table.c.poll_at)])


def inbox(
    uow: UnitOfWork,
    person: str,
    *,
    unread_only: bool = False,
    kinds: Collection[model.NoticeKind] = (),
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.Notice]:
    """Return what somebody was told, newest first; `kinds` leaves out all others."""
    query = sa.select(*notices_module.COLUMNS).where(notices_table.c.person == person, notices_module.IN_INBOX)
    if unread_only:
        query = query.where(*notices_module.UNREAD)
    if kinds:
        query = query.where(notices_table.c.kind.in_(sorted(kinds)))
    return paging.page(uow, query, [notices_table.c.id], limit, after, lambda row: model.Notice(*row), newest=True)


def mails(
    uow: UnitOfWork, *, status: model.MailStatus | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[model.Mail]:
    """Return mails, newest first."""
    query = sa.select(*mails_module.COLUMNS)
    if status is model.MailStatus.FAILED:  # an index has nothing but these
        query = query.where(mails_module.IS_FAILED)
    elif status is not None:
        query = query.where(mails_table.c.status == status)
    return paging.page(uow, query, [mails_table.c.id], limit, after, lambda row: model.Mail(*row), newest=True)


def deliveries(
    uow: UnitOfWork,
    webhook_id: int,
    *,
    status: model.DeliveryStatus | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.Delivery]:
    """Return the deliveries of a webhook, newest first."""
    table = webhook_deliveries
    query = paging.filtered(
        sa.select(*webhooks_module.DELIVERY_COLUMNS).where(table.c.webhook_id == webhook_id), (table.c.status, status)
    )
    return paging.page(uow, query, [table.c.id], limit, after, lambda row: model.Delivery(*row), newest=True)
