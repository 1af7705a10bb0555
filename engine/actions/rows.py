"""Rows of lists: what is stored of a task or case, as one person sees it at one time."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Sequence

from engine.actions import context, policy, standing, waits
from engine.calendars import calendar
from engine.model import commands, cooperation, instances, views_lists
from engine.store import queries_cases, queries_worklists, unit_of_work


class Calendars:
    """The calendars of the packs that a list has cases of, each looked up once."""

    def __init__(self, engine: context.Engine, uow: unit_of_work.UnitOfWork) -> None:
        self._engine = engine
        self._uow = uow
        self._held: dict[str, calendar.Calendar] = {}

    def __getitem__(self, pack: str) -> calendar.Calendar:
        if pack not in self._held:
            self._held[pack] = self._engine.calendars.get(self._uow, pack)
        return self._held[pack]


def task(
    row: queries_worklists.TaskRow, actor: commands.Actor, now: datetime.datetime, days: calendar.Calendar
) -> views_lists.TaskItem:
    """Return a task as a row of a list."""
    stored, asked = row.task, row.countersignature
    is_open = stored.status is instances.UserTaskStatus.OPEN
    return views_lists.TaskItem(
        id=stored.id,
        instance_id=stored.instance_id,
        name=stored.name,
        element_id=stored.element_id,
        title=row.title or row.definition_name,
        business_key=row.business_key,
        procedure=row.definition_name,
        procedure_key=row.definition_key,
        pack=row.pack,
        created_at=stored.created_at,
        holder=asked.person if asked else stored.assignee,
        offered_users=stored.candidate_users,
        offered_roles=stored.candidate_groups,
        lane=stored.lane,
        standing=standing.of(stored.due, now, days) if is_open else None,
        priority=stored.priority,
        clause=stored.clause,
        claimable=is_open and asked is None and stored.assignee is None and policy.is_candidate(actor, stored),
        on_behalf_of=_principal(row, actor) if is_open else None,
        delegated_by=stored.owner if stored.delegation is instances.Delegation.PENDING else None,
        delegation_returned=stored.delegation is instances.Delegation.RESOLVED,
        returned=row.returned,
        countersign=_asks(asked) if asked else None,
        awaiting=stored.countersign,
        has_draft=is_open and stored.draft is not None,
        case_status=row.case_status,
        status=stored.status,
        completed_at=asked.answered_at if asked else stored.completed_at,
        completed_for=stored.completed_for,
    )


def kept_apart(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    page: Iterable[queries_worklists.TaskRow],
    items: Iterable[views_lists.TaskItem],
    actor: commands.Actor,
) -> list[views_lists.TaskItem]:
    """Say of the tasks that are offered which ones the actor must leave to others: whoever claims them is refused.

    One statement for the page. What only the values of a case tell (回避) is left to the act itself.
    """
    separated = {row.task.id: engine.definitions.get(uow, row.definition_id).separated for row in page}
    items = list(items)
    offered = [item for item in items if item.claimable and separated[item.id].get(item.element_id)]
    did = uow.user_tasks.done_by(actor.id, {item.instance_id for item in offered}) if offered else {}
    marked = []
    for item in items:
        others = separated[item.id].get(item.element_id, ()) if item.claimable else ()
        names = [did[item.instance_id, other] for other in sorted(others) if (item.instance_id, other) in did]
        marked.append(dataclasses.replace(item, apart_from=names[0]) if names else item)
    return marked


def open_task(
    stored: instances.UserTask, actor: commands.Actor, now: datetime.datetime, days: calendar.Calendar
) -> views_lists.OpenTask:
    """Return an open task as a part of a case."""
    return views_lists.OpenTask(
        id=stored.id,
        name=stored.name,
        element_id=stored.element_id,
        holder=stored.assignee,
        offered_users=stored.candidate_users,
        offered_roles=stored.candidate_groups,
        created_at=stored.created_at,
        standing=standing.of(stored.due, now, days),
        own=bool(policy.entitled(actor, stored)),
        claimable=stored.assignee is None and policy.is_candidate(actor, stored),
    )


def case(
    row: queries_cases.CaseRow,
    tasks: Iterable[instances.UserTask],
    actor: commands.Actor,
    now: datetime.datetime,
    days: calendar.Calendar,
    waiting_for: tuple[views_lists.Wait, ...] = (),
) -> views_lists.CaseItem:
    """Return a case as a row of a list."""
    stored = row.case
    waiting = tuple(open_task(each, actor, now, days) for each in tasks)
    return views_lists.CaseItem(
        id=stored.id,
        title=stored.title or row.definition_name,
        business_key=stored.business_key,
        procedure=row.definition_name,
        procedure_key=row.definition_key,
        pack=row.pack,
        version=row.definition_version,
        status=stored.status,
        started_at=stored.started_at,
        started_by=stored.started_by,
        ended_at=stored.ended_at,
        end_reason=stored.end_reason,
        tasks=waiting,
        standing=first_due(waiting),
        incidents=row.incidents,
        waits=waiting_for,
    )


def cases(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    rows: Sequence[queries_cases.CaseRow],
    actor: commands.Actor,
    now: datetime.datetime,
) -> list[views_lists.CaseItem]:
    """Return cases as rows of a list, with what they wait for: two SELECTs for all of them."""
    running = [row.case.id for row in rows if not row.case.status.ended]
    tasks = queries_cases.open_tasks(uow, running)
    found = queries_cases.waiting(uow, [case_id for case_id in running if case_id not in tasks])
    days = Calendars(engine, uow)
    items = []
    for row in rows:
        waiting_for: tuple[views_lists.Wait, ...] = ()
        if row.case.id in found:
            definition = engine.definitions.get(uow, row.case.definition_id)
            waiting_for = waits.of(definition, found[row.case.id], now)
        items.append(case(row, tasks.get(row.case.id, ()), actor, now, days[row.pack], waiting_for))
    return items


def first_due(tasks: Iterable[views_lists.OpenTask]) -> views_lists.Standing | None:
    """Return the standing of the task that is due first; None where none is ever due."""
    return min((each.standing for each in tasks if each.standing), key=lambda each: each.due, default=None)


def _asks(asked: cooperation.Countersignature) -> views_lists.CountersignMark:
    return views_lists.CountersignMark(asked.id, asked.kind, asked.asked_by, asked.question)


def _principal(row: queries_worklists.TaskRow, actor: commands.Actor) -> str | None:
    """Return whose the row is, where the actor only stands in for them."""
    if row.countersignature is not None:
        person = row.countersignature.person
        return person if any(person == each.id for each in actor.acting_for) else None
    by_right_of = policy.entitled(actor, row.task)
    return by_right_of[0].id if by_right_of and by_right_of[0] is not actor else None
