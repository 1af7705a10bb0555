"""`/webhooks`: programs that are told of events."""

from __future__ import annotations

from typing import Annotated

import fastapi
import pydantic

from engine.actions import webhook_events, webhooks
from engine.model import events as model
from engine.web import access
from engine.web.api import paging, routing, schema

router = routing.Router("webhooks")


class Webhook(schema.Model):
    """A subscription of another program to events."""

    id: schema.Id = schema.about("Its number.", 1)
    url: str = schema.about("Where events are posted to.", "https://portal.example/hooks/gongkai")
    events: list[str] = schema.about("What it is told of: names of events, `task.*` or `*`.", ["task.completed"])
    status: model.WebhookStatus = schema.about("A disabled one failed too often.", "active")
    created_at: schema.Moment = schema.about("When it was added.", "2026-03-09T01:00:00Z")
    created_by: str = schema.about("By whom.", "admin")
    failures: int = schema.about("Attempts that failed since the last one that did not.", 0)
    resting_until: schema.Moment | None = schema.about("Until when it is left in peace.", None)
    last_error: str | None = schema.about("What went wrong the last time.", None)


class WebhookList(schema.Model):
    """All webhooks."""

    items: list[Webhook]


class NewWebhook(schema.Model):
    """A webhook that was just added."""

    secret: str = schema.about(
        "To check signatures with (docs/how-to/use-the-api.md): shown this once.",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw0123456789Ab=",
    )
    webhook: Webhook


class AddWebhook(schema.Model):
    """Which program is to be told of what."""

    url: Annotated[str, pydantic.StringConstraints(min_length=8, max_length=2000)] = schema.about(
        "Where to post to.", "https://portal.example/hooks/gongkai"
    )
    events: Annotated[list[schema.Name], pydantic.Field(min_length=1, max_length=50)] = schema.about(
        "Names of events, `task.*` or `*`.", ["task.completed", "instance.*"]
    )


class Delivery(schema.Model):
    """One event for one webhook."""

    id: schema.Id = schema.about("Its number.", 512)
    webhook_id: schema.Id = schema.about("The webhook.", 1)
    delivery_id: str = schema.about("The same at every attempt.", "6f1f8f5c-1f62-4d0e-9c1b-3a0f2a9d9c11")
    event_id: str = schema.about("The same for every webhook.", "audit-1204")
    event: str = schema.about("What happened.", "task.completed")
    body: str = schema.about("What is sent, as it stands.", '{"type": "task.completed"}')
    created_at: schema.Moment = schema.about("When it happened.", "2026-03-09T01:00:00Z")
    status: model.DeliveryStatus = schema.about("Where it stands.", "delivered")
    attempts: int = schema.about("How often it was tried.", 1)
    due: schema.Moment | None = schema.about("When it is tried next.", None)
    last_attempt_at: schema.Moment | None = schema.about("When it was tried last.", "2026-03-09T01:00:02Z")
    response_status: int | None = schema.about("What the program answered.", 204)
    last_error: str | None = schema.about("What went wrong.", None)


class DeliveryPage(paging.Page[Delivery]):
    """Deliveries, newest first."""


class EventKind(schema.Model):
    """A kind of event."""

    name: str = schema.about("Its name.", "task.completed")
    meaning: str = schema.about("What happened.", "A task was completed.")
    parts: list[str] = schema.about("Parts of its data.", ["actor", "task", "instance"])


class EventList(schema.Model):
    """Everything that programs can be told of."""

    items: list[EventKind]


@router.get("/events", rule=access.SIGNED_IN, scope="read", summary="列出事件类型")
def list_events() -> EventList:
    """List the kinds of events that webhooks can be told of."""
    return EventList(items=[EventKind.model_validate(each) for each in webhook_events.CATALOGUE])


@router.get("/webhooks", rule=access.ADMIN, scope="operate", summary="列出事件推送")
def list_webhooks(engine: access.CurrentEngine, actor: access.CurrentActor) -> WebhookList:
    """List all webhooks."""
    return WebhookList(items=[Webhook.model_validate(each) for each in webhooks.webhooks(engine, actor)])


@router.post("/webhooks", rule=access.ADMIN, scope="operate", status_code=201, summary="新增事件推送")
def add_webhook(body: AddWebhook, engine: access.CurrentEngine, actor: access.CurrentActor) -> NewWebhook:
    """Tell a program of events from now on."""
    made = webhooks.add(engine, actor, body.url, body.events)
    return NewWebhook(secret=made.secret, webhook=Webhook.model_validate(made.webhook))


@router.delete("/webhooks/{webhook_id}", rule=access.ADMIN, scope="operate", status_code=204, summary="删除事件推送")
def remove_webhook(webhook_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> None:
    """Remove a webhook with its deliveries."""
    webhooks.remove(engine, actor, webhook_id)


@router.post("/webhooks/{webhook_id}/pause", rule=access.ADMIN, scope="operate", summary="暂停事件推送")
def pause_webhook(webhook_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Webhook:
    """Tell a program nothing for now; what happens meanwhile it is never told."""
    return Webhook.model_validate(webhooks.pause(engine, actor, webhook_id))


@router.post("/webhooks/{webhook_id}/activate", rule=access.ADMIN, scope="operate", summary="启用事件推送")
def activate_webhook(webhook_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Webhook:
    """Tell a program of events again."""
    return Webhook.model_validate(webhooks.activate(engine, actor, webhook_id))


@router.get("/webhooks/{webhook_id}/deliveries", rule=access.ADMIN, scope="operate", summary="列出推送记录")
def list_deliveries(
    request: fastapi.Request,
    response: fastapi.Response,
    webhook_id: schema.PathId,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    status: model.DeliveryStatus | None = None,
) -> DeliveryPage:
    """List the deliveries of a webhook, newest first."""
    page = webhooks.deliveries(engine, actor, webhook_id, status=status, limit=wanted.limit, after=wanted.after)
    return paging.answer(DeliveryPage, request, response, page.items, page.after)


@router.post("/deliveries/{delivery_id}/retry", rule=access.ADMIN, scope="operate", summary="重新推送")
def retry_delivery(delivery_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Delivery:
    """Deliver once more, whatever became of it before; its `delivery_id` stays the same."""
    return Delivery.model_validate(webhooks.retry(engine, actor, delivery_id))
