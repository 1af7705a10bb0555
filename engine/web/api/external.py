"""`/jobs/fetch-and-lock` and what is said of a job that was fetched: work that programs elsewhere do."""

from __future__ import annotations

import asyncio
from typing import Annotated

import fastapi
import pydantic
from fastapi import concurrency

from engine import errors
from engine.actions import external
from engine.web import access, waiting
from engine.web.api import routing, schema

router = routing.Router("external")

_Seconds = Annotated[schema.Whole, pydantic.Field(ge=1, le=external.LONGEST)]
_Lock = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]


class Topic(schema.Model):
    """A topic that the program works on."""

    topic: schema.Name = schema.about("An external topic that the token names.", "archive.store")
    inputs: Annotated[list[schema.Name], pydantic.Field(max_length=100)] | None = schema.about(
        "Inputs of the service task that are wanted; by default all. Other variables of the case never go out.",
        ["title"],
        default=None,
    )


class FetchAndLock(schema.Model):
    """What is asked for."""

    worker: schema.Name = schema.about(
        "Which process asks: operators see it beside the job.", "archive-1", max_length=100
    )
    topics: Annotated[list[Topic], pydantic.Field(min_length=1, max_length=100)] = schema.about(
        "What it works on.", [{"topic": "archive.store"}]
    )
    max_jobs: Annotated[schema.Whole, pydantic.Field(ge=1, le=external.MOST)] = schema.about(
        "How many jobs at most.", 1, default=1
    )
    lock_seconds: _Seconds = schema.about("How long they are its own.", 60, default=60)
    wait_seconds: Annotated[schema.Whole, pydantic.Field(ge=0, le=3600)] = schema.about(
        "How long to wait for a job when there is none; the server answers sooner than it is set to at most"
        " (`GONGKAI_LONG_POLL_SECONDS`), and at once when too many wait already.",
        0,
        default=0,
    )


class FetchedJob(schema.Model):
    """A job that is the program's own until its lock runs out."""

    id: schema.Id = schema.about("Its number.", 41)
    lock: str = schema.about("To be sent back with whatever is said about the job.", "41.1")
    locked_until: schema.Moment = schema.about("When the lock runs out.", "2026-03-09T01:01:00Z")
    topic: str = schema.about("What is to be done.", "archive.store")
    inputs: dict[str, object] = schema.about("What it is to be done with.", {"title": "办事指南"})
    instance_id: schema.Id = schema.about("The case.", 17)
    business_key: str | None = schema.about("The number of the case.", "公开〔2026〕17号")
    element_id: str = schema.about("The service task.", "Task_store")
    attempt: int = schema.about("Which run this is.", 1)
    retries_left: int = schema.about("Runs that are left, this one among them.", 3)
    idempotency_key: str = schema.about(
        "The same for every run of this visit of the task: pass it on to whatever must not happen twice.", "17/12"
    )


class FetchedJobs(schema.Model):
    """Jobs, the oldest first; none where there was no work in time."""

    items: list[FetchedJob]


class CompleteJob(schema.Model):
    """What the work yielded."""

    lock: _Lock = schema.about("The lock of the job.", "41.1")
    variables: schema.Values = schema.about(
        "Become variables of the case; the outputs that the pack declares.", {"number": "A-17"}, default_factory=dict
    )


class FailJob(schema.Model):
    """What went wrong."""

    lock: _Lock = schema.about("The lock of the job.", "41.1")
    message: schema.Said = schema.about("For operators.", "档案系统没有响应")
    retries: Annotated[schema.Whole, pydantic.Field(ge=0, le=1000)] | None = schema.about(
        "Runs that are left; 0 makes it an incident. Never more than the diagram leaves, which is the default.",
        None,
        default=None,
    )
    retry_after: Annotated[schema.Whole, pydantic.Field(ge=0, le=2_592_000)] | None = schema.about(
        "Seconds until the next run; by default as the diagram says.", 60, default=None
    )


class ThrowError(schema.Model):
    """A business error, for the boundary event of the task."""

    lock: _Lock = schema.about("The lock of the job.", "41.1")
    code: schema.Name = schema.about("The code of the error.", "FULL")
    message: schema.Text = schema.about("What it is about.", "库房已满", default="")
    variables: schema.Values = schema.about(
        "Variables that come with it: those of the outputs that the pack declares.", {}, default_factory=dict
    )


class ExtendLock(schema.Model):
    """How much longer."""

    lock: _Lock = schema.about("The lock of the job.", "41.1")
    lock_seconds: _Seconds = schema.about("How long the lock is to last from now on.", 60)


class ReleaseJob(schema.Model):
    """Which lock."""

    lock: _Lock = schema.about("The lock of the job.", "41.1")


