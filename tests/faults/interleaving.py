"""Two actors on one database, each held before every statement that it sends, and let go in a chosen order.

An actor is an act in a thread, with an engine (and so with connections) of its own: what two processes would be. Nothing
here waits for time: an actor that was let go is held again at its next statement, has ended, or waits for a lock of the
other one, which the database says.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import patience
import sqlalchemy as sa

from engine import bootstrap, errors

_WAITS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND wait_event_type = 'Lock' AND state = 'active'"
)


class Actor:
    """One who acts: `answer` is what the act returned, `refusal` the error of the platform that it ended with."""

    def __init__(self, name: str, engine: bootstrap.Engine, act: Callable[[bootstrap.Engine], Any]) -> None:
        self.name = name
        self.engine = engine
        self.answer: Any = None
        self.refusal: errors.GongkaiError | None = None
        self.failure: BaseException | None = None
        self.sent: list[str] = []
        self.ended = False
        self.held_at: str | None = None
        self.writing = False
        self._act = act
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, up to the first statement."""
        self._thread.start()
        self.settle(lambda: False)

    def go(self) -> None:
        """Send the statement that it is held before."""
        with self._changed:
            if self.held_at is not None:
                self.sent.append(self.held_at)
                self.writing = self.held_at == "BEGIN IMMEDIATE" or (self.writing and self.held_at != "COMMIT")
            self.held_at = None
            self._changed.notify_all()

    def settle(self, blocked: Callable[[], bool]) -> bool:
        """Wait until it is held again or has ended (True), or waits for a lock (False)."""
        deadline = time.monotonic() + patience.SECONDS
        while True:
            with self._changed:
                if self.ended or self.held_at is not None:
                    return True
                self._changed.wait(0.002)
                if self.ended or self.held_at is not None:
                    return True
            if blocked():
                return False
            assert time.monotonic() < deadline, f"{self.name} is stuck after {self.sent[-1:]}"

    def join(self) -> None:
        """Wait until its thread is over."""
        self._thread.join(patience.SECONDS)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            with self.engine.store.observed(self._hold):
                self.answer = self._act(self.engine)
        except errors.GongkaiError as refusal:
            self.refusal = refusal
        except BaseException as failure:
            self.failure = failure
        finally:
            with self._changed:
                self.ended, self.writing = True, False
                self._changed.notify_all()

    def _hold(self, sql: str) -> None:
        if threading.current_thread() is not self._thread:
            return
        with self._changed:
            self.held_at = sql
            self.writing = self.writing and not sql.startswith("BEGIN")
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self.held_at is None, patience.SECONDS)


@dataclasses.dataclass(frozen=True, slots=True)
class Played:
    """How it went: both actors, and the order in which their statements were sent."""

    first: Actor
    second: Actor
    order: tuple[str, ...]

    def winners(self) -> list[Actor]:
        """Return who was not refused."""
        return [each for each in (self.first, self.second) if each.refusal is None]


def play(first: Actor, second: Actor, order: Iterable[Actor], *, watch: sa.Connection | None = None) -> Played:
    """Let two actors send their statements in an order, as far as locks let them; who is left goes on to the end.

    Args:
        first: An actor, not begun.
        second: The other one.
        order: Who sends the next statement; whoever cannot is passed over for the other one.
        watch: A connection to PostgreSQL that tells who waits for a lock; None on SQLite, where whoever writes keeps
            everybody else from beginning to.
    """
    both = (first, second)
    others = {first: second, second: first}
    waiting: set[Actor] = set()

    def blocked(actor: Actor) -> bool:
        return watch is not None and bool(watch.execute(_WAITS, {"name": actor.name}).scalar())

    def able(actor: Actor) -> bool:
        if actor.ended or actor in waiting:
            return False
        return watch is not None or not (actor.held_at == "BEGIN IMMEDIATE" and others[actor].writing)

    for each in both:
        each.start()
    sent = []
    for wanted in itertools.chain(order, itertools.repeat(first)):
        if first.ended and second.ended:
            break
        chosen = wanted if able(wanted) else others[wanted]
        if able(chosen):
            sent.append(chosen.name)
            chosen.go()
            if not chosen.settle(lambda: blocked(chosen)):  # noqa: B023 - called within the round
                waiting.add(chosen)
        for each in tuple(waiting):
            if each.settle(lambda: blocked(each)):  # noqa: B023
                waiting.discard(each)
    for each in both:
        each.join()
    return Played(first, second, tuple(sent))


def orders(first: Actor, second: Actor, at: int) -> Iterator[Actor]:
    """Let the first one send so many statements, then the other one all of its own, then the first one go on."""
    yield from itertools.repeat(first, at)
    yield from itertools.repeat(second, 10_000)
