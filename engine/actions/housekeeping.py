"""Forgetting what was only kept for a while."""

from __future__ import annotations

import datetime

from engine.actions import context, files

#: How long answers to repeated requests and ids of received messages are kept.
KEPT = datetime.timedelta(days=30)
#: How long people find what they were told, and operators what was sent to whom.
NOTICES_KEPT = datetime.timedelta(days=365)
MAILS_KEPT = datetime.timedelta(days=90)
DELIVERIES_KEPT = datetime.timedelta(days=30)


def tidy(engine: context.Engine) -> int:
    """Forget answers to requests, messages that are over, what was told long ago, and uploads that nobody submitted.

    Returns:
        How many rows went.
    """
    swept = files.sweep(engine)
    now = engine.clock.now()
    with engine.store.write() as uow:
        gone = swept + uow.idempotency.purge(now - KEPT) + uow.messages.purge(now - KEPT)
        gone += uow.notices.purge(now - NOTICES_KEPT) + uow.mails.purge(now - MAILS_KEPT)
        return gone + uow.webhooks.purge(now - DELIVERIES_KEPT)
