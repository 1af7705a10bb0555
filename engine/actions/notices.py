"""What people are told (通知): their inbox, and what they have chosen to be told."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from engine import errors
from engine.actions import context, digests, transaction
from engine.model import commands, events
from engine.store import event_queries, paging
from engine.store.notices import MOST_COUNTED

__all__ = [
    "MOST_COUNTED",
    "inbox",
    "kinds",
    "mark_all_read",
    "mark_read",
    "mark_unread",
    "save_settings",
    "seen",
    "settings",
    "show",
    "unread",
]


def unread(engine: context.Engine, actor: commands.Actor) -> int:
    """Return how many notices the actor has not read, in one statement; `MOST_COUNTED` stands for that many or more."""
    with engine.store.read() as uow:
        return uow.notices.unread(actor.id)


def inbox(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    unread_only: bool = False,
    kinds: Collection[events.NoticeKind] = (),
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[events.Notice]:
    """Return what the actor was told, newest first; `kinds` leaves out all others."""
    with engine.store.read() as uow:
        return event_queries.inbox(uow, actor.id, unread_only=unread_only, kinds=kinds, limit=limit, after=after)


def show(engine: context.Engine, actor: commands.Actor, notice_id: int) -> events.Notice:
    """Return a notice of the actor's, which is read from now on.

    Raises:
        errors.NotFound: The actor has no such notice.
    """
    now = engine.clock.now()
    with engine.store.write() as uow:
        found = _own(uow.notices.get(notice_id), actor)
        uow.notices.read(notice_id, actor.id, now)
        return found if found.read_at is not None else dataclasses.replace(found, read_at=now)


def _own(notice: events.Notice, actor: commands.Actor) -> events.Notice:
    if notice.person != actor.id:
        raise errors.NotFound(f"没有编号为 {notice.id} 的通知。", notice=notice.id)
    return notice


def mark_read(engine: context.Engine, actor: commands.Actor, notice_ids: Collection[int]) -> None:
    """Note that the actor has read notices; those of others stay as they are."""
    now = engine.clock.now()
    with engine.store.write() as uow:
        for notice_id in sorted(notice_ids):
            uow.notices.read(notice_id, actor.id, now)


def seen(engine: context.Engine, actor: commands.Actor, link: str) -> None:
    """Note that the actor has opened the page that notices lead to, such as ``/tasks/17``: they need not be read."""
    with engine.store.read() as uow:
        if not uow.notices.any_unread_of(actor.id, link):
            return
    with engine.store.write() as uow:
        uow.notices.seen(actor.id, link, engine.clock.now())


def mark_unread(engine: context.Engine, actor: commands.Actor, notice_id: int) -> None:
    """Have a notice of the actor's count as unread again.

    Raises:
        errors.NotFound: The actor has no such notice.
    """
    with engine.store.write() as uow:
        _own(uow.notices.get(notice_id), actor)
        uow.notices.unread_again(notice_id, actor.id)


def mark_all_read(engine: context.Engine, actor: commands.Actor, *, up_to: int) -> int:
    """Note that the actor has read everything up to a notice: what came after the page was shown stays unread.

    Returns:
        How many they had not read before.
    """
    with engine.store.write() as uow:
        return uow.notices.read_all(actor.id, up_to, engine.clock.now())


def settings(engine: context.Engine, actor: commands.Actor) -> events.NoticeSettings:
    """Return what the actor has chosen to be told."""
    with engine.store.read() as uow:
        return uow.notice_settings.get(actor.id)


def kinds(actor: commands.Actor) -> tuple[events.NoticeKind, ...]:
    """Return the kinds of notices that the actor can get."""
    return tuple(kind for kind in events.NoticeKind if actor.is_operator or kind not in events.FOR_ADMINS)


def save_settings(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    choices: Mapping[events.NoticeKind, events.Choice],
    remind_before: int | None,
    remind_overdue: bool,
    digest: events.DigestRhythm,
) -> events.NoticeSettings:
    """Keep what the actor has chosen to be told; it holds for what happens from now on.

    Args:
        engine: The engine.
        actor: Whose choice it is.
        choices: Kinds that are not mentioned stay as they are.
        remind_before: Working days before the due day, 0 for that day, None for no reminder.
        remind_overdue: Whether to be reminded on every working day that a task is overdue.
        digest: How often to get a digest by mail.

    Raises:
        errors.InvalidInput: The reminder would be too early, notices are to go with a digest that is not wanted, or a
            kind cannot be turned off.
    """
    if remind_before is not None and not 0 <= remind_before <= events.MOST_REMIND_BEFORE:
        raise errors.InvalidInput(
            f"到期提醒应在到期前 0 至 {events.MOST_REMIND_BEFORE} 个工作日，现为 {remind_before}。"
        )
    hidden = [kind for kind in events.ALWAYS if kind in choices and not choices[kind].inbox]
    if hidden:
        raise errors.InvalidInput("账号安全的通知不能关闭。")
    with transaction.begin(engine, actor) as tx:
        before = tx.uow.notice_settings.get(actor.id)
        every = {**before.choices, **choices}
        own = {kind: choice for kind, choice in every.items() if choice != events.DEFAULT_CHOICES[kind]}
        late = [kind for kind, choice in own.items() if choice.mail is events.MailChoice.DIGEST]
        if late and digest is events.DigestRhythm.OFF:
            raise errors.InvalidInput("有通知选择随摘要发送，请同时选择摘要的发送周期。")
        due = before.digest_due if digest is before.digest else digests.next_due(digest, tx.now)
        after = events.NoticeSettings(
            person=actor.id,
            choices=own,
            remind_before=remind_before,
            remind_overdue=remind_overdue,
            digest=digest,
            digest_due=due,
        )
        tx.uow.notice_settings.save(after)
        tx.note(None, "change-notice-settings", f"user/{actor.id}", digest=digest.value)
        return after
