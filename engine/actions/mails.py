"""Mail: notices go together, digests when they are due; the queue from which a worker sends.

A mail that the server does not take is tried again, for about a day; one that it refuses for good, or that was tried
often enough, has failed, and administrators are told.
"""

from __future__ import annotations

import dataclasses
import datetime
import uuid

from engine import errors
from engine.actions import context, digests, directory, letters, policy, telling, transaction
from engine.model import commands, events, texts
from engine.store import event_queries, paging, unit_of_work
from engine.store import mails as stored

#: How long to wait before the next attempt, after the first one, the second …
BACKOFF = tuple(datetime.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
#: The attempt after which administrators are told that the server does not answer.
ALARM = 3
#: Seconds after which a sender that has said nothing counts as dead. Sending one mail takes much less.
LEASE_SECONDS = 300.0
#: Notices in one mail.
MOST_NOTICES = 200


def enabled(engine: context.Engine) -> bool:
    """Tell whether there is a mail server to send by."""
    return bool(engine.settings.smtp_host)


def post_due(engine: context.Engine, *, limit: int = 50) -> int:
    """Post the notices and the digests that are due to be mailed; return how many people were looked at."""
    now = engine.clock.now()
    with engine.store.read() as uow:
        if not uow.notices.any_full(now) and not uow.notice_settings.any_digest_due(now):
            return 0
    names = engine.directory.get(engine.store)
    with engine.store.write() as uow:
        people = uow.notices.full_mailboxes(now, limit)
        for person in people:
            _post_notices(engine, uow, names, person, now)
        due = uow.notice_settings.due_digests(now, limit)
        for settings in due:
            _post_digest(engine, uow, names, settings, now)
        return len(people) + len(due)


def _post_notices(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    names: directory.Directory,
    person: str,
    now: datetime.datetime,
) -> None:
    found = uow.notices.unmailed(person, events.MailChoice.NOW, MOST_NOTICES)
    user = uow.users.find(person)
    # What was read in the inbox meanwhile needs no mail.
    unread = [each for each in found if each.read_at is None]
    if unread and user is not None and user.active and user.email and enabled(engine):
        subject, content = letters.of_notices(user.name, unread)
        event = f"notices/{person}/{found[-1].id}"
        _post(engine, uow, event, events.MailKind.NOTICES, user.id, user.email, subject, content, now)
    if found:
        uow.notices.mailed(person, events.MailChoice.NOW, found[-1].id)
    more = len(found) == MOST_NOTICES
    uow.notices.emptied(person, now if unread else None, now + telling.BETWEEN_MAILS if more else None)


def _post_digest(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    names: directory.Directory,
    settings: events.NoticeSettings,
    now: datetime.datetime,
) -> None:
    uow.notice_settings.save(dataclasses.replace(settings, digest_due=digests.next_due(settings.digest, now)))
    user = uow.users.find(settings.person)
    if user is None or not user.active:
        return
    found = uow.notices.unmailed(user.id, events.MailChoice.DIGEST, MOST_NOTICES)
    written = digests.write(uow, user, found, now)
    if written is not None and user.email and enabled(engine):
        subject, content = written
        event = f"digest/{user.id}/{directory.today(now)}"
        _post(engine, uow, event, events.MailKind.DIGEST, user.id, user.email, subject, content, now)
    if found:
        uow.notices.mailed(user.id, events.MailChoice.DIGEST, found[-1].id)


def _post(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    event: str,
    kind: events.MailKind,
    person: str | None,
    address: str,
    subject: str,
    content: dict[str, object],
    now: datetime.datetime,
) -> None:
    domain = engine.settings.smtp_sender.rpartition("@")[2].rstrip("> ") or "localhost"
    uow.mails.add(
        event,
        kind,
        person=person,
        address=address,
        subject=subject,
        content=content,
        message_id=f"<{uuid.uuid4()}@{domain}>",
        at=now,
    )


# --- the queue --------------------------------------------------------------------------------------------------------


def lease(engine: context.Engine, *, limit: int = 20) -> list[events.Mail]:
    """Take mails for one attempt each."""
    now = engine.clock.now()
    with engine.store.read() as uow:
        if not uow.mails.any_due(now):
            return []
    with engine.store.write() as uow:
        return uow.mails.lease(now, limit, LEASE_SECONDS)


def sent(engine: context.Engine, mail: events.Mail) -> None:
    """Note that the server has taken a mail."""
    with engine.store.write() as uow:
        uow.mails.sent(mail, engine.clock.now())


def refused(engine: context.Engine, mail: events.Mail, reason: str) -> None:
    """Note that the server refuses a mail for good: its address does not exist, for instance."""
    names = engine.directory.get(engine.store)
    with engine.store.write() as uow:
        _give_up(engine, uow, names, mail, texts.storable(reason))


def failed(engine: context.Engine, mail: events.Mail, reason: str) -> None:
    """Note that a mail could not be sent now: it is tried again later, or has failed."""
    names, now, reason = engine.directory.get(engine.store), engine.clock.now(), texts.storable(reason)
    with engine.store.write() as uow:
        if mail.attempts > len(BACKOFF):
            _give_up(engine, uow, names, mail, reason)
            return
        if uow.mails.retry(mail, now + BACKOFF[mail.attempts - 1], reason) and mail.attempts == ALARM:
            told = telling.Telling(engine, uow, names, now)
            told.tell(
                told.admins(),
                events.NoticeKind.MAIL_FAILED,
                f"mail-server/{directory.today(now)}",
                "邮件发送不出去，正在重试",
                text=reason,
                link="/admin/mail",
            )
            told.write()


def _give_up(
    engine: context.Engine, uow: unit_of_work.UnitOfWork, names: directory.Directory, mail: events.Mail, reason: str
) -> None:
    if not uow.mails.fail(mail, reason):
        return
    told = telling.Telling(engine, uow, names, engine.clock.now())
    told.tell(
        told.admins(),
        events.NoticeKind.MAIL_FAILED,
        f"mail/{mail.address}/{directory.today(told.now)}",
        f"发往 {mail.address} 的邮件未能送达",
        text=f"《{mail.subject}》：{reason}",
        link="/admin/mail",
    )
    told.write()


# --- for administrators -----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    """How mail is set up and how it goes. `security` is how the connection is protected."""

    enabled: bool
    server: str
    security: str
    sender: str
    traffic: stored.Traffic
    page: paging.Page[events.Mail]


def overview(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    status: events.MailStatus | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Overview:
    """Return the settings of mail, without the password, and the mails, newest first.

    Raises:
        errors.Forbidden: The actor is no operator.
    """
    policy.operate(actor, "查看邮件")
    settings = engine.settings
    host, port = settings.smtp_address
    with engine.store.read() as uow:
        return Overview(
            enabled=enabled(engine),
            server=f"{host}:{port}" if host else "",
            security=settings.smtp_security,
            sender=settings.smtp_sender,
            traffic=uow.mails.traffic(),
            page=event_queries.mails(uow, status=status, limit=limit, after=after),
        )


def post_test(engine: context.Engine, actor: commands.Actor, address: str) -> events.Mail:
    """Post a test mail; a worker sends it.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.InvalidInput: The address is none.
        errors.Conflict: There is no mail server.
    """
    policy.operate(actor, "发送测试邮件")
    with transaction.begin(engine, actor) as tx:
        if not enabled(engine):
            raise errors.Conflict("没有设置邮件服务器，请先设置 GONGKAI_SMTP_HOST 和 GONGKAI_SMTP_SENDER。")
        address = address.strip()
        name, at, host = address.rpartition("@")
        if not (name and at and host and address.isprintable() and len(address) <= 254) or " " in address:
            raise errors.InvalidInput(f"邮箱应写作 名称@域名，现为“{address}”。")
        event = f"test/{uuid.uuid4()}"
        said = letters.content(
            address,
            [letters.section("", [letters.item("这是一封测试邮件", "收到本邮件，说明邮件设置正确。", "/tasks")])],
        )
        _post(engine, tx.uow, event, events.MailKind.TEST, None, address, "测试邮件", said, tx.now)
        tx.note(None, "send-test-mail", f"mail/{address}")
        return tx.uow.mails.of_event(event)


def retry(engine: context.Engine, actor: commands.Actor, mail_id: int) -> events.Mail:
    """Try a mail again that has failed.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such mail.
        errors.Conflict: It has not failed.
    """
    policy.operate(actor, "重发邮件")
    with transaction.begin(engine, actor) as tx:
        mail = tx.uow.mails.get(mail_id)
        if not tx.uow.mails.again(mail_id, tx.now):
            raise errors.Conflict(f"邮件 {mail_id} 没有失败，无需重发。")
        tx.note(None, "retry-mail", f"mail/{mail.address}", id=mail_id)
        return tx.uow.mails.get(mail_id)
