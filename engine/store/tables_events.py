"""What people and other programs are told: notices, mail, webhooks."""

from __future__ import annotations
