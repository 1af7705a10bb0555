"""Every request is measured, logged and traced by the template of its route: an address may hold what is private."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette import datastructures, types

from engine import logs, metrics, tracing

_LOG = logging.getLogger(__name__)

#: The id of a request, in its answer; a proxy in front may give it.
HEADER = "x-request-id"
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: The route of what no route answers, and of files that pages consist of.
NO_ROUTE = "unmatched"
STATIC = "static"


class Observed:
    """Measures the requests of an application.

    Args:
        app: What answers.
        static: Where the files that pages consist of begin.
    """

    def __init__(self, app: types.ASGIApp, *, static: str) -> None:
        self._app = app
        self._static = f"{static.rstrip('/')}/"

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = datastructures.Headers(scope=scope)
        given = headers.get(HEADER, "")
        request = given if _ID.fullmatch(given) else secrets.token_hex(8)
        status = 500
        method = scope["method"] if scope["method"] in _METHODS else "other"
        path = scope["path"]

        async def noted(message: types.Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                datastructures.MutableHeaders(scope=message)[HEADER] = request
            await send(message)

        begun = time.perf_counter()
        with logs.about(request=request), tracing.span(method, headers if tracing.on else None, request=request):
            try:
                await self._app(scope, receive, noted)
            finally:
                took, route = time.perf_counter() - begun, self._route(scope, path)
                metrics.HTTP_SECONDS.labels(method, route, f"{status // 100}xx").observe(took)
                tracing.annotate(f"{method} {route}", status=status)
                fields = {"method": method, "route": route, "status": status, "seconds": round(took, 4)}
                logs.event(_LOG, logging.INFO, "request", **fields)

    def _route(self, scope: types.Scope, path: str) -> str:
        if path.startswith(self._static):
            return STATIC
        found = getattr(scope.get("route"), "path", None)
        return found if isinstance(found, str) and found else NO_ROUTE
