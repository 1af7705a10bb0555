"""What procedures leave behind: entries of registers, official documents, publications.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)


def upgrade() -> None:
    """Create the tables of this area."""
    _registers()
    _documents()
    _publications()


def _registers() -> None:
    op.create_table(
        "register_entries",
        sa.Column("id", _Id, nullable=False),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("values", sa.Text, nullable=False),
        sa.Column("instance_id", _Id),
        sa.Column("corrects", _Id),
        sa.Column("reason", sa.Text),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_register_entries"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_register_entries_instance_id"),
        sa.ForeignKeyConstraint(["corrects"], ["register_entries.id"], name="fk_register_entries_corrects"),
        sa.UniqueConstraint("pack", "register", "year", "serial", name="uq_register_entries_pack_register_year_serial"),
        sa.UniqueConstraint("pack", "register", "number", name="uq_register_entries_pack_register_number"),
    )
    op.create_index("ix_register_entries_instance_id", "register_entries", ["instance_id"])
    op.create_index("ix_register_entries_register", "register_entries", ["pack", "register", "id"])
    op.create_table(
        "register_values",
        sa.Column("entry_id", _Id, nullable=False, autoincrement=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "field", name="pk_register_values"),
        sa.ForeignKeyConstraint(["entry_id"], ["register_entries.id"], name="fk_register_values_entry_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_register_values_value", "register_values", ["field", "value", "entry_id"])


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", _Id, nullable=False),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("instance_id", _Id),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("issued_at", _Instant, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_documents_instance_id"),
    )
    op.create_index("ix_documents_instance_id", "documents", ["instance_id"])
    op.create_index(
        "uq_documents_number",
        "documents",
        ["pack", "number"],
        unique=True,
        sqlite_where=sa.text("number <> ''"),
        postgresql_where=sa.text("number <> ''"),
    )


def _publications() -> None:
    op.create_table(
        "publications",
        sa.Column("id", _Id, nullable=False),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("summary", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("document_id", _Id),
        sa.Column("attachments", sa.Text, nullable=False),
        sa.Column("until", _Instant),
        sa.Column("replaces", _Id),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("instance_id", _Id),
        sa.Column("published_at", _Instant, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_publications"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_publications_document_id"),
        sa.ForeignKeyConstraint(["replaces"], ["publications.id"], name="fk_publications_replaces"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_publications_instance_id"),
    )
    op.create_index("ix_publications_kind", "publications", ["kind", "id"])
    op.create_index("ix_publications_instance_id", "publications", ["instance_id"])
    op.create_index("ix_publications_replaces", "publications", ["replaces"])
