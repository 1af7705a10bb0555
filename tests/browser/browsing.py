"""A real browser on a real server: what tests of the pages in Chromium stand on."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import pathlib
import re
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import fastapi
import uvicorn
from playwright import sync_api

from engine.actions import people

VENDOR = pathlib.Path(__file__).with_name("vendor")
CHROMIUM = "/usr/bin/chromium"
#: No sandbox: as root in a container Chromium has none. No background traffic of the browser itself.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-gpu")
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
#: Milliseconds; the machine may be busy.
PATIENCE = 20_000

#: What makes pages one of many: numbers, ids of users, keys of procedures, registers and services.
_ONE_OF_MANY = re.compile(
    r"(?<=/)\d+(?=/|$)|(?<=/users/)(?!new$)[^/]+|(?<=^/start/)[^/]+|(?<=^/registers/)[^/]+/[^/]+"
    r"|(?<=^/public/services/).+"
)
_NO_PAGE = re.compile(r"^/(static|files|public/items/\d+/files)/|\.(csv|bpmn|svg|pdf|docx|atom|json|yaml|zip|xlsx)$")
#: Parts of the browser itself, such as its viewer of PDF files.
_BUILT_IN = ("chrome-extension://", "chrome://")
_FAILED_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


@contextlib.contextmanager
def chromium() -> Iterator[sync_api.Browser]:
    """Run the Chromium of the system without a screen."""
    with sync_api.sync_playwright() as playwright:
        language = {**os.environ, "LANGUAGE": "zh_CN"}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, env=language)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def served(app: fastapi.FastAPI) -> Iterator[str]:
    """Serve an application on a free port of this machine; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the server has not come up"
            assert time.monotonic() < until, "the server has not come up in 30 seconds"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


@dataclasses.dataclass
class Watch:
    """Collects what must not happen in a browser; a test fails on what is left at its end.

    Parameters:
        address: where requests may go.
        problems: what happened, in words.
        statuses: statuses of answers that the test provokes on purpose.
    """

    address: str
    problems: list[str] = dataclasses.field(default_factory=list)
    statuses: set[int] = dataclasses.field(default_factory=set)

    def expect(self, *statuses: int) -> None:
        """Say that answers with these statuses are what the test is about."""
        self.statuses.update(statuses)

    def attach(self, context: sync_api.BrowserContext) -> None:
        """Watch every page of a browser."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"error on the page: {error.error}"))
        context.on("request", self._request)

    def _console(self, message: sync_api.ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type not in ("error", "warning") or where.startswith(_BUILT_IN):
            return
        status = _FAILED_STATUS.match(message.text)
        if status is None or int(status[1]) not in self.statuses:
            self.problems.append(f"{message.type} in the console: {message.text} {where}")

    def _request(self, request: sync_api.Request) -> None:
        parts = urllib.parse.urlsplit(request.url)
        if request.url.startswith(_BUILT_IN):
            return
        if parts.scheme not in ("data", "blob", "about") and f"{parts.scheme}://{parts.netloc}" != self.address:
            self.problems.append(f"request to elsewhere: {request.url}")


class Site:
    """An office that people open in browsers; each `browser` is one of their own, with its own cookies."""

    def __init__(self, address: str, chromium: sync_api.Browser, office: Any) -> None:
        self.address = address
        self.office = office
        self.watch = Watch(address)
        self._chromium = chromium
        self._contexts: list[sync_api.BrowserContext] = []

    def browser(self, user: str | None = None, *, scripts: bool = True, phone: bool = False) -> sync_api.Page:
        """Open a browser, signed in as a user (None: nobody yet).

        Args:
            user: Id of a demo user.
            scripts: Whether JavaScript runs.
            phone: The size of a phone, touched.
        """
        context = self._chromium.new_context(
            base_url=self.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport=sync_api.ViewportSize(**(PHONE if phone else DESKTOP)),
            has_touch=phone,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            service_workers="block",
        )
        context.set_default_timeout(PATIENCE)
        self.watch.attach(context)
        self._contexts.append(context)
        page = context.new_page()
        if user is not None:
            sign_in(page, user)
        return page

    def close(self) -> None:
        """Close all browsers."""
        for context in self._contexts:
            context.close()


def sign_in(page: sync_api.Page, user: str, password: str = people.DEMO_PASSWORD) -> None:
    """Sign in by the form."""
    page.goto("/login")
    page.get_by_label("用户名").fill(user)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(re.compile(r"^(?!.*/login).*$"))


def axe(page: sync_api.Page) -> list[str]:
    """Return what axe-core finds wrong with a page, all of its rules, one line each."""
    session = page.context.new_cdp_session(page)
    # Not as a script of the page: its content security policy would rightly refuse it.
    session.send("Runtime.evaluate", {"expression": (VENDOR / "axe.min.js").read_text(encoding="utf-8")})
    session.detach()
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:200]}"
        f" — {'; '.join(check['message'] for check in [*node['any'], *node['all'], *node['none']])}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def walk(page: sync_api.Page, address: str, *, each: int = 1) -> Iterator[str]:
    """Open every page that links lead to, and give the kind of each as soon as it is there: `/cases/N`.

    Args:
        page: Where to open them; whoever walks is signed in.
        address: Of the server; nothing beyond it is opened.
        each: How many pages of one kind.
    """
    seen: dict[str, int] = {}
    waiting = collections.deque(["/"])
    known = set(waiting)
    while waiting:
        path = waiting.popleft()
        kind = _ONE_OF_MANY.sub("N", path)
        if seen.get(kind, 0) >= each:
            continue
        seen[kind] = seen.get(kind, 0) + 1
        if not opened(page, path):
            continue
        settle(page)
        yield f"{kind}-{seen[kind]}" if seen[kind] > 1 else kind
        for link in links(page, address):
            if link not in known:
                known.add(link)
                waiting.append(link)


def opened(page: sync_api.Page, path: str) -> bool:
    """Open a page; tell whether it is one, and not a file that the browser saves (`Content-Disposition`)."""
    try:
        page.goto(path)
    except sync_api.Error as error:
        if "Download is starting" not in error.message:
            raise
        return False
    return True


def links(page: sync_api.Page, address: str) -> list[str]:
    """Return where one can go from a page on its server, without parameters; files are not pages."""
    hrefs: list[str] = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    parts = [urllib.parse.urlsplit(href) for href in hrefs]
    paths = [part.path for part in parts if f"{part.scheme}://{part.netloc}" == address]
    return [path for path in dict.fromkeys(paths) if not _NO_PAGE.search(path)]


def settle(page: sync_api.Page) -> None:
    """Wait for what is drawn later: diagrams, as they come into sight."""
    page.wait_for_load_state("networkidle")
    for figure in page.locator("[data-diagram]:visible").all():
        figure.scroll_into_view_if_needed()
        page.locator("[data-diagram][data-ready]").first.wait_for()
    page.evaluate("() => scrollTo(0, 0)")


def overflow(page: sync_api.Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
