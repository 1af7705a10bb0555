"""Which cases have been kept long enough, what keeps them still, and who puts them under hold (保全)."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import retention as model
from engine.store import statements, types
from engine.store.tables import definitions, incidents, instances, user_tasks
from engine.store.tables_cooperation import case_links
from engine.store.tables_public import public_receipts
from engine.store.tables_records import publications
from engine.store.tables_retention import clean_ups, erasures, holds
from engine.store.tables_views import submissions

_MINE = sa.bindparam("case", type_=sa.BigInteger)
_WITH_TTL = (
    sa.select(definitions.c.id, definitions.c.name, definitions.c.history_ttl)
    .where(definitions.c.id > 0, definitions.c.history_ttl.is_not(None))
    .order_by(definitions.c.id)
)
_ENDED = (
    sa.select(instances.c.id, instances.c.ended_at, instances.c.business_key)
    .where(
        instances.c.definition_id == sa.bindparam("definition"),
        instances.c.ended_at.is_not(None),
        instances.c.parent_id.is_(None),
        instances.c.ended_at <= sa.bindparam("before"),
        sa.tuple_(instances.c.ended_at, instances.c.id)
        > sa.tuple_(sa.bindparam("since", type_=types.Instant), sa.bindparam("after", type_=sa.BigInteger)),
    )
    .order_by(instances.c.ended_at, instances.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_MEMBER = (
    instances.c.id,
    instances.c.definition_id,
    instances.c.ended_at,
    instances.c.audit_seq,
    instances.c.audit_hash,
)
_ROOT = sa.select(*_MEMBER).where(instances.c.id == _MINE)
_CALLED = sa.select(*_MEMBER).where(instances.c.root_id == _MINE).order_by(instances.c.id)
_HOLD = (
    sa.select(*holds.c).where(holds.c.instance_id == _MINE, holds.c.released_at.is_(None)).order_by(holds.c.id).limit(1)
)
_HOLDS = (
    sa.select(*holds.c)
    .where(holds.c.released_at.is_(None), holds.c.instance_id > sa.bindparam("after"))
    .order_by(holds.c.instance_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_PUT = statements.insert(holds, without=("id", "released_by", "released_at", "release_reason"), returning=holds.c.id)
_RELEASE = (
    sa.update(holds)
    .where(holds.c.instance_id == _MINE, holds.c.released_at.is_(None))
    .values(released_by=sa.bindparam("by"), released_at=sa.bindparam("at"), release_reason=sa.bindparam("why"))
)
_INCIDENT = (
    sa.select(incidents.c.id).where(incidents.c.instance_id == _MINE, incidents.c.resolved_at.is_(None)).limit(1)
)
_other, _top, _source = instances.alias("other"), instances.alias("top"), instances.alias("source")
_LINKED = (
    sa.select(_other.c.id)
    .select_from(case_links)
    .join(_other, _other.c.id == case_links.c.other_id)
    .join(_top, _top.c.id == sa.func.coalesce(_other.c.root_id, _other.c.id))
    .where(case_links.c.instance_id == _MINE, sa.or_(_other.c.ended_at.is_(None), _top.c.ended_at.is_(None)))
    .order_by(_other.c.id)
    .limit(1)
)
_ANSWERED_BY = (
    sa.select(_source.c.id)
    .select_from(public_receipts)
    .join(publications, publications.c.id == public_receipts.c.publication_id)
    .join(_source, _source.c.id == publications.c.instance_id)
    .where(public_receipts.c.instance_id == _MINE, _source.c.ended_at.is_(None))
    .order_by(_source.c.id)
    .limit(1)
)
_TYPED = sa.select(submissions.c["values"]).where(submissions.c.instance_id == _MINE)
_DONE = sa.select(user_tasks.c.submission, user_tasks.c.draft).where(user_tasks.c.instance_id == _MINE)
_CLAIM = sa.select(clean_ups.c.worker, clean_ups.c.until).where(clean_ups.c.instance_id == _MINE)
_SET_CLAIM = statements.upsert(clean_ups, ["instance_id"], ["worker", "until"])
_DROP_CLAIM = sa.delete(clean_ups).where(clean_ups.c.instance_id == _MINE, clean_ups.c.worker == sa.bindparam("by"))
_NOTE = statements.insert(erasures)
_ERASURE = sa.select(*erasures.c).where(erasures.c.instance_id == _MINE)
_ERASURES = (
    sa.select(*erasures.c)
    .where(erasures.c.instance_id > sa.bindparam("after"))
    .order_by(erasures.c.instance_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_UNSCRUBBED = sa.select(erasures.c.instance_id).where(erasures.c.scrubbed_at.is_(None)).limit(1)
_SCRUBBED = (
    sa.update(erasures)
    .where(erasures.c.scrubbed_at.is_(None), erasures.c.at <= sa.bindparam("upto"))
    .values(scrubbed_at=sa.bindparam("now"))
)


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A case of a family: `seq` and `head` are length and end of its chain of the audit trail."""

    id: int
    definition_id: int
    ended_at: datetime.datetime | None
    seq: int
    head: str


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """A case that no other called, when it ended, and what people call it."""

    id: int
    ended_at: datetime.datetime
    business_key: str | None


