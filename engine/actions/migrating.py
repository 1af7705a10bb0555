"""Migrating a case: it goes on with another version of its process (迁移), what it waits for goes on with it.

What has happened stays as it was; what is open is then what the other version says, with its forms, decision tables and
roles. Where something that is open has no place there, everything of that kind is told and nothing happens.  A case
stays one of its own process: one of another is started anew, and follows it.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping

from engine import errors, forms
from engine.actions import context, definition_cache, labelled, migrating_tasks, offering, policy, transaction
from engine.bpmn import execution, migration
from engine.model import commands, cooperation, definitions, instances, steps
from engine.model import migrations as model
from engine.store import instances as stored
from engine.store import migrating as rows

#: What the audit trail calls it.
MIGRATED = "migrate-instance"
_NOTHING: Mapping[str, str] = {}


def plan(
    engine: context.Engine,
    instance_id: int,
    actor: commands.Actor,
    *,
    version: int | None = None,
    version_tag: str | None = None,
    mapping: Mapping[str, str] = _NOTHING,
    reckon: bool = False,
) -> model.Plan:
    """Return what `migrate` would do, and everything that keeps it from happening; nothing changes.

    Raises:
        errors.NotFound: There is no such case, or its process has no such version.
        errors.Forbidden: The actor is no operator.
        errors.Conflict: The case has ended, or runs on that version already.
    """
    policy.operate(actor, "迁移事项")
    with engine.store.read() as uow:
        tx = transaction.Transaction(engine, uow, actor)
        locked = stored.LockedInstance(uow.instances.get(instance_id), uow.instances.state(instance_id))
        return _prepare(tx, locked, _Wish(version, version_tag, dict(mapping), reckon)).plan


@transaction.again
def migrate(
    engine: context.Engine,
    instance_id: int,
    actor: commands.Actor,
    *,
    version: int | None = None,
    version_tag: str | None = None,
    mapping: Mapping[str, str] = _NOTHING,
    reckon: bool = False,
) -> model.Plan:
    """Let a case go on with another version of its process. A case that rests goes on resting.

    Args:
        engine: The engine.
        instance_id: The case; what it has called goes on with its own version, and is migrated by itself.
        actor: An operator.
        version: The version, by number; the newest when neither it nor the tag is given.
        version_tag: The version, by tag.
        mapping: New ids of elements (and, for what has come to a join, of sequence flows) by old ones; what is not
            named keeps its id.
        reckon: Whether timers and due times that are open are counted anew, from when each wait began, as the new
            version writes them; else they stay as they are.

    Returns:
        What it changed.

    Raises:
        errors.NotFound: There is no such case, or its process has no such version.
        errors.Forbidden: The actor is no operator.
        errors.Conflict: The case has ended, or runs on that version already; or something that is open has no place
            there: the message names all of it, `findings` of the details element by element.
    """
    policy.operate(actor, "迁移事项")
    with transaction.begin(engine, actor) as tx:
        return migrate_within(tx, instance_id, version=version, version_tag=version_tag, mapping=mapping, reckon=reckon)


def migrate_within(
    tx: transaction.Transaction,
    instance_id: int,
    *,
    version: int | None = None,
    version_tag: str | None = None,
    mapping: Mapping[str, str] = _NOTHING,
    reckon: bool = False,
) -> model.Plan:
    """Let a case go on with another version, in a transaction of the caller; takes and raises what `migrate` does."""
    policy.operate(tx.actor, "迁移事项")
    locked = tx.uow.instances.lock(instance_id)
    prepared = _prepare(tx, locked, _Wish(version, version_tag, dict(mapping), reckon))
    found = prepared.plan
    if prepared.step is None:
        told = "；".join(each.sentence() for each in found.findings)
        raise errors.Conflict(
            f"事项 {instance_id} 不能迁移到“{found.name}”第 {found.to_version} 版：{told}。",
            instance=instance_id,
            findings=[dataclasses.asdict(each) for each in found.findings],
        )
    _carry_out(tx, locked, prepared, prepared.step)
    return found


def versions(
    engine: context.Engine, instance_id: int, actor: commands.Actor
) -> tuple[definitions.ProcessDefinition, list[definitions.ProcessDefinition]]:
    """Return the version that a case runs on, and the others of its process, newest first: for operators.

    Raises:
        errors.NotFound: There is no such case.
        errors.Forbidden: The actor is no operator.
    """
    policy.operate(actor, "迁移事项")
    with engine.store.read() as uow:
        present = uow.definitions.get(uow.instances.get(instance_id).definition_id)
        return present, [each for each in uow.definitions.versions(present.key) if each.id != present.id]


@dataclasses.dataclass(frozen=True, slots=True)
class _Wish:
    """Where a case is to go, and how."""

    version: int | None
    version_tag: str | None
    mapping: Mapping[str, str]
    reckon: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _Prepared:
    """A migration that has been thought through; `step` is None where something keeps it from happening."""

    plan: model.Plan
    target: definition_cache.Definition
    elements: Mapping[str, str]
    step: steps.Step | None = None
    tasks: tuple[migrating_tasks.Becomes, ...] = ()


def _prepare(tx: transaction.Transaction, locked: stored.LockedInstance, wish: _Wish) -> _Prepared:
    tx.refuse_ended(locked)
    old = tx.of(locked)
    new = _target(tx, old, wish)
    state = tx.uow.instances.with_undo(locked.id, locked.state)
    there = dataclasses.replace(locked, instance=dataclasses.replace(locked.instance, definition_id=new.id))
    began = _began(tx, there) if wish.reckon else None
    contexts = migration.Contexts(tx.context(locked), tx.context(there), began)
    moved = migration.migrate(old.process, new.process, contexts, state, wish.mapping)
    open_ = [task for task in tx.uow.user_tasks.of_instance(locked.id) if task.status is instances.UserTaskStatus.OPEN]
    findings = (*moved.findings, *_submitted(open_), *_unprotected(tx, locked, old, new))
    elements = {was: now for was, now in wish.mapping.items() if was in old.process.elements and was != now}
    drawn = model.Plan(
        locked.id, old.row.key, new.row.name, old.row.version, new.row.version, wish.mapping, findings, (), wish.reckon
    )
    if findings or moved.step is None:
        return _Prepared(drawn, new, elements)
    by_token = {task.token: task for task in open_}
    becomes = tuple(
        migrating_tasks.of(
            tx, there, by_token[each.now.token], _offers(tx, locked, there, each), elements, reckoned=wish.reckon
        )
        for each in moved.offers
    )
    told = (*moved.changes, *(said for each in becomes for said in each.told), *_left(tx, locked, new, elements))
    return _Prepared(dataclasses.replace(drawn, changes=told), new, elements, moved.step, becomes)


def _carry_out(
    tx: transaction.Transaction, locked: stored.LockedInstance, prepared: _Prepared, step: steps.Step
) -> None:
    found = prepared.plan
    tx.note(
        locked,
        MIGRATED,
        f"instance/{locked.id}",
        from_version=found.from_version,
        to_version=found.to_version,
        definitions=[locked.definition_id, prepared.target.id],
        mapping=dict(found.mapping),
        reckoned=found.reckoned,
        told="；".join(each.text for each in found.changes),
    )
    rows.move(tx.uow, locked, prepared.target.id, prepared.elements)
    tasks = {task.id: task for task in tx.uow.user_tasks.of_instance(locked.id)}
    for each in prepared.tasks:
        migrating_tasks.carry_out(tx, locked, dataclasses.replace(each, task=tasks[each.task.id]))
    tx.record(locked, step)


def _target(tx: transaction.Transaction, old: definition_cache.Definition, wish: _Wish) -> definition_cache.Definition:
    """Return the version that is meant.

    Raises:
        errors.NotFound: There is none.
        errors.Conflict: It is the version that the case runs on.
    """
    repository, key = tx.uow.definitions, old.row.key
    if wish.version is not None:
        row, which = repository.version(key, wish.version), f"第 {wish.version} 版"
    elif wish.version_tag is not None:
        row, which = repository.tagged(key, wish.version_tag), f"版本标签“{wish.version_tag}”"
    else:
        row, which = repository.latest(key), "最新版本"
    if row is None or (wish.version_tag is not None and row.version_tag != wish.version_tag):
        raise errors.NotFound(f"没有部署过流程“{key}”的{which}，无法迁移。事项只能迁移到本流程的其他版本。", key=key)
    if row.id == old.id:
        raise errors.Conflict(f"事项已在“{old.row.name}”第 {old.row.version} 版上运行，无需迁移。")
    return tx.definition(row.id)


def _began(tx: transaction.Transaction, there: stored.LockedInstance) -> Callable[[int], execution.Context]:
    """Return what gives the context of the new version at the moment at which the wait of a token began."""
    instance, definition = there.instance, tx.of(there)
    entered = {each.token: each.entered_at for each in tx.uow.history.of_instance(there.id)}
    present = tx.context(there)

    def began(token: int) -> execution.Context:
        at: datetime.datetime = entered.get(token, instance.started_at)
        then = definition.context(at, tx.days(definition), actor=tx.actor.id)
        return dataclasses.replace(present, now=at, functions=then.functions)

    return began


def _offers(
    tx: transaction.Transaction,
    here: stored.LockedInstance,
    there: stored.LockedInstance,
    offer: migration.Offer,
) -> migration.Offer:
    """Return how each version offers a task, with the roles of lanes and units."""

    def found(locked: stored.LockedInstance, task: steps.UserTaskOpened) -> steps.UserTaskOpened:
        step = steps.Step(locked.state, locked.instance.status, user_tasks=(task,))
        return offering.offered(tx, locked, step, ())[0]

    was = None if offer.was is None else found(here, offer.was)
    return migration.Offer(was, found(there, offer.now))


def _submitted(open_: list[instances.UserTask]) -> Iterator[model.Finding]:
    """Yield the tasks that were filled in by the old form and wait for others to agree to that."""
    for task in open_:
        if task.countersign is cooperation.Countersigning.SUBMITTED:
            expected = "先等会签完成，或者由办理人撤回，再迁移"
            yield model.Finding(task.element_id, task.name, expected, "已按原版本的表单提交，正在等待会签同意")


def _unprotected(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    old: definition_cache.Definition,
    new: definition_cache.Definition,
) -> Iterator[model.Finding]:
    """Yield the private fields that the case has filled in and that no form of the new version calls private."""
    paths = [path for path in old.private if path not in new.private]
    if not paths:
        return
    given = [execution.variables_at(old.process, locked.state)]
    given += tx.uow.submissions.of_tasks(locked.id).values()
    given += [each.values for each in tx.uow.submissions.of_instance(locked.id)]
    for path in paths:
        if any(forms.concealed(each, {path}) != each for each in given):
            titles = {field.path: field.label for form in labelled.unique_forms(old) for field in form.walk()}
            expected = "在目标版本的表单中仍标为个人信息（x-private）"
            yield model.Finding(path, titles.get(path, path), expected, "没有标注，迁移后无关人员可以看到")


def _left(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    new: definition_cache.Definition,
    elements: Mapping[str, str],
) -> Iterator[model.Change]:
    """Yield the tasks that were done and that the new version does not have: nothing can refer to them any more."""
    done = (instances.UserTaskStatus.COMPLETED, instances.UserTaskStatus.RETURNED)
    seen: set[str] = set()
    for task in tx.uow.user_tasks.of_instance(locked.id):
        known = elements.get(task.element_id, task.element_id) in new.process.elements
        if task.status in done and not known and task.element_id not in seen:
            seen.add(task.element_id)
            gone = f"已办结的“{task.name}”在目标版本中没有对应的元素，"
            loses = "不能退回到它，职责分离也不再以它为据；如系更名，请用对应关系说明"
            yield model.Change(task.element_id, gone + loses)
