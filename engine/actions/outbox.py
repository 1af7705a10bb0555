"""Telling other programs: which webhooks want an event, and what they are sent."""

from __future__ import annotations

import datetime
import uuid

from engine.actions import webhook_events
from engine.model import events
from engine.store import types, unit_of_work


class Outbox:
    """The events of one unit of work, as far as any webhook wants them; written by `write`."""

    def __init__(self, uow: unit_of_work.UnitOfWork, now: datetime.datetime) -> None:
        self._uow = uow
        self._now = now
        self._webhooks = uow.webhooks.active()
        self._new: list[tuple[int, str, events.Event, str]] = []

    def wants(self, name: str) -> bool:
        """Tell whether any webhook wants an event of this name."""
        return any(subscribed(webhook.events, name) for webhook in self._webhooks)

    def say(self, event: events.Event) -> None:
        """Tell the webhooks that want it of an event, each once however often it is said."""
        text = ""
        for webhook in self._webhooks:
            if subscribed(webhook.events, event.name):
                text = text or types.dump_json(webhook_events.body(event))
                self._new.append((webhook.id, str(uuid.uuid4()), event, text))

    def write(self) -> None:
        """Write what was said."""
        if self._new:
            self._uow.webhooks.post(self._new, self._now)
            self._new.clear()


def subscribed(patterns: tuple[str, ...], name: str) -> bool:
    """Tell whether an event is among those that a webhook wants: by name, by ``task.*``, or all by ``*``."""
    return any(pattern in ("*", name, f"{name.partition('.')[0]}.*") for pattern in patterns)
