"""What everybody reads need not be sent twice: entity tags and times of change (RFC 9110, 13).

Nothing is kept without asking again: what was withdrawn is gone at once, from caches, too.
"""

from __future__ import annotations

import datetime
import email.utils
from collections.abc import Callable

import fastapi
from fastapi import responses

from engine.web.api import conditional

#: Anybody on the way may keep it, and asks every time whether it is still so.
SHARED = "public, no-cache"
#: Pages hold a secret of the browser that they are for (CSRF).
OWN = "private, no-cache"


def answer(
    request: fastapi.Request,
    content: bytes | Callable[[], bytes],
    media_type: str,
    *,
    etag: str | None = None,
    changed: datetime.datetime | None = None,
    disposition: str | None = None,
) -> fastapi.Response:
    """Return content that is the same for everybody, or 304 to whoever has it.

    Args:
        request: Who asks.
        content: The content, or what makes it; that is not made for whoever has it.
        media_type: Its type.
        etag: Its entity tag, quoted; by default made of the content.
        changed: When it changed last.
        disposition: The header that names a download.
    """
    made = content if isinstance(content, bytes) else None
    if etag is None:
        made = content() if callable(content) else content
        etag = conditional.tag(made)
    headers = {"etag": etag, "cache-control": SHARED}
    if changed is not None:
        headers["last-modified"] = email.utils.format_datetime(changed.astimezone(datetime.UTC), usegmt=True)
    if _has(request, etag, changed):
        return fastapi.Response(status_code=304, headers=headers)
    if disposition is not None:
        headers["content-disposition"] = disposition
    if made is None:
        made = content() if callable(content) else content
    return fastapi.Response(made, media_type=media_type, headers=headers)


def page(request: fastapi.Request, response: responses.HTMLResponse) -> fastapi.Response:
    """Return a page that a browser may keep as long as it asks, or 304 to the browser that has it."""
    etag = conditional.tag(bytes(response.body))
    response.headers["etag"] = etag
    response.headers["cache-control"] = OWN
    if "set-cookie" not in response.headers and _has(request, etag, None):
        return fastapi.Response(status_code=304, headers={"etag": etag, "cache-control": OWN})
    return response


def _has(request: fastapi.Request, etag: str, changed: datetime.datetime | None) -> bool:
    """Tell whether the browser has it already; what it says of tags counts more than what it says of times."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return conditional.matches(tags, etag)
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        known = email.utils.parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
    if known.tzinfo is None:
        return False
    return changed.replace(microsecond=0) <= known
