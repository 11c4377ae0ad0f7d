"""Old runs leave the store: unseen at once, then row by row in chunks, so that no writer waits long."""

from __future__ import annotations

from sqlalchemy import Table, delete, select, update

from serving import tables
from serving.database import Database

__all__ = ["forget", "prune"]

CHUNK_ROWS = 20_000


def prune(database: Database, *, keep_runs: int, keep_behaviour: int) -> int:
    """Forget all but the last runs, the behaviour of all but the last of those, and what crashes left.

    The current run is always kept. Returns how many runs were forgotten.
    """
    runs = tables.runs
    with database.read() as connection:
        current = connection.execute(select(tables.current_run.c.run_key)).scalar()
        newest_first = select(runs.c.run_key, runs.c.published_at).order_by(runs.c.run_key.desc())
        known = connection.execute(newest_first).all()
    if current is None:
        return 0
    published = [key for key, published_at in known if published_at is not None]
    abandoned = [key for key, published_at in known if published_at is None and key < current]
    kept = {current, *published[:keep_runs]}
    for key in sorted(kept - {current, *published[:keep_behaviour]}):
        _forget_behaviour(database, key)
    forgotten = sorted({*published, *abandoned} - kept)
    for key in forgotten:
        forget(database, key)
    return len(forgotten)


def forget(database: Database, run_key: int) -> None:
    """Take a run and its rows out of the store. From the first moment on nobody sees the run any more."""
    with database.write() as connection:
        unseen = update(tables.runs).where(tables.runs.c.run_key == run_key)
        connection.execute(unseen.values(published_at=None, behaviour_columns=None))
    for table in (tables.scores, tables.behaviour):
        _delete_rows(database, table, run_key)
    with database.write() as connection:
        connection.execute(delete(tables.runs).where(tables.runs.c.run_key == run_key))


def _forget_behaviour(database: Database, run_key: int) -> None:
    with database.write() as connection:
        run = update(tables.runs).where(tables.runs.c.run_key == run_key)
        connection.execute(run.values(behaviour_columns=None))
    _delete_rows(database, tables.behaviour, run_key)


def _delete_rows(database: Database, table: Table, run_key: int) -> None:
    first = select(table.c.customer_id).where(table.c.run_key == run_key).order_by(table.c.customer_id)
    chunk = table.c.customer_id.in_(first.limit(CHUNK_ROWS))
    gone = CHUNK_ROWS
    while gone == CHUNK_ROWS:
        with database.write() as connection:
            gone = connection.execute(delete(table).where(table.c.run_key == run_key, chunk)).rowcount
