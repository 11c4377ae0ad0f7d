"""How much room a store takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from serving import tables
from serving.database import Database

__all__ = ["DiskUse", "disk_use"]


@dataclass(frozen=True)
class DiskUse:
    """Bytes on disk. ``free_bytes`` of them hold nothing: the next run is written there before more is taken.

    On Postgres ``free_bytes`` is None: its own statistics tell of dead rows.
    """

    bytes: int
    free_bytes: int | None


def disk_use(database: Database) -> DiskUse:
    """Return the room that the tables take, with their indexes (on SQLite: that the files take)."""
    with database.read() as connection:
        if connection.dialect.name == "postgresql":
            size = text(
                "SELECT sum(pg_total_relation_size(to_regclass(name)))"
                " FROM unnest(CAST(:names AS text[])) AS name"
            )
            names = [*tables.metadata.tables]
            return DiskUse(int(connection.execute(size, {"names": names}).scalar_one()), None)
        pages, free, page_bytes = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
        log = Path(f"{connection.engine.url.database}-wal")
    return DiskUse(pages * page_bytes + (log.stat().st_size if log.exists() else 0), free * page_bytes)
