"""Taking part by the public portal: opinions, registrations, reports, and asking how far they are."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Callable

import fastapi
import markupsafe
from starlette import datastructures

from engine import errors
from engine.actions import attempts, context, portal, taking_part
from engine.calendars import moments
from engine.model import commands
from engine.web import access, feeds, forms, pages, throttle

router = access.Router("/public")

#: What one address may send in, and ask.
_SENDING = attempts.Allowance("public-send", 40, datetime.timedelta(minutes=1))
_ASKING = attempts.Allowance("public-track", 60, datetime.timedelta(minutes=1))
#: Millions of bytes of files that one address may send in a day.
_UPLOADING = attempts.Allowance("public-upload", 200, datetime.timedelta(days=1) / 200)
_MILLION = 1_000_000
_LONGEST_CODE = 100


@dataclasses.dataclass(frozen=True, slots=True)
class FormPage:
    """A form that the public may send in; `about` is what it is about, `back` where one came from, by its name if that
    is no page of the portal itself.

    `kept` is what somebody typed, as labels and texts, where it is too late to send it in.
    """

    title: str
    about: str
    back: str
    form: forms.FormView | None
    purpose: str = ""
    error: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    back_name: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What somebody gets for what they sent in; `address` is where they ask how far it is."""

    accepted: taking_part.Accepted
    title: str
    about: str
    back: str
    address: str


