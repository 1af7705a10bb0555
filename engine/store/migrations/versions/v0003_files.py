"""What was uploaded, by the hash of its content.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)
_Hash = sa.String(64)


def upgrade() -> None:
    """Create the tables of this area."""
    op.create_table(
        "blobs",
        sa.Column("sha256", _Hash, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("stored_at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "files",
        sa.Column("id", _Id, nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", _Hash, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_files_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sa.UniqueConstraint("token", name="uq_files_token"),
    )
    op.create_index("ix_files_sha256", "files", ["sha256"])
    op.create_index("ix_files_created_at", "files", ["created_at", "id"])
    op.create_table(
        "file_links",
        sa.Column("file_id", _Id, nullable=False, autoincrement=False),
        sa.Column("instance_id", _Id, nullable=False, autoincrement=False),
        sa.Column("linked_at", _Instant, nullable=False),
        sa.Column("linked_by", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_file_links_file_id"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_file_links_instance_id"),
        sa.PrimaryKeyConstraint("file_id", "instance_id", name="pk_file_links"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_file_links_instance_id", "file_links", ["instance_id"])
    op.create_table(
        "draft_files",
        sa.Column("user_task_id", _Id, nullable=False, autoincrement=False),
        sa.Column("file_id", _Id, nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(["user_task_id"], ["user_tasks.id"], name="fk_draft_files_user_task_id"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_draft_files_file_id"),
        sa.PrimaryKeyConstraint("user_task_id", "file_id", name="pk_draft_files"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_draft_files_file_id", "draft_files", ["file_id"])
