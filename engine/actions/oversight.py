"""What those who watch over the platform look at: jobs, timers, incidents, what waits for what, and the audit trail.

Monitors and operators read all of it. Acting on it (`incidents.retry`, `messages.correlate` …) is for operators.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

from engine import forms
from engine.actions import context, definition_cache, labelled, policy, proving, sight, versions
from engine.model import commands, instances
from engine.store import paging, queries, verification


@dataclasses.dataclass(frozen=True, slots=True)
class Verified:
    """What checking the audit trail found."""

    entries: int
    problems: tuple[verification.Problem, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Variables:
    """The process variables of a case, and their version."""

    values: dict[str, Any]
    version: str


def variables(engine: context.Engine, instance_id: int, actor: commands.Actor) -> Variables:
    """Return all process variables of a case, also those that no form shows: for operators.

    Personal data (`x-private`) is masked for them as for everybody. The version is that of the true values.
    """
    policy.operate(actor, "查看变量")
    with engine.store.read() as uow:
        values = json.loads(uow.instances.state(instance_id).variables)
        instance = uow.instances.get(instance_id)
        definition = engine.definitions.get(uow, instance.definition_id)
        reader = labelled.Reader.of(definition, actor, instance, uow.user_tasks.of_instance(instance_id), {})
    return Variables(reader.raw(values), versions.of(values))


def history(
    engine: context.Engine, instance_id: int, actor: commands.Actor, *, limit: int = 50, after: str | None = None
) -> paging.Page[instances.HistoryEntry]:
    """Return the visits of a case to its elements, in the order in which they began: for all who may see the case.

    Raises:
        errors.NotFound: There is no such case, or the actor may not see it.
    """
    sight.case(engine, instance_id, actor)
    with engine.store.read() as uow:
        return queries.element_history(uow, instance_id, limit=limit, after=after)


def jobs(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    status: instances.JobStatus | None = None,
    topic: str | None = None,
    instance_id: int | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[instances.Job]:
    """Return jobs, newest first; what they are given and what went wrong is masked as `job` says."""
    policy.monitor(actor, "查看作业")
    with engine.store.read() as uow:
        page = queries.jobs(uow, status=status, topic=topic, instance_id=instance_id, limit=limit, after=after)
        of = queries.definitions_of(uow, [each.instance_id for each in page.items])
        shown = [_readable(each, engine.definitions.get(uow, of[each.instance_id]), actor) for each in page.items]
        return dataclasses.replace(page, items=tuple(shown))


def job(engine: context.Engine, job_id: int, actor: commands.Actor) -> instances.Job:
    """Return a job.

    Handlers are given values under names of their own: where the forms of the case have personal data that the reader
    may not read (`x-private`), every text of the inputs and the last error are masked, for they may hold it.
    """
    policy.monitor(actor, "查看作业")
    with engine.store.read() as uow:
        found = uow.jobs.get(job_id)
        definition = engine.definitions.get(uow, uow.instances.get(found.instance_id).definition_id)
        return _readable(found, definition, actor)


def _readable(job: instances.Job, definition: definition_cache.Definition, actor: commands.Actor) -> instances.Job:
    if not labelled.hidden(definition, actor):
        return job
    return dataclasses.replace(job, inputs=forms.masked(job.inputs), last_error=forms.masked(job.last_error))


def timers(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    instance_id: int | None = None,
    due_before: datetime.datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[instances.Timer]:
    """Return timers by due time."""
    policy.monitor(actor, "查看定时")
    with engine.store.read() as uow:
        return queries.timers(uow, instance_id=instance_id, due_before=due_before, limit=limit, after=after)


def incidents(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    instance_id: int | None = None,
    kind: instances.IncidentKind | None = None,
    open_only: bool = True,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[instances.Incident]:
    """Return incidents, newest first."""
    policy.monitor(actor, "查看异常")
    with engine.store.read() as uow:
        return queries.incidents(uow, instance_id=instance_id, kind=kind, open_only=open_only, limit=limit, after=after)


def incident(engine: context.Engine, incident_id: int, actor: commands.Actor) -> instances.Incident:
    """Return an incident."""
    policy.monitor(actor, "查看异常")
    with engine.store.read() as uow:
        return uow.incidents.get(incident_id)


def subscriptions(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    kind: instances.SubscriptionKind | None = None,
    name: str | None = None,
    instance_id: int | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[instances.Subscription]:
    """Return what waits for messages and signals, oldest first."""
    policy.monitor(actor, "查看等待的消息")
    with engine.store.read() as uow:
        return queries.subscriptions(uow, kind=kind, name=name, instance_id=instance_id, limit=limit, after=after)


def waiting_messages(
    engine: context.Engine, actor: commands.Actor, *, name: str | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[instances.Message]:
    """Return the messages that nobody has taken yet, oldest first."""
    policy.monitor(actor, "查看消息")
    with engine.store.read() as uow:
        return queries.waiting_messages(uow, name=name, limit=limit, after=after)


def audit(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    chain: int | None = None,
    by: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[instances.AuditEntry]:
    """Return audit entries, newest first; see `queries.audit`."""
    policy.monitor(actor, "查看审计记录")
    with engine.store.read() as uow:
        return queries.audit(
            uow,
            chain=chain,
            actor=by,
            action=action,
            subject=subject,
            since=since,
            until=until,
            limit=limit,
            after=after,
        )


def verify_audit(engine: context.Engine, actor: commands.Actor) -> Verified:
    """Recompute the hash of every entry; find what was changed, removed or put elsewhere."""
    policy.monitor(actor, "核对审计记录")
    with engine.store.read() as uow:
        count = uow.audit.count()
    return Verified(count, tuple(verification.verify(proving.transactions(engine))))