@dataclasses.dataclass(frozen=True, slots=True)
class ServicesPage:
    """What the public may start."""

    services: tuple[taking_part.Service, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class TrackPage:
    """Asking for the state of something sent in; `found` answers, `papers` are the documents for its sender."""

    code: str = ""
    found: taking_part.Tracked | None = None
    error: str = ""
    papers: tuple[markupsafe.Markup | None, ...] = ()


@router.get("/items/{item_id:int}/{element_id}", rule=access.PUBLIC)
def form(request: fastapi.Request, item_id: int, element_id: str, engine: access.CurrentEngine) -> fastapi.Response:
    """Show a form about a publication, or why it is closed."""
    way = taking_part.way(engine, item_id, element_id)
    page = _page_of_item(engine, item_id, way)
    closed = taking_part.why_closed(engine, item_id, element_id)
    if closed:
        return pages.show(request, "public/form.html", dataclasses.replace(page, error=closed), status=409)
    sheet = _sheet(engine, way, f"/public/items/{item_id}/{element_id}")
    return pages.show(request, "public/form.html", dataclasses.replace(page, form=forms.build(sheet)))


@router.post("/items/{item_id:int}/{element_id}", rule=access.PUBLIC)
def send(
    request: fastapi.Request, item_id: int, element_id: str, engine: access.CurrentEngine, fields: access.Posted
) -> fastapi.Response:
    """Take what somebody sends in about a publication."""
    way = taking_part.way(engine, item_id, element_id)
    page = _page_of_item(engine, item_id, way)

    def act(submission: dict[str, object], key: str) -> taking_part.Accepted:
        return taking_part.submit(engine, item_id, element_id, submission, key=key)

    return _answer(request, engine, fields, page, _sheet(engine, way, f"/public/items/{item_id}/{element_id}"), act)


@router.get("/services", rule=access.PUBLIC)
def services(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Show what the public may start."""
    return pages.show(request, "public/services.html", ServicesPage(taking_part.services(engine)))


@router.get("/services/{key}/{element_id}", rule=access.PUBLIC)
def service(request: fastapi.Request, key: str, element_id: str, engine: access.CurrentEngine) -> fastapi.Response:
    """Show the form that starts a case."""
    found = taking_part.service(engine, key, element_id)
    view = forms.build(_sheet(engine, found.way, _url(found)))
    return pages.show(request, "public/form.html", dataclasses.replace(_page_of_service(found), form=view))


@router.post("/services/{key}/{element_id}", rule=access.PUBLIC)
def start(
    request: fastapi.Request, key: str, element_id: str, engine: access.CurrentEngine, fields: access.Posted
) -> fastapi.Response:
    """Start a case by what somebody sends in."""
    found = taking_part.service(engine, key, element_id)

    def act(submission: dict[str, object], page_key: str) -> taking_part.Accepted:
        return taking_part.start(engine, key, element_id, submission, page_key=page_key)

    return _answer(request, engine, fields, _page_of_service(found), _sheet(engine, found.way, _url(found)), act)


@router.get("/track", rule=access.PUBLIC)
def track(request: fastapi.Request) -> fastapi.Response:
    """Show where to enter a code."""
    return pages.show(request, "public/track.html", TrackPage())


@router.post("/track", rule=access.PUBLIC)
def tracked(request: fastapi.Request, engine: access.CurrentEngine, fields: access.Posted) -> fastapi.Response:
    """Show how far something is; by POST, so that the code stands in no address and no log."""
    code = str(fields.get("code", "")).strip()[:_LONGEST_CODE]
    attempts.spend(engine, _ASKING, throttle.client_of(request))
    try:
        found = taking_part.track(engine, code)
    except errors.NotFound as error:
        return pages.show(request, "public/track.html", TrackPage(code, error=error.message), status=404)
    papers = tuple(
        None if each.document is None else markupsafe.Markup(each.document.html)  # noqa: S704 - escaped by `documents`
        for each in found.told
    )
    return pages.show(
        request, "public/track.html", TrackPage(code, found, papers=papers), headers={"cache-control": "no-store"}
    )


def _answer(
    request: fastapi.Request,
    engine: context.Engine,
    fields: datastructures.FormData,
    page: FormPage,
    sheet: forms.Sheet,
    act: Callable[[dict[str, object], str], taking_part.Accepted],
) -> fastapi.Response:
    """Carry out what was sent in and show the receipt, or the form anew with what was typed."""

    def again(view: forms.FormView, status: int = 200) -> fastapi.Response:
        return pages.show(request, "public/form.html", dataclasses.replace(page, form=view), status=status)

    attempts.spend(engine, _SENDING, throttle.client_of(request))
    _spend_files(request, engine, fields)
    given = forms.receive(request, engine, commands.PUBLIC, sheet, fields)
    if given.changes_page_only:
        return forms.again(request, sheet, given, again)
    try:
        forms.refuse(sheet, given)
        accepted = act(given.submission, given.key or sheet.key)
    except errors.InvalidForm as error:
        found = error.details["errors"]
        return again(forms.build(sheet, typed=given.submission, errors=found), 422)  # type: ignore[arg-type]
    except errors.Conflict as error:
        late = dataclasses.replace(page, error=error.message, kept=tuple(forms.kept(sheet, given)))
        return pages.show(request, "public/form.html", late, status=409)
    address = feeds.absolute(engine, "/public/track")
    receipt = ReceiptPage(accepted, page.title, page.about, page.back, address)
    return pages.show(request, "public/receipt.html", receipt)


def _spend_files(request: fastapi.Request, engine: context.Engine, fields: datastructures.FormData) -> None:
    """Count the files that come with a form: they are kept on the disk of the office, whatever the form says of them.

    Raises:
        errors.TooManyAttempts: It is more than one address may send in a day.
    """
    sizes = (each.size or 0 for _, each in fields.multi_items() if isinstance(each, datastructures.UploadFile))
    cost = math.ceil(sum(sizes) / _MILLION)
    if cost:
        attempts.spend(engine, _UPLOADING, throttle.client_of(request), cost=cost)


def _sheet(engine: context.Engine, way: taking_part.Way, action: str) -> forms.Sheet:
    """Return a form as strangers see it: without values of the case, and without the names of the staff."""
    return forms.Sheet(
        form=way.form,
        action=action,
        today=moments.local_day(engine.clock.now()),
        rights=way.rights,
        key=forms.new_key(),
    )


def _page_of_item(engine: context.Engine, item_id: int, way: taking_part.Way) -> FormPage:
    about = portal.publication(engine, item_id).title
    return FormPage(way.form.title, about, f"/public/items/{item_id}", None, back_name=about)


def _page_of_service(found: taking_part.Service) -> FormPage:
    return FormPage(found.way.form.title, found.name, "/public/services", None, found.way.purpose)


def _url(found: taking_part.Service) -> str:
    return f"/public/services/{found.key}/{found.way.element_id}"
