"""One customer over the kept runs: what was said, what changed, and which features moved it the most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import select

from features.catalogue import CATALOGUE
from features.reasons import reason_text
from serving import tables
from serving.database import Database
from serving.errors import ModelUnavailableError
from serving.rows import STORED_COLUMNS, ScoreRow, behaviour_frame, score_of
from serving.shelf import Model

__all__ = ["COMPARED", "Change", "Past", "Said", "past_scores", "with_changes"]

COMPARED = (
    "score_status",
    "churn_probability",
    "churn_percentile",
    "churn_band",
    "predicted_number_of_orders",
    "predicted_revenue",
    "predicted_clv",
    "value_if_stays",
    "value_at_risk",
    "at_risk_rank",
    "segment",
    "cycle_status",
    "expected_date_of_next_order",
)
MOVES = 3
SMALLEST = 1e-6  # log-odds: less is no movement
FEATURES = {feature.name: feature for feature in CATALOGUE}


@dataclass(frozen=True)
class Said:
    """What one run said of the customer; ``run_key`` grows from run to run."""

    run_key: int
    published_at: datetime
    score: ScoreRow


@dataclass(frozen=True)
class Move:
    """A feature's value in two runs, in words each, and by how much it moves the log-odds of leaving."""

    feature: str
    before: float | None
    after: float | None
    contribution: float
    text_before: str
    text_after: str


@dataclass(frozen=True)
class Change:
    """What differs from the run before: ``fields`` with both values; ``features`` None if not kept."""

    since_run_id: str
    model_changed: bool
    fields: Mapping[str, tuple[Any, Any]]
    features: list[Move] | None


@dataclass(frozen=True)
class Past:
    """A run's score, and how it differs from the one before, None for the earliest that is kept."""

    said: Said
    change: Change | None


def past_scores(database: Database, customer_id: str, *, before: int | None, limit: int) -> list[Said]:
    """Return what up to ``limit`` kept runs said, newest first: those with a smaller key than ``before``.

    The first is the current run: what was published after it was taken back.
    """
    runs, scores, current = tables.runs, tables.scores, tables.current_run
    columns = [scores.c[name] for name in STORED_COLUMNS]
    wanted = (
        select(runs.c.run_key, runs.c.run_id, runs.c.published_at, *columns)
        .join(scores, scores.c.run_key == runs.c.run_key)
        .where(scores.c.customer_id == customer_id, runs.c.published_at.is_not(None))
        .where(runs.c.run_key <= select(current.c.run_key).scalar_subquery())
        .order_by(runs.c.run_key.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(runs.c.run_key < before)
    with database.read() as connection:
        rows = connection.execute(wanted).mappings().all()
    return [Said(row["run_key"], row["published_at"], score_of(row)) for row in rows]


def with_changes(
    database: Database, newest_first: list[Said], model_of: Callable[[str], Model], language: str
) -> list[Past]:
    """Hold each of the scores, which are of one customer, against the next of the list."""
    behaviour = _behaviour(database, newest_first)
    told = []
    for later, earlier in zip(newest_first, [*newest_first[1:], None], strict=True):
        if earlier is None:
            told.append(Past(later, None))
            continue
        rows = behaviour.get(earlier.run_key), behaviour.get(later.run_key)
        moved = None
        if rows[0] is not None and rows[1] is not None:
            moved = _moves(rows[0], rows[1], later.score, model_of, language)
        told.append(Past(later, _change(earlier.score, later.score, moved)))
    return told


def _change(before: ScoreRow, after: ScoreRow, moves: list[Move] | None) -> Change:
    return Change(
        since_run_id=before["run_id"],
        model_changed=before["model_version"] != after["model_version"],
        fields={name: (before[name], after[name]) for name in COMPARED if before[name] != after[name]},
        features=moves,
    )


def _behaviour(database: Database, said: list[Said]) -> dict[int, pd.DataFrame]:
    runs, behaviour = tables.runs, tables.behaviour
    if not said:
        return {}
    wanted = (
        select(runs.c.run_key, runs.c.behaviour_columns, runs.c.as_of, behaviour.c.features)
        .join(behaviour, behaviour.c.run_key == runs.c.run_key)
        .where(runs.c.behaviour_columns.is_not(None), runs.c.run_key.in_([one.run_key for one in said]))
        .where(behaviour.c.customer_id == said[0].score["customer_id"])
    )
    with database.read() as connection:
        rows = connection.execute(wanted).all()
    customer_id = said[0].score["customer_id"]
    return {
        row.run_key: behaviour_frame(row.behaviour_columns, row.as_of, [(customer_id, row.features)])
        for row in rows
    }


def _moves(
    before: pd.DataFrame,
    after: pd.DataFrame,
    score: ScoreRow,
    model_of: Callable[[str], Model],
    language: str,
) -> list[Move] | None:
    """Return what moved the later model's log-odds most, one feature a topic; None without the model."""
    try:
        model = model_of(score["model_version"])
    except ModelUnavailableError:
        return None
    contributions = model.contributions(pd.concat([before, after], ignore_index=True))
    if contributions is None:
        return None
    moved = contributions.iloc[1] - contributions.iloc[0]
    was, is_now = _facts(before), _facts(after)
    told: dict[str, Move] = {}
    for name in map(str, moved.abs().sort_values(ascending=False, kind="stable").index):
        contribution = float(moved[name])
        if name not in FEATURES or abs(contribution) < SMALLEST or FEATURES[name].topic in told:
            continue
        told[FEATURES[name].topic] = Move(
            feature=name,
            before=_number(was[name]),
            after=_number(is_now[name]),
            contribution=contribution,
            text_before=reason_text(name, was, language, score["currency"]),
            text_after=reason_text(name, is_now, language, score["currency"]),
        )
        if len(told) == MOVES:
            break
    return list(told.values())


def _facts(row: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in row.iloc[0].items()}


def _number(value: Any) -> float | None:  # noqa: ANN401 - a cell
    return None if pd.isna(value) else float(value)
