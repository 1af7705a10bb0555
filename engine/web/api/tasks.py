"""`/tasks`: what people have to do, and doing it."""

from __future__ import annotations

import enum
from typing import Annotated, Any

import fastapi

from engine import errors
from engine.actions import sight, task_view, user_tasks, versions, worklists
from engine.model import cooperation, views_lists
from engine.model import instances as model
from engine.web import access, seen
from engine.web.api import conditional, forms, items, paging, routing, schema

router = routing.Router("tasks")


class Worklist(enum.StrEnum):
    """Which tasks a list has."""

    TO_DO = "todo"
    DONE = "done"
    ALL = "all"


class TaskPage(paging.Page[items.TaskItem]):
    """Tasks; what is due first at the front, of those that are done the last one."""


class Count(schema.Model):
    """How many there are."""

    number: int = schema.about("Of more than 999 only that they are more.", 12)
    text: str = schema.about("As pages show it.", "12")


class Counts(schema.Model):
    """How much the caller has to do."""

    all: Count
    mine: Count
    claimable: Count
    overdue: Count
    today: Count


class Task(schema.Model):
    """A task as it is stored."""

    id: schema.Id = schema.about("Its number.", 9)
    instance_id: schema.Id = schema.about("The case.", 17)
    element_id: str = schema.about("The element of the diagram.", "Task_review")
    name: str = schema.about("What is to be done.", "综合处预审")
    status: model.UserTaskStatus = schema.about("Where it stands.", "open")
    created_at: schema.Moment = schema.about("When it was opened.", "2026-03-09T01:00:00Z")
    form_key: str | None = schema.about("The form to fill in.", "shizhengwuban/yushen_yijian")
    assignee: str | None = schema.about("Id of who has it.", "chenjing")
    owner: str | None = schema.about("Id of who delegated it.", None)
    delegation: model.Delegation | None = schema.about("Whether it is delegated.", None)
    candidate_users: list[str] = schema.about("Ids of who may take it.", [])
    candidate_groups: list[str] = schema.about(
        "Ids of roles that may take it; `role@unit` is the role within one unit, by its number.", ["zonghechu"]
    )
    due: schema.Moment | None = schema.about("When it is due.", "2026-03-16T15:59:59Z")
    follow_up: schema.Moment | None = schema.about("When to look at it again.", None)
    priority: int = schema.about("0 to 100.", 50)
    clause: str | None = schema.about("Clauses that it carries out.", "P000-02 §2")
    completed_at: schema.Moment | None = schema.about("When it was completed.", None)
    completed_by: str | None = schema.about("Id of who completed it.", None)
    completed_for: str | None = schema.about("For whom.", None)
    countersign: cooperation.Countersigning | None = schema.about("What it waits for from others.", None)


class TaskDetails(schema.Model):
    """A task with everything needed to decide."""

    task: Task
    item: items.TaskItem
    status_text: str = schema.about("Where it stands, in words.", "待签收")
    header: items.CaseHeader
    fills: bool = schema.about("Whether the caller may fill its form in now (`/tasks/{task_id}/form`).", True)
    summary: list[items.ValueGroup]
    opinions: list[items.Opinion]
    files: list[items.AttachedFile]
    comments: list[items.Comment]
    clauses: list[items.Clause]
    documentation: str | None = schema.about("What the diagram says of it.", "审核填报的信息和数据。")
    reckoning: items.Reckoning | None
    countersignatures: list[items.Countersignature]
    possibilities: list[items.Possibility]


class TaskForm(schema.Model):
    """The form of a task, as the caller may see and fill it in."""

    form: forms.Form
    values: dict[str, Any] = schema.about(
        "What it begins with: the draft over the variables; of a task that is done what was submitted.",
        {"title": "办事指南"},
    )
    fills: bool = schema.about("Whether the caller may fill it in now.", True)


class CompleteTask(schema.Model):
    """What completing a task writes."""

    form: schema.Values | None = schema.about(
        "The filled-in form; left out where there is none.", {"verdict": "agree"}, default=None
    )
    variables: schema.Values | None = schema.about("Further variables; from operators only.", None, default=None)


class Completion(schema.Model):
    """The answer to a completion."""

    user_task_id: schema.Id = schema.about("The task.", 9)
    instance_id: schema.Id = schema.about("Its case.", 17)
    completed_by: str = schema.about("Id of who completed it.", "chenjing")
    completed_at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    completed_for: str | None = schema.about("For whom.", None)
    instance_status: model.InstanceStatus = schema.about("How the case stands now.", "active")
    opened: list[schema.Id] = schema.about("Tasks that this opened in the case.", [10])


class Draft(schema.Model):
    """What was kept unfinished of a form."""

    form: schema.Values = schema.about("Values by field.", {"opinion": "拟同意"})


class Handover(schema.Model):
    """To whom."""

    to: schema.Name = schema.about("Id of the person.", "liuyang")


