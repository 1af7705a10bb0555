"""`/instances`: process instances, the cases of the office."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi
import pydantic

from engine.actions import case_view, instances, linking, migrating, oversight, user_tasks, worklists
from engine.model import instances as model
from engine.model import views_lists
from engine.web import access, seen
from engine.web.api import conditional, items, paging, routing, schema

router = routing.Router("instances")


class StartInstance(schema.Model):
    """A case to be started at the start event without a trigger."""

    key: schema.Name = schema.about("Id of the process.", "yushen")
    version: Annotated[schema.Whole, pydantic.Field(ge=1, le=seen.MAX)] | None = schema.about(
        "A version other than the newest.", None, default=None
    )
    version_tag: schema.Name | None = schema.about("A version other than the newest, by tag.", None, default=None)
    business_key: schema.Name | None = schema.about("What people call the case.", "2026-17", default=None)
    form: schema.Values | None = schema.about(
        "The filled-in start form; left out where there is none.", {"title": "办事指南"}, default=None
    )
    variables: schema.Values | None = schema.about("Further variables; from operators only.", None, default=None)
    follows: schema.Id | None = schema.about(
        "The case that this one is started from: the two are linked.", None, default=None
    )


class StartByMessage(schema.Model):
    """A case to be started at the start event for a message, by somebody who works here."""

    message: schema.Name = schema.about("Name of the message.", "收到申请")
    business_key: schema.Name | None = schema.about("What people call the case.", "2026-17", default=None)
    form: schema.Values | None = schema.about("The filled-in start form.", {"title": "办事指南"}, default=None)
    variables: schema.Values | None = schema.about("Further variables; from operators only.", None, default=None)
    follows: schema.Id | None = schema.about(
        "The case that this one is started from: the two are linked.", None, default=None
    )


class Migrate(schema.Model):
    """To which version of its process a case goes; by default the newest."""

    version: Annotated[schema.Whole, pydantic.Field(ge=1, le=seen.MAX)] | None = schema.about(
        "The version, by number.", 2, default=None
    )
    version_tag: schema.Name | None = schema.about("The version, by tag.", None, default=None)
    mapping: dict[schema.Name, schema.Name] = schema.about(
        "New ids of elements (or sequence flows) by old ones; what is not named keeps its id.",
        {"draft": "prepare"},
        default={},
    )
    reckon: schema.Flag = schema.about(
        "Whether open timers and due times are counted anew, from when each wait began.", False, default=False
    )


class MigrationFinding(schema.Model):
    """Something that keeps a case from being migrated."""

    element_id: str = schema.about("The element.", "review")
    name: str = schema.about("What it is called.", "审核")
    expected: str = schema.about("What would have to be.", "仍为用户任务")
    found: str = schema.about("What is.", "对应的“审核”（review）为服务任务")


class MigrationChange(schema.Model):
    """Something that migrating changes about what a case waits for."""

    element_id: str = schema.about("The element; empty where it is about the case.", "review")
    text: str = schema.about("What changes.", "任务“审核”的候选人改为领导小组")


class Migration(schema.Model):
    """What migrating a case would do, or did."""

    instance_id: schema.Id = schema.about("The case.", 17)
    key: str = schema.about("Id of its process.", "yushen")
    name: str = schema.about("Name of its process.", "预审")
    from_version: int = schema.about("The version that it runs on, or ran on.", 1)
    to_version: int = schema.about("The version that it is to run on, or runs on now.", 2)
    mapping: dict[str, str] = schema.about("As it was given.", {"draft": "prepare"})
    reckoned: bool = schema.about("Whether timers and due times are counted anew.", False)
    possible: bool = schema.about("Whether nothing keeps it from happening.", True)
    findings: tuple[MigrationFinding, ...] = schema.about("Everything that does.", [])
    changes: tuple[MigrationChange, ...] = schema.about("What it changes.", [])


class Instance(schema.Model):
    """A case as it is stored."""

    id: schema.Id = schema.about("Its number.", 17)
    definition_id: schema.Id = schema.about("The version of the process that it runs on.", 12)
    business_key: str | None = schema.about("What people call it.", "2026-17")
    title: str | None = schema.about("What it is about.", "办事指南")
    status: model.InstanceStatus = schema.about("Where it stands.", "active")
    started_at: schema.Moment = schema.about("When it was started.", "2026-03-09T01:00:00Z")
    started_by: str = schema.about("By whom.", "zhangsan")
    ended_at: schema.Moment | None = schema.about("When it ended.", None)
    end_reason: str | None = schema.about("Why it ended before its time.", None)
    parent_id: schema.Id | None = schema.about("The case that called it.", None)
    root_id: schema.Id | None = schema.about("The case that all began with.", None)


class InstancePage(paging.Page[items.CaseItem]):
    """Cases, newest first."""


class Reason(schema.Model):
    """Why something is done."""

    reason: schema.Said = schema.about("For the audit trail.", "申请人撤回申请")


class Variables(schema.Model):
    """Process variables."""

    variables: schema.Values = schema.about("By name.", {"title": "办事指南", "pages": 3})


class NewComment(schema.Model):
    """A comment."""

    text: schema.Said = schema.about("Up to 4,000 characters; `@name` tells somebody of it.", "请核对附件二。")
    task_id: schema.Id | None = schema.about("The task it is about.", None, default=None)


class CommentList(schema.Model):
    """Comments, oldest first."""

    items: list[items.Comment]


class InstanceDetails(schema.Model):
    """A case with what it waits for and whom it concerns."""

    header: items.CaseHeader
    tasks: list[items.OpenTask]
    parent: items.CaseLink | None
    children: list[items.CaseLink]
    links: list[items.CaseLink]
    incidents: list[items.Incident]
    countersignatures: list[items.Countersignature]
    copies: list[items.Copy]
    may_comment: bool = schema.about("Whether the caller may write a comment.", True)
    next_task_id: schema.Id | None = schema.about("The task that the caller would go on with.", 9)


class NewLink(schema.Model):
    """Another case that belongs to the same matter."""

    other_id: schema.Id = schema.about("Its number.", 18)


class LinkList(schema.Model):
    """The cases that a case is linked with, as far as the caller may see them."""

    items: list[items.CaseLink]


class ValueList(schema.Model):
    """What was filled in, as far as the caller may read it."""

    groups: list[items.ValueGroup]
    files: list[items.AttachedFile]


class OpinionList(schema.Model):
    """What people submitted, oldest first."""

    items: list[items.Opinion]


class Timeline(schema.Model):
    """What happened, in words, newest first."""

    items: list[items.Event]


class Diagram(schema.Model):
    """Where a case stands and has been on its diagram (`/definitions/{definition_id}/xml`)."""

    state: items.DiagramState
    steps: list[items.Step]


class HistoryEntry(schema.Model):
    """One visit of a token to an element."""

    token: int = schema.about("The token.", 4)
    element_id: str = schema.about("The element.", "Task_review")
    element_type: str = schema.about("What it is.", "userTask")
    name: str = schema.about("Its name.", "综合处预审")
    entered_at: schema.Moment = schema.about("When it was entered.", "2026-03-09T01:00:00Z")
    left_at: schema.Moment | None = schema.about("When it was left.", None)
    outcome: str | None = schema.about("How it was left.", None)


class HistoryPage(paging.Page[HistoryEntry]):
    """Visits, in the order in which they began."""


@router.get("/instances", rule=access.SIGNED_IN, scope="read", summary="列出事项")
def list_instances(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    scope: Annotated[worklists.Scope, fastapi.Query(description="`all` is for monitors.")] = worklists.Scope.MINE,
    procedure: Annotated[schema.Name | None, fastapi.Query(description="Id of a process.")] = None,
    state: views_lists.State | None = None,
    due: views_lists.Due | None = None,
    starter: Annotated[schema.Name | None, fastapi.Query(description="Id of who started them.")] = None,
    text: Annotated[
        schema.Words | None, fastapi.Query(description="Words in titles, keys and what was filled in.")
    ] = None,
) -> InstancePage:
    """List the cases that the caller started or took part in, or all, newest first.

    `procedure` is the id of a process, `starter` of a person; `text` is looked for in titles, keys and what was filled
    in.
    """
    chosen = views_lists.CaseFilter(procedure, state, due, starter, text)
    page = worklists.cases(engine, actor, scope, chosen, limit=wanted.limit, after=wanted.after)
    return paging.answer(InstancePage, request, response, page.items, page.after)


@router.post("/instances", rule=access.SIGNED_IN, scope="start", status_code=201, problems=(404,), summary="发起事项")
def start_instance(
    body: StartInstance,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    idempotency_key: schema.IdempotencyKey = None,
) -> Instance:
    """Start a case by the id of its process."""
    started = instances.start(
        engine,
        body.key,
        actor,
        form=body.form,
        variables=body.variables,
        business_key=body.business_key,
        version=body.version,
        version_tag=body.version_tag,
        idempotency_key=idempotency_key,
        follows=body.follows,
    )
    return _started(response, started)


@router.post(
    "/start-by-message",
    rule=access.SIGNED_IN,
    scope="start",
    status_code=201,
    problems=(404,),
    summary="以消息发起事项",
)
def start_instance_by_message(
    body: StartByMessage,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    idempotency_key: schema.IdempotencyKey = None,
) -> Instance:
    """Start a case at the start event for a message. Who is outside sends the message itself (`POST /messages`)."""
    started = instances.start_by_message(
        engine,
        body.message,
        actor,
        form=body.form,
        variables=body.variables,
        business_key=body.business_key,
        idempotency_key=idempotency_key,
        follows=body.follows,
    )
    return _started(response, started)


@router.get("/instances/{instance_id}", rule=access.SIGNED_IN, scope="read", summary="查看事项")
def show_instance(
    instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor
) -> InstanceDetails:
    """Show a case: where it stands, what it waits for, what belongs to it."""
    return InstanceDetails.model_validate(case_view.view(engine, instance_id, actor))


@router.post("/instances/{instance_id}/links", rule=access.SIGNED_IN, scope="work", status_code=201, summary="关联事项")
def link_instance(
    instance_id: seen.Case, body: NewLink, engine: access.CurrentEngine, actor: access.CurrentActor
) -> LinkList:
    """Link a case with another one of the same matter. A link does not change who may see them."""
    linking.link(engine, instance_id, body.other_id, actor)
    return LinkList.model_validate({"items": case_view.view(engine, instance_id, actor).links})


@router.delete(
    "/instances/{instance_id}/links/{other_id}",
    rule=access.SIGNED_IN,
    scope="work",
    status_code=204,
    summary="取消关联",
)
def unlink_instance(
    instance_id: seen.Case, other_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor
) -> None:
    """Take the link of two cases back; the audit trails of both keep it."""
    linking.unlink(engine, instance_id, other_id, actor)


@router.get("/instances/{instance_id}/values", rule=access.SIGNED_IN, scope="read", summary="查看填报内容")
def list_values(instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> ValueList:
    """Show what was filled in under the labels of the forms, without what the forms hide from the caller."""
    seen = case_view.view(engine, instance_id, actor)
    return ValueList.model_validate({"groups": seen.values, "files": seen.files})


@router.get("/instances/{instance_id}/opinions", rule=access.SIGNED_IN, scope="read", summary="查看各环节意见")
def list_opinions(instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> OpinionList:
    """List what people submitted, each time they did."""
    return OpinionList.model_validate({"items": case_view.view(engine, instance_id, actor).opinions})


@router.get("/instances/{instance_id}/timeline", rule=access.SIGNED_IN, scope="read", summary="查看办理经过")
def show_timeline(instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Timeline:
    """Tell everything that happened, in words."""
    return Timeline.model_validate({"items": case_view.view(engine, instance_id, actor).timeline})


@router.get("/instances/{instance_id}/diagram", rule=access.SIGNED_IN, scope="read", summary="查看流程图上的位置")
def show_diagram_marks(instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Diagram:
    """Show what to draw on the diagram, and the table that says the same."""
    seen = case_view.view(engine, instance_id, actor)
    return Diagram.model_validate({"state": seen.diagram, "steps": seen.steps})


@router.get("/instances/{instance_id}/comments", rule=access.SIGNED_IN, scope="read", summary="列出意见")
def list_comments(instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> CommentList:
    """List the comments on a case and its tasks."""
    return CommentList.model_validate({"items": case_view.view(engine, instance_id, actor).comments})


@router.get(
    "/instances/{instance_id}/variables",
    rule=access.ADMIN,
    scope="operate",
    response_model=Variables,
    summary="查看变量",
)
def show_variables(
    request: fastapi.Request,
    instance_id: schema.PathId,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Show the process variables of a case as they are; `values` of the case shows others what the forms let them."""
    found = oversight.variables(engine, instance_id, actor)
    answer = Variables(variables=found.values)
    return conditional.model(request, answer, etag=conditional.quoted(found.version))


