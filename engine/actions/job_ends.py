"""How a leased job may end, within a transaction that holds its instance: for workers here and elsewhere.

Each function notes who did it (`by`) in the audit trail; to the case it is the platform that went on.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from engine import metrics, tracing
from engine.actions import retries, transaction
from engine.bpmn import execution
from engine.model import instances
from engine.store import instances as stored_instances
from engine.store import jobs as stored


def complete(
    tx: transaction.Transaction,
    held: instances.Job,
    locked: stored_instances.LockedInstance,
    variables: Mapping[str, Any],
    by: str,
    **noted: Any,
) -> None:
    """Finish a job: its variables are written, and the case goes on."""
    step = execution.complete(tx.of(locked).process, tx.context(locked), locked.state, held.token, variables)
    _note(tx, held, locked, "complete-job", by, variables=sorted(variables), **noted)
    tx.record(locked, step)


def next_run(held: instances.Job, now: datetime.datetime) -> datetime.datetime:
    """Return when a job that fails now is to run again, by its retry cycle."""
    failures = stored.attempts_of(held.retry_cycle) - held.retries_left + 1
    return retries.next_run(held.retry_cycle, failures, now)


def retry(
    tx: transaction.Transaction,
    held: instances.Job,
    locked: stored_instances.LockedInstance,
    message: str,
    again: datetime.datetime,
    by: str,
    **noted: Any,
) -> None:
    """Give a failed job back for another run."""
    tx.uow.jobs.retry(held, again, message)
    _note(tx, held, locked, "retry-job", by, error=message, at=again.isoformat(), **noted)


def give_up(
    tx: transaction.Transaction,
    held: instances.Job,
    locked: stored_instances.LockedInstance,
    message: str,
    by: str,
    **noted: Any,
) -> None:
    """Make an incident of a failed job."""
    step = execution.fail(tx.of(locked).process, tx.context(locked), locked.state, held.token, message)
    tx.uow.jobs.fail(held, message)
    _note(tx, held, locked, "fail-job", by, error=message, **noted)
    tx.record(locked, step)


def throw(
    tx: transaction.Transaction,
    held: instances.Job,
    locked: stored_instances.LockedInstance,
    code: str,
    message: str,
    variables: Mapping[str, Any],
    by: str,
    **noted: Any,
) -> None:
    """Send a BPMN error to the boundary event of the task, scope by scope, caller by caller."""
    step = execution.throw_error(
        tx.of(locked).process, tx.context(locked), locked.state, held.token, code, message, variables
    )
    _note(tx, held, locked, "throw-bpmn-error", by, code=code, error=message, **noted)
    tx.record(locked, step)


def count(job: instances.Job, result: str) -> None:
    """Count a run that has ended, once that is committed."""
    metrics.JOBS.labels(job.topic, result).inc()


def _note(
    tx: transaction.Transaction,
    held: instances.Job,
    locked: stored_instances.LockedInstance,
    act: str,
    by: str,
    **details: Any,
) -> None:
    details = {"element": held.element_id, **details}
    tx.uow.audit.append(locked, by, act, f"job/{held.id}", details, tx.now)
    tracing.annotate(act, instance=locked.id)
