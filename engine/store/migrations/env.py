"""Runs migrations on the connection that `engine.store.schema` hands over; the caller ends the transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
