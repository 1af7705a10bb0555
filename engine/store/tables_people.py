"""Who works here: accounts, units, sessions, substitutions, tokens, and who takes part in a case beside its tasks."""

from __future__ import annotations

import sqlalchemy as sa

from engine.model import people as model
from engine.store import types
from engine.store.tables import identity, index, metadata, reference


def _user(name: str, *, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey("users.id"), nullable=False, primary_key=primary_key)


units = sa.Table(
    "units",
    metadata,
    identity(),
    sa.Column("name", sa.Text, nullable=False),
    reference("parent_id", "units", nullable=True),
)

# An account is never deleted: cases and the audit trail name it.
users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    reference("unit_id", "units", nullable=True),
    sa.Column("roles", types.Names, nullable=False),
    sa.Column("rights", types.Names, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("active", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("must_change_password", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("language", types.Choice(model.Language), nullable=False),
    sa.Column("external_id", sa.Text, unique=True),
    sa.Column("deactivated_at", types.Instant),
    sa.Column("password_hash", sa.Text),
)

index("ix_users_unit_id", users.c.unit_id, users.c.id)

# Only the hash of what the browser holds: who reads this table cannot sign in with it.
sessions = sa.Table(
    "sessions",
    metadata,
    identity(),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    _user("user_id"),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("last_seen_at", types.Instant, nullable=False),
    sa.Column("expires_at", types.Instant, nullable=False),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
index("ix_sessions_user_id", sessions.c.user_id, sessions.c.id)
index("ix_sessions_expires_at", sessions.c.expires_at)

# By the hash of a user name or a client: what people type where a name belongs may be a password.
sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", types.Instant, nullable=False),
    sa.Column("blocked_until", types.Instant),
    sqlite_with_rowid=False,
)
index("ix_sign_in_attempts_last_at", sign_in_attempts.c.last_at)

substitutions = sa.Table(
    "substitutions",
    metadata,
    identity(),
    _user("principal"),
    _user("substitute"),
    sa.Column("begins_on", types.Day, nullable=False),
    sa.Column("ends_on", types.Day, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("ended_at", types.Instant),
)
index("ix_substitutions_substitute", substitutions.c.substitute, substitutions.c.ends_on, where="ended_at IS NULL")
index("ix_substitutions_principal", substitutions.c.principal, substitutions.c.ends_on)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    identity(),
    _user("user_id"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", types.Names, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("created_at", types.Instant, nullable=False),
    sa.Column("expires_at", types.Instant),
    sa.Column("last_used_at", types.Instant),
    sa.Column("revoked_at", types.Instant),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("topics", types.Names),
)
index("ix_api_tokens_user_id", api_tokens.c.user_id, api_tokens.c.id)

participants = sa.Table(
    "participants",
    metadata,
    sa.Column(
        "instance_id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        sa.ForeignKey("instances.id"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("how", types.Choice(model.Participation), primary_key=True),
    sa.Column("at", types.Instant, nullable=False),
    sqlite_with_rowid=False,
)
index("ix_participants_user_id", participants.c.user_id, participants.c.instance_id)
