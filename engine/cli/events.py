"""`message send`, `signal send`, `timer list|fire`, `subscription list`: what cases wait for."""

from __future__ import annotations

import datetime
from typing import Any

import click

from engine import errors
from engine.actions import messages, signals, timers
from engine.bpmn import timers as iso
from engine.cli import output, session
from engine.model import instances
from engine.store import queries


@click.group(cls=session.Group)
def message() -> None:
    """Messages to cases."""


@message.command("send")
@click.argument("name")
@click.option("--key", help="Correlation key: the business key of the case, unless the diagram says otherwise.")
@click.option("--payload", multiple=True, metavar="NAME=VALUE", help="A variable that comes with it.")
@click.option("--payload-file", type=click.File(encoding="utf-8"), help="The payload as a JSON object.")
@click.option("--id", "message_id", help="The sender's id: a second one is refused.")
@click.option("--ttl", help="How long to keep it when nobody waits, as ISO 8601 (PT1H); PT0S refuses it then.")
@session.json_option
@session.pass_session
def send_message(
    current: session.Session,
    name: str,
    key: str | None,
    payload: tuple[str, ...],
    payload_file: Any,
    message_id: str | None,
    ttl: str | None,
    as_json: bool,
) -> None:
    """Send the message NAME to the case that waits for it, or start a case with it."""
    now = current.engine.clock.now()
    kept = None if ttl is None else _span(now, ttl)
    values = session.pairs(payload, payload_file)
    done = messages.correlate(
        current.engine, name, current.actor, key=key, payload=values, message_id=message_id, ttl=kept
    )
    if as_json:
        output.as_json(done)
        return
    click.echo(
        {
            "delivered": f"消息“{name}”已送达事项 {done.instance_id}。",
            "started": f"消息“{name}”启动了事项 {done.instance_id}。",
        }.get(done.outcome, f"暂无事项等待消息“{name}”，已保存，有事项等待时送达。")
    )


def _span(now: datetime.datetime, text: str) -> datetime.timedelta:
    try:
        return iso.after(now, text) - now
    except errors.GongkaiError as error:
        raise click.BadParameter(error.message, param_hint="--ttl") from None


@click.group(cls=session.Group)
def signal() -> None:
    """Signals to everybody."""


@signal.command("send")
@click.argument("name")
@click.option("--payload", multiple=True, metavar="NAME=VALUE", help="A variable that comes with it.")
@session.json_option
@session.pass_session
def send_signal(current: session.Session, name: str, payload: tuple[str, ...], as_json: bool) -> None:
    """Broadcast the signal NAME."""
    done = signals.send(current.engine, name, current.actor, payload=session.pairs(payload))
    if as_json:
        output.as_json(done)
        return
    click.echo(f"信号“{name}”已送达{len(done.delivered)}件事项，启动{len(done.started)}件。")


@click.group(cls=session.Group)
def timer() -> None:
    """Timers."""


@timer.command("list")
@click.option("--instance", "instance_id", type=int, help="Of one instance.")
@session.limit_option
@session.json_option
@session.pass_session
def list_timers(current: session.Session, instance_id: int | None, limit: int, as_json: bool) -> None:
    """List timers by due time."""
    with current.engine.store.read() as uow:
        page = queries.timers(uow, instance_id=instance_id, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [(t.id, t.due, t.instance_id, t.element_id, "启动事件" if t.definition_id else "") for t in page.items]
    output.table(("定时", "到期", "事项", "元素", "说明"), rows, empty="没有定时。")
    output.more(page.after)


@timer.command()
@session.json_option
@session.pass_session
def fire(current: session.Session, as_json: bool) -> None:
    """Fire the timers that are due now (a running worker does this by itself)."""
    fired = timers.fire_due(current.engine)
    if as_json:
        output.as_json({"fired": fired})
        return
    click.echo(f"已触发{fired}个到期的定时。")


@click.group(cls=session.Group)
def subscription() -> None:
    """What cases wait for from outside."""


@subscription.command("list")
@click.option("--kind", type=click.Choice([k.value for k in instances.SubscriptionKind]), help="Of one kind.")
@session.limit_option
@session.json_option
@session.pass_session
def list_subscriptions(current: session.Session, kind: str | None, limit: int, as_json: bool) -> None:
    """List what waits for messages and signals."""
    chosen = None if kind is None else instances.SubscriptionKind(kind)
    with current.engine.store.read() as uow:
        page = queries.subscriptions(uow, kind=chosen, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [(s.id, s.kind, s.name, s.correlation_key, s.instance_id or "启动", s.element_id) for s in page.items]
    output.table(("序号", "类型", "名称", "关联键", "事项", "元素"), rows, empty="没有等待的消息或信号。")
    output.more(page.after)
