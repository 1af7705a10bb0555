"""Batches: one act on many cases or incidents.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "batches",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ordered_by", sa.Text, nullable=False),
        sa.Column("ordered_at", sa.String(27), nullable=False),
        sa.Column("acts_by", sa.Text, nullable=False),
        sa.Column("by_account", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("collected", sa.BigInteger, nullable=False),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.Column("counts", sa.Text),
        sa.Column("ended_at", sa.String(27)),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sqlite_autoincrement=True,
    )
    is_open = sa.text("state IN ('collecting', 'running')")
    op.create_index("ix_batches_open", "batches", ["id"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "batch_items",
        sa.Column("batch_id", _ID, sa.ForeignKey("batches.id", name="fk_batch_items_batch_id"), nullable=False),
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("poll_at", sa.String(27)),
        sa.Column("at", sa.String(27)),
        sa.Column("sentence", sa.Text),
        sa.PrimaryKeyConstraint("batch_id", "target", name="pk_batch_items"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_batch_items_state", "batch_items", ["batch_id", "state", "target"])
    waits = sa.text("poll_at IS NOT NULL")
    op.create_index(
        "ix_batch_items_poll",
        "batch_items",
        ["batch_id", "poll_at", "target"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
