"""Process instances: the rows that every action on a case locks first."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import instances as model
from engine.store import audit, statements
from engine.store.tables import NO_HASH, definitions, instances

#: The columns of a `ProcessInstance`, in its order.
COLUMNS = [
    column for column in instances.c if column.name not in ("audit_seq", "audit_hash", "variables", "tokens", "undo")
]
#: How many columns of a row make a `ProcessInstance`; what follows them, `LockedInstance.of` reads.
_WIDTH = len(COLUMNS)
LOCKED_COLUMNS: list[sa.Column[Any]] = [
    *COLUMNS,
    instances.c.variables,
    instances.c.tokens,
    instances.c.audit_seq,
    instances.c.audit_hash,
]

_INSERT = statements.insert(
    instances, without=("id", "ended_at", "end_reason", "undo", "title"), returning=instances.c.id
)
_GET = sa.select(*COLUMNS).where(instances.c.id == sa.bindparam("instance"))
_STATE = sa.select(instances.c.variables, instances.c.tokens).where(instances.c.id == sa.bindparam("instance"))
_UNDO = sa.select(instances.c.undo).where(instances.c.id == sa.bindparam("instance"))
_LOCK = sa.select(*LOCKED_COLUMNS).where(instances.c.id == sa.bindparam("instance")).with_for_update()
_CHILDREN = sa.select(*COLUMNS).where(instances.c.parent_id == sa.bindparam("parent")).order_by(instances.c.id)
_CHILD = (
    sa.select(*COLUMNS)
    .where(instances.c.parent_id == sa.bindparam("parent"), instances.c.parent_token == sa.bindparam("token"))
    .order_by(instances.c.id.desc())
    .limit(1)
)
_KEYED = (
    sa.select(instances.c.id)
    .join(definitions, definitions.c.id == instances.c.definition_id)
    .where(instances.c.business_key == sa.bindparam("business_key"), definitions.c.key == sa.bindparam("key"))
    .limit(1)
)
_SET_STATUS = (
    sa.update(instances)
    .where(instances.c.id == sa.bindparam("instance"))
    .values(status=sa.bindparam("status"), ended_at=sa.bindparam("ended_at"), end_reason=sa.bindparam("end_reason"))
)


@dataclasses.dataclass(slots=True, eq=False)
class LockedInstance:
    """An instance that this unit of work alone may change until it ends, with its state as of now.

    `audit_seq` and `audit_hash` are the head of its audit chain; `stored_seq` is the head that the database has.
    """

    instance: model.ProcessInstance
    state: model.InstanceState
    audit_seq: int = 0
    audit_hash: str = NO_HASH
    stored_seq: int = 0

    @classmethod
    def of(cls, row: statements.Row) -> LockedInstance:
        """Make one of a row that starts with `LOCKED_COLUMNS`."""
        variables, tokens, seq, head = row[_WIDTH : _WIDTH + 4]
        return cls(model.ProcessInstance(*row[:_WIDTH]), model.InstanceState(variables, tokens), seq, head, seq)

    @property
    def id(self) -> int:
        """Return the id of the instance."""
        return self.instance.id

    @property
    def definition_id(self) -> int:
        """Return the id of the definition that the instance runs on."""
        return self.instance.definition_id


LOCKED_WIDTH = len(LOCKED_COLUMNS)


class Instances:
    """The process instances of a unit of work. A locked one is the same object however often it is asked for."""

    def __init__(self, link: statements.Link, trail: audit.AuditTrail) -> None:
        self._link = link
        self._trail = trail
        self._locked: dict[int, LockedInstance] = {}

    def create(
        self,
        definition_id: int,
        *,
        business_key: str | None,
        started_at: datetime.datetime,
        started_by: str,
        parent_id: int | None = None,
        parent_token: int | None = None,
        root_id: int | None = None,
    ) -> LockedInstance:
        """Add an instance, still empty, locked; `UnitOfWork.record` then stores what its start event did.

        The chain of the system notes the start, so that a chain of audit entries that vanished as a whole is missed.
        A root has no `root_id`; the child of a root has the id of its parent.
        """
        new_id = self._link.insert(
            _INSERT,
            {
                "definition_id": definition_id,
                "business_key": business_key,
                "status": model.InstanceStatus.ACTIVE,
                "started_at": started_at,
                "started_by": started_by,
                "parent_id": parent_id,
                "parent_token": parent_token,
                "root_id": root_id,
                "audit_seq": 0,
                "audit_hash": NO_HASH,
                "variables": "{}",
                "tokens": "{}",
            },
        )
        instance = model.ProcessInstance(
            id=new_id,
            definition_id=definition_id,
            business_key=business_key,
            status=model.InstanceStatus.ACTIVE,
            started_at=started_at,
            started_by=started_by,
            parent_id=parent_id,
            parent_token=parent_token,
            root_id=root_id,
        )
        self._trail.started(instance.id, definition_id, started_by, started_at)
        locked = LockedInstance(instance, model.InstanceState("{}", "{}"))
        self._locked[instance.id] = locked
        return locked

    def get(self, instance_id: int) -> model.ProcessInstance:
        """Return an instance without locking it.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"instance": instance_id})
        if row is None:
            raise _unknown(instance_id)
        return model.ProcessInstance(*row)

    def state(self, instance_id: int) -> model.InstanceState:
        """Return the state of an instance without locking it: to look at, not to go on from.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_STATE, {"instance": instance_id})
        if row is None:
            raise _unknown(instance_id)
        return model.InstanceState(row[0], row[1])

    def with_undo(self, instance_id: int, found: model.InstanceState) -> model.InstanceState:
        """Return the state of an instance with what it takes to withdraw the completion that happened last, if any.

        `lock` and `state` leave that out: nobody else asks for it.
        """
        row = self._link.one(_UNDO, {"instance": instance_id})
        return dataclasses.replace(found, undo=None if row is None else row[0])

    def lock(self, instance_id: int) -> LockedInstance:
        """Lock an instance and return it with its state, in one SELECT (none if this unit of work has it already).

        Raises:
            errors.NotFound: There is none with this id.
            errors.Conflict: Another action held it for too long.
        """
        locked = self._locked.get(instance_id)
        if locked is None:
            row = self._link.one(_LOCK, {"instance": instance_id})
            if row is None:
                raise _unknown(instance_id)
            locked = self._locked[instance_id] = LockedInstance.of(row)
        return locked

    def adopt(self, row: statements.Row) -> LockedInstance:
        """Return the locked instance of a row that another repository's locking SELECT gave."""
        return self._locked.get(row[0]) or self._locked.setdefault(row[0], LockedInstance.of(row))

    def children(self, parent_id: int) -> list[model.ProcessInstance]:
        """Return the instances that call activities of an instance started, ended ones included, oldest first."""
        return [model.ProcessInstance(*row) for row in self._link.all(_CHILDREN, {"parent": parent_id})]

    def child(self, parent_id: int, token: int) -> model.ProcessInstance | None:
        """Return the instance that the call activity at this token started last."""
        row = self._link.one(_CHILD, {"parent": parent_id, "token": token})
        return None if row is None else model.ProcessInstance(*row)

    def keyed(self, definition_key: str, business_key: str) -> bool:
        """Tell whether an instance of a process has this business key, in whichever version."""
        return self._link.one(_KEYED, {"business_key": business_key, "key": definition_key}) is not None

    def set_status(
        self,
        locked: LockedInstance,
        status: model.InstanceStatus,
        *,
        at: datetime.datetime,
        reason: str | None = None,
    ) -> None:
        """Suspend, activate or end an instance whose state stays as it is; a step does this by itself."""
        ended_at = at if status.ended else None
        self._link.run(
            _SET_STATUS, {"instance": locked.id, "status": status, "ended_at": ended_at, "end_reason": reason}
        )
        locked.instance = dataclasses.replace(locked.instance, status=status, ended_at=ended_at, end_reason=reason)

    def all_locked(self) -> Iterable[LockedInstance]:
        """Return every instance that this unit of work has locked."""
        return self._locked.values()


def _unknown(instance_id: int) -> errors.NotFound:
    return errors.NotFound(f"没有编号为 {instance_id} 的流程实例。", instance=instance_id)
