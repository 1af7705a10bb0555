"""Writes a step of the executor: few statements, each for all rows of a kind, and only for kinds that occur."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import instances as model
from engine.model import steps
from engine.store import (
    carrying,
    countersignatures,
    history,
    incidents,
    jobs,
    statements,
    subscriptions,
    timers,
    user_tasks,
)
from engine.store.instances import LockedInstance
from engine.store.tables import instances

_MINE = (instances.c.id == sa.bindparam("instance"), instances.c.audit_seq == sa.bindparam("stored_seq"))
_STATE: dict[str, sa.BindParameter[Any]] = {
    "variables": sa.bindparam("variables"),
    "tokens": sa.bindparam("tokens"),
    "undo": sa.bindparam("undo"),
    "title": sa.bindparam("title"),
    "audit_seq": sa.bindparam("seq"),
    "audit_hash": sa.bindparam("head"),
}
# Two statements, as an UPDATE that names `ended_at` makes SQLite look at every index that depends on it.
_GO_ON = sa.update(instances).where(*_MINE).values(_STATE)
_CHANGE = (
    sa.update(instances)
    .where(*_MINE)
    .values(
        _STATE
        | {
            "status": sa.bindparam("status"),
            "ended_at": sa.bindparam("ended_at"),
            "end_reason": sa.bindparam("end_reason"),
        }
    )
)


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a step made: the ids of the user tasks it opened, by token, and jobs for a queue to carry."""

    user_tasks: dict[int, int]
    jobs: bool
    carried: list[carrying.Load] = dataclasses.field(default_factory=list)


def record(
    link: statements.Link,
    locked: LockedInstance,
    step: steps.Step,
    now: datetime.datetime,
    *,
    by: str,
    on_behalf: str | None,
    submission: Mapping[str, Any] | None,
    status: model.InstanceStatus | None,
    end_reason: str | None,
    assigned: set[tuple[int, int]],
    terms: carrying.Terms | None,
) -> Recorded:
    """Write a step; see `UnitOfWork.record`."""
    instance_id = locked.id
    if step.closed:
        _close(link, instance_id, step.closed, now, by, on_behalf, submission, assigned)
    if step.reopened:
        user_tasks.reopen(link, locked.instance, step.reopened)
    # Before what follows, as the ids of tasks are waited for: all this goes to the server together, and what comes
    # after it together with the end of the transaction.
    _write_instance(link, locked, step, now, status or step.status, end_reason)
    opened = user_tasks.open_(link, locked.instance, step.user_tasks, now) if step.user_tasks else {}
    carried = jobs.open_(link, instance_id, step.jobs, now, terms) if step.jobs else []
    if step.timers:
        timers.open_(link, instance_id, step.timers)
    if step.subscriptions:
        subscriptions.open_(link, instance_id, step.subscriptions)
    if step.incidents:
        incidents.open_(link, instance_id, step.incidents, now)
    if step.visits:
        history.visit(link, instance_id, step.visits, now, locked.audit_seq)
    return Recorded(opened, bool(step.jobs), carried)


def _close(
    link: statements.Link,
    instance_id: int,
    closed: tuple[steps.Closed, ...],
    now: datetime.datetime,
    by: str,
    on_behalf: str | None,
    submission: Mapping[str, Any] | None,
    assigned: set[tuple[int, int]],
) -> None:
    kinds: dict[str, list[steps.Closed]] = {}
    for wait in closed:
        kinds.setdefault(wait.kind, []).append(wait)
    for kind, waits in kinds.items():
        if kind == "user_task":
            user_tasks.close(link, instance_id, waits, now, by, on_behalf, submission, assigned)
            gone = [wait.token for wait in waits if wait.outcome != model.UserTaskStatus.COMPLETED]
            countersignatures.lapse(link, instance_id, gone)
        elif kind == "job":
            jobs.close(link, instance_id, waits)
        elif kind == "timer":
            timers.close(link, instance_id, waits)
        elif kind == "subscription":
            subscriptions.close(link, instance_id, waits)
        elif kind == "incident":
            incidents.close(link, instance_id, waits, now, by)
        elif kind != "call":  # a call has no row of its own: the child instance is one
            raise ValueError(f"a step closes an unknown kind of wait: {kind}")


def _write_instance(
    link: statements.Link,
    locked: LockedInstance,
    step: steps.Step,
    now: datetime.datetime,
    status: model.InstanceStatus,
    end_reason: str | None,
) -> None:
    before = locked.instance.status
    if status is model.InstanceStatus.ACTIVE and before is model.InstanceStatus.SUSPENDED:
        status = before  # a variable set while the case rests does not wake it
    params: dict[str, Any] = {
        "instance": locked.instance.id,
        "stored_seq": locked.stored_seq,
        "variables": step.state.variables,
        "tokens": step.state.tokens,
        "undo": step.state.undo,
        "title": locked.instance.title,
        "seq": locked.audit_seq,
        "head": locked.audit_hash,
    }

    def check(touched: int) -> None:
        if touched != 1:
            raise errors.Conflict(f"流程实例 {locked.id} 已被其他操作改变，操作未执行，请刷新后再试。")

    if status is before:
        link.send(_GO_ON, params, check)
    else:
        ended_at = now if status.ended else None
        link.send(_CHANGE, params | {"status": status, "ended_at": ended_at, "end_reason": end_reason}, check)
    if status is not before:
        locked.instance = dataclasses.replace(locked.instance, status=status, ended_at=ended_at, end_reason=end_reason)
    locked.state = step.state
    locked.stored_seq = locked.audit_seq
