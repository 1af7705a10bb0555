"""What lists need to be found fast: search, saved filters, numbering; and what was submitted beside user tasks."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store import types
from engine.store.tables import Id, identity, index, metadata, reference

# The last number given of every series of business keys: one per process, and per year where the key names the year.
numbering = sa.Table(
    "numbering",
    metadata,
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

saved_filters = sa.Table(
    "saved_filters",
    metadata,
    identity(),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("list", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", types.Json, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.UniqueConstraint("owner", "list", "name"),
)

# What the forms of start events and of messages were filled in with; a user task keeps its own.
submissions = sa.Table(
    "submissions",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    sa.Column("element_id", sa.Text, nullable=False),
    sa.Column("form_key", sa.Text, nullable=False),
    sa.Column("submitted_by", sa.Text, nullable=False),
    sa.Column("submitted_at", types.Instant, nullable=False),
    sa.Column("values", types.Json, nullable=False),
)
index("ix_submissions_instance_id", submissions.c.instance_id, submissions.c.id)

# What of a case can be searched, and how far its audit chain was when that was read. `root_id` is its family.
search_documents = sa.Table(
    "search_documents",
    metadata,
    sa.Column("instance_id", Id, sa.ForeignKey("instances.id"), primary_key=True, autoincrement=False),
    sa.Column("root_id", Id, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False, server_default=""),  # what the case and its tasks are called
)

# In which documents a pair of characters or the beginning of a word occurs.
search_grams = sa.Table(
    "search_grams",
    metadata,
    sa.Column("gram", sa.Text, primary_key=True),
    sa.Column("instance_id", Id, sa.ForeignKey("search_documents.instance_id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

index("ix_search_grams_instance_id", search_grams.c.instance_id)

# In the labels of which cases two neighbouring characters occur, wherever they stand.
label_grams = sa.Table(
    "label_grams",
    metadata,
    sa.Column("gram", sa.Text, primary_key=True),
    sa.Column("instance_id", Id, sa.ForeignKey("search_documents.instance_id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

index("ix_label_grams_instance_id", label_grams.c.instance_id)

# Who may see the cases of a family: users and groups, as `engine.store.involvement` has them.
search_readers = sa.Table(
    "search_readers",
    metadata,
    sa.Column("root_id", Id, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(5), primary_key=True),  # user or group
    sa.Column("name", sa.Text, primary_key=True),
    sqlite_with_rowid=False,
)
