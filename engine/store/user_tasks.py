"""User tasks, and who may claim them."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import cooperation, steps
from engine.model import instances as model
from engine.store import statements, types
from engine.store.instances import LOCKED_COLUMNS, LOCKED_WIDTH, Instances, LockedInstance
from engine.store.tables import candidates, instances, user_tasks
from engine.store.tables_cooperation import countersignatures

_NOT_OF_A_TASK = ("sort_due", "announced_at", "submission", "held")
#: The columns of a `UserTask`, in its order.
COLUMNS = [column for column in user_tasks.c if column.name not in _NOT_OF_A_TASK]
#: A literal, not a parameter: SQLite uses an index of open tasks only where the statement says that they are open.
IS_OPEN = user_tasks.c.status == sa.literal_column("'open'")
#: What somebody has dealt with: completed, or sent back; written as the index of it is.
IS_DONE = user_tasks.c.status.in_([sa.literal_column("'completed'"), sa.literal_column("'returned'")])

_LATER = (
    "owner",
    "delegation",
    "draft",
    "completed_at",
    "completed_by",
    "completed_for",
    "announced_at",
    "submission",
    "countersign",
    "held",
)
_INSERT = statements.insert(
    user_tasks,
    without=("id", *_LATER),
    returning=user_tasks.c.id,
)
_INSERT_MANY = statements.insert(user_tasks, without=("id", *_LATER))
_IDS = sa.select(user_tasks.c.token, user_tasks.c.id).where(
    user_tasks.c.instance_id == sa.bindparam("instance"),
    user_tasks.c.token.between(sa.bindparam("first"), sa.bindparam("last")),
)
_CLOSE = (
    sa.update(user_tasks)
    .where(user_tasks.c.instance_id == sa.bindparam("instance"), user_tasks.c.token == sa.bindparam("at"), IS_OPEN)
    .values(
        status=sa.bindparam("status"),
        completed_at=sa.bindparam("completed_at"),
        completed_by=sa.bindparam("completed_by"),
        completed_for=sa.bindparam("completed_for"),
        submission=sa.bindparam("submission"),
        countersign=None,
        held=None,
    )
)
_REOPEN = (
    sa.update(user_tasks)
    .where(user_tasks.c.instance_id == sa.bindparam("instance"), user_tasks.c.token == sa.bindparam("at"))
    .values(status=model.UserTaskStatus.OPEN, completed_at=None, completed_by=None, completed_for=None, submission=None)
)
_HOLD = (
    sa.update(user_tasks)
    .where(user_tasks.c.id == sa.bindparam("task"), IS_OPEN)
    .values(held=sa.bindparam("held"), countersign=sa.bindparam("countersign"))
)
_SUBMISSION = sa.select(user_tasks.c.submission).where(user_tasks.c.id == sa.bindparam("task"))
_HELD = sa.select(user_tasks.c.held).where(user_tasks.c.id == sa.bindparam("task"))
_INSERT_CANDIDATE = statements.insert(candidates)
_DELETE_CANDIDATES = sa.delete(candidates).where(
    candidates.c.instance_id == sa.bindparam("instance"), candidates.c.token == sa.bindparam("at")
)
_GET = sa.select(*COLUMNS).where(user_tasks.c.id == sa.bindparam("task"))
_AT = sa.select(*COLUMNS).where(
    user_tasks.c.instance_id == sa.bindparam("instance"), user_tasks.c.token == sa.bindparam("at")
)
_OF_INSTANCE = sa.select(*COLUMNS).where(user_tasks.c.instance_id == sa.bindparam("instance")).order_by(user_tasks.c.id)
_HELD_BY = sa.union(
    sa.select(user_tasks.c.id).where(IS_OPEN, user_tasks.c.assignee == sa.bindparam("person")),
    sa.select(user_tasks.c.id).where(IS_OPEN, user_tasks.c.owner == sa.bindparam("person")),
    sa.select(user_tasks.c.id)
    .join(
        candidates,
        sa.and_(candidates.c.instance_id == user_tasks.c.instance_id, candidates.c.token == user_tasks.c.token),
    )
    .where(candidates.c.kind == sa.literal_column("'user'"), candidates.c.name == sa.bindparam("person")),
).subquery()
_IDS_HELD_BY = sa.select(_HELD_BY.c.id).order_by(_HELD_BY.c.id)
# The instance stands first: PostgreSQL locks in this order, and so does everybody else.
_LOCK = (
    sa.select(*LOCKED_COLUMNS, *COLUMNS)
    .select_from(instances.join(user_tasks, user_tasks.c.instance_id == instances.c.id))
    .where(user_tasks.c.id == sa.bindparam("task"))
    .with_for_update()
)
_CHANGEABLE = (
    "assignee",
    "owner",
    "delegation",
    "candidate_users",
    "candidate_groups",
    "due",
    "follow_up",
    "priority",
    "draft",
    "countersign",
)
_SAVE = (
    sa.update(user_tasks)
    .where(user_tasks.c.id == sa.bindparam("task"), IS_OPEN)
    .values({name: sa.bindparam(name) for name in (*_CHANGEABLE, "sort_due")})
)

_REDRAW = (
    sa.update(user_tasks)
    .where(user_tasks.c.id == sa.bindparam("task"), IS_OPEN)
    .values({name: sa.bindparam(name) for name in ("name", "lane", "form_key", "clause")})
)


def _doing(these: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """Return who did some tasks: instance, element, person, principal, name of the task, whether it was delegated."""
    task, countersignature = user_tasks.c, countersignatures.c
    what = (task.instance_id, task.element_id)
    submitted = sa.and_(IS_OPEN, task.countersign == cooperation.Countersigning.SUBMITTED)
    delegated = task.delegation.is_not(None)
    person = sa.case((submitted, task.assignee), else_=task.completed_by).label("person")
    did = sa.select(
        *what, person, task.completed_for.label("principal"), task.name, delegated.label("delegated")
    ).where(these, sa.or_(IS_DONE, submitted, sa.and_(IS_OPEN, delegated)))
    principal = sa.func.nullif(countersignature.person, countersignature.answered_by)
    said = (
        sa.select(*what, countersignature.answered_by, principal, task.name, sa.false())
        .join_from(user_tasks, countersignatures, countersignature.user_task_id == task.id)
        .where(these, countersignature.status == cooperation.CountersignStatus.GIVEN)
    )
    return sa.union(did, said)


class UserTasks:
    """The user tasks of a unit of work."""

    def __init__(self, link: statements.Link, instances_: Instances, assigned: set[tuple[int, int]]) -> None:
        self._link = link
        self._instances = instances_
        self._assigned = assigned

    def get(self, user_task_id: int) -> model.UserTask:
        """Return a user task without locking it.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"task": user_task_id})
        if row is None:
            raise _unknown(user_task_id)
        return model.UserTask(*row)

    def lock(self, user_task_id: int) -> tuple[model.UserTask, LockedInstance]:
        """Lock the instance of a user task; return both, and the state, in one SELECT.

        The task may be completed or cancelled already: look at its status, who did it and when.

        Raises:
            errors.NotFound: There is none with this id.
            errors.Conflict: Another action held the instance for too long.
        """
        row = self._link.one(_LOCK, {"task": user_task_id})
        if row is None:
            raise _unknown(user_task_id)
        task = model.UserTask(*row[LOCKED_WIDTH:])
        self._remember(task)
        return task, self._instances.adopt(row)

    def at(self, instance_id: int, token: int) -> model.UserTask | None:
        """Return the user task of a token, in whatever status."""
        row = self._link.one(_AT, {"instance": instance_id, "at": token})
        return None if row is None else model.UserTask(*row)

    def of_instance(self, instance_id: int) -> list[model.UserTask]:
        """Return all user tasks of an instance, finished ones included, oldest first."""
        return [model.UserTask(*row) for row in self._link.all(_OF_INSTANCE, {"instance": instance_id})]

    def held_by(self, person: str) -> list[int]:
        """Return the ids of the open tasks that somebody has, has delegated, or is offered by name."""
        return [row[0] for row in self._link.all(_IDS_HELD_BY, {"person": person})]

    def doers(self, instance_id: int, element_ids: Collection[str]) -> list[tuple[str | None, str | None, str, bool]]:
        """Return who did tasks of these elements in an instance: person, whom they stood in for, name, if delegated.

        Every combination comes once, however often the elements were visited. Who sent the case back from a task did
        it, so did who has submitted it and waits for the agreement of others, and who countersigned it. Of a task that
        is delegated, or has been, and is still open, the person is None.
        """
        these = sa.and_(user_tasks.c.instance_id == instance_id, user_tasks.c.element_id.in_(sorted(element_ids)))
        found = {(*row[2:5], bool(row[5])) for row in self._link.select(_doing(these))}
        return sorted(found, key=lambda row: tuple(map(str, row)))

    def done_by(self, person: str, instance_ids: Collection[int]) -> dict[tuple[int, str], str]:
        """Return the names of the tasks that somebody did in some instances, as `doers`, by instance and element."""
        did = _doing(user_tasks.c.instance_id.in_(sorted(instance_ids))).subquery().c
        found = sa.select(did.instance_id, did.element_id, did.name).where(
            sa.or_(did.person == person, did.principal == person)
        )
        return {(instance, element): name for instance, element, name in self._link.select(found)}

    def change(self, task: model.UserTask, **changes: Any) -> model.UserTask:
        """Change an open user task of a locked instance; return it as it now is.

        Args:
            task: As `lock` returned it.
            changes: New values of assignee, owner, delegation, candidate_users, candidate_groups, due, follow_up,
                priority, draft or countersign.

        Raises:
            errors.Conflict: The task is not open any more.
        """
        refused = set(changes) - set(_CHANGEABLE)
        if refused:
            raise ValueError(f"not for change: {sorted(refused)}")
        after = dataclasses.replace(task, **changes)
        params: dict[str, Any] = {name: getattr(after, name) for name in _CHANGEABLE}
        params.update(task=task.id, sort_due=after.due or types.NEVER)
        if self._link.run(_SAVE, params) != 1:
            raise errors.Conflict(f"任务“{task.name}”已经结束，不能再改变。", user_task=task.id)
        if _claims(after) != _claims(task) or after.due != task.due:
            if task.assignee is None:
                self._link.run(_DELETE_CANDIDATES, {"instance": task.instance_id, "at": task.token})
            self._link.run_many(_INSERT_CANDIDATE, self._candidate_rows(after))
        self._remember(after)
        return after

    def redraw(
        self, task: model.UserTask, *, name: str, lane: str | None, form_key: str | None, clause: str | None
    ) -> model.UserTask:
        """Let an open user task be what another version of its diagram says that it is; return it as it now is."""
        drawn = {"name": name, "lane": lane, "form_key": form_key, "clause": clause}
        self._link.run(_REDRAW, {"task": task.id, **drawn})
        return dataclasses.replace(task, name=name, lane=lane, form_key=form_key, clause=clause)

    def submission(self, user_task_id: int) -> dict[str, Any] | None:
        """Return what the form of a completed user task was filled in with."""
        row = self._link.one(_SUBMISSION, {"task": user_task_id})
        return None if row is None else row[0]

    def hold(self, task: model.UserTask, held: cooperation.HeldCompletion) -> None:
        """Keep a completion of an open user task until others agree."""
        kept = {
            "by": held.by,
            "at": types.dump_instant(held.at),
            "values": held.values,
            "filled_in": held.filled_in,
            "on_behalf": held.on_behalf,
        }
        submitted = cooperation.Countersigning.SUBMITTED
        self._link.run(_HOLD, {"task": task.id, "held": kept, "countersign": submitted})

    def held(self, user_task_id: int) -> cooperation.HeldCompletion | None:
        """Return the completion of a user task that waits for the agreement of others."""
        row = self._link.one(_HELD, {"task": user_task_id})
        if row is None or row[0] is None:
            return None
        return cooperation.HeldCompletion(**row[0] | {"at": datetime.datetime.fromisoformat(row[0]["at"])})

    def release(self, task: model.UserTask, countersign: cooperation.Countersigning | None) -> model.UserTask:
        """Forget a completion that was held; `countersign` tells what the task waits for now."""
        self._link.run(_HOLD, {"task": task.id, "held": None, "countersign": countersign})
        return dataclasses.replace(task, countersign=countersign)

    def _candidate_rows(self, task: model.UserTask) -> list[dict[str, Any]]:
        users, groups = _claims(task)
        if not users and not groups:
            return []
        opened = {
            "instance_id": task.instance_id,
            "token": task.token,
            "candidate_users": users,
            "candidate_groups": groups,
            "sort_due": task.due or types.NEVER,
        }
        return list(_claim_rows(opened, self._instances.lock(task.instance_id).definition_id))

    def _remember(self, task: model.UserTask) -> None:
        at = (task.instance_id, task.token)
        if task.assignee is None:
            self._assigned.discard(at)
        else:
            self._assigned.add(at)


