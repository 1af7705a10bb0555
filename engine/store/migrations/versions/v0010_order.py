"""Visits know in the course of which acts they began and ended: what happened in one moment can be told in order.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of earlier visits only the time is known."""
    op.add_column("element_history", sa.Column("entered_seq", sa.BigInteger))
    op.add_column("element_history", sa.Column("left_seq", sa.BigInteger))
