"""What the background does of batches: writes their items down, does them, and notes that all are over.

Any number of workers share a batch. Each takes a page of items for a while; what it does to an item and the result of
that are one transaction, which counts only while the item is its own: an item is done once, whoever is killed when.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import logging
from collections.abc import Callable, Sequence

from engine import errors
from engine.actions import accounts, batch_kinds, context, transaction
from engine.model import batches as model
from engine.model import commands, texts
from engine.store import failures, queries_batches

_LOG = logging.getLogger(__name__)

#: Items that are written down in one transaction.
COLLECTED = 1000
#: Items that a worker takes at once.
PAGE = 20
#: How often an item is tried, and how long it rests after the first failure, the second …
MOST_ATTEMPTS = 5
RESTS = tuple(datetime.timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))
#: The most letters of a sentence that are kept.
_SENTENCE = 2000


class _Outcome(enum.Enum):
    """How an item ended: settled one way or another; lost to another worker; or resting with its batch."""

    SETTLED = 1
    LOST = 2
    RESTS = 3


def _always() -> bool:
    return True


def go_on(engine: context.Engine, *, going: Callable[[], bool] = _always) -> int:
    """Do a page of every batch that is due.

    Args:
        engine: The engine.
        going: Asked before every item: False gives back what has not begun.

    Returns:
        How much was done: 0 when nothing is due now.
    """
    with engine.store.read() as uow:
        # A kind that this version does not know was ordered from a newer one, whose workers carry it out.
        found = [each for each in uow.batches.open() if each.kind in batch_kinds.KINDS]
    return sum(_go_on(engine, batch, going) for batch in found if going())


def next_due(engine: context.Engine) -> datetime.datetime | None:
    """Return when there is next something to do of a batch; it may be in the past. None: never."""
    with engine.store.read() as uow:
        found = [each for each in uow.batches.open() if each.kind in batch_kinds.KINDS]
        running = {each.id for each in found if each.state is model.BatchState.RUNNING}
        moments = [(uow.batches.next_due(each.id) if each.id in running else None) or each.ordered_at for each in found]
    return min(moments, default=None)


def meant(kind: batch_kinds.Kind, selection: model.Selection) -> queries_batches.Meant:
    """Return what a selection means for a kind."""
    called = kind.called and (selection.definition is not None or kind.target is model.Target.INCIDENT)
    return queries_batches.Meant(selection, kind.target, kind.statuses, called)


def collect(engine: context.Engine, batch_id: int) -> bool:
    """Write a page of the items of a batch down; with the last one it begins to run.

    Whoever ordered it does so, and so does every worker that finds it unfinished: each page is written once.

    Returns:
        Whether there is more.
    """
    with engine.store.read() as uow:
        batch = uow.batches.get(batch_id)
        if batch.state is not model.BatchState.COLLECTING:
            return False
        selection = model.Selection.of(batch.selection)
        if selection.ids:
            page: Sequence[int] = selection.ids[batch.collected : batch.collected + COLLECTED]
            reached = batch.collected + len(page)
        else:
            what = meant(batch_kinds.of(batch.kind), selection)
            page = queries_batches.targets(uow, what, after=batch.collected, upto=batch.upto, limit=COLLECTED)
            reached = page[-1] if page else batch.collected
    with engine.store.write() as uow:
        now = engine.clock.now()
        locked = uow.batches.lock(batch_id)
        if (locked.state, locked.collected) != (batch.state, batch.collected):
            return True  # somebody else wrote this page, or cancelled the batch; the next look tells
        uow.batches.collect(batch_id, page, reached, now)
        if len(page) == COLLECTED:
            return True
        uow.batches.set_state(locked, model.BatchState.RUNNING)
        return False


def _go_on(engine: context.Engine, batch: model.Batch, going: Callable[[], bool]) -> int:
    if batch.state is model.BatchState.COLLECTING:
        collect(engine, batch.id)
        return 1
    now = engine.clock.now()
    with engine.store.read() as uow:
        due = uow.batches.next_due(batch.id)
    if due is None:
        return int(_finish(engine, batch.id))
    if due > now:
        return 0
    actor = _actor(engine, batch)
    if actor is None:
        return 1
    with engine.store.write() as uow:
        leased = uow.batches.lease(batch.id, now, PAGE, engine.settings.lease_seconds)
    until = now + datetime.timedelta(seconds=engine.settings.lease_seconds)
    for place, item in enumerate(leased):
        if not going() or engine.clock.now() >= until or _do(engine, batch, item, actor) is _Outcome.RESTS:
            with engine.store.write() as uow:
                uow.batches.release(leased[place:], engine.clock.now())
            break
    return len(leased)


def _actor(engine: context.Engine, batch: model.Batch) -> commands.Actor | None:
    """Return in whose name a batch goes on; without the right to, it is paused, until an operator lets it go on."""
    if not batch.by_account:
        system = batch.acts_by == commands.SYSTEM.id
        return commands.SYSTEM if system else commands.Actor(batch.acts_by, admin=True)
    try:
        actor = accounts.actor_named(engine, batch.acts_by)
        why = f"{batch.acts_by} 已不是系统管理员"
    except (errors.NotFound, errors.Forbidden) as error:
        actor, why = None, error.message.rstrip("。")
    if actor is not None and actor.is_operator:
        return actor
    note = f"{why}，不能再以其名义办理，已自动暂停。请系统管理员核对后恢复，此后以其本人名义办理。"
    with transaction.begin(engine, commands.SYSTEM) as tx:
        locked = tx.uow.batches.lock(batch.id)
        if locked.state is model.BatchState.RUNNING and locked.acts_by == batch.acts_by:
            tx.uow.batches.set_state(dataclasses.replace(locked, note=note), model.BatchState.PAUSED)
            tx.note(None, "pause-batch", f"batch/{batch.id}", reason=note)
    return None


def _do(engine: context.Engine, batch: model.Batch, item: model.BatchItem, actor: commands.Actor) -> _Outcome:
    """Do an item, and write what came of it."""
    attempt = item.attempts + 1
    if item.fence > attempt and not _begin(engine, item, attempt):
        return _Outcome.LOST
    if attempt > MOST_ATTEMPTS:
        sentence = f"已有 {item.attempts} 次办理没有结果（工作进程中断或超时），不再自动办理。"
        return _settle(engine, item, model.ItemState.FAILED, sentence, item.attempts)
    try:
        return _act(engine, batch, item, actor, attempt)
    except errors.GongkaiError as error:
        if _is_refusal(error):
            return _settle(engine, item, model.ItemState.REFUSED, error.message, attempt)
        return _failed(engine, item, error.message, attempt)
    except Exception as error:
        _LOG.warning("item %s of batch %s failed", item.target, batch.id, exc_info=True)
        return _failed(engine, item, f"{type(error).__name__}: {error}", attempt)


@transaction.again
def _act(
    engine: context.Engine, batch: model.Batch, item: model.BatchItem, actor: commands.Actor, attempt: int
) -> _Outcome:
    kind = batch_kinds.of(batch.kind)
    with transaction.begin(engine, actor) as tx:
        if not tx.uow.batches.may_go_on(batch.id):
            return _Outcome.RESTS
        if not tx.uow.batches.settle(item, model.ItemState.DONE, kind.done, attempts=attempt, at=tx.now):
            return _Outcome.LOST
        kind.act(tx, item.target, batch.parameters)
    return _Outcome.SETTLED


def _is_refusal(error: errors.GongkaiError) -> bool:
    """Tell whether the rules of an act say no, rather than the database being in trouble: that names a cause."""
    no = (errors.Conflict, errors.Forbidden, errors.NotFound, errors.InvalidInput)
    return isinstance(error, no) and "cause" not in error.details and error.message != failures.BUSY


def _begin(engine: context.Engine, item: model.BatchItem, attempt: int) -> bool:
    """Count an attempt before it is made, since an earlier worker that had the item never said what came of it."""
    with engine.store.write() as uow:
        return uow.batches.begin(item, min(attempt, MOST_ATTEMPTS))


def _failed(engine: context.Engine, item: model.BatchItem, sentence: str, attempt: int) -> _Outcome:
    if attempt >= MOST_ATTEMPTS:
        return _settle(engine, item, model.ItemState.FAILED, sentence, attempt)
    again = engine.clock.now() + RESTS[min(attempt, len(RESTS)) - 1]
    return _settle(engine, item, model.ItemState.WAITING, sentence, attempt, again)


def _settle(
    engine: context.Engine,
    item: model.BatchItem,
    state: model.ItemState,
    sentence: str,
    attempts: int,
    again_at: datetime.datetime | None = None,
) -> _Outcome:
    told = texts.storable(sentence)[:_SENTENCE]
    with engine.store.write() as uow:
        held = uow.batches.settle(item, state, told, attempts=attempts, at=engine.clock.now(), again_at=again_at)
    return _Outcome.SETTLED if held else _Outcome.LOST


def _finish(engine: context.Engine, batch_id: int) -> bool:
    """Note that every item has its result; False when that is known, or not so any more."""
    with transaction.begin(engine, commands.SYSTEM) as tx:
        batch = tx.uow.batches.lock(batch_id)
        if batch.state is not model.BatchState.RUNNING or tx.uow.batches.next_due(batch_id) is not None:
            return False
        tx.uow.batches.set_state(dataclasses.replace(batch, note=None), model.BatchState.FINISHED, at=tx.now)
        counts = tx.uow.batches.counts(batch_id)
        tx.note(
            None,
            "finish-batch",
            f"batch/{batch_id}",
            done=counts.done,
            refused=counts.refused,
            failed=counts.failed,
        )
    return True
