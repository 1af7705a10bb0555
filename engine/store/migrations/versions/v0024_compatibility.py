"""Programs that may still run on these tables: they are upgraded while the programs of before go on.

A migration that only adds (tables, indexes, columns that may be empty) leaves the row as it is. One that older programs
cannot live with sets `oldest` to its own version; then they are stopped before it.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and let programs of version 0018 go on."""
    made = op.create_table("compatibility", sa.Column("oldest", sa.String(32), nullable=False))
    op.bulk_insert(made, [{"oldest": "0018"}])
