"""发起: what may be started, and starting it."""

from __future__ import annotations

import dataclasses
import urllib.parse
from typing import Annotated

import fastapi

from engine import errors
from engine.actions import catalogue, context, instances, people, sight, worklists
from engine.calendars import moments
from engine.model import commands, definitions, views_catalogue
from engine.model import instances as model
from engine.web import access, diagrams, forms, i18n, pages
from engine.web.forms import office
from engine.web.routes import task_page

router = access.Router("/start")

#: The case that another one is started from.
From = Annotated[int | None, fastapi.Query(alias="from")]


@dataclasses.dataclass(frozen=True, slots=True)
class CataloguePage:
    """What may be started; `others` are procedures that other people start. `origin` is the case to start from."""

    shelves: tuple[views_catalogue.Shelf, ...]
    others: tuple[views_catalogue.Entry, ...]
    topics: tuple[str, ...]
    text: str
    topic: str
    origin: model.ProcessInstance | None = None

    def url(self, entry: views_catalogue.Entry) -> str:
        """Return the page on which an entry is started."""
        return url_of(entry, self.origin)

    def brief(self, entry: views_catalogue.Entry) -> str:
        """Return the first sentence of what an entry is for."""
        first, end, _ = entry.purpose.partition("。")
        return first + end


@dataclasses.dataclass(frozen=True, slots=True)
class StartPage:
    """A procedure, and the form that starts a case of it; `key` makes a repeated start harmless."""

    start: views_catalogue.StartView
    drawn: diagrams.Drawn
    form: forms.FormView | None
    key: str
    error: str = ""
    origin: model.ProcessInstance | None = None

    @property
    def url(self) -> str:
        """Return the address of this page."""
        return url_of(self.start.entry, self.origin)

    @property
    def url_alone(self) -> str:
        """Return the address of this page without the case to start from."""
        return url_of(self.start.entry)


@router.get("", rule=access.SIGNED_IN)
def index(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    text: str = "",
    topic: str = "",
    follows: From = None,
) -> fastapi.Response:
    """Show what may be started."""
    origin = _origin(engine, actor, follows)
    text = " ".join(text.split())[: worklists.TEXT_LENGTH]
    found = catalogue.shelves(engine, actor, text=text, topic=topic or None)
    mine = (
        dataclasses.replace(shelf, entries=tuple(entry for entry in shelf.entries if entry.startable))
        for shelf in found
    )
    others = tuple(entry for shelf in found for entry in shelf.entries if not entry.startable)
    shelves = tuple(shelf for shelf in mine if shelf.entries)
    page = CataloguePage(shelves, others, catalogue.topics(engine), text, topic, origin)
    return pages.show(request, "start/index.html", page)


@router.get("/{key}", rule=access.SIGNED_IN)
def show(
    request: fastapi.Request,
    key: str,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    event: str | None = None,
    follows: From = None,
) -> fastapi.Response:
    """Show what a procedure is for, and the form that starts it."""
    view = catalogue.start_view(engine, key, actor, element_id=event)
    origin = _origin(engine, actor, follows)
    return pages.show(request, "start/start.html", _page(view, _sheet(engine, view, origin), origin))


@router.post("/{key}", rule=access.SIGNED_IN)
def start(
    request: fastapi.Request,
    key: str,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
    event: str | None = None,
    follows: From = None,
) -> fastapi.Response:
    """Start a case, or show the page anew with a row more or less."""
    view = catalogue.start_view(engine, key, actor, element_id=event)
    origin = _origin(engine, actor, follows)
    sheet = _sheet(engine, view, origin)
    if sheet is None:
        return _start(request, engine, actor, view, None, str(fields.get("_key", "")) or None, origin)
    given = forms.receive(request, engine, actor, sheet, fields)

    def again(form: forms.FormView, status: int = 200, error: str = "") -> fastapi.Response:
        page = dataclasses.replace(_page(view, sheet, origin), form=form, error=error)
        return pages.show(request, "start/start.html", page, status=status)

    if given.changes_page_only:
        return forms.again(request, sheet, given, again)
    try:
        forms.refuse(sheet, given)
        return _start(request, engine, actor, view, given.submission, given.key, origin)
    except errors.InvalidForm as error:
        found = error.details["errors"]
        return again(forms.build(sheet, typed=given.submission, errors=found), 422)  # type: ignore[arg-type]
    except errors.Conflict as error:
        return again(forms.build(sheet, typed=given.submission), 409, error.message)


def url_of(entry: views_catalogue.Entry, origin: model.ProcessInstance | None = None) -> str:
    """Return the page on which an entry is started, from another case where there is one."""
    asked = {} if entry.kind is definitions.StartKind.NONE else {"event": entry.element_id}
    if origin is not None:
        asked["from"] = str(origin.id)
    url = f"/start/{urllib.parse.quote(entry.key)}"
    return f"{url}?{urllib.parse.urlencode(asked)}" if asked else url


def _origin(engine: context.Engine, actor: commands.Actor, instance_id: int | None) -> model.ProcessInstance | None:
    return None if instance_id is None else sight.case(engine, instance_id, actor)


def _sheet(
    engine: context.Engine, view: views_catalogue.StartView, origin: model.ProcessInstance | None
) -> forms.Sheet | None:
    if view.form is None:
        return None
    return forms.Sheet(
        form=view.form,
        action=url_of(view.entry, origin),
        today=moments.local_day(engine.clock.now()),
        office=office.of(people.directory(engine)),
        rights=view.rights,
        key=forms.new_key(),
    )


def _page(
    view: views_catalogue.StartView, sheet: forms.Sheet | None, origin: model.ProcessInstance | None
) -> StartPage:
    form = forms.build(sheet) if sheet is not None and view.entry.startable else None
    return StartPage(view, diagrams.drawn(view.svg, None, view.steps), form, forms.new_key(), origin=origin)


def _start(
    request: fastapi.Request,
    engine: context.Engine,
    actor: commands.Actor,
    view: views_catalogue.StartView,
    submission: dict[str, object] | None,
    key: str | None,
    origin: model.ProcessInstance | None,
) -> fastapi.Response:
    follows = None if origin is None else origin.id
    entry = view.entry
    case: model.ProcessInstance
    if entry.message is not None:
        case = instances.start_by_message(
            engine, entry.message, actor, form=submission, idempotency_key=key, follows=follows
        )
    else:
        case = instances.start(engine, entry.key, actor, form=submission, idempotency_key=key, follows=follows)
    following = worklists.next_own_task(engine, case.id, actor)
    where = f"/tasks/{following}" if following is not None else f"/cases/{case.id}"
    said = i18n.text(request, "已发起“{name}”，编号 {number}。", name=entry.name, number=case.business_key or case.id)
    if following is None:
        said += task_page.whereabouts(request, engine, case.id, actor)
    return pages.redirect(request, where, said)
