"""What was uploaded, by the hash of its content."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store import types
from engine.store.tables import Id, identity, index, metadata

# One row for each content on disk. Whoever stores or removes the content changes the row first, and so waits for
# everybody else who does.
blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("stored_at", types.Instant, nullable=False),
)

files = sa.Table(
    "files",
    metadata,
    identity(),
    sa.Column("token", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), sa.ForeignKey("blobs.sha256"), nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.UniqueConstraint("token"),
)
index("ix_files_sha256", files.c.sha256)
index("ix_files_created_at", files.c.created_at, files.c.id)

# The cases that a file was submitted to.
file_links = sa.Table(
    "file_links",
    metadata,
    sa.Column("file_id", Id, sa.ForeignKey("files.id"), primary_key=True, autoincrement=False),
    sa.Column("instance_id", Id, sa.ForeignKey("instances.id"), primary_key=True, autoincrement=False),
    sa.Column("linked_at", types.Instant, nullable=False),
    sa.Column("linked_by", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
index("ix_file_links_instance_id", file_links.c.instance_id)

# The files that the draft of a user task holds.
draft_files = sa.Table(
    "draft_files",
    metadata,
    sa.Column("user_task_id", Id, sa.ForeignKey("user_tasks.id"), primary_key=True, autoincrement=False),
    sa.Column("file_id", Id, sa.ForeignKey("files.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
index("ix_draft_files_file_id", draft_files.c.file_id)
