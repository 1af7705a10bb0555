"""How people work together on a case beside completing tasks: countersigning, copies, urging, returns.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(27)
_Choice = sa.String(16)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _refers(table: str, *columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}") for column, target in columns
    ]


def upgrade() -> None:
    """Create the tables of this area."""
    op.add_column("instances", sa.Column("undo", sa.Text))
    op.add_column("user_tasks", sa.Column("countersign", _Choice))
    op.add_column("user_tasks", sa.Column("held", sa.Text))
    op.create_table(
        "countersignatures",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("user_task_id", _Id, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("kind", _Choice, nullable=False),
        sa.Column("status", _Choice, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", _Instant, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("due", _Instant),
        sa.Column("opened_at", _Instant),
        sa.Column("answered_at", _Instant),
        sa.Column("answered_by", sa.Text),
        sa.Column("agrees", sa.Boolean(create_constraint=False)),
        sa.Column("opinion", sa.Text),
        sa.Column("sort_due", _Instant, nullable=False),
        *_refers("countersignatures", ("instance_id", "instances"), ("user_task_id", "user_tasks")),
        sa.PrimaryKeyConstraint("id", name="pk_countersignatures"),
    )
    op.create_index(
        "ix_countersignatures_person",
        "countersignatures",
        ["person", "sort_due", "instance_id", "token", "id"],
        **_where("status = 'open'"),
    )
    op.create_index("ix_countersignatures_user_task_id", "countersignatures", ["user_task_id", "id"])
    op.create_index("ix_countersignatures_instance_id", "countersignatures", ["instance_id", "id"])
    op.create_index(
        "ix_countersignatures_answered_by",
        "countersignatures",
        ["answered_by", "answered_at", "id"],
        **_where("status = 'given'"),
    )
    op.create_table(
        "copies",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("user_task_id", _Id),
        sa.Column("kind", sa.String(5), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sent_by", sa.Text, nullable=False),
        sa.Column("sent_at", _Instant, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        *_refers("copies", ("instance_id", "instances"), ("user_task_id", "user_tasks")),
        sa.PrimaryKeyConstraint("id", name="pk_copies"),
    )
    op.create_index("ix_copies_name", "copies", ["kind", "name", "id"])
    op.create_index("ix_copies_instance_id", "copies", ["instance_id", "id"])
    op.create_table(
        "copy_reads",
        sa.Column("copy_id", _Id, nullable=False, autoincrement=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("read_at", _Instant, nullable=False),
        *_refers("copy_reads", ("copy_id", "copies")),
        sa.PrimaryKeyConstraint("copy_id", "person", name="pk_copy_reads"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "urges",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("user_task_id", _Id, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        *_refers("urges", ("instance_id", "instances"), ("user_task_id", "user_tasks")),
        sa.PrimaryKeyConstraint("id", name="pk_urges"),
    )
    op.create_index("ix_urges_user_task_id", "urges", ["user_task_id", "id"])
    op.create_index("ix_urges_instance_id", "urges", ["instance_id", "id"])
    op.create_table(
        "returns",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("from_task_id", _Id, nullable=False),
        sa.Column("to_task_id", _Id, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", _Instant, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        *_refers("returns", ("instance_id", "instances"), ("from_task_id", "user_tasks"), ("to_task_id", "user_tasks")),
        sa.PrimaryKeyConstraint("id", name="pk_returns"),
    )
    op.create_index("ix_returns_instance_id", "returns", ["instance_id", "id"])
    op.create_index("ix_returns_to_task_id", "returns", ["to_task_id"])
