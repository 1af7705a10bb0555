"""What strangers sent in by the public portal; what they wrote is kept by the case alone."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store import tables, types

# The code itself is known to whoever sent something in, and to nobody else.
public_receipts = sa.Table(
    "public_receipts",
    tables.metadata,
    tables.identity(),
    sa.Column("code_hash", sa.String(64), nullable=False),
    tables.reference("instance_id", "instances"),
    sa.Column("element_id", sa.Text, nullable=False),
    tables.reference("publication_id", "publications", nullable=True),
    sa.Column("received_at", types.Instant, nullable=False),
    sa.UniqueConstraint("code_hash"),
)
tables.index("ix_public_receipts_instance_id", public_receipts.c.instance_id)

# What whoever has the code is told, and nobody else.
receipt_notes = sa.Table(
    "receipt_notes",
    tables.metadata,
    tables.identity(),
    tables.reference("receipt_id", "public_receipts"),
    sa.Column("at", types.Instant, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    tables.reference("document_id", "documents", nullable=True),
    # The case whose audit trail says so; of notes of before there was this column nobody knows.
    sa.Column("told_by", tables.Id),
)
tables.index("ix_receipt_notes_receipt_id", receipt_notes.c.receipt_id)
tables.index("ix_receipt_notes_document_id", receipt_notes.c.document_id, where="document_id IS NOT NULL")
tables.index("ix_receipt_notes_told_by", receipt_notes.c.told_by)
