"""The read side of the numbers that leaders look at: aggregates, however many cases and tasks there are.

Every function is one statement. Rows come back by group, so their number follows the groups, not the tasks.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from engine.model import instances as model
from engine.store.tables import definitions, instances, user_tasks
from engine.store.tables_people import users
from engine.store.tables_records import publications, register_entries, register_values
from engine.store.unit_of_work import UnitOfWork

#: The first hour in UTC that belongs to the next day in official Chinese time.
_NEXT_DAY = "16"
_DONE = user_tasks.c.status.in_([model.UserTaskStatus.COMPLETED, model.UserTaskStatus.RETURNED])
_OPEN = user_tasks.c.status == sa.literal_column("'open'")
#: Whose work it was: a substitute acts for somebody else.
_DOER = sa.func.coalesce(user_tasks.c.completed_for, user_tasks.c.completed_by)
_HOLDER = sa.func.coalesce(user_tasks.c.owner, user_tasks.c.assignee)
_COUNT = sa.func.count()


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """What is counted: from `since` until before `until`, of these procedures (by key), by people of these units.

    None leaves a limit out; an empty collection is nobody and nothing.
    """

    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    procedures: Collection[str] | None = None
    units: Collection[int] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class CaseCount:
    """How many cases of a procedure that began in the period are in a state; `called`: by another case."""

    procedure: str
    status: model.InstanceStatus
    called: bool
    count: int


@dataclasses.dataclass(frozen=True, slots=True)
class UnitCount:
    """How many tasks the people of a unit completed in time and late, and how many without a due time."""

    unit: int | None
    on_time: int
    late: int
    undated: int


@dataclasses.dataclass(frozen=True, slots=True)
class Unclaimed:
    """How many tasks wait for the same people, by their ids, and roles."""

    candidate_users: Collection[str]
    candidate_groups: Collection[str]
    count: int


@dataclasses.dataclass(frozen=True, slots=True)
class Stretch:
    """How many tasks at an element lasted from one day to another (`ended` None: until now). Days are official ones."""

    procedure: str
    element: str
    name: str
    began: datetime.date
    ended: datetime.date | None
    count: int


@dataclasses.dataclass(frozen=True, slots=True)
class LateTask:
    """A task that was completed late, or is still open past its due time (`completed_at` None)."""

    id: int
    name: str
    instance_id: int
    business_key: str | None
    title: str | None
    person: str | None
    due: datetime.datetime
    completed_at: datetime.datetime | None


def cases(uow: UnitOfWork, chosen: Selection) -> list[CaseCount]:
    """Count the cases that began in the period, by procedure and state; of units by who started them."""
    called = sa.case((instances.c.parent_id.is_not(None), 1), else_=0)
    query = (
        sa.select(definitions.c.key, instances.c.status, called, _COUNT)
        .join_from(instances, definitions, definitions.c.id == instances.c.definition_id)
        .where(*_within(instances.c.started_at, chosen), *_of_procedures(chosen))
        .group_by(definitions.c.key, instances.c.status, called)
    )
    if chosen.units is not None:
        query = query.where(instances.c.started_by.in_(_members(chosen.units)))
    return [CaseCount(key, status, bool(part), count) for key, status, part, count in uow.link.select(query)]


def completed_by_unit(uow: UnitOfWork, chosen: Selection) -> list[UnitCount]:
    """Count the tasks completed in the period by the unit of whose work they were."""
    late = user_tasks.c.completed_at > user_tasks.c.due
    query = (
        sa.select(
            users.c.unit_id,
            _sum(sa.and_(user_tasks.c.due.is_not(None), sa.not_(late))),
            _sum(late),
            _sum(user_tasks.c.due.is_(None)),
        )
        .select_from(_of_tasks(chosen).outerjoin(users, users.c.id == _DOER))
        .where(_DONE, *_within(user_tasks.c.completed_at, chosen), *_of_procedures(chosen))
        .group_by(users.c.unit_id)
    )
    if chosen.units is not None:
        query = query.where(users.c.unit_id.in_(sorted(chosen.units)))
    return [UnitCount(*row) for row in uow.link.select(query)]


def overdue_by_unit(uow: UnitOfWork, chosen: Selection, now: datetime.datetime) -> dict[int | None, int]:
    """Count the claimed tasks that are open past their due time by the unit of whoever has them; None is no unit."""
    query = (
        sa.select(users.c.unit_id, _COUNT)
        .select_from(_of_tasks(chosen).outerjoin(users, users.c.id == _HOLDER))
        .where(_OPEN, _HOLDER.is_not(None), user_tasks.c.sort_due < now, *_of_procedures(chosen))
        .group_by(users.c.unit_id)
    )
    if chosen.units is not None:
        query = query.where(users.c.unit_id.in_(sorted(chosen.units)))
    return {unit: count for unit, count in uow.link.select(query)}  # noqa: C416  rows are no pairs to mypy


def overdue_unclaimed(uow: UnitOfWork, chosen: Selection, now: datetime.datetime) -> list[Unclaimed]:
    """Count the open tasks past their due time that nobody has, by who may claim them; units are not asked."""
    able = (user_tasks.c.candidate_users, user_tasks.c.candidate_groups)
    query = (
        sa.select(*able, _COUNT)
        .select_from(_of_tasks(chosen))
        .where(_OPEN, _HOLDER.is_(None), user_tasks.c.sort_due < now, *_of_procedures(chosen))
        .group_by(*able)
    )
    return [Unclaimed(*row) for row in uow.link.select(query)]


def completed_stretches(uow: UnitOfWork, chosen: Selection) -> list[Stretch]:
    """Return from which day to which day the tasks completed in the period lasted, by element."""
    began, ended = _day(user_tasks.c.created_at), _day(user_tasks.c.completed_at)
    query = (
        sa.select(definitions.c.key, user_tasks.c.element_id, sa.func.max(user_tasks.c.name), *began, *ended, _COUNT)
        .select_from(_with_definitions())
        .where(_DONE, *_within(user_tasks.c.completed_at, chosen), *_of_procedures(chosen))
        .group_by(definitions.c.key, user_tasks.c.element_id, *began, *ended)
    )
    if chosen.units is not None:
        query = query.where(_DOER.in_(_members(chosen.units)))
    return [
        Stretch(key, element, name, _date(day, after), _date(last, later), count)
        for key, element, name, day, after, last, later, count in uow.link.select(query)
    ]


def open_stretches(uow: UnitOfWork, chosen: Selection) -> list[Stretch]:
    """Return since which day the tasks that are open now have been waiting, by element, whatever the period."""
    began = _day(user_tasks.c.created_at)
    query = (
        sa.select(definitions.c.key, user_tasks.c.element_id, sa.func.max(user_tasks.c.name), *began, _COUNT)
        .select_from(_with_definitions())
        .where(_OPEN, *_of_procedures(chosen))
        .group_by(definitions.c.key, user_tasks.c.element_id, *began)
    )
    if chosen.units is not None:
        query = query.where(_HOLDER.in_(_members(chosen.units)))
    return [
        Stretch(key, element, name, _date(day, after), None, count)
        for key, element, name, day, after, count in uow.link.select(query)
    ]


def due_tasks(uow: UnitOfWork, chosen: Selection, now: datetime.datetime) -> tuple[int, int]:
    """Count the tasks whose due time lies in the period and is over, or that are done: all of them, and the late ones.

    An open task is late once its due time has passed; one that still has time is not counted.
    """
    late = sa.or_(user_tasks.c.completed_at > user_tasks.c.due, user_tasks.c.completed_at.is_(None))
    query: Any = sa.select(_COUNT, _sum(late)).select_from(_of_tasks(chosen)).where(*_due_within(chosen, now))
    ((total, behind),) = uow.link.select(query)
    return total, behind


def late_tasks(uow: UnitOfWork, chosen: Selection, now: datetime.datetime, *, limit: int) -> list[LateTask]:
    """Return the late ones of `due_tasks`, those due first at the front."""
    late = sa.or_(user_tasks.c.completed_at > user_tasks.c.due, user_tasks.c.completed_at.is_(None))
    person = sa.func.coalesce(_DOER, _HOLDER)
    query = (
        sa.select(
            user_tasks.c.id,
            user_tasks.c.name,
            instances.c.id,
            instances.c.business_key,
            instances.c.title,
            person,
            user_tasks.c.due,
            user_tasks.c.completed_at,
        )
        .select_from(user_tasks.join(instances, instances.c.id == user_tasks.c.instance_id).join(definitions))
        .where(late, *_due_within(chosen, now))
        .order_by(user_tasks.c.due, user_tasks.c.id)
        .limit(limit)
    )
    return [LateTask(*row) for row in uow.link.select(query)]


def entries(
    uow: UnitOfWork,
    pack: str,
    register: str,
    chosen: Selection,
    *,
    by: str | None = None,
    where: Mapping[str, str] | None = None,
    unit: tuple[str, Collection[str]] | None = None,
) -> list[tuple[str | None, int]]:
    """Count the entries of a register of the period; those that belong together count once, as `_of_register` says.

    Args:
        uow: The unit of work.
        pack: Slug of the pack.
        register: Its id.
        chosen: Period and procedures; its units are not asked.
        by: Field by whose values they are counted; None counts all of them under None.
        where: Values that fields must have.
        unit: The field that names the unit, and the names that count.
    """
    value: Any = sa.null()
    source: Any = register_entries
    if by is not None:
        own = register_values.alias()
        value = own.c.value
        source = register_entries.outerjoin(own, sa.and_(own.c.entry_id == register_entries.c.id, own.c.field == by))
    query: sa.Select[Any] = (
        sa.select(value, _COUNT).select_from(source).where(*_of_register(pack, register, chosen, where, unit))
    )
    if by is not None:
        query = query.group_by(value).order_by(value)
    return [(said, count) for said, count in uow.link.select(query)]


def sums(
    uow: UnitOfWork,
    pack: str,
    register: str,
    chosen: Selection,
    fields: Collection[str],
    *,
    where: Mapping[str, str] | None = None,
    unit: tuple[str, Collection[str]] | None = None,
) -> dict[str, int]:
    """Add up fields with whole numbers over the entries that `entries` counts; fields without a value are left out."""
    number = sa.cast(register_values.c.value, sa.BigInteger)
    query = (
        sa.select(register_values.c.field, sa.func.sum(number))
        .join_from(register_values, register_entries, register_entries.c.id == register_values.c.entry_id)
        .where(register_values.c.field.in_(sorted(fields)), *_of_register(pack, register, chosen, where, unit))
        .group_by(register_values.c.field)
    )
    return {field: int(found) for field, found in uow.link.select(query)}


def published(
    uow: UnitOfWork, pack: str, chosen: Selection, kinds: Collection[str] | None = None
) -> list[tuple[str, int]]:
    """Count what a pack published in the period, by kind."""
    query = (
        sa.select(publications.c.kind, _COUNT)
        .where(
            publications.c.pack == pack,
            *_within(publications.c.published_at, chosen),
            *_made_by(publications.c.instance_id, chosen),
        )
        .group_by(publications.c.kind)
        .order_by(publications.c.kind)
    )
    if kinds is not None:
        query = query.where(publications.c.kind.in_(sorted(kinds)))
    if chosen.units is not None:
        starter = sa.select(instances.c.id).where(instances.c.started_by.in_(_members(chosen.units)))
        query = query.where(publications.c.instance_id.in_(starter))
    return [(str(kind), count) for kind, count in uow.link.select(query)]


def years(uow: UnitOfWork) -> tuple[datetime.date, datetime.date] | None:
    """Return the official days on which the first and the latest case began; None where there is none."""
    # Either by itself: then it is the first or last entry of an index, on SQLite too.
    ends = (sa.func.min(instances.c.started_at), sa.func.max(instances.c.started_at))
    ((first, last),) = uow.link.select(sa.select(*(sa.select(end).scalar_subquery() for end in ends)))
    if first is None:
        return None
    return _official(first), _official(last)


def _official(at: datetime.datetime) -> datetime.date:
    return (at.astimezone(datetime.UTC) + datetime.timedelta(hours=8)).date()


def _within(column: sa.Column[Any], chosen: Selection) -> list[sa.ColumnElement[bool]]:
    limits: list[sa.ColumnElement[bool]] = []
    if chosen.since is not None:
        limits.append(column >= chosen.since)
    if chosen.until is not None:
        limits.append(column < chosen.until)
    return limits


def _due_within(chosen: Selection, now: datetime.datetime) -> list[sa.ColumnElement[bool]]:
    over = sa.or_(_DONE, sa.and_(_OPEN, user_tasks.c.due < now))
    limits = [user_tasks.c.due.is_not(None), over, *_within(user_tasks.c.due, chosen), *_of_procedures(chosen)]
    if chosen.units is not None:
        limits.append(sa.func.coalesce(_DOER, _HOLDER).in_(_members(chosen.units)))
    return limits


def _of_register(
    pack: str,
    register: str,
    chosen: Selection,
    where: Mapping[str, str] | None,
    unit: tuple[str, Collection[str]] | None,
) -> list[sa.ColumnElement[bool]]:
    """Return what singles out the entries of a register that count: the newest of those that belong together.

    Together belong an entry and all that correct it or go on with it, on and on: several may correct the same one. The
    first of them says when it was: what is put right in January belongs to the year in which it happened.
    """
    first, newer = register_entries.alias(), register_entries.alias()
    begun = (
        sa.select(first.c.id, first.c.id.label("first"))
        .where(
            first.c.pack == pack,
            first.c.register == register,
            first.c.corrects.is_(None),
            *_within(first.c.at, chosen),
        )
        .cte("begun", recursive=True)
    )
    begun = begun.union_all(sa.select(newer.c.id, begun.c.first).join(begun, newer.c.corrects == begun.c.id))
    limits = [
        register_entries.c.id.in_(sa.select(sa.func.max(begun.c.id)).group_by(begun.c.first)),
        *_made_by(register_entries.c.instance_id, chosen),
    ]
    for field, names in [*((field, [wanted]) for field, wanted in (where or {}).items()), *([unit] if unit else [])]:
        said = register_values.alias()
        limits.append(
            sa.select(said.c.entry_id)
            .where(said.c.entry_id == register_entries.c.id, said.c.field == field, said.c.value.in_(sorted(names)))
            .exists()
        )
    return limits


def _made_by(case: sa.Column[Any], chosen: Selection) -> list[sa.ColumnElement[bool]]:
    """Return what singles out the records of the procedures that are asked for, and of what these called."""
    if chosen.procedures is None:
        return []
    root, asked = instances.alias(), definitions.alias()
    part = sa.select(instances.c.id).join(definitions, definitions.c.id == instances.c.definition_id)
    whole = (
        sa.select(instances.c.id)
        .join(root, root.c.id == instances.c.root_id)
        .join(asked, asked.c.id == root.c.definition_id)
        .where(asked.c.key.in_(sorted(chosen.procedures)))
    )
    return [sa.or_(case.in_(part.where(*_of_procedures(chosen))), case.in_(whole))]


def _of_procedures(chosen: Selection) -> list[sa.ColumnElement[bool]]:
    return [] if chosen.procedures is None else [definitions.c.key.in_(sorted(chosen.procedures))]


def _of_tasks(chosen: Selection) -> Any:
    """Return where tasks are looked up: with their definitions only where a procedure is asked for."""
    return user_tasks if chosen.procedures is None else _with_definitions()


def _with_definitions() -> Any:
    return user_tasks.join(instances, instances.c.id == user_tasks.c.instance_id).join(
        definitions, definitions.c.id == instances.c.definition_id
    )


def _members(units: Collection[int]) -> sa.Select[Any]:
    return sa.select(users.c.id).where(users.c.unit_id.in_(sorted(units)))


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _day(column: sa.Column[Any]) -> tuple[sa.ColumnElement[str], sa.ColumnElement[int]]:
    """Return the day of an instant in UTC, and whether the official day is the next one.

    Instants are text (`engine.store.types`): the day can be cut off, which is the same on every database.
    """
    text = sa.type_coerce(column, sa.String)
    after = sa.case((sa.func.substr(text, 12, 2) >= _NEXT_DAY, 1), else_=0)
    return sa.func.substr(text, 1, 10), after


def _date(day: str, after: int) -> datetime.date:
    return datetime.date.fromisoformat(day) + datetime.timedelta(days=after)
