"""Which cell the ids of a database are of: 0 in every database that was made before there were cells.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("compatibility", sa.Column("cell", sa.Integer, nullable=False, server_default="0"))
