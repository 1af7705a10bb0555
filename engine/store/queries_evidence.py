"""What checks of invariants look at: subjects page by page, newest first, and all that belongs to some cases.

Every function is one SELECT, however many cases it is asked about.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import instances as model_instances
from engine.model import records as model
from engine.store import records, user_tasks
from engine.store.instances import COLUMNS as _INSTANCE_COLUMNS
from engine.store.tables import definitions, element_history, instances
from engine.store.tables import user_tasks as tasks_table
from engine.store.tables_records import documents, publications, register_entries, register_values
from engine.store.tables_views import submissions
from engine.store.unit_of_work import UnitOfWork

#: Columns of a document without its text, which may be long and of which nothing is asked.
_DOCUMENT = [column for column in documents.c if column.name != "html"]


@dataclasses.dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with the key of its process, its pack, and its variables as JSON text."""

    instance: model_instances.ProcessInstance
    key: str
    pack: str
    variables: str

    @property
    def id(self) -> int:
        """Return the id of the case."""
        return self.instance.id

    @property
    def instance_id(self) -> int:
        """Return the id of the case, as records name the case they belong to."""
        return self.instance.id


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentRow:
    """An official document without its text."""

    id: int
    pack: str
    template: str
    title: str
    kind: str
    number: str
    issuer: str
    instance_id: int | None
    sha256: str
    issued_at: datetime.datetime
    by: str


@dataclasses.dataclass(frozen=True, slots=True)
class TaskRow:
    """A completed user task and what its form was filled in with."""

    task: model_instances.UserTask
    values: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class SubmissionRow:
    """The form of a start event or message as it was filled in."""

    id: int
    instance_id: int
    element_id: str
    submitted_by: str
    submitted_at: datetime.datetime
    values: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """Which subjects a page begins with: older than `before` (an id), not older than `since`, of the cases `within`."""

    before: int | None = None
    since: datetime.datetime | None = None
    within: Collection[int] | None = None


#: What a check looks at, one by one.
Subject = CaseRow | model.Publication | model.Entry | DocumentRow
#: Reads a page of subjects.
Source = Callable[[UnitOfWork, Range, int], Sequence[Subject]]


def versions(uow: UnitOfWork, pack: str, key: str) -> list[int]:
    """Return the ids of all definitions of a process of a pack, newest first."""
    query = sa.select(definitions.c.id).where(definitions.c.pack == pack, definitions.c.key == key)
    return [row[0] for row in uow.link.select(query.order_by(definitions.c.id.desc()))]


def family(uow: UnitOfWork, text: str) -> set[int]:
    """Return the ids of the cases with this business key (or number), of what called them and what they called."""
    wanted = instances.c.business_key == text
    if text.isdecimal() and len(text) < 18:
        wanted |= instances.c.id == int(text)
    roots = sa.select(sa.func.coalesce(instances.c.root_id, instances.c.id)).where(wanted)
    query = sa.select(instances.c.id).where(instances.c.id.in_(roots) | instances.c.root_id.in_(roots))
    return {row[0] for row in uow.link.select(query)}


# --- subjects --------------------------------------------------------------------------------------------------------


def source_of_cases(definition_id: int) -> Source:
    """Return what reads the cases of one version of a process, newest first."""

    def read(uow: UnitOfWork, place: Range, limit: int) -> list[Subject]:
        query = _case_rows().where(instances.c.definition_id == definition_id)
        query = _ranged(query, instances.c.id, instances.c.started_at, instances.c.id, place, limit)
        return [_case_row(row) for row in uow.link.select(query)]

    return read


def source_of_publications(pack: str, kind: str) -> Source:
    """Return what reads the publications of a kind, newest first."""

    def read(uow: UnitOfWork, place: Range, limit: int) -> list[Subject]:
        table = publications.c
        query = sa.select(*records.READ).where(table.pack == pack, table.kind == kind)
        query = _ranged(query, table.id, table.published_at, table.instance_id, place, limit)
        return [records.publication_of(row) for row in uow.link.select(query)]

    return read


def source_of_entries(pack: str, register: str) -> Source:
    """Return what reads the entries of a register, newest first."""

    def read(uow: UnitOfWork, place: Range, limit: int) -> list[Subject]:
        table = register_entries.c
        query = sa.select(*table).where(table.pack == pack, table.register == register)
        query = _ranged(query, table.id, table.at, table.instance_id, place, limit)
        return [model.Entry(*row) for row in uow.link.select(query)]

    return read


def source_of_documents(pack: str, template: str) -> Source:
    """Return what reads the official documents of a template, newest first."""

    def read(uow: UnitOfWork, place: Range, limit: int) -> list[Subject]:
        table = documents.c
        query = sa.select(*_DOCUMENT).where(table.pack == pack, table.template == template)
        query = _ranged(query, table.id, table.issued_at, table.instance_id, place, limit)
        return [DocumentRow(*row) for row in uow.link.select(query)]

    return read


