"""One case as it is stored, read in one transaction by a fixed number of statements, and what it means to a reader."""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from engine import errors
from engine.actions import (
    context,
    definition_cache,
    directory,
    known,
    labelled,
    policy,
    rows,
    sentences,
    sight,
    standing,
    timeline,
    waits,
    whereabouts,
)
from engine.bpmn import execution
from engine.calendars import calendar
from engine.model import commands, cooperation, instances, views_cases
from engine.store import queries, queries_cases, queries_worklists, submissions, unit_of_work

T = TypeVar("T")

#: Acts that a timeline shows at most: the newest.
MOST_ACTS = 1000

STATUS = {
    instances.InstanceStatus.ACTIVE: "办理中",
    instances.InstanceStatus.SUSPENDED: "已暂停",
    instances.InstanceStatus.COMPLETED: "已办结",
    instances.InstanceStatus.CANCELLED: "已取消",
    instances.InstanceStatus.ERROR: "因错误终止",
}


@dataclasses.dataclass(frozen=True)
class Reading:
    """Everything stored of a case, and who reads it when."""

    actor: commands.Actor
    now: datetime.datetime
    instance: instances.ProcessInstance
    state: instances.InstanceState
    definition: definition_cache.Definition
    days: calendar.Calendar
    names: known.Names
    tasks: Sequence[instances.UserTask]
    history: Sequence[instances.HistoryEntry]
    audit: Sequence[instances.AuditEntry]
    comments: Sequence[instances.Comment]
    incidents: Sequence[instances.Incident]
    started_with: Sequence[submissions.Submission]
    submitted: Mapping[int, dict[str, Any]]
    countersignatures: Sequence[cooperation.Countersignature]
    copies: Sequence[cooperation.Copy]
    returns: Sequence[cooperation.Return]
    waiting: Sequence[queries_cases.Waiting]

    @property
    def open_tasks(self) -> list[instances.UserTask]:
        """Return what the case waits for people to do, what is due first at the front."""
        waiting = [task for task in self.tasks if task.status is instances.UserTaskStatus.OPEN]
        return sorted(waiting, key=lambda task: (task.due is None, task.due, task.id))

    def reader(self) -> labelled.Reader:
        """Return what the actor may read of the values."""
        return labelled.Reader.of(self.definition, self.actor, self.instance, self.tasks, self.names)

    def words(self) -> sentences.Words:
        """Return what sentences about the case need to know."""
        return sentences.Words(
            people=self.names,
            tasks={task.id: task.name for task in self.tasks},
            elements={element.id: element.name for element in self.definition.process.elements.values()},
            operator=self.actor.is_operator,
        )

    def variables(self) -> dict[str, Any]:
        """Return the process variables."""
        return execution.variables_at(self.definition.process, self.state)


def read(
    engine: context.Engine,
    instance_id: int,
    actor: commands.Actor,
    also: Callable[[unit_of_work.UnitOfWork, Reading], T],
) -> tuple[Reading, T]:
    """Read a case, and something more in the same transaction.

    Raises:
        errors.NotFound: There is no such case, or the actor may not know of it: to them it is the same.
    """
    names = engine.directory.get(engine.store)
    with engine.store.read() as uow:
        found = _read(engine, uow, names, visible(uow, instance_id, actor), actor)
        return found, also(uow, found)


def read_task(
    engine: context.Engine,
    user_task_id: int,
    actor: commands.Actor,
    also: Callable[[unit_of_work.UnitOfWork, Reading, queries_worklists.TaskRow], T],
) -> tuple[Reading, queries_worklists.TaskRow, T]:
    """Read the case of a task, the task, and something more in the same transaction.

    Raises:
        errors.NotFound: There is no such task, or the actor may not know of it: to them it is the same.
    """
    unknown = errors.NotFound(f"没有编号为 {user_task_id} 的任务。", user_task=user_task_id)
    names = engine.directory.get(engine.store)
    with engine.store.read() as uow:
        row = queries_worklists.one(uow, user_task_id)
        if row is None:
            raise unknown
        try:
            instance = visible(uow, row.task.instance_id, actor)
        except errors.NotFound:
            raise unknown from None
        found = _read(engine, uow, names, instance, actor)
        return found, row, also(uow, found, row)


