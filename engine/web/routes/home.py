"""The first address: where everybody begins."""

from __future__ import annotations

import fastapi
from fastapi import responses

from engine.web import access, pages, static_files

router = access.Router()


@router.get("/", rule=access.SIGNED_IN)
def home(request: fastapi.Request) -> fastapi.Response:
    """Send staff to what is theirs to do."""
    return pages.redirect(request, "/tasks")


@router.get("/health", rule=access.PUBLIC, response_class=responses.PlainTextResponse)
def health(engine: access.CurrentEngine) -> str:
    """Tell a monitoring program that the server answers and its database can be read."""
    with engine.store.read():
        return "ok"


@router.get("/favicon.ico", rule=access.PUBLIC)
def icon() -> fastapi.Response:
    """Give the icon to browsers that show what is no page, such as a PDF: they ask for it here."""
    return responses.RedirectResponse(static_files.url("icon.svg"))
