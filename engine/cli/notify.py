"""`notice …`, `mail …`, `webhook …`: what people and other programs are told."""

from __future__ import annotations

import click

from engine import errors
from engine.actions import mails, notices, webhooks
from engine.cli import output, session
from engine.jobs import smtp
from engine.model import events


@click.group(cls=session.Group)
def notice() -> None:
    """Notices (通知): what somebody was told; whose they are, `gongkai --as USER` says."""


@notice.command("list")
@click.option("--all", "every", is_flag=True, help="Those that were read, too.")
@session.limit_option
@session.json_option
@session.pass_session
def list_notices(current: session.Session, every: bool, limit: int, as_json: bool) -> None:
    """List notices, newest first."""
    page = notices.inbox(current.engine, current.actor, unread_only=not every, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [(n.id, n.created_at, n.title, n.text, n.outcome) for n in page.items]
    output.table(("通知", "时间", "标题", "内容", "结果"), rows, empty="没有未读通知。" if not every else "没有通知。")
    output.more(page.after)


@notice.command()
@click.argument("notice_ids", metavar="[NOTICE]...", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="Everything there is.")
@session.json_option
@session.pass_session
def read(current: session.Session, notice_ids: tuple[int, ...], every: bool, as_json: bool) -> None:
    """Mark notices as read."""
    if every == bool(notice_ids):
        raise click.UsageError("请指定通知的编号，或用 --all 全部标为已读")
    if every:
        newest = notices.inbox(current.engine, current.actor, limit=1).items
        count = notices.mark_all_read(current.engine, current.actor, up_to=newest[0].id) if newest else 0
    else:
        for each in notice_ids:
            notices.show(current.engine, current.actor, each)
        count = len(notice_ids)
    output.answer(as_json, {"read": count}, f"已将{count}条通知标为已读。")


@click.group(cls=session.Group)
def mail() -> None:
    """Mail: how it goes, and whether it is set up right."""


@mail.command("list")
@click.option("--status", type=click.Choice([s.value for s in events.MailStatus]), help="That stand so.")
@session.limit_option
@session.json_option
@session.pass_session
def list_mails(current: session.Session, status: str | None, limit: int, as_json: bool) -> None:
    """List mails, newest first."""
    chosen = None if status is None else events.MailStatus(status)
    found = mails.overview(current.engine, current.actor, status=chosen, limit=limit)
    if as_json:
        output.as_json(found.page.items)
        return
    rows = [
        (m.id, m.created_at, m.address, m.subject, m.status, m.attempts, m.poll_at, m.last_error)
        for m in found.page.items
    ]
    titles = ("邮件", "时间", "收件人", "主题", "状态", "次数", "再试", "最近的错误")
    output.table(titles, rows, empty="没有邮件。")
    output.more(found.page.after)


@mail.command()
@click.argument("address")
@session.json_option
@session.pass_session
def test(current: session.Session, address: str, as_json: bool) -> None:
    """Send a test mail to ADDRESS now, and tell what the server said."""
    posted = mails.post_test(current.engine, current.actor, address)
    smtp.send_due(current.engine)
    page = mails.overview(current.engine, current.actor, limit=1000).page
    sent = next(each for each in page.items if each.id == posted.id)
    if sent.status is not events.MailStatus.SENT:
        reason = sent.last_error or "另一工作进程正在发送，请稍后用 gongkai mail list 查看。"
        raise errors.GongkaiError(f"测试邮件没有发出：{reason}")
    output.answer(as_json, sent, f"邮件服务器已收下发往 {sent.address} 的测试邮件。")


@mail.command("retry")
@click.argument("mail_id", metavar="MAIL", type=int)
@session.json_option
@session.pass_session
def retry_mail(current: session.Session, mail_id: int, as_json: bool) -> None:
    """Send a mail again that has failed; a worker does it."""
    found = mails.retry(current.engine, current.actor, mail_id)
    output.answer(as_json, found, f"邮件 {found.id} 将重新发送。")


@click.group(cls=session.Group)
def webhook() -> None:
    """Webhooks: programs that are told of events by HTTP."""


@webhook.command()
@click.argument("url")
@click.argument("wanted", metavar="EVENT...", nargs=-1, required=True)
@session.json_option
@session.pass_session
def add(current: session.Session, url: str, wanted: tuple[str, ...], as_json: bool) -> None:
    """Post events to URL from now on: by name, `task.*`, or `*` for all. The secret is shown this once."""
    added = webhooks.add(current.engine, current.actor, url, wanted)
    if as_json:
        output.as_json({"webhook": added.webhook, "secret": added.secret})
        return
    click.echo(f"已添加事件推送 {added.webhook.id}。签名密钥（只显示这一次）：{added.secret}")


@webhook.command("list")
@session.json_option
@session.pass_session
def list_webhooks(current: session.Session, as_json: bool) -> None:
    """List webhooks."""
    found = webhooks.webhooks(current.engine, current.actor)
    if as_json:
        output.as_json(found)
        return
    rows = [(w.id, w.url, w.events, w.status, w.failures, w.last_error) for w in found]
    output.table(("推送", "地址", "事件", "状态", "连续失败", "最近的错误"), rows, empty="没有事件推送。")


@webhook.command()
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@click.option("--status", type=click.Choice([s.value for s in events.DeliveryStatus]), help="That stand so.")
@session.limit_option
@session.json_option
@session.pass_session
def deliveries(current: session.Session, webhook_id: int, status: str | None, limit: int, as_json: bool) -> None:
    """List the deliveries of a webhook, newest first."""
    chosen = None if status is None else events.DeliveryStatus(status)
    page = webhooks.deliveries(current.engine, current.actor, webhook_id, status=chosen, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [
        (d.id, d.created_at, d.event, d.status, d.attempts, d.response_status, d.due, d.last_error) for d in page.items
    ]
    titles = ("投递", "时间", "事件", "状态", "次数", "答复", "再试", "最近的错误")
    output.table(titles, rows, empty="没有投递。")
    output.more(page.after)


@webhook.command()
@click.argument("delivery_id", metavar="DELIVERY", type=int)
@session.json_option
@session.pass_session
def retry(current: session.Session, delivery_id: int, as_json: bool) -> None:
    """Deliver once more; a worker does it."""
    found = webhooks.retry(current.engine, current.actor, delivery_id)
    output.answer(as_json, found, f"投递 {found.id} 将重新进行。")


@webhook.command()
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@session.json_option
@session.pass_session
def pause(current: session.Session, webhook_id: int, as_json: bool) -> None:
    """Tell a program nothing for now; what happens meanwhile it is never told."""
    found = webhooks.pause(current.engine, current.actor, webhook_id)
    output.answer(as_json, found, f"事件推送 {found.id} 已暂停。")


@webhook.command()
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@session.json_option
@session.pass_session
def activate(current: session.Session, webhook_id: int, as_json: bool) -> None:
    """Tell a program of events again that was paused, or disabled because it failed too often."""
    found = webhooks.activate(current.engine, current.actor, webhook_id)
    output.answer(as_json, found, f"事件推送 {found.id} 已启用。")


@webhook.command()
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@session.json_option
@session.pass_session
def remove(current: session.Session, webhook_id: int, as_json: bool) -> None:
    """Remove a webhook, with its deliveries."""
    webhooks.remove(current.engine, current.actor, webhook_id)
    output.answer(as_json, {"removed": webhook_id}, f"已删除事件推送 {webhook_id}。")
