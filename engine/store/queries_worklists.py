"""What is somebody's to do, and what they have done: lists of tasks with everything that a row shows, in one SELECT.

A list of what is to be done joins ranges of indexes, each cut to a page before they are put together (`windows`): the
tasks that people have, the countersignatures asked of them, and, name by name, what is offered. Its key is (sort_due,
instance_id, token, id of the countersignature or 0).
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import cooperation, instances, views
from engine.store import countersignatures as countersignatures_module
from engine.store import statements, types, windows
from engine.store import user_tasks as user_tasks_module
from engine.store.tables import candidates, definitions, user_tasks
from engine.store.tables import instances as cases
from engine.store.tables_cooperation import countersignatures, returns
from engine.store.unit_of_work import UnitOfWork

_KEYS = ("sort_due", "instance_id", "token", "countersign_id")
_TASK_WIDTH = len(user_tasks_module.COLUMNS)
_CASE_COLUMNS = [cases.c.title, cases.c.business_key, cases.c.status, cases.c.started_by]
_DEFINITION_COLUMNS = [definitions.c.id, definitions.c.key, definitions.c.name, definitions.c.pack]
_RETURN_COLUMNS = [returns.c.by, returns.c.at, returns.c.reason]


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which of the tasks: `until` and `since` bound the due time, `never` asks for what is never due."""

    tab: views.Tab = views.Tab.ALL
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    procedure: str | None = None
    role: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    never: bool = False
    text: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in a list, with its case, its procedure, and why it came back or who asks about it."""

    task: instances.UserTask
    title: str | None
    business_key: str | None
    case_status: instances.InstanceStatus
    started_by: str
    definition_id: int
    definition_key: str
    definition_name: str
    pack: str
    returned: views.ReturnMark | None
    countersignature: cooperation.Countersignature | None


def to_do(
    uow: UnitOfWork, chosen: Selection, *, limit: int = 25, after: str | None = None, before: str | None = None
) -> views.Listing[TaskRow]:
    """Return what is to be done by people and members of groups, by due time."""
    parts = _parts(chosen)
    if not parts:
        return views.Listing(())
    window = windows.Window(limit, after, before)
    found = window.ranges(parts)
    here = sa.and_(user_tasks.c.instance_id == found.c.instance_id, user_tasks.c.token == found.c.token)
    return window.show(uow, _rows(found, here), [found.c[name] for name in _KEYS], _row)


def count(uow: UnitOfWork, chosen: Sequence[Selection]) -> list[views.Count]:
    """Count what lists would show, no further than `views.COUNT_LIMIT` and one more; all in one SELECT."""
    each = [_parts(one) for one in chosen]
    numbers: list[Any] = [windows.at_most(views.COUNT_LIMIT, parts) for parts in each if parts]
    found = iter(uow.link.select(sa.select(*numbers))[0] if numbers else ())
    return [views.Count(next(found)) if parts else views.Count(0) for parts in each]


def all_open(
    uow: UnitOfWork, chosen: Selection, *, limit: int = 25, after: str | None = None, before: str | None = None
) -> views.Listing[TaskRow]:
    """Return the open tasks of everybody, by due time; people, groups and tab are not looked at."""
    query = _filtered(_rows().where(user_tasks_module.IS_OPEN), user_tasks.c.sort_due, chosen)
    if chosen.procedure is not None:
        query = query.where(definitions.c.key == chosen.procedure)
    if chosen.role is not None:
        query = query.where(_offered_to(chosen.role))
    if chosen.text is not None:
        query = query.where(_says(chosen.text))
    window = windows.Window(limit, after, before)
    return window.show(uow, query, [user_tasks.c.sort_due, user_tasks.c.id], _row)


def done(
    uow: UnitOfWork,
    person: str,
    chosen: Selection,
    *,
    limit: int = 25,
    after: str | None = None,
    before: str | None = None,
) -> views.Listing[TaskRow]:
    """Return the tasks that somebody dealt with and the opinions they gave on those of others, the last one first.

    Of a selection procedure, role and text count.
    """
    task, asked = user_tasks, countersignatures
    nothing: sa.ColumnElement[Any] = sa.literal_column("0")
    parts = [
        _placed(task.c.completed_at, task.c.id, nothing).where(
            task.c.completed_by == person, user_tasks_module.IS_DONE
        ),
        _placed(asked.c.answered_at, asked.c.user_task_id, asked.c.id).where(
            asked.c.answered_by == person, asked.c.status == sa.literal_column("'given'")
        ),
    ]
    window = windows.Window(limit, after, before, newest=True)
    found = window.ranges([_narrowed(part, table, chosen) for part, table in zip(parts, (task, asked), strict=True)])
    query = _rows(found, user_tasks.c.id == found.c.task_id)
    return window.show(uow, query, [found.c[name] for name in ("at", "task_id", "countersign_id")], _row)


def of_instance(uow: UnitOfWork, instance_id: int) -> list[TaskRow]:
    """Return the open tasks of one instance, by due time."""
    query = _rows().where(user_tasks.c.instance_id == instance_id, user_tasks_module.IS_OPEN)
    return [_row(row) for row in uow.link.select(query.order_by(user_tasks.c.sort_due, user_tasks.c.id))]


def one(uow: UnitOfWork, user_task_id: int) -> TaskRow | None:
    """Return one task as a list would show it, in whatever status; None if there is none."""
    rows = uow.link.select(_rows().where(user_tasks.c.id == user_task_id).limit(1))
    return _row(rows[0]) if rows else None


# --- ranges ----------------------------------------------------------------------------------------------------------


def _parts(chosen: Selection) -> list[sa.Select[Any]]:
    parts: list[sa.Select[Any]] = []
    if chosen.tab is not views.Tab.CLAIMABLE:
        for person in dict.fromkeys(chosen.people):
            parts += [_assigned(person, chosen), _asked(person, chosen)]
    if chosen.tab is not views.Tab.MINE:
        names = [("user", person) for person in dict.fromkeys(chosen.people)] if chosen.role is None else []
        groups = [name for name in dict.fromkeys(chosen.groups) if chosen.role in (None, name)]
        parts += [_offered(kind, name, chosen) for kind, name in [*names, *(("group", name) for name in groups)]]
    return parts


def _assigned(person: str, chosen: Selection) -> sa.Select[Any]:
    query = _keyed(user_tasks, sa.literal_column("0")).where(user_tasks.c.assignee == person, user_tasks_module.IS_OPEN)
    return _narrowed(_filtered(query, user_tasks.c.sort_due, chosen), user_tasks, chosen)


def _asked(person: str, chosen: Selection) -> sa.Select[Any]:
    table = countersignatures
    query = _keyed(table, table.c.id).where(table.c.person == person, countersignatures_module.IS_OPEN)
    return _narrowed(_filtered(query, table.c.sort_due, chosen), table, chosen)


def _offered(kind: str, name: str, chosen: Selection) -> sa.Select[Any]:
    table = candidates
    query = _keyed(table, sa.literal_column("0")).where(table.c.kind == kind, table.c.name == name)
    query = _filtered(query, table.c.sort_due, chosen)
    if chosen.procedure is not None:
        query = query.where(table.c.definition_id.in_(_versions(chosen.procedure)))
    return query if chosen.text is None else query.where(_mentioned(table, chosen))


def _keyed(table: sa.Table, countersign: sa.ColumnElement[Any]) -> sa.Select[Any]:
    columns = (table.c.sort_due, table.c.instance_id, table.c.token)
    return sa.select(*columns, sa.type_coerce(countersign, sa.BigInteger).label("countersign_id"))


def _placed(
    at: sa.ColumnElement[Any], task_id: sa.ColumnElement[Any], countersign: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    return sa.select(
        at.label("at"), task_id.label("task_id"), sa.type_coerce(countersign, sa.BigInteger).label("countersign_id")
    )


def _filtered(query: sa.Select[Any], due: sa.ColumnElement[Any], chosen: Selection) -> sa.Select[Any]:
    if chosen.since is not None:
        query = query.where(due >= chosen.since)
    if chosen.until is not None:
        query = query.where(due < chosen.until)
    return query.where(due == types.NEVER) if chosen.never else query


def _narrowed(query: sa.Select[Any], table: sa.Table, chosen: Selection) -> sa.Select[Any]:
    """Leave out what is of another procedure or role, or does not say the text: one person has little."""
    if chosen.procedure is not None:
        same = sa.and_(cases.c.id == table.c.instance_id, cases.c.definition_id.in_(_versions(chosen.procedure)))
        query = query.where(sa.exists().where(same))
    if chosen.role is not None or chosen.text is not None:
        query = query.where(_mentioned(table, chosen))
    return query


def _mentioned(table: sa.Table, chosen: Selection) -> sa.ColumnElement[bool]:
    """Tell whether the task of a row is of a role and says a text."""
    task = user_tasks.alias()
    at = sa.and_(task.c.instance_id == table.c.instance_id, task.c.token == table.c.token)
    conditions = [at]
    if chosen.role is not None:
        conditions.append(_offered_to(chosen.role, task))
    if chosen.text is not None:
        conditions += [
            cases.c.id == task.c.instance_id,
            definitions.c.id == cases.c.definition_id,
            _says(chosen.text, task),
        ]
    return sa.exists().where(*conditions)


def _versions(key: str) -> sa.Select[Any]:
    return sa.select(definitions.c.id).where(definitions.c.key == key)


def _offered_to(role: str, task: Any = user_tasks) -> sa.ColumnElement[bool]:
    """Tell whether a task is, or was, offered to a role: its names are kept as JSON."""
    quoted = types.dump_json(role)
    found: sa.ColumnElement[bool] = sa.type_coerce(task.c.candidate_groups, sa.Text).contains(quoted, autoescape=True)
    return found


def _says(text: str, task: Any = user_tasks) -> sa.ColumnElement[bool]:
    """Tell whether a task, its case or its procedure is called by every word of a text."""
    names = (task.c.name, cases.c.title, cases.c.business_key, definitions.c.name)
    return sa.and_(*(sa.or_(*(name.icontains(word, autoescape=True) for name in names)) for word in text.split()))


# --- rows ------------------------------------------------------------------------------------------------------------


def _rows(found: sa.Subquery | None = None, here: sa.ColumnElement[bool] | None = None) -> sa.Select[Any]:
    """Return what rows are made of: of the tasks that were `found` by ranges and are `here`, or of all."""
    source: Any = user_tasks
    asked: sa.ColumnElement[bool] = sa.false()
    if found is not None and here is not None:
        source = found.join(user_tasks, here)
        asked = countersignatures.c.id == found.c.countersign_id
    return sa.select(
        *user_tasks_module.COLUMNS,
        *_CASE_COLUMNS,
        *_DEFINITION_COLUMNS,
        *_RETURN_COLUMNS,
        *countersignatures_module.COLUMNS,
    ).select_from(
        source.join(cases, cases.c.id == user_tasks.c.instance_id)
        .join(definitions, definitions.c.id == cases.c.definition_id)
        .outerjoin(returns, returns.c.to_task_id == user_tasks.c.id)
        .outerjoin(countersignatures, asked)
    )


def _row(row: statements.Row) -> TaskRow:
    at = _TASK_WIDTH + len(_CASE_COLUMNS) + len(_DEFINITION_COLUMNS)
    back, asked = row[at : at + len(_RETURN_COLUMNS)], row[at + len(_RETURN_COLUMNS) :]
    title, business_key, status, started_by, definition_id, key, name, pack = row[_TASK_WIDTH:at]
    return TaskRow(
        task=instances.UserTask(*row[:_TASK_WIDTH]),
        title=title,
        business_key=business_key,
        case_status=status,
        started_by=started_by,
        definition_id=definition_id,
        definition_key=key,
        definition_name=name,
        pack=pack,
        returned=views.ReturnMark(*back) if back[0] is not None else None,
        countersignature=cooperation.Countersignature(*asked) if asked[0] is not None else None,
    )
