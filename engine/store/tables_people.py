"""Who works here: accounts, units, roles, sessions, substitutions, tokens."""

from __future__ import annotations
