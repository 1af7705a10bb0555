"""Changes of the working-day calendar that somebody proposes and somebody else approves."""

from __future__ import annotations

import sqlalchemy as sa

from engine.model import calendar_changes as model
from engine.store import tables, types

calendar_changes = sa.Table(
    "calendar_changes",
    tables.metadata,
    tables.identity(),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("working", sa.Boolean, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("scope", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("counts_for_statutory", sa.Boolean, nullable=False),
    sa.Column("valid_from", sa.String(10), nullable=False),
    tables.reference("revokes", "calendar_changes", nullable=True),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", types.Instant, nullable=False),
    sa.Column("status", types.Choice(model.ChangeStatus), nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", types.Instant),
    sa.Column("note", sa.Text),
    sa.Column("moved", sa.Integer, nullable=False, server_default="0"),  # open deadlines that moved with it so far
    sa.Column("looked_to", tables.Id, nullable=False, server_default="0"),  # the last case looked at for that
    sa.Column("look_at", types.Instant),  # when to look on; empty when there is nothing more to look at
)
tables.index("ix_calendar_changes_status", calendar_changes.c.status, calendar_changes.c.id)
tables.index("ix_calendar_changes_look_at", calendar_changes.c.look_at, where="look_at IS NOT NULL")
