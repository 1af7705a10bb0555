"""Returning, withdrawing, countersigning, copying and urging: how people work together on a case."""

from __future__ import annotations

from typing import Annotated

import fastapi
import pydantic

from engine.actions import cooperation
from engine.model import cooperation as model
from engine.web import access, seen
from engine.web.api import items, paging, routing, schema, tasks

router = routing.Router("tasks")

People = Annotated[list[schema.Name], pydantic.Field(max_length=100)]


class ReturnTarget(schema.Model):
    """A task that lies behind an open one."""

    element_id: str = schema.about("The element of the diagram.", "Task_apply")
    name: str = schema.about("What was done.", "填报公开申请单")
    completed_by: str | None = schema.about("Id of who completed it last.", "zhangsan")
    at: schema.Moment | None = schema.about("When.", "2026-03-09T01:00:00Z")
    allowed: bool = schema.about("Whether the case may be sent back there.", True)
    why: str = schema.about("Why it may not.", "")


class ReturnTargetList(schema.Model):
    """The tasks that lie behind an open one, the nearest first."""

    items: list[ReturnTarget]


class ReturnTo(schema.Model):
    """Where a case is to be sent back to, and why."""

    element_id: schema.Name = schema.about("The earlier task: one of the return targets.", "Task_apply")
    reason: schema.Said = schema.about("Why, in at most 500 characters.", "数据与附件不一致")


class AskFor(schema.Model):
    """Whose opinion is wanted, and when."""

    kind: model.CountersignKind = schema.about(
        "`before`: then the task comes back; `parallel`: beside it; `after`: before the case goes on.", "before"
    )
    people: People = schema.about("Ids of who is asked.", ["liuyang"], min_length=1)
    question: schema.Text = schema.about("What they are asked.", "是否涉密？", default="", max_length=500)


class CountersignatureList(schema.Model):
    """Who was asked."""

    items: list[items.Countersignature]


class GiveOpinion(schema.Model):
    """An opinion that was asked for."""

    agrees: schema.Flag = schema.about("Whether the caller agrees.", True)
    opinion: schema.Text = schema.about("Who does not agree says why.", "不涉密，同意。", default="", max_length=4000)


class Note(schema.Model):
    """What goes with it."""

    text: schema.Text = schema.about("What is said.", "请于今日办结。", default="", max_length=500)


class Urge(schema.Model):
    """That somebody asked for a task to be done soon."""

    id: schema.Id = schema.about("Its number.", 2)
    instance_id: schema.Id = schema.about("The case.", 17)
    user_task_id: schema.Id = schema.about("The task.", 9)
    by: str = schema.about("Id of who urged.", "zhangsan")
    at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    text: str = schema.about("What was said.", "请于今日办结。")


class CopyTo(schema.Model):
    """Who is to know of a case."""

    people: People = schema.about("Ids of people.", ["liuyang"], default_factory=list)
    roles: People = schema.about("Ids of roles.", [], default_factory=list)
    text: schema.Text = schema.about("What goes with it.", "请知悉。", default="", max_length=500)
    task_id: schema.Id | None = schema.about("The task that it is about.", None, default=None)


class CopyList(schema.Model):
    """What was sent."""

    items: list[items.Copy]


class ReceivedCopy(schema.Model):
    """A case that the caller was sent to know of."""

    copy_: items.Copy = pydantic.Field(alias="copy")
    read_at: schema.Moment | None = schema.about("When the caller has read it.", None)
    business_key: str | None = schema.about("What people call the case.", "2026-17")
    title: str | None = schema.about("What it is about.", "办事指南")
    definition_key: str = schema.about("Id of its process.", "yushen")
    definition_name: str = schema.about("Name of its process.", "政府信息公开预审")


class ReceivedCopyPage(paging.Page[ReceivedCopy]):
    """What was sent to the caller, newest first."""


@router.get("/tasks/{task_id}/return-targets", rule=access.SIGNED_IN, scope="read", summary="可以退回的环节")
def list_return_targets(
    task_id: seen.Task, engine: access.CurrentEngine, actor: access.CurrentActor
) -> ReturnTargetList:
    """List the tasks that a case may be sent back to, and why it may not be sent to the others."""
    return ReturnTargetList.model_validate({"items": cooperation.return_targets(engine, task_id, actor)})


