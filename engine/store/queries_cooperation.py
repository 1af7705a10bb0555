"""The read side of cooperation: what was sent to somebody to know of, a page at a time (see `paging`)."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import cooperation
from engine.store import paging, statements, tables
from engine.store.tables_cooperation import copies, copy_reads
from engine.store.unit_of_work import UnitOfWork


@dataclasses.dataclass(frozen=True, slots=True)
class CopyRow:
    """A copy in somebody's list, with the case that it is of, and when they read it."""

    copy: cooperation.Copy
    read_at: datetime.datetime | None
    business_key: str | None
    title: str | None
    definition_key: str
    definition_name: str


def copies_of(
    uow: UnitOfWork,
    person: str,
    roles: Sequence[str] = (),
    *,
    unread_only: bool = False,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[CopyRow]:
    """Return the copies that were sent to somebody by name, or to one of the roles, newest first.

    Each name is one range of an index, of which no more is read than a page holds, unless most of it has been read
    and only the unread is asked for.
    """
    start = paging.start_of([copies.c.id], after)
    ranges = []
    for kind, name in [("user", person), *(("group", role) for role in dict.fromkeys(roles))]:
        one = sa.select(copies.c.id).where(copies.c.kind == kind, copies.c.name == name)
        if start is not None:
            one = one.where(sa.tuple_(copies.c.id) < start)
        if unread_only:
            read = sa.select(copy_reads.c.copy_id).where(
                copy_reads.c.copy_id == copies.c.id, copy_reads.c.person == person
            )
            one = one.where(~read.exists())
        ranges.append(sa.select(one.order_by(copies.c.id.desc()).limit(paging.checked(limit) + 1).subquery()))
    found = sa.union(*ranges).subquery() if len(ranges) > 1 else ranges[0].subquery()
    instance, definition = tables.instances, tables.definitions
    query = sa.select(
        *copies.c,
        copy_reads.c.read_at,
        instance.c.business_key,
        instance.c.title,
        definition.c.key,
        definition.c.name,
    ).select_from(
        copies.join(found, found.c.id == copies.c.id)
        .join(instance, instance.c.id == copies.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
        .outerjoin(copy_reads, sa.and_(copy_reads.c.copy_id == copies.c.id, copy_reads.c.person == person))
    )
    return paging.page(uow, query, [copies.c.id], limit, after, _copy_row, newest=True)


def _copy_row(row: statements.Row) -> CopyRow:
    width = len(copies.c)
    values: Any = row[width:]
    return CopyRow(cooperation.Copy(*row[:width]), *values)
