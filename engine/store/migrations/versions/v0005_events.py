"""What people and other programs are told: notices, mail, webhooks.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this area."""
