"""Answers that need not be sent twice, and writes that overwrite nothing unseen (RFC 9110, 13)."""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from typing import Annotated, Any

import fastapi
import pydantic

#: Kept by whoever asked, and asked for again every time: who may see it may change.
CACHE = "private, no-cache"

IfNoneMatch = Annotated[
    str | None,
    fastapi.Header(
        alias="If-None-Match",
        max_length=2000,
        description="`ETag` of what the caller has already; if it is still so, the answer is 304 without a body.",
    ),
]
IfMatch = Annotated[
    str | None,
    fastapi.Header(
        alias="If-Match",
        max_length=2000,
        description="`ETag` of what the caller has seen; if it has changed, nothing is written and the answer is 412.",
    ),
]


def tag(content: bytes | str) -> str:
    """Return the entity tag of some content."""
    data = content.encode() if isinstance(content, str) else content
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def matches(header: str | None, etag: str) -> bool:
    """Tell whether a list of entity tags names one, or any (`*`)."""
    named = [part.strip() for part in (header or "").split(",")]
    return "*" in named or any(part.removeprefix("W/") == etag for part in named)


def quoted(version: str) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def versions(header: str | None) -> frozenset[str] | None:
    """Return the versions that an `If-Match` header names; None when anything may be overwritten."""
    named = [part.strip() for part in (header or "*").split(",")]
    if "*" in named:
        return None
    return frozenset(part[1:-1] for part in named if len(part) > 1 and part[0] == part[-1] == '"')


def unchanged(request: fastapi.Request, etag: str) -> fastapi.Response | None:
    """Return 304 for somebody who has it already; None when it must be sent."""
    if not matches(request.headers.get("if-none-match"), etag):
        return None
    return fastapi.Response(status_code=304, headers={"etag": etag, "cache-control": CACHE})


def content(
    request: fastapi.Request, data: bytes, media_type: str, *, etag: str | None = None, filename: str | None = None
) -> fastapi.Response:
    """Return some content with its entity tag, or 304.

    Args:
        request: Who asks.
        data: The content.
        media_type: Its type.
        etag: By default made of the content.
        filename: What a browser calls the file that it saves.
    """
    known = etag or tag(data)
    same = unchanged(request, known)
    if same is not None:
        return same
    headers = {"etag": known, "cache-control": CACHE}
    if filename is not None:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{urllib.parse.quote(filename, safe='')}"
    return fastapi.Response(data, media_type=media_type, headers=headers)


def model(request: fastapi.Request, answer: pydantic.BaseModel, *, etag: str | None = None) -> fastapi.Response:
    """Return an answer as JSON with its entity tag, by default made of the answer, or 304."""
    return content(request, answer.model_dump_json().encode(), "application/json", etag=etag)


def json_text(request: fastapi.Request, value: Any) -> fastapi.Response:
    """Return plain data as JSON with its entity tag, or 304."""
    return content(request, json.dumps(value, ensure_ascii=False).encode(), "application/json")
