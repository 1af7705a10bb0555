"""Answers that need not be sent twice: entity tags and times of change (RFC 9110, 13).

Nothing is kept without asking again: what was withdrawn is gone at once, from caches, too.
"""

from __future__ import annotations

import datetime
import email.utils
import hashlib
from collections.abc import Callable

import fastapi
from fastapi import responses

from engine.web import downloads

#: Anybody on the way may keep it, and asks every time whether it is still so.
SHARED = "public, no-cache"
#: Kept by whoever asked alone: who may see it may change, and pages hold a secret of the browser (CSRF).
OWN = "private, no-cache"


def tag(content: bytes) -> str:
    """Return the entity tag of some content."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def unchanged(
    request: fastapi.Request, etag: str, *, changed: datetime.datetime | None = None, cache: str = OWN
) -> fastapi.Response | None:
    """Return 304 for somebody who has it already; None when it must be sent.

    Args:
        request: Who asks; what it says of tags counts more than what it says of times.
        etag: The entity tag, quoted.
        changed: When the content changed last, if that is known.
        cache: Who may keep it: `SHARED` or `OWN`.
    """
    tags = request.headers.get("if-none-match")
    if not (_since(request, changed) if tags is None else _named(tags, etag)):
        return None
    return fastapi.Response(status_code=304, headers=_headers(etag, changed, cache))


def answer(
    request: fastapi.Request,
    content: bytes | Callable[[], bytes],
    media_type: str,
    *,
    etag: str | None = None,
    changed: datetime.datetime | None = None,
    cache: str = OWN,
    filename: str | None = None,
) -> fastapi.Response:
    """Return some content with its entity tag, or 304 to whoever has it.

    Args:
        request: Who asks.
        content: The content, or what makes it; with a tag given, that is not made for whoever has it.
        media_type: Its type.
        etag: Its entity tag, quoted; by default made of the content.
        changed: When it changed last.
        cache: Who may keep it: `SHARED` or `OWN`.
        filename: What a browser calls the file that it saves.
    """
    if etag is None:
        content = content() if callable(content) else content
        etag = tag(content)
    same = unchanged(request, etag, changed=changed, cache=cache)
    if same is not None:
        return same
    headers = _headers(etag, changed, cache)
    if filename is not None:
        headers["content-disposition"] = downloads.disposition(filename)
    return fastapi.Response(content() if callable(content) else content, media_type=media_type, headers=headers)


def page(request: fastapi.Request, response: responses.HTMLResponse) -> fastapi.Response:
    """Return a page that a browser may keep as long as it asks, or 304 to the browser that has it."""
    etag = tag(bytes(response.body))
    response.headers.update(_headers(etag, None, OWN))
    same = None if "set-cookie" in response.headers else unchanged(request, etag)
    return same or response


def _headers(etag: str, changed: datetime.datetime | None, cache: str) -> dict[str, str]:
    headers = {"etag": etag, "cache-control": cache}
    if changed is not None:
        headers["last-modified"] = email.utils.format_datetime(changed.astimezone(datetime.UTC), usegmt=True)
    return headers


def _named(tags: str, etag: str) -> bool:
    """Tell whether a list of entity tags names one, or any (`*`)."""
    named = [part.strip() for part in tags.split(",")]
    return "*" in named or any(part.removeprefix("W/") == etag for part in named)


def _since(request: fastapi.Request, changed: datetime.datetime | None) -> bool:
    """Tell whether nothing has changed since the time that a browser names."""
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        known = email.utils.parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
    return known.tzinfo is not None and changed.replace(microsecond=0) <= known
