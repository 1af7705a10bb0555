"""What a batch is about, found by a filter; and the lists of batches and of their items."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import batches as model
from engine.model import instances as model_instances
from engine.store import paging
from engine.store.tables import definitions, incidents, instances
from engine.store.tables_batches import batch_items, batches
from engine.store.unit_of_work import UnitOfWork


@dataclasses.dataclass(frozen=True, slots=True)
class Meant:
    """What a selection means for one kind of batch: numbers of what, of cases that stand how, called ones or not."""

    selection: model.Selection
    target: model.Target
    statuses: Collection[model_instances.InstanceStatus]
    called: bool

    @property
    def key(self) -> sa.Column[int]:
        """Return the column whose numbers are meant."""
        return instances.c.id if self.target is model.Target.INSTANCE else incidents.c.id


@dataclasses.dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in a list, with the case that it is about, if there is one."""

    item: model.BatchItem
    instance_id: int | None


def newest(uow: UnitOfWork, target: model.Target) -> int:
    """Return the highest number there is; 0 when there is none."""
    table = instances if target is model.Target.INSTANCE else incidents
    ((found,),) = uow.link.select(sa.select(sa.func.max(table.c.id)))
    return found or 0


def targets(uow: UnitOfWork, meant: Meant, *, after: int = 0, upto: int | None = None, limit: int) -> list[int]:
    """Return the numbers that a filter means, in order, beyond `after` and no higher than `upto`."""
    query = _meant(uow, meant, sa.select(meant.key)).where(meant.key > after)
    if upto is not None:
        query = query.where(meant.key <= upto)
    return [row[0] for row in uow.link.select(query.order_by(meant.key).limit(limit))]


def count(uow: UnitOfWork, meant: Meant) -> int:
    """Return how many a filter means."""
    ((found,),) = uow.link.select(_meant(uow, meant, sa.select(sa.func.count(meant.key))))
    return int(found)


def listed(
    uow: UnitOfWork, *, state: model.BatchState | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[model.Batch]:
    """Return batches, newest first."""
    query = paging.filtered(sa.select(*batches.c), (batches.c.state, state))
    return paging.page(uow, query, [batches.c.id], limit, after, lambda row: model.Batch(*row), newest=True)


def items(
    uow: UnitOfWork,
    batch_id: int,
    target: model.Target,
    *,
    state: model.ItemState | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[ItemRow]:
    """Return the items of a batch, by number."""
    table = batch_items
    case = instances.c.id if target is model.Target.INSTANCE else incidents.c.instance_id
    other = instances if target is model.Target.INSTANCE else incidents
    query = paging.filtered(
        sa.select(*table.c, case.label("case")).select_from(table.outerjoin(other, other.c.id == table.c.target)),
        (table.c.batch_id, batch_id),
        (table.c.state, state),
    )
    return paging.page(
        uow, query, [table.c.target], limit, after, lambda row: ItemRow(model.BatchItem(*row[:-1]), row[-1])
    )


def cases_of(uow: UnitOfWork, target: model.Target, ids: Sequence[int]) -> dict[int, int]:
    """Return the cases of numbers, by number; of one that does not exist there is none."""
    if target is model.Target.INSTANCE or not ids:
        return {each: each for each in ids}
    rows = uow.link.select(sa.select(incidents.c.id, incidents.c.instance_id).where(incidents.c.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _meant(uow: UnitOfWork, meant: Meant, query: sa.Select[Any]) -> sa.Select[Any]:
    chosen, case = meant.selection, instances.c
    if meant.target is model.Target.INCIDENT:
        query = query.select_from(incidents.join(instances, case.id == incidents.c.instance_id))
        query = query.where(incidents.c.resolved_at.is_(None), *_incident(chosen))
    elif chosen.element is not None or chosen.incident is not None:
        troubled = (incidents.c.instance_id == case.id, incidents.c.resolved_at.is_(None), *_incident(chosen))
        query = query.where(sa.exists().where(*troubled).correlate(instances))
    statuses = set(meant.statuses) if chosen.status is None else set(meant.statuses) & {chosen.status}
    query = query.where(case.status.in_(sorted(statuses)), case.ended_at.is_(None))
    if not meant.called:
        query = query.where(case.parent_id.is_(None))
    if chosen.definition is not None:
        versions = sa.select(definitions.c.id).where(definitions.c.key == chosen.definition)
        if chosen.version is not None:
            versions = versions.where(definitions.c.version == chosen.version)
        query = query.where(case.definition_id.in_([row[0] for row in uow.link.select(versions)]))
    if chosen.started_after is not None:
        query = query.where(case.started_at >= chosen.started_after)
    if chosen.started_before is not None:
        query = query.where(case.started_at < chosen.started_before)
    return query


def _incident(chosen: model.Selection) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if chosen.element is not None:
        conditions.append(incidents.c.element_id == chosen.element)
    if chosen.incident is not None:
        conditions.append(incidents.c.kind == chosen.incident)
    return conditions
