"""Scores from a history in hand, by the model in use; without a word of HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

from serving.explaining import REASONS, Explaining
from serving.in_use import Predictor, Rows
from serving.rows import ScoreRow
from training.score_schema import SCORE_COLUMNS, SCORE_SCHEMA

__all__ = ["Computed", "Rows", "computed"]

AMONG_ALL = ("churn_percentile", "at_risk_rank", "run_id")
"""What only a whole run can tell."""


@dataclass(frozen=True)
class Computed:
    """The scores of those who could be scored, by id; ``tables``: those that the model looked at."""

    as_of: date
    model_version: str
    tables: tuple[str, ...]
    scores: dict[str, ScoreRow]


def computed(model: Predictor, rows: Rows, as_of: date, explaining: Explaining) -> Computed:
    """Return the scores at ``as_of`` of customers whose whole history is in ``rows``.

    Raises ``features.errors.RowsRefusedError`` where a row breaks the contract.
    """
    behaviour = model.behaviour_of(rows, as_of)
    scores = _scored(model, behaviour, as_of, explaining) if len(behaviour) else {}
    return Computed(as_of, model.version, tuple(model.tables), scores)


def _scored(
    model: Predictor, behaviour: pd.DataFrame, as_of: date, explaining: Explaining
) -> dict[str, ScoreRow]:
    scores = model.score_columns(behaviour, as_of)
    columns = [
        pa.nulls(len(behaviour), field.type)
        if field.name in AMONG_ALL
        else pa.array(scores[field.name], field.type, from_pandas=True)
        for field in SCORE_SCHEMA
    ]
    rows = pa.table(columns, names=SCORE_COLUMNS).to_pylist()
    if explaining.compute:
        reasons = model.reasons(behaviour, language=explaining.language.value, limit=REASONS)
        rows = [row | {"reasons": list(of)} for row, of in zip(rows, reasons, strict=True)]
    return {row["customer_id"]: row for row in rows}
