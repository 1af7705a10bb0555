"""Lists are filtered by an index of what cases and their tasks are called.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the index, and have every case read again for it; until that is done lists look at the rows themselves."""
    op.create_table(
        "label_grams",
        sa.Column("gram", sa.Text, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["search_documents.instance_id"], name="fk_label_grams_instance_id"),
        sa.PrimaryKeyConstraint("gram", "instance_id", name="pk_label_grams"),
        sqlite_with_rowid=False,
    )
    op.add_column("search_documents", sa.Column("labels", sa.Text, nullable=False, server_default=""))
    op.execute("UPDATE search_documents SET seq = -1")
    op.execute("UPDATE feeds SET position = 0, horizon = NULL, waiting_since = NULL WHERE name = 'search'")
