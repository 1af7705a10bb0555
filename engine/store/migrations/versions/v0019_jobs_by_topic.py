"""Workers take jobs of some topics: found without those of others.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    polled = sa.text("poll_at IS NOT NULL")
    op.create_index("ix_jobs_topic", "jobs", ["topic", "poll_at", "id"], sqlite_where=polled, postgresql_where=polled)
