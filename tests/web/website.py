"""What tests of the web stand on: an engine driver with accounts, and clients that are signed in."""

from __future__ import annotations

import contextlib
import pathlib
from typing import Any

import lxml.html
from starlette import testclient

from engine import config, testing, web
from engine.actions import people
from engine.web import access

HTML = {"accept": "text/html"}
#: Hashing passwords takes as little as the settings allow: tests sign in often.
SETTINGS = config.Settings(password_memory_kib=8192)


class Office:
    """The engine of a pack with its demo users as accounts, and the application on it."""

    def __init__(
        self,
        directory: pathlib.Path,
        pack: str | pathlib.Path = "shizhengwuban",
        driver: testing.EngineDriver | None = None,
    ) -> None:
        self._cleanup = contextlib.ExitStack()
        if driver is None:
            made = testing.EngineDriver(pack, directory=directory, settings=SETTINGS)
            driver = self._cleanup.enter_context(made)
        self.driver: testing.EngineDriver = driver
        self.engine = self.driver.engine
        people.seed_demo(self.engine)
        self.app = web.create_app(self.engine)
        self._clients: dict[str | None, testclient.TestClient] = {}

    def __enter__(self) -> Office:
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def client(self, user_id: str | None = None, *, new: bool = False) -> testclient.TestClient:
        """Return a client that is signed in as a user (None: a stranger); it sends the CSRF token by itself."""
        if new or user_id not in self._clients:
            # An error that nobody expected is to be seen as the page it becomes, and in the log.
            made = testclient.TestClient(
                self.app, "http://office.test", raise_server_exceptions=False, headers=HTML, follow_redirects=False
            )
            if user_id is not None:
                sign_in(made, user_id)
            self._clients[user_id] = made
        return self._clients[user_id]


def sign_in(client: testclient.TestClient, user_id: str, password: str = people.DEMO_PASSWORD) -> None:
    """Sign in by the form, as a browser does."""
    token = csrf(client.get("/login"))
    answer = client.post("/login", data={"user": user_id, "password": password, access.CSRF_FIELD: token})
    assert answer.status_code == 303, answer.text
    client.headers[access.CSRF_HEADER] = csrf(client.get("/account"))


def csrf(answer: Any) -> str:
    """Return the CSRF token of a page."""
    (found,) = page(answer).xpath("//meta[@name='csrf-token']/@content")
    return str(found)


def page(answer: Any) -> lxml.html.HtmlElement:
    """Return a page, parsed."""
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    return lxml.html.fromstring(answer.text)


def text(answer: Any, path: str = "//main") -> str:
    """Return what a person reads in a part of a page, on one line."""
    return " ".join(" ".join(part.text_content() for part in page(answer).xpath(path)).split())
