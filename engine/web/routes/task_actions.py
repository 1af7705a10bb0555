"""What can be done with a task besides completing it: giving it back, handing it on, commenting."""

from __future__ import annotations

import dataclasses

import fastapi

from engine import errors
from engine.actions import context, people, sight, staff, task_view, user_tasks
from engine.model import commands, instances
from engine.web import access, asking, forms, i18n, pages, typed
from engine.web.routes import task_page

router = access.Router("/tasks/{task_id:int}")


@router.post("/unclaim", rule=access.SIGNED_IN)
def unclaim(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Give a task back to its candidates (退签)."""
    sight.task(engine, task_id, actor)
    task = user_tasks.unclaim(engine, task_id, actor)
    said = i18n.text(request, "已退签“{name}”，其他候选人可以签收。", name=task.name)
    return pages.redirect(request, "/tasks", said, kind="info")


@router.post("/resolve", rule=access.SIGNED_IN)
def resolve(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Give a delegated task back to its owner, with what was filled in (交回)."""
    view = task_view.view(engine, task_id, actor)
    sheet = task_page.sheet_of(engine, view)
    if sheet is not None and view.may("save-draft"):
        given = forms.receive(request, engine, actor, sheet, fields)
        user_tasks.save_draft(engine, task_id, actor, given.submission)
    task = user_tasks.resolve(engine, task_id, actor)
    names = people.directory(engine)
    said = i18n.text(request, "已交回“{name}”，由{owner}办结。", name=task.name, owner=names.name(task.assignee))
    return pages.redirect(request, "/tasks", said)


@router.get("/transfer", rule=access.SIGNED_IN)
def ask_transfer(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask to whom a task goes for good."""
    return asking.show(request, _transfer(request, engine, sight.task(engine, task_id, actor), actor))


@router.post("/transfer", rule=access.SIGNED_IN)
def transfer(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Hand a task over for good (转办)."""
    task = sight.task(engine, task_id, actor)

    def act() -> str:
        to = asking.person(engine, fields, "to")
        user_tasks.transfer(engine, task_id, to, actor)
        return i18n.text(request, "已将“{name}”转给{to}办理。", name=task.name, to=people.directory(engine).name(to))

    return asking.attempt(request, _transfer(request, engine, task, actor), act, to="/tasks")


@router.get("/delegate", rule=access.SIGNED_IN)
def ask_delegate(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask who is to prepare a task."""
    return asking.show(request, _delegation(request, engine, sight.task(engine, task_id, actor)))


@router.post("/delegate", rule=access.SIGNED_IN)
def delegate(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Let somebody else prepare a task (委派)."""
    task = sight.task(engine, task_id, actor)

    def act() -> str:
        to = asking.person(engine, fields, "to")
        user_tasks.delegate(engine, task_id, to, actor)
        name = people.directory(engine).name(to)
        return i18n.text(request, "已将“{name}”委派给{to}，交回后由您办结。", name=task.name, to=name)

    return asking.attempt(request, _delegation(request, engine, task), act, to="/tasks")


@router.post("/comments", rule=access.SIGNED_IN)
def comment(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Write a comment on the case, from the page of one of its tasks."""
    view = task_page.view_of(engine, task_id, actor)
    text = typed.texts(fields).get("text", "")
    try:
        written = user_tasks.add_comment(engine, view.header.id, text, actor, user_task_id=task_id)
    except errors.InvalidInput as error:
        page = task_page.page_of(engine, actor, view, task_page.sheet_of(engine, view))
        page = dataclasses.replace(page, typed=text, error=error.message)
        return pages.show(request, "tasks/task.html", page, status=422)
    return pages.redirect(request, f"/tasks/{task_id}#comment-{written.id}", i18n.text(request, "已发表意见。"))


# --- what is asked ---------------------------------------------------------------------------------------------------


def _transfer(
    request: fastapi.Request, engine: context.Engine, task: instances.UserTask, actor: commands.Actor
) -> asking.Ask:
    text = i18n.text(request, "转办后由对方办理和签字，您不再办理此任务。")
    only = staff.successors(engine, task, actor)
    field = asking.staff(request, engine, "to", i18n.text(request, "转给"), without=task.assignee, only=only)
    return ask_about(task, "transfer", i18n.text(request, "转办"), text, i18n.text(request, "转办"), field)


def _delegation(request: fastapi.Request, engine: context.Engine, task: instances.UserTask) -> asking.Ask:
    text = i18n.text(request, "请对方先行办理并交回，仍由您办结和签字。")
    field = asking.staff(request, engine, "to", i18n.text(request, "委派给"), without=task.assignee)
    return ask_about(task, "delegate", i18n.text(request, "委派"), text, i18n.text(request, "委派"), field)


def ask_about(
    task: instances.UserTask, act: str, heading: str, text: str, submit: str, *fields: asking.Field
) -> asking.Ask:
    url = f"/tasks/{task.id}"
    return asking.Ask(heading, f"{url}/{act}", url, submit, fields, (task.name,), text)
