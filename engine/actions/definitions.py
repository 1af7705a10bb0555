"""Process definitions: stop and allow starting instances of a version."""

from __future__ import annotations

import dataclasses

from engine import errors
from engine.actions import context, correlation, policy, transaction
from engine.model import commands
from engine.model import definitions as model


def suspend(engine: context.Engine, definition_id: int, actor: commands.Actor) -> model.ProcessDefinition:
    """Stop new instances of a version, by whatever start event; running ones go on.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: It is suspended already.
    """
    policy.operate(actor, "停用流程")
    return _set(engine, definition_id, model.DefinitionStatus.SUSPENDED, actor)


def activate(engine: context.Engine, definition_id: int, actor: commands.Actor) -> model.ProcessDefinition:
    """Allow new instances of a version again; messages that came for its start events meanwhile start them.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: It is not suspended.
    """
    policy.operate(actor, "启用流程")
    return _set(engine, definition_id, model.DefinitionStatus.ACTIVE, actor)


def _set(
    engine: context.Engine, definition_id: int, status: model.DefinitionStatus, actor: commands.Actor
) -> model.ProcessDefinition:
    with transaction.begin(engine, actor) as tx:
        row = tx.uow.definitions.get(definition_id)
        if row.status is status:
            raise errors.Conflict(f"流程“{row.name}”第 {row.version} 版已是{_NAMES[status]}状态，无需再次操作。")
        tx.uow.definitions.set_status(definition_id, status)
        tx.note(None, f"{_VERBS[status]}-definition", f"definition/{definition_id}", key=row.key, version=row.version)
        latest = tx.uow.definitions.latest(row.key)
        if status is model.DefinitionStatus.ACTIVE and latest is not None and latest.id == row.id:
            tx.made_work = True
            for start in tx.definition(row.id).process.starts:
                if start.kind is model.StartKind.MESSAGE and start.name is not None:
                    correlation.start_from_buffer(tx, start.name)
    return dataclasses.replace(row, status=status)


_NAMES = {model.DefinitionStatus.ACTIVE: "启用", model.DefinitionStatus.SUSPENDED: "停用"}
_VERBS = {model.DefinitionStatus.ACTIVE: "activate", model.DefinitionStatus.SUSPENDED: "suspend"}
