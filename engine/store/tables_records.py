"""What procedures leave behind: entries of registers, official documents, publications. Nothing here ever changes."""

from __future__ import annotations

import sqlalchemy as sa

from engine.model import records as model
from engine.store import tables, types

register_entries = sa.Table(
    "register_entries",
    tables.metadata,
    tables.identity(),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("register", sa.Text, nullable=False),
    sa.Column("year", sa.Integer, nullable=False),  # 0 in a register that does not begin anew each year
    sa.Column("serial", sa.Integer, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("values", types.Json, nullable=False),
    tables.reference("instance_id", "instances", nullable=True),
    tables.reference("corrects", "register_entries", nullable=True),
    sa.Column("reason", sa.Text),
    sa.Column("at", types.Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("pack", "register", "year", "serial"),
    sa.UniqueConstraint("pack", "register", "number"),
)
tables.index("ix_register_entries_instance_id", register_entries.c.instance_id)
tables.index(
    "ix_register_entries_register", register_entries.c.pack, register_entries.c.register, register_entries.c.id
)
tables.index("ix_register_entries_corrects", register_entries.c.corrects, where="corrects IS NOT NULL")

# What an entry may be found by: the values that are short texts, each by the name of its field.
register_values = sa.Table(
    "register_values",
    tables.metadata,
    sa.Column("entry_id", tables.Id, sa.ForeignKey("register_entries.id"), primary_key=True, autoincrement=False),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
tables.index("ix_register_values_value", register_values.c.field, register_values.c.value, register_values.c.entry_id)

documents = sa.Table(
    "documents",
    tables.metadata,
    tables.identity(),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),  # empty for papers without one
    sa.Column("issuer", sa.Text, nullable=False),
    tables.reference("instance_id", "instances", nullable=True),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("issued_at", types.Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)
tables.index("ix_documents_instance_id", documents.c.instance_id)
tables.index("uq_documents_number", documents.c.pack, documents.c.number, unique=True, where="number <> ''")

#: What a document was made of, and which one it takes the place of. Documents of before this table have no row.
document_versions = sa.Table(
    "document_versions",
    tables.metadata,
    sa.Column("document_id", tables.Id, sa.ForeignKey("documents.id"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    tables.reference("replaces", "documents", nullable=True),
    sa.Column("reason", sa.Text),
    sa.Column("data", types.Json),
)
tables.index("uq_document_versions_replaces", document_versions.c.replaces, unique=True, where="replaces IS NOT NULL")

publications = sa.Table(
    "publications",
    tables.metadata,
    tables.identity(),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("kind", types.Choice(model.PublicationKind), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("summary", sa.Text),
    sa.Column("content", sa.Text),
    tables.reference("document_id", "documents", nullable=True),
    sa.Column("attachments", types.Json, nullable=False),
    sa.Column("until", types.Instant),
    tables.reference("replaces", "publications", nullable=True),
    sa.Column("content_sha256", sa.String(64), nullable=False),
    tables.reference("instance_id", "instances", nullable=True),
    sa.Column("published_at", types.Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("details", types.Json),
    sa.Column("shown_sha256", sa.String(64)),
    # What `details` says to readers, a text a line: what is searched, without names of fields and signs of JSON.
    sa.Column("words", sa.Text),
)
#: What was withdrawn. The publication stays; strangers are told that there was one, and no longer what it said.
publication_withdrawals = sa.Table(
    "publication_withdrawals",
    tables.metadata,
    sa.Column("publication_id", tables.Id, sa.ForeignKey("publications.id"), primary_key=True, autoincrement=False),
    sa.Column("at", types.Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
tables.index("ix_publications_kind", publications.c.kind, publications.c.id)
tables.index("ix_publications_instance_id", publications.c.instance_id)
tables.index("ix_publications_replaces", publications.c.replaces)
tables.index("ix_publications_document_id", publications.c.document_id, where="document_id IS NOT NULL")
