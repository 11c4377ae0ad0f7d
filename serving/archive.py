"""Whole runs out of the store, for looking back: what was published, and the behaviour that it came from."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import select

from serving import tables
from serving.database import Database
from serving.rows import behaviour_frame

__all__ = ["whole_behaviour", "whole_scores"]


def whole_scores(database: Database, run_id: str) -> pd.DataFrame:
    """Return customer_id, as_of and churn_probability (NaN where none was given) of a run, by id."""
    runs, scores = tables.runs, tables.scores
    wanted = (
        select(scores.c.customer_id, scores.c.as_of, scores.c.churn_probability)
        .join(runs, runs.c.run_key == scores.c.run_key)
        .where(runs.c.run_id == run_id, runs.c.published_at.is_not(None))
        .order_by(scores.c.customer_id)
    )
    with database.read() as connection:
        rows = connection.execute(wanted).all()
    frame = pd.DataFrame(rows, columns=["customer_id", "as_of", "churn_probability"])
    return frame.astype({"churn_probability": "float64"})


def whole_behaviour(database: Database, run_id: str) -> pd.DataFrame | None:
    """Return the behaviour table that a run scored, by id; None where it is not kept any more."""
    runs, behaviour = tables.runs, tables.behaviour
    run = select(runs).where(runs.c.run_id == run_id, runs.c.behaviour_columns.is_not(None))
    with database.read() as connection:
        told = connection.execute(run).one_or_none()
        if told is None:
            return None
        rows = connection.execute(
            select(behaviour.c.customer_id, behaviour.c.features)
            .where(behaviour.c.run_key == told.run_key)
            .order_by(behaviour.c.customer_id)
        ).all()
    return behaviour_frame(told.behaviour_columns, told.as_of, [(row[0], row[1]) for row in rows])
