"""The lists that people work from: 待办, 已办, 我的事项, 全部. A page takes a fixed number of statements.

What a list shows is what the actor may see: the own work and that of those they stand in for; all cases for monitors.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from typing import TypeVar

from engine import errors
from engine.actions import context, policy, rows, standing
from engine.model import commands, cooperation, instances, views_lists
from engine.store import queries, queries_cases, queries_worklists, unit_of_work

#: How many rows a page has, and at most.
PAGE = 25
MOST = 100
#: Longest text that lists are filtered by.
TEXT_LENGTH = 100

_M = TypeVar("_M", bound=enum.StrEnum)


class Scope(enum.StrEnum):
    """Whose cases a list shows."""

    MINE = "mine"
    ALL = "all"


# --- tasks -----------------------------------------------------------------------------------------------------------


def to_do(
    engine: context.Engine,
    actor: commands.Actor,
    chosen: views_lists.TaskFilter | None = None,
    *,
    limit: int = PAGE,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[views_lists.TaskItem]:
    """Return what the actor has to do or may take (待办), what is due first at the front.

    Args:
        engine: The engine.
        actor: Who asks; tasks of those they stand in for are among the list.
        chosen: What to show; everything by default.
        limit: Rows of the page.
        after: The page after this place (`Listing.after`).
        before: The page before this place (`Listing.before`).

    Raises:
        errors.InvalidInput: A place that no page of this list named, or a limit out of range.
    """
    now = engine.clock.now()
    selection = _selection(actor, chosen or views_lists.TaskFilter(), now)
    with engine.store.read() as uow:
        page = queries_worklists.to_do(uow, selection, limit=_checked(limit), after=after, before=before)
        found = _tasks(engine, uow, page, actor, now)
        return dataclasses.replace(found, items=tuple(rows.kept_apart(engine, uow, page, found, actor)))


def counts(
    engine: context.Engine, actor: commands.Actor, chosen: views_lists.TaskFilter | None = None
) -> views_lists.TodoCounts:
    """Count what is on each tab of 待办, under the filters of the page but for tab and due."""
    now = engine.clock.now()
    base = dataclasses.replace(chosen or views_lists.TaskFilter(), tab=views_lists.Tab.ALL, due=None)
    wanted = [
        dataclasses.replace(base, tab=tab)
        for tab in (views_lists.Tab.ALL, views_lists.Tab.MINE, views_lists.Tab.CLAIMABLE)
    ]
    wanted += [dataclasses.replace(base, due=due) for due in (views_lists.Due.OVERDUE, views_lists.Due.TODAY)]
    with engine.store.read() as uow:
        found = queries_worklists.count(uow, [_selection(actor, each, now) for each in wanted])
    return views_lists.TodoCounts(*found)


def done(
    engine: context.Engine,
    actor: commands.Actor,
    chosen: views_lists.TaskFilter | None = None,
    *,
    limit: int = PAGE,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[views_lists.TaskItem]:
    """Return what the actor dealt with (已办), the last one first; filtered by procedure, role and text.

    That is the tasks they completed or sent back, and the opinions they gave on those of others (加签).
    """
    now = engine.clock.now()
    selection = _selection(actor, dataclasses.replace(chosen or views_lists.TaskFilter(), due=None), now)
    with engine.store.read() as uow:
        page = queries_worklists.done(uow, actor.id, selection, limit=_checked(limit), after=after, before=before)
        return _tasks(engine, uow, page, actor, now)


def all_tasks(
    engine: context.Engine,
    actor: commands.Actor,
    chosen: views_lists.TaskFilter | None = None,
    *,
    limit: int = PAGE,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[views_lists.TaskItem]:
    """Return the open tasks of everybody, what is due first at the front: for monitors.

    Raises:
        errors.Forbidden: The actor is neither monitor nor operator.
    """
    policy.monitor(actor, "查看全部待办")
    now = engine.clock.now()
    selection = _selection(actor, chosen or views_lists.TaskFilter(), now)
    with engine.store.read() as uow:
        page = queries_worklists.all_open(uow, selection, limit=_checked(limit), after=after, before=before)
        return _tasks(engine, uow, page, actor, now)


def next_own_task(engine: context.Engine, instance_id: int, actor: commands.Actor) -> int | None:
    """Return the task of a case that the actor goes on with: first what they have, then what they may take.

    What they only may do for somebody else comes last; of a case that rests there is none.
    """
    with engine.store.read() as uow:
        if uow.instances.get(instance_id).status is not instances.InstanceStatus.ACTIVE:
            return None
        found = queries_worklists.of_instance(uow, instance_id)
    return own_task([row.task for row in found], actor)


def own_task(open_tasks: list[instances.UserTask], actor: commands.Actor) -> int | None:
    """Choose from the open tasks of a case, given by due time; see `next_own_task`."""
    ranked = []
    for place, task in enumerate(open_tasks):
        by_right_of = policy.entitled(actor, task)
        if by_right_of and task.countersign is not cooperation.Countersigning.SUBMITTED:
            ranked.append((by_right_of[0] is not actor, task.assignee is None, place, task.id))
    return min(ranked)[-1] if ranked else None


# --- cases -----------------------------------------------------------------------------------------------------------


def cases(
    engine: context.Engine,
    actor: commands.Actor,
    scope: Scope = Scope.MINE,
    chosen: views_lists.CaseFilter | None = None,
    *,
    limit: int = PAGE,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[views_lists.CaseItem]:
    """Return cases, newest first: those the actor started or took part in (我的事项), or all (全部).

    Raises:
        errors.Forbidden: All are asked for by somebody who is neither monitor nor operator.
        errors.InvalidInput: A place that no page of this list named, or a limit out of range.
    """
    if scope is Scope.ALL:
        policy.monitor(actor, "查看全部事项")
    now = engine.clock.now()
    selection = _case_selection(chosen or views_lists.CaseFilter(), now)
    limit = _checked(limit)
    with engine.store.read() as uow:
        if scope is Scope.ALL:
            page = queries_cases.everything(uow, selection, limit=limit, after=after, before=before)
        else:
            page = queries_cases.mine(uow, actor.id, selection, limit=limit, after=after, before=before)
        items = rows.cases(engine, uow, page.items, actor, now)
    return views_lists.Listing(tuple(items), page.before, page.after)


def choices(engine: context.Engine, actor: commands.Actor) -> views_lists.Choices:
    """Return what the actor's lists may be filtered by: deployed procedures, and the roles whose tasks come to them."""
    with engine.store.read() as uow:
        latest = queries.definitions(uow, latest_only=True, limit=1000).items
    names = engine.directory.get(engine.store)
    held = sorted({role for person in (actor, *actor.acting_for) for role in person.roles})
    return views_lists.Choices(
        tuple((row.key, row.name) for row in latest), tuple((role, names.role_name(role)) for role in held)
    )


