"""What people have done in a case so far: what decides whether its starter may still take all of it back."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa

from engine.store import user_tasks as user_tasks_module
from engine.store.tables import instances, user_tasks
from engine.store.tables_cooperation import countersignatures
from engine.store.tables_records import documents, publications, register_entries
from engine.store.tables_views import submissions
from engine.store.unit_of_work import UnitOfWork

_RECORD = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Traces:
    """Who has done work in a case or in one that it has called, and whether a record was written there."""

    people: frozenset[str]
    records: bool


def of(uow: UnitOfWork, instance_id: int) -> Traces:
    """Return what has been done: tasks completed or sent back, opinions given, forms handed in, records. One SELECT."""
    family = sa.select(instances.c.id).where(sa.or_(instances.c.id == instance_id, instances.c.root_id == instance_id))

    def by(person: sa.ColumnElement[Any], case: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        return sa.select(person.label("person")).where(case.in_(family), *conditions)

    given = countersignatures.c.status == sa.literal_column("'given'")
    written: sa.ColumnElement[str] = sa.literal_column(f"'{_RECORD}'")
    rows = uow.link.select(
        sa.union(
            by(user_tasks.c.completed_by, user_tasks.c.instance_id, user_tasks_module.IS_DONE),
            by(countersignatures.c.answered_by, countersignatures.c.instance_id, given),
            by(submissions.c.submitted_by, submissions.c.instance_id),
            *(by(written, table.c.instance_id) for table in (register_entries, documents, publications)),
        )
    )
    found = {row[0] for row in rows}
    return Traces(frozenset(found - {_RECORD, None}), _RECORD in found)
