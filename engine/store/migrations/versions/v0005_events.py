"""What people and other programs are told: notices, mail, webhooks.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)
_Choice = sa.String(16)
_Flag = sa.Boolean(create_constraint=False)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Create the tables of this area. What has happened so far is not told afterwards."""
    op.add_column("user_tasks", sa.Column("announced_at", _Instant))
    op.execute("UPDATE user_tasks SET announced_at = created_at")
    op.create_index("ix_user_tasks_unannounced", "user_tasks", ["id"], **_where("announced_at IS NULL"))
    op.create_table(
        "feeds",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("horizon", sa.BigInteger),
        sa.Column("waiting_since", _Instant),
        sa.PrimaryKeyConstraint("name", name="pk_feeds"),
    )
    op.execute("INSERT INTO feeds (name, position) SELECT 'notices', COALESCE(MAX(id), 0) FROM audit")
    _create_notices()
    _create_mails()
    _create_webhooks()


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _Id, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", _Choice, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("instance_id", _Id),
        sa.Column("user_task_id", _Id),
        sa.Column("actor", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("read_at", _Instant),
        sa.Column("settled_at", _Instant),
        sa.Column("outcome", sa.Text),
        sa.Column("inbox", _Flag, nullable=False),
        sa.Column("mail", _Choice),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("person", "kind", "event", name="uq_notices_person_kind_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_inbox", "notices", ["person", "id"], **_where("inbox"))
    op.create_index(
        "ix_notices_unread",
        "notices",
        ["person", "id"],
        **_where("inbox AND read_at IS NULL AND settled_at IS NULL"),
    )
    op.create_index("ix_notices_unmailed", "notices", ["person", "mail", "id"], **_where("mail IS NOT NULL"))
    op.create_index(
        "ix_notices_unsettled",
        "notices",
        ["instance_id", "user_task_id"],
        **_where("settled_at IS NULL AND user_task_id IS NOT NULL"),
    )
    op.create_table(
        "notice_settings",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("remind_before", sa.Integer),
        sa.Column("remind_overdue", _Flag, nullable=False),
        sa.Column("digest", _Choice, nullable=False),
        sa.Column("digest_due", _Instant),
        sa.PrimaryKeyConstraint("person", name="pk_notice_settings"),
    )
    op.create_index(
        "ix_notice_settings_digest_due", "notice_settings", ["digest_due"], **_where("digest_due IS NOT NULL")
    )
    op.create_table(
        "reminders",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_reminders"),
    )
    op.create_index("ix_reminders_at", "reminders", ["at"])


def _create_mails() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("due", _Instant),
        sa.Column("mailed_at", _Instant),
        sa.PrimaryKeyConstraint("person", name="pk_mailboxes"),
    )
    op.create_index("ix_mailboxes_due", "mailboxes", ["due"], **_where("due IS NOT NULL"))
    op.create_table(
        "mails",
        sa.Column("id", _Id, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("kind", _Choice, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("poll_at", _Instant),
        sa.Column("sent_at", _Instant),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.UniqueConstraint("event", name="uq_mails_event"),
    )
    op.create_index("ix_mails_poll_at", "mails", ["poll_at", "id"], **_where("poll_at IS NOT NULL"))
    op.create_index("ix_mails_failed", "mails", ["id"], **_where("status = 'failed'"))


def _create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", _Id, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", _Instant),
        sa.Column("resting_until", _Instant),
        sa.Column("last_error", sa.Text),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("poll_at", _Instant),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhooks_poll_at", "webhooks", ["poll_at", "id"], **_where("poll_at IS NOT NULL"))
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", _Id, nullable=False),
        sa.Column("webhook_id", _Id, nullable=False),
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", _Instant),
        sa.Column("last_attempt_at", _Instant),
        sa.Column("response_status", sa.Integer),
        sa.Column("last_error", sa.Text),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name="fk_webhook_deliveries_webhook_id"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint("webhook_id", "event_id", name="uq_webhook_deliveries_webhook_id_event_id"),
    )
    op.create_index("ix_webhook_deliveries_webhook_id", "webhook_deliveries", ["webhook_id", "id"])
    op.create_index(
        "ix_webhook_deliveries_waiting", "webhook_deliveries", ["webhook_id", "id"], **_where("status = 'waiting'")
    )
