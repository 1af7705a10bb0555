"""Routes of the API: what every operation has in common, so that no operation can forget it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import fastapi
from fastapi.dependencies import models

from engine.web import access
from engine.web.api import negotiation, specification

PREFIX = "/api/v1"


class Router(access.Router):
    """The operations of one noun. The name of an endpoint function is the `operationId`.

    Args:
        tag: The noun, as the reference shows it.
    """

    def __init__(self, tag: str) -> None:
        super().__init__(PREFIX, tag=tag)

    def route(
        self,
        method: str,
        path: str,
        *,
        rule: access.Rule,
        scope: str | None = None,
        produces: str = negotiation.JSON,
        consumes: str = negotiation.JSON,
        problems: Sequence[int] = (),
        **options: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer a method at a path.

        Args:
            method: GET, POST …
            path: Below `/api/v1`.
            rule: Who may call it.
            scope: What an API token must allow; without one no API token may call the operation.
            produces: Media type of the answer; somebody who accepts none of it gets 406.
            consumes: Media type of the body; another one gets 415.
            problems: Statuses of errors besides those that `specification` finds by itself.
            options: As `fastapi.APIRouter.add_api_route` takes them.
        """
        extra = {**options.pop("openapi_extra", {}), specification.PROBLEMS: list(problems)}
        if produces != negotiation.JSON:
            options.setdefault("response_class", fastapi.Response)
            options.setdefault("response_model", None)
            schema = {"type": "string"} if _is_text(produces) else {"type": "string", "format": "binary"}
            options.setdefault("responses", {200: {"content": {produces: {"schema": schema}}}})
        inherited = super().route

        def add(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            gate = negotiation.Negotiation(produces, consumes)
            decorate = inherited(
                method,
                path,
                rule=rule,
                scope=scope,
                operation_id=endpoint.__name__,
                openapi_extra=extra,
                dependencies=[fastapi.Depends(gate), *options.pop("dependencies", [])],
                **options,
            )
            decorated = decorate(endpoint)
            gate.parameters = frozenset(_query_names(self.routes.routes[-1].dependant))  # type: ignore[attr-defined]
            return decorated

        return add


@dataclasses.dataclass(frozen=True)
class Upload:
    """The body of an operation that takes a file, as the description of the API shows it.

    The gate of the route reads the form after it has asked who sends it: nobody unknown fills the disk.
    """

    field: str
    about: str

    def described(self) -> dict[str, Any]:
        """Return it as `openapi_extra`."""
        file = {"type": "string", "format": "binary", "description": self.about}
        schema = {"type": "object", "properties": {self.field: file}, "required": [self.field]}
        content = {negotiation.MULTIPART: {"schema": schema, "encoding": {self.field: {"contentType": "*/*"}}}}
        return {"requestBody": {"required": True, "content": content}}


def _query_names(dependant: models.Dependant) -> Iterator[str]:
    """Yield the names of the parameters that an operation, or anything it depends on, takes from the address."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for deeper in dependant.dependencies:
        yield from _query_names(deeper)


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith(("xml", "json"))
