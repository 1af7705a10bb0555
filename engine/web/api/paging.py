"""Lists, a page at a time, cut by key: the next page costs the same however far one has gone."""

from __future__ import annotations

import dataclasses
import urllib.parse
from typing import Annotated, Any, Generic, TypeVar

import fastapi
import pydantic

from engine.web.api import schema

T = TypeVar("T")
M = TypeVar("M", bound=schema.Model)


class Page(schema.Model, Generic[T]):
    """A part of a list."""

    items: list[T]
    after: str | None = pydantic.Field(
        description="What to send as `after` to get the next page; null on the last one.", examples=["WzE3XQ"]
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted."""

    limit: int
    after: str | None


async def window(
    limit: Annotated[schema.Limit, fastapi.Query(description="How many items at most.", examples=[50])] = 50,
    after: Annotated[
        str | None,
        fastapi.Query(
            min_length=1,
            max_length=1000,
            pattern=r"^[A-Za-z0-9_-]+$",
            description="Where the page begins: `after` of the page before. Keep all other parameters as they were.",
        ),
    ] = None,
) -> Window:
    """Return the part of a list that a request asks for."""
    return Window(limit, after)


Wanted = Annotated[Window, fastapi.Depends(window)]


def answer(kind: type[M], request: fastapi.Request, response: fastapi.Response, items: Any, after: str | None) -> M:
    """Return a page, and say in the `Link` header (RFC 8288) where the next one is."""
    if after is not None:
        query = [pair for pair in request.query_params.multi_items() if pair[0] != "after"]
        target = f"{request.url.path}?{urllib.parse.urlencode([*query, ('after', after)])}"
        response.headers["link"] = f'<{target}>; rel="next"'
    return kind.model_validate({"items": items, "after": after})
