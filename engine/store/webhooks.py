"""Webhooks and their deliveries: a webhook is leased to one sender, who works off its deliveries in order."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa

from engine import errors
from engine.model import events as model
from engine.store import statements
from engine.store.tables_events import webhook_deliveries as deliveries
from engine.store.tables_events import webhooks

#: The columns of a `Webhook` and of a `Delivery`, in their order.
COLUMNS = [webhooks.c[field.name] for field in dataclasses.fields(model.Webhook)]
DELIVERY_COLUMNS = [deliveries.c[field.name] for field in dataclasses.fields(model.Delivery)]
_WIDTH = len(COLUMNS)
_WAITS = deliveries.c.status == sa.literal_column("'waiting'")

_INSERT = statements.insert(
    webhooks, without=("id", "lease_until", "resting_until", "last_error", "poll_at"), returning=webhooks.c.id
)
_GET = sa.select(*COLUMNS).where(webhooks.c.id == sa.bindparam("webhook"))
_LOCK = _GET.with_for_update()
_ALL = sa.select(*COLUMNS).order_by(webhooks.c.id)
_ACTIVE = sa.select(*COLUMNS).where(webhooks.c.status == sa.literal_column("'active'")).order_by(webhooks.c.id)
_SECRET = sa.select(webhooks.c.secret).where(webhooks.c.id == sa.bindparam("webhook"))
_REMOVE_DELIVERIES = sa.delete(deliveries).where(deliveries.c.webhook_id == sa.bindparam("webhook"))
_REMOVE = sa.delete(webhooks).where(webhooks.c.id == sa.bindparam("webhook"))
_SET_STATUS = (
    sa.update(webhooks)
    .where(webhooks.c.id == sa.bindparam("webhook"))
    .values(
        status=sa.bindparam("standing"),
        failures=sa.bindparam("failures"),
        resting_until=sa.null(),
        lease_until=sa.null(),
        fence=webhooks.c.fence + 1,  # whoever delivers for it just now has no say any more
        last_error=sa.bindparam("error"),
        poll_at=sa.bindparam("at"),
    )
)
_INSERT_DELIVERY = statements.upsert(
    deliveries,
    ["webhook_id", "event_id"],
    [],
    without=("id", "last_attempt_at", "response_status", "last_error"),
)
# One that is leased is looked at again when its lease ends; one that rests, after its rest.
_WAKE = (
    sa.update(webhooks)
    .where(webhooks.c.id == sa.bindparam("webhook"), webhooks.c.lease_until.is_(None))
    .values(poll_at=sa.func.coalesce(webhooks.c.resting_until, sa.bindparam("at", type_=webhooks.c.poll_at.type)))
)
_DUE = (
    sa.select(webhooks.c.id)
    .where(
        webhooks.c.poll_at.is_not(None),
        webhooks.c.poll_at <= sa.bindparam("now"),
        webhooks.c.status == sa.literal_column("'active'"),
    )
    .order_by(webhooks.c.poll_at, webhooks.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .cte("due")
)
_ANY_DUE = (
    sa.select(webhooks.c.id)
    .where(
        webhooks.c.poll_at.is_not(None),
        webhooks.c.poll_at <= sa.bindparam("now"),
        webhooks.c.status == sa.literal_column("'active'"),
    )
    .limit(1)
)
_LEASE = (
    sa.update(webhooks)
    .where(webhooks.c.id.in_(sa.select(_DUE.c.id)))
    .values(
        lease_until=sa.bindparam("until"),
        poll_at=sa.bindparam("until"),
        resting_until=sa.null(),
        fence=webhooks.c.fence + 1,
    )
    .returning(*COLUMNS, webhooks.c.secret)
)
_HELD = (webhooks.c.id == sa.bindparam("webhook"), webhooks.c.fence == sa.bindparam("held_fence"))
_RENEW = sa.update(webhooks).where(*_HELD).values(lease_until=sa.bindparam("until"), poll_at=sa.bindparam("until"))
_RELEASE = (
    sa.update(webhooks)
    .where(*_HELD)
    .values(
        lease_until=sa.null(),
        resting_until=sa.bindparam("rest"),
        poll_at=sa.bindparam("at"),
        failures=sa.bindparam("failures"),
        last_error=sa.bindparam("error"),
    )
)
_NEXT = (
    sa.select(*DELIVERY_COLUMNS)
    .where(deliveries.c.webhook_id == sa.bindparam("webhook"), _WAITS, deliveries.c.due <= sa.bindparam("now"))
    .order_by(deliveries.c.id)
    .limit(1)
)
_NEXT_DUE = sa.select(sa.func.min(deliveries.c.due)).where(deliveries.c.webhook_id == sa.bindparam("webhook"), _WAITS)
_ATTEMPTED = (
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("delivery"))
    .values(
        status=sa.bindparam("standing"),
        attempts=sa.bindparam("attempts"),
        due=sa.bindparam("due"),
        last_attempt_at=sa.bindparam("at"),
        response_status=sa.bindparam("answer"),
        last_error=sa.bindparam("error"),
    )
)
_GET_DELIVERY = sa.select(*DELIVERY_COLUMNS).where(deliveries.c.id == sa.bindparam("delivery"))
_AGAIN = (
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("delivery"))
    .values(status=sa.literal_column("'waiting'"), attempts=0, due=sa.bindparam("at"))
)
_OLDEST = (
    sa.select(deliveries.c.id, deliveries.c.created_at)
    .where(deliveries.c.id > 0)  # says that the rows are taken by number
    .order_by(deliveries.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_PURGE = sa.delete(deliveries).where(deliveries.c.id <= sa.bindparam("last"), sa.not_(_WAITS))


class Webhooks:
    """The webhooks of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(self, url: str, events: tuple[str, ...], secret: str, *, by: str, at: datetime.datetime) -> model.Webhook:
        """Add a webhook."""
        row = {
            "url": url,
            "events": events,
            "status": model.WebhookStatus.ACTIVE,
            "created_at": at,
            "created_by": by,
            "failures": 0,
            "fence": 0,
            "secret": secret,
        }
        return model.Webhook(
            self._link.insert(_INSERT, row), url, events, model.WebhookStatus.ACTIVE, created_at=at, created_by=by
        )

    def get(self, webhook_id: int) -> model.Webhook:
        """Return a webhook.

        Raises:
            errors.NotFound: There is none with this id.
        """
        return _found(self._link.one(_GET, {"webhook": webhook_id}), webhook_id)

    def lock(self, webhook_id: int) -> model.Webhook:
        """Return a webhook that nobody else changes until the end of the unit of work; raises as `get`."""
        return _found(self._link.one(_LOCK, {"webhook": webhook_id}), webhook_id)

    def all(self) -> list[model.Webhook]:
        """Return all webhooks, oldest first."""
        return [model.Webhook(*row) for row in self._link.all(_ALL, {})]

    def active(self) -> list[model.Webhook]:
        """Return the webhooks that want to be told, oldest first."""
        return [model.Webhook(*row) for row in self._link.all(_ACTIVE, {})]

    def secret(self, webhook_id: int) -> str:
        """Return what the deliveries of a webhook are signed with."""
        row = self._link.one(_SECRET, {"webhook": webhook_id})
        return "" if row is None else str(row[0])

    def set_status(
        self,
        webhook: model.Webhook,
        status: model.WebhookStatus,
        at: datetime.datetime | None,
        *,
        error: str | None = None,
    ) -> None:
        """Pause, disable or activate a webhook; an active one is looked at from `at` on."""
        failures = webhook.failures if status is model.WebhookStatus.DISABLED else 0
        values = {"webhook": webhook.id, "standing": status, "failures": failures, "error": error, "at": at}
        self._link.run(_SET_STATUS, values)

    def remove(self, webhook_id: int) -> None:
        """Remove a webhook with its deliveries."""
        self._link.run(_REMOVE_DELIVERIES, {"webhook": webhook_id})
        self._link.run(_REMOVE, {"webhook": webhook_id})

    # --- deliveries ---------------------------------------------------------------------------------------------------

    def post(self, new: Sequence[tuple[int, str, model.Event, str]], at: datetime.datetime) -> None:
        """Write deliveries, due at once: webhook, delivery id, event and body of each.

        A webhook gets every event once, however often it is posted.
        """
        rows = [
            {
                "webhook_id": webhook,
                "delivery_id": delivery_id,
                "event_id": event.id,
                "event": event.name,
                "body": body,
                "created_at": at,
                "status": model.DeliveryStatus.WAITING,
                "attempts": 0,
                "due": at,
            }
            for webhook, delivery_id, event, body in new
        ]
        self._link.run_many(_INSERT_DELIVERY, rows)
        self._link.run_many(_WAKE, [{"webhook": each, "at": at} for each in sorted({row[0] for row in new})])

    def any_due(self, now: datetime.datetime) -> bool:
        """Tell whether any webhook has something due."""
        return self._link.one(_ANY_DUE, {"now": now}) is not None

    def lease(self, now: datetime.datetime, seconds: float) -> tuple[model.Webhook, str] | None:
        """Take the webhook that has waited longest, and its secret; None when no webhook has anything due."""
        until = now + datetime.timedelta(seconds=seconds)
        row = self._link.one(_LEASE, {"now": now, "until": until})
        return None if row is None else (model.Webhook(*row[:_WIDTH]), row[_WIDTH])

    def renew(self, webhook: model.Webhook, until: datetime.datetime) -> bool:
        """Prolong a lease; False when somebody else has the webhook, or it is not to be served any more."""
        return self._link.run(_RENEW, {"webhook": webhook.id, "held_fence": webhook.fence, "until": until}) == 1

    def release(
        self,
        webhook: model.Webhook,
        *,
        failures: int,
        error: str | None,
        rest_until: datetime.datetime | None = None,
    ) -> bool:
        """Give a webhook back, to be looked at when the next of its deliveries is due, but not before its rest ends."""
        due = self.next_due(webhook.id)
        at = None if due is None else max(due, rest_until or due)
        params = {"webhook": webhook.id, "held_fence": webhook.fence, "failures": failures, "error": error}
        return self._link.run(_RELEASE, params | {"rest": rest_until, "at": at}) == 1

    def next_delivery(self, webhook_id: int, now: datetime.datetime) -> model.Delivery | None:
        """Return the oldest delivery of a webhook that is due."""
        row = self._link.one(_NEXT, {"webhook": webhook_id, "now": now})
        return None if row is None else model.Delivery(*row)

    def next_due(self, webhook_id: int) -> datetime.datetime | None:
        """Return when the next delivery of a webhook is due; None when nothing waits."""
        row = self._link.one(_NEXT_DUE, {"webhook": webhook_id})
        return None if row is None else row[0]

    def attempted(self, delivery: model.Delivery) -> None:
        """Keep how an attempt at a delivery ended."""
        values = {
            "delivery": delivery.id,
            "standing": delivery.status,
            "attempts": delivery.attempts,
            "due": delivery.due,
            "at": delivery.last_attempt_at,
            "answer": delivery.response_status,
            "error": delivery.last_error,
        }
        self._link.run(_ATTEMPTED, values)

    def get_delivery(self, delivery_id: int) -> model.Delivery:
        """Return a delivery by its number.

        Raises:
            errors.NotFound: There is none.
        """
        row = self._link.one(_GET_DELIVERY, {"delivery": delivery_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {delivery_id} 的投递。", delivery=delivery_id)
        return model.Delivery(*row)

    def again(self, delivery: model.Delivery, at: datetime.datetime) -> None:
        """Try a delivery from the beginning."""
        self._link.run(_AGAIN, {"delivery": delivery.id, "at": at})
        self._link.run(_WAKE, {"webhook": delivery.webhook_id, "at": at})

    def purge(self, before: datetime.datetime, limit: int = 1000) -> int:
        """Remove the oldest deliveries that are over, as far as they were posted before a time; return how many."""
        rows = self._link.all(_OLDEST, {"limit": limit})
        old = [number for number, created_at in rows if created_at < before]
        return self._link.run(_PURGE, {"last": max(old)}) if old else 0


def _found(row: statements.Row | None, webhook_id: int) -> model.Webhook:
    if row is None:
        raise errors.NotFound(f"没有编号为 {webhook_id} 的事件推送。", webhook=webhook_id)
    return model.Webhook(*row)