@router.post("/tasks/{task_id}/return", rule=access.SIGNED_IN, scope="work", summary="退回")
def return_task(
    task_id: seen.Task, body: ReturnTo, engine: access.CurrentEngine, actor: access.CurrentActor
) -> tasks.Task:
    """Send the case back to an earlier task, which is opened again; returns that task."""
    opened = cooperation.return_to(engine, task_id, body.element_id, body.reason, actor)
    return tasks.Task.model_validate(opened)


@router.post("/tasks/{task_id}/withdraw", rule=access.SIGNED_IN, scope="work", summary="撤回")
def withdraw_task(task_id: seen.Task, engine: access.CurrentEngine, actor: access.CurrentActor) -> tasks.Task:
    """Take a completion back while nobody has begun with what came of it; the task is open, filled in as it was."""
    return tasks.Task.model_validate(cooperation.withdraw(engine, task_id, actor))


@router.post("/tasks/{task_id}/urge", rule=access.SIGNED_IN, scope="work", status_code=201, summary="催办")
def urge_task(task_id: seen.Task, body: Note, engine: access.CurrentEngine, actor: access.CurrentActor) -> Urge:
    """Ask whoever a task waits for to do it soon."""
    return Urge.model_validate(cooperation.urge(engine, task_id, actor, text=body.text))


@router.post("/tasks/{task_id}/countersignatures", rule=access.SIGNED_IN, scope="work", status_code=201, summary="加签")
def ask_to_countersign(
    task_id: seen.Task, body: AskFor, engine: access.CurrentEngine, actor: access.CurrentActor
) -> CountersignatureList:
    """Ask others for their opinion on a task that the caller has."""
    asked = cooperation.countersign(engine, task_id, body.kind, body.people, actor, question=body.question)
    return CountersignatureList.model_validate({"items": asked})


@router.post(
    "/countersignatures/{countersignature_id}/answer", rule=access.SIGNED_IN, scope="work", summary="提出加签意见"
)
def answer_countersignature(
    countersignature_id: seen.Countersignature,
    body: GiveOpinion,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
) -> items.Countersignature:
    """Give the opinion that was asked for."""
    given = cooperation.answer(engine, countersignature_id, actor, agrees=body.agrees, opinion=body.opinion)
    return items.Countersignature.model_validate(given)


@router.post("/countersignatures/{countersignature_id}/remove", rule=access.SIGNED_IN, scope="work", summary="撤销加签")
def remove_countersignature(
    countersignature_id: seen.Countersignature, engine: access.CurrentEngine, actor: access.CurrentActor
) -> items.Countersignature:
    """Ask no longer for an opinion that has not been given."""
    removed = cooperation.remove_countersignature(engine, countersignature_id, actor)
    return items.Countersignature.model_validate(removed)


@router.post("/instances/{instance_id}/copies", rule=access.SIGNED_IN, scope="work", status_code=201, summary="抄送")
def copy_instance(
    instance_id: seen.Case, body: CopyTo, engine: access.CurrentEngine, actor: access.CurrentActor
) -> CopyList:
    """Send a case to people and roles to know of: from now on they may see it."""
    sent = cooperation.copy_to(
        engine,
        instance_id,
        actor,
        people=body.people,
        roles=body.roles,
        text=body.text,
        user_task_id=body.task_id,
    )
    return CopyList.model_validate({"items": sent})


@router.get("/copies", rule=access.SIGNED_IN, scope="read", summary="列出抄送给我的事项")
def list_copies(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    unread: Annotated[schema.QueryFlag, fastapi.Query(description="Without what was read.")] = False,
) -> ReceivedCopyPage:
    """List the cases that the caller was sent to know of, by name or by role, newest first."""
    page = cooperation.received(engine, actor, unread_only=unread, limit=wanted.limit, after=wanted.after)
    return paging.answer(ReceivedCopyPage, request, response, page.items, page.after)


@router.post(
    "/instances/{instance_id}/copies/read",
    rule=access.SIGNED_IN,
    scope="work",
    status_code=204,
    summary="抄送标为已读",
)
def read_copies(instance_id: seen.Case, engine: access.CurrentEngine, actor: access.CurrentActor) -> None:
    """Note that the caller has read what they were sent of a case."""
    cooperation.mark_copies_read(engine, instance_id, actor)
