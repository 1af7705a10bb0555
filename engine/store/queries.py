"""The read side: what the lists of people, operators and programs show, a page at a time (see `paging`)."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import definitions as model_definitions
from engine.model import instances as model
from engine.store import definitions as definitions_module
from engine.store import history as history_module
from engine.store import incidents as incidents_module
from engine.store import jobs as jobs_module
from engine.store import messages as messages_module
from engine.store import paging, statements, tables
from engine.store import subscriptions as subscriptions_module
from engine.store import timers as timers_module
from engine.store import user_tasks as user_tasks_module
from engine.store.instances import COLUMNS as _INSTANCE_COLUMNS
from engine.store.unit_of_work import UnitOfWork


@dataclasses.dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance in a list, with what its definition is called."""

    instance: model.ProcessInstance
    definition_key: str
    definition_version: int
    definition_name: str


@dataclasses.dataclass(frozen=True, slots=True)
class UserTaskRow:
    """A user task in a list, with the case that it belongs to."""

    task: model.UserTask
    business_key: str | None
    instance_status: model.InstanceStatus
    definition_key: str
    definition_name: str


def deployments(
    uow: UnitOfWork, *, pack: str | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[model_definitions.Deployment]:
    """Return deployments, newest first."""
    table = tables.deployments
    query = paging.filtered(sa.select(*table.c), (table.c.pack, pack))
    return paging.page(
        uow, query, [table.c.id], limit, after, lambda row: model_definitions.Deployment(*row), newest=True
    )


def definitions(
    uow: UnitOfWork,
    *,
    key: str | None = None,
    pack: str | None = None,
    status: model_definitions.DefinitionStatus | None = None,
    latest_only: bool = False,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model_definitions.ProcessDefinition]:
    """Return process definitions by key and version."""
    table = tables.definitions
    query = paging.filtered(
        sa.select(*definitions_module.COLUMNS), (table.c.key, key), (table.c.pack, pack), (table.c.status, status)
    )
    if latest_only:
        other = table.alias()
        query = query.where(
            table.c.version
            == sa.select(sa.func.max(other.c.version)).where(other.c.key == table.c.key).scalar_subquery()
        )
    return paging.page(
        uow,
        query,
        [table.c.key, table.c.version],
        limit,
        after,
        lambda row: model_definitions.ProcessDefinition(*row),
    )


def instances(
    uow: UnitOfWork,
    *,
    definition_key: str | None = None,
    definition_id: int | None = None,
    business_key: str | None = None,
    status: model.InstanceStatus | None = None,
    open_only: bool = False,
    started_by: str | None = None,
    parent_id: int | None = None,
    root_id: int | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[InstanceRow]:
    """Return instances, newest first; `open_only` leaves out those that have ended."""
    table, definition = tables.instances, tables.definitions
    query = paging.filtered(
        sa.select(*_INSTANCE_COLUMNS, definition.c.key, definition.c.version, definition.c.name).join_from(
            table, definition, definition.c.id == table.c.definition_id
        ),
        (definition.c.key, definition_key),
        (table.c.definition_id, definition_id),
        (table.c.business_key, business_key),
        (table.c.status, status),
        (table.c.started_by, started_by),
        (table.c.parent_id, parent_id),
        (table.c.root_id, root_id),
    )
    if open_only or (status is not None and not status.ended):  # then an index has nothing but these
        query = query.where(table.c.ended_at.is_(None))
    return paging.page(uow, query, [table.c.id], limit, after, _instance_row, newest=True)


def assigned_user_tasks(
    uow: UnitOfWork, assignee: str, *, definition_key: str | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[UserTaskRow]:
    """Return the open user tasks that somebody has, by due time (待办)."""
    table = tables.user_tasks
    query = paging.filtered(_user_tasks(), (table.c.assignee, assignee), (tables.definitions.c.key, definition_key))
    return paging.page(
        uow,
        query.where(user_tasks_module.IS_OPEN),
        [table.c.sort_due, table.c.instance_id, table.c.token],
        limit,
        after,
        _user_task_row,
    )


def claimable_user_tasks(
    uow: UnitOfWork,
    *,
    user: str | None = None,
    groups: Sequence[str] = (),
    definition_key: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[UserTaskRow]:
    """Return the open user tasks that nobody has, and a user or somebody with one of the roles may claim, by due time.

    Each name is one range of an index, of which no more is read than a page holds, however many tasks there are.
    """
    candidate, table = tables.candidates, tables.user_tasks
    names = [("user", user)] if user is not None else []
    names += [("group", group) for group in dict.fromkeys(groups)]
    if not names:
        return paging.Page((), None)
    keys: list[sa.ColumnElement[Any]] = [candidate.c.sort_due, candidate.c.instance_id, candidate.c.token]
    start = paging.start_of(keys, after)
    ranges = []
    for kind, name in names:
        one = sa.select(*keys).where(candidate.c.kind == kind, candidate.c.name == name)
        if start is not None:
            one = one.where(sa.tuple_(*keys) > start)
        if definition_key is None:
            one = one.order_by(*keys).limit(paging.checked(limit) + 1)
        ranges.append(sa.select(one.subquery()))
    found = sa.union(*ranges).subquery() if len(ranges) > 1 else ranges[0].subquery()
    query = _user_tasks().join(
        found, sa.and_(found.c.instance_id == table.c.instance_id, found.c.token == table.c.token)
    )
    query = paging.filtered(query, (tables.definitions.c.key, definition_key))
    return paging.page(uow, query, list(found.c), limit, after, _user_task_row)


def open_user_tasks(
    uow: UnitOfWork,
    *,
    instance_id: int | None = None,
    definition_key: str | None = None,
    element_id: str | None = None,
    due_before: datetime.datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[UserTaskRow]:
    """Return all open user tasks, by due time; `due_before` leaves out those that are due later, or never."""
    table = tables.user_tasks
    query = paging.filtered(
        _user_tasks().where(user_tasks_module.IS_OPEN),
        (table.c.instance_id, instance_id),
        (tables.definitions.c.key, definition_key),
        (table.c.element_id, element_id),
    )
    if due_before is not None:
        query = query.where(table.c.sort_due < due_before)
    return paging.page(uow, query, [table.c.sort_due, table.c.id], limit, after, _user_task_row)


def jobs(
    uow: UnitOfWork,
    *,
    status: model.JobStatus | None = None,
    topic: str | None = None,
    instance_id: int | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.Job]:
    """Return jobs, newest first."""
    table = tables.jobs
    query = paging.filtered(
        sa.select(*jobs_module.COLUMNS),
        (table.c.status, status),
        (table.c.topic, topic),
        (table.c.instance_id, instance_id),
    )
    if status in (model.JobStatus.READY, model.JobStatus.LEASED):  # an index has nothing but these
        query = query.where(table.c.poll_at.is_not(None))
    return paging.page(uow, query, [table.c.id], limit, after, lambda row: model.Job(*row), newest=True)


def definitions_of(uow: UnitOfWork, instance_ids: Sequence[int]) -> dict[int, int]:
    """Return the ids of the definitions on which cases run, by those of the cases."""
    table = tables.instances
    found = sa.select(table.c.id, table.c.definition_id).where(table.c.id.in_(set(instance_ids)))
    return {row[0]: row[1] for row in uow.link.select(found)}


def timers(
    uow: UnitOfWork,
    *,
    instance_id: int | None = None,
    due_before: datetime.datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.Timer]:
    """Return timers, of instances and of start events, by due time."""
    table = tables.timers
    query = paging.filtered(sa.select(*timers_module.COLUMNS), (table.c.instance_id, instance_id))
    if due_before is not None:
        query = query.where(table.c.due < due_before)
    return paging.page(uow, query, [table.c.due, table.c.id], limit, after, lambda row: model.Timer(*row))


def subscriptions(
    uow: UnitOfWork,
    *,
    kind: model.SubscriptionKind | None = None,
    name: str | None = None,
    instance_id: int | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.Subscription]:
    """Return what waits for messages and signals, oldest first."""
    table = tables.subscriptions
    query = paging.filtered(
        sa.select(*subscriptions_module.COLUMNS),
        (table.c.kind, kind),
        (table.c.name, name),
        (table.c.instance_id, instance_id),
    )
    return paging.page(uow, query, [table.c.id], limit, after, lambda row: model.Subscription(*row))


def waiting_messages(
    uow: UnitOfWork, *, name: str | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[model.Message]:
    """Return the messages that nobody has taken yet, oldest first."""
    table = tables.messages
    query = paging.filtered(sa.select(*messages_module.COLUMNS), (table.c.name, name))
    query = query.where(table.c.status == sa.literal_column("'waiting'"))
    return paging.page(uow, query, [table.c.id], limit, after, lambda row: model.Message(*row))


def incidents(
    uow: UnitOfWork,
    *,
    instance_id: int | None = None,
    kind: model.IncidentKind | None = None,
    open_only: bool = True,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.Incident]:
    """Return incidents, newest first; `open_only` leaves out those that are resolved."""
    table = tables.incidents
    query = paging.filtered(
        sa.select(*incidents_module.COLUMNS), (table.c.instance_id, instance_id), (table.c.kind, kind)
    )
    if open_only:
        query = query.where(table.c.resolved_at.is_(None))
    return paging.page(uow, query, [table.c.id], limit, after, lambda row: model.Incident(*row), newest=True)


def element_history(
    uow: UnitOfWork, instance_id: int, *, element_id: str | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[model.HistoryEntry]:
    """Return the visits of an instance, in the order of its tokens: that in which they came to be."""
    table = tables.element_history
    query = paging.filtered(
        sa.select(*history_module.COLUMNS), (table.c.instance_id, instance_id), (table.c.element_id, element_id)
    )
    return paging.page(uow, query, [table.c.token], limit, after, lambda row: model.HistoryEntry(*row))


def audit(
    uow: UnitOfWork,
    *,
    chain: int | None = None,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.AuditEntry]:
    """Return audit entries, newest first; `chain` is the id of an instance, or 0 for the system."""
    table = tables.audit
    query = paging.filtered(
        sa.select(*_AUDIT_COLUMNS),
        (table.c.chain, chain),
        (table.c.actor, actor),
        (table.c.action, action),
        (table.c.subject, subject),
    )
    if since is not None:
        query = query.where(table.c.at >= since)
    if until is not None:
        query = query.where(table.c.at < until)
    key = table.c.id if chain is None else table.c.seq
    return paging.page(uow, query, [key], limit, after, _audit_entry, newest=True)


_AUDIT_COLUMNS = [column for column in tables.audit.c if column.name != "id"]
_USER_TASK_WIDTH = len(user_tasks_module.COLUMNS)
_INSTANCE_WIDTH = len(_INSTANCE_COLUMNS)


def _user_tasks() -> sa.Select[Any]:
    task, instance, definition = tables.user_tasks, tables.instances, tables.definitions
    return sa.select(
        *user_tasks_module.COLUMNS, instance.c.business_key, instance.c.status, definition.c.key, definition.c.name
    ).select_from(
        task.join(instance, instance.c.id == task.c.instance_id).join(
            definition, definition.c.id == instance.c.definition_id
        )
    )


def _user_task_row(row: statements.Row) -> UserTaskRow:
    return UserTaskRow(model.UserTask(*row[:_USER_TASK_WIDTH]), *row[_USER_TASK_WIDTH:])


def _instance_row(row: statements.Row) -> InstanceRow:
    return InstanceRow(model.ProcessInstance(*row[:_INSTANCE_WIDTH]), *row[_INSTANCE_WIDTH:])


def _audit_entry(row: statements.Row) -> model.AuditEntry:
    chain, seq, at, actor, action, subject, details, previous_hash, hash_ = row
    return model.AuditEntry(chain, seq, at, actor, action, subject, json.loads(details), previous_hash, hash_)