@router.get("/tasks", rule=access.SIGNED_IN, scope="read", summary="列出任务")
def list_tasks(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    list: Annotated[
        Worklist,
        fastapi.Query(
            description="`todo`: what the caller has or may take; `done`: what they did; `all`: for monitors."
        ),
    ] = Worklist.TO_DO,
    tab: Annotated[views_lists.Tab, fastapi.Query(description="Of `todo`: a part of it.")] = views_lists.Tab.ALL,
    procedure: Annotated[schema.Name | None, fastapi.Query(description="Id of a process.")] = None,
    role: Annotated[schema.Name | None, fastapi.Query(description="Id of a role they are offered to.")] = None,
    due: views_lists.Due | None = None,
    text: Annotated[schema.Words | None, fastapi.Query(description="Words in names and titles.")] = None,
) -> TaskPage:
    """List tasks. `procedure` is the id of a process, `role` of a role; `text` is looked for in names and titles."""
    chosen = views_lists.TaskFilter(tab, procedure, role, due, text)
    read = {Worklist.TO_DO: worklists.to_do, Worklist.DONE: worklists.done, Worklist.ALL: worklists.all_tasks}[list]
    page = read(engine, actor, chosen, limit=wanted.limit, after=wanted.after)
    return paging.answer(TaskPage, request, response, page.items, page.after)


@router.get("/tasks/counts", rule=access.SIGNED_IN, scope="read", summary="待办数")
def count_tasks(engine: access.CurrentEngine, actor: access.CurrentActor) -> Counts:
    """Count what the caller has to do."""
    return Counts.model_validate(worklists.counts(engine, actor))


@router.get("/tasks/{task_id}", rule=access.SIGNED_IN, scope="read", summary="查看任务")
def show_task(task_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> TaskDetails:
    """Show a task with everything needed to decide: the case, what was said before, clauses, deadline, actions."""
    return TaskDetails.model_validate(task_view.view(engine, task_id, actor))


@router.get(
    "/tasks/{task_id}/form", rule=access.SIGNED_IN, scope="read", response_model=TaskForm, summary="查看任务的表单"
)
def show_task_form(
    request: fastapi.Request,
    task_id: schema.PathId,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return the form of a task with its values; 404 when it has none and is completed without."""
    seen = task_view.view(engine, task_id, actor)
    if seen.form is None:
        raise errors.NotFound(f"任务“{seen.task.name}”没有表单，可以直接办结。")
    answer = TaskForm(form=forms.Form.of(seen.form, seen.rights), values=seen.values, fills=seen.fills)
    return conditional.model(request, answer)


@router.post("/tasks/{task_id}/claim", rule=access.SIGNED_IN, scope="work", summary="签收任务")
def claim_task(task_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Task:
    """Take a task that is offered to the caller; taking one's own again changes nothing."""
    with sight.of_task(engine, task_id, actor):
        return Task.model_validate(user_tasks.claim(engine, task_id, actor))


@router.post("/tasks/{task_id}/unclaim", rule=access.SIGNED_IN, scope="work", summary="退签任务")
def unclaim_task(task_id: seen.Task, engine: access.CurrentEngine, actor: access.CurrentActor) -> Task:
    """Give a task back to its candidates."""
    return Task.model_validate(user_tasks.unclaim(engine, task_id, actor))


@router.get("/tasks/{task_id}/draft", rule=access.SIGNED_IN, scope="work", response_model=Draft, summary="查看暂存内容")
def show_draft(
    request: fastapi.Request,
    task_id: seen.Task,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return what was kept unfinished of the form; empty when nothing was."""
    draft = sight.draft(engine, task_id, actor)
    return conditional.model(request, Draft(form=dict(draft or {})), etag=conditional.quoted(versions.of(draft)))


@router.put("/tasks/{task_id}/draft", rule=access.SIGNED_IN, scope="work", summary="暂存任务")
def save_draft(
    task_id: seen.Task,
    body: Draft,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    if_match: conditional.IfMatch = None,
) -> Draft:
    """Keep an unfinished form instead of what was kept before. With `If-Match` not over what somebody else has kept."""
    task = user_tasks.save_draft(engine, task_id, actor, body.form, expected=conditional.versions(if_match))
    response.headers["etag"] = conditional.quoted(versions.of(task.draft))
    return Draft(form=task.draft or {})


@router.post("/tasks/{task_id}/complete", rule=access.SIGNED_IN, scope="work", summary="办结任务")
def complete_task(
    task_id: schema.PathId,
    body: CompleteTask,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    idempotency_key: schema.IdempotencyKey = None,
) -> Completion:
    """Complete a task: the form becomes variables, and the case goes on.

    What is wrong with the form is in `errors` (`invalid-form`); then nothing has changed.
    """
    with sight.of_task(engine, task_id, actor):
        done = user_tasks.complete(
            engine, task_id, actor, body.form, variables=body.variables, idempotency_key=idempotency_key
        )
    return Completion.model_validate(done)


@router.post("/tasks/{task_id}/delegate", rule=access.SIGNED_IN, scope="work", summary="委派任务")
def delegate_task(task_id: seen.Task, body: Handover, engine: access.CurrentEngine, actor: access.CurrentActor) -> Task:
    """Let somebody else prepare one's task; it comes back, and the caller completes it."""
    return Task.model_validate(user_tasks.delegate(engine, task_id, body.to, actor))


@router.post("/tasks/{task_id}/resolve", rule=access.SIGNED_IN, scope="work", summary="交回任务")
def resolve_task(task_id: seen.Task, engine: access.CurrentEngine, actor: access.CurrentActor) -> Task:
    """Give a delegated task back to its owner."""
    return Task.model_validate(user_tasks.resolve(engine, task_id, actor))


@router.post("/tasks/{task_id}/transfer", rule=access.SIGNED_IN, scope="work", summary="转办任务")
def transfer_task(task_id: seen.Task, body: Handover, engine: access.CurrentEngine, actor: access.CurrentActor) -> Task:
    """Hand a task over to somebody else for good."""
    return Task.model_validate(user_tasks.transfer(engine, task_id, body.to, actor))
