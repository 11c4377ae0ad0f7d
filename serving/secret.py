"""Random bytes that all processes on a store share, each under a name."""

from __future__ import annotations

import secrets

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from serving import tables
from serving.database import Database

__all__ = ["secret_of"]


def secret_of(database: Database, name: str) -> bytes:
    """Return the 32 bytes of that name, made when they are first asked for."""
    stored = select(tables.secrets.c.value).where(tables.secrets.c.name == name)
    with database.read() as connection:
        value = connection.execute(stored).scalar()
    if value is None:
        try:
            with database.write() as connection:
                connection.execute(insert(tables.secrets).values(name=name, value=secrets.token_bytes(32)))
        except IntegrityError:
            pass  # another process was first: its secret is the one
        return secret_of(database, name)
    return bytes(value)
