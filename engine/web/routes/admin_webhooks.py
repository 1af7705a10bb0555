"""Programs that are told of events."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import fastapi

from engine import errors
from engine.actions import webhook_events, webhooks
from engine.model import events
from engine.store import paging
from engine.web import access, i18n, pages, typed

router = access.Router("/admin/webhooks")

#: Whether a webhook is served, in words, with the colour of it.
STATUS: Mapping[events.WebhookStatus, tuple[str, str]] = {
    events.WebhookStatus.ACTIVE: ("启用", "done"),
    events.WebhookStatus.PAUSED: ("暂停", "wait"),
    events.WebhookStatus.DISABLED: ("已停用", "late"),
}
DELIVERIES: Mapping[events.DeliveryStatus, tuple[str, str]] = {
    events.DeliveryStatus.WAITING: ("等待投递", "wait"),
    events.DeliveryStatus.DELIVERED: ("已投递", "done"),
    events.DeliveryStatus.FAILED: ("未送达", "late"),
}

#: What each event is, in words; in English as the catalogue has it.
MEANINGS: Mapping[str, str] = {
    "task.created": "任务已到达",
    "task.claimed": "任务已签收",
    "task.released": "任务已退签，待他人签收",
    "task.delegated": "任务已委派他人先行办理",
    "task.resolved": "委派的任务已交回",
    "task.transferred": "任务已转办",
    "task.returned": "事项由此任务退回之前的环节",
    "task.withdrawn": "已办结的任务被撤回",
    "task.urged": "任务被催办",
    "task.due_moved": "工作日历调整，任务的期限改变",
    "task.countersign_asked": "就任务请他人加签",
    "task.completed": "任务已办结",
    "task.cancelled": "任务不再需要办理，事项转到其他环节",
    "instance.started": "事项已发起",
    "instance.suspended": "事项已暂停办理",
    "instance.activated": "事项已恢复办理",
    "instance.ended": "事项已结束，办结、取消或者异常终止",
    "incident.created": "出现异常，事项不能自动继续",
    "incident.resolved": "异常已处理",
    "comment.added": "事项中有新的意见",
    "deployment.created": "流程包已部署",
}
_ENGLISH = {each.name: each.meaning for each in webhook_events.CATALOGUE}


@dataclasses.dataclass(frozen=True, slots=True)
class WebhooksPage:
    """All webhooks; `added` is one that has just been added, whose secret is shown this once."""

    hooks: tuple[events.Webhook, ...]
    names: tuple[str, ...]
    #: What each event is, in the language of the reader.
    meanings: Mapping[str, str]
    private: bool
    added: webhooks.NewWebhook | None = None
    typed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    error: str | None = None
    status: Mapping[events.WebhookStatus, tuple[str, str]] = dataclasses.field(default_factory=lambda: STATUS)


@dataclasses.dataclass(frozen=True, slots=True)
class WebhookPage:
    """One webhook with its deliveries, newest first."""

    webhook: events.Webhook
    deliveries: paging.Page[events.Delivery]
    here: str
    first: bool
    status: Mapping[events.WebhookStatus, tuple[str, str]] = dataclasses.field(default_factory=lambda: STATUS)
    standing: Mapping[events.DeliveryStatus, tuple[str, str]] = dataclasses.field(default_factory=lambda: DELIVERIES)


@router.get("", rule=access.ADMIN)
def show(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show all webhooks."""
    return pages.show(request, "admin/webhooks.html", _page(request, engine, actor))


@router.post("", rule=access.ADMIN)
def add(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Add a webhook; its secret stands on the answer and nowhere else."""
    given = typed.texts(fields)
    chosen = tuple(str(each) for each in fields.getlist("events"))
    try:
        added = webhooks.add(engine, actor, given.get("url", ""), chosen)
    except errors.InvalidInput as error:
        page = dataclasses.replace(_page(request, engine, actor), typed=given, chosen=chosen, error=error.message)
        return pages.show(request, "admin/webhooks.html", page, status=422)
    return pages.show(request, "admin/webhooks.html", dataclasses.replace(_page(request, engine, actor), added=added))


@router.get("/{webhook_id}", rule=access.ADMIN)
def deliveries(
    request: fastapi.Request,
    webhook_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    after: str | None = None,
) -> fastapi.Response:
    """Show what a program was told."""
    page = WebhookPage(
        webhook=webhooks.webhook(engine, actor, webhook_id),
        deliveries=webhooks.deliveries(engine, actor, webhook_id, limit=30, after=after),
        here=f"/admin/webhooks/{webhook_id}",
        first=after is None,
    )
    return pages.show(request, "admin/webhook.html", page)


@router.post("/{webhook_id}/pause", rule=access.ADMIN)
def pause(
    request: fastapi.Request, webhook_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Tell a program nothing for now."""
    webhooks.pause(engine, actor, webhook_id)
    return pages.redirect(request, "/admin/webhooks", i18n.text(request, "事件推送已暂停。"))


@router.post("/{webhook_id}/activate", rule=access.ADMIN)
def activate(
    request: fastapi.Request, webhook_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Tell a program of events again."""
    webhooks.activate(engine, actor, webhook_id)
    return pages.redirect(request, "/admin/webhooks", i18n.text(request, "事件推送已启用。"))


@router.post("/{webhook_id}/remove", rule=access.ADMIN)
def remove(
    request: fastapi.Request, webhook_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Remove a webhook."""
    webhooks.remove(engine, actor, webhook_id)
    return pages.redirect(request, "/admin/webhooks", i18n.text(request, "事件推送已删除。"))


@router.post("/deliveries/{delivery_id}/retry", rule=access.ADMIN)
def retry(
    request: fastapi.Request, delivery_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Deliver once more."""
    found = webhooks.retry(engine, actor, delivery_id)
    return pages.redirect(request, f"/admin/webhooks/{found.webhook_id}", i18n.text(request, "将重新投递。"))


def _page(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> WebhooksPage:
    return WebhooksPage(
        hooks=tuple(webhooks.webhooks(engine, actor)),
        names=("*", *(each.name for each in webhook_events.CATALOGUE)),
        meanings=_ENGLISH if i18n.language_of(request) == i18n.ENGLISH else MEANINGS,
        private=engine.settings.webhook_private,
    )
