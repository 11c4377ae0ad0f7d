"""XGBoost as it comes, on recency, frequency and spend: what many would build in an afternoon.

It is there to be compared with, so it gets what that afternoon would give it: no calibration, no model of
buying, the parameters that such scripts are written with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import xgboost as xgb

from training.models.glm import Array

__all__ = ["RFM", "RFMTrees"]

RFM = (
    "days_since_last_order",
    "days_since_first_order",
    "orders",
    "gross_spend",
    "mean_order_value",
    "max_order_value",
    "mean_gap_days",
    *(f"{name}_{days}d" for days in (28, 91, 182, 364) for name in ("orders", "gross_spend")),
)
ROUNDS = 200
PARAMETERS = {
    "tree_method": "hist",
    "max_depth": 4,
    "eta": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}
OBJECTIVES = {"churned": "binary:logistic", "orders": "count:poisson", "revenue": "reg:tweedie"}


@dataclass(frozen=True)
class RFMTrees:
    """A booster for each outcome: ``churned``, ``orders``, ``revenue``."""

    boosters: dict[str, xgb.Booster]

    @classmethod
    def fit(cls, behaviour: pd.DataFrame, outcomes: pd.DataFrame, *, seed: int, threads: int) -> Self:
        """Fit to behaviour tables of past moments, and what came after, in the same order."""
        parameters = {**PARAMETERS, "seed": seed, "nthread": threads}
        return cls(
            {
                outcome: xgb.train(
                    {**parameters, "objective": objective},
                    xgb.DMatrix(_rfm(behaviour), outcomes[outcome].to_numpy(np.float64), nthread=threads),
                    num_boost_round=ROUNDS,
                )
                for outcome, objective in OBJECTIVES.items()
            }
        )

    def forecast(self, behaviour: pd.DataFrame) -> dict[str, Array]:
        """Return P(``churned``), expected ``orders`` and ``revenue`` of each row, (rows,)."""
        data = xgb.DMatrix(_rfm(behaviour))
        return {
            outcome: np.asarray(booster.predict(data), dtype=np.float64)
            for outcome, booster in self.boosters.items()
        }


def _rfm(behaviour: pd.DataFrame) -> Array:
    return behaviour[list(RFM)].to_numpy(dtype=np.float64)
