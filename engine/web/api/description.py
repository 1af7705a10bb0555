"""The description of the API: for programs as OpenAPI, for people as a page without scripts."""

from __future__ import annotations

from typing import Any

import fastapi

from engine.web import access, pages
from engine.web.api import conditional, negotiation, reference, routing, specification

router = routing.Router("description")


def of(app: fastapi.FastAPI) -> dict[str, Any]:
    """Return the description of an application's API; made once."""
    made: dict[str, Any] | None = getattr(app.state, "description", None)
    if made is None:
        described = [each for each in app.state.routers if isinstance(each, routing.Router)]
        made = app.state.description = specification.describe(
            [route for each in described for route in each.routes.routes]
        )
    return made


@router.get(
    "/openapi.json",
    rule=access.SIGNED_IN,
    scope="read",
    responses={200: {"content": {negotiation.JSON: {"schema": {"type": "object"}, "example": {"openapi": "3.1.0"}}}}},
    response_class=fastapi.Response,
    response_model=None,
    summary="接口说明（OpenAPI）",
)
def show_description(request: fastapi.Request, if_none_match: conditional.IfNoneMatch = None) -> Any:
    """Return the OpenAPI 3.1 description of the API."""
    return conditional.json_text(request, of(request.app))


@router.get("/docs", rule=access.SIGNED_IN, produces="text/html", include_in_schema=False)
def show_reference(request: fastapi.Request) -> Any:
    """Show the description as a page."""
    return pages.show(request, "api/reference.html", reference.page(of(request.app)))
