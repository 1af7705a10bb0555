"""Lists of cases: those that somebody started or took part in, and all of them; a page is one SELECT."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from engine.model import instances as model
from engine.model import views_lists
from engine.store import labels, statements, types, windows
from engine.store import user_tasks as user_tasks_module
from engine.store.instances import COLUMNS
from engine.store.tables import definitions, incidents, instances, subscriptions, timers, user_tasks
from engine.store.tables_cooperation import countersignatures
from engine.store.tables_people import participants
from engine.store.unit_of_work import UnitOfWork

_WIDTH = len(COLUMNS)
#: Letters of the number of a case that a column of the database cannot hold.
_LONGEST_ID = 19
#: How many open tasks a row of a list shows, the one due first at the front.
MOST_TASKS = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which of the cases: `since` and `until` bound the due time of an open task, `never` asks for one without."""

    procedure: str | None = None
    state: views_lists.State | None = None
    starter: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    never: bool = False
    text: str | None = None

    @property
    def by_due(self) -> bool:
        """Tell whether the due time of tasks is asked for."""
        return self.never or self.since is not None or self.until is not None


@dataclasses.dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list with what its definition is called, and how many incidents it has."""

    case: model.ProcessInstance
    definition_key: str
    definition_version: int
    definition_name: str
    pack: str
    incidents: int


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """A timer (`due`) or subscription (`name`) of a case, at an element of its diagram."""

    instance_id: int
    element_id: str
    name: str
    due: datetime.datetime | None


def mine(
    uow: UnitOfWork,
    person: str,
    chosen: Selection,
    *,
    limit: int = 25,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[CaseRow]:
    """Return the cases that somebody started or took part in, newest first.

    Taken part in is what one has, had delegated, completed (or had completed by a substitute), countersigned or handed
    on. Who was only sent a copy has no part in it. Cases that a case of one's own has called belong to that one.
    """
    window = windows.Window(limit, after, before, newest=True)
    said = labels.look(uow, chosen.text)
    if said is not None and said.cases is None:
        without = dataclasses.replace(chosen, text=None)
        window.bound(uow, [_narrowed(part, without, None) for part in _of(person, None)], labels.LOOKED_AT)
    found = window.ranges([_narrowed(part, chosen, said) for part in _of(person, said)])
    query = case_rows().join(found, found.c.id == instances.c.id)
    return window.show(uow, query, [instances.c.id], case_row)


def own(person: str) -> sa.CompoundSelect[Any]:
    """Return the SELECT of the ids of the cases that `mine` lists, for other queries to narrow themselves by."""
    return sa.union(*_of(person, None))


def everything(
    uow: UnitOfWork, chosen: Selection, *, limit: int = 25, after: str | None = None, before: str | None = None
) -> views_lists.Listing[CaseRow]:
    """Return the cases of everybody, newest first."""
    window = windows.Window(limit, after, before, newest=True)
    said = labels.look(uow, chosen.text)
    if chosen.procedure is None:
        if said is not None and said.cases is None:
            every = _chosen(sa.select(instances.c.id), dataclasses.replace(chosen, text=None))
            window.bound(uow, [every], labels.LOOKED_AT)
        query = _of_cases(_chosen(case_rows(), chosen), instances.c.id, said)
        return window.show(uow, query, [instances.c.id], case_row)
    # Version by version: each is one range of an index.
    versions = uow.link.select(sa.select(definitions.c.id).where(definitions.c.key == chosen.procedure))
    if not versions:
        return views_lists.Listing(())
    parts = [sa.select(instances.c.id).where(instances.c.definition_id == version) for (version,) in versions]
    without = dataclasses.replace(chosen, procedure=None)
    if said is not None and said.cases is None:
        silent = dataclasses.replace(without, text=None)
        window.bound(uow, [_narrowed(part, silent, None) for part in parts], labels.LOOKED_AT)
    found = window.ranges([_narrowed(part, without, said) for part in parts])
    return window.show(uow, case_rows().join(found, found.c.id == instances.c.id), [instances.c.id], case_row)


def of_ids(uow: UnitOfWork, ids: Collection[int]) -> dict[int, CaseRow]:
    """Return cases by id."""
    rows = uow.link.select(case_rows().where(instances.c.id.in_(sorted(ids)))) if ids else []
    return {row[0]: case_row(row) for row in rows}


def numbered(uow: UnitOfWork, number: str, *, limit: int = 20) -> list[CaseRow]:
    """Return the cases that are called by exactly this number, oldest first; without one by their own id."""
    same = instances.c.business_key == number
    if number.isascii() and number.isdecimal() and len(number) < _LONGEST_ID:
        same = sa.or_(same, sa.and_(instances.c.id == int(number), instances.c.business_key.is_(None)))
    rows = uow.link.select(case_rows().where(same).order_by(instances.c.id).limit(limit))
    return [case_row(row) for row in rows]


def open_tasks(uow: UnitOfWork, ids: Collection[int]) -> dict[int, list[model.UserTask]]:
    """Return the open tasks of cases, at most `MOST_TASKS` of each: those due first."""
    place = (
        sa.func.row_number()
        .over(partition_by=user_tasks.c.instance_id, order_by=(user_tasks.c.sort_due, user_tasks.c.id))
        .label("place")
    )
    ranked = (
        sa.select(*user_tasks_module.COLUMNS, place)
        .where(user_tasks.c.instance_id.in_(sorted(ids)), user_tasks_module.IS_OPEN)
        .subquery()
    )
    columns = list(ranked.c)
    query = sa.select(*columns[:-1]).where(ranked.c.place <= MOST_TASKS).order_by(ranked.c.instance_id, ranked.c.place)
    found: dict[int, list[model.UserTask]] = {}
    for row in uow.link.select(query) if ids else ():
        task = model.UserTask(*row)
        found.setdefault(task.instance_id, []).append(task)
    return found


def waiting(uow: UnitOfWork, ids: Collection[int]) -> dict[int, list[Waiting]]:
    """Return the timers and subscriptions of cases: one SELECT for all of them."""
    if not ids:
        return {}
    nothing = sa.type_coerce(sa.null(), timers.c.due.type)
    query = sa.union_all(
        sa.select(timers.c.instance_id, timers.c.element_id, sa.literal("").label("name"), timers.c.due).where(
            timers.c.instance_id.in_(sorted(ids))
        ),
        sa.select(
            subscriptions.c.instance_id, subscriptions.c.element_id, subscriptions.c.name, nothing.label("due")
        ).where(subscriptions.c.instance_id.in_(sorted(ids))),
    )
    found: dict[int, list[Waiting]] = {}
    for row in uow.link.select(query):
        found.setdefault(row[0], []).append(Waiting(*row))
    return found


def _of(person: str, said: labels.Said | None) -> list[sa.Select[Any]]:
    """Return the ranges of the cases that somebody has to do with.

    Where a few cases are looked at, it is by these that open tasks are found, not by who has them: somebody may have
    very many. The other ranges are in the order of the cases.
    """

    def of(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        return column if said is None or said.cases is None else sa.func.coalesce(column, "")

    given = countersignatures.c.status == sa.literal_column("'given'")
    stood_in_for = user_tasks.c.completed_for.is_not(None)
    return [
        sa.select(instances.c.id).where(instances.c.started_by == person, instances.c.parent_id.is_(None)),
        _in(user_tasks.c.instance_id, of(user_tasks.c.assignee) == person, user_tasks_module.IS_OPEN),
        _in(user_tasks.c.instance_id, of(user_tasks.c.owner) == person, user_tasks_module.IS_OPEN),
        _in(user_tasks.c.instance_id, user_tasks.c.completed_by == person, user_tasks_module.IS_DONE),
        _in(user_tasks.c.instance_id, user_tasks.c.completed_for == person, stood_in_for),
        _in(countersignatures.c.instance_id, of(countersignatures.c.answered_by) == person, given),
        _in(participants.c.instance_id, participants.c.user_id == person),
    ]


def _in(column: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(column.label("id")).where(*conditions).distinct()


def _of_cases(query: sa.Select[Any], column: sa.ColumnElement[Any], said: labels.Said | None) -> sa.Select[Any]:
    return query if said is None or said.cases is None else query.where(column.in_(said.cases))


def _narrowed(part: sa.Select[Any], chosen: Selection, said: labels.Said | None) -> sa.Select[Any]:
    """Leave out of a range of ids what is not chosen."""
    if chosen == Selection():
        return part
    (column,) = part.selected_columns
    case = instances.alias()
    query = sa.select(case.c.id).where(case.c.id == column)
    return _of_cases(part.where(_chosen(query, chosen, case).exists()), column, said)


def _chosen(query: sa.Select[Any], chosen: Selection, case: Any = instances) -> sa.Select[Any]:
    if chosen.state is views_lists.State.OPEN:
        query = query.where(case.c.ended_at.is_(None))
    elif chosen.state is not None:
        query = query.where(case.c.status == model.InstanceStatus(chosen.state.value))
        if chosen.state is views_lists.State.SUSPENDED:  # then an index has nothing but these
            query = query.where(case.c.ended_at.is_(None))
    if chosen.procedure is not None:
        versions = sa.select(definitions.c.id).where(definitions.c.key == chosen.procedure)
        query = query.where(case.c.definition_id.in_(versions))
    if chosen.starter is not None:
        query = query.where(case.c.started_by == chosen.starter)
    if chosen.by_due:
        query = query.where(case.c.ended_at.is_(None), _waits(chosen, case))
    return query if chosen.text is None else query.where(*_says(chosen.text, case))


def _waits(chosen: Selection, case: Any) -> sa.ColumnElement[bool]:
    """Tell whether a case has an open task that is due when it is asked for."""
    conditions = [user_tasks.c.instance_id == case.c.id, user_tasks_module.IS_OPEN]
    if chosen.since is not None:
        conditions.append(user_tasks.c.sort_due >= chosen.since)
    if chosen.until is not None:
        conditions.append(user_tasks.c.sort_due < chosen.until)
    if chosen.never:
        conditions.append(user_tasks.c.sort_due == types.NEVER)
    return sa.exists().where(*conditions)


def _says(text: str, case: Any) -> list[sa.ColumnElement[bool]]:
    """Tell whether a case or its procedure is called by every word of a text."""
    named = definitions.alias()
    conditions = []
    for word in text.split():
        procedure = sa.exists().where(named.c.id == case.c.definition_id, named.c.name.icontains(word, autoescape=True))
        names = (case.c.title, case.c.business_key)
        conditions.append(sa.or_(*(name.icontains(word, autoescape=True) for name in names), procedure))
    return conditions


def case_rows() -> sa.Select[Any]:
    """Return the SELECT of what rows of a list are made of; other queries narrow it."""
    troubles = (
        sa.select(sa.func.count())
        .where(incidents.c.instance_id == instances.c.id, incidents.c.resolved_at.is_(None))
        .correlate(instances)
        .scalar_subquery()
    )
    return sa.select(
        *COLUMNS, definitions.c.key, definitions.c.version, definitions.c.name, definitions.c.pack, troubles
    ).select_from(instances.join(definitions, definitions.c.id == instances.c.definition_id))


def case_row(row: statements.Row) -> CaseRow:
    """Make a row of a list from what `case_rows` selects."""
    return CaseRow(model.ProcessInstance(*row[:_WIDTH]), *row[_WIDTH:])
