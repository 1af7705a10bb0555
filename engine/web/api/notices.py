"""`/notices`: what somebody is told, and what they have chosen to be told."""

from __future__ import annotations

from typing import Annotated

import fastapi
import pydantic

from engine.actions import notices
from engine.model import events as model
from engine.web import access
from engine.web.api import paging, routing, schema

router = routing.Router("notices")


class Notice(schema.Model):
    """One thing that somebody is told, once. It is settled when the work it asks for is done."""

    id: schema.Id = schema.about("Its number.", 88)
    kind: model.NoticeKind = schema.about("Why they are told.", "task-assigned")
    instance_id: schema.Id | None = schema.about("The case.", 17)
    user_task_id: schema.Id | None = schema.about("The task that it asks for.", 9)
    actor: str | None = schema.about("Id of who caused it.", "zhangsan")
    title: str = schema.about("What it says.", "您有新任务：综合处预审")
    text: str = schema.about("More of it.", "办事指南（2026-17）")
    link: str = schema.about("The page it leads to.", "/tasks/9")
    created_at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    read_at: schema.Moment | None = schema.about("When it was read.", None)
    settled_at: schema.Moment | None = schema.about("When it asked for nothing any more.", None)
    outcome: str | None = schema.about("What became of it.", None)


class NoticePage(paging.Page[Notice]):
    """Notices, newest first."""


class Unread(schema.Model):
    """How many notices are unread."""

    count: int = schema.about(f"{notices.MOST_COUNTED} stands for that many or more.", 3)


class ReadUpTo(schema.Model):
    """Up to where the caller has read."""

    up_to: schema.Id = schema.about("The newest notice that was seen; what came later stays unread.", 88)


class Choice(schema.Model):
    """Where notices of one kind go."""

    inbox: schema.Flag = schema.about("Into the inbox.", True)
    mail: model.MailChoice = schema.about("By mail.", "digest")


class NoticeSettings(schema.Model):
    """What somebody has chosen to be told."""

    choices: dict[model.NoticeKind, Choice] = schema.about(
        "By kind; when written, kinds that are not mentioned stay as they are.",
        {"task-offered": {"inbox": True, "mail": "digest"}},
    )
    remind_before: Annotated[schema.Whole, pydantic.Field(ge=0, le=model.MOST_REMIND_BEFORE)] | None = schema.about(
        "Working days before the due day, 0 for that day; null for no reminder.", 1
    )
    remind_overdue: schema.Flag = schema.about("Whether to be reminded on every working day of delay.", True)
    digest: model.DigestRhythm = schema.about("How often a digest comes by mail.", "daily")


@router.get("/notices", rule=access.SIGNED_IN, scope="read", summary="列出我的通知")
def list_notices(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    unread: Annotated[schema.QueryFlag, fastapi.Query(description="Without what was read.")] = False,
    kind: model.NoticeKind | None = None,
) -> NoticePage:
    """List what the caller was told, newest first; `unread=true` leaves out what they have read."""
    kinds = () if kind is None else (kind,)
    page = notices.inbox(engine, actor, unread_only=unread, kinds=kinds, limit=wanted.limit, after=wanted.after)
    return paging.answer(NoticePage, request, response, page.items, page.after)


@router.get("/notices/unread", rule=access.SIGNED_IN, scope="read", summary="未读通知数")
def count_unread_notices(engine: access.CurrentEngine, actor: access.CurrentActor) -> Unread:
    """Count the notices that the caller has not read."""
    return Unread(count=notices.unread(engine, actor))


@router.get("/notices/settings", rule=access.SIGNED_IN, scope="read", summary="查看通知设置")
def show_notice_settings(engine: access.CurrentEngine, actor: access.CurrentActor) -> NoticeSettings:
    """Show where each kind of notice goes, and when reminders come."""
    return _settings(notices.settings(engine, actor), notices.kinds(actor))


@router.put("/notices/settings", rule=access.SIGNED_IN, scope="work", summary="修改通知设置")
def change_notice_settings(
    body: NoticeSettings, engine: access.CurrentEngine, actor: access.CurrentActor
) -> NoticeSettings:
    """Keep what the caller wants to be told; it holds for what happens from now on."""
    saved = notices.save_settings(
        engine,
        actor,
        choices={kind: model.Choice(choice.inbox, choice.mail) for kind, choice in body.choices.items()},
        remind_before=body.remind_before,
        remind_overdue=body.remind_overdue,
        digest=body.digest,
    )
    return _settings(saved, notices.kinds(actor))


@router.post("/notices/read", rule=access.SIGNED_IN, scope="work", status_code=204, summary="全部标为已读")
def read_all_notices(body: ReadUpTo, engine: access.CurrentEngine, actor: access.CurrentActor) -> None:
    """Note that the caller has read everything up to a notice."""
    notices.mark_all_read(engine, actor, up_to=body.up_to)


@router.post("/notices/{notice_id}/read", rule=access.SIGNED_IN, scope="work", summary="标为已读")
def read_notice(notice_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Notice:
    """Return a notice of the caller's, which is read from now on."""
    return Notice.model_validate(notices.show(engine, actor, notice_id))


def _settings(found: model.NoticeSettings, kinds: tuple[model.NoticeKind, ...]) -> NoticeSettings:
    return NoticeSettings(
        choices={kind: Choice.model_validate(found.choice(kind)) for kind in kinds},
        remind_before=found.remind_before,
        remind_overdue=found.remind_overdue,
        digest=found.digest,
    )
