"""Changes of the working-day calendar that somebody proposes and somebody else approves.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this area."""
