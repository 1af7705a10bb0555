"""What is somebody's to do, and what they have done: lists of tasks with everything that a row shows, in one SELECT.

A list of what is to be done joins ranges of indexes, each cut to a page before they are put together (`windows`): the
tasks that people have, the countersignatures asked of them, and, name by name, what is offered. Its key is (sort_due,
instance_id, token, id of the countersignature or 0).

A list that is filtered by a text takes its rows from the few cases that say it, or else looks at a part of each range
for every page; see `labels`.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import cooperation, instances, people, views_lists
from engine.store import countersignatures as countersignatures_module
from engine.store import labels, statements, types, windows
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

    tab: views_lists.Tab = views_lists.Tab.ALL
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
    returned: views_lists.ReturnMark | None
    countersignature: cooperation.Countersignature | None


def to_do(
    uow: UnitOfWork, chosen: Selection, *, limit: int = 25, after: str | None = None, before: str | None = None
) -> views_lists.Listing[TaskRow]:
    """Return what is to be done by people and members of groups, by due time."""
    said = labels.look(uow, chosen.text)
    parts = _parts(chosen, said)
    if not parts:
        return views_lists.Listing(())
    window = windows.Window(limit, after, before)
    if said is not None and said.cases is None:
        window.bound(uow, _parts(chosen, None), labels.LOOKED_AT)
    found = window.ranges(parts)
    here = sa.and_(user_tasks.c.instance_id == found.c.instance_id, user_tasks.c.token == found.c.token)
    return window.show(uow, _rows(found, here), [found.c[name] for name in _KEYS], _row)


def count(uow: UnitOfWork, chosen: Sequence[Selection]) -> list[views_lists.Count]:
    """Count what lists would show, no further than `views_lists.COUNT_LIMIT` and one more; all in one SELECT.

    Of a text that many cases say, or of single characters, it counts what the first `labels.LOOKED_AT` rows of every
    range have.
    """
    look = {text: labels.look(uow, text) for text in dict.fromkeys(one.text for one in chosen)}
    each = [_counted(one, look[one.text]) for one in chosen]
    numbers: list[Any] = [windows.at_most(views_lists.COUNT_LIMIT, parts) for parts in each if parts]
    found = iter(uow.link.select(sa.select(*numbers))[0] if numbers else ())
    return [views_lists.Count(next(found)) if parts else views_lists.Count(0) for parts in each]


def all_open(
    uow: UnitOfWork, chosen: Selection, *, limit: int = 25, after: str | None = None, before: str | None = None
) -> views_lists.Listing[TaskRow]:
    """Return the open tasks of everybody, by due time; people, groups and tab are not looked at."""
    query = _filtered(_rows(), user_tasks.c.sort_due, chosen)
    if chosen.procedure is not None:
        query = query.where(definitions.c.key == chosen.procedure)
    if chosen.role is not None:
        query = query.where(_offered_to(chosen.role))
    window = windows.Window(limit, after, before)
    keys = [user_tasks.c.sort_due, user_tasks.c.id]
    said = labels.look(uow, chosen.text)
    if said is None:
        query = query.where(user_tasks_module.IS_OPEN)
    else:
        query = query.where(_says(said.text))
        if said.cases is not None:  # found by their cases, not by the index of all that is open
            by_case = sa.func.coalesce(user_tasks.c.status, "") == instances.UserTaskStatus.OPEN
            query = query.where(user_tasks.c.instance_id.in_(said.cases), by_case)
        else:
            every = _filtered(sa.select(*keys).where(user_tasks_module.IS_OPEN), keys[0], chosen)
            query = query.where(user_tasks_module.IS_OPEN)
            window.bound(uow, [every], labels.LOOKED_AT)
    return window.show(uow, query, keys, _row)


def done(
    uow: UnitOfWork,
    person: str,
    chosen: Selection,
    *,
    limit: int = 25,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[TaskRow]:
    """Return the tasks that somebody dealt with and the opinions they gave on those of others, the last one first.

    Of a selection procedure, role and text count.
    """
    task, asked = user_tasks, countersignatures
    said = labels.look(uow, chosen.text)
    nothing: sa.ColumnElement[Any] = sa.literal_column("0")
    parts = [
        _placed(task.c.completed_at, task.c.id, nothing).where(
            _is(task.c.completed_by, person, said), user_tasks_module.IS_DONE
        ),
        _placed(asked.c.answered_at, asked.c.user_task_id, asked.c.id).where(
            _is(asked.c.answered_by, person, said), asked.c.status == sa.literal_column("'given'")
        ),
    ]
    window = windows.Window(limit, after, before, newest=True)
    if said is not None and said.cases is None:
        window.bound(uow, parts, labels.LOOKED_AT)
    tables = (task, asked)
    found = window.ranges([_narrowed(part, table, chosen, said) for part, table in zip(parts, tables, strict=True)])
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


def _parts(chosen: Selection, said: labels.Said | None) -> list[sa.Select[Any]]:
    parts: list[sa.Select[Any]] = []
    if chosen.tab is not views_lists.Tab.CLAIMABLE:
        for person in dict.fromkeys(chosen.people):
            parts += [_assigned(person, chosen, said), _asked(person, chosen, said)]
    if chosen.tab is not views_lists.Tab.MINE:
        names = [("user", person) for person in dict.fromkeys(chosen.people)] if chosen.role is None else []
        groups = [name for name in dict.fromkeys(chosen.groups) if chosen.role in (None, people.parted(name)[0])]
        parts += [_offered(kind, name, chosen, said) for kind, name in [*names, *(("group", name) for name in groups)]]
    return parts


def _counted(chosen: Selection, said: labels.Said | None) -> list[sa.Select[Any]]:
    """Return ranges to count, cut to what is looked at where the index of labels does not tell."""
    if said is None or said.cases is not None:
        return _parts(chosen, said)
    without = dataclasses.replace(chosen, role=None)
    first = [part.order_by(*part.selected_columns).limit(labels.LOOKED_AT).subquery() for part in _parts(chosen, None)]
    return [sa.select(*part.c).where(_mentioned(part, without, said)) for part in first]


def _assigned(person: str, chosen: Selection, said: labels.Said | None) -> sa.Select[Any]:
    mine = _is(user_tasks.c.assignee, person, said)
    query = _keyed(user_tasks, sa.literal_column("0")).where(mine, user_tasks_module.IS_OPEN)
    return _narrowed(_filtered(query, user_tasks.c.sort_due, chosen), user_tasks, chosen, said)


def _asked(person: str, chosen: Selection, said: labels.Said | None) -> sa.Select[Any]:
    table = countersignatures
    query = _keyed(table, table.c.id).where(_is(table.c.person, person, said), countersignatures_module.IS_OPEN)
    return _narrowed(_filtered(query, table.c.sort_due, chosen), table, chosen, said)


def _offered(kind: str, name: str, chosen: Selection, said: labels.Said | None) -> sa.Select[Any]:
    table = candidates
    query = _keyed(table, sa.literal_column("0")).where(_is(table.c.kind, kind, said), _is(table.c.name, name, said))
    query = _filtered(query, table.c.sort_due, chosen)
    if chosen.procedure is not None:
        query = query.where(table.c.definition_id.in_(_versions(chosen.procedure)))
    if said is None:
        return query
    without = dataclasses.replace(chosen, role=None)
    return _of_cases(query.where(_mentioned(table, without, said)), table, said)


def _is(column: sa.Column[Any], name: str, said: labels.Said | None) -> sa.ColumnElement[bool]:
    """Tell whether a row is somebody's.

    Where a few cases are looked at, it is the cases that the rows are found by: not the index of this column, which
    would lead through all that somebody has.
    """
    if said is None or said.cases is None:
        return column == name
    return sa.func.coalesce(column, "") == name


def _of_cases(query: sa.Select[Any], table: sa.Table, said: labels.Said | None) -> sa.Select[Any]:
    return query if said is None or said.cases is None else query.where(table.c.instance_id.in_(said.cases))


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


def _narrowed(query: sa.Select[Any], table: sa.Table, chosen: Selection, said: labels.Said | None) -> sa.Select[Any]:
    """Leave out what is of another procedure or role, or does not say the text: one person has little."""
    if chosen.procedure is not None:
        same = sa.and_(cases.c.id == table.c.instance_id, cases.c.definition_id.in_(_versions(chosen.procedure)))
        query = query.where(sa.exists().where(same))
    if chosen.role is not None or said is not None:
        query = query.where(_mentioned(table, chosen, said))
    return _of_cases(query, table, said)


def _mentioned(table: sa.FromClause, chosen: Selection, said: labels.Said | None) -> sa.ColumnElement[bool]:
    """Tell whether the task of a row is of a role and says a text."""
    task = user_tasks.alias()
    at = sa.and_(task.c.instance_id == table.c.instance_id, task.c.token == table.c.token)
    conditions = [at]
    if chosen.role is not None:
        conditions.append(_offered_to(chosen.role, task))
    if said is not None:
        conditions += [
            cases.c.id == task.c.instance_id,
            definitions.c.id == cases.c.definition_id,
            _says(said.text, task),
        ]
    return sa.exists().where(*conditions)


def _versions(key: str) -> sa.Select[Any]:
    return sa.select(definitions.c.id).where(definitions.c.key == key)


def _offered_to(role: str, task: Any = user_tasks) -> sa.ColumnElement[bool]:
    """Tell whether a task is, or was, offered to a role, whole or within a unit: its groups are kept as JSON."""
    groups = sa.type_coerce(task.c.candidate_groups, sa.Text)
    begins = (types.dump_json(role), types.dump_json(people.within(role, ""))[:-1])
    found: sa.ColumnElement[bool] = sa.or_(*(groups.contains(each, autoescape=True) for each in begins))
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
        returned=views_lists.ReturnMark(*back) if back[0] is not None else None,
        countersignature=cooperation.Countersignature(*asked) if asked[0] is not None else None,
    )
