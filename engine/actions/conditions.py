"""Conditional start events: conditions on data that the platform is told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actions import context, policy, starting, transaction
from engine.bpmn import execution
from engine.model import commands
from engine.model import definitions as model
from engine.store import queries

_EVALUATED = "evaluate-conditions"


@transaction.again
def evaluate(
    engine: context.Engine,
    variables: Mapping[str, Any],
    actor: commands.Actor,
    *,
    business_key: str | None = None,
    idempotency_key: str | None = None,
) -> tuple[int, ...]:
    """Start an instance at every conditional start event whose condition holds for these variables.

    Args:
        engine: The engine.
        variables: What the conditions are about; an instance starts with them.
        actor: An operator.
        business_key: Of the instances that start.
        idempotency_key: Repeating the request with the same key gives the first answer.

    Returns:
        The ids of the instances.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.EvaluationFailed: A condition cannot be evaluated on these variables; nothing is started.
    """
    policy.operate(actor, "触发条件启动")
    started = []
    with transaction.begin(engine, actor) as tx:
        answered = transaction.once(tx, _EVALUATED, idempotency_key)
        if answered is not None:
            return tuple(answered["started"])
        for row in _startable(tx):
            if not any(point.kind is model.StartKind.CONDITIONAL for point in tx.uow.definitions.starts(row.id)):
                continue
            definition = tx.definition(row.id)
            for point in definition.process.starts:
                if point.kind is model.StartKind.CONDITIONAL and execution.start_condition(
                    definition.process, definition.context(tx.now, tx.days(definition)), point.element_id, variables
                ):
                    locked = starting.launch(
                        tx,
                        definition,
                        business_key=business_key,
                        variables=variables,
                        started_by=actor.id,
                        element_id=point.element_id,
                    )
                    started.append(locked.id)
        tx.note(None, _EVALUATED, "conditions", started=started)
        transaction.keep(tx, _EVALUATED, idempotency_key, {"started": started})
    return tuple(started)


def _startable(tx: transaction.Transaction) -> list[model.ProcessDefinition]:
    found: list[model.ProcessDefinition] = []
    after = None
    while True:
        page = queries.definitions(tx.uow, latest_only=True, limit=1000, after=after)
        found += [row for row in page.items if row.status is model.DefinitionStatus.ACTIVE]
        if (after := page.after) is None:
            return found
