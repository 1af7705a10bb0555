"""Jobs of external topics: programs elsewhere fetch and lock them, do the work, and report how it ended.

A lock is a lease (`engine.actions.jobs`): it runs out by itself, and whoever holds the newest one is heard. What came
of a lock is kept, so that a report that is sent again gets the first answer. A program is given the inputs of the
service task, never the variables of the case.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from engine import errors
from engine.actions import context, job_ends, jobs, policy, transaction
from engine.model import commands, definitions, instances
from engine.store import instances as stored_instances
from engine.store import jobs as stored
from engine.store import unit_of_work

#: Jobs that are given out at once, at most.
MOST = 100
#: Seconds that a lock lasts, at most; who needs longer extends it.
LONGEST = 3600
#: Days after which a failed job runs again, at the latest.
_LATEST = datetime.timedelta(days=30)

_TYPES: Mapping[str, tuple[type, ...]] = {
    definitions.ValueKind.TEXT: (str,),
    definitions.ValueKind.INTEGER: (int,),
    definitions.ValueKind.NUMBER: (int, float),
    definitions.ValueKind.BOOLEAN: (bool,),
    definitions.ValueKind.LIST: (list,),
    definitions.ValueKind.OBJECT: (dict,),
}
_NAMES: Mapping[str, str] = {
    definitions.ValueKind.TEXT: "文字",
    definitions.ValueKind.INTEGER: "整数",
    definitions.ValueKind.NUMBER: "数字",
    definitions.ValueKind.BOOLEAN: "是或否",
    definitions.ValueKind.LIST: "列表",
    definitions.ValueKind.OBJECT: "对象",
}


class Outcome(enum.StrEnum):
    """How a job ended, for this time."""

    COMPLETED = "completed"
    RETRY = "retry"
    INCIDENT = "incident"
    ERROR = "bpmn-error"


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """A topic that a program works on, and the inputs that it wants to be given; None: all of them."""

    topic: str
    inputs: frozenset[str] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched:
    """A job as a program is given it. `lock` is to be sent back with whatever is said about it."""

    job: instances.Job
    lock: str
    inputs: Mapping[str, Any]
    business_key: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What became of a job; `again` is when it runs next, if it does."""

    job_id: int
    instance_id: int
    outcome: Outcome
    again: datetime.datetime | None = None


def due(engine: context.Engine) -> frozenset[str]:
    """Return the external topics that have work just now, for those who wait for it."""
    now = engine.clock.now()
    with engine.store.read() as uow:
        return frozenset(topic for at, topic in uow.jobs.next_due_by_topic(external=True) if at <= now)


def fetch(
    engine: context.Engine,
    actor: commands.Actor,
    worker: str,
    wanted: Sequence[Wanted],
    *,
    limit: int = 1,
    seconds: float = 60,
) -> list[Fetched]:
    """Give a program jobs that are due, or whose lock ran out, oldest first.

    A job whose locks ran out again and again, or whose inputs are not what its topic declares, becomes an incident
    instead.

    Args:
        engine: The engine.
        actor: The account of the program.
        worker: Which of its processes asks, for operators.
        wanted: What it works on.
        limit: How many jobs at most.
        seconds: How long they are its own.

    Raises:
        errors.Forbidden: The token of the program is not for all these topics.
        errors.InvalidInput: There is no name or topic, or a number is out of bounds.
    """
    inputs = {each.topic: each.inputs for each in wanted}
    policy.work_elsewhere(actor)
    policy.work_topics(actor, inputs)
    if not inputs or not worker.strip():
        raise errors.InvalidInput("请写明程序的名称（worker）和至少一个主题（topics）。")
    if not 1 <= limit <= MOST:
        raise errors.InvalidInput(f"一次领取的作业应为 1 至 {MOST} 个，现为 {limit} 个。")
    _check_seconds(seconds)
    now = engine.clock.now()
    with engine.store.read() as uow:  # most who ask find nothing, and keep no writer from its turn
        next_due = uow.jobs.next_due(topics=inputs, external=True)
    if next_due is None or next_due > now:
        return []
    with engine.store.write() as uow:
        leased = uow.jobs.lease(_holder(actor, worker), now, limit, seconds, topics=inputs, external=True)
    return [given for job in leased if (given := _given(engine, job, inputs[job.topic])) is not None]


