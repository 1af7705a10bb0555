"""Entries of a register, as far as a database can tell which are looked for."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa

from engine.model import records as model
from engine.store import types
from engine.store.tables_records import register_entries, register_values
from engine.store.unit_of_work import UnitOfWork

#: Kept as text, and so it is looked through.
_VALUES = sa.type_coerce(register_entries.c["values"], sa.Text)
_MOST_CHOICES = 500


def entries(
    uow: UnitOfWork,
    pack: str,
    register: str,
    *,
    holds: Sequence[Sequence[str]] = (),
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int,
) -> list[model.Entry]:
    """Return entries of a register, newest first; with `after` oldest first.

    Args:
        uow: The unit of work.
        pack: Slug of its pack.
        register: Its id.
        holds: Of each group, one piece stands in the number or in the values as they are kept (`piece`). That is less
            than what people ask: whoever calls looks at what the values say.
        since: Written then or later.
        until: Written before then.
        before: Older than the entry with this id.
        after: Newer than the entry with this id.
        limit: Entries at most.
    """
    found = sa.select(*register_entries.c).where(
        register_entries.c.pack == pack, register_entries.c.register == register
    )
    for group in holds:
        found = found.where(sa.or_(*(_stands(each) for each in group)))
    if since is not None:
        found = found.where(register_entries.c.at >= since)
    if until is not None:
        found = found.where(register_entries.c.at < until)
    if before is not None:
        found = found.where(register_entries.c.id < before)
    if after is not None:
        found = found.where(register_entries.c.id > after)
    order = register_entries.c.id.desc() if after is None else register_entries.c.id
    return [model.Entry(*row) for row in uow.link.select(found.order_by(order).limit(limit))]


def piece(value: object, *, whole: bool = True) -> str:
    """Return how a value stands in the values as they are kept; not `whole`: as a part of a longer text."""
    text = types.dump_json(value)
    return text if whole else text[1:-1]


def choices(uow: UnitOfWork, pack: str, register: str, fields: Sequence[str]) -> dict[str, list[str]]:
    """Return by field the values that entries of a register have there, in order; long ones not among them."""
    made: dict[str, list[str]] = {field: [] for field in fields}
    if not fields:
        return made
    found = (
        sa.select(register_values.c.field, register_values.c.value)
        .join(register_entries, register_entries.c.id == register_values.c.entry_id)
        .where(
            register_entries.c.pack == pack,
            register_entries.c.register == register,
            register_values.c.field.in_(fields),
        )
        .distinct()
        .order_by(register_values.c.field, register_values.c.value)
        .limit(_MOST_CHOICES)
    )
    for field, value in uow.link.select(found):
        made[field].append(value)
    return made


def numbers(uow: UnitOfWork, entry_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of entries by their ids."""
    if not entry_ids:
        return {}
    found = sa.select(register_entries.c.id, register_entries.c.number).where(register_entries.c.id.in_(entry_ids))
    return {row[0]: row[1] for row in uow.link.select(found)}


def _stands(part: str) -> sa.ColumnElement[bool]:
    return sa.or_(register_entries.c.number.icontains(part, autoescape=True), _VALUES.icontains(part, autoescape=True))
