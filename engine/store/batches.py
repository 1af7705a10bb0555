"""Batches and their items: leased a page at a time, each given to one worker, fenced against those thought dead.

An item is settled in the transaction of the act itself, under a share of the lock on its batch: who changes where the
batch stands waits for the items under way, and none of them begins afterwards.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import batches as model
from engine.store import statements
from engine.store.tables_batches import batch_items as items
from engine.store.tables_batches import batches

_WAITING: sa.ColumnElement[str] = sa.literal_column("'waiting'")
_INSERT = statements.insert(batches, without=("id", "counts", "ended_at", "note"), returning=batches.c.id)
_GET = sa.select(*batches.c).where(batches.c.id == sa.bindparam("batch"))
_LOCK = _GET.with_for_update()
_SHARE = sa.select(batches.c.state).where(batches.c.id == sa.bindparam("batch")).with_for_update(read=True)
_OPEN = (
    sa.select(*batches.c)
    .where(sa.text("state IN ('collecting', 'running')"))  # as the index says it
    .order_by(batches.c.id)
)
_COLLECTED = sa.update(batches).where(batches.c.id == sa.bindparam("batch")).values(collected=sa.bindparam("reached"))
_SET_STATE = (
    sa.update(batches)
    .where(batches.c.id == sa.bindparam("batch"))
    .values(
        state=sa.bindparam("standing"),
        acts_by=sa.bindparam("actor"),
        by_account=sa.bindparam("account"),
        counts=sa.bindparam("counted"),
        ended_at=sa.bindparam("ended"),
        note=sa.bindparam("told"),
    )
)
_ADD_ITEM = statements.upsert(items, ["batch_id", "target"], [], without=("at", "sentence"))
_OF_BATCH = items.c.batch_id == sa.bindparam("batch")
_COUNTS = sa.select(items.c.state, sa.func.count()).where(_OF_BATCH).group_by(items.c.state)
_NEXT_DUE = sa.select(items.c.poll_at).where(_OF_BATCH, items.c.poll_at.is_not(None)).order_by(items.c.poll_at).limit(1)
_DUE = (
    sa.select(items.c.target)
    .where(_OF_BATCH, items.c.poll_at.is_not(None), items.c.poll_at <= sa.bindparam("now"))
    .order_by(items.c.poll_at, items.c.target)
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
    .cte("due")  # PostgreSQL runs it once; a subquery might be run, and lock, again and again
)
_LEASE = (
    sa.update(items)
    .where(_OF_BATCH, items.c.target.in_(sa.select(_DUE.c.target)))
    .values(poll_at=sa.bindparam("until"), fence=items.c.fence + 1)
    .returning(*items.c)
)
_HELD = (
    _OF_BATCH,
    items.c.target == sa.bindparam("item"),
    items.c.fence == sa.bindparam("held_fence"),
    items.c.state == _WAITING,
)
_RELEASE = sa.update(items).where(*_HELD).values(poll_at=sa.bindparam("until"))
_BEGIN = sa.update(items).where(*_HELD).values(attempts=sa.bindparam("tried"))
_SETTLE = (
    sa.update(items)
    .where(*_HELD)
    .values(
        state=sa.bindparam("standing"),
        attempts=sa.bindparam("tried"),
        poll_at=sa.bindparam("until"),
        at=sa.bindparam("now"),
        sentence=sa.bindparam("told"),
    )
)
_FAILED = (
    sa.select(items.c.target)
    .where(
        _OF_BATCH,
        items.c.state == sa.literal_column("'failed'"),
        items.c.target > sa.bindparam("beyond", type_=items.c.target.type),
    )
    .order_by(items.c.target)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_AGAIN = (
    sa.update(items)
    .where(_OF_BATCH, items.c.target == sa.bindparam("item"), items.c.state == sa.literal_column("'failed'"))
    .values(state=_WAITING, attempts=0, poll_at=sa.bindparam("until"))
)


class Batches:
    """The batches of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        kind: str,
        parameters: dict[str, Any],
        selection: model.Selection,
        *,
        by: str,
        by_account: bool,
        upto: int,
        at: datetime.datetime,
    ) -> model.Batch:
        """Add a batch without items, to be collected.

        Args:
            kind: Name of the act.
            parameters: What the act is given beside each item.
            selection: Which items are collected.
            by: Id of who orders it.
            by_account: Whether that is an account.
            upto: The highest number that belongs to it.
            at: When, with time zone.
        """
        row: dict[str, Any] = {
            "kind": kind,
            "parameters": parameters,
            "selection": selection.as_json(),
            "state": model.BatchState.COLLECTING,
            "ordered_by": by,
            "ordered_at": at,
            "acts_by": by,
            "by_account": by_account,
            "collected": 0,
            "upto": upto,
        }
        return model.Batch(self._link.insert(_INSERT, row), **row)

    def get(self, batch_id: int) -> model.Batch:
        """Return a batch.

        Raises:
            errors.NotFound: There is none with this id.
        """
        return _found(self._link.one(_GET, {"batch": batch_id}), batch_id)

    def lock(self, batch_id: int) -> model.Batch:
        """Return a batch that nobody changes, and of which nothing is done, until the end of the unit of work.

        Raises:
            errors.NotFound: There is none with this id.
            errors.Conflict: An item under way took too long.
        """
        return _found(self._link.one(_LOCK, {"batch": batch_id}), batch_id)

    def open(self) -> list[model.Batch]:
        """Return the batches of which something is to be done, oldest first."""
        return [model.Batch(*row) for row in self._link.all(_OPEN, {})]

    def set_state(self, batch: model.Batch, state: model.BatchState, *, at: datetime.datetime | None = None) -> None:
        """Change where a locked batch stands; in whose name it goes on and its note are as `batch` has them.

        A batch that has ended at `at` keeps its counts; another one is counted.
        """
        counts = None
        if at is not None:
            found = self.counts(batch.id)
            counts = {"waiting": found.waiting, "done": found.done, "refused": found.refused, "failed": found.failed}
        self._link.run(
            _SET_STATE,
            {
                "batch": batch.id,
                "standing": state,
                "actor": batch.acts_by,
                "account": batch.by_account,
                "counted": counts,
                "ended": at,
                "told": batch.note,
            },
        )

    def counts(self, batch_id: int) -> model.Counts:
        """Return how many items of a batch stand how."""
        return model.Counts(**{str(row[0]): row[1] for row in self._link.all(_COUNTS, {"batch": batch_id})})

    # --- items --------------------------------------------------------------------------------------------------------

    def collect(self, batch_id: int, targets: Sequence[int], reached: int, at: datetime.datetime) -> None:
        """Write items down, due at once, and how far that has come; what is among the items already is left as it is.

        The batch is locked.
        """
        rows = [
            {
                "batch_id": batch_id,
                "target": target,
                "state": model.ItemState.WAITING,
                "attempts": 0,
                "fence": 0,
                "poll_at": at,
            }
            for target in targets
        ]
        self._link.run_many(_ADD_ITEM, rows)
        self._link.run(_COLLECTED, {"batch": batch_id, "reached": reached})

    def next_due(self, batch_id: int) -> datetime.datetime | None:
        """Return when an item is due, or its lease runs out; None when every item has a result."""
        row = self._link.one(_NEXT_DUE, {"batch": batch_id})
        return None if row is None else row[0]

    def lease(self, batch_id: int, now: datetime.datetime, limit: int, seconds: float) -> list[model.BatchItem]:
        """Take up to `limit` items for `seconds`: those due, and those whose lease ran out; each has a new fence.

        The unit of work is to end before anything is done with them.
        """
        until = now + datetime.timedelta(seconds=seconds)
        rows = self._link.all(_LEASE, {"batch": batch_id, "now": now, "limit": limit, "until": until})
        return sorted((model.BatchItem(*row) for row in rows), key=lambda item: item.target)

    def release(self, leased: Sequence[model.BatchItem], at: datetime.datetime) -> None:
        """Give items back untried; those that are not held any more stay as they are."""
        rows = [{"batch": each.batch_id, "item": each.target, "held_fence": each.fence, "until": at} for each in leased]
        self._link.run_many(_RELEASE, rows)

    def may_go_on(self, batch_id: int) -> bool:
        """Tell whether a batch runs, and let nobody change that until the end of the unit of work."""
        row = self._link.one(_SHARE, {"batch": batch_id})
        return row is not None and row[0] is model.BatchState.RUNNING

    def begin(self, item: model.BatchItem, attempts: int) -> bool:
        """Count an attempt at an item before it is made; False when the item is not held any more."""
        params = {"batch": item.batch_id, "item": item.target, "held_fence": item.fence, "tried": attempts}
        return self._link.run(_BEGIN, params) == 1

    def settle(
        self,
        item: model.BatchItem,
        state: model.ItemState,
        sentence: str,
        *,
        attempts: int,
        at: datetime.datetime,
        again_at: datetime.datetime | None = None,
    ) -> bool:
        """Write what came of an item; False when the item is not held any more, and nothing of this counts.

        Args:
            item: As it was leased.
            state: Where it stands now; waiting, if it is to be tried again.
            sentence: What came of it.
            attempts: How often it has been tried, this time included.
            at: When, with time zone.
            again_at: When it is tried again.
        """
        params = {
            "batch": item.batch_id,
            "item": item.target,
            "held_fence": item.fence,
            "standing": state,
            "tried": attempts,
            "until": again_at,
            "now": at,
            "told": sentence,
        }
        return self._link.run(_SETTLE, params) == 1

    def try_again(self, batch_id: int, beyond: int, at: datetime.datetime, limit: int) -> int | None:
        """Let up to `limit` failed items with numbers beyond `beyond` wait again, due at `at`.

        Returns:
            The number of the last one; None when there was none.
        """
        found = [row[0] for row in self._link.all(_FAILED, {"batch": batch_id, "beyond": beyond, "limit": limit})]
        self._link.run_many(_AGAIN, [{"batch": batch_id, "item": target, "until": at} for target in found])
        return found[-1] if found else None


def _found(row: statements.Row | None, batch_id: int) -> model.Batch:
    if row is None:
        raise errors.NotFound(f"没有编号为 {batch_id} 的批量办理。", batch=batch_id)
    return model.Batch(*row)