# --- filters ---------------------------------------------------------------------------------------------------------


def task_filter(query: Mapping[str, str]) -> views_lists.TaskFilter:
    """Read a filter of tasks from the parameters of an address: tab, procedure, role, due, text.

    Raises:
        errors.InvalidInput: A value that is none of those that can be chosen, or a text that is too long.
    """
    return views_lists.TaskFilter(
        tab=_one_of(views_lists.Tab, query, "tab") or views_lists.Tab.ALL,
        procedure=_word(query, "procedure"),
        role=_word(query, "role"),
        due=_one_of(views_lists.Due, query, "due"),
        text=_word(query, "text"),
    )


def case_filter(query: Mapping[str, str]) -> views_lists.CaseFilter:
    """Read a filter of cases from the parameters of an address: procedure, state, due, starter, text.

    Raises:
        errors.InvalidInput: As `task_filter`.
    """
    return views_lists.CaseFilter(
        procedure=_word(query, "procedure"),
        state=_one_of(views_lists.State, query, "state"),
        due=_one_of(views_lists.Due, query, "due"),
        starter=_word(query, "starter"),
        text=_word(query, "text"),
    )


def query_of(chosen: views_lists.TaskFilter | views_lists.CaseFilter) -> dict[str, str]:
    """Return the parameters of an address that a filter is read from; what is not chosen is left out."""
    default = type(chosen)()
    given = {field.name: getattr(chosen, field.name) for field in dataclasses.fields(chosen)}
    return {name: str(value) for name, value in given.items() if value != getattr(default, name)}


def _one_of(members: type[_M], query: Mapping[str, str], name: str) -> _M | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    if text not in {member.value for member in members}:
        known = "、".join(member.value for member in members)
        raise errors.InvalidInput(f"筛选条件 {name} 应为 {known} 之一，现为“{text[:60]}”。")
    return members(text)


def _word(query: Mapping[str, str], name: str) -> str | None:
    text = " ".join(query.get(name, "").split())
    if len(text) > TEXT_LENGTH:
        raise errors.InvalidInput(f"筛选条件 {name} 应不超过 {TEXT_LENGTH} 字，现为 {len(text)} 字。")
    if "\0" in text:
        raise errors.InvalidInput(f"筛选条件 {name} 不能有空字符。")
    return text or None


def _selection(
    actor: commands.Actor, chosen: views_lists.TaskFilter, now: datetime.datetime
) -> queries_worklists.Selection:
    people = (actor, *actor.acting_for)
    since, until = standing.bounds(chosen.due, now)
    return queries_worklists.Selection(
        tab=chosen.tab,
        people=tuple(person.id for person in people),
        groups=tuple(sorted({group for person in people for group in person.groups})),
        procedure=chosen.procedure,
        role=chosen.role,
        since=since,
        until=until,
        never=chosen.due is views_lists.Due.NONE,
        text=chosen.text,
    )


def _case_selection(chosen: views_lists.CaseFilter, now: datetime.datetime) -> queries_cases.Selection:
    since, until = standing.bounds(chosen.due, now)
    return queries_cases.Selection(
        procedure=chosen.procedure,
        state=chosen.state,
        starter=chosen.starter,
        since=since,
        until=until,
        never=chosen.due is views_lists.Due.NONE,
        text=chosen.text,
    )


def _tasks(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    page: views_lists.Listing[queries_worklists.TaskRow],
    actor: commands.Actor,
    now: datetime.datetime,
) -> views_lists.Listing[views_lists.TaskItem]:
    days = rows.Calendars(engine, uow)
    items = tuple(rows.task(row, actor, now, days[row.pack]) for row in page)
    return views_lists.Listing(items, page.before, page.after)


def _checked(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise errors.InvalidInput(f"每页条数应为 1 至 {MOST}，现为 {limit}。")
    return limit
