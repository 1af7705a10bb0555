"""The tables. What is stored is small, plain and the same on SQLite and PostgreSQL.

Columns that change their size stand last: SQLite then rewrites the fewest pages of a long row. Partial indexes hold
only what is open, so that a list costs the same however much has been finished. Text has no limit of its own: SQLite
would not keep it, and both databases are to refuse the same.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.model import cooperation as model_cooperation
from engine.model import definitions as model_definitions
from engine.model import instances as model_instances
from engine.store import types

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: The first `previous_hash` of every audit chain.
NO_HASH = "0" * 64

# Only a column declared exactly INTEGER is the row number in SQLite.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def identity() -> sa.Column[int]:
    """Return the column of a row's own number."""
    return sa.Column("id", Id, primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    """Return a column that refers to the number of a row of the table `target`."""
    return sa.Column(name, Id, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def index(name: str, *columns: sa.Column[object], where: str | None = None, unique: bool = False) -> None:
    """Index columns; `where` makes the index a partial one, the same on both databases."""
    condition = None if where is None else sa.text(where)
    sa.Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


# One row: the oldest version of these tables whose programs may still run on them, and which cell the ids are of.
compatibility = sa.Table(
    "compatibility",
    metadata,
    sa.Column("oldest", sa.String(32), nullable=False),
    sa.Column("cell", sa.Integer, nullable=False, server_default="0"),
)

deployments = sa.Table(
    "deployments",
    metadata,
    identity(),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("deployed_at", types.Instant, nullable=False),
    sa.Column("deployed_by", sa.Text, nullable=False),
)
index("ix_deployments_pack", deployments.c.pack, deployments.c.id)

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

deployment_resources = sa.Table(
    "deployment_resources",
    metadata,
    sa.Column("deployment_id", Id, sa.ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("kind", types.Choice(model_definitions.ResourceKind), nullable=False),
    sa.Column("sha256", sa.String(64), sa.ForeignKey("resources.sha256"), nullable=False),
)

definitions = sa.Table(
    "definitions",
    metadata,
    identity(),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("version_tag", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    reference("deployment_id", "deployments"),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("status", types.Choice(model_definitions.DefinitionStatus), nullable=False),
    sa.Column("starter_groups", types.Names, nullable=False),
    sa.Column("history_ttl", sa.Text),
    sa.Column("starts", types.Json, nullable=False),
    sa.UniqueConstraint("key", "version"),
    sa.UniqueConstraint("key", "version_tag"),
)

instances = sa.Table(
    "instances",
    metadata,
    identity(),
    reference("definition_id", "definitions"),
    sa.Column("business_key", sa.Text),
    sa.Column("status", types.Choice(model_instances.InstanceStatus), nullable=False),
    sa.Column("started_at", types.Instant, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("ended_at", types.Instant),
    sa.Column("end_reason", sa.Text),
    reference("parent_id", "instances", nullable=True),
    sa.Column("parent_token", sa.BigInteger),
    reference("root_id", "instances", nullable=True),
    sa.Column("audit_seq", sa.BigInteger, nullable=False),
    sa.Column("audit_hash", sa.String(64), nullable=False),
    sa.Column("variables", sa.Text, nullable=False),
    sa.Column("tokens", sa.Text, nullable=False),
    sa.Column("undo", sa.Text),  # what it takes to withdraw the completion that happened last
    sa.Column("title", sa.Text),  # what the case is about, where its process says which variables tell
    # An id of a case is never given again, not even after its deletion: chains of the audit trail are named by it.
    sqlite_autoincrement=True,
)
index("ix_instances_definition_id", instances.c.definition_id, instances.c.id)
index("ix_instances_open", instances.c.id, where="ended_at IS NULL")
index("ix_instances_business_key", instances.c.business_key, where="business_key IS NOT NULL")
index("ix_instances_parent", instances.c.parent_id, instances.c.parent_token, where="parent_id IS NOT NULL")
index("ix_instances_root_id", instances.c.root_id, where="root_id IS NOT NULL")
# Cases that others did not call, by when they ended: how long they are kept counts from there.
index(
    "ix_instances_ended",
    instances.c.definition_id,
    instances.c.ended_at,
    instances.c.id,
    where="ended_at IS NOT NULL AND parent_id IS NULL",
)
index("ix_instances_started_by", instances.c.started_by, instances.c.id)
# All that statistics count cases by: the rows themselves hold their variables, and are many times as long.
index(
    "ix_instances_started",
    instances.c.started_at,
    instances.c.definition_id,
    instances.c.status,
    instances.c.parent_id,
)

user_tasks = sa.Table(
    "user_tasks",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("element_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", types.Choice(model_instances.UserTaskStatus), nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("lane", sa.Text),
    sa.Column("form_key", sa.Text),
    sa.Column("assignee", sa.Text),
    sa.Column("owner", sa.Text),
    sa.Column("delegation", types.Choice(model_instances.Delegation)),
    sa.Column("candidate_users", types.Names, nullable=False),
    sa.Column("candidate_groups", types.Names, nullable=False),
    sa.Column("due", types.Instant),
    sa.Column("follow_up", types.Instant),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("clause", sa.Text),
    sa.Column("draft", types.Json),
    sa.Column("completed_at", types.Instant),
    sa.Column("completed_by", sa.Text),
    sa.Column("sort_due", types.Instant, nullable=False),  # `due`, or NEVER: a key to page by
    sa.Column("completed_for", sa.Text),  # whom a substitute acted for
    sa.Column("countersign", types.Choice(model_cooperation.Countersigning)),  # what it waits for from others
    sa.Column("held", types.Json),  # a completion that waits until others agree
    sa.Column("announced_at", types.Instant),  # when people were told of it
    sa.Column("submission", types.Json),  # what its form was filled in with: later rounds overwrite the variables
    sa.UniqueConstraint("instance_id", "token"),
)
index("ix_user_tasks_unannounced", user_tasks.c.id, where="announced_at IS NULL")
index("ix_user_tasks_open", user_tasks.c.sort_due, user_tasks.c.id, where="status = 'open'")
index(
    "ix_user_tasks_assignee",
    user_tasks.c.assignee,
    user_tasks.c.sort_due,
    user_tasks.c.instance_id,
    user_tasks.c.token,
    where="status = 'open' AND assignee IS NOT NULL",
)
index("ix_user_tasks_owner", user_tasks.c.owner, user_tasks.c.id, where="status = 'open' AND owner IS NOT NULL")
index(
    "ix_user_tasks_completed_by",
    user_tasks.c.completed_by,
    user_tasks.c.completed_at,
    user_tasks.c.id,
    where="status IN ('completed', 'returned')",
)
index(
    "ix_user_tasks_done_in",
    user_tasks.c.completed_by,
    user_tasks.c.instance_id,
    where="status IN ('completed', 'returned')",
)
index(
    "ix_user_tasks_completed_for",
    user_tasks.c.completed_for,
    user_tasks.c.instance_id,
    where="completed_for IS NOT NULL",
)

# Who may claim what: rows exist only while a task is open and nobody has it.  The task itself keeps its candidates.
candidates = sa.Table(
    "candidates",
    metadata,
    sa.Column("instance_id", Id, primary_key=True, autoincrement=False),
    sa.Column("token", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(5), primary_key=True),  # user or group
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sort_due", types.Instant, nullable=False),
    sa.Column("definition_id", Id),  # of the instance, so that a list of one procedure looks at nothing else
    sa.ForeignKeyConstraint(["instance_id", "token"], ["user_tasks.instance_id", "user_tasks.token"]),
    sqlite_with_rowid=False,
)
index(
    "ix_candidates_name",
    candidates.c.kind,
    candidates.c.name,
    candidates.c.sort_due,
    candidates.c.instance_id,
    candidates.c.token,
    candidates.c.definition_id,
)

jobs = sa.Table(
    "jobs",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("element_id", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("status", types.Choice(model_instances.JobStatus), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("retries_left", sa.Integer, nullable=False),
    sa.Column("retry_cycle", sa.Text, nullable=False),
    sa.Column("due", types.Instant, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("leased_by", sa.Text),
    sa.Column("lease_until", types.Instant),
    sa.Column("last_error", sa.Text),
    sa.Column("inputs", types.Json, nullable=False),
    # When somebody should look at the job: its due time, or the end of its lease; NULL when it is over.
    sa.Column("poll_at", types.Instant),
)
index("ix_jobs_poll_at", jobs.c.poll_at, jobs.c.id, where="poll_at IS NOT NULL")
index("ix_jobs_topic", jobs.c.topic, jobs.c.poll_at, jobs.c.id, where="poll_at IS NOT NULL")
index("ix_jobs_instance_id", jobs.c.instance_id, jobs.c.token)

external_topics = sa.Table(
    "external_topics",
    metadata,
    sa.Column("pack", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("inputs", types.Json),
    sa.Column("outputs", types.Json),
    sqlite_with_rowid=False,
)
index("ix_external_topics_topic", external_topics.c.topic)

timers = sa.Table(
    "timers",
    metadata,
    identity(),
    sa.Column("due", types.Instant, nullable=False),
    sa.Column("element_id", sa.Text, nullable=False),
    reference("instance_id", "instances", nullable=True),
    sa.Column("token", sa.BigInteger),
    reference("definition_id", "definitions", nullable=True),
    sa.Column("fired", sa.Integer, nullable=False),
    sa.Column("carried_until", types.Instant),  # until then a queue has it, and nobody else need look for it
    sa.UniqueConstraint("instance_id", "token"),
    sa.UniqueConstraint("definition_id", "element_id"),
)
index("ix_timers_due", timers.c.due, timers.c.id)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    identity(),
    sa.Column("kind", types.Choice(model_instances.SubscriptionKind), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("element_id", sa.Text, nullable=False),
    sa.Column("correlation_key", sa.Text),
    reference("instance_id", "instances", nullable=True),
    sa.Column("token", sa.BigInteger),
    reference("definition_id", "definitions", nullable=True),
    sa.UniqueConstraint("instance_id", "token"),
    sa.UniqueConstraint("definition_id", "element_id"),
)
index(
    "ix_subscriptions_waiting",
    subscriptions.c.kind,
    subscriptions.c.name,
    subscriptions.c.correlation_key,
    subscriptions.c.id,
    where="instance_id IS NOT NULL",
)
index(
    "ix_subscriptions_starts",
    subscriptions.c.kind,
    subscriptions.c.name,
    subscriptions.c.id,
    where="definition_id IS NOT NULL",
)

# Delivered and expired messages stay until purged, so that a message sent twice is known.
messages = sa.Table(
    "messages",
    metadata,
    identity(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("correlation_key", sa.Text),
    sa.Column("payload", types.Json, nullable=False),
    sa.Column("message_id", sa.Text),
    sa.Column("received_at", types.Instant, nullable=False),
    sa.Column("expires_at", types.Instant, nullable=False),
    sa.Column("status", sa.String(9), nullable=False),  # waiting, delivered, expired
    sa.UniqueConstraint("name", "message_id"),
)
index("ix_messages_waiting", messages.c.name, messages.c.correlation_key, messages.c.id, where="status = 'waiting'")
index("ix_messages_expiring", messages.c.expires_at, messages.c.id, where="status = 'waiting'")
index("ix_messages_over", messages.c.expires_at, where="status <> 'waiting'")

incidents = sa.Table(
    "incidents",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("element_id", sa.Text, nullable=False),
    sa.Column("kind", types.Choice(model_instances.IncidentKind), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("resolved_at", types.Instant),
    sa.Column("resolved_by", sa.Text),
)
index("ix_incidents_instance_id", incidents.c.instance_id, incidents.c.token)
index("ix_incidents_open", incidents.c.id, where="resolved_at IS NULL")

element_history = sa.Table(
    "element_history",
    metadata,
    sa.Column("instance_id", Id, sa.ForeignKey("instances.id"), primary_key=True, autoincrement=False),
    sa.Column("token", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("element_id", sa.Text, nullable=False),
    sa.Column("element_type", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("entered_at", types.Instant, nullable=False),
    sa.Column("left_at", types.Instant),
    sa.Column("outcome", sa.Text),
    # The acts in whose course it was entered and left, by their place in the audit chain: moments may be the same.
    sa.Column("entered_seq", sa.BigInteger),
    sa.Column("left_seq", sa.BigInteger),
    sqlite_with_rowid=False,
)

comments = sa.Table(
    "comments",
    metadata,
    identity(),
    reference("instance_id", "instances"),
    reference("user_task_id", "user_tasks", nullable=True),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
)
index("ix_comments_instance_id", comments.c.instance_id, comments.c.id)
index("ix_comments_user_task_id", comments.c.user_task_id, where="user_task_id IS NOT NULL")

audit = sa.Table(
    "audit",
    metadata,
    identity(),
    sa.Column("chain", sa.BigInteger, nullable=False),  # the id of an instance; 0 is the chain of the system
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at", types.Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),  # canonical JSON, as hashed
    sa.Column("previous_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("chain", "seq"),
)

# The heads of the chains that no instance keeps: one row, for chain 0.
audit_heads = sa.Table(
    "audit_heads",
    metadata,
    sa.Column("chain", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("action", sa.Text, primary_key=True),
    sa.Column("result", types.Json, nullable=False),
    sa.Column("at", types.Instant, nullable=False),
    sqlite_with_rowid=False,
)
index("ix_idempotency_at", idempotency.c.at)
