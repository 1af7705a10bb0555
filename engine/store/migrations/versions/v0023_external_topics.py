"""Topics whose work is done elsewhere, and the tokens of the programs that do it.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and add the column. No topic has been external so far, and no token bound to any."""
    op.create_table(
        "external_topics",
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text),
        sa.Column("outputs", sa.Text),
        sa.PrimaryKeyConstraint("pack", "topic", name="pk_external_topics"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_external_topics_topic", "external_topics", ["topic"])
    op.add_column("api_tokens", sa.Column("topics", sa.Text))
