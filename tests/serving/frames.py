"""Scores and behaviour of a made-up shop, for what only needs rows and no model."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from serving.store import RunInfo
from training.score_schema import SCORE_COLUMNS

AS_OF = date(2026, 3, 31)
PUBLISHED_AT = datetime(2026, 4, 1, 3, 30, tzinfo=UTC)
VERSION = "0a1b2c3d4e5f"
HOSTILE_IDS = [
    "00123",
    "c-7f",
    "a/b/score",
    "=1+1",
    "顧客 42",
    "50%",
    "?x=1#y",
    "'; drop table scores;--",
    "😀",
]


def shop(customers: int = 40, *, run_id: str = "run-1", seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores (all of ``SCORE_COLUMNS``) and the behaviour behind them, in shuffled order."""
    rng = np.random.default_rng(seed)
    ids = [*HOSTILE_IDS, *(f"c-{number:05x}" for number in range(customers - len(HOSTILE_IDS)))]
    rng.shuffle(ids)
    behaviour = pd.DataFrame(
        {
            "customer_id": ids,
            "as_of": AS_OF,
            "orders": rng.integers(1, 9, customers),
            "days_since_last_order": rng.integers(0, 400, customers),
            "median_gap_days": np.where(rng.random(customers) < 0.3, np.nan, rng.random(customers) * 60),
        }
    )
    return scores_of(behaviour, run_id=run_id), behaviour


def scores_of(behaviour: pd.DataFrame, *, run_id: str = "run-1") -> pd.DataFrame:
    """Return scores that follow from the behaviour rows alone, so that each row can be recomputed."""
    probability = (behaviour["days_since_last_order"] + 1) / 402
    value = behaviour["orders"] * 10.0
    at_risk = probability * value
    band = pd.cut(probability, [0, 0.33, 0.66, 1], labels=["low", "medium", "high"], right=False)
    scores = pd.DataFrame(
        {
            "customer_id": behaviour["customer_id"],
            "as_of": AS_OF,
            "horizon_days": 91,
            "score_status": np.where(probability >= 0.95, "already_churned", "eligible"),
            "churn_probability": probability,
            "churn_percentile": (probability.rank(pct=True) * 99 + 1).astype("int32"),
            "churn_band": band.astype(str),
            "p_alive": 1 - probability / 2,
            "predicted_number_of_orders": 1 - probability / 3,
            "predicted_revenue": value * 2,
            "predicted_clv": value * 3,
            "predicted_clv_low": value,
            "predicted_clv_high": value * 5,
            "clv_horizon_days": 365,
            "margin_assumed": True,
            "expected_date_of_next_order": date(2026, 5, 1),
            "historic_clv": value,
            "historic_number_of_orders": behaviour["orders"],
            "average_days_between_orders": behaviour["median_gap_days"],
            "average_order_value": 10.0,
            "segment": np.where(behaviour["orders"] > 5, "Champions", "At Risk"),
            "cycle_status": "on_rhythm",
            "value_if_stays": value,
            "value_at_risk": at_risk,
            "at_risk_rank": at_risk.rank(ascending=False, method="first").astype("int32"),
            "reasons": [[reason_of(orders, "en")] if orders > 4 else None for orders in behaviour["orders"]],
            "model_version": VERSION,
            "run_id": run_id,
            "currency": "JPY",
        }
    )
    return scores[list(SCORE_COLUMNS)]


def reason_of(orders: int, language: str) -> dict[str, object]:
    """Return the one reason that the made-up model gives."""
    text = {"en": f"{orders} orders so far", "ja": f"これまでの注文は{orders}回"}[language]
    return {"code": "orders", "feature": "orders", "value": float(orders), "contribution": 0.25, "text": text}


def run_info(run_id: str = "run-1") -> RunInfo:
    """Return what the made-up run knows of itself."""
    return RunInfo(
        run_id=run_id,
        as_of=AS_OF,
        horizon_days=91,
        model_version=VERSION,
        currency="JPY",
        published_at=PUBLISHED_AT,
    )
