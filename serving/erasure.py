"""A customer is erased: from every run at once, from the file's bytes, and from runs that are yet to come."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from serving import tables
from serving.audit import Action, Entry, Who, note
from serving.database import Database
from serving.errors import StoreUnavailableError
from serving.pointer import hold_pointer
from serving.tombstones import Cemetery, remove_from_run

__all__ = ["NOT_COVERED", "Receipt", "erase", "lift"]

NOT_FOUND = 7
SEARCH = f"""
import mmap, sys
with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
    sys.exit({NOT_FOUND} if whole.find(sys.stdin.buffer.read()) < 0 else 0)
"""
NOT_COVERED = (
    "the business's own tables, which Joren reads and never writes",
    "the project's files of the last run (reports/, tables/), until the next run replaces them",
    "backups and exports that were made before",
    "on Postgres: the server's own log and dead rows, until it reuses them",
)


@dataclass(frozen=True)
class Receipt:
    """What was removed: rows by table, by run. ``pseudonym`` is all that is kept of the id.

    ``storage_clean``: no trace is left in the database's file. None on Postgres, whose files are its own.
    """

    erasure_id: str
    erased_at: datetime
    erased_by: str
    pseudonym: str
    removed: Mapping[str, Mapping[str, int]]
    storage_clean: bool | None

    @property
    def rows(self) -> int:
        """How many rows went, of all runs and tables."""
        return sum(count for by_table in self.removed.values() for count in by_table.values())


def erase(database: Database, customer_id: str, who: Who) -> Receipt:
    """Erase a customer, known or not: in one transaction from all runs, also those being written.

    A tombstone stays, so that nobody publishes the customer again. To erase somebody twice does no harm.
    """
    cemetery = Cemetery(database)
    pseudonym = cemetery.pseudonym(customer_id)
    with database.write() as connection:
        hold_pointer(connection)
        removed = {}
        for run_key, run_id in connection.execute(select(tables.runs.c.run_key, tables.runs.c.run_id)).all():
            gone = remove_from_run(connection, run_key, customer_id)
            if any(gone.values()):
                removed[run_id] = gone
        _bury(connection, pseudonym, who.at)
        entry = note(connection, Action.ERASE, pseudonym, who, removed)
    clean = _scrubbed(database, customer_id) if database.readers.dialect.name == "sqlite" else None
    return Receipt(entry.entry_id, who.at, who.name, pseudonym, removed, clean)


def lift(database: Database, customer_id: str, who: Who) -> Entry | None:
    """Let the next run publish an erased customer again, who came back; return None if there was no need.

    What was erased stays so.
    """
    pseudonym = Cemetery(database).pseudonym(customer_id)
    with database.write() as connection:
        stones = tables.tombstones
        lifted = connection.execute(delete(stones).where(stones.c.pseudonym == pseudonym)).rowcount
        return note(connection, Action.LIFT, pseudonym, who, {}) if lifted else None


def _bury(connection: Connection, pseudonym: str, at: datetime) -> None:
    stones = tables.tombstones
    if connection.execute(select(stones).where(stones.c.pseudonym == pseudonym)).one_or_none() is None:
        connection.execute(insert(stones).values(pseudonym=pseudonym, erased_at=at))


def _scrubbed(database: Database, customer_id: str) -> bool:
    """Make sure that SQLite's files hold the id no more; return whether they do.

    Deleted cells are overwritten (`secure_delete`) and the log is cut off. Copies of a cell that were left
    behind when a page was divided are not: where any is found, or may be, the file is written anew.
    """
    try:
        if not _log_cut_off(database):
            return False
        if _holds(Path(str(database.readers.url.database)), customer_id.encode()):
            with database.read() as connection:
                connection.exec_driver_sql("VACUUM")
            return _log_cut_off(database)
    except StoreUnavailableError:  # locked or full: the rows are gone, the bytes may not be
        return False
    return True


def _log_cut_off(database: Database) -> bool:
    with database.read() as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    return not busy


def _holds(file: Path, needle: bytes) -> bool:
    """Search the file in another process.

    Were it opened and closed in this one, POSIX would drop all locks that SQLite holds on it here, and
    another process could take the log away under us (SQLite, "How to corrupt", 2.2).
    """
    found = subprocess.run(  # noqa: S603 - our own words; the id goes by standard input, where nobody sees it
        [sys.executable, "-I", "-S", "-c", SEARCH, file], input=needle, check=False
    )
    return found.returncode != NOT_FOUND
