"""What publications show beside their text is searched by its words; corrections are found from what they correct.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add index and column, and fill it of what was published so far; what nobody can read has no words."""
    corrected = sa.text("corrects IS NOT NULL")
    op.create_index(
        "ix_register_entries_corrects",
        "register_entries",
        ["corrects"],
        sqlite_where=corrected,
        postgresql_where=corrected,
    )
    op.add_column("publications", sa.Column("words", sa.Text))
    connection = op.get_bind()
    table = sa.table("publications", sa.column("id"), sa.column("details"), sa.column("words"))
    found = sa.select(table.c.id, table.c.details).where(table.c.details.is_not(None)).order_by(table.c.id)
    last = 0
    while rows := connection.execute(found.where(table.c.id > last).limit(50)).all():
        last = rows[-1][0]
        for id_, details in rows:
            changed = table.update().where(table.c.id == id_)
            connection.execute(changed.values(words=_words(details)))


def _words(text: str) -> str | None:
    try:
        given = json.loads(text)
        said = [each[part] for each in given.get("facts", ()) for part in ("name", "value")]
        for each in given.get("tables", ()):
            said += [each["caption"], *each["columns"], *(cell for row in each["rows"] for cell in row)]
        said += [each["text"] for each in given.get("checks", ())]
        return "\n".join(said)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
