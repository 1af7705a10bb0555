"""A small HTTP server for those who watch: a fixed set of pages, GET only, nothing of it in the way of the work."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import logging
import pathlib
import socketserver
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from engine import errors
from engine.monitoring.addresses import Address

_LOG = logging.getLogger(__name__)

#: Requests that are answered at the same time; more are turned away.
_MOST = 16
#: Seconds that a client may take to say what it wants.
_PATIENCE = 5.0
#: Seconds between looks at what is watched.
_LOOK = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status: int
    kind: str
    body: bytes


Pages = Mapping[str, Callable[[], Page]]


class Listener:
    """Answers on an address until it is closed; a context manager.

    Args:
        address: Where.
        pages: What makes the answer, by path.
        look: Called about twice a second, for what has to be watched without being asked.

    Raises:
        errors.InvalidInput: The address cannot be listened on.
    """

    def __init__(self, address: Address, pages: Pages, look: Callable[[], None] = lambda: None) -> None:
        self._path = address.path
        server = type("_Bound", (_Server,), {"address_family": address.family})
        try:
            self._server: _Server = server(address.target, pages, look)
        except OSError as error:
            raise errors.InvalidInput(
                f"不能在 {address} 提供监测信息（{error.strerror or error}），请用 --monitor 换一个地址。"
            ) from None
        bound = self._server.server_address
        #: Where it listens, with the port that it got.
        self.address = dataclasses.replace(address, port=int(bound[1])) if isinstance(bound, tuple) else address
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK,), name="monitoring", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                pathlib.Path(self._path).unlink()


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, target: Any, pages: Pages, look: Callable[[], None]) -> None:
        self.pages = pages
        self._look = look
        self._free = threading.Semaphore(_MOST)
        super().__init__(target, _Handler)

    def server_bind(self) -> None:
        """Bind, without asking the network for the name of this machine."""
        socketserver.TCPServer.server_bind(self)

    def service_actions(self) -> None:
        """Look at what is watched."""
        try:
            self._look()
        except Exception:
            _LOG.exception("monitoring could not look")

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Turn a request away when too many are being answered."""
        return self._free.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away."""
        _LOG.debug("monitoring client left", exc_info=True)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE
    server_version = "gongkai"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a page."""
        make = self.server.pages.get(self.path.partition("?")[0])
        if make is None:
            self._send(Page(404, "text/plain; charset=utf-8", b"not found\n"))
            return
        try:
            page = make()
        except Exception:
            _LOG.exception("monitoring could not answer")
            page = Page(500, "text/plain; charset=utf-8", b"error\n")
        self._send(page)

    def do_HEAD(self) -> None:
        """Answer without the body."""
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: those who watch ask every few seconds."""

    def _send(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.kind)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)
