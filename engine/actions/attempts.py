"""Failed sign-ins slow the next ones down, by user name and by client, in every process at once.

From the fifth failure in a row on (the twentieth for a client: an office may share one address) the next attempt must
wait 10 seconds, then 20, 40 … up to 15 minutes. Unknown user names are counted like known ones.

What strangers do without signing in is counted, too: so many acts at once, then one in a while.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import math
from collections.abc import Iterable, Iterator

from engine import errors
from engine.actions import context, transaction
from engine.model import people

#: Failures in a row that cost nothing yet.
FREE_BY_USER = 5
FREE_BY_CLIENT = 20
FIRST_WAIT = datetime.timedelta(seconds=10)
LONGEST_WAIT = datetime.timedelta(minutes=15)
#: After this time without a failure, failures are forgotten.
KEPT = datetime.timedelta(days=1)


@contextlib.contextmanager
def counted(engine: context.Engine, user_id: str, client: str) -> Iterator[None]:
    """Count an attempt as failed unless the block ends well.

    It is counted before the block, one attempt after the other, so that attempts at the same time see each other.

    Raises:
        errors.TooManyAttempts: Too many have failed; the block is not entered, and this one is not counted.
    """
    by_user, by_client = _key("user", user_id), _key("client", client)
    now = engine.clock.now()
    with engine.store.write() as uow:
        limits = ((by_user, FREE_BY_USER), (by_client, FREE_BY_CLIENT))
        found = {key: _fresh(uow.sign_in_attempts.lock(key, now), now) for key, _ in limits}
        _refuse_blocked(found.values(), now)
        for key, free in limits:
            uow.sign_in_attempts.set(key, _failed(found[key], free, now))
        uow.sign_in_attempts.purge(now - KEPT)
    yield
    with engine.store.write() as uow:
        uow.sign_in_attempts.forget(by_user)
        # The failures of others at this client stay: signing in oneself must not set the guessing of others free.
        present = uow.sign_in_attempts.lock(by_client, now)
        fewer = max(present.failures - 1, 0)
        blocked = present.blocked_until if fewer >= FREE_BY_CLIENT else None
        uow.sign_in_attempts.set(by_client, people.Attempts(fewer, present.last_at, blocked))


@dataclasses.dataclass(frozen=True, slots=True)
class Allowance:
    """How often one client may do what anybody may: so many at once cost nothing, then one more is free in a while.

    Parameters:
        act: what is done.
        most: how many at once; an office may share one address.
        again: after what time one more is free.
    """

    act: str
    most: int
    again: datetime.timedelta

    def charge(
        self, spent: int, since: datetime.datetime, now: datetime.datetime, cost: int = 1
    ) -> tuple[int, datetime.datetime]:
        """Return how many are spent after one more act, and since when they come back.

        Args:
            spent: How many were spent before.
            since: Since when those come back.
            now: The time.
            cost: As how many it counts.

        Raises:
            errors.TooManyAttempts: There were too many; this one is not counted.
        """
        regained = max((now - since) // self.again, 0)
        left = max(spent - regained, 0)
        since = since + regained * self.again if left else now
        if left + cost > self.most:
            wait = since + (left + cost - self.most) * self.again - now
            raise errors.TooManyAttempts(f"操作过于频繁，请在 {_in_words(wait)}后再试。", wait=wait.total_seconds())
        return left + cost, since


def spend(engine: context.Engine, allowance: Allowance, client: str, *, cost: int = 1) -> None:
    """Count an act of a client that anybody may do, for all processes together; `cost`: as how many.

    Raises:
        errors.TooManyAttempts: There were too many; this one is not counted.
    """
    key, now = _key(allowance.act, client), engine.clock.now()
    with engine.store.write() as uow:
        found = _fresh(uow.sign_in_attempts.lock(key, now), now)
        spent, since = allowance.charge(found.failures, found.last_at, now, cost)
        uow.sign_in_attempts.set(key, people.Attempts(spent, since, None))
        uow.sign_in_attempts.purge(now - KEPT)


def forget(tx: transaction.Transaction, user_id: str) -> None:
    """Forget the failures of a user name: its owner has a new password."""
    tx.uow.sign_in_attempts.forget(_key("user", user_id))


def _failed(before: people.Attempts, free: int, now: datetime.datetime) -> people.Attempts:
    failures = before.failures + 1
    if failures < free:
        return people.Attempts(failures, now, None)
    wait = min(FIRST_WAIT * 2 ** min(failures - free, 20), LONGEST_WAIT)
    return people.Attempts(failures, now, now + wait)


def _fresh(found: people.Attempts, now: datetime.datetime) -> people.Attempts:
    return people.Attempts(0, now, None) if found.last_at < now - KEPT else found


def _refuse_blocked(found: Iterable[people.Attempts], now: datetime.datetime) -> None:
    until = [each.blocked_until for each in found if each.blocked_until is not None]
    if until and max(until) > now:
        seconds = math.ceil((max(until) - now).total_seconds())
        wait = _in_words(datetime.timedelta(seconds=seconds))
        raise errors.TooManyAttempts(f"登录失败次数过多，请在 {wait}后再试。", wait=seconds)


def _in_words(wait: datetime.timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    return f"{seconds} 秒" if seconds < 60 else f"{math.ceil(seconds / 60)} 分钟"


def _key(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}:{name}".encode(errors="replace")).hexdigest()
