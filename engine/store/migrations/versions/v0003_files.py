"""What was uploaded, by the hash of its content.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this area."""
