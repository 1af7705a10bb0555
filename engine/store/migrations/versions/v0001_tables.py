"""The tables of the first version. There is no way down: restore the backup instead."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)
_Hash = sa.String(64)
_Choice = sa.String(16)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Create all tables and indexes."""
    op.create_table(
        "audit",
        sa.Column("id", _Id, nullable=False),
        sa.Column("chain", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", _Hash, nullable=False),
        sa.Column("hash", _Hash, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("chain", "seq", name="uq_audit_chain_seq"),
    )
    heads = op.create_table(
        "audit_heads",
        sa.Column("chain", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", _Hash, nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_heads"),
    )
    # The chain of the system has its head from the beginning, so that two first entries at once wait for each other.
    op.bulk_insert(heads, [{"chain": 0, "seq": 0, "hash": "0" * 64}])
    op.create_table(
        "deployments",
        sa.Column("id", _Id, nullable=False),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("sha256", _Hash, nullable=False),
        sa.Column("deployed_at", _Instant, nullable=False),
        sa.Column("deployed_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployments"),
    )
    op.create_index("ix_deployments_pack", "deployments", ["pack", "id"])
    op.create_table(
        "idempotency",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", "actor", "action", name="pk_idempotency"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_idempotency_at", "idempotency", ["at"])
    op.create_table(
        "messages",
        sa.Column("id", _Id, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("correlation_key", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("received_at", _Instant, nullable=False),
        sa.Column("expires_at", _Instant, nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("name", "message_id", name="uq_messages_name_message_id"),
    )
    op.create_index("ix_messages_expiring", "messages", ["expires_at", "id"], **_where("status = 'waiting'"))
    op.create_index("ix_messages_over", "messages", ["expires_at"], **_where("status <> 'waiting'"))
    op.create_index(
        "ix_messages_waiting", "messages", ["name", "correlation_key", "id"], **_where("status = 'waiting'")
    )
    op.create_table(
        "resources",
        sa.Column("sha256", _Hash, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_resources"),
    )
    op.create_table(
        "definitions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("version_tag", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sha256", _Hash, nullable=False),
        sa.Column("deployment_id", _Id, nullable=False),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("starter_groups", sa.Text, nullable=False),
        sa.Column("history_ttl", sa.Text),
        sa.Column("starts", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_definitions_deployment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_definitions"),
        sa.UniqueConstraint("key", "version", name="uq_definitions_key_version"),
        sa.UniqueConstraint("key", "version_tag", name="uq_definitions_key_version_tag"),
    )
    op.create_table(
        "deployment_resources",
        sa.Column("deployment_id", _Id, nullable=False, autoincrement=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("kind", _Choice, nullable=False),
        sa.Column("sha256", _Hash, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_deployment_resources_deployment_id"),
        sa.ForeignKeyConstraint(["sha256"], ["resources.sha256"], name="fk_deployment_resources_sha256"),
        sa.PrimaryKeyConstraint("deployment_id", "path", name="pk_deployment_resources"),
    )
    op.create_table(
        "instances",
        sa.Column("id", _Id, nullable=False),
        sa.Column("definition_id", _Id, nullable=False),
        sa.Column("business_key", sa.Text),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("started_at", _Instant, nullable=False),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("ended_at", _Instant),
        sa.Column("end_reason", sa.Text),
        sa.Column("parent_id", _Id),
        sa.Column("parent_token", sa.BigInteger),
        sa.Column("root_id", _Id),
        sa.Column("audit_seq", sa.BigInteger, nullable=False),
        sa.Column("audit_hash", _Hash, nullable=False),
        sa.Column("variables", sa.Text, nullable=False),
        sa.Column("tokens", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definitions.id"], name="fk_instances_definition_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["instances.id"], name="fk_instances_parent_id"),
        sa.ForeignKeyConstraint(["root_id"], ["instances.id"], name="fk_instances_root_id"),
        sa.PrimaryKeyConstraint("id", name="pk_instances"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_instances_business_key", "instances", ["business_key"], **_where("business_key IS NOT NULL"))
    op.create_index("ix_instances_definition_id", "instances", ["definition_id", "id"])
    op.create_index("ix_instances_open", "instances", ["id"], **_where("ended_at IS NULL"))
    op.create_index(
        "ix_instances_parent", "instances", ["parent_id", "parent_token"], **_where("parent_id IS NOT NULL")
    )
    op.create_index("ix_instances_root_id", "instances", ["root_id"], **_where("root_id IS NOT NULL"))
    op.create_table(
        "element_history",
        sa.Column("instance_id", _Id, nullable=False, autoincrement=False),
        sa.Column("token", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("element_type", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("entered_at", _Instant, nullable=False),
        sa.Column("left_at", _Instant),
        sa.Column("outcome", sa.Text),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_element_history_instance_id"),
        sa.PrimaryKeyConstraint("instance_id", "token", name="pk_element_history"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incidents",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("kind", _Choice, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("resolved_at", _Instant),
        sa.Column("resolved_by", sa.Text),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_incidents_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_instance_id", "incidents", ["instance_id", "token"])
    op.create_index("ix_incidents_open", "incidents", ["id"], **_where("resolved_at IS NULL"))
    op.create_table(
        "jobs",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("retries_left", sa.Integer, nullable=False),
        sa.Column("retry_cycle", sa.Text, nullable=False),
        sa.Column("due", _Instant, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("leased_by", sa.Text),
        sa.Column("lease_until", _Instant),
        sa.Column("last_error", sa.Text),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("poll_at", _Instant),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_jobs_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_instance_id", "jobs", ["instance_id", "token"])
    op.create_index("ix_jobs_poll_at", "jobs", ["poll_at", "id"], **_where("poll_at IS NOT NULL"))
    op.create_table(
        "subscriptions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("kind", _Choice, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("correlation_key", sa.Text),
        sa.Column("instance_id", _Id),
        sa.Column("token", sa.BigInteger),
        sa.Column("definition_id", _Id),
        sa.ForeignKeyConstraint(["definition_id"], ["definitions.id"], name="fk_subscriptions_definition_id"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_subscriptions_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint("definition_id", "element_id", name="uq_subscriptions_definition_id_element_id"),
        sa.UniqueConstraint("instance_id", "token", name="uq_subscriptions_instance_id_token"),
    )
    op.create_index(
        "ix_subscriptions_waiting",
        "subscriptions",
        ["kind", "name", "correlation_key", "id"],
        **_where("instance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_subscriptions_starts", "subscriptions", ["kind", "name", "id"], **_where("definition_id IS NOT NULL")
    )
    op.create_table(
        "timers",
        sa.Column("id", _Id, nullable=False),
        sa.Column("due", _Instant, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("instance_id", _Id),
        sa.Column("token", sa.BigInteger),
        sa.Column("definition_id", _Id),
        sa.Column("fired", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definitions.id"], name="fk_timers_definition_id"),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_timers_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_timers"),
        sa.UniqueConstraint("definition_id", "element_id", name="uq_timers_definition_id_element_id"),
        sa.UniqueConstraint("instance_id", "token", name="uq_timers_instance_id_token"),
    )
    op.create_index("ix_timers_due", "timers", ["due", "id"])
    op.create_table(
        "user_tasks",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("lane", sa.Text),
        sa.Column("form_key", sa.Text),
        sa.Column("assignee", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("delegation", _Choice),
        sa.Column("candidate_users", sa.Text, nullable=False),
        sa.Column("candidate_groups", sa.Text, nullable=False),
        sa.Column("due", _Instant),
        sa.Column("follow_up", _Instant),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("clause", sa.Text),
        sa.Column("draft", sa.Text),
        sa.Column("completed_at", _Instant),
        sa.Column("completed_by", sa.Text),
        sa.Column("sort_due", _Instant, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_user_tasks_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_user_tasks"),
        sa.UniqueConstraint("instance_id", "token", name="uq_user_tasks_instance_id_token"),
    )
    op.create_index(
        "ix_user_tasks_assignee",
        "user_tasks",
        ["assignee", "sort_due", "id"],
        **_where("status = 'open' AND assignee IS NOT NULL"),
    )
    op.create_index(
        "ix_user_tasks_completed_by", "user_tasks", ["completed_by", "id"], **_where("status = 'completed'")
    )
    op.create_index("ix_user_tasks_open", "user_tasks", ["sort_due", "id"], **_where("status = 'open'"))
    op.create_table(
        "candidates",
        sa.Column("instance_id", _Id, nullable=False, autoincrement=False),
        sa.Column("token", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sort_due", _Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "token"],
            ["user_tasks.instance_id", "user_tasks.token"],
            name="fk_candidates_instance_id_token",
        ),
        sa.PrimaryKeyConstraint("instance_id", "token", "kind", "name", name="pk_candidates"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_candidates_name", "candidates", ["kind", "name", "sort_due", "instance_id", "token"])
    op.create_table(
        "comments",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("user_task_id", _Id),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_comments_instance_id"),
        sa.ForeignKeyConstraint(["user_task_id"], ["user_tasks.id"], name="fk_comments_user_task_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_instance_id", "comments", ["instance_id", "id"])
