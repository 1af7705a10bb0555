"""Delivering to webhooks: signed POST requests to addresses that were looked at before they are called.

Signatures are those of Standard Webhooks (https://www.standardwebhooks.com): programs check them with its libraries.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Iterator

from engine import errors
from engine.actions import context, webhooks
from engine.model import events

_AGENT = "gongkai-webhooks/1"
#: IPv6 ranges that lead to IPv4 addresses which nobody can look at here.
_TUNNELS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
#: Answers that are not about this event: the program is overloaded, or somebody in front of it says so.
_UNWELL = frozenset({408, 425, 429})


class Unreachable(errors.GongkaiError):
    """事件推送的地址不能访问。"""

    code = "webhook-unreachable"


def deliver_due(engine: context.Engine) -> int:
    """Deliver what is due for the webhook that has waited longest; return how many attempts there were."""
    leased = webhooks.lease(engine)
    return 0 if leased is None else serve(engine, *leased)


def serve(engine: context.Engine, webhook: events.Webhook | None, secret: str) -> int:
    """Deliver what is due for a leased webhook, in order, until nothing is or it rests; return as `deliver_due`."""
    tried = 0
    while webhook is not None and (delivery := webhooks.next_delivery(engine, webhook)) is not None:
        answer = _attempt(engine, webhook, secret, delivery)
        tried += 1
        webhook = webhooks.answered(engine, webhook, delivery, answer)
    return tried


def sign(secret: str, delivery_id: str, timestamp: int, body: str) -> str:
    """Return the signature of a request.

    Args:
        secret: Of the webhook, as it was shown: ``whsec_…``.
        delivery_id: Header ``webhook-id``.
        timestamp: Header ``webhook-timestamp``: seconds since 1970.
        body: The body, as it is sent.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{delivery_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _attempt(
    engine: context.Engine, webhook: events.Webhook, secret: str, delivery: events.Delivery
) -> webhooks.Answer:
    timestamp = int(engine.clock.now().timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": _AGENT,
        "webhook-id": delivery.delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, delivery.delivery_id, timestamp, delivery.body),
    }
    try:
        status = post(webhook.url, delivery.body.encode(), headers, private=engine.settings.webhook_private)
    except Unreachable as error:
        return webhooks.Answer(None, error.message, unwell=True)
    if 200 <= status < 300:
        return webhooks.Answer(status, None)
    if 300 <= status < 400:
        return webhooks.Answer(status, f"对方答复 {status}（重定向），不予跟随，请改用最终地址。", unwell=True)
    return webhooks.Answer(status, f"对方答复 {status}。", unwell=status >= 500 or status in _UNWELL)


def post(url: str, body: bytes, headers: dict[str, str], *, private: bool, seconds: float | None = None) -> int:
    """Post to an address and return the HTTP status of the answer; redirects are not followed.

    The host is looked up once, and the connection goes to what was found: nobody can change it after it was checked.

    Args:
        url: http or https.
        body: What to send.
        headers: What to send with it.
        private: Whether private addresses may be called.
        seconds: How long everything may take, by default as long as an attempt at a delivery.

    Raises:
        Unreachable: There is no such host, it may not be called, or it did not answer in time.
    """
    parts = urllib.parse.urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    deadline = time.monotonic() + (webhooks.ATTEMPT_SECONDS if seconds is None else seconds)
    path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        with contextlib.ExitStack() as closing:
            link = closing.enter_context(_connect(addresses(host, port, private=private), deadline))
            closing.enter_context(_until(link, deadline))
            if secure:
                link = closing.enter_context(ssl.create_default_context().wrap_socket(link, server_hostname=host))
            status = _exchange(link, parts.netloc, path, body, headers)
        if time.monotonic() >= deadline:  # what was cut off may look like an answer
            raise TimeoutError
        return status
    except TimeoutError:
        raise Unreachable("对方没有在规定时间内答复。") from None
    except (OSError, http.client.HTTPException) as error:
        late = time.monotonic() >= deadline
        told = "对方没有在规定时间内答复。" if late else f"与对方通信失败：{type(error).__name__}: {error}"[:300]
        raise Unreachable(told) from None


def addresses(host: str, port: int, *, private: bool) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """Return the addresses of a host that may be called.

    Raises:
        Unreachable: The host is unknown, or one of its addresses is private and that is not wanted.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"找不到主机“{host}”：{error}") from None
    named = [(family, str(address[0])) for family, _, _, _, address in found]
    if not private:
        for _, name in named:
            if not _is_public(name):
                raise Unreachable(f"主机“{host}”的地址 {name} 是内部地址，不允许访问（GONGKAI_WEBHOOK_PRIVATE）。")
    return [(family, (name, port)) for family, name in named]


def _is_public(name: str) -> bool:
    address = ipaddress.ip_address(name.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in network for network in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _connect(found: list[tuple[socket.AddressFamily, tuple[str, int]]], deadline: float) -> socket.socket:
    failure: OSError = OSError("no address")
    for family, address in found:
        link = socket.socket(family, socket.SOCK_STREAM)
        try:
            link.settimeout(max(deadline - time.monotonic(), 0.001))
            link.connect(address)
        except OSError as error:
            link.close()
            failure = error
        else:
            return link
    raise failure


@contextlib.contextmanager
def _until(link: socket.socket, deadline: float) -> Iterator[None]:
    """End a connection at a time, whatever it is doing: an answer that comes drop by drop never times out."""
    descriptor = link.dup()  # wrapping a socket in TLS takes it away from `link`

    def end() -> None:
        with contextlib.suppress(OSError):
            descriptor.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        descriptor.close()


def _exchange(link: socket.socket, host: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(host)
    connection.sock = link
    connection.request("POST", path, body, {**headers, "Host": host, "Connection": "close"})
    return connection.getresponse().status
