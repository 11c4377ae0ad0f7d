"""Runs the migrations on the connection that ``serving.database`` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from serving.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
