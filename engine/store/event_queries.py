"""Lists of what people and other programs were told, a page at a time (see `paging`)."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from engine.model import events as model
from engine.store import mails as mails_module
from engine.store import notices as notices_module
from engine.store import paging
from engine.store import webhooks as webhooks_module
from engine.store.tables_events import mails as mails_table
from engine.store.tables_events import notices as notices_table
from engine.store.tables_events import webhook_deliveries
from engine.store.unit_of_work import UnitOfWork


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