def whole(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    names: directory.Directory,
    instance: instances.ProcessInstance,
    actor: commands.Actor,
    audit: Sequence[instances.AuditEntry],
) -> Reading:
    """Read a case that has ended as it was at its end, with all of its audit trail, oldest first.

    Whoever calls this has looked whether the actor may know of all that.
    """
    found = _read(engine, uow, names, instance, actor)
    return dataclasses.replace(found, audit=audit, now=instance.ended_at or found.now)


def _read(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    names: directory.Directory,
    instance: instances.ProcessInstance,
    actor: commands.Actor,
) -> Reading:
    definition = engine.definitions.get(uow, instance.definition_id)
    return Reading(
        actor=actor,
        now=engine.clock.now(),
        instance=instance,
        state=uow.instances.state(instance.id),
        definition=definition,
        days=engine.calendars.get(uow, definition.row.pack),
        names=known.Names(names, definition.people),
        tasks=uow.user_tasks.of_instance(instance.id),
        history=uow.history.of_instance(instance.id),
        audit=queries.audit(uow, chain=instance.id, limit=MOST_ACTS).items[::-1],
        comments=uow.comments.of_instance(instance.id),
        incidents=uow.incidents.of_instance(instance.id),
        started_with=uow.submissions.of_instance(instance.id),
        submitted=uow.submissions.of_tasks(instance.id),
        countersignatures=uow.countersignatures.of_instance(instance.id),
        copies=uow.copies.of_instance(instance.id),
        returns=uow.returns.of_instance(instance.id),
        waiting=queries_cases.waiting(uow, [instance.id]).get(instance.id, []),
    )


def visible(uow: unit_of_work.UnitOfWork, instance_id: int, actor: commands.Actor) -> instances.ProcessInstance:
    """Return a case that the actor may see.

    Raises:
        errors.NotFound: There is none with this id, or the actor may not know of it.
    """
    try:
        instance = uow.instances.get(instance_id)
    except errors.NotFound:
        sight.refuse_deleted(uow, instance_id, actor)
        raise
    if not policy.sees(uow, actor, instance_id):
        raise errors.NotFound(f"没有编号为 {instance_id} 的流程实例。", instance=instance_id)
    return instance


def header(seen: Reading) -> views_cases.CaseHeader:
    """Return what stands above everything."""
    instance, row = seen.instance, seen.definition.row
    waiting = [rows.open_task(task, seen.actor, seen.now, seen.days) for task in seen.open_tasks]
    until = instance.ended_at or seen.now
    return views_cases.CaseHeader(
        id=instance.id,
        title=instance.title or row.name,
        business_key=instance.business_key,
        status=instance.status,
        status_text=STATUS[instance.status],
        procedure=row.name,
        procedure_key=row.key,
        definition_id=row.id,
        version=row.version,
        version_tag=row.version_tag,
        pack=row.pack,
        pack_title=seen.definition.pack.title,
        started_at=instance.started_at,
        started_by=instance.started_by,
        ended_at=instance.ended_at,
        end_reason=instance.end_reason,
        standing=rows.first_due(waiting),
        duration=standing.duration((until - instance.started_at).total_seconds()),
        waits=() if waiting else waits.of(seen.definition, seen.waiting, seen.now),
    )


def where(seen: Reading) -> whereabouts.Whereabouts:
    """Return where the case stands in its diagram."""
    waiting = {each.element_id: each for each in waits.of(seen.definition, seen.waiting, seen.now)}
    return whereabouts.of(seen.definition, seen.history, seen.tasks, seen.incidents, seen.now, waiting)


def events(seen: Reading) -> tuple[views_cases.Event, ...]:
    """Return what happened, oldest first."""
    return timeline.of(seen.audit, seen.tasks, seen.history, seen.words())


def opinions(seen: Reading, reader: labelled.Reader) -> tuple[views_cases.Opinion, ...]:
    """Return what was submitted in the case, oldest first: at its start, by messages, at tasks, by countersigners."""
    found = [*_brought(seen, reader), *_done(seen, reader), *_countersigned(seen)]
    return tuple(sorted(found, key=lambda each: each.at))


