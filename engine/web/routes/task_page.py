"""The page of a task: its form, everything needed to decide, and completing it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import fastapi

from engine import errors
from engine.actions import (
    case_view,
    context,
    notices,
    people,
    previews,
    prospects,
    published,
    task_view,
    user_tasks,
    worklists,
)
from engine.calendars import moments
from engine.forms import field_rights as rights
from engine.model import commands, cooperation, instances, views_lists, views_tasks
from engine.web import access, diagrams, english, forms, i18n, pages
from engine.web.forms import office

router = access.Router("/tasks/{task_id:int}")

DRAFT = "draft"
_OPEN = cooperation.CountersignStatus.OPEN


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """An act that asks for something on a page of its own."""

    url: str
    label: str
    icon: str


@dataclasses.dataclass(frozen=True, slots=True)
class TaskPage:
    """Everything about one task.

    Parameters:
        form: its form, to fill in or to read; None where it has none.
        key: makes a repeated completion of a task without a form harmless.
        actions: what can be done besides completing it.
        asked: what somebody who looks at it is asked to countersign.
        why_not: why somebody who looks at it cannot complete it.
        previews: the documents that it shows before they are issued.
        typed, error: a comment that was refused.
    """

    view: views_tasks.TaskView
    drawn: diagrams.Drawn
    form: forms.FormView | None
    key: str
    actions: tuple[Action, ...]
    asked: tuple[cooperation.Countersignature, ...]
    why_not: str
    previews: tuple[previews.Offered, ...] = ()
    typed: str = ""
    error: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether the task is still to be done."""
        return self.view.task.status is instances.UserTaskStatus.OPEN

    @property
    def impossible(self) -> list[views_tasks.Possibility]:
        """Return what whoever does the task might look for and cannot do, with the reasons."""
        if not self.view.may("complete"):
            return []
        wanted = ("return", "unclaim", "countersign")
        return [each for each in self.view.possibilities if each.action in wanted and not each.allowed]


@dataclasses.dataclass(frozen=True, slots=True)
class KeptPage:
    """What somebody typed for a task that can no longer be completed by them, to be copied."""

    name: str
    title: str
    reason: str
    task_id: int
    instance_id: int
    typed: tuple[tuple[str, str], ...]
    english: str

    @property
    def text(self) -> str:
        """Return it as one text."""
        return "\n".join(f"{label}：{value}" for label, value in self.typed)


#: Acts with a page that asks for something, by their name among the possibilities.
ASKED: Mapping[str, tuple[str, str, str]] = {
    "return": ("return", "退回", "arrow-return-left"),
    "transfer": ("transfer", "转办", "arrow-left-right"),
    "delegate": ("delegate", "委派", "person-plus"),
    "countersign": ("countersign", "加签", "people"),
    "copy": ("copy", "抄送", "send"),
    "urge": ("urge", "催办", "alarm"),
    "withdraw": ("withdraw", "撤回", "arrow-counterclockwise"),
}


