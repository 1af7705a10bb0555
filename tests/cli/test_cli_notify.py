"""`notice`, `mail` and `webhook` as people type them."""

from __future__ import annotations

import contextlib
import os
import socket

import pytest
from aiosmtpd import controller, handlers

from engine import bootstrap, config
from engine.actions import people
from engine.model import commands

ADMIN = commands.Actor("root", admin=True)


@pytest.fixture
def staffed(office, tmp_path):
    """An office with accounts."""
    settings = config.Settings(
        database=os.environ["GONGKAI_DATABASE"], packs=(tmp_path / "packs",), password_memory_kib=8192
    )
    with bootstrap.open_engine(settings) as engine:
        people.create_user(engine, ADMIN, "zhangsan", "张三", roles=["clerk"])
        people.create_user(engine, ADMIN, "lisi", "李四", roles=["clerk"])
    return office


def test_somebody_lists_and_reads_what_they_were_told(staffed):
    staffed("--as", "zhangsan", "instance", "start", "review", "--form", "title=年报")
    staffed("job", "run")
    found = staffed("--as", "lisi", "notice", "list", "--json").json
    assert [each["title"] for each in found] == ["可签收任务“审核申请”"]
    assert "可签收任务" in staffed("--as", "lisi", "notice", "list").out

    assert "1条" in staffed("--as", "lisi", "notice", "read", str(found[0]["id"])).out
    assert "没有未读通知" in staffed("--as", "lisi", "notice", "list").out
    assert "可签收任务" in staffed("--as", "lisi", "notice", "list", "--all").out
    assert "0条" in staffed("--as", "lisi", "notice", "read", "--all").out


def test_what_to_read_must_be_said(staffed):
    assert staffed("notice", "read", code=2)
    assert staffed("notice", "read", "1", "--all", code=2)
    assert staffed("notice", "read", "99", code=3)


@pytest.fixture
def server(monkeypatch):
    """A mail server that the command knows of, until it is closed."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    running = controller.Controller(handlers.Sink(), hostname="127.0.0.1", port=port)
    running.start()
    monkeypatch.setenv("GONGKAI_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("GONGKAI_SMTP_PORT", str(port))
    monkeypatch.setenv("GONGKAI_SMTP_SECURITY", "none")
    monkeypatch.setenv("GONGKAI_SMTP_SENDER", "gongkai@office.test")
    with contextlib.ExitStack() as closing:
        closing.callback(running.stop)
        yield closing


def test_a_test_mail_tells_whether_mail_is_set_up_right(office, server):
    assert "已收下" in office("mail", "test", "li@office.test").out
    assert office("mail", "list", "--status", "sent", "--json").json[0]["address"] == "li@office.test"
    server.close()
    answer = office("mail", "test", "li@office.test", code=1)
    assert "不能连接邮件服务器" in answer.err
    assert "waiting" in office("mail", "list").out
    assert office("mail", "retry", "1", code=5)


def test_without_a_mail_server_a_test_mail_says_what_to_set(office):
    assert "GONGKAI_SMTP_HOST" in office("mail", "test", "li@office.test", code=5).err


def test_a_webhook_is_added_looked_at_and_removed(office, monkeypatch):
    monkeypatch.setenv("GONGKAI_WEBHOOK_PRIVATE", "true")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{found.getsockname()[1]}/"
    added = office("webhook", "add", url, "task.*", "instance.ended", "--json").json
    assert added["secret"].startswith("whsec_")
    assert added["secret"] not in office("webhook", "list").out
    assert "whsec_" in office("webhook", "add", url, "comment.added").out

    office("--as", "zhangsan", "instance", "start", "review", "--form", "title=年报")
    office("job", "run")
    (delivery,) = office("webhook", "deliveries", "1", "--json").json
    assert (delivery["event"], delivery["attempts"]) == ("task.created", 1)
    assert "waiting" in office("webhook", "deliveries", "1", "--status", "waiting").out
    assert "重新进行" in office("webhook", "retry", str(delivery["id"])).out
    assert "已暂停" in office("webhook", "pause", "1").out
    assert "已启用" in office("webhook", "activate", "1").out
    assert "已删除" in office("webhook", "remove", "1").out
    assert office("webhook", "deliveries", "1", code=3)


def test_a_webhook_for_no_event_or_no_address_is_refused(office):
    assert "task.created" in office("webhook", "add", "https://a.test/", "task.made", code=6).err
    assert office("webhook", "add", "nowhere", "*", code=6)
    assert office("webhook", "add", "https://a.test/", code=2)
