"""待办: what is somebody's to do, and claiming it."""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Mapping

import fastapi

from engine.actions import context, saved_filters, user_tasks, worklists
from engine.model import commands, instances, views_lists
from engine.web import access, i18n, listing, pages, seen, typed

router = access.Router("/tasks")


@dataclasses.dataclass(frozen=True, slots=True)
class TasksPage:
    """The list of what is to be done, under filters."""

    chosen: views_lists.TaskFilter
    tasks: views_lists.Listing[views_lists.TaskItem]
    counts: views_lists.TodoCounts
    choices: views_lists.Choices
    saved: tuple[views_lists.SavedFilter, ...]
    #: The address of this list, with its filters and its place.
    here: str
    #: What has just been claimed.
    claimed: instances.UserTask | None = None

    @property
    def filtered(self) -> bool:
        """Tell whether anything besides the tab narrows the list."""
        return self.chosen != views_lists.TaskFilter(tab=self.chosen.tab)

    @property
    def query(self) -> dict[str, str]:
        """Return the filters as parameters of an address."""
        return worklists.query_of(self.chosen)

    @property
    def cleared(self) -> str:
        """Return the address of the tab without filters."""
        return listing.address("/tasks", worklists.query_of(views_lists.TaskFilter(tab=self.chosen.tab)))

    def tab_url(self, tab: str, due: str | None = None) -> str:
        """Return the address of another tab under the same filters, or of this one for what is due some time."""
        chosen = dataclasses.replace(self.chosen, tab=views_lists.Tab(tab))
        if due is not None:
            chosen = dataclasses.replace(chosen, due=views_lists.Due(due))
        return listing.address("/tasks", worklists.query_of(chosen))


@router.get("", rule=access.SIGNED_IN)
def index(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show what is to be done."""
    return pages.show(request, "tasks/list.html", _page(engine, actor, request.query_params, str(request.url)))


@router.post("/{task_id}/claim", rule=access.SIGNED_IN)
def claim(
    request: fastapi.Request,
    task_id: seen.Task,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Take a task that is offered (签收): from the list, which htmx then shows anew in its place, or from its page."""
    task = user_tasks.claim(engine, task_id, actor)
    back = pages.local(typed.texts(fields).get("next"), f"/tasks/{task_id}")
    parts = urllib.parse.urlsplit(back)
    if parts.path == "/tasks" and request.headers.get("hx-request"):
        query = dict(urllib.parse.parse_qsl(parts.query))
        page = dataclasses.replace(_page(engine, actor, query, back), claimed=task)
        return pages.show(request, "tasks/list.html", page)
    return pages.redirect(request, back, i18n.text(request, "已签收“{name}”，现由您办理。", name=task.name))


def _page(engine: context.Engine, actor: commands.Actor, query: Mapping[str, str], here: str) -> TasksPage:
    chosen = worklists.task_filter(query)
    return TasksPage(
        chosen=chosen,
        tasks=worklists.to_do(engine, actor, chosen, **listing.place(query)),
        counts=worklists.counts(engine, actor, chosen),
        choices=worklists.choices(engine, actor),
        saved=saved_filters.of(engine, actor, "todo"),
        here=listing.without_origin(here),
    )