def complete(
    engine: context.Engine, actor: commands.Actor, job_id: int, lock: str, variables: Mapping[str, Any]
) -> Report:
    """Finish a job: what the program answers becomes variables, and the case goes on. Twice with one lock is once.

    Raises:
        errors.NotFound: There is no such job.
        errors.Forbidden: The token of the program is not for its topic.
        errors.InvalidInput: The variables are not what the topic declares: nothing changes.
        errors.Conflict: The lock has gone to another program, the job is over, or the case rests: nothing changes.
        errors.EvaluationFailed: What follows cannot be evaluated with these variables: nothing changes.
    """

    def end(tx: transaction.Transaction, held: instances.Job, locked: stored_instances.LockedInstance) -> Report:
        _check_outputs(tx, held, locked, variables)
        job_ends.complete(tx, held, locked, variables, actor.id, **_noted(actor, held))
        return Report(held.id, held.instance_id, Outcome.COMPLETED)

    return _end(engine, actor, job_id, lock, "complete", end)


def fail(
    engine: context.Engine,
    actor: commands.Actor,
    job_id: int,
    lock: str,
    message: str,
    *,
    retries: int | None = None,
    retry_after: float | None = None,
) -> Report:
    """Report that a job failed: it runs again by its retry cycle, or becomes an incident.

    Args:
        engine: The engine.
        actor: The account of the program.
        job_id: The job.
        lock: Its lock.
        message: What went wrong, for operators.
        retries: How many runs are left, 0 for none; no more than the diagram leaves, which is what None leaves.
        retry_after: Seconds until the next run; by default as the diagram says.

    Raises:
        errors.NotFound: There is no such job.
        errors.Forbidden: The token of the program is not for its topic.
        errors.InvalidInput: A number is out of bounds.
        errors.Conflict: The lock has gone to another program, the job is over, or the case rests: nothing changes.
    """
    if retries is not None and retries < 0:
        raise errors.InvalidInput(f"剩余次数（retries）应不小于 0，现为 {retries}。")
    if retry_after is not None and not 0 <= retry_after <= _LATEST.total_seconds():
        raise errors.InvalidInput(f"再次执行前的秒数（retry_after）应在 0 至 {_LATEST.total_seconds():.0f} 之间。")
    message = message[:4000]

    def end(tx: transaction.Transaction, held: instances.Job, locked: stored_instances.LockedInstance) -> Report:
        left = held.retries_left - 1 if retries is None else min(retries, held.retries_left - 1)
        if left < 1:
            job_ends.give_up(tx, held, locked, message, actor.id, **_noted(actor, held))
            return Report(held.id, held.instance_id, Outcome.INCIDENT)
        if retry_after is None:
            again = job_ends.next_run(held, tx.now)
        else:
            again = tx.now + datetime.timedelta(seconds=retry_after)
        counted = dataclasses.replace(held, retries_left=left + 1)
        job_ends.retry(tx, counted, locked, message, again, actor.id, **_noted(actor, held))
        return Report(held.id, held.instance_id, Outcome.RETRY, again)

    return _end(engine, actor, job_id, lock, "fail", end)


