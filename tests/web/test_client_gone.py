"""Somebody who closes the browser while a form is being sent leaves a line in the log, not a traceback."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator

import packbuilder as p
import pytest
import snippets as s
import uvicorn

from engine import bootstrap, config, testing, web


@pytest.fixture
def address(tmp_path) -> Iterator[tuple[str, int]]:
    """A server that listens on a socket, as `gongkai serve` does."""
    packs = p.write(tmp_path / "packs", {"main": p.line(s.user("a"), ids=("a",))})
    listener = socket.create_server(("127.0.0.1", 0))
    with contextlib.ExitStack() as opened:
        database = opened.enter_context(testing.fresh_database(tmp_path, None, testing.MONDAY))
        settings = config.Settings(database=database, packs=(packs,), files=str(tmp_path / "files"))
        engine = opened.enter_context(bootstrap.open_engine(settings))
        served = uvicorn.Server(uvicorn.Config(web.create_app(engine), access_log=False, log_config=None))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        served.should_exit = True
        thread.join()
    listener.close()


def said(caplog, wanted, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = [record for record in caplog.records if wanted in record.getMessage()]
        if found:
            return found
        threading.Event().wait(0.01)
    return []


@pytest.mark.parametrize(
    ("kind", "begun"),
    [
        ("application/x-www-form-urlencoded", b"user=zhang"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="user"\r\n\r\nzh'),
    ],
)
def test_a_form_that_is_cut_off_is_one_line_and_no_traceback(address, caplog, kind, begun):
    caplog.set_level(logging.INFO)
    with socket.create_connection(address) as browser:
        head = f"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 5000\r\n\r\n"
        browser.sendall(head.encode() + begun)

    (line,) = said(caplog, "client left")

    assert (line.levelno, line.getMessage()) == (
        logging.INFO,
        "client left before its request was complete: POST /login",
    )
    with socket.create_connection(address) as other:  # and everybody else is served
        other.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"
    assert [record for record in caplog.records if record.levelno > logging.INFO or record.exc_info] == []