def open_(
    link: statements.Link,
    instance: model.ProcessInstance,
    opened: Sequence[steps.UserTaskOpened],
    now: datetime.datetime,
) -> dict[int, int]:
    """Insert user tasks with their candidates; return their ids by token."""
    rows = [_row(instance.id, task, now) for task in opened]
    if len(rows) == 1:
        ids = {opened[0].token: link.insert(_INSERT, rows[0])}
    else:
        link.run_many(_INSERT_MANY, rows)
        tokens = {task.token for task in opened}
        found = link.all(_IDS, {"instance": instance.id, "first": min(tokens), "last": max(tokens)})
        ids = {token: id_ for token, id_ in found if token in tokens}
    claims = [row for task in rows if task["assignee"] is None for row in _claim_rows(task, instance.definition_id)]
    if claims:
        link.run_many(_INSERT_CANDIDATE, claims)
    return ids


def close(
    link: statements.Link,
    instance_id: int,
    waits: Sequence[steps.Closed],
    now: datetime.datetime,
    by: str,
    on_behalf: str | None,
    submission: Mapping[str, Any] | None,
    assigned: set[tuple[int, int]],
) -> None:
    """Complete or cancel user tasks.

    `on_behalf` is whom the one who completes stands in for, `submission` what was filled in. `assigned` are the tasks
    known to be held by somebody: nobody may claim them.
    """
    link.run_many(
        _CLOSE,
        [
            {
                "instance": instance_id,
                "at": wait.token,
                "status": model.UserTaskStatus(wait.outcome),
                "completed_at": now,
                "completed_by": by,
                "completed_for": on_behalf if wait.outcome == model.UserTaskStatus.COMPLETED else None,
                "submission": submission if wait.outcome == model.UserTaskStatus.COMPLETED else None,
            }
            for wait in waits
        ],
    )
    link.run_many(
        _DELETE_CANDIDATES,
        [{"instance": instance_id, "at": wait.token} for wait in waits if (instance_id, wait.token) not in assigned],
    )


