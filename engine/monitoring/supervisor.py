"""Runs several worker processes: starts them, hears whether they fetch, starts those again that die or fall silent.

It has no engine and touches no database: what it does it can do while nothing else works.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pathlib
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType

import prometheus_client
from prometheus_client import exposition, registry

from engine import errors, logs
from engine.monitoring import asking, health, pages
from engine.monitoring.child import Child
from engine.monitoring.listener import Page, Pages
from engine.monitoring.merging import Merged

_LOG = logging.getLogger(__name__)

#: Seconds between looks at the processes.
_LOOK = 0.1
#: Seconds beyond the grace that a process may take to end: threads, connections.
MARGIN = 5.0
#: Exit codes that say that another start would fail alike: a wrong command line, wrong settings.
_USELESS = (2, 6)
#: Bytes of the path of a socket at most.
_LONGEST_PATH = 100
#: Seconds that a process may take to answer.
_PATIENCE = 3.0

Command = Callable[[int, pathlib.Path], Sequence[str]]


class Supervisor:
    """Several worker processes as one; `run` works until it is told to stop.

    Args:
        count: How many.
        command: By place (from 1) and the socket at which the process is to answer, the command that starts it.
        environment: What the processes are started with.
        silent: Seconds without a look for work after which a process is ended and started again.
        grace: Seconds that running jobs have to end when it stops.
    """

    def __init__(
        self, count: int, command: Command, environment: Mapping[str, str], *, silent: float, grace: float
    ) -> None:
        self._silent = silent
        self._grace = grace + MARGIN
        self._directory = tempfile.TemporaryDirectory(prefix="gongkai-")
        root = pathlib.Path(self._directory.name)
        if len(os.fsencode(root)) > _LONGEST_PATH - 10:
            self._directory.cleanup()
            raise errors.InvalidInput(f"临时目录 {root.parent} 的路径过长，不能用于进程间通信，请设置较短的 TMPDIR。")
        self._children = [
            Child(place, command(place, root / str(place)), environment, root / str(place))
            for place in range(1, count + 1)
        ]
        self._turned = time.monotonic()
        self._asked = 0
        self._code = 0
        self._clean = True
        self._registry = registry.CollectorRegistry()
        self._restarts = prometheus_client.Counter(
            "gongkai_worker_restarts",
            "Worker processes that were started again, by why the one before ended.",
            ("reason",),
            registry=self._registry,
        )
        self._counts = prometheus_client.Gauge(
            "gongkai_worker_processes", "Worker processes: wanted, and running.", ("state",), registry=self._registry
        )

    # --- work --------------------------------------------------------------------------------------------------------

    def run(self) -> tuple[int, bool]:
        """Work until SIGTERM or SIGINT; from the main thread.

        Returns:
            The exit code, and whether every process ended in time.
        """
        threads = [
            threading.Thread(target=self._listen, args=(child,), name=f"child-{child.place}", daemon=True)
            for child in self._children
        ]
        try:
            with self._told_by_signals():
                for child in self._children:
                    self._start(child)
                for thread in threads:
                    thread.start()
                while not self._asked:
                    self._turn()
                    time.sleep(_LOOK)
                self._stop()
        finally:
            self._asked = max(self._asked, 1)
            self._end_all()
            self.close()
        return self._code, self._clean

    def close(self) -> None:
        """Give up what it holds, where it does not run."""
        self._directory.cleanup()

    def _turn(self) -> None:
        self._turned = time.monotonic()
        for child in self._children:
            if not child.running:
                if self._turned >= child.rests_until:
                    self._start(child)
            elif (reason := child.ended()) is not None:
                self._note_end(child, reason)
            elif child.stopping_since is not None:
                if self._turned - child.stopping_since > self._grace:
                    child.send(signal.SIGKILL)
            elif (ill := child.silence(self._silent)) is not None:
                logs.event(_LOG, logging.ERROR, "worker process does not fetch", process=str(child.place), state=ill)
                # One that still answers may have jobs that run; one that does not will never hear of it.
                child.send(signal.SIGTERM if ill == "idle" else signal.SIGKILL)

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:  # too many processes, no memory: it may pass
            logs.event(
                _LOG, logging.ERROR, "worker process cannot start", process=str(child.place), reason=error.strerror
            )
            child.rest()

    def _note_end(self, child: Child, reason: str) -> None:
        useless = not child.fetched and child.code in _USELESS
        self._restarts.labels("silent" if child.stopping_since is not None else reason).inc()
        rest = round(child.rests_until - time.monotonic(), 1)
        what = "worker process ended and is of no use" if useless else "worker process ended and is started again"
        logs.event(_LOG, logging.ERROR, what, process=str(child.place), reason=reason, rest_seconds=rest)
        if useless:
            self._code, self._asked = child.code or 1, 1

    def _stop(self) -> None:
        """Have every process end by itself, at most for the grace; a second signal cuts that short."""
        for child in self._children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        while any(child.running for child in self._children):
            for child in self._children:
                if (reason := child.ended()) is not None:
                    # One that was told before it had begun has nothing to finish.
                    self._clean = self._clean and (reason == "exit-0" or not child.fetched)
            if time.monotonic() > deadline or self._asked > 1:
                return
            time.sleep(_LOOK)

    def _end_all(self) -> None:
        left = [child for child in self._children if child.running and child.ended() is None]
        for child in left:
            self._clean = False
            logs.event(_LOG, logging.ERROR, "worker process did not end in time", process=str(child.place))
            child.send(signal.SIGKILL)
        while any(child.ended() is None and child.running for child in left):
            time.sleep(_LOOK)

    def _listen(self, child: Child) -> None:
        pause = min(1.0, self._silent / 4)
        while not self._asked:
            if child.running:
                child.listen()
            time.sleep(pause)

    @contextlib.contextmanager
    def _told_by_signals(self) -> Iterator[None]:
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.getsignal(number) for number in numbers}

        def tell(_number: int, _frame: FrameType | None) -> None:
            self._asked += 1  # looked at by the loops: a handler of signals may take no lock

        for number in numbers:
            signal.signal(number, tell)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    # --- what a listener answers -------------------------------------------------------------------------------------

    def pages(self) -> Pages:
        """Return the pages of all processes together."""
        return {"/healthz": self._live, "/readyz": self._ready, "/metrics": self._metrics}

    def _answering(self) -> list[Child]:
        """Return the processes that may be asked: one that is frozen would hold everybody up."""
        return [child for child in self._children if child.running and child.silence(self._silent) != "frozen"]

    def _live(self) -> Page:
        """Tell whether it goes round, and at least one process fetches: the others are being seen to."""
        found: dict[str, Mapping[str, object]] = {
            f"process-{child.place}": {
                "ok": child.running and child.fetched and child.silence(self._silent) is None,
                "running": child.running,
            }
            for child in self._children
        }
        some = any(each["ok"] for each in found.values())
        turned = time.monotonic() - self._turned
        found["supervisor"] = {"ok": turned <= self._silent, "silent_seconds": round(turned, 3)}
        return pages.finding(health.Finding(some and turned <= self._silent, found))

    def _ready(self) -> Page:
        """Pass on what the first process says that is ready, or else the last."""
        if self._asked:
            return pages.finding(health.Finding(False, {"supervisor": {"ok": False, "reason": "stopping"}}))
        page = pages.finding(health.Finding(False, {"supervisor": {"ok": False, "reason": "starting"}}))
        for child in self._answering():
            answer = asking.ask(child.socket, "/readyz", _PATIENCE)
            if answer is not None:
                page = Page(answer[0], "application/json", answer[1].encode())
                if answer[0] == 200:
                    break
        return page

    def _metrics(self) -> Page:
        """Put the processes together; what the database says is said once."""
        self._counts.labels("wanted").set(len(self._children))
        self._counts.labels("running").set(sum(child.running for child in self._children))
        texts, database = {}, ""
        for child in self._answering():
            answer = asking.ask(child.socket, "/metrics/process", _PATIENCE)
            if answer is None or answer[0] != 200:
                continue
            texts[str(child.place)] = answer[1]
            if not database:
                shared = asking.ask(child.socket, "/metrics/database", _PATIENCE)
                database = shared[1] if shared is not None and shared[0] == 200 else ""
        body = Merged(texts).text() + database.encode() + exposition.generate_latest(self._registry)
        return Page(200, pages.METRICS, body)