def comments(seen: Reading) -> tuple[views_cases.Comment, ...]:
    """Return what was written on the case and its tasks, oldest first."""
    named = {task.id: task.name for task in seen.tasks}
    return tuple(
        views_cases.Comment(
            each.id, each.author, each.created_at, each.text, each.user_task_id, named.get(each.user_task_id or 0)
        )
        for each in seen.comments
    )


def files(
    opinions_: Sequence[views_cases.Opinion], values: Sequence[views_cases.ValueGroup]
) -> tuple[views_cases.File, ...]:
    """Return the files of the case, each once: as they were submitted, then those that only variables hold."""
    found: dict[str, views_cases.File] = {}
    for opinion in opinions_:
        for value in opinion.values:
            for file in value.files:
                told = dataclasses.replace(file, by=opinion.by, at=opinion.at, source=opinion.name)
                found.setdefault(file.token, told)
    for group in values:
        for value in group.values:
            for file in value.files:
                found.setdefault(file.token, file)
    return tuple(found.values())


def link(row: queries_cases.CaseRow) -> views_cases.CaseLink:
    """Return another case as this one refers to it."""
    case = row.case
    return views_cases.CaseLink(
        id=case.id,
        title=case.title or row.definition_name,
        business_key=case.business_key,
        procedure=row.definition_name,
        status=case.status,
    )


def _brought(seen: Reading, reader: labelled.Reader) -> list[views_cases.Opinion]:
    starts = {point.element_id for point in seen.definition.process.starts}
    rounds: collections.Counter[str] = collections.Counter()
    found = []
    for each in seen.started_with:
        rounds[each.element_id] += 1
        element = seen.definition.process.elements.get(each.element_id)
        values = reader.submitted(each.form_key, each.values, own=each.submitted_by == seen.actor.id)
        if values:
            found.append(
                views_cases.Opinion(
                    kind="start" if each.element_id in starts else "message",
                    name=element.name if element else each.element_id,
                    element_id=each.element_id,
                    by=each.submitted_by,
                    at=each.submitted_at,
                    values=values,
                    round=rounds[each.element_id],
                )
            )
    return found


def _done(seen: Reading, reader: labelled.Reader) -> list[views_cases.Opinion]:
    rounds: collections.Counter[str] = collections.Counter()
    found = []
    for task in sorted(seen.tasks, key=lambda task: (task.completed_at is None, task.completed_at)):
        if task.status is not instances.UserTaskStatus.COMPLETED or not task.completed_by or not task.completed_at:
            continue
        rounds[task.element_id] += 1
        own = seen.actor.id in (task.completed_by, task.completed_for)
        values = reader.submitted(task.form_key, seen.submitted.get(task.id, {}), own=own)
        if values:
            found.append(
                views_cases.Opinion(
                    kind="task",
                    name=task.name,
                    element_id=task.element_id,
                    by=task.completed_by,
                    at=task.completed_at,
                    values=values,
                    task_id=task.id,
                    on_behalf_of=task.completed_for,
                    round=rounds[task.element_id],
                )
            )
    return found


def _countersigned(seen: Reading) -> list[views_cases.Opinion]:
    tasks = {task.id: task for task in seen.tasks}
    found = []
    for each in seen.countersignatures:
        if each.status is not cooperation.CountersignStatus.GIVEN or each.answered_at is None:
            continue
        task = tasks[each.user_task_id]
        said = "同意" if each.agrees else "不同意" if each.agrees is False else "已阅"
        written = [views_cases.Value("agrees", "结论", said)]
        written += [views_cases.Value("opinion", "意见", each.opinion)] if each.opinion else []
        by = each.answered_by or each.person
        found.append(
            views_cases.Opinion(
                kind="countersign",
                name=f"{task.name}（加签）",
                element_id=task.element_id,
                by=by,
                at=each.answered_at,
                values=tuple(written),
                task_id=task.id,
                on_behalf_of=each.person if by != each.person else None,
                agrees=each.agrees,
            )
        )
    return found
