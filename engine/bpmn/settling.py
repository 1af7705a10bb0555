"""What is looked at when nothing can run any more: inclusive joins, conditions, joins that nobody will reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import errors
from engine.bpmn.elements import inclusive_gateway
from engine.model import instances

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


def settle(workflow: ProcessWorkflow) -> bool:
    """Let go on what could not be judged while something ran; report what never will.

    Returns:
        Whether something goes on.
    """
    if _pass_inclusive_joins(workflow) or _fire_conditions(workflow):
        return True
    _report_stuck_joins(workflow)
    return False


def _pass_inclusive_joins(workflow: ProcessWorkflow) -> bool:
    if not workflow.process.spec.joins_inclusively:
        return False
    passed = False
    for token in list(workflow.tasks.values()):
        waits = "in" in token.internal_data and isinstance(token.task_spec, inclusive_gateway.InclusiveGateway)
        passed = (waits and token.task_spec.pass_if_may(workflow, token)) or passed
    return passed


def _fire_conditions(workflow: ProcessWorkflow) -> bool:
    """Fire the conditions that have become true since everything waited last."""
    if not workflow.changed:
        return False
    workflow.changed = False
    if not workflow.process.spec.has_conditions:
        return False
    fired = False
    for token in list(workflow.tasks.values()):
        if token.id in workflow.tasks and "condition" in token.internal_data:
            fired = _check_condition(workflow, token) or fired
    return fired


def _check_condition(workflow: ProcessWorkflow, token: Token) -> bool:
    if token.internal_data.get("error"):
        return False
    before = token.internal_data["condition"]
    try:
        holds = workflow.test(token, token.task_spec.event.condition)
    except errors.EvaluationFailed as error:
        workflow.open_incident(token, instances.IncidentKind.EXPRESSION, error.message)
        return False
    token.internal_data["condition"] = holds
    if holds and not before:
        workflow.fire(token, {})
    return holds and not before


def _report_stuck_joins(workflow: ProcessWorkflow) -> None:
    """Open an incident where a scope has only joins left that wait for each other or for nobody."""
    waiting = [token for token in workflow.tasks.values() if "in" in token.internal_data]
    for token in waiting:
        stuck = all("in" in sibling.internal_data for sibling in token.parent.inside())
        if stuck and not token.internal_data.get("error"):
            missing = [f.source.title for f in token.task_spec.incoming if f.id not in token.internal_data["in"]]
            message = f"汇聚网关“{token.task_spec.title}”仍在等待来自“{'、'.join(missing)}”的分支，但已没有分支会到达"
            workflow.open_incident(token, instances.IncidentKind.STUCK, message)