@router.patch("/instances/{instance_id}/variables", rule=access.ADMIN, scope="operate", summary="修改变量")
def change_variables(
    instance_id: schema.PathId,
    body: Variables,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    if_match: conditional.IfMatch = None,
) -> Instance:
    """Write process variables, those that are named; conditions are looked at again. The audit trail keeps both values.

    With `If-Match` nothing is written when any variable has changed since.
    """
    changed = instances.set_variables(
        engine, instance_id, body.variables, actor, expected=conditional.versions(if_match)
    )
    return Instance.model_validate(changed)


@router.get("/instances/{instance_id}/history", rule=access.SIGNED_IN, scope="read", summary="查看经过的元素")
def list_history(
    request: fastapi.Request,
    response: fastapi.Response,
    instance_id: seen.Case,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
) -> HistoryPage:
    """List the visits of a case to the elements of its diagram."""
    page = oversight.history(engine, instance_id, actor, limit=wanted.limit, after=wanted.after)
    return paging.answer(HistoryPage, request, response, page.items, page.after)


@router.post(
    "/instances/{instance_id}/comments", rule=access.SIGNED_IN, scope="work", status_code=201, summary="发表意见"
)
def add_comment(
    instance_id: seen.Case, body: NewComment, engine: access.CurrentEngine, actor: access.CurrentActor
) -> items.Comment:
    """Write a comment on a case or one of its tasks, also after its end."""
    written = user_tasks.add_comment(engine, instance_id, body.text, actor, user_task_id=body.task_id)
    return items.Comment(
        id=written.id,
        by=written.author,
        at=written.created_at,
        text=written.text,
        task_id=written.user_task_id,
        task_name=None,
    )


