"""`/messages`, `/signals`, `/conditions`: what comes from outside, and what waits for it."""

from __future__ import annotations

import datetime
from typing import Annotated

import fastapi

from engine.actions import conditions, messages, oversight, signals
from engine.model import instances as model
from engine.web import access
from engine.web.api import paging, routing, schema

router = routing.Router("messages")

#: Longer than any case waits.
_LONGEST = datetime.timedelta(days=3660)


class SendMessage(schema.Model):
    """A message for one case."""

    name: schema.Name = schema.about("Name of the message in the diagram.", "补正材料")
    key: schema.Name | None = schema.about(
        "Correlation key: the business key of the case, unless the diagram says otherwise.", "2026-17", default=None
    )
    payload: schema.Values = schema.about("Variables that come with it.", {"pages": 3}, default_factory=dict)
    message_id: schema.Name | None = schema.about(
        "The sender's own id: a second message of this name with the same id is refused (409).",
        "mail-4711",
        default=None,
    )
    ttl: datetime.timedelta | None = schema.about(
        "How long to keep it when nobody waits yet (ISO 8601); `PT0S` refuses it then (404). By default the setting.",
        "P30D",
        default=None,
        ge=datetime.timedelta(),
        le=_LONGEST,
    )


class Correlation(schema.Model):
    """What became of a message."""

    outcome: str = schema.about("`delivered` to a case, `started` one, or `buffered`.", "delivered")
    instance_id: schema.Id | None = schema.about("The case.", 17)
    expires_at: schema.Moment | None = schema.about("Until when it is kept.", None)


class WaitingMessage(schema.Model):
    """A message that nobody has taken yet."""

    id: schema.Id = schema.about("Its number.", 5)
    name: str = schema.about("Its name.", "补正材料")
    correlation_key: str | None = schema.about("Its correlation key.", "2026-17")
    payload: dict[str, object] = schema.about("Variables that come with it.", {"pages": 3})
    message_id: str | None = schema.about("The sender's id.", "mail-4711")
    received_at: schema.Moment = schema.about("When it came.", "2026-03-09T01:00:00Z")
    expires_at: schema.Moment = schema.about("Until when it is kept.", "2026-04-08T01:00:00Z")


class WaitingMessagePage(paging.Page[WaitingMessage]):
    """Messages that nobody has taken yet, oldest first."""


class Subscription(schema.Model):
    """Something that waits for a message or a signal: a case at an element, or a start event."""

    id: schema.Id = schema.about("Its number.", 31)
    kind: model.SubscriptionKind = schema.about("What it waits for.", "message")
    name: str = schema.about("Name of the message or signal.", "补正材料")
    element_id: str = schema.about("Where.", "Task_buzheng")
    correlation_key: str | None = schema.about("Which message it takes.", "2026-17")
    instance_id: schema.Id | None = schema.about("The case that waits.", 17)
    token: int | None = schema.about("Its token.", 9)
    definition_id: schema.Id | None = schema.about("The definition that it would start.", None)


class SubscriptionPage(paging.Page[Subscription]):
    """What waits, oldest first."""


class SendSignal(schema.Model):
    """A signal to everybody who waits for it."""

    name: schema.Name = schema.about("Name of the signal in the diagram.", "停止受理")
    payload: schema.Values = schema.about("Variables that come with it.", {"reason": "系统检修"}, default_factory=dict)


class Broadcast(schema.Model):
    """Whom a signal reached."""

    delivered: list[schema.Id] = schema.about("Cases that waited for it.", [17, 21])
    started: list[schema.Id] = schema.about("Cases that it started.", [])


class EvaluateConditions(schema.Model):
    """Data that conditional start events look at."""

    variables: schema.Values = schema.about("What the conditions are about; cases start with them.", {"overdue": 12})
    business_key: schema.Name | None = schema.about("Of the cases that start.", "2026-18", default=None)


class Started(schema.Model):
    """The cases that were started."""

    instance_ids: list[schema.Id] = schema.about("Their numbers.", [22])


@router.post("/messages", rule=access.ADMIN, scope="operate", problems=(404,), summary="发送消息")
def send_message(
    body: SendMessage,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    idempotency_key: schema.IdempotencyKey = None,
) -> Correlation:
    """Give a message to the case that waits for it, start a case with it, or keep it for its time to live."""
    done = messages.correlate(
        engine,
        body.name,
        actor,
        key=body.key,
        payload=body.payload,
        message_id=body.message_id,
        ttl=body.ttl,
        idempotency_key=idempotency_key,
    )
    return Correlation.model_validate(done)


@router.get("/messages", rule=access.MONITOR, scope="read", summary="列出无人接收的消息")
def list_waiting_messages(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    name: Annotated[schema.Name | None, fastapi.Query(description="Name of a message or signal.")] = None,
) -> WaitingMessagePage:
    """List the messages that nobody has taken yet, oldest first."""
    page = oversight.waiting_messages(engine, actor, name=name, limit=wanted.limit, after=wanted.after)
    return paging.answer(WaitingMessagePage, request, response, page.items, page.after)


@router.get("/subscriptions", rule=access.MONITOR, scope="read", summary="列出在等待的消息和信号")
def list_subscriptions(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    kind: model.SubscriptionKind | None = None,
    name: Annotated[schema.Name | None, fastapi.Query(description="Name of a message or signal.")] = None,
    instance_id: Annotated[schema.Positive | None, fastapi.Query(description="Of one case.")] = None,
) -> SubscriptionPage:
    """List what waits for messages and signals, oldest first."""
    page = oversight.subscriptions(
        engine, actor, kind=kind, name=name, instance_id=instance_id, limit=wanted.limit, after=wanted.after
    )
    return paging.answer(SubscriptionPage, request, response, page.items, page.after)


@router.post("/signals", rule=access.ADMIN, scope="operate", summary="发送信号")
def send_signal(
    body: SendSignal,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    idempotency_key: schema.IdempotencyKey = None,
) -> Broadcast:
    """Give a signal to everything that waits for it, and start what starts with it. It is not kept."""
    reached = signals.send(engine, body.name, actor, payload=body.payload, idempotency_key=idempotency_key)
    return Broadcast.model_validate(reached)


@router.post("/conditions", rule=access.ADMIN, scope="operate", summary="触发条件启动")
def evaluate_conditions(
    body: EvaluateConditions,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    idempotency_key: schema.IdempotencyKey = None,
) -> Started:
    """Start a case at every conditional start event whose condition holds for these variables."""
    started = conditions.evaluate(
        engine, body.variables, actor, business_key=body.business_key, idempotency_key=idempotency_key
    )
    return Started(instance_ids=list(started))
