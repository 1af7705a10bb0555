"""Jobs: leased to a worker, run outside of any transaction, finished in one that checks the lease.

Every function but `lease` takes the job as `lease` returned it: its fence tells the newest holder from one that was
thought dead and comes back late.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from engine.actions import context, figures, job_ends, policy, record_writing, transaction
from engine.model import commands, instances
from engine.model import figures as model_figures
from engine.model import records as model_records
from engine.store import jobs as stored

#: Leases that may run out before a job counts as one that kills its workers.
MAX_CRASHES = 3


def lease(
    engine: context.Engine,
    worker: str,
    actor: commands.Actor = commands.SYSTEM,
    *,
    limit: int = 1,
    topics: Collection[str] | None = None,
) -> list[instances.LeasedJob]:
    """Give a worker jobs that are due, or whose holder has fallen silent, for the lease time of the settings.

    Args:
        engine: The engine.
        worker: Who takes them.
        actor: On whose behalf.
        limit: How many at most.
        topics: What it takes jobs of; None: of all.
    """
    policy.operate(actor, "领取作业")
    with engine.store.write() as uow:
        return uow.jobs.lease(worker, engine.clock.now(), limit, engine.settings.lease_seconds, topics=topics)


def receive(
    engine: context.Engine,
    worker: str,
    topics: Collection[str],
    limit: int,
    actor: commands.Actor = commands.SYSTEM,
) -> tuple[list[instances.LeasedJob], int]:
    """Give a worker jobs that the queue tells of, all in one transaction: an entry is gone when its job is leased.

    Args:
        engine: The engine; without a queue there are none.
        worker: Who takes them.
        topics: Jobs of which.
        limit: How many at most.
        actor: On whose behalf.

    Returns:
        The jobs, and how many entries there were: some may be about jobs that are over, or taken, or rest.
    """
    policy.operate(actor, "领取作业")
    if engine.queue is None:
        return [], 0
    with engine.store.write() as uow:
        loads = engine.queue.get(uow, topics, limit)
        ids = sorted({load.job_id for load in loads})
        taken = uow.jobs.take_all(ids, worker, engine.clock.now(), engine.settings.lease_seconds) if ids else []
    return taken, len(loads)


def carry(engine: context.Engine, topics: Collection[str], *, limit: int = 500) -> int:
    """Have the queue carry jobs that are due and nobody has: retries, those of a silent worker, lost entries.

    While the queue holds as many entries as that, nothing is added: what waits in it for long is not lost.

    Args:
        engine: The engine; without a queue there is nothing to do.
        topics: Jobs of which.
        limit: How many at most.

    Returns:
        How many were given to the queue, all in one transaction.
    """
    if engine.queue is None:
        return 0
    with engine.store.write() as uow:
        room = limit - engine.queue.waiting(uow, limit)
        if room <= 0:
            return 0
        now = engine.clock.now()
        loads = uow.jobs.carry(topics, now, now + engine.queue.patience, room)
        engine.queue.put(uow, loads)
    return len(loads)


def recall(engine: context.Engine) -> None:
    """Take back from the queue what nobody has taken yet, for who does all work here and now."""
    if engine.queue is not None:
        with engine.store.write() as uow:
            uow.jobs.recall(engine.clock.now())


def heartbeat(engine: context.Engine, job: instances.Job, actor: commands.Actor = commands.SYSTEM) -> bool:
    """Renew a lease; False when the job is over or has gone to another worker."""
    policy.operate(actor, "续租作业")
    with engine.store.write() as uow:
        until = engine.clock.now() + engine.settings.lease
        return uow.jobs.heartbeat(job.id, job.fence, until)


def release(engine: context.Engine, job: instances.Job, actor: commands.Actor = commands.SYSTEM) -> None:
    """Give a leased job back untried.

    Raises:
        errors.Conflict: The lease has gone to another worker.
    """
    policy.operate(actor, "退回作业")
    with engine.store.write() as uow:
        uow.jobs.release(job, engine.clock.now())


@transaction.again
def complete(
    engine: context.Engine,
    job: instances.Job,
    variables: Mapping[str, Any],
    actor: commands.Actor = commands.SYSTEM,
    *,
    records: Iterable[model_records.Request | model_figures.Count] = (),
) -> None:
    """Finish a job: what the handler returned becomes variables, and the case goes on.

    Args:
        engine: The engine.
        job: As leased.
        variables: What the handler returned.
        actor: The worker.
        records: What is to be written into registers, issued, published or counted along with it.

    Raises:
        errors.BpmnError: Something may not be published as things stand: nothing changes.
        errors.InvalidRecord: A record is not as its register or template wants it: nothing changes.
        errors.Conflict: The lease has gone to another worker, the job is over, or the case rests: nothing changes.
        errors.EvaluationFailed: The variables are not JSON.
    """
    policy.operate(actor, "完成作业")
    asked = list(records)
    counted = _counted(engine, job, [each for each in asked if isinstance(each, model_figures.Count)])
    written = [each for each in asked if not isinstance(each, model_figures.Count)]
    with transaction.begin(engine, actor) as tx:
        held, locked = tx.uow.jobs.lock(job.id, job.fence)
        tx.refuse_resting(locked)
        variables = {**record_writing.write(tx, locked, held.token, written), **counted, **variables}
        job_ends.complete(tx, held, locked, variables, actor.id)
    job_ends.count(job, "completed")


@transaction.again
def fail(
    engine: context.Engine,
    job: instances.Job,
    message: str,
    actor: commands.Actor = commands.SYSTEM,
    *,
    retry: bool = True,
) -> datetime.datetime | None:
    """Report that a job failed: it runs again by its retry cycle, or becomes an incident.

    Args:
        engine: The engine.
        job: As leased.
        message: What went wrong, for operators.
        actor: The worker.
        retry: False when another run cannot help.

    Returns:
        When it runs again; None when it has become an incident.

    Raises:
        errors.Conflict: The lease has gone to another worker, the job is over, or the case rests: nothing changes.
    """
    policy.operate(actor, "报告作业失败")
    again = _fail(engine, job, message[:4000], actor, retry=retry)
    job_ends.count(job, "incident" if again is None else "retry")
    return again


def _fail(
    engine: context.Engine, job: instances.Job, message: str, actor: commands.Actor, *, retry: bool
) -> datetime.datetime | None:
    with transaction.begin(engine, actor) as tx:
        held, locked = tx.uow.jobs.lock(job.id, job.fence)
        tx.refuse_resting(locked)
        if retry and held.retries_left > 1:
            again = job_ends.next_run(held, tx.now)
            job_ends.retry(tx, held, locked, message, again, actor.id)
            return again
        job_ends.give_up(tx, held, locked, message, actor.id)
    return None


@transaction.again
def throw_bpmn_error(
    engine: context.Engine,
    job: instances.Job,
    code: str,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
    actor: commands.Actor = commands.SYSTEM,
) -> None:
    """Send a BPMN error from a job to the boundary event of its task, scope by scope, caller by caller.

    Raises:
        errors.Conflict: The lease has gone to another worker, the job is over, or the case rests: nothing changes.
    """
    policy.operate(actor, "报告业务错误")
    with transaction.begin(engine, actor) as tx:
        held, locked = tx.uow.jobs.lock(job.id, job.fence)
        tx.refuse_resting(locked)
        job_ends.throw(tx, held, locked, code, message, variables or {}, actor.id)
    job_ends.count(job, "bpmn-error")


def crashes(job: instances.Job) -> int:
    """Return how many leases of a job ran out before this one, without the worker saying anything."""
    failures = stored.attempts_of(job.retry_cycle) - job.retries_left
    return job.attempt - 1 - failures


def _counted(engine: context.Engine, job: instances.Job, requests: Sequence[model_figures.Count]) -> dict[str, Any]:
    """Count what the handler asked for, all as of one moment, before anything is locked that others wait for."""
    made: dict[str, Any] = {}
    if requests:
        with engine.store.read() as uow:
            for each in requests:
                made |= figures.count(engine, uow, job.instance_id, each)
    return made
