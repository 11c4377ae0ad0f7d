"""Gradient-boosted trees on top of what a buy-till-you-die model already says.

The base margin is that model's own answer, so the trees learn where behaviour departs from it; with few
rows they find nothing to split on, and the answer stays. Missing values stay missing: the trees learn their
side.

Source: Chen & Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import pandas as pd
import xgboost as xgb

from training.config import DEFAULT, Hyperparameters
from training.models.glm import Array, Family
from training.models.inputs import Numbers

FIXED = {"tree_method": "hist", "max_bin": 128, "max_delta_step": 0.7}
OBJECTIVES: dict[Family, dict[str, str | float]] = {
    Family.BINOMIAL: {"objective": "binary:logistic"},
    Family.POISSON: {"objective": "count:poisson"},
    Family.TWEEDIE: {"objective": "reg:tweedie", "tweedie_variance_power": 1.5},
}


@dataclass(frozen=True)
class Trees:
    """A fitted booster and the features that it reads, in their order."""

    booster: xgb.Booster
    features: tuple[str, ...]

    @classmethod
    def fit(
        cls,
        table: pd.DataFrame,
        features: tuple[str, ...],
        outcome: Array,
        *,
        offset: Array,
        family: Family,
        seed: int,
        threads: int,
        hyperparameters: Hyperparameters = DEFAULT,
    ) -> Self:
        """Fit to ``table`` (rows × ``features`` and more), ``outcome`` and ``offset`` (rows,)."""
        data = xgb.DMatrix(
            Numbers(table, features).of(features),
            outcome,
            base_margin=offset,
            feature_names=list(features),
            nthread=threads,
        )
        tuned = asdict(hyperparameters)
        rounds = tuned.pop("rounds")
        del tuned["ridge_penalty"]
        parameters = {**FIXED, **tuned, **OBJECTIVES[family], "seed": seed, "nthread": threads}
        return cls(xgb.train(parameters, data, num_boost_round=rounds), features)

    def linear(self, numbers: Numbers, offset: Array) -> Array:
        """Return the linear predictor (rows,), the offset within."""
        values = numbers.of(self.features)
        with _one_thread():
            said = self.booster.inplace_predict(values, predict_type="margin", base_margin=offset)
        return np.asarray(said, dtype=np.float64)

    def contributions(self, numbers: Numbers) -> Array:
        """Return exact TreeSHAP values, (rows, features), on the link's scale, without offset and mean."""
        values = numbers.of(self.features)
        with _one_thread():
            data = xgb.DMatrix(values, base_margin=np.zeros(len(values)), feature_names=list(self.features))
            shap = self.booster.predict(data, pred_contribs=True)
        return np.asarray(shap, dtype=np.float64)[:, :-1]

    def to_bytes(self) -> bytes:
        """Return the booster in XGBoost's own UBJSON: the same trees, the same bytes."""
        return bytes(self.booster.save_raw("ubj"))

    @classmethod
    def from_bytes(cls, kept: bytes, features: tuple[str, ...]) -> Self:
        """Read what ``to_bytes`` gave."""
        booster = xgb.Booster()
        booster.load_model(bytearray(kept))
        return cls(booster, features)


def _one_thread() -> AbstractContextManager[None]:
    """Return a context without other threads: while they wait, they spin, for longer than a row takes."""
    context: AbstractContextManager[None] = xgb.config_context(nthread=1)
    return context
