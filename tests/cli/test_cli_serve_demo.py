"""`gongkai serve --demo` on a database that was prepared before: it starts, or says what to do."""

from __future__ import annotations

import socket

import packbuilder as p
import pytest
import snippets as s

from engine import errors, testing
from engine.cli import serve, session


def main(name):
    return {"main": p.line(s.user("a", name=name), ids=("a",), tag="1.0")}


def test_a_database_of_older_packs_is_refused_with_what_to_do(tmp_path):
    packs = p.write(tmp_path / "packs", main("填报"))
    current = session.Session(None, None)
    with testing.EngineDriver(packs, directory=tmp_path) as driver:
        serve._deploy(current, driver.engine, "demo")  # as it is: nothing to say
        p.write(packs, main("填写"))
        with pytest.raises(errors.Conflict) as refusal:
            serve._deploy(current, driver.engine, "demo")
    assert "有变化的是 processes/demo/main.bpmn" in refusal.value.message
    assert "请换一个新的数据库，例如 gongkai --database sqlite:///demo-new.db serve --demo" in refusal.value.message


def test_the_body_of_an_answer_does_not_wait_until_its_head_is_acknowledged():
    with serve._listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
