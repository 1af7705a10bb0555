"""What people and other programs are told: notices, mail, webhooks.

No row here refers to a case or a task by a foreign key: the database would have to hold the case while it is told of,
and people who work on it would wait.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.model import events as model
from engine.store import types
from engine.store.tables import Id, identity, index, metadata, reference

# How far a reader of the audit trail has come. A number that is missing in the trail may belong to a transaction that
# has not ended yet: PostgreSQL tells by `horizon` when it must have; `waiting_since` bounds how long it is waited for.
feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("horizon", sa.BigInteger),
    sa.Column("waiting_since", types.Instant),
)

notices = sa.Table(
    "notices",
    metadata,
    identity(),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("kind", types.Choice(model.NoticeKind), nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("instance_id", Id),
    sa.Column("user_task_id", Id),
    sa.Column("actor", sa.Text),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("read_at", types.Instant),
    sa.Column("settled_at", types.Instant),
    sa.Column("outcome", sa.Text),
    sa.Column("inbox", sa.Boolean(create_constraint=False), nullable=False),  # whether the person sees it there
    sa.Column("mail", types.Choice(model.MailChoice)),  # how it is still to be mailed; NULL: not, or done
    sa.UniqueConstraint("person", "kind", "event"),
    # The number of a notice is a place to page from: a later one never gets it.
    sqlite_autoincrement=True,
)
index("ix_notices_inbox", notices.c.person, notices.c.id, where="inbox")
index(
    "ix_notices_unread",
    notices.c.person,
    notices.c.id,
    where="inbox AND read_at IS NULL AND settled_at IS NULL",
)
index("ix_notices_instance_id", notices.c.instance_id, where="instance_id IS NOT NULL")
index("ix_notices_unmailed", notices.c.person, notices.c.mail, notices.c.id, where="mail IS NOT NULL")
index(
    "ix_notices_unsettled",
    notices.c.instance_id,
    notices.c.user_task_id,
    where="settled_at IS NULL AND user_task_id IS NOT NULL",
)

notice_settings = sa.Table(
    "notice_settings",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("choices", types.Json, nullable=False),
    sa.Column("remind_before", sa.Integer),
    sa.Column("remind_overdue", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("digest", types.Choice(model.DigestRhythm), nullable=False),
    sa.Column("digest_due", types.Instant),
)
index("ix_notice_settings_digest_due", notice_settings.c.digest_due, where="digest_due IS NOT NULL")

# When a task (`user_task/17`) or substitution (`substitution/3`) is to be looked at next, whether somebody is to be
# reminded of it. The row of one that is over goes when its time comes.
reminders = sa.Table(
    "reminders",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("at", types.Instant, nullable=False),
)
index("ix_reminders_at", reminders.c.at)

# Who has notices that are to go by mail, and from when on: later ones wait for the next mail, and go together.
mailboxes = sa.Table(
    "mailboxes",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("due", types.Instant),
    sa.Column("mailed_at", types.Instant),
)
index("ix_mailboxes_due", mailboxes.c.due, where="due IS NOT NULL")

mails = sa.Table(
    "mails",
    metadata,
    identity(),
    sa.Column("event", sa.Text, nullable=False, unique=True),
    sa.Column("kind", types.Choice(model.MailKind), nullable=False),
    sa.Column("person", sa.Text),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("content", types.Json, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("status", types.Choice(model.MailStatus), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # When to try next, or when a sender that has said nothing since counts as dead; NULL when it is over.
    sa.Column("poll_at", types.Instant),
    sa.Column("sent_at", types.Instant),
    sa.Column("last_error", sa.Text),
)
index("ix_mails_poll_at", mails.c.poll_at, mails.c.id, where="poll_at IS NOT NULL")
index("ix_mails_failed", mails.c.id, where="status = 'failed'")

webhooks = sa.Table(
    "webhooks",
    metadata,
    identity(),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", types.Names, nullable=False),
    sa.Column("status", types.Choice(model.WebhookStatus), nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("lease_until", types.Instant),
    sa.Column("resting_until", types.Instant),
    sa.Column("last_error", sa.Text),
    sa.Column("secret", sa.Text, nullable=False),  # to sign with, so it cannot be kept as a hash
    # When to look at its deliveries next: the first that is due, the end of a rest or of a lease; NULL: nothing waits.
    sa.Column("poll_at", types.Instant),
    # A program that was told of number 7 is never told of another number 7.
    sqlite_autoincrement=True,
)
index("ix_webhooks_poll_at", webhooks.c.poll_at, webhooks.c.id, where="poll_at IS NOT NULL")

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    identity(),
    reference("webhook_id", "webhooks"),
    sa.Column("delivery_id", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("status", types.Choice(model.DeliveryStatus), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", types.Instant),
    sa.Column("last_attempt_at", types.Instant),
    sa.Column("response_status", sa.Integer),
    sa.Column("last_error", sa.Text),
    sa.UniqueConstraint("webhook_id", "event_id"),
)
index("ix_webhook_deliveries_webhook_id", webhook_deliveries.c.webhook_id, webhook_deliveries.c.id)
index(
    "ix_webhook_deliveries_waiting",
    webhook_deliveries.c.webhook_id,
    webhook_deliveries.c.id,
    where="status = 'waiting'",
)
