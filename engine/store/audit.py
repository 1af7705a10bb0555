"""The audit trail: append-only, chained by hash. One chain per instance, and chain 0 for the system."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.store import statements, types, verification
from engine.store.audit_chain import STARTED, SYSTEM_CHAIN, hash_entry
from engine.store.tables import NO_HASH, audit, audit_heads, instances

if TYPE_CHECKING:
    from engine.store.instances import LockedInstance

_INSERT = statements.insert(audit, without=("id",))
_COUNT = sa.select(sa.func.count()).select_from(audit)
_LOCK_HEAD = (
    sa.select(audit_heads.c.seq, audit_heads.c.hash)
    .where(audit_heads.c.chain == sa.bindparam("chain"))
    .with_for_update()
)
_SET_HEAD = statements.upsert(audit_heads, ["chain"], ["seq", "hash"])
_SET_INSTANCE_HEAD = (
    sa.update(instances)
    .where(instances.c.id == sa.bindparam("instance"))
    .values(audit_seq=sa.bindparam("seq"), audit_hash=sa.bindparam("head"))
)


class AuditTrail:
    """The audit entries of a unit of work: kept until its end, then written together."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link
        self._rows: list[dict[str, Any]] = []
        self._system: list[dict[str, Any]] = []

    def append(
        self,
        locked: LockedInstance | None,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, Any],
        at: datetime.datetime,
    ) -> None:
        """Note an act, in the chain of a locked instance or (None) in that of the system.

        Call it before `UnitOfWork.record`, which then writes the head of the chain along with the instance.

        Args:
            locked: The instance acted on; None for the system.
            actor: Id of who acts.
            action: What is done, e.g. ``complete``.
            subject: What it is done to, e.g. ``user_task/17``.
            details: JSON that explains the act.
            at: When, with time zone.
        """
        row = {"actor": actor, "action": action, "subject": subject, "at": at}
        row["details"] = types.dump_json(details, canonical=True)
        if locked is None:
            self._system.append(row)  # chained in `flush`: its head is locked as late and as briefly as can be
            return
        locked.audit_seq += 1
        locked.audit_hash = self._chain(row, locked.id, locked.audit_seq, locked.audit_hash)

    def started(self, instance_id: int, definition_id: int, actor: str, at: datetime.datetime) -> None:
        """Note in the chain of the system that an instance exists."""
        self.append(None, actor, STARTED, f"instance/{instance_id}", {"definition": definition_id}, at)

    def verify(self, progress: Callable[[int], None] | None = None) -> list[verification.Problem]:
        """Check every entry and every chain; return what was changed, removed or put elsewhere, nothing if all is well.

        Every instance is expected to have entries: the action that starts one notes that it did. All in this unit of
        work; `proving.prove` takes one after the other instead, so that nobody waits for it.

        Args:
            progress: Called now and then with the number of entries checked so far; `count` tells how many there are.
        """
        return verification.verify(lambda: contextlib.nullcontext(self._link), progress)

    def count(self) -> int:
        """Return how many entries there are."""
        row = self._link.one(_COUNT, {})
        return 0 if row is None else int(row[0])

    def flush(self, touched: list[LockedInstance]) -> None:
        """Write what was noted, and the heads of those chains that `UnitOfWork.record` did not write."""
        if self._system:
            found = self._link.one(_LOCK_HEAD, {"chain": SYSTEM_CHAIN})
            seq, head = found if found is not None else (0, NO_HASH)
            for row in self._system:
                seq += 1
                head = self._chain(row, SYSTEM_CHAIN, seq, head)
            self._link.run(_SET_HEAD, {"chain": SYSTEM_CHAIN, "seq": seq, "hash": head})
        self._link.run_many(
            _SET_INSTANCE_HEAD,
            [{"instance": each.id, "seq": each.audit_seq, "head": each.audit_hash} for each in touched],
        )
        for each in touched:
            each.stored_seq = each.audit_seq
        self._link.run_many(_INSERT, self._rows)
        self._rows, self._system = [], []

    def _chain(self, row: dict[str, Any], chain: int, seq: int, previous: str) -> str:
        hash_ = hash_entry(
            chain,
            seq,
            types.dump_instant(row["at"]),
            row["actor"],
            row["action"],
            row["subject"],
            row["details"],
            previous,
        )
        row.update(chain=chain, seq=seq, previous_hash=previous, hash=hash_)
        self._rows.append(row)
        return hash_
