"""Webhooks: programs that are told of events by HTTP; who sets them up, and how deliveries go.

A delivery is tried until the program answers with success, for about two days. The deliveries of one webhook are worked
off by one sender, in order; a webhook whose program does not answer rests, and nobody else waits for it. One that
failed too often in a row is disabled, and administrators are told.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import secrets
import urllib.parse
from collections.abc import Sequence

from engine import errors
from engine.actions import context, directory, outbox, policy, telling, transaction, webhook_events
from engine.model import commands, events, texts
from engine.store import event_queries, paging

#: How long to wait before the next attempt at a delivery, after the first one, the second …
BACKOFF = tuple(datetime.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
#: The longest rest of a webhook whose program does not answer.
LONGEST_REST = datetime.timedelta(hours=6)
#: Attempts that fail one after the other until a webhook is disabled: some four days of silence.
MOST_FAILURES = 20
#: Seconds that one attempt may take, from finding the address to the answer.
ATTEMPT_SECONDS = 10.0
#: Seconds after which a sender that has said nothing counts as dead.
LEASE_SECONDS = ATTEMPT_SECONDS * 6
_PREFIX = "whsec_"


@dataclasses.dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook that was just added. `secret` is shown this once, to check signatures with."""

    webhook: events.Webhook
    secret: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended: the HTTP status, None where there was no answer; what went wrong, None on success."""

    status: int | None
    error: str | None
    #: Whether the program as a whole is in trouble, rather than this event not to its taste.
    unwell: bool = False


def add(engine: context.Engine, actor: commands.Actor, url: str, wanted: Sequence[str]) -> NewWebhook:
    """Tell a program of events from now on.

    Args:
        engine: The engine.
        actor: An operator.
        url: Where to post to.
        wanted: Names of events, ``task.*`` or ``*``.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.InvalidInput: The address or an event is none.
    """
    policy.operate(actor, "设置事件推送")
    url, chosen = _checked_url(url), _checked_events(wanted)
    secret = _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    with transaction.begin(engine, actor) as tx:
        added = tx.uow.webhooks.add(url, chosen, secret, by=actor.id, at=tx.now)
        tx.note(None, "add-webhook", f"webhook/{added.id}", url=_public(url), events=list(chosen))
        return NewWebhook(added, secret)


def remove(engine: context.Engine, actor: commands.Actor, webhook_id: int) -> None:
    """Remove a webhook with its deliveries.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such webhook.
    """
    policy.operate(actor, "删除事件推送")
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.webhooks.lock(webhook_id)
        tx.uow.webhooks.remove(webhook_id)
        tx.note(None, "remove-webhook", f"webhook/{webhook_id}", url=_public(found.url))


def pause(engine: context.Engine, actor: commands.Actor, webhook_id: int) -> events.Webhook:
    """Tell a program nothing for now; what happens meanwhile it is never told.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such webhook.
    """
    return _set(engine, actor, webhook_id, events.WebhookStatus.PAUSED, "pause-webhook")


def activate(engine: context.Engine, actor: commands.Actor, webhook_id: int) -> events.Webhook:
    """Tell a program of events again, those that still wait first; raises as `pause`."""
    return _set(engine, actor, webhook_id, events.WebhookStatus.ACTIVE, "activate-webhook")


def webhooks(engine: context.Engine, actor: commands.Actor) -> list[events.Webhook]:
    """Return all webhooks.

    Raises:
        errors.Forbidden: The actor is no operator.
    """
    policy.operate(actor, "查看事件推送")
    with engine.store.read() as uow:
        return uow.webhooks.all()


def webhook(engine: context.Engine, actor: commands.Actor, webhook_id: int) -> events.Webhook:
    """Return a webhook.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such webhook.
    """
    policy.operate(actor, "查看事件推送")
    with engine.store.read() as uow:
        return uow.webhooks.get(webhook_id)


def deliveries(
    engine: context.Engine,
    actor: commands.Actor,
    webhook_id: int,
    *,
    status: events.DeliveryStatus | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[events.Delivery]:
    """Return the deliveries of a webhook, newest first.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such webhook.
    """
    policy.operate(actor, "查看事件推送")
    with engine.store.read() as uow:
        uow.webhooks.get(webhook_id)
        return event_queries.deliveries(uow, webhook_id, status=status, limit=limit, after=after)


def retry(engine: context.Engine, actor: commands.Actor, delivery_id: int) -> events.Delivery:
    """Deliver once more, whatever became of a delivery before; its id stays the same.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such delivery.
        errors.Conflict: Its webhook is not active.
    """
    policy.operate(actor, "重新投递")
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.webhooks.get_delivery(delivery_id)
        if tx.uow.webhooks.lock(found.webhook_id).status is not events.WebhookStatus.ACTIVE:
            raise errors.Conflict(f"事件推送 {found.webhook_id} 没有启用，请先启用再重新投递。")
        tx.uow.webhooks.again(found, tx.now)
        tx.note(None, "retry-delivery", f"webhook/{found.webhook_id}", delivery=found.delivery_id)
        return tx.uow.webhooks.get_delivery(delivery_id)


# --- for the sender ---------------------------------------------------------------------------------------------------


def lease(engine: context.Engine) -> tuple[events.Webhook, str] | None:
    """Take the webhook that has waited longest, with its secret; None when nothing is due."""
    now = engine.clock.now()
    with engine.store.read() as uow:
        if not uow.webhooks.any_due(now):
            return None
    with engine.store.write() as uow:
        return uow.webhooks.lease(now, LEASE_SECONDS)


def next_delivery(engine: context.Engine, webhook: events.Webhook) -> events.Delivery | None:
    """Return what to deliver next for a leased webhook; None when the lease has gone or nothing is due.

    In the latter case the webhook is given back.
    """
    now = engine.clock.now()
    with engine.store.write() as uow:
        if not uow.webhooks.renew(webhook, now + datetime.timedelta(seconds=LEASE_SECONDS)):
            return None
        found = uow.webhooks.next_delivery(webhook.id, now)
        if found is None:
            uow.webhooks.release(webhook, failures=webhook.failures, error=webhook.last_error)
        return found


def answered(
    engine: context.Engine, webhook: events.Webhook, delivery: events.Delivery, answer: Answer
) -> events.Webhook | None:
    """Keep how an attempt ended.

    Returns:
        The webhook, to go on with its next delivery; None when it rests or is disabled now, or the lease has gone.
    """
    names, now = engine.directory.get(engine.store), engine.clock.now()
    if answer.error is not None:  # words of another machine
        answer = dataclasses.replace(answer, error=texts.storable(answer.error))
    with engine.store.write() as uow:
        if not uow.webhooks.renew(webhook, now + datetime.timedelta(seconds=LEASE_SECONDS)):
            return None
        attempts = delivery.attempts + 1
        done = dataclasses.replace(
            delivery,
            attempts=attempts,
            last_attempt_at=now,
            response_status=answer.status,
            last_error=answer.error,
        )
        if answer.error is None:
            uow.webhooks.attempted(dataclasses.replace(done, status=events.DeliveryStatus.DELIVERED, due=None))
            return dataclasses.replace(webhook, failures=0, last_error=None)
        again = now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None
        status = events.DeliveryStatus.FAILED if again is None else events.DeliveryStatus.WAITING
        uow.webhooks.attempted(dataclasses.replace(done, status=status, due=again))
        after = dataclasses.replace(webhook, failures=webhook.failures + 1, last_error=answer.error)
        if after.failures >= MOST_FAILURES:
            uow.webhooks.set_status(after, events.WebhookStatus.DISABLED, None, error=answer.error)
            told = telling.Telling(engine, uow, names, now)
            _tell_disabled(told, after)
            return None
        if answer.unwell:
            rest = now + min(BACKOFF[min(after.failures, len(BACKOFF)) - 1], LONGEST_REST)
            uow.webhooks.release(after, failures=after.failures, error=answer.error, rest_until=rest)
            return None
        return after


def _tell_disabled(told: telling.Telling, webhook: events.Webhook) -> None:
    told.tell(
        told.admins(),
        events.NoticeKind.WEBHOOK_DISABLED,
        f"webhook/{webhook.id}/{directory.today(told.now)}",
        f"事件推送 {webhook.id} 已停用",
        text=f"{_public(webhook.url)} 连续{webhook.failures}次投递失败：{webhook.last_error}",
        link="/admin/webhooks",
    )
    told.write()


def _set(
    engine: context.Engine, actor: commands.Actor, webhook_id: int, status: events.WebhookStatus, action: str
) -> events.Webhook:
    policy.operate(actor, "设置事件推送")
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.webhooks.lock(webhook_id)
        at = tx.now if status is events.WebhookStatus.ACTIVE else None
        tx.uow.webhooks.set_status(found, status, at)
        tx.note(None, action, f"webhook/{webhook_id}")
        return tx.uow.webhooks.get(webhook_id)


def _checked_url(url: str) -> str:
    url = url.strip()
    try:
        parts = urllib.parse.urlsplit(url)
        well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well or not url.isascii() or not url.isprintable() or " " in url or len(url) > 2000 or parts.fragment:
        raise errors.InvalidInput(f"事件推送的地址应为 http:// 或 https:// 开头的网址，现为“{url[:200]}”。")
    if parts.username is not None:
        raise errors.InvalidInput("事件推送的地址中不能写用户名和密码，请用签名核对请求的来源。")
    return url


def _checked_events(wanted: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(each.strip() for each in wanted if each.strip()))
    for each in chosen:
        if not any(outbox.subscribed((each,), name) for name in webhook_events.NAMES):
            known = "、".join(description.name for description in webhook_events.CATALOGUE)
            raise errors.InvalidInput(f"没有名为“{each}”的事件，可用的有：{known}；task.* 为其中一类，* 为全部。")
    if not chosen:
        raise errors.InvalidInput("请至少选择一个事件，* 为全部。")
    return chosen


def _public(url: str) -> str:
    """Return an address without its query, in which programs put what is not for everybody."""
    return urllib.parse.urlunsplit(urllib.parse.urlsplit(url)._replace(query=""))
