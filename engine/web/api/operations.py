"""`/jobs`, `/timers`, `/incidents`: what the platform does by itself, and what stopped."""

from __future__ import annotations

from typing import Annotated

import fastapi

from engine.actions import incidents, oversight
from engine.model import instances as model
from engine.web import access
from engine.web.api import items, paging, routing, schema

router = routing.Router("operations")


class Job(schema.Model):
    """Work of a handler for a service task, run at least once."""

    id: schema.Id = schema.about("Its number.", 41)
    instance_id: schema.Id = schema.about("The case.", 17)
    token: int = schema.about("Its token.", 12)
    element_id: str = schema.about("The service task.", "Task_publish")
    topic: str = schema.about("Which handler does it.", "publications.publish")
    status: model.JobStatus = schema.about("Where it stands; a failed one has an incident.", "ready")
    attempt: int = schema.about("How often it has been given to a worker.", 1)
    retries_left: int = schema.about("Runs that are left before it becomes an incident.", 3)
    retry_cycle: str = schema.about("When it is tried again (`camunda:failedJobRetryTimeCycle`).", "R3/PT5M")
    due: schema.Moment = schema.about("When it runs next.", "2026-03-09T01:00:00Z")
    leased_by: str | None = schema.about("The worker that has it.", None)
    lease_until: schema.Moment | None = schema.about("Until when.", None)
    last_error: str | None = schema.about("What went wrong the last time.", None)
    inputs: dict[str, object] = schema.about("What the handler is given.", {"title": "办事指南"})


class JobPage(paging.Page[Job]):
    """Jobs, newest first."""


class Timer(schema.Model):
    """Something that happens at a time: to a case, or to a start event."""

    id: schema.Id = schema.about("Its number.", 8)
    due: schema.Moment = schema.about("When.", "2026-03-16T15:59:59Z")
    element_id: str = schema.about("Where.", "Timer_five_days")
    instance_id: schema.Id | None = schema.about("The case.", 17)
    token: int | None = schema.about("Its token.", 14)
    definition_id: schema.Id | None = schema.about("The definition that it starts.", None)
    fired: int = schema.about("How often the timer of a start event has fired.", 0)


class TimerPage(paging.Page[Timer]):
    """Timers by due time."""


class IncidentPage(paging.Page[items.Incident]):
    """Incidents, newest first."""


class ResolveIncident(schema.Model):
    """What was done by hand instead of a failed job."""

    reason: schema.Said = schema.about("What was done, for the audit trail.", "已在门户网站手工发布")
    variables: schema.Values = schema.about(
        "What the handler would have returned.", {"published_at": "2026-03-09T09:00:00+08:00"}, default_factory=dict
    )


@router.get("/jobs", rule=access.MONITOR, scope="read", summary="列出作业")
def list_jobs(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    status: model.JobStatus | None = None,
    topic: Annotated[schema.Name | None, fastapi.Query(description="Topic of a handler.")] = None,
    instance_id: Annotated[schema.Positive | None, fastapi.Query(description="Of one case.")] = None,
) -> JobPage:
    """List jobs, newest first."""
    page = oversight.jobs(
        engine, actor, status=status, topic=topic, instance_id=instance_id, limit=wanted.limit, after=wanted.after
    )
    return paging.answer(JobPage, request, response, page.items, page.after)


@router.get("/jobs/{job_id}", rule=access.MONITOR, scope="read", summary="查看作业")
def show_job(job_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Job:
    """Show a job."""
    return Job.model_validate(oversight.job(engine, job_id, actor))


@router.get("/timers", rule=access.MONITOR, scope="read", summary="列出定时")
def list_timers(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    instance_id: Annotated[schema.Positive | None, fastapi.Query(description="Of one case.")] = None,
    due_before: Annotated[schema.Moment | None, fastapi.Query(description="Due before this time.")] = None,
) -> TimerPage:
    """List timers by due time."""
    page = oversight.timers(
        engine, actor, instance_id=instance_id, due_before=due_before, limit=wanted.limit, after=wanted.after
    )
    return paging.answer(TimerPage, request, response, page.items, page.after)


@router.get("/incidents", rule=access.MONITOR, scope="read", summary="列出异常")
def list_incidents(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    instance_id: Annotated[schema.Positive | None, fastapi.Query(description="Of one case.")] = None,
    kind: model.IncidentKind | None = None,
    all: Annotated[schema.QueryFlag, fastapi.Query(description="Cleared ones, too.")] = False,
) -> IncidentPage:
    """List incidents that are not cleared yet, newest first."""
    page = oversight.incidents(
        engine,
        actor,
        instance_id=instance_id,
        kind=kind,
        open_only=not all,
        limit=wanted.limit,
        after=wanted.after,
    )
    return paging.answer(IncidentPage, request, response, page.items, page.after)


@router.get("/incidents/{incident_id}", rule=access.MONITOR, scope="read", summary="查看异常")
def show_incident(
    incident_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor
) -> items.Incident:
    """Show an incident."""
    return items.Incident.model_validate(oversight.incident(engine, incident_id, actor))


@router.post("/incidents/{incident_id}/retry", rule=access.ADMIN, scope="operate", summary="重试异常")
def retry_incident(
    incident_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor
) -> items.Incident:
    """Do again what failed, after its cause has been mended."""
    return items.Incident.model_validate(incidents.retry(engine, incident_id, actor))


@router.post("/incidents/{incident_id}/resolve", rule=access.ADMIN, scope="operate", summary="人工处理异常")
def resolve_incident(
    incident_id: schema.PathId, body: ResolveIncident, engine: access.CurrentEngine, actor: access.CurrentActor
) -> items.Incident:
    """Go on after the work of a failed job has been done by hand."""
    return items.Incident.model_validate(
        incidents.resolve(engine, incident_id, body.reason, actor, variables=body.variables)
    )
