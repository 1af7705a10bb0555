"""Moves the rows of an instance to another version of its process: what they say of the diagram is then of that one.

Names and times stay as they were, and so does the audit trail: it tells which version and which ids there were before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import sqlalchemy as sa

from engine.store import instances as stored
from engine.store import unit_of_work
from engine.store.tables import (
    candidates,
    element_history,
    incidents,
    instances,
    jobs,
    subscriptions,
    timers,
    user_tasks,
)
from engine.store.tables_views import submissions

_INSTANCE = (
    sa.update(instances).where(instances.c.id == sa.bindparam("instance")).values(definition_id=sa.bindparam("becomes"))
)
_CANDIDATES = (
    sa.update(candidates)
    .where(candidates.c.instance_id == sa.bindparam("instance"))
    .values(definition_id=sa.bindparam("becomes"))
)
_ELEMENTS = tuple(
    sa.update(table)
    .where(table.c.instance_id == sa.bindparam("instance"), table.c.element_id == sa.bindparam("was"))
    .values(element_id=sa.bindparam("becomes"))
    for table in (user_tasks, jobs, timers, subscriptions, incidents, element_history, submissions)
)
#: No element can be called so: what two elements exchange is put aside under it.
_ASIDE = " "


def move(
    uow: unit_of_work.UnitOfWork, locked: stored.LockedInstance, definition_id: int, elements: Mapping[str, str]
) -> None:
    """Let an instance, and everything that is stored of it, be of another definition.

    Args:
        uow: The unit of work.
        locked: The instance.
        definition_id: The definition.
        elements: New ids of elements by old ones, of those that have another.
    """
    uow.link.run(_INSTANCE, {"instance": locked.id, "becomes": definition_id})
    uow.link.run(_CANDIDATES, {"instance": locked.id, "becomes": definition_id})
    renamed = {was: becomes for was, becomes in elements.items() if was != becomes}
    aside = [{"instance": locked.id, "was": was, "becomes": _ASIDE + now} for was, now in renamed.items()]
    there = [{"instance": locked.id, "was": _ASIDE + now, "becomes": now} for now in dict.fromkeys(renamed.values())]
    for statement in _ELEMENTS:
        uow.link.run_many(statement, aside)
        uow.link.run_many(statement, there)
    locked.instance = dataclasses.replace(locked.instance, definition_id=definition_id)
