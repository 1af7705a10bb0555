"""How often one address may read what costs work: so much at once, then a little at a time.

Counted in the memory of this process: reading must not write. What changes something is counted by
`engine.actions.attempts`, for all processes together.
"""

from __future__ import annotations

import collections
import dataclasses
import ipaddress
import math
import threading
import time
from collections.abc import Callable

import fastapi

from engine import errors

#: Bits of an address of version 6 that one subscriber holds: whoever has one has all the others behind them.
_SUBSCRIBER = 64
_MOST_KEPT = 20_000
#: What calculating with fractions of seconds may be wrong by.
_HAIR = 1e-6


@dataclasses.dataclass(frozen=True, slots=True)
class Allowance:
    """So many at once cost nothing; then one is free again after some seconds. An office may share one address."""

    name: str
    at_once: int
    seconds: float


#: Printing an official document takes a second of a processor.
PRINTING = Allowance("print", 30, 4.0)
SEARCHING = Allowance("search", 60, 2.0)
DOWNLOADING = Allowance("download", 200, 1.0)


class Throttle:
    """Remembers what addresses have used up.

    Args:
        clock: Seconds that only ever grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: collections.OrderedDict[tuple[str, str], tuple[float, float]] = collections.OrderedDict()

    def spend(self, allowance: Allowance, client: str) -> None:
        """Count one act of an address.

        Raises:
            errors.TooManyAttempts: It has used up what it may; this one is not counted.
        """
        key, now = (allowance.name, client), self._clock()
        with self._lock:
            used, since = self._used.pop(key, (0.0, now))
            used = max(used - (now - since) / allowance.seconds, 0.0)
            free = used + 1 <= allowance.at_once + _HAIR
            self._used[key] = (used + 1 if free else used, now)
            if len(self._used) > _MOST_KEPT:
                self._used.popitem(last=False)
        if not free:
            wait = max(math.ceil(round((used + 1 - allowance.at_once) * allowance.seconds, 3)), 1)
            raise errors.TooManyAttempts(f"操作过于频繁，请在 {wait} 秒后再试。", wait=wait)


def client_of(request: fastapi.Request) -> str:
    """Return the address that a request comes from; of version 6 the network of the subscriber."""
    host = request.client.host if request.client is not None else "unknown"
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _SUBSCRIBER), strict=False))


def spend(request: fastapi.Request, allowance: Allowance) -> None:
    """Count what a request asks for; raises as `Throttle.spend` does."""
    throttle: Throttle = request.app.state.throttle
    throttle.spend(allowance, client_of(request))
