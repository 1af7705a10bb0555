"""What every answer says to the browser about safety, and how long a request may be."""

from __future__ import annotations

from starlette import datastructures, exceptions, types

#: Nothing from elsewhere, nothing inline, no frames. Style attributes set by scripts (CSSOM) are not concerned.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_ALWAYS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SafeHeaders:
    """Adds the headers to every answer that does not say otherwise."""

    def __init__(self, app: types.ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: types.Message) -> None:
            if message["type"] == "http.response.start":
                headers = datastructures.MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        await self._app(scope, receive, with_headers)


class TooLong(exceptions.HTTPException):
    """The body of a request is longer than allowed."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"提交的内容过大，最多 {most // 1_000_000} MB。", {"connection": "close"})


class BodyLimit:
    """Refuses bodies that are too long, whatever their announced length, before they fill memory or disk.

    Args:
        app: What answers.
        plain: Bytes of a request at most.
        upload: Bytes of a multipart form at most.
        public: Bytes of a multipart form at most where anybody may send one, below `/public/`.
    """

    def __init__(self, app: types.ASGIApp, *, plain: int, upload: int, public: int) -> None:
        self._app = app
        self._plain = plain
        self._upload = upload
        self._public = public

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = datastructures.Headers(scope=scope).get("content-type", "")
        most = self._plain
        if kind.lower().startswith("multipart/form-data"):
            most = self._public if scope["path"].startswith("/public/") else self._upload
        read = 0

        async def counted() -> types.Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise TooLong(most)  # becomes an answer where other errors of the request do
            return message

        await self._app(scope, counted, send)


class HeadAsGet:
    """Answers HEAD as GET without the body (RFC 9110, 9.3.2), so no route needs to know of it."""

    def __init__(self, app: types.ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: types.Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
