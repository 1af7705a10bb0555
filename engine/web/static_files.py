"""Stylesheets, scripts and pictures: served under the hash of their content, so browsers keep them for ever."""

from __future__ import annotations

import functools
import hashlib
import pathlib

from starlette import responses, staticfiles, types

ROOT = pathlib.Path(__file__).with_name("static")
URL = "/static"


@functools.cache
def url(path: str) -> str:
    """Return the address of a static file; it changes with the content."""
    digest = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:16]
    return f"{URL}/{path}?v={digest}"


class Files(staticfiles.StaticFiles):
    """The directory of static files; an address with a hash never changes its content."""

    async def get_response(self, path: str, scope: types.Scope) -> responses.Response:
        """Answer with a file."""
        response = await super().get_response(path, scope)
        versioned = scope.get("query_string", b"").startswith(b"v=")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response
