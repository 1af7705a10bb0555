"""Changes of the working-day calendar that somebody proposes and somebody else approves.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Create the tables of this area."""
    op.create_table(
        "calendar_changes",
        sa.Column("id", _Id, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("working", sa.Boolean, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("counts_for_statutory", sa.Boolean, nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("revokes", _Id),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", _Instant, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", _Instant),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_changes"),
        sa.ForeignKeyConstraint(["revokes"], ["calendar_changes.id"], name="fk_calendar_changes_revokes"),
    )
    op.create_index("ix_calendar_changes_status", "calendar_changes", ["status", "id"])
