"""Cases are deleted when their time is over, and what refers to them is found without reading whole tables.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Create tables and indexes."""
    op.create_table(
        "holds",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("placed_at", _Instant, nullable=False),
        sa.Column("released_by", sa.Text),
        sa.Column("released_at", _Instant),
        sa.Column("release_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_holds_instance_id"),
    )
    _index("uq_holds_in_force", "holds", ["instance_id"], "released_at IS NULL", unique=True)
    op.create_index("ix_holds_instance_id", "holds", ["instance_id", "id"])
    op.create_table(
        "clean_ups",
        sa.Column("instance_id", _Id, autoincrement=False, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("until", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name="pk_clean_ups"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_clean_ups_instance_id"),
    )
    op.create_table(
        "erasures",
        sa.Column("instance_id", _Id, autoincrement=False, nullable=False),
        sa.Column("root_id", _Id, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.Column("archive", sa.Text),
        sa.Column("archive_sha256", sa.String(64)),
        sa.Column("scrubbed_at", _Instant),
        sa.PrimaryKeyConstraint("instance_id", name="pk_erasures"),
    )
    _index("ix_erasures_unscrubbed", "erasures", ["instance_id"], "scrubbed_at IS NULL")
    op.create_table(
        "erased_origins",
        sa.Column("kind", sa.String(11), nullable=False),
        sa.Column("record_id", _Id, autoincrement=False, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("content", sa.String(64)),
        sa.PrimaryKeyConstraint("kind", "record_id", name="pk_erased_origins"),
    )
    op.create_index("ix_erased_origins_instance_id", "erased_origins", ["instance_id"])
    op.create_table(
        "kept_files",
        sa.Column("file_id", _Id, autoincrement=False, nullable=False),
        sa.Column("publication_id", _Id, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "publication_id", name="pk_kept_files"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_kept_files_file_id"),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], name="fk_kept_files_publication_id"),
        sqlite_with_rowid=False,
    )
    _index(
        "ix_instances_ended",
        "instances",
        ["definition_id", "ended_at", "id"],
        "ended_at IS NOT NULL AND parent_id IS NULL",
    )
    _index("ix_comments_user_task_id", "comments", ["user_task_id"], "user_task_id IS NOT NULL")
    _index("ix_copies_user_task_id", "copies", ["user_task_id"], "user_task_id IS NOT NULL")
    _index("ix_notices_instance_id", "notices", ["instance_id"], "instance_id IS NOT NULL")
    _index("ix_publications_document_id", "publications", ["document_id"], "document_id IS NOT NULL")
    op.create_index("ix_returns_from_task_id", "returns", ["from_task_id"])
    op.create_index("ix_case_links_other_id", "case_links", ["other_id"])
    op.create_index("ix_search_grams_instance_id", "search_grams", ["instance_id"])
    op.create_index("ix_label_grams_instance_id", "label_grams", ["instance_id"])


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
