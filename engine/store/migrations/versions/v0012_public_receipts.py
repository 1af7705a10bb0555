"""Receipts of what strangers sent in by the public portal: by the code that each got, the case that it went to.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "public_receipts",
        sa.Column("id", _Id, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("publication_id", _Id),
        sa.Column("received_at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_public_receipts"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_public_receipts_instance_id"),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], name="fk_public_receipts_publication_id"),
        sa.UniqueConstraint("code_hash", name="uq_public_receipts_code_hash"),
    )
    op.create_index("ix_public_receipts_instance_id", "public_receipts", ["instance_id"])
