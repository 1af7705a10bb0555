"""Forgetting what was only kept for a while."""

from __future__ import annotations

import datetime

from engine.actions import context

#: How long answers to repeated requests and ids of received messages are kept.
KEPT = datetime.timedelta(days=30)


def tidy(engine: context.Engine) -> int:
    """Forget answers to requests, and messages that are over, after `KEPT`; return how many rows went."""
    before = engine.clock.now() - KEPT
    with engine.store.write() as uow:
        return uow.idempotency.purge(before) + uow.messages.purge(before)
