"""Runs one leased job: handler in, transaction out. Whatever happens, the job ends in a known state or is run again."""

from __future__ import annotations

import contextlib
import enum
import logging
import os
import time
import traceback
from typing import Any

from engine import errors, logs, metrics, registry, tracing
from engine.actions import context
from engine.actions import jobs as actions
from engine.calendars import moments
from engine.model import figures, instances, records, texts

_LOG = logging.getLogger(__name__)


class Outcome(enum.StrEnum):
    """How a run ended; `lost` means that somebody else has the job now, or that it is not wanted any more."""

    COMPLETED = "completed"
    ERROR = "bpmn-error"
    RETRY = "retry"
    INCIDENT = "incident"
    LOST = "lost"


def run(engine: context.Engine, job: instances.LeasedJob) -> Outcome:
    """Run the handler of a leased job and record how it ended; what is logged meanwhile carries its ids."""
    ids: dict[str, Any] = {"job": job.id, "topic": job.topic, "instance": job.instance_id}
    begun = time.perf_counter()
    with logs.about(**ids, worker=job.leased_by), tracing.span(f"job {job.topic}", **ids, element=job.element_id):
        outcome = _run_or_lose(engine, job)
        took = time.perf_counter() - begun
        metrics.JOB_SECONDS.labels(job.topic).observe(took)
        tracing.annotate(result=outcome.value)
        fields = {"result": outcome.value, "attempt": job.attempt, "seconds": round(took, 4)}
        logs.event(_LOG, logging.INFO, "job ended", element=job.element_id, **fields)
    return outcome


def _run_or_lose(engine: context.Engine, job: instances.LeasedJob) -> Outcome:
    try:
        return _run(engine, job)
    except errors.Conflict:
        # The lease ran out and another worker has the job, or the case was suspended or ended meanwhile. A job that is
        # still ours rests with its case: given back, it runs as soon as that goes on, and is no crash of ours.
        _LOG.info("job %s of topic %s is not ours any more", job.id, job.topic)
        metrics.JOBS.labels(job.topic, Outcome.LOST.value).inc()
        with contextlib.suppress(errors.Conflict):
            actions.release(engine, job)
        return Outcome.LOST


def _run(engine: context.Engine, job: instances.LeasedJob) -> Outcome:
    silent = actions.crashes(job)
    if silent >= actions.MAX_CRASHES:
        message = f"已有 {silent} 次执行没有回音（工作进程中断或超时），不再自动执行。"
        return _failed(engine, job, message, retry=False)
    try:
        return _carry_out(engine, job)
    except _Lost:
        raise
    except _Useless as error:
        return _failed(engine, job, error.message, retry=False)
    except Exception as error:
        # Also when it is the transaction that failed: a job whose lease has gone is refused once more, as a Conflict,
        # and what a database that is away cannot keep runs again when the lease is over.
        _LOG.warning("job %s of topic %s failed", job.id, job.topic, exc_info=True)
        return _failed(engine, job, _told(error), retry=True)


def _carry_out(engine: context.Engine, job: instances.LeasedJob) -> Outcome:
    try:
        variables, requests = _call(engine, job)
        actions.complete(engine, job, variables, records=requests)
    except errors.BpmnError as error:
        actions.throw_bpmn_error(engine, job, error.error_code, error.message, error.variables)
        return Outcome.ERROR
    except errors.InvalidRecord as error:
        raise _Useless(error.message) from None
    return Outcome.COMPLETED


def _call(
    engine: context.Engine, job: instances.LeasedJob
) -> tuple[dict[str, object], list[records.Request | figures.Count]]:
    try:
        handler = engine.handlers.get(job.topic)
        handler.check_inputs(job.inputs)
    except (errors.NotFound, errors.InvalidInput) as error:
        raise _Useless(error.message) from None

    def beat() -> None:
        try:
            kept = actions.heartbeat(engine, job)
        except errors.Conflict:  # the database is busy; the lease lasts for several beats
            return
        if not kept:
            raise _Lost(f"作业 {job.id} 已由其他工作进程接手。")

    given = registry.Job(
        topic=job.topic,
        inputs=job.inputs,
        business_key=job.business_key,
        instance_id=job.instance_id,
        element_id=job.element_id,
        attempt=job.attempt,
        idempotency_key=job.idempotency_key,
        now=engine.clock.now().astimezone(moments.SHANGHAI),  # its date is the day on which it is done
        beat=beat,
    )
    here = os.getpid()
    try:
        return handler.run(given), given.requests
    except SystemExit as error:  # some library's way to give up; it is not to end the worker, nor to pass as a crash
        raise errors.GongkaiError(
            f"处理程序“{job.topic}”（{handler.place}）以 sys.exit({error.code}) 退出。"
        ) from error
    finally:
        if os.getpid() != here:
            # The handler has forked, and this is the child: the job and every open connection are its parent's.
            os._exit(os.EX_SOFTWARE)


class _Lost(errors.Conflict):
    """The lease has gone to another worker while the handler ran."""


class _Useless(errors.GongkaiError):
    """A failure that another run cannot mend."""


def _failed(engine: context.Engine, job: instances.Job, message: str, *, retry: bool) -> Outcome:
    # A name of a file may contain what no database keeps.
    again = actions.fail(engine, job, texts.storable(message), retry=retry)
    return Outcome.INCIDENT if again is None else Outcome.RETRY


def _told(error: Exception) -> str:
    """Return what an operator needs to know of a failure: what and where, without the whole stack."""
    if isinstance(error, errors.GongkaiError):
        return error.message
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}（{last.filename}:{last.lineno}）"