def throw_bpmn_error(
    engine: context.Engine,
    actor: commands.Actor,
    job_id: int,
    lock: str,
    code: str,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
) -> Report:
    """Report a business error: it goes to the boundary event of the task, with what there is of the outputs.

    Raises:
        errors.NotFound: There is no such job.
        errors.Forbidden: The token of the program is not for its topic.
        errors.InvalidInput: The variables are not among what the topic declares: nothing changes.
        errors.Conflict: The lock has gone to another program, the job is over, or the case rests: nothing changes.
    """

    def end(tx: transaction.Transaction, held: instances.Job, locked: stored_instances.LockedInstance) -> Report:
        _check_outputs(tx, held, locked, variables or {}, partly=True)
        job_ends.throw(tx, held, locked, code, message, variables or {}, actor.id, **_noted(actor, held))
        return Report(held.id, held.instance_id, Outcome.ERROR)

    return _end(engine, actor, job_id, lock, "bpmn-error", end)


def extend(engine: context.Engine, actor: commands.Actor, job_id: int, lock: str, seconds: float) -> datetime.datetime:
    """Have a lock last for `seconds` from now on; return until when it does.

    Raises:
        errors.NotFound: There is no such job.
        errors.Forbidden: The token of the program is not for its topic.
        errors.InvalidInput: The seconds are out of bounds.
        errors.Conflict: The lock has gone to another program, or the job is over.
    """
    _check_seconds(seconds)
    until = engine.clock.now() + datetime.timedelta(seconds=seconds)
    with engine.store.write() as uow:
        job, fence = _asked(uow, actor, job_id, lock)
        if not _holds(actor, job) or not uow.jobs.heartbeat(job_id, fence, until):
            raise stored.lost(job_id, job)
    return until


def release(engine: context.Engine, actor: commands.Actor, job_id: int, lock: str) -> None:
    """Give a job back untried: the run does not count.

    Raises:
        errors.NotFound: There is no such job.
        errors.Forbidden: The token of the program is not for its topic.
        errors.Conflict: The lock has gone to another program, or the job is over.
    """
    with engine.store.write() as uow:
        job, fence = _asked(uow, actor, job_id, lock)
        if not _holds(actor, job) or job.fence != fence:
            raise stored.lost(job_id, job)
        uow.jobs.release(job, engine.clock.now())
    engine.announce_work()


@transaction.again
def _end(
    engine: context.Engine,
    actor: commands.Actor,
    job_id: int,
    lock: str,
    act: str,
    end: Callable[[transaction.Transaction, instances.Job, stored_instances.LockedInstance], Report],
) -> Report:
    """End a job in one transaction that checks the lock; a repetition with the same lock gets the first answer."""
    refused = None
    # Who reports is noted; it is the platform that goes on with the case, whoever did the work.
    with transaction.begin(engine, commands.SYSTEM) as tx:
        _, fence = _asked(tx.uow, actor, job_id, lock)
        key, action = f"{job_id}.{fence}", f"job-{act}"
        try:
            held, locked = tx.uow.jobs.lock(job_id, fence)
        except errors.Deadlock:
            raise
        except errors.Conflict:
            answered = tx.uow.idempotency.find(key, actor.id, action)
            if answered is None:
                raise
            return _report(answered)
        if not _holds(actor, held):
            raise stored.lost(job_id, held)
        try:
            tx.refuse_resting(locked)
        except errors.Conflict as error:
            # Given back, it runs as soon as the case goes on, and is no silence of the program.
            tx.uow.jobs.release(held, tx.now)
            refused = error
        else:
            report = end(tx, held, locked)
            kept = {
                "job_id": report.job_id,
                "instance_id": report.instance_id,
                "outcome": report.outcome.value,
                "again": None if report.again is None else report.again.isoformat(),
            }
            tx.uow.idempotency.keep(key, actor.id, action, kept, tx.now)
    if refused is not None:
        raise refused
    job_ends.count(held, report.outcome)
    return report


