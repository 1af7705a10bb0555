"""Batches and their items.

An item refers to its case or incident by number alone: it may be one that somebody mistyped, and what became of the
items stays when the cases are deleted.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.model import batches as model
from engine.store import types
from engine.store.tables import Id, identity, index, metadata

batches = sa.Table(
    "batches",
    metadata,
    identity(),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("parameters", types.Json, nullable=False),
    sa.Column("selection", types.Json, nullable=False),
    sa.Column("state", types.Choice(model.BatchState), nullable=False),
    sa.Column("ordered_by", sa.Text, nullable=False),
    sa.Column("ordered_at", types.Instant, nullable=False),
    sa.Column("acts_by", sa.Text, nullable=False),
    sa.Column("by_account", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("collected", sa.BigInteger, nullable=False),
    sa.Column("upto", sa.BigInteger, nullable=False),
    sa.Column("counts", types.Json),
    sa.Column("ended_at", types.Instant),
    sa.Column("note", sa.Text),
    # The audit trail names batches by their number: a later one never gets it.
    sqlite_autoincrement=True,
)
index("ix_batches_open", batches.c.id, where="state IN ('collecting', 'running')")

batch_items = sa.Table(
    "batch_items",
    metadata,
    sa.Column("batch_id", Id, sa.ForeignKey("batches.id"), primary_key=True, autoincrement=False),
    sa.Column("target", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("state", types.Choice(model.ItemState), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("poll_at", types.Instant),  # when it is next looked at: NULL once it has a result
    sa.Column("at", types.Instant),
    sa.Column("sentence", sa.Text),
    sqlite_with_rowid=False,
)
index("ix_batch_items_state", batch_items.c.batch_id, batch_items.c.state, batch_items.c.target)
index(
    "ix_batch_items_poll",
    batch_items.c.batch_id,
    batch_items.c.poll_at,
    batch_items.c.target,
    where="poll_at IS NOT NULL",
)