def reopen(link: statements.Link, instance: model.ProcessInstance, tokens: Sequence[int]) -> None:
    """Open user tasks again whose completion, or cancellation, was withdrawn."""
    link.run_many(_REOPEN, [{"instance": instance.id, "at": token} for token in tokens])
    claims: list[dict[str, Any]] = []
    for token in tokens:
        row = link.one(_AT, {"instance": instance.id, "at": token})
        if row is not None and (task := model.UserTask(*row)).assignee is None:
            opened = {**dataclasses.asdict(task), "sort_due": task.due or types.NEVER}
            claims += _claim_rows(opened, instance.definition_id)
    link.run_many(_INSERT_CANDIDATE, claims)


def _row(instance_id: int, task: steps.UserTaskOpened, now: datetime.datetime) -> dict[str, Any]:
    return {
        "instance_id": instance_id,
        "token": task.token,
        "element_id": task.element_id,
        "name": task.name,
        "status": model.UserTaskStatus.OPEN,
        "created_at": now,
        "lane": task.lane,
        "form_key": task.form_key,
        "assignee": task.assignee,
        "candidate_users": task.candidate_users,
        "candidate_groups": task.candidate_groups,
        "due": task.due,
        "follow_up": task.follow_up,
        "priority": task.priority,
        "clause": task.clause,
        "sort_due": task.due or types.NEVER,
    }


def _claims(task: model.UserTask) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (task.candidate_users, task.candidate_groups) if task.assignee is None else ((), ())


def _claim_rows(task: dict[str, Any], definition_id: int) -> Iterable[dict[str, Any]]:
    key = {name: task[name] for name in ("instance_id", "token", "sort_due")} | {"definition_id": definition_id}
    for kind in ("user", "group"):
        for name in dict.fromkeys(task[f"candidate_{kind}s"]):
            yield {**key, "kind": kind, "name": name}


def _unknown(user_task_id: int) -> errors.NotFound:
    return errors.NotFound(f"没有编号为 {user_task_id} 的任务。", user_task=user_task_id)
