"""Webhooks against real programs: what they are sent, and that none of them harms anybody."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import hmac
import json
import pathlib
import socket
import threading
import time
from typing import Any

import certificates
import packbuilder as p
import patience
import pytest
import snippets as s
import staff

from engine import errors, jobs
from engine.actions import instances, notices, webhook_events, webhooks
from engine.jobs import notify, webhook_sender
from engine.model import commands, events

PRIVATE = dataclasses.replace(staff.SETTINGS, webhook_private=True)


@pytest.fixture
def office(open_office):
    return open_office(PRIVATE)


def subscribe(office, listener, *wanted: str) -> webhooks.NewWebhook:
    return webhooks.add(office.engine, staff.ADMIN, listener.url, wanted or ("*",))


def deliveries(office, webhook_id: int = 1) -> list[events.Delivery]:
    """Return the deliveries of a webhook, oldest first."""
    return list(reversed(webhooks.deliveries(office.engine, staff.ADMIN, webhook_id, limit=1000).items))


def hook(office, webhook_id: int = 1) -> events.Webhook:
    return next(each for each in webhooks.webhooks(office.engine, staff.ADMIN) if each.id == webhook_id)


# --- what they are sent -----------------------------------------------------------------------------------------------


def test_a_program_is_told_of_a_case_from_its_beginning_to_its_end(office, listener):
    program = listener()
    subscribe(office, program, "task.*", "instance.*")
    office.start("main", as_="zhangsan", business_key="YS-1")
    office.claim("起草", as_="lisi")
    office.run()
    office.unclaim("起草", as_="lisi")
    office.complete("起草", as_="zhangsan")

    assert program.names == [
        "task.created",
        "instance.started",
        "task.claimed",
        "task.released",
        "task.completed",
        "instance.ended",
    ]
    ended = program.requests[-1].said["data"]["instance"]
    assert (ended["business_key"], ended["status"]) == ("YS-1", "completed")
    assert ended["definition"] == {"key": "main", "version": 1, "name": "公开申请审核"}
    claimed = program.requests[2].said["data"]
    assert (claimed["actor"], claimed["task"]["name"]) == ("lisi", "起草")


def test_a_program_checks_who_sent_an_event_and_that_nobody_changed_it(office, listener):
    program = listener()
    added = subscribe(office, program, "instance.started")
    office.start("main", as_="zhangsan")

    (request,) = program.requests
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.{request.body}"
    key = base64.b64decode(added.secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert int(request.headers["webhook-timestamp"]) == int(office.now.timestamp())
    assert request.path == "/hook?key=1"
    assert request.headers["content-type"] == "application/json; charset=utf-8"


def test_the_check_that_the_documentation_shows_tells_genuine_requests_from_others(office, listener):
    page = (pathlib.Path(__file__).parents[2] / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    shown: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], shown)  # noqa: S102
    program = listener()
    added = subscribe(office, program, "instance.started")
    office.start("main", as_="zhangsan")

    (request,) = program.requests
    assert shown["genuine"](added.secret, request.headers, request.body.encode())
    assert not shown["genuine"](added.secret, request.headers, request.body.encode() + b" ")
    assert not shown["genuine"](added.secret, {**request.headers, "webhook-timestamp": "1"}, request.body.encode())


def test_a_program_is_told_only_of_what_it_asked_for_and_never_twice(office, listener):
    first, second = listener(), listener()
    subscribe(office, first, "instance.started")
    subscribe(office, second, "comment.added")
    office.start("main", as_="zhangsan")
    with office.engine.store.write() as uow:
        uow.link.driver("UPDATE feeds SET position = 0")
    office.run()

    assert (first.names, second.names) == (["instance.started"], [])


def test_what_people_filled_in_and_wrote_is_not_sent(office, listener):
    program = listener()
    subscribe(office, program)
    office.start("main", as_="zhangsan")
    office.comment("内部意见，勿外传", as_="zhangsan")
    office.run()

    assert "comment.added" in program.names
    assert "内部意见" not in "".join(request.body for request in program.requests)


def test_everything_that_is_sent_has_exactly_the_fields_that_are_promised(open_office, listener):
    body = (
        s.user("draft", name="起草", props=""),
        s.gateway("parallel", "fork"),
        s.user("a", name="甲"),
        s.task("scriptTask", "b", s.element("script", None, "x = missing"), scriptFormat="python"),
        s.gateway("parallel", "join"),
        s.end(),
        s.path("start", "draft", "fork", "a", "join", "end"),
        s.path("fork", "b", "join"),
    )
    office = open_office(PRIVATE, main=p.diagram(s.start(), *body))
    program = listener()
    subscribe(office, program)
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="lisi")
    office.delegate("起草", to="zhangsan", as_="lisi")
    office.run()
    office.resolve("起草", as_="zhangsan")
    office.transfer("起草", to="zhangsan", as_="lisi")
    office.run()
    office.complete("起草", as_="zhangsan")
    office.suspend()
    office.activate()
    office.comment("看过", as_="zhangsan")
    office.set_variables({"missing": 1})
    office.retry()
    office.cancel("误报")
    office.deploy("demo")

    seen = {request.said["type"]: request.said for request in program.requests}
    described = {each.name: each for each in webhook_events.CATALOGUE}
    assert set(seen) >= {"incident.created", "incident.resolved", "task.cancelled", "instance.ended", "task.delegated"}
    for name, said in seen.items():
        assert set(said) == {"id", "type", "timestamp", "data"}
        assert set(said["data"]) == set(described[name].parts), name
        for part, value in said["data"].items():
            fields = webhook_events.PARTS[part]
            assert isinstance(value, str) if set(fields) == {""} else set(value) == set(fields), (name, part)
        assert datetime.datetime.fromisoformat(said["timestamp"]).tzinfo is not None


def test_deliveries_of_one_webhook_come_in_order(office, listener):
    program = listener()
    subscribe(office, program, "instance.started")
    for _ in range(5):
        instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
    office.run()

    numbers = [request.said["data"]["instance"]["id"] for request in program.requests]
    assert numbers == sorted(numbers)
    assert len(numbers) == 5


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_a_program_that_is_down_gets_everything_in_order_when_it_is_up_again(office, listener):
    program = listener()
    program.answer = 503
    subscribe(office, program, "instance.*")
    office.start("main", as_="zhangsan")
    assert program.names == ["instance.started"]
    office.complete("起草", as_="lisi")
    assert program.names == ["instance.started"], "it rests, and is not asked with every event"

    (first, second) = deliveries(office)
    assert (first.attempts, second.attempts) == (1, 0)
    assert "503" in hook(office).last_error
    program.answer = 200
    office.advance(minutes=1)
    assert program.names == ["instance.started", "instance.started", "instance.ended"]
    assert program.requests[0].headers["webhook-id"] == program.requests[1].headers["webhook-id"]
    assert hook(office).failures == 0


def test_an_event_that_is_not_to_the_taste_of_a_program_does_not_hold_up_the_next(office, listener):
    program = listener()

    def picky(handler) -> None:
        status = 422 if "instance.started" in program.requests[-1].body else 200
        handler.send_response(status)
        handler.send_header("content-length", "0")
        handler.end_headers()

    program.answer = picky
    subscribe(office, program, "instance.*")
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="lisi")

    assert program.names == ["instance.started", "instance.ended"]
    started, ended = deliveries(office)
    assert (started.status, started.response_status) == (events.DeliveryStatus.WAITING, 422)
    assert ended.status is events.DeliveryStatus.DELIVERED


def test_a_delivery_is_given_up_after_some_days_and_can_be_made_once_more(office, listener):
    program = listener()
    program.answer = 404
    subscribe(office, program, "instance.started")
    office.start("main", as_="zhangsan")
    office.advance(days=4)

    (failed,) = deliveries(office)
    assert (failed.status, failed.attempts) == (events.DeliveryStatus.FAILED, len(webhooks.BACKOFF) + 1)
    program.answer = 200
    webhooks.retry(office.engine, staff.ADMIN, failed.id)
    office.run()
    assert deliveries(office)[0].status is events.DeliveryStatus.DELIVERED
    assert len({request.headers["webhook-id"] for request in program.requests}) == 1


def test_a_webhook_that_fails_too_often_is_disabled_and_administrators_are_told(office, listener):
    program = listener()
    program.answer = 500
    subscribe(office, program, "instance.started")
    for _ in range(3):
        office.start("main", as_="zhangsan")
    office.advance(days=9)

    assert hook(office).status is events.WebhookStatus.DISABLED
    assert len(program.requests) == webhooks.MOST_FAILURES
    told = notices.inbox(office.engine, commands.Actor("boss"), kinds=[events.NoticeKind.WEBHOOK_DISABLED]).items
    assert [notice.title for notice in told] == ["事件推送 1 已停用"]
    office.start("main", as_="zhangsan")
    assert len(deliveries(office)) == 3, "what happens while it is disabled it is never told"

    program.answer = 200
    webhooks.activate(office.engine, staff.ADMIN, 1)
    office.run()
    assert len([each for each in deliveries(office) if each.status is events.DeliveryStatus.WAITING]) == 0
    assert hook(office).failures == 0


def test_a_program_that_is_nowhere_is_tried_again(office, listener):
    webhooks.add(office.engine, staff.ADMIN, f"http://127.0.0.1:{_closed_port()}/", ["*"])
    office.start("main", as_="zhangsan")

    assert deliveries(office)[0].attempts == 1
    assert "通信失败" in deliveries(office)[0].last_error


def _closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_redirects_are_not_followed(office, listener):
    inner, outer = listener(), listener()

    def away(handler) -> None:
        handler.send_response(307)
        handler.send_header("location", inner.url)
        handler.send_header("content-length", "0")
        handler.end_headers()

    outer.answer = away
    subscribe(office, outer, "instance.started")
    office.start("main", as_="zhangsan")

    assert inner.requests == []
    assert "重定向" in deliveries(office)[0].last_error


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(listener):
    program, gone = listener(), threading.Event()

    def drip(handler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not gone.wait(0.02):
                handler.wfile.write(b"X-Drop: 1\r\n")
                handler.wfile.flush()
        except OSError:
            pass

    program.answer = drip
    begun = time.monotonic()
    with pytest.raises(webhook_sender.Unreachable, match="没有在规定时间内"):
        webhook_sender.post(program.url, b"{}", {}, private=True, seconds=0.3)
    assert time.monotonic() - begun < 5
    gone.set()


def test_a_program_that_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(webhook_sender.Unreachable, match="没有在规定时间内"):
            webhook_sender.post(url, b"{}", {}, private=True, seconds=0.2)


def test_a_slow_program_holds_up_neither_others_nor_the_cases(open_office, listener):
    office = open_office(PRIVATE)
    slow, quick = listener(), listener()
    release, arrived = threading.Event(), threading.Event()

    def wait(handler) -> None:
        arrived.set()
        release.wait(30)
        handler.send_response(200)
        handler.send_header("content-length", "0")
        handler.end_headers()

    slow.answer = wait
    subscribe(office, slow, "instance.started")
    subscribe(office, quick, "instance.*")
    try:
        with jobs.Worker(office.engine, poll=0.01):
            case = instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
            assert arrived.wait(30)
            instances.cancel(office.engine, case.id, "误报", staff.ADMIN)
            patience.until(lambda: quick.names == ["instance.started", "instance.ended"])
            release.set()
            patience.until(lambda: deliveries(office, 1)[0].status is events.DeliveryStatus.DELIVERED)
    finally:
        release.set()


def test_a_sender_that_comes_back_late_has_no_say(office, listener):
    program = listener()
    subscribe(office, program, "instance.started")
    instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
    notify.round_(office.engine)
    late, _ = webhooks.lease(office.engine)
    delivery = webhooks.next_delivery(office.engine, late)
    office.clock.advance(seconds=webhooks.LEASE_SECONDS + 1)
    notify.until_idle(office.engine)

    answer = webhooks.Answer(500, "too late")
    assert webhooks.answered(office.engine, late, delivery, answer) is None
    assert deliveries(office)[0].status is events.DeliveryStatus.DELIVERED
    assert len(program.requests) == 1


def test_a_webhook_of_a_killed_process_is_served_again(office, listener):
    program = listener()
    subscribe(office, program, "instance.started")
    instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
    notify.round_(office.engine)
    assert webhooks.lease(office.engine) is not None  # and the process dies
    assert notify.until_idle(office.engine) == 0
    office.advance(seconds=webhooks.LEASE_SECONDS)

    assert program.names == ["instance.started"]


# --- where requests may go --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_addresses_of_our_own_network_are_not_called(host):
    with pytest.raises(webhook_sender.Unreachable, match="内部地址|找不到主机"):
        webhook_sender.addresses(host, 80, private=False)


@pytest.mark.parametrize("host", ["1.1.1.1", "2606:4700:4700::1111"])
def test_addresses_of_others_may_be_called(host):
    assert [address for _, (address, _) in webhook_sender.addresses(host, 80, private=False)] == [host]


def test_a_host_with_one_private_address_among_others_is_not_called(monkeypatch):
    def two(host, port, **_):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with pytest.raises(webhook_sender.Unreachable, match=r"10\.0\.0\.1"):
        webhook_sender.addresses("rebind.test", 80, private=False)


def test_a_host_is_looked_up_once_so_that_it_cannot_move_after_it_was_checked(listener, monkeypatch):
    program, asked = listener(), []
    real = socket.getaddrinfo

    def once(host, *args, **kwargs):
        asked.append(host)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    url = f"http://moves.test:{program.port}/"
    assert webhook_sender.post(url, b"{}", {}, private=True) == 204
    assert asked == ["moves.test"]
    assert program.requests[0].headers["host"] == f"moves.test:{program.port}"


def test_by_default_nothing_of_our_own_network_is_called(open_office, listener):
    office, program = open_office(staff.SETTINGS), listener()
    subscribe(office, program)
    office.start("main", as_="zhangsan")

    assert program.requests == []
    assert "内部地址" in deliveries(office)[0].last_error


def test_a_program_behind_tls_is_called_if_somebody_vouches_for_it(listener, tmp_path, monkeypatch):
    program, made = listener(), certificates.make(tmp_path)
    program.secure(made.server_context())
    url = f"https://localhost:{program.port}/"
    with pytest.raises(webhook_sender.Unreachable, match="CERTIFICATE"):
        webhook_sender.post(url, b"{}", {}, private=True)

    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    assert webhook_sender.post(url, b"{}", {}, private=True) == 204
    with pytest.raises(webhook_sender.Unreachable):
        webhook_sender.post(f"http://localhost:{program.port}/", b"{}", {}, private=True)


# --- setting them up --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a.test/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://user:pass@a.test/",
        "http://a.test/\r\nX: 1",
        "http://a.test/ b",
        "http://a.test:99999/",
        "http://公开.test/",
        "http://a.test/#x",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_refused(office, url):
    with office.refused("事件推送的地址", errors.InvalidInput):
        webhooks.add(office.engine, staff.ADMIN, url, ["*"])


def test_an_event_that_does_not_exist_is_refused(office):
    for wanted in (["task.create"], ["job.*"], [], [" "]):
        with office.refused("事件", errors.InvalidInput):
            webhooks.add(office.engine, staff.ADMIN, "https://a.test/", wanted)


def test_a_secret_is_shown_once_and_noted_nowhere(office, listener):
    added = subscribe(office, listener())

    assert added.secret not in repr(added)
    told = json.dumps([repr(each) for each in staff.trail(office)])
    assert added.secret not in told
    assert "key=1" not in told, "what is in the query of an address may be a secret, too"
    assert not hasattr(webhooks.webhooks(office.engine, staff.ADMIN)[0], "secret")


def test_a_webhook_that_is_removed_is_told_nothing_more(office, listener):
    program = listener()
    program.answer = 500
    subscribe(office, program)
    office.start("main", as_="zhangsan")
    heard = len(program.requests)
    webhooks.remove(office.engine, staff.ADMIN, 1)
    office.advance(days=2)

    assert len(program.requests) == heard
    with pytest.raises(errors.NotFound):
        webhooks.deliveries(office.engine, staff.ADMIN, 1)


def test_a_webhook_that_is_paused_rests_with_what_it_was_not_told_yet(office, listener):
    program = listener()
    subscribe(office, program, "instance.started")
    instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
    notify.round_(office.engine)
    webhooks.pause(office.engine, staff.ADMIN, 1)
    office.start("main", as_="zhangsan")
    assert program.names == []
    with office.refused("没有启用", errors.Conflict):
        webhooks.retry(office.engine, staff.ADMIN, deliveries(office)[0].id)

    webhooks.activate(office.engine, staff.ADMIN, 1)
    office.run()
    assert program.names == ["instance.started"]


def test_only_operators_have_to_do_with_webhooks(office):
    for call in (
        lambda actor: webhooks.add(office.engine, actor, "https://a.test/", ["*"]),
        lambda actor: webhooks.remove(office.engine, actor, 1),
        lambda actor: webhooks.pause(office.engine, actor, 1),
        lambda actor: webhooks.activate(office.engine, actor, 1),
        lambda actor: webhooks.webhooks(office.engine, actor),
        lambda actor: webhooks.deliveries(office.engine, actor, 1),
        lambda actor: webhooks.retry(office.engine, actor, 1),
    ):
        with pytest.raises(errors.Forbidden):
            call(commands.Actor("zhangsan"))
