"""How instances come into being, whoever starts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.actions import definition_cache, naming, references, submissions
from engine.bpmn import execution
from engine.model import definitions, instances, steps
from engine.store import instances as stored

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction


def launch(
    tx: Transaction,
    definition: definition_cache.Definition,
    *,
    business_key: str | None,
    variables: Mapping[str, Any],
    started_by: str,
    element_id: str | None = None,
    payload: Mapping[str, Any] | None = None,
    parent: tuple[instances.ProcessInstance, int] | None = None,
) -> stored.LockedInstance:
    """Start an instance.

    Args:
        tx: The transaction.
        definition: What to start.
        business_key: What people call the case; without one it gets the next number of its process, if that has a
            pattern.
        variables: First process variables.
        started_by: Id of who starts it: the initiator.
        element_id: The start event; by default the one that waits for nothing.
        payload: Variables that come with the form, message or signal of the start event.
        parent: The calling instance and the token of its call activity.

    Raises:
        errors.NotFound: There is no such start event.
        errors.Conflict: Another case has this official number.
    """
    above, token = parent or (None, None)
    business_key = naming.business_key(tx, definition, business_key)
    locked = tx.uow.instances.create(
        definition.id,
        business_key=business_key,
        started_at=tx.now,
        started_by=started_by,
        parent_id=above.id if above else None,
        parent_token=token,
        root_id=(above.root_id or above.id) if above else None,
    )
    step = execution.start(definition.process, tx.context(locked), variables, element_id, payload)
    references.link_files(tx, locked.id, variables, payload)
    details = {"definition": f"{definition.row.key}:{definition.row.version}", "business_key": business_key}
    if above:
        details["called_by"] = f"instance/{above.id}"
    tx.note(locked, "start-instance", f"instance/{locked.id}", **details)
    tx.record(locked, step)
    if element_id is not None and payload:
        submissions.keep(tx, locked, element_id, payload)
    return locked


def called(
    tx: Transaction, caller: definition_cache.Definition, call: steps.ChildCalled
) -> definition_cache.Definition:
    """Return the definition that a call activity calls, by its binding.

    `deployment` is the newest version that was there when the caller was deployed.

    Raises:
        errors.NotFound: There is none, or only messages, signals, timers or conditions start it.
        errors.Conflict: It is suspended.
    """
    repository, key = tx.uow.definitions, call.called_element
    row: definitions.ProcessDefinition | None
    if call.binding == "latest":
        row = repository.latest(key)
    elif call.binding == "version":
        row = repository.version(key, int(call.version or 0)) if (call.version or "").isdecimal() else None
    elif call.binding == "versionTag":
        row = repository.tagged(key, call.version or "")
    else:
        known = (each for each in repository.versions(key) if each.deployment_id <= caller.row.deployment_id)
        row = next(known, None)
    if row is None:
        which = f"（{call.binding} {call.version or ''}）".replace(" ）", "）")
        raise errors.NotFound(f"调用活动“{call.element_id}”所调用的流程“{key}”{which}没有部署。", called=key)
    refuse_suspended(row)
    found = tx.definition(row.id)
    if not any(point.kind is definitions.StartKind.NONE for point in found.process.starts):
        raise errors.NotFound(f"流程“{row.name}”没有开始事件“（无定义）”，不能由调用活动启动。", called=key)
    return found


def refuse_suspended(row: definitions.ProcessDefinition) -> None:
    """Raise errors.Conflict when no instance of a definition may be started."""
    if row.status is definitions.DefinitionStatus.SUSPENDED:
        raise errors.Conflict(f"流程“{row.name}”第 {row.version} 版已停用，不能发起。", definition=row.id)


def refuse_called_only(definition: definition_cache.Definition) -> None:
    """Raise errors.Conflict when a process is only called by others: not offered, and for no role to start.

    Started by itself it would lack what the calling process gives it, and stop at the first step that reads it.
    """
    process = definition.process
    if not process.offered and not process.starter_groups:
        raise errors.Conflict(
            f"“{definition.row.name}”由其他流程调用，不能单独发起：缺少调用它的流程所给的内容。请发起调用它的流程。",
            definition=definition.id,
        )


def latest(tx: Transaction, key: str) -> definition_cache.Definition:
    """Return the newest version of a process, suspended or not.

    Raises:
        errors.NotFound: It was never deployed.
    """
    row = tx.uow.definitions.latest(key)
    if row is None:
        raise errors.NotFound(f"没有部署过流程“{key}”。", key=key)
    return tx.definition(row.id)


def starters(
    definition: definition_cache.Definition, point: definitions.StartPoint
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the users and roles that may start; without any the role of the start event's lane."""
    users, groups = definition.process.starter_users, definition.process.starter_groups
    lane = definition.process.elements[point.element_id].lane
    if not users and not groups and lane is not None and lane in definition.lanes:
        groups = (definition.lanes[lane],)
    return users, groups
