"""The score store: runs, their scores, and the behaviour behind them, in SQL.

Every question is one statement, which finds the current run by itself: an answer never mixes two runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import JSON, ColumnElement, Row, Select, Text, bindparam, cast, func, select

from serving import pruning, publishing, tables
from serving.background import Background
from serving.database import Database
from serving.listing import (
    AtRiskFilter,
    Position,
    SegmentFilter,
    Sort,
    page_at_risk,
    page_of_segment,
)
from serving.prepared import Prepared
from serving.publishing import RunInfo
from serving.retention import Retention
from serving.rows import STORED_COLUMNS, ScoreRow, behaviour_frame, score_of
from serving.secret import secret_of

__all__ = ["AtRiskFilter", "Position", "Run", "RunInfo", "SegmentFilter", "Sort", "Store", "key_of"]

CURRENT = select(tables.current_run.c.run_key).scalar_subquery()
SCORES = select(*(tables.scores.c[name] for name in STORED_COLUMNS), tables.runs.c.run_id).select_from(
    tables.scores.join(tables.runs, tables.runs.c.run_key == tables.scores.c.run_key)
)
LISTED: dict[str, Select[Any]] = {  # the texts of a JSON array, as rows
    "sqlite": select(func.json_each(bindparam("listed", type_=Text)).table_valued("value").c.value),
    "postgresql": select(func.json_array_elements_text(cast(bindparam("listed", type_=Text), JSON))),
}


@dataclass(frozen=True)
class Run:
    """A published run; ``published_at`` in UTC. Without behaviour, no further reasons can be computed."""

    run_id: str
    as_of: date
    horizon_days: int
    model_version: str
    currency: str
    customers: int
    published_at: datetime
    has_behaviour: bool


class Store:
    """Scores that are published whole, and found fast. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        among = tables.scores.c.customer_id.in_(LISTED[database.readers.dialect.name])
        self._scores_of = Prepared(database, _rows_of(None).where(among))

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the store at an SQLAlchemy URL, making or migrating its tables where that is needed."""
        return cls(Database.open(url))

    @property
    def database(self) -> Database:
        """The connections, for what lies beside the scores (API keys)."""
        return self._database

    @property
    def is_local(self) -> bool:
        """Whether a row is read in less time than a thread takes to start: SQLite, in a file beside us."""
        return self._database.readers.dialect.name == "sqlite"

    def close(self) -> None:
        """Give every connection back."""
        self._database.close()

    def publish(
        self,
        scores: pd.DataFrame,
        behaviour: pd.DataFrame,
        *,
        run: RunInfo,
        background: Background = publishing.NOTHING,
    ) -> str:
        """Publish a run, seen whole or not at all, and return its run_id.

        ``scores`` holds ``SCORE_COLUMNS``, ``behaviour`` the table that was scored. Raises
        ``ScoresRefusedError``, ``RunExistsError``, ``RunOvertakenError`` or ``StoreUnavailableError``; the
        run before then stays in place.
        """
        publishing.publish(self._database, scores, behaviour, run, background)
        return run.run_id

    def prune(self, retention: Retention = Retention(), *, now: datetime | None = None) -> int:  # noqa: B008 - frozen
        """Forget what is not to be kept as of ``now``, an aware moment; return how many runs went."""
        return pruning.prune(self._database, retention, now=now or datetime.now(UTC))

    def current_run(self) -> Run | None:
        """Return the run that answers are given from, or None before the first."""
        with self._database.read() as connection:
            row = connection.execute(_published().where(tables.runs.c.run_key == CURRENT)).one_or_none()
        return None if row is None else _run(row)

    def run(self, run_id: str) -> Run | None:
        """Return a published run that is still kept, or None."""
        with self._database.read() as connection:
            row = connection.execute(_published().where(tables.runs.c.run_id == run_id)).one_or_none()
        return None if row is None else _run(row)

    def runs(self) -> list[Run]:
        """Return the published runs, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(_published().order_by(tables.runs.c.run_key.desc())).all()
        return [_run(row) for row in rows]

    def score(self, customer_id: str) -> ScoreRow | None:
        """Return a customer's score in the current run, or None."""
        return self.lookup([customer_id]).get(customer_id)

    def lookup(self, customer_ids: Sequence[str]) -> dict[str, ScoreRow]:
        """Return the scores that the current run has for these customers, by id."""
        rows = self._scores_of.rows(listed=json.dumps(customer_ids))
        return {row["customer_id"]: score_of(row) for row in rows}

    def at_risk(
        self,
        which: AtRiskFilter,
        sort: Sort = Sort.VALUE_AT_RISK,
        *,
        after: Position | None = None,
        run_id: str | None = None,
        limit: int = 20,
    ) -> list[ScoreRow]:
        """Return up to ``limit`` scores that follow ``after``, of the current run unless one is named."""
        return self._listed(page_at_risk(_rows_of(run_id), which, sort, after, limit))

    def segment_customers(
        self, which: SegmentFilter, *, after: Position | None, run_id: str, limit: int
    ) -> list[ScoreRow]:
        """Return up to ``limit`` scores of a segment in a run that follow ``after``, by customer_id."""
        return self._listed(page_of_segment(_rows_of(run_id), which, after, limit))

    def _listed(self, page: Select[tuple[object, ...]]) -> list[ScoreRow]:
        with self._database.read() as connection:
            return [score_of(row) for row in connection.execute(page).mappings()]

    def behaviour(self, run_id: str, customer_ids: Sequence[str]) -> pd.DataFrame:
        """Return the behaviour rows of these customers in a run: customer_id, as_of, then the features.

        Rows come in the order of the ids; ids that the run does not have, or that were pruned, are left out.
        """
        runs, behaviour = tables.runs, tables.behaviour
        wanted = (
            select(runs.c.behaviour_columns, runs.c.as_of, behaviour.c.customer_id, behaviour.c.features)
            .join(behaviour, behaviour.c.run_key == runs.c.run_key)
            .where(runs.c.run_id == run_id, runs.c.behaviour_columns.is_not(None))
            .where(behaviour.c.customer_id.in_(set(customer_ids)))
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        if not rows:
            return pd.DataFrame(columns=["customer_id", "as_of"])
        found = {row.customer_id: row.features for row in rows}
        ordered = [(one, found[one]) for one in dict.fromkeys(customer_ids) if one in found]
        return behaviour_frame(rows[0].behaviour_columns, rows[0].as_of, ordered)

    def secret(self, name: str) -> bytes:
        """Return 32 random bytes that all processes on this store share under a name."""
        return secret_of(self._database, name)


def _rows_of(run_id: str | None) -> Select[tuple[object, ...]]:
    return SCORES.where(tables.scores.c.run_key == (CURRENT if run_id is None else key_of(run_id)))


def key_of(run_id: str) -> ColumnElement[int]:
    """Return the key of a published run, for a statement."""
    seen = select(tables.runs.c.run_key).where(tables.runs.c.published_at.is_not(None))
    return seen.where(tables.runs.c.run_id == run_id).scalar_subquery()


def _published() -> Select[tuple[object, ...]]:
    return select(tables.runs).where(tables.runs.c.published_at.is_not(None))


def _run(row: Row[tuple[object, ...]]) -> Run:
    return Run(
        run_id=row.run_id,
        as_of=row.as_of,
        horizon_days=row.horizon_days,
        model_version=row.model_version,
        currency=row.currency,
        customers=row.customers,
        published_at=row.published_at,
        has_behaviour=row.behaviour_columns is not None,
    )
