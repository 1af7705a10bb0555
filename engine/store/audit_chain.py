"""How the entries of the audit trail hang together."""

from __future__ import annotations

import hashlib

from engine.store import types

#: The chain of everything that belongs to no instance.
SYSTEM_CHAIN = 0
#: What the chain of the system notes when an instance starts; its subject is ``instance/<id>``.
STARTED = "instance-started"
#: What it notes when a case is deleted because its time is over; the subject is the same, the chain is no more.
ERASED = "erase-case"


def hash_entry(
    chain: int, seq: int, at: str, actor: str, action: str, subject: str, details: str, previous_hash: str
) -> str:
    """Return the hash of an entry: SHA-256 over the canonical JSON of all its fields as they are stored."""
    text = types.dump_json([chain, seq, at, actor, action, subject, details, previous_hash], canonical=True)
    return hashlib.sha256(text.encode()).hexdigest()
