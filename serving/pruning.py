"""Old runs leave the store: unseen at once, then row by row in chunks, so that no writer waits long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Table, delete, select, tuple_, update

from serving import tables
from serving.database import Database

__all__ = ["forget", "prune"]

CHUNK_ROWS = 20_000


def prune(database: Database, *, keep_runs: int, keep_behaviour: int) -> int:
    """Forget all but the last runs, the behaviour of all but the last of those, and what crashes left.

    The current run is always kept, and so are those whose outcome is waited for: the scores of the last run
    of each month, until two horizons after it. Returns how many runs were forgotten.
    """
    runs = tables.runs
    with database.read() as connection:
        current = connection.execute(select(tables.current_run.c.run_key)).scalar()
        known = connection.execute(select(runs).order_by(runs.c.run_key.desc())).all()
    if current is None:
        return 0
    seen = [run for run in known if run.published_at is not None]
    published = [run.run_key for run in seen]
    abandoned = [run.run_key for run in known if run.published_at is None and run.run_key < current]
    kept = {current, *published[:keep_runs], *_awaited(seen)}
    for key in sorted(kept - {current, *published[:keep_behaviour]}):
        _forget_behaviour(database, key)
    forgotten = sorted({*published, *abandoned} - kept)
    for key in forgotten:
        forget(database, key)
    return len(forgotten)


def _awaited(newest_first: Sequence[Row[Any]]) -> set[int]:
    """Return the last run of each month of ``as_of``, unless two of its horizons have passed since."""
    by_month = {(run.as_of.year, run.as_of.month): run for run in reversed(newest_first)}
    latest = max(run.as_of for run in newest_first)
    return {
        run.run_key for run in by_month.values() if latest <= run.as_of + 2 * timedelta(days=run.horizon_days)
    }


def forget(database: Database, run_key: int) -> None:
    """Take a run and its rows out of the store. From the first moment on nobody sees the run any more."""
    with database.write() as connection:
        unseen = update(tables.runs).where(tables.runs.c.run_key == run_key)
        connection.execute(unseen.values(published_at=None, behaviour_columns=None))
    for table in tables.OF_CUSTOMERS:
        _delete_rows(database, table, run_key)
    with database.write() as connection:
        connection.execute(delete(tables.run_documents).where(tables.run_documents.c.run_key == run_key))
        connection.execute(delete(tables.runs).where(tables.runs.c.run_key == run_key))


def _forget_behaviour(database: Database, run_key: int) -> None:
    with database.write() as connection:
        run = update(tables.runs).where(tables.runs.c.run_key == run_key)
        connection.execute(run.values(behaviour_columns=None))
    _delete_rows(database, tables.behaviour, run_key)


def _delete_rows(database: Database, table: Table, run_key: int) -> None:
    names = [column for column in table.primary_key if column.name != "run_key"]
    first = select(*names).where(table.c.run_key == run_key).order_by(*names).limit(CHUNK_ROWS)
    gone = CHUNK_ROWS
    while gone == CHUNK_ROWS:
        with database.write() as connection:
            chunk = delete(table).where(table.c.run_key == run_key, tuple_(*names).in_(first))
            gone = connection.execute(chunk).rowcount