def _check_outputs(
    tx: transaction.Transaction,
    held: instances.Job,
    locked: stored_instances.LockedInstance,
    variables: Mapping[str, Any],
    *,
    partly: bool = False,
) -> None:
    """Refuse variables that are not what the topic declares; `partly` says that what is not there is not missed."""
    topic = tx.uow.external_topics.get(tx.of(locked).row.pack, held.topic)
    declared = None if topic is None else topic.outputs
    if declared is not None and partly:
        declared = {name: f"{kind.removesuffix('?')}?" for name, kind in declared.items()}
    faults = _faults(declared, variables)
    if faults:
        raise errors.InvalidInput(f"主题“{held.topic}”返回的变量不符合要求：{faults}。", topic=held.topic)


def _report(kept: Mapping[str, Any]) -> Report:
    again = None if kept["again"] is None else datetime.datetime.fromisoformat(kept["again"])
    return Report(kept["job_id"], kept["instance_id"], Outcome(kept["outcome"]), again)


def _given(engine: context.Engine, job: instances.Job, wanted: Collection[str] | None) -> Fetched | None:
    """Return a job as its program is to see it; None when it has become an incident instead."""
    with engine.store.read() as uow:
        instance = uow.instances.get(job.instance_id)
        declared = uow.external_topics.get(uow.definitions.get(instance.definition_id).pack, job.topic)
    silent = jobs.crashes(job)
    faults = _faults(None if declared is None else declared.inputs, job.inputs)
    refused = ""
    if silent >= jobs.MAX_CRASHES:
        refused = f"已有 {silent} 次锁定到期而外部程序没有回音，不再交给外部程序。"
    elif faults:
        refused = f"服务任务“{job.topic}”的输入不符合要求：{faults}。"
    if refused:
        try:
            jobs.fail(engine, job, refused, retry=False)
        except errors.Conflict:
            return None  # suspended or ended in the meantime
        return None
    inputs = {name: value for name, value in job.inputs.items() if wanted is None or name in wanted}
    return Fetched(job, f"{job.id}.{job.fence}", inputs, instance.business_key)


def _asked(uow: unit_of_work.UnitOfWork, actor: commands.Actor, job_id: int, lock: str) -> tuple[instances.Job, int]:
    """Return a job, and the fence that a lock of it stands for, if the actor may work on its topic."""
    policy.work_elsewhere(actor)
    job = uow.jobs.get(job_id)
    policy.work_topics(actor, [job.topic])
    number, _, fence = lock.partition(".")
    if number != str(job.id) or not (fence.isascii() and fence.isdecimal() and len(fence) < 19):
        raise stored.lost(job.id, job)
    return job, int(fence)


def _holder(actor: commands.Actor, worker: str) -> str:
    return f"{actor.id}:{worker.replace(':', '_')}"


def _holds(actor: commands.Actor, job: instances.Job) -> bool:
    """Tell whether a job is leased to a process of this account: of one called `a:b` nothing is leased to `a`."""
    account, _, _ = (job.leased_by or "").rpartition(":")
    return job.status is instances.JobStatus.LEASED and account == actor.id


def _noted(actor: commands.Actor, held: instances.Job) -> dict[str, Any]:
    return {"worker": held.leased_by, "token": actor.token}


def _check_seconds(seconds: float) -> None:
    if not 1 <= seconds <= LONGEST:
        raise errors.InvalidInput(f"锁定的秒数应在 1 至 {LONGEST} 之间，现为 {seconds:g}。")


def _faults(declared: Mapping[str, str] | None, values: Mapping[str, Any]) -> str:
    """Return in words what is missing, unknown or of the wrong kind among values; empty where all is well."""
    if declared is None:
        return ""
    found = []
    for name, kind in declared.items():
        wanted, optional = kind.removesuffix("?"), kind.endswith("?")
        value = values.get(name)
        if value is None:
            found += [] if optional else [f"缺少“{name}”"]
        elif not isinstance(value, _TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean"):
            found.append(f"“{name}”应为{_NAMES[wanted]}，实际为 {str(value)[:80]}")
    found += [f"多出“{name}”" for name in values if name not in declared]
    return "；".join(found)
