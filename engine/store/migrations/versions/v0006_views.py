"""What lists need to be found fast: search, saved filters, numbering.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this area."""