class Retention:
    """The retention of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def times(self) -> list[tuple[int, str, str]]:
        """Return the definitions whose cases are not kept for ever: number, name, and how long they are kept."""
        return [(row[0], row[1], row[2]) for row in self._link.all(_WITH_TTL, {})]

    def ended(
        self, definition_id: int, before: datetime.datetime, after: tuple[datetime.datetime, int], limit: int
    ) -> list[Ended]:
        """Return cases of a definition that ended up to a time, after a place in their order: by end, then number."""
        since, last = after
        given = {"definition": definition_id, "before": before, "since": since, "after": last, "most": limit}
        return [Ended(*row) for row in self._link.all(_ENDED, given)]

    def family(self, root_id: int) -> list[Member]:
        """Return a case and those that it called, directly or not, in the order in which they began."""
        found = [*self._link.all(_ROOT, {"case": root_id}), *self._link.all(_CALLED, {"case": root_id})]
        return [Member(*row) for row in found]

    def stays(self, family: Sequence[Member]) -> list[model.Stay]:
        """Return why a family stays; nothing where it may go."""
        found = []
        for each in family:
            if each.ended_at is None:
                found.append(model.Stay(model.Obstacle.OPEN, f"事项 {each.id} 尚未办结"))
            if (hold := self.hold(each.id)) is not None:
                found.append(model.Stay(model.Obstacle.HOLD, f"事项 {each.id} 已保全：{hold.reason}"))
            if self._link.one(_INCIDENT, {"case": each.id}) is not None:
                found.append(model.Stay(model.Obstacle.INCIDENT, f"事项 {each.id} 有未处理的异常"))
            if (row := self._link.one(_LINKED, {"case": each.id})) is not None:
                found.append(model.Stay(model.Obstacle.LINKED, f"关联事项 {row[0]} 尚未办结"))
            if (row := self._link.one(_ANSWERED_BY, {"case": each.id})) is not None:
                found.append(model.Stay(model.Obstacle.RECEIPT, f"公众提交的内容所针对的事项 {row[0]} 尚未办结"))
        return found

    def filled_in(self, instance_id: int) -> list[Mapping[str, Any]]:
        """Return everything that forms of a case were filled in with; its variables are with its state."""
        found = [row[0] for row in self._link.all(_TYPED, {"case": instance_id})]
        found += [each for row in self._link.all(_DONE, {"case": instance_id}) for each in row]
        return [each for each in found if isinstance(each, Mapping)]

    # --- holds -------------------------------------------------------------------------------------------------------

    def hold(self, instance_id: int) -> model.Hold | None:
        """Return the hold that a case is under, if it is."""
        row = self._link.one(_HOLD, {"case": instance_id})
        return None if row is None else model.Hold(*row)

    def holds(self, after: int, limit: int) -> list[model.Hold]:
        """Return the holds in force, by case, after one of them."""
        return [model.Hold(*row) for row in self._link.all(_HOLDS, {"after": after, "most": limit})]

    def put(self, instance_id: int, reason: str, by: str, at: datetime.datetime) -> model.Hold:
        """Put a case under hold.

        Raises:
            errors.Conflict: It is already.
        """
        row = {"instance_id": instance_id, "reason": reason, "placed_by": by, "placed_at": at}
        id_ = self._link.insert(_PUT, row, duplicate=f"事项 {instance_id} 已经保全，无需再次保全。")
        return model.Hold(id_, instance_id, reason, by, at)

    def release(self, instance_id: int, reason: str, by: str, at: datetime.datetime) -> bool:
        """Release a case; tell whether it was under hold."""
        return self._link.run(_RELEASE, {"case": instance_id, "why": reason, "by": by, "at": at}) > 0

    # --- clean-up ----------------------------------------------------------------------------------------------------

    def claim(self, root_id: int, worker: str, now: datetime.datetime, until: datetime.datetime) -> bool:
        """Take a locked case for its deletion; False while another worker has it."""
        row = self._link.one(_CLAIM, {"case": root_id})
        if row is not None and row[0] != worker and row[1] > now:
            return False
        self._link.run(_SET_CLAIM, {"instance_id": root_id, "worker": worker, "until": until})
        return True

    def give_back(self, root_id: int, worker: str) -> None:
        """Let others take a case that a worker has; if it took too long, another one has it already."""
        self._link.run(_DROP_CLAIM, {"case": root_id, "by": worker})

    def deleted(self, erasure: model.Erasure) -> None:
        """Note that a case was deleted."""
        self._link.run(_NOTE, {field.name: getattr(erasure, field.name) for field in dataclasses.fields(erasure)})

    def erasure(self, instance_id: int) -> model.Erasure | None:
        """Return when and why a case was deleted, if it was."""
        row = self._link.one(_ERASURE, {"case": instance_id})
        return None if row is None else model.Erasure(*row)

    def erasures(self, after: int, limit: int) -> list[model.Erasure]:
        """Return deletions by case, after one of them."""
        return [model.Erasure(*row) for row in self._link.all(_ERASURES, {"after": after, "most": limit})]

    def unscrubbed(self) -> bool:
        """Tell whether anything that was deleted may still stand in the pages of the database file."""
        return self._link.one(_UNSCRUBBED, {}) is not None

    def scrubbed(self, upto: datetime.datetime, now: datetime.datetime) -> None:
        """Note that what was deleted up to a time stands there no more."""
        self._link.run(_SCRUBBED, {"upto": upto, "now": now})
