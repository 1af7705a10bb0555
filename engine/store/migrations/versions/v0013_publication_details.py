"""Publications show facts, tables and checks, with the hash of all they show; whoever has a receipt is told things.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Add the columns and the table. What was published before has no such hash: it was never computed then."""
    op.add_column("publications", sa.Column("details", sa.Text))
    op.add_column("publications", sa.Column("shown_sha256", sa.String(64)))
    op.create_table(
        "receipt_notes",
        sa.Column("id", _Id, nullable=False),
        sa.Column("receipt_id", _Id, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("document_id", _Id),
        sa.PrimaryKeyConstraint("id", name="pk_receipt_notes"),
        sa.ForeignKeyConstraint(["receipt_id"], ["public_receipts.id"], name="fk_receipt_notes_receipt_id"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_receipt_notes_document_id"),
    )
    op.create_index("ix_receipt_notes_receipt_id", "receipt_notes", ["receipt_id"])
