"""检索: cases found by the words in them."""

from __future__ import annotations

import dataclasses

import fastapi

from engine import errors
from engine.actions import search
from engine.model import views_lists
from engine.web import access, listing, pages

router = access.Router("/search")


@dataclasses.dataclass(frozen=True, slots=True)
class SearchPage:
    """What was searched for and found; `hits` is None before anything was asked."""

    text: str
    hits: views_lists.Listing[views_lists.Hit] | None
    here: str
    error: str = ""


@router.get("", rule=access.SIGNED_IN)
def show(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, text: str = ""
) -> fastapi.Response:
    """Search the cases that somebody may see."""
    here = listing.without_origin(str(request.url))
    if not text.strip():
        return pages.show(request, "cases/search.html", SearchPage("", None, here))
    try:
        hits = search.find(engine, actor, text, **listing.place(request.query_params))
    except errors.InvalidInput as error:
        # A hint, not a failure: nothing was to be changed.
        return pages.show(request, "cases/search.html", SearchPage(text, None, here, error.message))
    return pages.show(request, "cases/search.html", SearchPage(text, hits, here))