@router.post("/instances/{instance_id}/cancel", rule=access.ADMIN, scope="operate", summary="取消事项")
def cancel_instance(
    instance_id: schema.PathId, body: Reason, engine: access.CurrentEngine, actor: access.CurrentActor
) -> Instance:
    """End a case at once, with everything that it has called."""
    return Instance.model_validate(instances.cancel(engine, instance_id, body.reason, actor))


@router.post("/instances/{instance_id}/cancel-own", rule=access.SIGNED_IN, scope="start", summary="取消自己发起的事项")
def cancel_own_instance(
    instance_id: seen.Case, body: Reason, engine: access.CurrentEngine, actor: access.CurrentActor
) -> Instance:
    """End a case that one has started oneself, while nobody else has done a task of it and no record was written."""
    return Instance.model_validate(instances.cancel(engine, instance_id, body.reason, actor))


@router.post("/instances/{instance_id}/suspend", rule=access.ADMIN, scope="operate", summary="暂停事项")
def suspend_instance(instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Instance:
    """Let a case and everything that it has called rest: nothing happens to it until it is activated."""
    return Instance.model_validate(instances.suspend(engine, instance_id, actor))


@router.post("/instances/{instance_id}/activate", rule=access.ADMIN, scope="operate", summary="恢复事项")
def activate_instance(instance_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Instance:
    """Let a case that rests go on; messages that came meanwhile are delivered."""
    return Instance.model_validate(instances.activate(engine, instance_id, actor))


@router.post(
    "/instances/{instance_id}/migration-plan", rule=access.ADMIN, scope="operate", summary="查看迁移版本的影响"
)
def plan_migration(
    instance_id: schema.PathId, body: Migrate, engine: access.CurrentEngine, actor: access.CurrentActor
) -> Migration:
    """Tell what migrating a case would change, and everything that keeps it from being migrated; nothing happens."""
    return Migration.model_validate(migrating.plan(engine, instance_id, actor, **body.model_dump()))


@router.post("/instances/{instance_id}/migrate", rule=access.ADMIN, scope="operate", summary="迁移版本")
def migrate_instance(
    instance_id: schema.PathId, body: Migrate, engine: access.CurrentEngine, actor: access.CurrentActor
) -> Migration:
    """Let a case go on with another version of its process; where something has no place there, nothing happens."""
    return Migration.model_validate(migrating.migrate(engine, instance_id, actor, **body.model_dump()))


def _started(response: fastapi.Response, started: model.ProcessInstance) -> Instance:
    response.headers["location"] = f"{routing.PREFIX}/instances/{started.id}"
    return Instance.model_validate(started)
