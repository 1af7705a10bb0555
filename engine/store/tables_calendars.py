"""Changes of the working-day calendar that somebody proposes and somebody else approves."""

from __future__ import annotations
