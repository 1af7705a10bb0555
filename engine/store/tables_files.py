"""What was uploaded, by the hash of its content."""

from __future__ import annotations
