"""An index of when cases began and how they stand: statistics count by it, without the rows of the cases themselves."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_instances_started", "instances", ["started_at", "definition_id", "status", "parent_id"])
