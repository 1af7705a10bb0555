"""How people work together on a case beside completing its tasks.

Each act is one transaction and one entry of the audit trail, whose details name those whom it concerns: `to` (people),
`roles`, `text` (what was written). Whoever tells people of it reads that (`engine.actions.acts`).
"""

from __future__ import annotations

from engine.actions.copies import copy_to, received
from engine.actions.copies import mark_read as mark_copies_read
from engine.actions.countersigning import answer, countersign
from engine.actions.countersigning import remove as remove_countersignature
from engine.actions.mentions import mentions
from engine.actions.returns import ReturnTarget, return_targets, return_to
from engine.actions.urges import urge
from engine.actions.withdrawals import can_withdraw, withdraw

__all__ = [
    "ReturnTarget",
    "answer",
    "can_withdraw",
    "copy_to",
    "countersign",
    "mark_copies_read",
    "mentions",
    "received",
    "remove_countersignature",
    "return_targets",
    "return_to",
    "urge",
    "withdraw",
]
