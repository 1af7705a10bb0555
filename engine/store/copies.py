"""Cases that were sent to people and roles to know of (抄送), and who has read them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import sqlalchemy as sa

from engine import errors
from engine.model import cooperation as model
from engine.store import statements
from engine.store.tables_cooperation import copies, copy_reads

#: The columns of a `Copy`, in its order.
COLUMNS = list(copies.c)

_INSERT = statements.insert(copies, without=("id",), returning=copies.c.id)
_GET = sa.select(*COLUMNS).where(copies.c.id == sa.bindparam("copy"))
_OF_INSTANCE = sa.select(*COLUMNS).where(copies.c.instance_id == sa.bindparam("instance")).order_by(copies.c.id)
_READ = statements.upsert(copy_reads, ["copy_id", "person"], [])
_READERS = (
    sa.select(copy_reads.c.copy_id, copy_reads.c.person, copy_reads.c.read_at)
    .join_from(copies, copy_reads, copy_reads.c.copy_id == copies.c.id)
    .where(copies.c.instance_id == sa.bindparam("instance"))
    .order_by(copy_reads.c.copy_id, copy_reads.c.read_at, copy_reads.c.person)
)


class Copies:
    """The copies of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        instance_id: int,
        user_task_id: int | None,
        kind: str,
        name: str,
        *,
        sent_by: str,
        sent_at: datetime.datetime,
        text: str,
    ) -> model.Copy:
        """Send a case to a user or a group."""
        row = {
            "instance_id": instance_id,
            "user_task_id": user_task_id,
            "kind": kind,
            "name": name,
            "sent_by": sent_by,
            "sent_at": sent_at,
            "text": text,
        }
        new_id = self._link.insert(_INSERT, row)
        return model.Copy(new_id, instance_id, user_task_id, kind, name, sent_by, sent_at, text)

    def get(self, copy_id: int) -> model.Copy:
        """Return a copy.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"copy": copy_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {copy_id} 的抄送。", copy=copy_id)
        return model.Copy(*row)

    def of_instance(self, instance_id: int) -> list[model.Copy]:
        """Return the copies of an instance, oldest first."""
        return [model.Copy(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]

    def readers(self, instance_id: int) -> dict[int, dict[str, datetime.datetime]]:
        """Return who has read the copies of an instance, and when first, by copy."""
        found: dict[int, dict[str, datetime.datetime]] = {}
        for copy_id, person, at in self._link.all(_READERS, {"instance": instance_id}):
            found.setdefault(copy_id, {})[person] = at
        return found

    def read(self, copy_ids: Iterable[int], person: str, at: datetime.datetime) -> None:
        """Note that somebody has read copies; the first time counts."""
        self._link.run_many(_READ, [{"copy_id": copy_id, "person": person, "read_at": at} for copy_id in copy_ids])
