"""The gallery of form widgets: every one of them, in every state, to look at and to try."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Any

import fastapi

from engine import errors
from engine import forms as engine_forms
from engine.actions import context, people
from engine.calendars import moments
from engine.web import access, forms, pages
from engine.web.forms import gallery, office

router = access.Router("/gallery")


class State(enum.StrEnum):
    """What the gallery shows."""

    EMPTY = "empty"
    FILLED = "filled"
    INVALID = "invalid"
    READING = "reading"
    SEARCHING = "searching"


LABELS = {
    State.EMPTY: "空白",
    State.FILLED: "已填",
    State.INVALID: "有误",
    State.READING: "只读",
    State.SEARCHING: "人员较多",
}


@dataclasses.dataclass(frozen=True, slots=True)
class GalleryPage:
    """The gallery in one state; `taken` is what a submission would make of it, as labelled texts and as variables."""

    form: forms.FormView
    state: State
    states: tuple[tuple[State, str], ...] = tuple(LABELS.items())
    taken: tuple[tuple[str, str], ...] = ()
    variables: str = ""


@router.get("", rule=access.DESIGN)
def show(request: fastapi.Request, engine: access.CurrentEngine, state: State = State.EMPTY) -> fastapi.Response:
    """Show every widget."""
    sheet = _sheet(engine, state)
    if state is State.READING:
        return pages.show(request, "forms/gallery.html", GalleryPage(forms.read(sheet), state))
    if state is State.INVALID:
        found = sheet.judge(gallery.WRONG)
        view = forms.build(sheet, typed=gallery.WRONG, errors=found)
        return pages.show(request, "forms/gallery.html", GalleryPage(view, state))
    return pages.show(request, "forms/gallery.html", GalleryPage(forms.build(sheet), state))


@router.post("", rule=access.DESIGN)
def attempt(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
    state: State = State.EMPTY,
) -> fastapi.Response:
    """Judge what was filled in and show the variables that it would become; nothing is kept."""
    sheet = _sheet(engine, state)
    given = forms.receive(request, engine, actor, sheet, fields)

    def again(view: forms.FormView, status: int = 200, **taken: Any) -> fastapi.Response:
        return pages.show(request, "forms/gallery.html", GalleryPage(view, state, **taken), status=status)

    if given.changes_page_only:
        return forms.again(request, sheet, given, again)
    try:
        forms.refuse(sheet, given)
        values = sheet.take(given.submission)
    except errors.InvalidForm as error:
        found: Any = error.details["errors"]
        return again(forms.build(sheet, typed=given.submission, errors=found), 422)
    return again(
        forms.build(sheet, typed=given.submission),
        taken=tuple(engine_forms.describe(sheet.form, values, sheet.office.every_name)),
        variables=json.dumps(values, ensure_ascii=False, indent=2),
    )


def _sheet(engine: context.Engine, state: State) -> forms.Sheet:
    known = office.of(people.directory(engine))
    today = moments.local_day(engine.clock.now())
    searching = state is State.SEARCHING
    return forms.Sheet(
        gallery.form(),
        action=f"/gallery?state={state}",
        today=today,
        office=dataclasses.replace(known, listed=0) if searching else known,
        variables=gallery.filled(today, known) if state in (State.FILLED, State.READING) else {},
    )
