"""What lists need to be found fast: search, saved filters, numbering."""

from __future__ import annotations
