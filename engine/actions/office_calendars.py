"""The working days of an office: the national calendar with the overrides of its pack, and those approved since.

A definition never changes, the calendar does: a typhoon closes the office while cases run.  So every case counts on the
calendar of the newest deployment of its pack, not on that of its own, and on the changes that two administrators agreed
on (`engine.actions.calendar_changes`).
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterable, Sequence

from engine import errors, packfile
from engine.actions import definition_cache
from engine.calendars import calendar, overrides
from engine.model import calendar_changes
from engine.store import unit_of_work

#: Seconds until a process notices that another one has deployed a new calendar.
FRESH = 30.0
#: Stands for the approver of what nobody has approved yet.
NOBODY = "（待批准）"


def of_pack(info: packfile.PackInfo, further: Sequence[overrides.Override] = ()) -> calendar.Calendar:
    """Return the calendar of a pack, with `further` overrides besides its own.

    Raises:
        errors.CalendarError: The overrides are not written as the calendar wants them.
    """
    entries = info.calendar or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise errors.CalendarError(f"{packfile.NAME} 的 calendar 应为日历调整的列表。")
    every = (*overrides.parse(entries), *further)
    return calendar.load().with_overrides(every) if every else calendar.load()


def as_overrides(changes: Iterable[calendar_changes.CalendarChange]) -> tuple[overrides.Override, ...]:
    """Return approved changes as the calendar takes them."""
    return overrides.parse(
        {
            "date": change.day,
            "working": change.working,
            "document": change.document,
            "scope": change.scope,
            "proposer": change.proposed_by,
            "approver": change.decided_by or NOBODY,
            "valid_from": change.valid_from,
            "counts_for_statutory": change.counts_for_statutory,
            "reason": change.reason,
        }
        for change in changes
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Held:
    basis: tuple[int, ...]
    seen_at: float
    calendar: calendar.Calendar


class OfficeCalendars:
    """The calendars of packs, by slug; threads may share it."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._forgotten_at = 0.0
        self._lock = threading.Lock()

    def get(self, uow: unit_of_work.UnitOfWork, pack: str) -> calendar.Calendar:
        """Return the calendar of a pack as it was deployed last."""
        with self._lock:
            held = self._held.get(pack)
        if held is not None and time.monotonic() - held.seen_at < FRESH:
            return held.calendar
        latest = uow.deployments.latest(pack)
        if latest is None:
            return calendar.load()
        changes = uow.calendar_changes.in_force()
        basis = (latest.id, *(change.id for change in changes))
        if held is not None and held.basis == basis:
            found = held.calendar
        else:
            found = of_pack(definition_cache.pack_of(uow, latest), as_overrides(changes))
        with self._lock:
            if uow.began > self._forgotten_at:  # else it may see the calendar as it was before: not to be kept
                self._held[pack] = _Held(basis, uow.began, found)
        return found

    def check(self, uow: unit_of_work.UnitOfWork) -> None:
        """Make the calendar of every pack anew from what this unit of work sees.

        Raises:
            errors.CalendarError: An approved change contradicts what a pack says of the same day.
        """
        further = as_overrides(uow.calendar_changes.in_force())
        for latest in uow.deployments.newest():
            of_pack(definition_cache.pack_of(uow, latest), further)

    def of(
        self, uow: unit_of_work.UnitOfWork, pack: str, changes: Iterable[calendar_changes.CalendarChange]
    ) -> calendar.Calendar:
        """Return the calendar of a pack as it was deployed last, with these changes and no others; nothing is kept.

        Raises:
            errors.CalendarError: The changes contradict each other, or the pack.
        """
        latest = uow.deployments.latest(pack)
        return (
            calendar.load() if latest is None else of_pack(definition_cache.pack_of(uow, latest), as_overrides(changes))
        )

    def forget_all(self) -> None:
        """Look again next time, for every pack: the calendar of the office has changed."""
        with self._lock:
            self._held.clear()
            self._forgotten_at = time.monotonic()

    def forget(self, pack: str) -> None:
        """Look again next time: the pack has been deployed."""
        with self._lock:
            self._held.pop(pack, None)
            self._forgotten_at = time.monotonic()
