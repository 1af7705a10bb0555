"""A process of clients, each of which does one act after the other and notes how long each took.

`python -m bench.load '{"engine": …}'` acts in its own process, `'{"addresses": …}'` over HTTP. It reads an order a line
from standard input, and answers each by a line when all its clients are done.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import json
import pathlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

#: Which process is measured: start, three user tasks, end.
KEY = "chain"
_API = "/api/v1"
_RECEIVED = 65_536


class Caller(Protocol):
    """One client."""

    def start(self, variables: dict[str, Any]) -> int:
        """Start a case; return it."""

    def complete(self, task: int, n: int) -> list[int]:
        """Complete a task by writing a variable; return the tasks that this opened."""

    def close(self) -> None:
        """Be done."""


class Refused(Exception):
    """The server did not do what it was asked to."""


class Http:
    """A client of the REST API on a connection that it keeps: as little work as a client can do, which is not measured.

    Args:
        address: Host and port.
        token: What it signs in with.
    """

    def __init__(self, address: tuple[str, int], token: str) -> None:
        self._socket = socket.create_connection(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._common = f"Host: {address[0]}:{address[1]}\r\nAuthorization: Bearer {token}\r\n"
        self._common += "Content-Type: application/json\r\nAccept: application/json\r\n"

    def start(self, variables: dict[str, Any]) -> int:
        """Start a case."""
        case: int = self._post("/instances", {"key": KEY, "variables": variables})["id"]
        return case

    def complete(self, task: int, n: int) -> list[int]:
        """Complete a task."""
        opened: list[int] = self._post(f"/tasks/{task}/complete", {"variables": {"step": n}}, f"task-{task}")["opened"]
        return opened

    def _post(self, path: str, content: Any, key: str | None = None) -> Any:
        body = json.dumps(content).encode()
        own = "" if key is None else f"Idempotency-Key: {key}\r\n"
        head = f"POST {_API}{path} HTTP/1.1\r\n{self._common}{own}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        return json.loads(self._answer())

    def _answer(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines)
        while len(body) < int(headers[b"content-length"]):
            body += self._receive()
        if status.split()[1] not in (b"200", b"201"):
            raise Refused(status.decode(), body.decode())
        return body

    def _receive(self) -> bytes:
        received = self._socket.recv(_RECEIVED)
        if not received:
            raise Refused("the server closed the connection")
        return received

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class Team:
    """Clients that share what is to be done: whoever is free takes the next."""

    def __init__(self, callers: list[Caller], order: dict[str, Any]) -> None:
        self._callers = callers
        self._lock = threading.Lock()
        self._left = collections.deque(order["of"])
        self._do = self._complete if order["act"] == "complete" else self._start
        self._seconds: list[float] = []
        self._cases: list[int] = []
        self._failure: BaseException | None = None

    def work(self) -> dict[str, Any]:
        """Do everything; return how long each act took, and what began and ended when."""
        begun = time.monotonic()
        threads = [threading.Thread(target=self._work, args=(caller,)) for caller in self._callers]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        if self._failure is not None:
            raise self._failure
        return {"seconds": self._seconds, "cases": self._cases, "begun": begun, "ended": time.monotonic()}

    def _work(self, caller: Caller) -> None:
        try:
            while (next_ := self._next()) is not None:
                self._do(caller, next_)
        except Exception as error:
            self._failure = error

    def _next(self) -> Any:
        with self._lock:
            return self._left.popleft() if self._left and self._failure is None else None

    def _start(self, caller: Caller, variables: dict[str, Any]) -> None:
        begun = time.perf_counter()
        case = caller.start(variables)
        self._seconds.append(time.perf_counter() - begun)
        self._cases.append(case)

    def _complete(self, caller: Caller, task: int) -> None:
        opened = [task]
        for n in range(3):
            begun = time.perf_counter()
            opened = caller.complete(opened[0], n)
            self._seconds.append(time.perf_counter() - begun)
        if opened:
            raise AssertionError(f"the case of task {task} goes on after its third task")


def main() -> None:
    """Do what is ordered until nothing more is."""
    given = json.loads(sys.argv[1])
    with contextlib.ExitStack() as stack:
        hire = _direct(stack, given) if "engine" in given else functools.partial(_remote, given)
        for line in sys.stdin:
            order = json.loads(line)
            team = [hire(at) for at in range(order["clients"])]
            print(json.dumps(Team(team, order).work()), flush=True)
            for each in team:
                each.close()


def _direct(stack: contextlib.ExitStack, given: dict[str, Any]) -> Callable[[int], Caller]:
    """Open the engine; return what makes clients in its process. Others need none of it, and start at once."""
    from bench import direct

    engine = stack.enter_context(direct.open_engine(pathlib.Path(given["root"]), given["engine"]))
    return lambda _at: direct.Direct(engine)


def _remote(given: dict[str, Any], at: int) -> Caller:
    """Return a client of one of the servers: they have equally many. A server closes what is idle for seconds."""
    host, port = given["addresses"][at % len(given["addresses"])]
    return Http((host, port), given["token"])


if __name__ == "__main__":
    main()
