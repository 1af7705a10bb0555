"""The working days of an office: the national calendar with the overrides of its pack.

A definition never changes, the calendar does: a typhoon closes the office while cases run.  So every case counts on the
calendar of the newest deployment of its pack, not on that of its own.
"""

from __future__ import annotations

import dataclasses
import threading
import time

from engine import errors, packfile
from engine.calendars import calendar, overrides
from engine.model import definitions
from engine.store import unit_of_work

#: Seconds until a process notices that another one has deployed a new calendar.
FRESH = 30.0


def of_pack(info: packfile.PackInfo) -> calendar.Calendar:
    """Return the calendar of a pack.

    Raises:
        errors.CalendarError: The overrides are not written as the calendar wants them.
    """
    entries = info.calendar or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise errors.CalendarError(f"{packfile.NAME} 的 calendar 应为日历调整的列表。")
    national = calendar.load()
    return national.with_overrides(overrides.parse(entries)) if entries else national


@dataclasses.dataclass(frozen=True, slots=True)
class _Held:
    deployment_id: int
    seen_at: float
    calendar: calendar.Calendar


class OfficeCalendars:
    """The calendars of packs, by slug; threads may share it."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
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
        if held is not None and held.deployment_id == latest.id:
            found = held.calendar
        else:
            found = of_pack(_info(uow, latest))
        with self._lock:
            self._held[pack] = _Held(latest.id, time.monotonic(), found)
        return found

    def forget(self, pack: str) -> None:
        """Look again next time: the pack has been deployed."""
        with self._lock:
            self._held.pop(pack, None)


def _info(uow: unit_of_work.UnitOfWork, deployment: definitions.Deployment) -> packfile.PackInfo:
    path = f"processes/{deployment.pack}/{packfile.NAME}"
    return packfile.parse(uow.deployments.resource(deployment.id, path).content, deployment.pack, path)
