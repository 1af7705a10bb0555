"""How people work together on a case beside completing tasks: countersigning, copies, urging.

There is no way down: restore the backup instead.
"""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this area."""
