"""Cases are linked with others that belong to the same matter.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Create the table. Which of the cases so far belong together nobody has said."""
    op.create_table(
        "case_links",
        sa.Column("instance_id", _Id, autoincrement=False, nullable=False),
        sa.Column("other_id", _Id, autoincrement=False, nullable=False),
        sa.Column("linked_by", sa.Text, nullable=False),
        sa.Column("linked_at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "other_id", name="pk_case_links"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_case_links_instance_id"),
        sa.ForeignKeyConstraint(["other_id"], ["instances.id"], name="fk_case_links_other_id"),
        sqlite_with_rowid=False,
    )
