"""Batches: operators have one act done to many cases or incidents, and see what came of each.

What a batch is about is written down when it is ordered, a page at a time; the background does the rest
(`batch_work`). Ordering, pausing, going on and cancelling stand in the audit trail of the platform, what is done to a
case in that of the case, as always.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.actions import accounts, batch_kinds, batch_work, case_reading, context, policy, transaction
from engine.model import batches as model
from engine.model import commands, instances, views_cases
from engine.store import paging, queries_batches, queries_cases, unit_of_work

#: Numbers that a batch may be given one by one.
MOST_IDS = 10_000
#: Failed items that wait again in one transaction.
PAGE = 1000
#: Letters of the key of a process or of the id of an element.
_NAME = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """A batch with what its kind is, and how far it has come."""

    batch: model.Batch
    kind: batch_kinds.Kind
    counts: model.Counts

    @property
    def percent(self) -> int:
        """Return how much of it is over, of a hundred, rounded down."""
        return 100 * self.counts.over // self.counts.total if self.counts.total else 0


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """An item with the case that it is about, if there is one."""

    item: model.BatchItem
    case: views_cases.CaseLink | None


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """What a batch would be about: how many, and the first of them."""

    kind: batch_kinds.Kind
    total: int
    first: tuple[tuple[int, views_cases.CaseLink | None], ...]


def preview(
    engine: context.Engine, kind: str, selection: model.Selection, actor: commands.Actor, *, limit: int = 20
) -> Preview:
    """Return what a batch would be about, if it were ordered now.

    Args:
        engine: The engine.
        kind: What is to be done, of `batch_kinds.KINDS`.
        selection: To which cases or incidents.
        actor: An operator.
        limit: How many of them to show.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.InvalidInput: There is no such kind, or the selection is none.
    """
    policy.operate(actor, "批量办理")
    wanted = batch_kinds.of(kind)
    _check(wanted, selection)
    with engine.store.read() as uow:
        if selection.ids:
            total, first = len(set(selection.ids)), list(dict.fromkeys(selection.ids))[:limit]
        else:
            meant = batch_work.meant(wanted, selection)
            total = queries_batches.count(uow, meant)
            first = queries_batches.targets(uow, meant, limit=limit) if limit else []
        links = _links(uow, wanted.target, first)
    return Preview(wanted, total, tuple((each, links.get(each)) for each in first))


def order(
    engine: context.Engine,
    kind: str,
    selection: model.Selection,
    actor: commands.Actor,
    *,
    parameters: Mapping[str, Any] | None = None,
    expected: int | None = None,
    idempotency_key: str | None = None,
) -> Progress:
    """Order a batch; workers carry it out in the background, in the name of the actor.

    Args:
        engine: The engine.
        kind: What is to be done, of `batch_kinds.KINDS`.
        selection: To which cases or incidents; those that come to fit it later are not meant.
        actor: An operator.
        parameters: What the act is given, such as the `reason` of a cancellation.
        expected: How many there are to be, as `preview` said: if it is another number now, nothing is ordered.
        idempotency_key: Repeating the request with the same key gives the batch that it ordered the first time.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.InvalidInput: There is no such kind, the selection is none, or a parameter is not right.
        errors.Conflict: There is nothing to be done, or not to as many as expected.
    """
    policy.operate(actor, "批量办理")
    wanted = batch_kinds.of(kind)
    found = preview(engine, kind, selection, actor, limit=0)
    given = wanted.check(engine, selection, parameters or {})
    by_account = _has_account(engine, actor)
    with transaction.begin(engine, actor) as tx:
        answered = transaction.once(tx, "order-batch", idempotency_key)
        if answered is None:
            _expect(found.total, expected)
            highest = len(selection.ids) or queries_batches.newest(tx.uow, wanted.target)
            unique = dataclasses.replace(selection, ids=tuple(dict.fromkeys(selection.ids)))
            batch = tx.uow.batches.add(kind, given, unique, by=actor.id, by_account=by_account, upto=highest, at=tx.now)
            noted = {name: value for name, value in unique.as_json().items() if name != "ids"}
            tx.note(None, "order-batch", _subject(batch.id), kind=kind, total=found.total, **given, selection=noted)
            transaction.keep(tx, "order-batch", idempotency_key, {"batch_id": batch.id})
            batch_id = batch.id
        else:
            batch_id = int(answered["batch_id"])
    while batch_work.collect(engine, batch_id):
        pass
    return show(engine, batch_id, actor)


def pause(engine: context.Engine, batch_id: int, actor: commands.Actor) -> Progress:
    """Let a batch rest: the items under way are over when this returns, and none begins.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such batch.
        errors.Conflict: It does not run.
    """
    policy.operate(actor, "暂停批量办理")
    with transaction.begin(engine, actor) as tx:
        batch = tx.uow.batches.lock(batch_id)
        if batch.state is not model.BatchState.RUNNING:
            raise errors.Conflict(f"批量办理 {batch_id} {_STANDS[batch.state]}，不能暂停。", batch=batch_id)
        tx.uow.batches.set_state(dataclasses.replace(batch, note=None), model.BatchState.PAUSED)
        tx.note(None, "pause-batch", _subject(batch_id))
    return show(engine, batch_id, actor)


def resume(engine: context.Engine, batch_id: int, actor: commands.Actor) -> Progress:
    """Let a paused batch go on, from now on in the name of the actor.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such batch.
        errors.Conflict: It is not paused.
    """
    policy.operate(actor, "恢复批量办理")
    by_account = _has_account(engine, actor)
    with transaction.begin(engine, actor) as tx:
        batch = tx.uow.batches.lock(batch_id)
        if batch.state is not model.BatchState.PAUSED:
            raise errors.Conflict(f"批量办理 {batch_id} {_STANDS[batch.state]}，无需恢复。", batch=batch_id)
        tx.uow.batches.set_state(_in_name_of(batch, actor, by_account=by_account), model.BatchState.RUNNING)
        tx.note(None, "resume-batch", _subject(batch_id))
    return show(engine, batch_id, actor)


def cancel(engine: context.Engine, batch_id: int, actor: commands.Actor) -> Progress:
    """Do nothing more of a batch; what has been done stays done.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such batch.
        errors.Conflict: It has ended.
    """
    policy.operate(actor, "取消批量办理")
    with transaction.begin(engine, actor) as tx:
        batch = tx.uow.batches.lock(batch_id)
        if batch.state.ended:
            raise errors.Conflict(f"批量办理 {batch_id} {_STANDS[batch.state]}，不能取消。", batch=batch_id)
        left = tx.uow.batches.counts(batch_id).waiting
        tx.uow.batches.set_state(dataclasses.replace(batch, note=None), model.BatchState.CANCELLED, at=tx.now)
        tx.note(None, "cancel-batch", _subject(batch_id), left=left)
    return show(engine, batch_id, actor)


def retry(engine: context.Engine, batch_id: int, actor: commands.Actor) -> Progress:
    """Try the failed items of a batch again, in the name of the actor; one that is paused stays paused.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such batch.
        errors.Conflict: None of its items failed, or it was cancelled.
    """
    policy.operate(actor, "重试批量办理")
    by_account = _has_account(engine, actor)
    beyond: int | None = None
    while True:
        with transaction.begin(engine, actor) as tx:
            batch = tx.uow.batches.lock(batch_id)
            if beyond is None:
                failed = tx.uow.batches.counts(batch_id).failed
                _refuse_retry(batch, failed)
                tx.note(None, "retry-batch", _subject(batch_id), failed=failed)
            elif batch.state is model.BatchState.CANCELLED:
                break
            reached = tx.uow.batches.try_again(batch_id, -1 if beyond is None else beyond, tx.now, PAGE)
            if reached is None:
                break
            beyond = reached
            state = model.BatchState.PAUSED if batch.state is model.BatchState.PAUSED else model.BatchState.RUNNING
            tx.uow.batches.set_state(_in_name_of(batch, actor, by_account=by_account), state)
    return show(engine, batch_id, actor)


def show(engine: context.Engine, batch_id: int, actor: commands.Actor) -> Progress:
    """Return a batch and how far it has come.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such batch.
    """
    policy.operate(actor, "查看批量办理")
    with engine.store.read() as uow:
        return _progress(uow, uow.batches.get(batch_id))


def listed(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    state: model.BatchState | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[Progress]:
    """Return batches, newest first, each with how far it has come.

    Raises:
        errors.Forbidden: The actor is no operator.
    """
    policy.operate(actor, "查看批量办理")
    with engine.store.read() as uow:
        page = queries_batches.listed(uow, state=state, limit=limit, after=after)
        return paging.Page(tuple(_progress(uow, each) for each in page.items), page.after)


def items(
    engine: context.Engine,
    batch_id: int,
    actor: commands.Actor,
    *,
    state: model.ItemState | None = None,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[Item]:
    """Return the items of a batch by number, with what came of each.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such batch.
    """
    policy.operate(actor, "查看批量办理")
    with engine.store.read() as uow:
        target = batch_kinds.shown(uow.batches.get(batch_id).kind).target
        page = queries_batches.items(uow, batch_id, target, state=state, limit=limit, after=after)
        rows = queries_cases.of_ids(uow, {row.instance_id for row in page.items if row.instance_id is not None})
        cases = {id_: case_reading.link(row) for id_, row in rows.items()}
        shown = (Item(row.item, cases.get(row.instance_id or 0)) for row in page.items)
        return paging.Page(tuple(shown), page.after)


#: Where a batch stands, in a sentence.
_STANDS = {
    model.BatchState.COLLECTING: "正在准备",
    model.BatchState.RUNNING: "正在办理",
    model.BatchState.PAUSED: "已暂停",
    model.BatchState.FINISHED: "已办完",
    model.BatchState.CANCELLED: "已取消",
}


def _progress(uow: unit_of_work.UnitOfWork, batch: model.Batch) -> Progress:
    counts = uow.batches.counts(batch.id) if batch.counts is None else model.Counts(**batch.counts)
    return Progress(batch, batch_kinds.shown(batch.kind), counts)


def _links(uow: unit_of_work.UnitOfWork, target: model.Target, ids: list[int]) -> Mapping[int, views_cases.CaseLink]:
    cases = queries_batches.cases_of(uow, target, ids)
    rows = queries_cases.of_ids(uow, set(cases.values()))
    return {each: case_reading.link(rows[case]) for each, case in cases.items() if case in rows}


def _check(kind: batch_kinds.Kind, selection: model.Selection) -> None:
    if selection.ids:
        _check_ids(selection)
        return
    if selection == model.Selection():
        raise errors.InvalidInput(
            "批量办理应说明办理哪些事项：给出编号，或者至少一个条件（流程、状态、发起时间、异常）。"
        )
    if kind.one_process and selection.definition is None:
        raise errors.InvalidInput(f"“{kind.title}”应说明哪个流程，或者逐个给出事项的编号。")
    if selection.version is not None and selection.definition is None:
        raise errors.InvalidInput("按版本选择事项时应同时给出流程。")
    if selection.status is not None and selection.status not in kind.statuses:
        allowed = "、".join(_STATUSES[each] for each in kind.statuses)
        raise errors.InvalidInput(
            f"“{kind.title}”可以选择的状态为{allowed}，现为{_STATUSES.get(selection.status, '已结束')}。"
        )
    if any(len(name or "") > _NAME for name in (selection.definition, selection.element)):
        raise errors.InvalidInput(f"流程和元素的标识应不超过 {_NAME} 字。")
    for at in (selection.started_after, selection.started_before):
        if at is not None and at.tzinfo is None:
            raise errors.InvalidInput(f"时间必须带有时区：{at.isoformat()} 没有时区。")


def _check_ids(selection: model.Selection) -> None:
    if selection != model.Selection(ids=selection.ids):
        raise errors.InvalidInput("批量办理可以给出编号，也可以给出条件，不能两者都给出。")
    if len(selection.ids) > MOST_IDS:
        raise errors.InvalidInput(
            f"逐个给出的编号应不超过 {MOST_IDS} 个，现为 {len(selection.ids)} 个，请改用条件或者分批办理。"
        )
    wrong = next((each for each in selection.ids if not 0 < each < 1 << 63), None)
    if wrong is not None:
        raise errors.InvalidInput(f"编号应为正整数，现为 {wrong}。")


_STATUSES = {
    instances.InstanceStatus.ACTIVE: "办理中",
    instances.InstanceStatus.SUSPENDED: "已暂停",
}


def _expect(total: int, expected: int | None) -> None:
    if expected is not None and total != expected:
        raise errors.Conflict(
            f"符合条件的由 {expected} 个变为 {total} 个，批量办理没有开始，请重新核对。", expected=expected, total=total
        )
    if total == 0:
        raise errors.Conflict("没有符合条件的事项，批量办理没有开始。")


def _refuse_retry(batch: model.Batch, failed: int) -> None:
    if batch.state is model.BatchState.CANCELLED:
        raise errors.Conflict(f"批量办理 {batch.id} 已取消，不能重试。", batch=batch.id)
    if not failed:
        raise errors.Conflict(f"批量办理 {batch.id} 没有失败的项目，无需重试。", batch=batch.id)


def _in_name_of(batch: model.Batch, actor: commands.Actor, *, by_account: bool) -> model.Batch:
    return dataclasses.replace(batch, acts_by=actor.id, by_account=by_account, note=None)


def _has_account(engine: context.Engine, actor: commands.Actor) -> bool:
    """Tell whether an operator is one by an account, whose rights are to be asked for again item by item."""
    if actor.system:
        return False
    try:
        found = accounts.actor_named(engine, actor.id)
    except (errors.NotFound, errors.Forbidden):
        return False
    return found is not None and found.is_operator


def _subject(batch_id: int) -> str:
    return f"batch/{batch_id}"
