"""Incidents: what stopped goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.actions import context, policy, transaction
from engine.bpmn import execution
from engine.model import commands, instances
from engine.store import instances as stored


@transaction.again
def retry(engine: context.Engine, incident_id: int, actor: commands.Actor) -> instances.Incident:
    """Do again what failed, after its cause has been mended (`instances.set_variables`, a new handler).

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: The incident is over, or the case rests.
    """
    policy.operate(actor, "重试异常")
    with transaction.begin(engine, actor) as tx:
        return retry_within(tx, incident_id)


def retry_within(tx: transaction.Transaction, incident_id: int) -> instances.Incident:
    """Do again what failed, in a transaction of the caller; raises as `retry` does."""
    policy.operate(tx.actor, "重试异常")
    incident, locked = _open(tx, incident_id)
    step = execution.retry(tx.of(locked).process, tx.context(locked), locked.state, incident.token)
    tx.note(locked, "retry-incident", f"incident/{incident_id}", element=incident.element_id)
    tx.record(locked, step)
    return tx.uow.incidents.get(incident_id)


@transaction.again
def resolve(
    engine: context.Engine,
    incident_id: int,
    reason: str,
    actor: commands.Actor,
    *,
    variables: Mapping[str, Any] | None = None,
) -> instances.Incident:
    """Go on after the work of a failed job has been done by hand.

    Args:
        engine: The engine.
        incident_id: An incident of a job; what else failed is mended and retried.
        reason: What was done instead, for the audit trail.
        actor: An operator.
        variables: What the handler would have returned.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.InvalidInput: No reason is given.
        errors.Conflict: The incident is over, is not of a job, or the case rests.
    """
    policy.operate(actor, "处理异常")
    if not reason.strip():
        raise errors.InvalidInput("人工处理异常应说明做了什么。")
    with transaction.begin(engine, actor) as tx:
        incident, locked = _open(tx, incident_id)
        if incident.kind is not instances.IncidentKind.JOB:
            raise errors.Conflict("只有服务任务的异常可以由人工代办，其他异常请更正原因后重试。")
        process, seen = tx.of(locked).process, tx.context(locked)
        given = dict(variables or {})
        tx.note(
            locked,
            "resolve-incident",
            f"incident/{incident_id}",
            element=incident.element_id,
            reason=reason.strip(),
            variables=sorted(given),
        )
        # The job is opened again and finished at once, in one transaction: no worker ever sees it.
        tx.record(locked, execution.retry(process, seen, locked.state, incident.token))
        tx.record(locked, execution.complete(process, seen, locked.state, incident.token, given))
        return tx.uow.incidents.get(incident_id)


def _open(tx: transaction.Transaction, incident_id: int) -> tuple[instances.Incident, stored.LockedInstance]:
    incident, locked = tx.uow.incidents.lock(incident_id)
    if incident.resolved_at is not None:
        raise errors.Conflict(f"异常 {incident_id} 已由 {incident.resolved_by} 处理。", incident=incident_id)
    tx.refuse_resting(locked)
    return incident, locked
