"""A run goes into the store: rows in chunks, under a run that nobody sees; then the pointer moves."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

import pandas as pd
from sqlalchemy import Connection, Table, exists, insert, update
from sqlalchemy.exc import IntegrityError

from serving import tables
from serving.background import Background
from serving.database import Database
from serving.errors import RunExistsError, RunOvertakenError, ScoresRefusedError, StoreError
from serving.pointer import hold_pointer, move_pointer
from serving.pruning import forget
from serving.rows import STORED_COLUMNS, behaviour_columns, behaviour_rows, score_rows
from serving.tombstones import Cemetery, remove_from_run, without_erased
from training.score_schema import SCORE_COLUMNS

__all__ = ["RunInfo", "publish"]

CHUNK_ROWS = 20_000
SCORE_NAMES = ("run_key", *STORED_COLUMNS)
BEHAVIOUR_NAMES = ("run_key", "customer_id", "features")
ATTRIBUTE_NAMES = ("run_key", "name", "value", "customer_id")
DOCUMENT_NAMES = ("run_key", "name", "document")
NOTHING = Background()


@dataclass(frozen=True)
class RunInfo:
    """What is known of a run before its rows are in. ``published_at`` is an aware moment."""

    run_id: str
    as_of: date
    horizon_days: int
    model_version: str
    currency: str
    published_at: datetime


def publish(
    database: Database,
    scores: pd.DataFrame,
    behaviour: pd.DataFrame,
    run: RunInfo,
    background: Background = NOTHING,
) -> None:
    """Write the rows under a run of their own, then make it the current one in one small transaction.

    Readers see the run before until that transaction, and this one whole from it on; a crash at any moment
    leaves the run before in place. Customers who were erased are left out. Raises ``ScoresRefusedError``,
    ``RunExistsError`` or ``RunOvertakenError``.
    """
    _refuse_unless_whole(scores, behaviour, run)
    scores, behaviour = without_erased(database, scores, behaviour)
    if scores.empty:
        raise ScoresRefusedError("No customer is left to publish.")
    columns = behaviour_columns(behaviour)
    run_key = _begin(database, run, customers=len(scores))
    try:
        for start in range(0, len(scores), CHUNK_ROWS):
            chunk = slice(start, start + CHUNK_ROWS)
            with database.write() as connection:
                _append(connection, tables.scores, SCORE_NAMES, score_rows(scores.iloc[chunk], run_key))
                _append(
                    connection,
                    tables.behaviour,
                    BEHAVIOUR_NAMES,
                    behaviour_rows(behaviour.iloc[chunk], run_key),
                )
        _append_background(database, background, frozenset(scores["customer_id"]), run_key)
        _finish(database, run, run_key, columns, scores["customer_id"])
    except BaseException:
        with suppress(StoreError):  # what cannot be tidied now, the next prune tidies
            forget(database, run_key)
        raise


def _refuse_unless_whole(scores: pd.DataFrame, behaviour: pd.DataFrame, run: RunInfo) -> None:
    if missing := [name for name in SCORE_COLUMNS if name not in scores]:
        raise ScoresRefusedError(
            "The scores lack columns.", which=missing, mend="Publish all of SCORE_COLUMNS."
        )
    if scores["customer_id"].duplicated().any():
        raise ScoresRefusedError("A customer has two scores.", mend="Publish one row a customer.")
    if not (scores["run_id"] == run.run_id).all():
        raise ScoresRefusedError("The scores name another run.", mend="Set run_id to that of the run.")
    if set(scores["customer_id"]) != set(behaviour["customer_id"]) or len(scores) != len(behaviour):
        raise ScoresRefusedError(
            "The scores and the behaviour behind them are not of the same customers.",
            mend="Publish the table that was scored.",
        )


def _begin(database: Database, run: RunInfo, customers: int) -> int:
    values = {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "horizon_days": run.horizon_days,
        "model_version": run.model_version,
        "currency": run.currency,
        "customers": customers,
    }
    try:
        with database.write() as connection:
            key = connection.execute(insert(tables.runs).values(values).returning(tables.runs.c.run_key))
            return int(key.scalar_one())
    except IntegrityError as error:
        raise RunExistsError(
            f"The run {run.run_id} is in the store already.", mend="Give a new run a new id."
        ) from error


def _finish(
    database: Database, run: RunInfo, run_key: int, columns: str, customer_ids: Iterable[str]
) -> None:
    """Move the pointer; who was erased while the rows were being written goes in the same transaction."""
    cemetery = Cemetery(database)
    runs, later = tables.runs, tables.runs.alias()
    done = {"published_at": run.published_at, "behaviour_columns": columns}
    with database.write() as connection:
        hold_pointer(connection)
        overtaken = exists().where(later.c.run_key > run_key, later.c.published_at.is_not(None))
        published = connection.execute(update(runs).where(runs.c.run_key == run_key, ~overtaken).values(done))
        if published.rowcount != 1:
            raise RunOvertakenError(
                "A later run was published meanwhile.", mend="That run stands; start again."
            )
        for customer_id in cemetery.erased(connection, customer_ids):
            remove_from_run(connection, run_key, customer_id)
        move_pointer(connection, run_key)


def _append_background(
    database: Database, background: Background, customer_ids: frozenset[str], run_key: int
) -> None:
    rows = background.attribute_rows(customer_ids, run_key)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        with database.write() as connection:
            _append(connection, tables.customer_attributes, ATTRIBUTE_NAMES, chunk)
    with database.write() as connection:
        _append(connection, tables.run_documents, DOCUMENT_NAMES, background.document_rows(run_key))


def _append(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    """Append by the database's own fast way in: COPY on Postgres, one prepared statement on SQLite."""
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({places})", list(rows))
