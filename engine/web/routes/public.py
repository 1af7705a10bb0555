"""The public portal (公开): what was published, for everybody, without an account and without scripts.

Lists by kind are in `public_shelf`, which comes after every other address below `/public`.
"""

from __future__ import annotations

import dataclasses
import functools

import fastapi
import markupsafe
from fastapi import responses

from engine import documents
from engine.actions import portal, taking_part
from engine.model import records as model
from engine.web import access, feeds, pages
from engine.web.routes import files, records

router = access.Router("/public")

#: Printing takes a second; what was published does not change.
_PRINTED = 32


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
    return pages.show(request, "public/home.html", HomePage(portal.overview(engine)))


@router.get("/feed.atom", rule=access.PUBLIC)
def feed(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the newest publications as an Atom feed."""
    found = portal.listed(engine, limit=portal.IN_FEED)
    return feeds.atom(request, engine, "政务公开", "/public", found.items)


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
    return pages.show(request, "public/item.html", page)


@router.get("/items/{item_id:int}/content.json", rule=access.PUBLIC)
def content(item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give everything that a publication shows, to the byte as it was hashed."""
    return fastapi.Response(portal.shown_text(engine, item_id), media_type="application/json")


@router.get("/items/{item_id:int}/document.html", rule=access.PUBLIC)
def source(item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the text of the official document that was published, to the byte as it was hashed."""
    found = portal.document(engine, item_id)
    return records.file(found.html.encode(), "text/html; charset=utf-8", f"{found.title}.html")


@router.get("/items/{item_id:int}/document.pdf", rule=access.PUBLIC)
def pdf(item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the official document that was published as PDF."""
    found = portal.document(engine, item_id)
    return records.file(_pdf(found.title, found.html), "application/pdf", f"{found.title}.pdf")


@router.get("/items/{item_id:int}/document.docx", rule=access.PUBLIC)
def word(item_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the official document that was published as DOCX."""
    found = portal.document(engine, item_id)
    return records.file(_word(found.title, found.html), records.WORD, f"{found.title}.docx")


@router.get("/items/{item_id:int}/files/{number:int}", rule=access.PUBLIC)
def attachment(
    request: fastapi.Request, item_id: int, number: int, engine: access.CurrentEngine, inline: bool = False
) -> responses.Response:
    """Give a file that a publication names; `inline` shows pictures and PDF in the browser."""
    return files.answer(request, *portal.attachment(engine, item_id, number), inline=inline)


@functools.lru_cache(maxsize=_PRINTED)
def _pdf(title: str, html: str) -> bytes:
    return documents.pdf(title, html)


@functools.lru_cache(maxsize=_PRINTED)
def _word(title: str, html: str) -> bytes:
    return documents.docx_of(title, html)
