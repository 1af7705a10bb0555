"""Publications may be withdrawn from the public.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "publication_withdrawals",
        sa.Column("publication_id", _Id, autoincrement=False, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("publication_id", name="pk_publication_withdrawals"),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name="fk_publication_withdrawals_publication_id"
        ),
    )
