"""The pump of everything that people and other programs are told.

`round_` tells of what happened and of what is due; `send` hands mail and deliveries over. `Notifier` does both in
threads of its own: a mail server or a program that is slow holds up neither cases nor notices, nor one another.
"""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections.abc import Callable

from engine.actions import context, deadline_moves, feed, mails, reminders, search, webhooks
from engine.jobs import repeating, smtp, webhook_sender
from engine.model import events
from engine.store import event_queries

_LOG = logging.getLogger(__name__)

#: Webhooks that are served at the same time by one process: as many may be slow without others waiting.
DELIVERERS = 8


def round_(engine: context.Engine) -> int:
    """Move deadlines with the calendar, tell of new tasks and acts, remind of what is due, post mail.

    Returns:
        How many things were looked at.
    """
    return deadline_moves.go_on(engine) + feed.follow(engine) + reminders.fire_due(engine) + mails.post_due(engine)


def send(engine: context.Engine) -> int:
    """Hand over mails and deliveries that are due; return how many attempts there were."""
    return smtp.send_due(engine) + webhook_sender.deliver_due(engine)


def until_idle(engine: context.Engine) -> int:
    """Tell of everything there is to tell at the engine's time, and hand it over; return how many things there were."""
    total = 0
    while done := round_(engine) + send(engine):
        total += done
    return total


def next_due(engine: context.Engine) -> datetime.datetime | None:
    """Return when somebody is to be told something next that time brings: a reminder, a mail, another attempt."""
    with engine.store.read() as uow:
        return event_queries.next_due(uow, mail=mails.enabled(engine))


class Notifier:
    """Tells people and programs until it is stopped.

    Args:
        engine: The engine; many notifiers may share one database.
        name: For logs.
        poll: Seconds between looks at the database.

    One that is killed loses nothing: what it had not finished is done again by the next one, and told once.
    """

    def __init__(self, engine: context.Engine, name: str, poll: float) -> None:
        self.engine = engine
        self.name = name
        self.poll = poll
        self._threads: list[repeating.Repeating] = []
        self._free = threading.Semaphore(DELIVERERS)

    def start(self) -> None:
        """Begin, in threads."""
        work: list[tuple[str, Callable[[context.Engine], int]]] = [
            ("notices", round_),
            ("webhooks", self._deliver),
            ("search", search.index_pending),
        ]
        if mails.enabled(self.engine):
            work.append(("mail", smtp.send_due))
        self._threads = [self._repeating(what, act) for what, act in work]
        for thread in self._threads:
            thread.start()

    def request_stop(self) -> None:
        """Begin nothing more; returns at once."""
        for thread in self._threads:
            thread.request_stop()

    def stop(self, grace: float) -> None:
        """Begin nothing more, and wait for what is under way, at most `grace` seconds."""
        self.request_stop()
        deadline = time.monotonic() + grace
        for thread in self._threads:
            thread.stop(max(deadline - time.monotonic(), 0.0))
        for _ in range(DELIVERERS):
            self._free.acquire(timeout=max(deadline - time.monotonic(), 0.0))

    def _repeating(self, what: str, act: Callable[[context.Engine], int]) -> repeating.Repeating:
        trouble = f"notifier {self.name} could not go on with {what}"
        return repeating.Repeating(f"{self.name}-{what}", lambda: act(self.engine), self.poll, trouble)

    def _deliver(self, engine: context.Engine) -> int:
        """Take a webhook that has something due, and serve it in a thread of its own."""
        if not self._free.acquire(timeout=self.poll):
            return 0
        leased = None
        try:
            leased = webhooks.lease(engine)
        finally:
            if leased is None:
                self._free.release()
        if leased is None:
            return 0
        name = f"{self.name}-webhook-{leased[0].id}"
        threading.Thread(target=self._serve, args=leased, name=name, daemon=True).start()
        return 1

    def _serve(self, webhook: events.Webhook, secret: str) -> None:
        try:
            webhook_sender.serve(self.engine, webhook, secret)
        except Exception:
            # The lease runs out, and the webhook is served again.
            _LOG.exception("notifier %s could not serve webhook %s", self.name, webhook.id)
        finally:
            self._free.release()
