"""The web: pages for the office, the REST API, and everything a browser needs."""

from __future__ import annotations

from engine.web.app import create_app

__all__ = ["create_app"]
