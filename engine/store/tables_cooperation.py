"""How people work together on a case beside completing tasks: countersigning, copies, urging, returns.

A list of what is somebody's to do joins two ranges, each cut to a page before they are put together: `user_tasks` where
`assignee` is theirs, by (sort_due, instance_id, token), and `countersignatures` where `person` is theirs, by (sort_due,
instance_id, token, id). Both have an index of what is open by exactly these columns. The key of the whole list is
(sort_due, instance_id, token, id of the countersignature), with 0 as the last one of a task. The row of a
countersignature is shown with the name, clause and priority of its user task (`user_task_id`).
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.model import cooperation as model
from engine.store import types
from engine.store.tables import Id, identity, index, metadata, reference

# What one person is asked about one user task. A row is open only while its task is.
countersignatures = sa.Table(
    "countersignatures",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    reference("user_task_id", "user_tasks"),
    sa.Column("token", sa.BigInteger, nullable=False),  # of the user task: a key to page by
    sa.Column("kind", types.Choice(model.CountersignKind), nullable=False),
    sa.Column("status", types.Choice(model.CountersignStatus), nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", types.Instant, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("due", types.Instant),
    sa.Column("opened_at", types.Instant),
    sa.Column("answered_at", types.Instant),
    sa.Column("answered_by", sa.Text),
    sa.Column("agrees", sa.Boolean(create_constraint=False)),
    sa.Column("opinion", sa.Text),
    sa.Column("sort_due", types.Instant, nullable=False),  # `due`, or NEVER: a key to page by
)
index(
    "ix_countersignatures_person",
    countersignatures.c.person,
    countersignatures.c.sort_due,
    countersignatures.c.instance_id,
    countersignatures.c.token,
    countersignatures.c.id,
    where="status = 'open'",
)
index("ix_countersignatures_user_task_id", countersignatures.c.user_task_id, countersignatures.c.id)
index("ix_countersignatures_instance_id", countersignatures.c.instance_id, countersignatures.c.id)
index(
    "ix_countersignatures_answered_by",
    countersignatures.c.answered_by,
    countersignatures.c.answered_at,
    countersignatures.c.id,
    where="status = 'given'",
)

copies = sa.Table(
    "copies",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    reference("user_task_id", "user_tasks", nullable=True),
    sa.Column("kind", sa.String(5), nullable=False),  # user or group
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sent_by", sa.Text, nullable=False),
    sa.Column("sent_at", types.Instant, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
index("ix_copies_name", copies.c.kind, copies.c.name, copies.c.id)
index("ix_copies_instance_id", copies.c.instance_id, copies.c.id)
index("ix_copies_user_task_id", copies.c.user_task_id, where="user_task_id IS NOT NULL")

# Who has read a copy: one that was sent to a role is read by each for themselves.
copy_reads = sa.Table(
    "copy_reads",
    metadata,
    sa.Column("copy_id", Id, sa.ForeignKey("copies.id"), primary_key=True, autoincrement=False),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("read_at", types.Instant, nullable=False),
    sqlite_with_rowid=False,
)

urges = sa.Table(
    "urges",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    reference("user_task_id", "user_tasks"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", types.Instant, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
index("ix_urges_user_task_id", urges.c.user_task_id, urges.c.id)
index("ix_urges_instance_id", urges.c.instance_id, urges.c.id)

returns = sa.Table(
    "returns",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    reference("from_task_id", "user_tasks"),
    reference("to_task_id", "user_tasks"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", types.Instant, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
index("ix_returns_instance_id", returns.c.instance_id, returns.c.id)
index("ix_returns_to_task_id", returns.c.to_task_id)
index("ix_returns_from_task_id", returns.c.from_task_id)

# Cases that belong together without calling each other. A link is two rows, one from each side.
case_links = sa.Table(
    "case_links",
    metadata,
    sa.Column("instance_id", Id, sa.ForeignKey("instances.id"), primary_key=True, autoincrement=False),
    sa.Column("other_id", Id, sa.ForeignKey("instances.id"), primary_key=True, autoincrement=False),
    sa.Column("linked_by", sa.Text, nullable=False),
    sa.Column("linked_at", types.Instant, nullable=False),
    # Whether the public sees that they belong together: whoever linked them may decide what it sees.
    sa.Column("shown", sa.Boolean, nullable=False, server_default=sa.false()),
    sqlite_with_rowid=False,
)
index("ix_case_links_other_id", case_links.c.other_id)