class JobReport(schema.Model):
    """What became of the job. Reported again with the same lock, the first answer comes again."""

    job_id: schema.Id = schema.about("The job.", 41)
    instance_id: schema.Id = schema.about("Its case.", 17)
    outcome: external.Outcome = schema.about("How this run ended.", "completed")
    again: schema.Moment | None = schema.about("When it runs next, if it does.", None)


class Extended(schema.Model):
    """Until when the job is the program's own."""

    locked_until: schema.Moment = schema.about("When the lock runs out.", "2026-03-09T01:02:00Z")


@router.post("/jobs/fetch-and-lock", rule=access.SIGNED_IN, scope="jobs", summary="领取外部作业")
async def fetch_and_lock(
    request: fastapi.Request, body: FetchAndLock, engine: access.CurrentEngine, actor: access.CurrentActor
) -> FetchedJobs:
    """Fetch jobs of external topics, and lock them. With `wait_seconds`, the answer comes when there is one."""
    wanted = [
        external.Wanted(each.topic, None if each.inputs is None else frozenset(each.inputs)) for each in body.topics
    ]
    topics = frozenset(each.topic for each in wanted)
    kept: waiting.Waiting = request.app.state.waiting
    clock = asyncio.get_running_loop()
    until = clock.time() + min(body.wait_seconds, engine.settings.long_poll_seconds)
    while True:
        found = await concurrency.run_in_threadpool(
            external.fetch, engine, actor, body.worker, wanted, limit=body.max_jobs, seconds=body.lock_seconds
        )
        left = until - clock.time()
        if found or left <= 0 or not await kept.wait(request, topics, left):
            break
    if found:
        kept.look()
        if await request.is_disconnected():
            await concurrency.run_in_threadpool(_give_back, engine, actor, found)
    return FetchedJobs(items=[_job(each) for each in found])


@router.post("/jobs/{job_id}/complete", rule=access.SIGNED_IN, scope="jobs", summary="完成外部作业")
def complete_job(
    job_id: schema.PathId, body: CompleteJob, engine: access.CurrentEngine, actor: access.CurrentActor
) -> JobReport:
    """Report that the work is done: its variables are written, and the case goes on."""
    return JobReport.model_validate(external.complete(engine, actor, job_id, body.lock, body.variables))


@router.post("/jobs/{job_id}/fail", rule=access.SIGNED_IN, scope="jobs", summary="报告外部作业失败")
def fail_job(
    job_id: schema.PathId, body: FailJob, engine: access.CurrentEngine, actor: access.CurrentActor
) -> JobReport:
    """Report that the work failed: it is tried again later, or becomes an incident."""
    report = external.fail(
        engine, actor, job_id, body.lock, body.message, retries=body.retries, retry_after=body.retry_after
    )
    return JobReport.model_validate(report)


@router.post("/jobs/{job_id}/bpmn-error", rule=access.SIGNED_IN, scope="jobs", summary="报告业务错误")
def throw_bpmn_error(
    job_id: schema.PathId, body: ThrowError, engine: access.CurrentEngine, actor: access.CurrentActor
) -> JobReport:
    """Report a business error: the case goes on at the boundary event of the task."""
    report = external.throw_bpmn_error(engine, actor, job_id, body.lock, body.code, body.message, body.variables)
    return JobReport.model_validate(report)


@router.post("/jobs/{job_id}/extend-lock", rule=access.SIGNED_IN, scope="jobs", summary="延长外部作业的锁定")
def extend_lock(
    job_id: schema.PathId, body: ExtendLock, engine: access.CurrentEngine, actor: access.CurrentActor
) -> Extended:
    """Keep a job for longer."""
    return Extended(locked_until=external.extend(engine, actor, job_id, body.lock, body.lock_seconds))


@router.post("/jobs/{job_id}/release", rule=access.SIGNED_IN, scope="jobs", status_code=204, summary="交还外部作业")
def release_job(
    job_id: schema.PathId, body: ReleaseJob, engine: access.CurrentEngine, actor: access.CurrentActor
) -> None:
    """Give a job back untried: the run does not count."""
    external.release(engine, actor, job_id, body.lock)


def _job(found: external.Fetched) -> FetchedJob:
    return schema.of(
        FetchedJob,
        found.job,
        lock=found.lock,
        locked_until=found.job.lease_until,
        inputs=dict(found.inputs),
        business_key=found.business_key,
    )


def _give_back(engine: access.CurrentEngine, actor: access.CurrentActor, found: list[external.Fetched]) -> None:
    """Give jobs back that nobody is there to take: another program need not wait for their locks."""
    for each in found:
        try:
            external.release(engine, actor, each.job.id, each.lock)
        except errors.Conflict:
            continue
