"""How people work together on a case beside completing tasks: countersigning, copies, urging."""

from __future__ import annotations