# --- what belongs to cases -------------------------------------------------------------------------------------------


def by_id(uow: UnitOfWork, ids: Collection[int]) -> list[CaseRow]:
    """Return cases by their ids."""
    return [_case_row(row) for row in uow.link.select(_case_rows().where(instances.c.id.in_(sorted(ids))))]


def relatives(uow: UnitOfWork, roots: Collection[int], keys: Collection[str]) -> list[CaseRow]:
    """Return the cases of some processes that have one of these roots, or are one, oldest first."""
    chosen = sorted(roots)
    query = _case_rows().where(
        definitions.c.key.in_(sorted(keys)), instances.c.id.in_(chosen) | instances.c.root_id.in_(chosen)
    )
    return [_case_row(row) for row in uow.link.select(query.order_by(instances.c.id))]


def completed(uow: UnitOfWork, ids: Collection[int]) -> list[TaskRow]:
    """Return the completed user tasks of cases, in the order in which they were completed."""
    query = (
        sa.select(*user_tasks.COLUMNS, tasks_table.c.submission)
        .where(tasks_table.c.instance_id.in_(sorted(ids)), tasks_table.c.status == sa.literal_column("'completed'"))
        .order_by(tasks_table.c.completed_at, tasks_table.c.id)
    )
    return [TaskRow(model_instances.UserTask(*row[:-1]), row[-1] or {}) for row in uow.link.select(query)]


def visits(uow: UnitOfWork, ids: Collection[int], elements: Collection[str]) -> list[model_instances.HistoryEntry]:
    """Return the visits of cases to some elements, in the order in which they began."""
    table = element_history.c
    query = sa.select(*table).where(table.instance_id.in_(sorted(ids)), table.element_id.in_(sorted(elements)))
    rows = uow.link.select(query.order_by(table.entered_at, table.token))
    return [model_instances.HistoryEntry(*row) for row in rows]


def registered(uow: UnitOfWork, ids: Collection[int]) -> list[model.Entry]:
    """Return what cases have written into registers, oldest first."""
    query = sa.select(*register_entries.c).where(register_entries.c.instance_id.in_(sorted(ids)))
    return [model.Entry(*row) for row in uow.link.select(query.order_by(register_entries.c.id))]


def published(uow: UnitOfWork, ids: Collection[int]) -> list[model.Publication]:
    """Return what cases have published, oldest first."""
    query = sa.select(*records.READ).where(publications.c.instance_id.in_(sorted(ids)))
    return [records.publication_of(row) for row in uow.link.select(query.order_by(publications.c.id))]


def issued(uow: UnitOfWork, ids: Collection[int]) -> list[DocumentRow]:
    """Return the official documents of cases, oldest first."""
    query = sa.select(*_DOCUMENT).where(documents.c.instance_id.in_(sorted(ids))).order_by(documents.c.id)
    return [DocumentRow(*row) for row in uow.link.select(query)]


def submitted(uow: UnitOfWork, ids: Collection[int]) -> list[SubmissionRow]:
    """Return what start events and messages brought to cases, oldest first."""
    table = submissions.c
    columns = (table.id, table.instance_id, table.element_id, table.submitted_by, table.submitted_at, table["values"])
    query = sa.select(*columns).where(table.instance_id.in_(sorted(ids))).order_by(table.id)
    return [SubmissionRow(*row) for row in uow.link.select(query)]


# --- registers -------------------------------------------------------------------------------------------------------


def with_values(uow: UnitOfWork, pack: str, register: str, field: str, values: Collection[str]) -> list[model.Entry]:
    """Return the entries of a register whose field has one of some short values, oldest first."""
    said = sa.select(register_values.c.entry_id).where(
        register_values.c.field == field, register_values.c.value.in_(sorted(values))
    )
    table = register_entries.c
    query = sa.select(*table).where(table.pack == pack, table.register == register, table.id.in_(said))
    return [model.Entry(*row) for row in uow.link.select(query.order_by(table.id))]


# --- parts -----------------------------------------------------------------------------------------------------------


def _case_rows() -> sa.Select[Any]:
    return sa.select(*_INSTANCE_COLUMNS, definitions.c.key, definitions.c.pack, instances.c.variables).join_from(
        instances, definitions, definitions.c.id == instances.c.definition_id
    )


def _case_row(row: Sequence[Any]) -> CaseRow:
    return CaseRow(model_instances.ProcessInstance(*row[:-3]), *row[-3:])


def _ranged(
    query: sa.Select[Any],
    key: sa.Column[int],
    at: sa.Column[Any],
    case: sa.Column[Any],
    place: Range,
    limit: int,
) -> sa.Select[Any]:
    if place.before is not None:
        query = query.where(key < place.before)
    if place.since is not None:
        query = query.where(at >= place.since)
    if place.within is not None:
        query = query.where(case.in_(sorted(place.within)))
    return query.order_by(key.desc()).limit(limit)
