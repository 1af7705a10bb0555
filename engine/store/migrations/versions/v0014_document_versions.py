"""What documents are made of is kept, and a document may be a new version of another one.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table. Of documents issued before, nobody knows any more what they were made of."""
    op.create_table(
        "document_versions",
        sa.Column("document_id", _Id, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("replaces", _Id),
        sa.Column("reason", sa.Text),
        sa.Column("data", sa.Text),
        sa.PrimaryKeyConstraint("document_id", name="pk_document_versions"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_document_versions_document_id"),
        sa.ForeignKeyConstraint(["replaces"], ["documents.id"], name="fk_document_versions_replaces"),
    )
    once = sa.text("replaces IS NOT NULL")
    op.create_index(
        "uq_document_versions_replaces",
        "document_versions",
        ["replaces"],
        unique=True,
        sqlite_where=once,
        postgresql_where=once,
    )
