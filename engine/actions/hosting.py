"""Who stands behind the portal: the bodies whose packs are deployed, where people go, and what lists are called."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping

from engine.actions import context, definition_cache
from engine.model import offices as model

#: Seconds until a process notices that something was deployed.
_FRESH = 30.0


@dataclasses.dataclass(frozen=True, slots=True)
class Hosts:
    """The bodies that publish.

    Parameters:
        offices: each once, in the order of their packs.
        by_pack: by the slugs of packs.
        places: the places of packs that have any.
        portal: what lists are called and narrowed by; where packs differ, the first says it.
    """

    offices: tuple[model.Office, ...]
    by_pack: Mapping[str, model.Office]
    places: tuple[model.Places, ...]
    portal: model.Portal

    @property
    def name(self) -> str:
        """Return the names of all bodies."""
        return "、".join(office.name for office in self.offices)


NOBODY = Hosts((), {}, (), model.Portal())


class Held:
    """Remembers for a while who publishes: every page of the portal says so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[float, Hosts] | None = None

    def get(self, engine: context.Engine) -> Hosts:
        """Return who publishes.

        Raises:
            RuntimeError: A unit of work is open in this thread; said at every call, not only when it has to be read.
        """
        engine.store.refuse_within()
        with self._lock:
            held = self._found
        if held is not None and time.monotonic() - held[0] < _FRESH:
            return held[1]
        found = hosts(engine)
        with self._lock:
            self._found = (time.monotonic(), found)
        return found


def hosts(engine: context.Engine) -> Hosts:
    """Return who publishes, by the packs that are deployed."""
    with engine.store.read() as uow:
        packs = definition_cache.newest_packs(uow)
    by_pack = {info.slug: info.office or model.Office(info.source.issuer) for info in packs}
    kinds: dict[str, str] = {}
    for info in packs:
        kinds = {**info.portal.kinds, **kinds}
    filters = dict.fromkeys(name for info in packs for name in info.portal.filters)
    return Hosts(
        offices=tuple(dict.fromkeys(by_pack.values())),
        by_pack=by_pack,
        places=tuple(info.places for info in packs if info.places is not None),
        portal=model.Portal(kinds, tuple(filters)),
    )
