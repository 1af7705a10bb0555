"""What callers say of what they have already, and writes that overwrite nothing unseen (RFC 9110, 13)."""

from __future__ import annotations

import json
from typing import Annotated, Any

import fastapi
import pydantic

from engine.web import fresh

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


def quoted(version: str) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def versions(header: str | None) -> frozenset[str] | None:
    """Return the versions that an `If-Match` header names; None when anything may be overwritten."""
    named = [part.strip() for part in (header or "*").split(",")]
    if "*" in named:
        return None
    return frozenset(part[1:-1] for part in named if len(part) > 1 and part[0] == part[-1] == '"')


def model(request: fastapi.Request, answer: pydantic.BaseModel, *, etag: str | None = None) -> fastapi.Response:
    """Return an answer as JSON with its entity tag, by default made of the answer, or 304."""
    return fresh.answer(request, answer.model_dump_json().encode(), "application/json", etag=etag)


def json_text(request: fastapi.Request, value: Any) -> fastapi.Response:
    """Return plain data as JSON with its entity tag, or 304."""
    return fresh.answer(request, json.dumps(value, ensure_ascii=False).encode(), "application/json")
