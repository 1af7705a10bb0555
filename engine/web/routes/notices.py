"""What somebody was told (通知), and what they want to be told."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import TypeVar

import fastapi
from starlette import datastructures

from engine import errors
from engine.actions import mails, notices
from engine.model import events
from engine.store import paging
from engine.web import access, i18n, navigation, pages, typed

router = access.Router("/notices")

_Member = TypeVar("_Member", bound=enum.StrEnum)

_KIND = events.NoticeKind
#: What each kind is called.
KINDS: Mapping[events.NoticeKind, str] = {
    _KIND.ASSIGNED: "指派给我的任务",
    _KIND.OFFERED: "可签收的任务",
    _KIND.DELEGATED: "委派给我的任务",
    _KIND.RESOLVED: "我委派的任务已交回",
    _KIND.TRANSFERRED: "移交给我的任务",
    _KIND.RETURNED: "退回给我的任务",
    _KIND.WITHDRAWN: "转给我的任务被撤回",
    _KIND.COUNTERSIGN: "请我加签和加签意见",
    _KIND.URGED: "催办",
    _KIND.DUE_SOON: "即将到期",
    _KIND.OVERDUE: "已逾期",
    _KIND.DUE_MOVED: "任务期限调整",
    _KIND.COPIED: "抄送给我的事项",
    _KIND.MENTIONED: "意见中提到我",
    _KIND.CASE_ENDED: "我发起的事项已结束",
    _KIND.SUBSTITUTION: "代理开始",
    _KIND.SECURITY: "账号安全",
    _KIND.INCIDENT: "办理异常",
    _KIND.MAIL_FAILED: "邮件未送达",
    _KIND.WEBHOOK_DISABLED: "事件推送停用",
}
#: Groups of kinds to narrow the list to, with what they are called.
GROUPS: Mapping[str, tuple[str, frozenset[events.NoticeKind]]] = {
    "work": ("任务", frozenset({_KIND.WITHDRAWN, *(events.WORK - {_KIND.DUE_SOON, _KIND.OVERDUE, _KIND.DUE_MOVED})})),
    "due": ("到期提醒", frozenset({_KIND.DUE_SOON, _KIND.OVERDUE, _KIND.DUE_MOVED})),
    "know": ("抄送和提及", frozenset({_KIND.COPIED, _KIND.MENTIONED, _KIND.CASE_ENDED})),
    "account": ("账号和系统", frozenset({_KIND.SUBSTITUTION, _KIND.SECURITY, *events.FOR_ADMINS})),
}
_ICONS: Mapping[str, str] = {"work": "inbox", "due": "alarm", "know": "chat-left-text", "account": "shield-lock"}
#: Ways to be told by mail, with what they are called.
MAIL: Mapping[events.MailChoice, str] = {
    events.MailChoice.NEVER: "不发",
    events.MailChoice.NOW: "立即发送",
    events.MailChoice.DIGEST: "随摘要发送",
}
DIGESTS: Mapping[events.DigestRhythm, str] = {
    events.DigestRhythm.OFF: "不发",
    events.DigestRhythm.DAILY: "每个工作日 9:00",
    events.DigestRhythm.WEEKLY: "每周第一个工作日 9:00",
}
#: When to be reminded, with what it is called; the value is that of the form.
REMINDERS: Mapping[str, str] = {
    "": "不提醒",
    "0": "到期当日",
    **{str(days): "提前 {days} 个工作日" for days in range(1, events.MOST_REMIND_BEFORE + 1)},
}


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A notice in the list."""

    notice: events.Notice
    icon: str

    @property
    def fresh(self) -> bool:
        """Tell whether it is unread, and still to be read."""
        return self.notice.read_at is None and self.notice.settled_at is None


@dataclasses.dataclass(frozen=True, slots=True)
class InboxPage:
    """The inbox of somebody. `tab` is ``unread`` or ``all``; `group` narrows the list, where one is chosen."""

    rows: tuple[Row, ...]
    after: str | None
    tab: str
    group: str
    unread: int
    most: int
    newest: int
    here: str
    first: bool
    groups: Mapping[str, tuple[str, frozenset[events.NoticeKind]]] = dataclasses.field(default_factory=lambda: GROUPS)


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notices in the form. `fixed` when it always shows in the inbox."""

    kind: events.NoticeKind
    label: str
    choice: events.Choice
    fixed: bool


@dataclasses.dataclass(frozen=True, slots=True)
class PreferencesPage:
    """What somebody wants to be told; `mailing` tells whether there is a mail server, `address` where mail goes."""

    kinds: tuple[Kind, ...]
    remind_before: str
    remind_overdue: bool
    digest: events.DigestRhythm
    mailing: bool
    address: str | None
    error: str | None = None
    mail: Mapping[events.MailChoice, str] = dataclasses.field(default_factory=lambda: MAIL)
    digests: Mapping[events.DigestRhythm, str] = dataclasses.field(default_factory=lambda: DIGESTS)
    reminders: Mapping[str, str] = dataclasses.field(default_factory=lambda: REMINDERS)


@navigation.count_unread_by
def count_unread(request: fastapi.Request, visitor: access.Visitor) -> int:
    """Return what stands beside 通知 on every page."""
    return 0 if visitor.actor is None else notices.unread(access.engine_of(request), visitor.actor)


@router.get("", rule=access.SIGNED_IN)
def inbox(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    tab: str = "unread",
    group: str = "",
    after: str | None = None,
) -> fastapi.Response:
    """Show what somebody was told, newest first."""
    tab, group = tab if tab == "all" else "unread", group if group in GROUPS else ""
    kinds = GROUPS[group][1] if group else frozenset()
    found: paging.Page[events.Notice] = notices.inbox(
        engine, actor, unread_only=tab == "unread", kinds=kinds, limit=30, after=after
    )
    page = InboxPage(
        rows=tuple(Row(notice, _icon(notice.kind)) for notice in found.items),
        after=found.after,
        tab=tab,
        group=group,
        unread=notices.unread(engine, actor),
        most=notices.MOST_COUNTED,
        newest=max((notice.id for notice in found.items), default=0),
        here=f"/notices?tab={tab}" + (f"&group={group}" if group else ""),
        first=after is None,
    )
    return pages.show(request, "notices/inbox.html", page)


@router.get("/preferences", rule=access.SIGNED_IN)
def preferences(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show what somebody wants to be told."""
    return pages.show(request, "notices/preferences.html", _preferences(request, engine, actor))


