"""Process instances: start, cancel, suspend, activate, change variables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine import errors, forms
from engine.actions import (
    context,
    correlation,
    definition_cache,
    following,
    labelled,
    linking,
    policy,
    propagate,
    starting,
    submissions,
    transaction,
    versions,
)
from engine.bpmn import execution
from engine.model import commands, definitions
from engine.model import instances as model
from engine.store import instances as stored
from engine.store import traces

_STARTED = "start-instance"
#: Longest reason of a cancellation.
REASON = 2000


@transaction.again
def start(
    engine: context.Engine,
    key: str,
    actor: commands.Actor,
    *,
    form: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    version: int | None = None,
    version_tag: str | None = None,
    idempotency_key: str | None = None,
    follows: int | None = None,
) -> model.ProcessInstance:
    """Start an instance at its start event without trigger.

    Args:
        engine: The engine.
        key: Id of the process.
        actor: A candidate starter, or an operator.
        form: What was filled in, validated by the form of the start event.
        variables: Further variables; from operators only.
        business_key: What people call the case; messages find it by this key.
        version: A version other than the newest, by number.
        version_tag: A version other than the newest, by tag.
        idempotency_key: Repeating the request with the same key gives the instance it started the first time.
        follows: The case that this one is started from: the two are linked (`linking.link`), and where its end leads
            here, what it `carries` are first variables.

    Raises:
        errors.NotFound: No such process, version or start event; or the actor may not see the case it follows.
        errors.Forbidden: The actor may not start it.
        errors.InvalidForm: The form is not filled in right.
        errors.Conflict: The definition is suspended, or only called by other processes.
    """
    with transaction.begin(engine, actor) as tx:
        definition = _definition(tx, key, version, version_tag)
        return _start(
            tx, definition, definitions.StartKind.NONE, None, form, variables, business_key, idempotency_key, follows
        )


@transaction.again
def start_by_id(
    engine: context.Engine,
    definition_id: int,
    actor: commands.Actor,
    *,
    form: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    idempotency_key: str | None = None,
    follows: int | None = None,
) -> model.ProcessInstance:
    """Start an instance of exactly this definition; see `start`."""
    with transaction.begin(engine, actor) as tx:
        definition = tx.definition(definition_id)
        return _start(
            tx, definition, definitions.StartKind.NONE, None, form, variables, business_key, idempotency_key, follows
        )


@transaction.again
def start_by_message(
    engine: context.Engine,
    message: str,
    actor: commands.Actor,
    *,
    form: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    idempotency_key: str | None = None,
    follows: int | None = None,
) -> model.ProcessInstance:
    """Start an instance at the message start event of this name, as `start` does; nothing is kept for later.

    Raises:
        errors.NotFound: No process starts with this message.
    """
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.subscriptions.starts(model.SubscriptionKind.MESSAGE, message)
        if not found or found[0].definition_id is None:
            raise errors.NotFound(f"没有由消息“{message}”启动的流程。", name=message)
        definition = tx.definition(found[0].definition_id)
        kind = definitions.StartKind.MESSAGE
        return _start(tx, definition, kind, message, form, variables, business_key, idempotency_key, follows)


@transaction.again
def cancel(engine: context.Engine, instance_id: int, reason: str, actor: commands.Actor) -> model.ProcessInstance:
    """End an instance at once, with everything it has called.

    Raises:
        errors.Forbidden: The actor is no operator, and either did not start it or somebody else has done something in
            it since (see `policy.cancel`).
        errors.InvalidInput: No reason is given.
        errors.Conflict: It has ended, or another instance called it and waits for it.
    """
    with transaction.begin(engine, actor) as tx:
        return cancel_within(tx, instance_id, reason)


def cancel_within(tx: transaction.Transaction, instance_id: int, reason: str) -> model.ProcessInstance:
    """End an instance at once, in a transaction of the caller; raises as `cancel` does."""
    locked = tx.uow.instances.lock(instance_id)
    policy.cancel(tx.actor, locked.instance, traces.of(tx.uow, instance_id))
    check_reason(reason)
    tx.refuse_ended(locked)
    parent_id = locked.instance.parent_id
    if parent_id is not None:
        raise errors.Conflict(f"事项 {instance_id} 由事项 {parent_id} 调用并等待，请取消事项 {parent_id}。")
    propagate.end(tx, locked, model.InstanceStatus.CANCELLED, reason.strip())
    return locked.instance


def check_reason(reason: str) -> None:
    """Raise errors.InvalidInput when this is no reason for a cancellation."""
    if not reason.strip():
        raise errors.InvalidInput("取消事项应说明理由。")
    if len(reason) > REASON:
        raise errors.InvalidInput(f"取消事项的理由应不超过 {REASON} 字，现为 {len(reason)} 字。")


@transaction.again
def suspend(engine: context.Engine, instance_id: int, actor: commands.Actor) -> model.ProcessInstance:
    """Let an instance and everything it has called rest: nothing happens to it until it is activated.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: It has ended or rests already.
    """
    policy.operate(actor, "暂停事项")
    with transaction.begin(engine, actor) as tx:
        return suspend_within(tx, instance_id)


def suspend_within(tx: transaction.Transaction, instance_id: int) -> model.ProcessInstance:
    """Let an instance rest, in a transaction of the caller; raises as `suspend` does."""
    policy.operate(tx.actor, "暂停事项")
    locked = tx.uow.instances.lock(instance_id)
    tx.refuse_resting(locked)
    for each in _tree(tx, locked):
        if each.instance.status is model.InstanceStatus.ACTIVE:
            tx.note(each, "suspend-instance", f"instance/{each.id}")
            tx.uow.instances.set_status(each, model.InstanceStatus.SUSPENDED, at=tx.now)
    return locked.instance


@transaction.again
def activate(engine: context.Engine, instance_id: int, actor: commands.Actor) -> model.ProcessInstance:
    """Let a suspended instance and everything it has called go on. Messages that came meanwhile are delivered.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: It does not rest, or the instance that called it does.
    """
    policy.operate(actor, "恢复事项")
    with transaction.begin(engine, actor) as tx:
        return activate_within(tx, instance_id)


def activate_within(tx: transaction.Transaction, instance_id: int) -> model.ProcessInstance:
    """Let a suspended instance go on, in a transaction of the caller; raises as `activate` does."""
    policy.operate(tx.actor, "恢复事项")
    locked = tx.uow.instances.lock(instance_id)
    tx.refuse_ended(locked)
    if locked.instance.status is not model.InstanceStatus.SUSPENDED:
        raise errors.Conflict(f"事项 {instance_id} 没有暂停，无需恢复。")
    parent_id = locked.instance.parent_id
    if parent_id is not None and tx.uow.instances.get(parent_id).status is model.InstanceStatus.SUSPENDED:
        raise errors.Conflict(f"事项 {instance_id} 由已暂停的事项 {parent_id} 调用，请恢复事项 {parent_id}。")
    woken = [each for each in _tree(tx, locked) if each.instance.status is model.InstanceStatus.SUSPENDED]
    for each in woken:
        tx.note(each, "activate-instance", f"instance/{each.id}")
        tx.uow.instances.set_status(each, model.InstanceStatus.ACTIVE, at=tx.now)
    for each in woken:
        _catch_up(tx, each)
    tx.made_work = True
    return locked.instance


@transaction.again
def set_variables(
    engine: context.Engine,
    instance_id: int,
    variables: Mapping[str, Any],
    actor: commands.Actor,
    *,
    expected: Collection[str] | None = None,
) -> model.ProcessInstance:
    """Write process variables from outside; conditions are looked at again. Also while the instance rests.

    The audit trail keeps old and new values, of long ones their hash, and nothing of what is private: what few people
    may read is guessed from a hash soon enough.

    Args:
        engine: The engine.
        instance_id: The instance.
        variables: What to write, by name; all others stay as they are.
        actor: An operator.
        expected: Versions of all variables (`versions.of`) that may be changed; by default any.

    Raises:
        errors.Outdated: The variables are of another version.
        errors.Forbidden: The actor is no operator.
        errors.Conflict: The instance has ended.
        errors.EvaluationFailed: A value is not JSON.
    """
    policy.operate(actor, "修改变量")
    with transaction.begin(engine, actor) as tx:
        locked = tx.uow.instances.lock(instance_id)
        tx.refuse_ended(locked)
        definition = tx.of(locked)
        before = json.loads(locked.state.variables)
        versions.check(before, expected)
        step = execution.set_variables(definition.process, tx.context(locked), locked.state, variables)
        old, new = (_noted(definition, {name: each.get(name) for name in variables}) for each in (before, variables))
        changes = {name: {"old": old[name], "new": new[name]} for name in variables}
        tx.note(locked, "set-variables", f"instance/{instance_id}", changes=changes)
        tx.record(locked, step)
    return locked.instance


def _definition(
    tx: transaction.Transaction, key: str, version: int | None, version_tag: str | None
) -> definition_cache.Definition:
    if version is None and version_tag is None:
        return starting.latest(tx, key)
    repository = tx.uow.definitions
    row = repository.tagged(key, version_tag) if version_tag is not None else repository.version(key, version or 0)
    if row is None or (version is not None and row.version != version):
        which = f"版本标签“{version_tag}”" if version_tag is not None else f"第 {version} 版"
        raise errors.NotFound(f"没有部署过流程“{key}”的{which}。", key=key)
    return tx.definition(row.id)


def _start(
    tx: transaction.Transaction,
    definition: definition_cache.Definition,
    kind: definitions.StartKind,
    name: str | None,
    form: Mapping[str, Any] | None,
    variables: Mapping[str, Any] | None,
    business_key: str | None,
    idempotency_key: str | None,
    follows: int | None,
) -> model.ProcessInstance:
    answered = transaction.once(tx, _STARTED, idempotency_key)
    if answered is not None:
        return _started_before(tx, definition, answered["instance_id"], idempotency_key)
    points = definition.process.starts
    point = next((each for each in points if each.kind is kind and name in (None, each.name)), None)
    if point is None:
        ways = "、".join(sorted(f"{each.kind.value} {each.name or ''}".strip() for each in points))
        raise errors.NotFound(f"流程“{definition.row.name}”不能直接发起，它由以下方式启动：{ways}。")
    policy.start(tx.actor, definition.row.name, *starting.starters(definition, point), definition.people)
    starting.refuse_suspended(tx.uow.definitions.get(definition.id))
    starting.refuse_called_only(definition)
    origin = None if follows is None else linking.origin(tx, follows)
    given, payload = submissions.start(tx, definition, point, form, variables)
    carried = {} if origin is None else following.carried(tx, origin, definition.row.key)
    locked = starting.launch(
        tx,
        definition,
        business_key=business_key,
        variables={**carried, **given},
        started_by=tx.actor.id,
        element_id=point.element_id,
        payload=payload,
    )
    if origin is not None:
        linking.join(tx, origin, locked)
    transaction.keep(tx, _STARTED, idempotency_key, {"instance_id": locked.id})
    propagate.settle(tx)
    return locked.instance


def _started_before(
    tx: transaction.Transaction, definition: definition_cache.Definition, instance_id: int, key: str | None
) -> model.ProcessInstance:
    started = tx.uow.instances.get(instance_id)
    if tx.definition(started.definition_id).row.key != definition.row.key:
        raise errors.Conflict(
            f"请求标识“{key}”已用于发起另一流程（事项 {instance_id}），请换一个标识。", instance=instance_id
        )
    return started


def _tree(tx: transaction.Transaction, root: stored.LockedInstance) -> Iterator[stored.LockedInstance]:
    """Lock and yield an instance and all open instances below it."""
    pending = [root]
    while pending:
        each = pending.pop()
        yield each
        children = tx.uow.instances.children(each.id)
        pending += [tx.uow.instances.lock(child.id) for child in children if not child.status.ended]


def _catch_up(tx: transaction.Transaction, locked: stored.LockedInstance) -> None:
    for waiting in tx.uow.subscriptions.of_instance(locked.id):
        if waiting.kind is model.SubscriptionKind.MESSAGE and waiting.token is not None:
            correlation.from_buffer(tx, locked, waiting.token, waiting.name, waiting.correlation_key)


def _noted(definition: definition_cache.Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit trail keeps of variables."""
    public = labelled.public(definition, values)
    return {name: _short(value) if public[name] == value else forms.MASK for name, value in values.items()}


def _short(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= 200:
        return value
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "length": len(text)}
