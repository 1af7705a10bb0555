"""Whether a process does its work (liveness), and whether it could (readiness).

A worker is alive when it has looked for work recently: a process may well run and fetch nothing. What is asked is
`last_look`, by watching it change: the clock of the machine may jump, and the number of seconds since is not its
business.
"""

from __future__ import annotations

import dataclasses
import datetime
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from engine import errors
from engine.actions import context

#: Seconds for which an answer about the database holds, however often somebody asks.
_HELD = 1.0


class Fetcher(Protocol):
    """A worker, of any kind."""

    name: str

    @property
    def last_look(self) -> datetime.datetime | None:
        """Return when it last looked for work, None before the first time."""
        ...


class Server(Protocol):
    """What serves pages: when its loop last went round, by the monotonic clock, and whether it is about to end."""

    turned: float
    should_exit: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """Whether all is well, and what was found by name of what was looked at."""

    well: bool
    found: Mapping[str, Mapping[str, Any]]


class Health:
    """Watches one process.

    Args:
        engine: Its engine.
        worker: Its worker, if it has one.
        server: What serves its pages, if anything does.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        engine: context.Engine,
        *,
        worker: Fetcher | None = None,
        server: Server | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._server = server
        self._clock = clock
        self._seen: datetime.datetime | None = None
        self._seen_at = clock()
        self._bound = engine.settings.silent_seconds
        self._lock = threading.Lock()
        self._ready: tuple[float, Finding] | None = None

    def look(self) -> None:
        """Notice whether the worker has looked for work since."""
        if self._worker is not None and (look := self._worker.last_look) != self._seen:
            self._seen, self._seen_at = look, self._clock()

    def live(self) -> Finding:
        """Tell whether the worker fetches and the pages are served."""
        self.look()
        now, found = self._clock(), dict[str, Mapping[str, Any]]()
        if self._worker is not None:
            found["worker"] = self._silence(now - self._seen_at, name=self._worker.name, fetched=self._seen is not None)
        if self._server is not None:
            found["web"] = self._silence(now - self._server.turned)
        return Finding(all(each["ok"] for each in found.values()), found)

    def ready(self) -> Finding:
        """Tell whether the database can be reached, has the right tables, and holds packs that are deployed."""
        with self._lock:
            if self._ready is None or self._clock() - self._ready[0] >= _HELD:
                self._ready = (self._clock(), self._look_at_database())
            finding = self._ready[1]
        if self._server is not None and self._server.should_exit:
            return Finding(False, {**finding.found, "web": {"ok": False, "reason": "stopping"}})
        return finding

    def _silence(self, seconds: float, **more: object) -> dict[str, Any]:
        return {"ok": seconds <= self._bound, "silent_seconds": round(max(seconds, 0.0), 3), **more}

    def _look_at_database(self) -> Finding:
        try:
            with self._engine.store.read() as uow:
                reached = True
                packs = len(uow.deployments.newest())
        except errors.GongkaiError:
            reached, packs = False, 0
        try:
            if reached:
                self._engine.store.check()
            right = reached
        except errors.GongkaiError:
            right = False
        found: dict[str, Mapping[str, Any]]
        found = {"database": {"ok": reached}, "schema": {"ok": right}, "packs": {"ok": packs > 0, "deployed": packs}}
        return Finding(all(each["ok"] for each in found.values()), found)
