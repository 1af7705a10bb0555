"""What lists need to be found fast: search, saved filters, numbering; titles of cases, submissions of tasks.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.String(length=27)
_OPEN = "status = 'open' AND assignee IS NOT NULL"


def upgrade() -> None:
    """Add what the read side needs to the tables of cases and tasks, and create those of its own."""
    _cases()
    _tasks()
    _search()
    op.create_table(
        "numbering",
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("series", name="pk_numbering"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "saved_filters",
        sa.Column("id", _Id, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("list", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("created_at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filters"),
        sa.UniqueConstraint("owner", "list", "name", name="uq_saved_filters_owner_list_name"),
    )
    op.create_table(
        "submissions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("instance_id", _Id, nullable=False),
        sa.Column("element_id", sa.Text, nullable=False),
        sa.Column("form_key", sa.Text, nullable=False),
        sa.Column("submitted_by", sa.Text, nullable=False),
        sa.Column("submitted_at", _Instant, nullable=False),
        sa.Column("values", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_submissions_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
    )
    op.create_index("ix_submissions_instance_id", "submissions", ["instance_id", "id"])


def _cases() -> None:
    op.add_column("instances", sa.Column("title", sa.Text))
    op.create_index("ix_instances_started_by", "instances", ["started_by", "id"])


def _tasks() -> None:
    op.add_column("user_tasks", sa.Column("submission", sa.Text))
    op.drop_index("ix_user_tasks_assignee", "user_tasks")
    op.create_index(
        "ix_user_tasks_assignee", "user_tasks", ["assignee", "sort_due", "instance_id", "token"], **_where(_OPEN)
    )
    op.drop_index("ix_user_tasks_completed_by", "user_tasks")
    done = _where("status IN ('completed', 'returned')")
    op.create_index("ix_user_tasks_completed_by", "user_tasks", ["completed_by", "completed_at", "id"], **done)
    op.create_index("ix_user_tasks_done_in", "user_tasks", ["completed_by", "instance_id"], **done)
    op.create_index(
        "ix_user_tasks_completed_for",
        "user_tasks",
        ["completed_for", "instance_id"],
        **_where("completed_for IS NOT NULL"),
    )
    op.add_column("candidates", sa.Column("definition_id", _Id))
    op.execute(
        "UPDATE candidates SET definition_id ="
        " (SELECT definition_id FROM instances WHERE instances.id = candidates.instance_id)"
    )
    op.drop_index("ix_candidates_name", "candidates")
    op.create_index(
        "ix_candidates_name", "candidates", ["kind", "name", "sort_due", "instance_id", "token", "definition_id"]
    )


def _search() -> None:
    op.create_table(
        "search_documents",
        sa.Column("instance_id", _Id, nullable=False, autoincrement=False),
        sa.Column("root_id", _Id, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_search_documents_instance_id"),
        sa.PrimaryKeyConstraint("instance_id", name="pk_search_documents"),
    )
    op.create_table(
        "search_grams",
        sa.Column("gram", sa.Text, nullable=False),
        sa.Column("instance_id", _Id, nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(["instance_id"], ["search_documents.instance_id"], name="fk_search_grams_instance_id"),
        sa.PrimaryKeyConstraint("gram", "instance_id", name="pk_search_grams"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_readers",
        sa.Column("root_id", _Id, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("root_id", "kind", "name", name="pk_search_readers"),
        sqlite_with_rowid=False,
    )
    # From the beginning of the trail: cases that are there already are read like new ones.
    op.execute("INSERT INTO feeds (name, position) VALUES ('search', 0)")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
