"""What cases wait for until a point in time: looked through when the working-day calendar has changed."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from engine.model import instances as model
from engine.store import timers as timers_module
from engine.store import user_tasks as user_tasks_module
from engine.store.tables import element_history, instances, timers, user_tasks
from engine.store.unit_of_work import UnitOfWork

# Written as the index of open cases is: active ones and suspended ones.
_RUNNING = instances.c.ended_at.is_(None)


def definitions(uow: UnitOfWork) -> list[int]:
    """Return the ids of the definitions that open cases run on."""
    query = sa.select(instances.c.definition_id).where(_RUNNING).distinct().order_by(instances.c.definition_id)
    return [row[0] for row in uow.link.select(query)]


def waiting(uow: UnitOfWork, elements: Mapping[int, Collection[str]], after: int, limit: int) -> list[int]:
    """Return open cases that wait at one of some elements until a point in time, by id.

    Args:
        uow: The unit of work.
        elements: Ids of elements by id of definition.
        after: Cases with greater ids.
        limit: How many cases at most.
    """
    names = sorted({name for each in elements.values() for name in each})
    if not names:
        return []
    tasks = sa.exists().where(
        user_tasks.c.instance_id == instances.c.id,
        user_tasks_module.IS_OPEN,
        user_tasks.c.due.is_not(None),
        user_tasks.c.element_id.in_(names),
    )
    timed = sa.exists().where(timers.c.instance_id == instances.c.id, timers.c.element_id.in_(names))
    query = (
        sa.select(instances.c.id)
        .where(_RUNNING, instances.c.id > after, instances.c.definition_id.in_(sorted(elements)), sa.or_(tasks, timed))
        .order_by(instances.c.id)
        .limit(limit)
    )
    return [row[0] for row in uow.link.select(query)]


def user_tasks_of(uow: UnitOfWork, instance_ids: Collection[int]) -> list[model.UserTask]:
    """Return the open user tasks of cases that have a due time, oldest first."""
    query = (
        sa.select(*user_tasks_module.COLUMNS)
        .where(
            user_tasks.c.instance_id.in_(sorted(instance_ids)), user_tasks_module.IS_OPEN, user_tasks.c.due.is_not(None)
        )
        .order_by(user_tasks.c.id)
    )
    return [model.UserTask(*row) for row in uow.link.select(query)]


def timers_of(uow: UnitOfWork, instance_ids: Collection[int]) -> list[model.Timer]:
    """Return the timers of cases, oldest first."""
    query = (
        sa.select(*timers_module.COLUMNS).where(timers.c.instance_id.in_(sorted(instance_ids))).order_by(timers.c.id)
    )
    return [model.Timer(*row) for row in uow.link.select(query)]


def states(uow: UnitOfWork, instance_ids: Collection[int]) -> Mapping[int, model.InstanceState]:
    """Return the states of cases by id, without what it takes to withdraw."""
    query = sa.select(instances.c.id, instances.c.variables, instances.c.tokens).where(
        instances.c.id.in_(sorted(instance_ids))
    )
    return {row[0]: model.InstanceState(row[1], row[2]) for row in uow.link.select(query)}


def entered(
    uow: UnitOfWork, instance_ids: Collection[int], tokens: Collection[int]
) -> Mapping[tuple[int, int], datetime.datetime]:
    """Return when tokens entered their elements, by case and token; there may be more than was asked for."""
    query = sa.select(element_history.c.instance_id, element_history.c.token, element_history.c.entered_at).where(
        element_history.c.instance_id.in_(sorted(instance_ids)), element_history.c.token.in_(sorted(tokens))
    )
    return {(row[0], row[1]): row[2] for row in uow.link.select(query)}