@router.post("/preferences", rule=access.SIGNED_IN)
def save_preferences(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Keep what somebody wants to be told."""
    given = typed.texts(fields)
    try:
        before = given.get("remind_before", "")
        if before not in REMINDERS:
            raise errors.InvalidInput("请从列表中选择到期提醒的时间。")
        notices.save_settings(
            engine,
            actor,
            choices=_choices(given, notices.kinds(actor)),
            remind_before=int(before) if before else None,
            remind_overdue="remind_overdue" in given,
            digest=typed.choice(events.DigestRhythm, given, "digest", "摘要"),
        )
    except errors.InvalidInput as error:
        page = dataclasses.replace(_preferences(request, engine, actor, fields), error=error.message)
        return pages.show(request, "notices/preferences.html", page, status=422)
    return pages.redirect(request, "/notices/preferences", i18n.text(request, "已保存。"))


@router.post("/read-all", rule=access.SIGNED_IN)
def read_all(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Mark everything as read that was there when the page was shown."""
    newest = typed.texts(fields).get("newest", "")
    count = notices.mark_all_read(engine, actor, up_to=int(newest) if newest.isdecimal() and len(newest) < 19 else 0)
    return pages.redirect(request, "/notices", i18n.text(request, "已将 {count} 条通知标为已读。", count=count))


@router.get("/{notice_id}", rule=access.SIGNED_IN)
def show(
    request: fastapi.Request, notice_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Go to what a notice is about; it is read from now on."""
    return pages.redirect(request, pages.local(notices.show(engine, actor, notice_id).link))


@router.post("/{notice_id}/read", rule=access.SIGNED_IN)
def read(
    request: fastapi.Request,
    notice_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Mark a notice as read."""
    notices.show(engine, actor, notice_id)
    return pages.redirect(request, _back(fields))


@router.post("/{notice_id}/unread", rule=access.SIGNED_IN)
def unread(
    request: fastapi.Request,
    notice_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Have a notice count as unread again."""
    notices.mark_unread(engine, actor, notice_id)
    return pages.redirect(request, _back(fields))


def _back(fields: datastructures.FormData) -> str:
    return pages.local(typed.texts(fields).get("next"), "/notices")


def _icon(kind: events.NoticeKind) -> str:
    group = next((name for name, (_, kinds) in GROUPS.items() if kind in kinds), "work")
    return _ICONS[group]


def _choices(given: Mapping[str, str], kinds: tuple[events.NoticeKind, ...]) -> dict[events.NoticeKind, events.Choice]:
    return {
        kind: events.Choice(
            inbox=kind in events.ALWAYS or f"inbox-{kind.value}" in given,
            mail=typed.choice(events.MailChoice, given, f"mail-{kind.value}", KINDS[kind]),
        )
        for kind in kinds
    }


def _preferences(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    posted: datastructures.FormData | None = None,
) -> PreferencesPage:
    """Return the page, with what was posted where that was refused."""
    settings = notices.settings(engine, actor)
    user = access.visitor_of(request).user
    given = None if posted is None else typed.texts(posted)
    before = "" if settings.remind_before is None else str(settings.remind_before)
    return PreferencesPage(
        kinds=tuple(
            Kind(kind, KINDS[kind], _shown(kind, settings, given), kind in events.ALWAYS)
            for kind in notices.kinds(actor)
        ),
        remind_before=before if given is None else given.get("remind_before", ""),
        remind_overdue=settings.remind_overdue if given is None else "remind_overdue" in given,
        digest=settings.digest if given is None else _known(events.DigestRhythm, given.get("digest"), settings.digest),
        mailing=mails.enabled(engine),
        address=None if user is None else user.email,
    )


def _shown(kind: events.NoticeKind, settings: events.NoticeSettings, given: Mapping[str, str] | None) -> events.Choice:
    chosen = settings.choice(kind)
    if given is None:
        return chosen
    mail = _known(events.MailChoice, given.get(f"mail-{kind.value}"), chosen.mail)
    return events.Choice(kind in events.ALWAYS or f"inbox-{kind.value}" in given, mail)


def _known(members: type[_Member], value: str | None, otherwise: _Member) -> _Member:
    return next((member for member in members if member.value == value), otherwise)
