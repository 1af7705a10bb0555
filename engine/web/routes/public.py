"""The public portal (公开): what was published, for everybody, without an account and without scripts.

Lists by kind are in `public_shelf`, which comes after every other address below `/public`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import fastapi
import markupsafe
from fastapi import responses

from engine.actions import attempts, portal, taking_part
from engine.model import records as model
from engine.web import access, downloads, feeds, fresh, pages, printing, throttle
from engine.web.routes import files

router = access.Router("/public")


@dataclasses.dataclass(frozen=True, slots=True)
class HomePage:
    """The first page."""

    overview: portal.Overview


@dataclasses.dataclass(frozen=True, slots=True)
class ItemPage:
    """A publication; `body` is its official document, `paragraphs` its content, `ways` what may be sent in about it.

    `address` is where everybody reaches it.
    """

    item: portal.Item
    body: markupsafe.Markup | None
    paragraphs: tuple[str, ...]
    ways: tuple[taking_part.Way, ...]
    address: str

    @property
    def kind(self) -> model.PublicationKind:
        """Return under which heading it is found."""
        return self.item.publication.kind


@router.get("", rule=access.PUBLIC)
def home(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Show what is open now, and the newest of each kind."""
    return fresh.page(request, pages.show(request, "public/home.html", HomePage(portal.overview(engine))))


@router.get("/feed.atom", rule=access.PUBLIC)
def feed(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the newest publications as an Atom feed."""
    return feeds.atom(request, engine, "政务公开", "/public", portal.feed(engine))


@router.get("/items/{item_id:int}", rule=access.PUBLIC)
def item(request: fastapi.Request, item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Show a publication at its permanent address."""
    found = portal.item(engine, item_id)
    body = None
    if found.document is not None:
        body = markupsafe.Markup(found.document.html)  # noqa: S704 - rendered by `documents`, which escapes
    lines = (found.publication.content or "").splitlines()
    paragraphs = tuple(line.strip() for line in lines if line.strip())
    address = feeds.absolute(engine, f"/public/items/{item_id}")
    page = ItemPage(found, body, paragraphs, taking_part.ways(engine, item_id), address)
    return fresh.page(request, pages.show(request, "public/item.html", page))


@router.get("/items/{item_id:int}/content.json", rule=access.PUBLIC)
def content(request: fastapi.Request, item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give everything that a publication shows, to the byte as it was hashed."""
    text = portal.shown_text(engine, item_id)
    return fresh.answer(request, text.encode(), "application/json", cache=fresh.SHARED)


@router.get("/items/{item_id:int}/document.html", rule=access.PUBLIC)
def source(request: fastapi.Request, item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the text of the official document that was published, to the byte as it was hashed."""
    found = portal.document(engine, item_id)
    return _give(request, found, "html", "text/html; charset=utf-8", _bytes, throttle.DOWNLOADING)


@router.get("/items/{item_id:int}/document.pdf", rule=access.PUBLIC)
def pdf(request: fastapi.Request, item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the official document that was published as PDF."""
    found = portal.document(engine, item_id)
    return _give(request, found, "pdf", "application/pdf", printing.pdf, throttle.PRINTING)


@router.get("/items/{item_id:int}/document.docx", rule=access.PUBLIC)
def word(request: fastapi.Request, item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the official document that was published as DOCX."""
    found = portal.document(engine, item_id)
    return _give(request, found, "docx", downloads.WORD, printing.docx, throttle.PRINTING)


@router.get("/items/{item_id:int}/files/{number:int}", rule=access.PUBLIC)
def attachment(
    request: fastapi.Request, item_id: int, number: int, engine: access.CurrentEngine, inline: bool = False
) -> responses.Response:
    """Give a file that a publication names; `inline` shows pictures and PDF in the browser."""
    given = files.answer(request, *portal.attachment(engine, item_id, number), inline=inline, cache=fresh.SHARED)
    if given.status_code != 304:
        throttle.spend(request, throttle.DOWNLOADING)
    return given


def _give(
    request: fastapi.Request,
    document: model.Document,
    ending: str,
    media_type: str,
    made: Callable[[str, str], bytes],
    allowance: attempts.Allowance,
) -> fastapi.Response:
    """Give an official document in one form, `made` of its title and HTML; whoever has it already costs nothing."""

    def content() -> bytes:
        throttle.spend(request, allowance)
        return made(document.title, document.html)

    return fresh.answer(
        request,
        content,
        media_type,
        etag=f'"{document.sha256}-{ending}"',
        changed=document.issued_at,
        cache=fresh.SHARED,
        filename=f"{document.title}.{ending}",
    )


def _bytes(_: str, html: str) -> bytes:
    return html.encode()
