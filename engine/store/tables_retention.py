"""How long cases are kept: holds, and what is left of cases that were deleted when their time was over."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store import types
from engine.store.tables import Id, identity, index, metadata, reference

# A case under hold (保全) is not deleted, whatever its time. A row is in force until it is released.
holds = sa.Table(
    "holds",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("placed_at", types.Instant, nullable=False),
    sa.Column("released_by", sa.Text),
    sa.Column("released_at", types.Instant),
    sa.Column("release_reason", sa.Text),
)
index("uq_holds_in_force", holds.c.instance_id, where="released_at IS NULL", unique=True)
index("ix_holds_instance_id", holds.c.instance_id, holds.c.id)

# Who is about to archive and delete a case: others leave it alone until then.
clean_ups = sa.Table(
    "clean_ups",
    metadata,
    sa.Column("instance_id", Id, sa.ForeignKey("instances.id"), primary_key=True, autoincrement=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("until", types.Instant, nullable=False),
)

# Cases that were deleted. What proves that they were is in the system's chain of the audit trail; this is to look up.
erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("instance_id", Id, primary_key=True, autoincrement=False),
    sa.Column("root_id", Id, nullable=False),
    sa.Column("at", types.Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("archive", sa.Text),  # name of the archive package, without its directory
    sa.Column("archive_sha256", sa.String(64)),
    sa.Column("scrubbed_at", types.Instant),  # when the pages that held it were overwritten
)
index("ix_erasures_unscrubbed", erasures.c.instance_id, where="scrubbed_at IS NULL")

# The deleted case that a record which stays was made by: its hash and its seal cover the number of the case. `content`
# is the hash of what is left of it, where personal data was taken out of it.
erased_origins = sa.Table(
    "erased_origins",
    metadata,
    sa.Column("kind", sa.String(11), primary_key=True),  # register, document, publication
    sa.Column("record_id", Id, primary_key=True, autoincrement=False),
    sa.Column("instance_id", Id, nullable=False),
    sa.Column("content", sa.String(64)),
)
index("ix_erased_origins_instance_id", erased_origins.c.instance_id)

# Files of a deleted case that a publication still shows.
kept_files = sa.Table(
    "kept_files",
    metadata,
    sa.Column("file_id", Id, sa.ForeignKey("files.id"), primary_key=True, autoincrement=False),
    sa.Column("publication_id", Id, sa.ForeignKey("publications.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
