"""Notes to senders say which case told them; links of cases say whether the public sees them.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns. Nobody has said of the links so far that the public may see them."""
    op.add_column("receipt_notes", sa.Column("told_by", _Id))
    told = sa.text("document_id IS NOT NULL")
    op.create_index(
        "ix_receipt_notes_document_id", "receipt_notes", ["document_id"], sqlite_where=told, postgresql_where=told
    )
    op.create_index("ix_receipt_notes_told_by", "receipt_notes", ["told_by"])
    op.add_column("case_links", sa.Column("shown", sa.Boolean(), nullable=False, server_default=sa.false()))
