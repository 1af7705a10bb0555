"""docs/how-to/use-the-api.md is true: its Python runs as it stands there, against a server on loopback."""

from __future__ import annotations

import contextlib
import http.server
import pathlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from engine import bootstrap, config, testing, web
from engine.actions import deployments, people, user_tasks
from engine.jobs import notify
from engine.model import commands

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "use-the-api.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ADMIN = commands.Actor("admin", admin=True)


@pytest.fixture
def engine(tmp_path: pathlib.Path) -> Iterator[bootstrap.Engine]:
    """The product with its demo users, on the clock of the machine: signatures are of now."""
    with contextlib.ExitStack() as house:
        database = house.enter_context(testing.fresh_database(tmp_path, None, testing.MONDAY))
        settings = config.Settings(database=database, files=str(tmp_path / "files"), webhook_private=True)
        opened = house.enter_context(bootstrap.open_engine(settings))
        deployments.deploy(opened, "shizhengwuban", ADMIN)
        people.seed_demo(opened)
        yield opened


@contextlib.contextmanager
def served(engine: bootstrap.Engine) -> Iterator[str]:
    """Serve the product on loopback, as `gongkai serve` does; give its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(web.create_app(engine), log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextlib.contextmanager
def listening(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve a receiver of webhooks; give its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook"
        finally:
            server.shutdown()
            thread.join()


def test_the_page_runs_word_by_word(engine, monkeypatch, capsys):
    tokens = {
        user: people.create_token(engine, commands.Actor(user, admin=user == "admin"), "测试", scopes).secret
        for user, scopes in (("zhangsan", ["read", "work", "start"]), ("admin", ["read", "operate"]))
    }
    names: dict[str, Any] = {"__name__": "page"}
    with served(engine) as address:
        monkeypatch.setenv("GONGKAI_URL", address)
        monkeypatch.setenv("GONGKAI_TOKEN", tokens["zhangsan"])
        for block in PYTHON:
            exec(compile(block, "use-the-api.md", "exec"), names)  # noqa: S102 - a page of ours
        told = capsys.readouterr().out
        assert "填报公开申请单" in told and "unit required" in told

        receiver: Any = names["Receiver"]
        monkeypatch.setattr(receiver, "log_message", lambda *_: None)
        with listening(receiver) as hook:
            monkeypatch.setenv("GONGKAI_TOKEN", tokens["admin"])
            notify.until_idle(engine)  # of what happened before, nobody is told
            receiver.secret = names["add_webhook"](hook)
            review = names["next_task"]
            unit = people.directory(engine).users["wangfang"].unit
            chief = commands.Actor("wangfang", frozenset({"danwei_fuze"}), unit=unit)
            form = {"in_catalogue": "listed", "secrecy": "clear", "decision": "publish", "signed": True}
            user_tasks.complete(engine, review["id"], chief, form)
            notify.until_idle(engine)
        assert names["completed"](receiver.seen) == [review["name"]]
        assert not names["genuine"](
            receiver.secret, {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}, b""
        )


def test_the_page_names_scopes_and_operations_that_there_are():
    from engine.model import people as model
    from engine.web import api, app
    from engine.web.api import specification

    for scope in model.Scope:
        assert f"| `{scope}` |" in PAGE
    described = specification.describe([route for each in app.routers(api) for route in each.routes.routes])
    known = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '*', path.removeprefix('/api/v1'))}"
        for path, method, _ in specification.operations(described)
    }
    called = set(re.findall(r"`(GET|POST) (/[a-z-]+)`", PAGE)) | set(re.findall(r'call\("(\w+)", f?"([^"]+)"', PAGE))
    assert len(called) > 6
    for method, path in called:
        assert f"{method} {re.sub(r'{[^}]*}', '*', path)}" in known
