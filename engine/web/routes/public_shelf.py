"""Publications of one kind: found by words, leafed through, followed by a feed.

`/public/{kind}` would catch other addresses: of the modules about `/public`, this is the last by name.
"""

from __future__ import annotations

import dataclasses

import fastapi

from engine import errors
from engine.actions import context, portal
from engine.model import records as model
from engine.web import access, feeds, pages

router = access.Router("/public")

_LONGEST = 100


@dataclasses.dataclass(frozen=True, slots=True)
class ListPage:
    """Publications of a kind or of all; `text` is what was looked for, `first` whether nothing newer comes before."""

    kind: model.PublicationKind | None
    listed: portal.Listed
    text: str
    first: bool


@router.get("/search", rule=access.PUBLIC)
def search(
    request: fastapi.Request, engine: access.CurrentEngine, text: str = "", after: str | None = None
) -> fastapi.Response:
    """Show publications of all kinds, newest first."""
    return _show(request, engine, None, text, after)


@router.get("/{kind}", rule=access.PUBLIC)
def shelf(
    request: fastapi.Request, kind: str, engine: access.CurrentEngine, text: str = "", after: str | None = None
) -> fastapi.Response:
    """Show publications of a kind, newest first."""
    return _show(request, engine, _kind(kind), text, after)


def _show(
    request: fastapi.Request,
    engine: context.Engine,
    wanted: model.PublicationKind | None,
    text: str,
    after: str | None,
) -> fastapi.Response:
    text = " ".join(text.split())[:_LONGEST]
    found = portal.listed(engine, kind=wanted, text=text, after=after or None)
    return pages.show(request, "public/list.html", ListPage(wanted, found, text, not after))


@router.get("/{kind}/feed.atom", rule=access.PUBLIC)
def feed(request: fastapi.Request, kind: str, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the newest publications of a kind as an Atom feed."""
    wanted = _kind(kind)
    found = portal.listed(engine, kind=wanted, limit=portal.IN_FEED)
    return feeds.atom(request, engine, f"政务公开：{feeds.KINDS[wanted]}", f"/public/{wanted.value}", found.items)


def _kind(kind: str) -> model.PublicationKind:
    try:
        return model.PublicationKind(kind)
    except ValueError:
        raise errors.NotFound("没有此页面，请检查地址。") from None
