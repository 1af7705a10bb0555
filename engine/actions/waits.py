"""What a case waits for that no person does: a time, a message, a signal."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from engine.actions import definition_cache
from engine.calendars import moments, wording
from engine.model import views_lists
from engine.store import queries_cases

#: Where a token waits. What is attached to an activity, or starts an event subprocess, only watches.
_WAITING = ("intermediateCatchEvent", "receiveTask")


def of(
    definition: definition_cache.Definition, found: Iterable[queries_cases.Waiting], now: datetime.datetime
) -> tuple[views_lists.Wait, ...]:
    """Return what tokens of a case wait for, what comes first at the front, messages last.

    Args:
        definition: What the case runs on.
        found: Its timers and subscriptions.
        now: The time: of what comes today the hour is told, too.
    """
    waits = []
    for each in found:
        element = definition.process.elements.get(each.element_id)
        if element is not None and element.type in _WAITING:
            name = element.name if element.name != element.id else each.name or element.id
            waits.append(views_lists.Wait(element.id, name, each.due, name + _when(each.due, now)))
    never = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return tuple(sorted(waits, key=lambda wait: (wait.due or never, wait.element_id)))


def _when(due: datetime.datetime | None, now: datetime.datetime) -> str:
    if due is None:
        return ""
    day = moments.local_day(due)
    hour = f" {due.astimezone(moments.SHANGHAI):%H:%M}" if day == moments.local_day(now) else ""
    return f"（{wording.day(day)}{hour}）"
