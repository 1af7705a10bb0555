"""Requests that wait for work: long polls that hold neither a thread nor a connection while they wait.

For all who wait in one event loop there is one look at the database: when this process makes work, and now and then for
what others make. It wakes one of them for each topic that has work; whoever took some has the next one looked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import threading

import fastapi
from fastapi import concurrency

from engine.actions import context, external

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(eq=False, slots=True)
class _Waiter:
    topics: frozenset[str]
    woken: asyncio.Future[bool]


class Waiting:
    """Everybody who waits in an application.

    Args:
        engine: What makes the work.
        places: How many may wait at the same time; others are not kept waiting.
    """

    def __init__(self, engine: context.Engine, places: int) -> None:
        self._engine = engine
        self._places = places
        self._rooms: dict[asyncio.AbstractEventLoop, _Room] = {}
        self._lock = threading.Lock()
        self._waiting = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """Return how many wait now."""
        return self._waiting

    async def wait(self, request: fastapi.Request, topics: frozenset[str], seconds: float) -> bool:
        """Wait for work of some topics; False when there is none in time, no place, or nobody to give it to.

        Args:
            request: Who waits; a client that goes away frees its place.
            topics: What it works on.
            seconds: How long at most.
        """
        with self._lock:
            if self._closed or self._waiting >= self._places:
                return False
            self._waiting += 1
            loop = asyncio.get_running_loop()
            room = self._rooms.setdefault(loop, _Room(self._engine, loop))
        waiter = _Waiter(topics, loop.create_future())
        gone = asyncio.ensure_future(_gone(request))
        room.enter(waiter)
        try:
            await asyncio.wait((waiter.woken, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return waiter.woken.done() and waiter.woken.result() and not gone.done()
        finally:
            gone.cancel()
            room.leave(waiter)
            with self._lock:
                self._waiting -= 1
                if not room.waiters:
                    self._rooms.pop(loop, None)

    def look(self) -> None:
        """Look for more: somebody has just taken some."""
        with self._lock:
            rooms = tuple(self._rooms.values())
        for room in rooms:
            room.poke()

    def dismiss(self) -> None:
        """Let everybody go who waits now."""
        with self._lock:
            rooms = tuple(self._rooms.values())
        for room in rooms:
            room.dismiss()

    def close(self) -> None:
        """Let everybody go, and keep nobody waiting from now on: the process is about to end."""
        with self._lock:
            self._closed = True
        self.dismiss()


class _Room:
    """Those who wait in one event loop; only `poke` and `dismiss` may be called from elsewhere."""

    def __init__(self, engine: context.Engine, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._loop = loop
        self._changed = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self.waiters: list[_Waiter] = []

    def enter(self, waiter: _Waiter) -> None:
        self.waiters.append(waiter)
        self._changed.set()
        if self._watch is None:
            self._watch = asyncio.ensure_future(self._look_out())

    def leave(self, waiter: _Waiter) -> None:
        if waiter in self.waiters:
            self.waiters.remove(waiter)
        if not self.waiters and self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def poke(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it everybody who waited in it
            self._loop.call_soon_threadsafe(self._changed.set)

    def dismiss(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._let_go)

    def _let_go(self) -> None:
        for waiter in self.waiters:
            if not waiter.woken.done():
                waiter.woken.set_result(False)

    async def _look_out(self) -> None:
        forget = self._engine.on_work(self.poke)
        try:
            while True:
                self._changed.clear()
                self._wake(await self._due())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), self._engine.settings.poll_seconds)
        finally:
            forget()

    async def _due(self) -> frozenset[str]:
        try:
            return await concurrency.run_in_threadpool(external.due, self._engine)
        except Exception:
            # A database that is away comes back; those who wait have a bound of their own.
            _LOG.exception("could not look for work of external topics")
            return frozenset()

    def _wake(self, due: frozenset[str]) -> None:
        """Wake the first who waits for each topic: more than one would find nothing, and they are many."""
        for waiter in self.waiters:
            mine = waiter.topics & due
            if mine and not waiter.woken.done():
                waiter.woken.set_result(True)
                due -= mine


async def _gone(request: fastapi.Request) -> None:
    """Return when the client has gone away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
