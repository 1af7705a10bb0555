"""What the two sides of a request agree on: media types (RFC 9110, 12 and 8.3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import fastapi
from fastapi import exceptions as validation
from starlette import exceptions

JSON = "application/json"
PROBLEM = "application/problem+json"
MULTIPART = "multipart/form-data"


@dataclasses.dataclass(eq=False)
class Negotiation:
    """Refuses requests whose sender cannot read the answer, or who sends what nobody reads.

    A misspelt filter would otherwise give the whole list. `parameters` are the names that an address may have.
    """

    produces: str
    consumes: str
    parameters: frozenset[str] = frozenset()

    async def __call__(self, request: fastapi.Request) -> None:
        """Check one request."""
        accepted = ",".join(request.headers.getlist("accept"))
        if accepted and not accepts(accepted, self.produces):
            raise exceptions.HTTPException(406, f"此地址返回 {self.produces}，请求只接受：{accepted[:200]}。")
        given = media_type(request.headers.get("content-type", ""))
        if _has_body(request) and given != self.consumes:
            raise exceptions.HTTPException(415, f"请求的内容应为 {self.consumes}，现为 {given or '未说明'}。")
        unknown = [name for name in request.query_params if name not in self.parameters]
        if unknown:
            found = [{"type": "extra_forbidden", "loc": ("query", name), "msg": ""} for name in unknown]
            raise validation.RequestValidationError(found)


def accepts(header: str, offered: str) -> bool:
    """Tell whether an `Accept` header admits a media type: the most specific range that matches it decides."""
    kind = offered.partition("/")[0]
    quality = {name: weight for name, weight in _ranges(header) if name in (offered, f"{kind}/*", "*/*")}
    decisive = next((quality[name] for name in (offered, f"{kind}/*", "*/*") if name in quality), 0.0)
    return decisive > 0


def media_type(header: str) -> str:
    """Return a media type without its parameters."""
    return header.partition(";")[0].strip().lower()


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        yield name, weight


def _has_body(request: fastapi.Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
