"""An office whose people have mailboxes, a mail server on loopback, and programs that listen for webhooks."""

from __future__ import annotations

import contextlib
import dataclasses
import email
import email.message
import email.policy
import http.server
import json
import pathlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import packbuilder as p
import pytest
import snippets as s
import staff
from aiosmtpd import controller, smtp

from engine import config, testing

DRAFT = s.user("draft", name="起草", camunda_dueDate="${workdays(3)}")
OWN = s.user("mend", name="补正材料", camunda_candidateGroups="", camunda_assignee="zhangsan")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class MailServer:
    """A real SMTP server. `refusals` has answers by recipient; `letters` is what it has taken."""

    def __init__(self, port: int, **options: Any) -> None:
        self.port = port
        self.refusals: dict[str, str] = {}
        self.letters: list[email.message.EmailMessage] = []
        self._options = options
        self._running: controller.Controller | None = None

    def start(self) -> None:
        self._running = controller.Controller(self, hostname="127.0.0.1", port=self.port, **self._options)
        self._running.start()

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: smtp.Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: smtp.Envelope) -> str:
        made = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
        assert isinstance(made, email.message.EmailMessage)
        made["X-Recipients"] = ",".join(envelope.rcpt_tos)
        self.letters.append(made)
        return "250 OK"


@pytest.fixture
def mail_server() -> Iterator[Callable[..., MailServer]]:
    """Start a mail server: `mail_server(port=..., tls_context=...)`."""
    started: list[MailServer] = []

    def make(**options: Any) -> MailServer:
        made = MailServer(options.pop("port", None) or free_port(), **options)
        started.append(made)
        made.start()
        return made

    yield make
    for server in started:
        server.stop()


def mailing(port: int, **given: Any) -> config.Settings:
    """Return settings with a mail server."""
    settings: dict[str, Any] = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
        "smtp_sender": "政务公开办理 <gongkai@office.test>",
        "public_url": "https://office.test",
        **given,
    }
    return dataclasses.replace(staff.SETTINGS, **settings)


Open = Callable[..., testing.EngineDriver]


@pytest.fixture
def open_office(tmp_path: pathlib.Path) -> Iterator[Open]:
    """Open an office: `open_office(settings, main=diagram)`; everybody has an address."""
    with contextlib.ExitStack() as closing:

        def make(settings: config.Settings = staff.SETTINGS, **diagrams: bytes) -> testing.EngineDriver:
            given = diagrams or {"main": p.line(DRAFT, ids=("draft",)), "own": p.line(OWN, ids=("mend",), id="own")}
            p.write(tmp_path / "packs", given)
            (tmp_path / "database").mkdir(exist_ok=True)
            driver = testing.EngineDriver(tmp_path / "packs", directory=tmp_path / "database", settings=settings)
            closing.callback(driver.close)
            staff.add(driver, "boss", "马主任", rights=["admin"], email="boss@office.test")
            for user_id, (name, roles) in staff.PEOPLE.items():
                staff.add(driver, user_id, name, roles=roles, email=f"{user_id}@office.test")
            driver.run()
            return driver

        yield make


@pytest.fixture
def mail_settings() -> Callable[..., config.Settings]:
    """Make settings with a mail server: `mail_settings(port, smtp_user=...)`."""
    return mailing


@dataclasses.dataclass
class Request:
    """What a listening program was sent."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def said(self) -> dict[str, Any]:
        """The body, read."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Listener:
    """A real program that listens for webhooks; `answer` decides what it says: status, headers, or what it does."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[http.server.BaseHTTPRequestHandler], None] | int = 204
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.requests.append(Request(self.path, headers, body))
                if callable(listener.answer):
                    listener.answer(self)
                    return
                self.send_response(listener.answer)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address it listens on."""
        return f"http://127.0.0.1:{self.port}/hook?key=1"

    @property
    def names(self) -> list[str]:
        """The names of the events it was told of, in order."""
        return [request.said["type"] for request in self.requests]

    def secure(self, context: Any) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def listener() -> Iterator[Callable[[], Listener]]:
    """Start a program that listens."""
    started: list[Listener] = []

    def make() -> Listener:
        started.append(Listener())
        return started[-1]

    yield make
    for each in started:
        each.close()