@router.get("", rule=access.SIGNED_IN)
def show(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Show a task; notices that lead here are read."""
    view = view_of(engine, task_id, actor)
    notices.seen(engine, actor, f"/tasks/{task_id}")
    sheet = sheet_of(engine, view)
    return pages.show(request, "tasks/task.html", page_of(engine, actor, view, sheet))


@router.post("", rule=access.SIGNED_IN)
def submit(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Complete the task, keep what was typed, or show the page anew with a row more or less."""
    view = view_of(engine, task_id, actor)
    sheet = sheet_of(engine, view)
    if sheet is None:
        return _complete(request, engine, actor, view, {}, str(fields.get("_key", "")) or None)
    # What was typed for a task that is over by now is read as if it were not: it is given back to be copied.
    sheet = dataclasses.replace(sheet, rights=view.rights)
    given = forms.receive(request, engine, actor, sheet, fields)

    def again(form: forms.FormView, status: int = 200) -> fastapi.Response:
        return pages.show(request, "tasks/task.html", page_of(engine, actor, view, sheet, form), status=status)

    if given.changes_page_only:
        return forms.again(request, sheet, given, again)
    try:
        forms.refuse(sheet, given)
        if given.action == DRAFT:
            user_tasks.save_draft(engine, task_id, actor, given.submission)
            return pages.redirect(request, f"/tasks/{task_id}", i18n.text(request, "已暂存，尚未办结。"), kind="info")
        return _complete(request, engine, actor, view, given.submission, given.key)
    except errors.InvalidForm as error:
        found = error.details["errors"]
        return again(forms.build(sheet, typed=given.submission, errors=found), 422)  # type: ignore[arg-type]
    except (errors.Conflict, errors.Forbidden) as error:
        return _kept(request, view, error, forms.kept(sheet, given))


@router.post("/draft", rule=access.SIGNED_IN)
def draft(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Keep what was typed so far: a page does so by itself, after a while and when it is left."""
    view = task_view.view(engine, task_id, actor)
    sheet = sheet_of(engine, view)
    if sheet is None:
        raise errors.InvalidInput(f"任务“{view.item.name}”没有表单，无需暂存。")
    user_tasks.save_draft(engine, task_id, actor, forms.receive(request, engine, actor, sheet, fields).submission)
    return fastapi.Response(status_code=204)


def view_of(engine: context.Engine, task_id: int, actor: commands.Actor) -> views_tasks.TaskView:
    """Return a task as somebody sees it, with what they may do alone and together with others."""
    view = task_view.view(engine, task_id, actor)
    return dataclasses.replace(view, possibilities=(*view.possibilities, *prospects.of_task(engine, view, actor)))


def sheet_of(engine: context.Engine, view: views_tasks.TaskView) -> forms.Sheet | None:
    """Return the form of a task as it lies on somebody's desk."""
    if view.form is None:
        return None
    url = f"/tasks/{view.item.id}"
    return forms.Sheet(
        form=view.form,
        action=url,
        today=moments.local_day(engine.clock.now()),
        office=office.of(people.directory(engine)),
        rights=view.rights if view.task.status is instances.UserTaskStatus.OPEN else _answered(view),
        variables=view.variables if view.fills else view.values,
        draft=view.task.draft if view.fills else None,
        draft_url=f"{url}/draft",
        case=view.header.id,
        key=forms.new_key(),
    )


def _answered(view: views_tasks.TaskView) -> rights.Rights:
    """Return the rights under which a finished form shows what was filled in, and nothing else."""
    filled = {
        field.name: rights.Right.READ
        for field in view.form.fields
        if view.rights.of(field) is rights.Right.EDIT or view.rights.may_compute(field)
    }
    return rights.Rights(filled, default=rights.Right.HIDE)


def page_of(
    engine: context.Engine,
    actor: commands.Actor,
    view: views_tasks.TaskView,
    sheet: forms.Sheet | None,
    form: forms.FormView | None = None,
) -> TaskPage:
    """Put the page together; `form` is the form as it was posted."""
    if sheet is not None and form is None:
        is_open = view.task.status is instances.UserTaskStatus.OPEN
        form = forms.build(sheet) if view.fills else forms.read(sheet, awaited=is_open)
    svg, _ = published.svg(engine, view.header.definition_id)
    url = f"/tasks/{view.item.id}"
    mine = {actor.id, *(each.id for each in actor.acting_for)}
    asked = tuple(each for each in view.countersignatures if each.person in mine and each.status is _OPEN)
    return TaskPage(
        view=view,
        drawn=diagrams.drawn(svg, view.diagram, view.steps),
        form=form,
        key=forms.new_key(),
        actions=tuple(
            Action(f"{url}/{part}", label, icon) for name, (part, label, icon) in ASKED.items() if view.may(name)
        ),
        asked=asked,
        why_not="" if asked else _why_not(view),
        previews=previews.offered(engine, view.item.id, actor),
    )


def _why_not(view: views_tasks.TaskView) -> str:
    """Return why the task cannot be completed; of what the page says anyway, nothing."""
    if view.item.delegated_by:
        return ""
    return next((each.why_not for each in view.possibilities if each.action == "complete" and not each.allowed), "")


def _complete(
    request: fastapi.Request,
    engine: context.Engine,
    actor: commands.Actor,
    view: views_tasks.TaskView,
    submission: Mapping[str, object],
    key: str | None,
) -> fastapi.Response:
    done = user_tasks.complete(engine, view.item.id, actor, submission, idempotency_key=key)
    following = worklists.next_own_task(engine, done.instance_id, actor)
    if done.held:
        said = i18n.text(request, "已提交“{name}”，等待加签人同意后生效。", name=view.item.name)
        return pages.redirect(request, "/tasks" if following in (None, view.item.id) else f"/tasks/{following}", said)
    said = i18n.text(request, "已办结“{name}”。", name=view.item.name) + whereabouts(
        request, engine, done.instance_id, actor
    )
    return pages.redirect(request, "/tasks" if following is None else f"/tasks/{following}", said)


def _kept(
    request: fastapi.Request, view: views_tasks.TaskView, error: errors.GongkaiError, typed: list[tuple[str, str]]
) -> fastapi.Response:
    said = english.of_error(error)
    page = KeptPage(view.item.name, view.header.title, error.message, view.item.id, view.header.id, tuple(typed), said)
    status = 409 if isinstance(error, errors.Conflict) else 403
    return pages.show(request, "tasks/kept.html", page, status=status)


def whereabouts(request: fastapi.Request, engine: context.Engine, case_id: int, actor: commands.Actor) -> str:
    """Say where a case has got to, after somebody moved it on."""
    view = case_view.view(engine, case_id, actor)
    title = view.header.title
    if view.header.status is instances.InstanceStatus.COMPLETED:
        return i18n.text(request, "“{title}”已全部办结。", title=title)
    if not view.tasks:
        return i18n.text(request, "“{title}”正在等待系统或外部处理。", title=title)
    names = people.directory(engine)
    places = "；".join(f"{task.name}（{_whose(names, task)}）" for task in view.tasks)
    return i18n.text(request, "“{title}”现在的环节：{places}。", title=title, places=places)


def _whose(names: people.Directory, task: views_lists.OpenTask) -> str:
    if task.holder is not None:
        return names.name(task.holder)
    return "、".join([*map(names.name, task.offered_users), *map(names.role_name, task.offered_roles)])
