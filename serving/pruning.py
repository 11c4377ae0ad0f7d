"""Old runs leave the store: unseen at once, then row by row in chunks, so that no writer waits long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, delete, select, tuple_, update

from serving import tables
from serving.database import Database
from serving.pointer import hold_pointer
from serving.retention import Retention

__all__ = ["forget", "prune"]

CHUNK_ROWS = 20_000


def prune(database: Database, retention: Retention, *, now: datetime) -> int:
    """Forget the runs and the behaviour that ``retention`` does not keep, and what crashes left.

    The current run is always kept. Returns how many runs were forgotten.
    """
    runs = tables.runs
    with database.read() as connection:
        current = connection.execute(select(tables.current_run.c.run_key)).scalar()
        known = connection.execute(select(runs).order_by(runs.c.run_key.desc())).all()
    seen = [run for run in known if run.published_at is not None]
    if current is None or not seen:
        return 0
    published = [run.run_key for run in seen]
    abandoned = [run.run_key for run in known if run.published_at is None and run.run_key < published[0]]
    kept = {current, *({*published[: retention.keep_runs], *_awaited(seen)} - _too_old(seen, retention, now))}
    for key in sorted(kept - {current, *published[: retention.keep_behaviour]}):
        _forget_behaviour(database, key)
    return sum(forget(database, key) for key in sorted({*published, *abandoned} - kept))


def _awaited(newest_first: Sequence[Row[Any]]) -> set[int]:
    """Return the last run of each month of ``as_of``, unless two of its horizons have passed since."""
    by_month = {(run.as_of.year, run.as_of.month): run for run in reversed(newest_first)}
    latest = max(run.as_of for run in newest_first)
    return {
        run.run_key for run in by_month.values() if latest <= run.as_of + 2 * timedelta(days=run.horizon_days)
    }


def _too_old(published: Sequence[Row[Any]], retention: Retention, now: datetime) -> set[int]:
    if retention.keep_days is None:
        return set()
    since = now - timedelta(days=retention.keep_days)
    return {run.run_key for run in published if run.published_at < since}


def forget(database: Database, run_key: int) -> bool:
    """Take a run and its rows out of the store, unless it is the current one; return whether it went.

    From the first moment on nobody sees the run any more.
    """
    runs = tables.runs
    current = select(tables.current_run.c.run_key).where(tables.current_run.c.run_key == run_key).exists()
    with database.write() as connection:
        hold_pointer(connection)
        unseen = update(runs).where(runs.c.run_key == run_key, ~current)
        if not connection.execute(unseen.values(published_at=None, behaviour_columns=None)).rowcount:
            return False
    for table in tables.OF_CUSTOMERS:
        _delete_rows(database, table, run_key)
    with database.write() as connection:
        connection.execute(delete(tables.run_documents).where(tables.run_documents.c.run_key == run_key))
        return connection.execute(delete(runs).where(runs.c.run_key == run_key)).rowcount == 1


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
