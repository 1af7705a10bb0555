"""Open deadlines that move with a change of the calendar: how many did, and how far the cases have been looked at.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Add the columns; changes approved earlier are not looked at again."""
    op.add_column("calendar_changes", sa.Column("moved", sa.Integer, nullable=False, server_default="0"))
    op.add_column("calendar_changes", sa.Column("looked_to", _Id, nullable=False, server_default="0"))
    op.add_column("calendar_changes", sa.Column("look_at", _Instant))
    op.create_index(
        "ix_calendar_changes_look_at",
        "calendar_changes",
        ["look_at"],
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
