"""How often one address may read what costs work: so much at once, then a little at a time.

Counted in the memory of this process: reading must not write. What changes something is counted by
`engine.actions.attempts`, for all processes together.
"""

from __future__ import annotations

import collections
import datetime
import ipaddress
import threading

import fastapi

from engine.actions import attempts
from engine.web import access

#: Bits of an address of version 6 that one subscriber holds: whoever has one has all the others behind them.
_SUBSCRIBER = 64
_MOST_KEPT = 20_000

#: Printing an official document takes a second of a processor.
PRINTING = attempts.Allowance("print", 30, datetime.timedelta(seconds=4))
SEARCHING = attempts.Allowance("search", 60, datetime.timedelta(seconds=2))
DOWNLOADING = attempts.Allowance("download", 200, datetime.timedelta(seconds=1))


class Throttle:
    """Remembers what addresses have used up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: collections.OrderedDict[tuple[str, str], tuple[int, datetime.datetime]] = collections.OrderedDict()

    def spend(self, allowance: attempts.Allowance, client: str, now: datetime.datetime) -> None:
        """Count one act of an address.

        Raises:
            errors.TooManyAttempts: It has used up what it may; this one is not counted.
        """
        key = (allowance.act, client)
        with self._lock:
            spent, since = self._used.get(key, (0, now))
            self._used[key] = allowance.charge(spent, since, now)
            self._used.move_to_end(key)
            if len(self._used) > _MOST_KEPT:
                self._used.popitem(last=False)


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


def spend(request: fastapi.Request, allowance: attempts.Allowance) -> None:
    """Count what a request asks for; raises as `Throttle.spend` does."""
    throttle: Throttle = request.app.state.throttle
    throttle.spend(allowance, client_of(request), access.engine_of(request).clock.now())
