"""Who works here: accounts, units, sessions, substitutions, tokens, and who takes part in a case beside its tasks.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)
_Hash = sa.String(64)
_Choice = sa.String(16)
_Day = sa.String(10)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Create the tables of this area."""
    op.add_column("user_tasks", sa.Column("completed_for", sa.Text))
    op.create_index(
        "ix_user_tasks_owner", "user_tasks", ["owner", "id"], **_where("status = 'open' AND owner IS NOT NULL")
    )
    _accounts()
    _sign_in()
    _standing_in()
    op.create_table(
        "participants",
        sa.Column("instance_id", _Id, nullable=False, autoincrement=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("how", _Choice, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_participants_instance_id"),
        sa.PrimaryKeyConstraint("instance_id", "user_id", "how", name="pk_participants"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_participants_user_id", "participants", ["user_id", "instance_id"])


def _accounts() -> None:
    op.create_table(
        "units",
        sa.Column("id", _Id, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent_id", _Id),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name="fk_units_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("unit_id", _Id),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("rights", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("language", _Choice, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("deactivated_at", _Instant),
        sa.Column("password_hash", sa.Text),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_users_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("external_id", name="uq_users_external_id"),
    )
    op.create_index("ix_users_unit_id", "users", ["unit_id", "id"])


def _sign_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("token_hash", _Hash, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("last_seen_at", _Instant, nullable=False),
        sa.Column("expires_at", _Instant, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id", "id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", _Hash, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", _Instant, nullable=False),
        sa.Column("blocked_until", _Instant),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_attempts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sign_in_attempts_last_at", "sign_in_attempts", ["last_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", _Id, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("expires_at", _Instant),
        sa.Column("last_used_at", _Instant),
        sa.Column("revoked_at", _Instant),
        sa.Column("token_hash", _Hash, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id", "id"])


def _standing_in() -> None:
    op.create_table(
        "substitutions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("substitute", sa.Text, nullable=False),
        sa.Column("begins_on", _Day, nullable=False),
        sa.Column("ends_on", _Day, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.Column("ended_at", _Instant),
        sa.ForeignKeyConstraint(["principal"], ["users.id"], name="fk_substitutions_principal"),
        sa.ForeignKeyConstraint(["substitute"], ["users.id"], name="fk_substitutions_substitute"),
        sa.PrimaryKeyConstraint("id", name="pk_substitutions"),
    )
    op.create_index(
        "ix_substitutions_substitute", "substitutions", ["substitute", "ends_on"], **_where("ended_at IS NULL")
    )
    op.create_index("ix_substitutions_principal", "substitutions", ["principal", "ends_on"])
