"""What was learned over a shorter horizon than the one asked for, carried on by the lifetime-value model.

That model knows how silence, orders and revenue grow with the days; the learners know by how much a customer
departs from it. So the departure, in log-odds of leaving and in logarithms of orders and revenue, is taken
over as it stands.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from training.learners import Learners
from training.models.amounts import further_by_value_model
from training.models.glm import Array
from training.models.subscription_value import Valuation
from training.models.value import VALUE_FEATURES

__all__ = ["forecast_over", "log_odds_beyond"]

LOG_ODDS, LOG_ORDERS, LOG_SPEND = VALUE_FEATURES
NEAREST = 1e-12


def forecast_over(
    horizon_days: int, learners: Learners, value: Valuation, table: pd.DataFrame
) -> pd.DataFrame:
    """Return ``churn`` (probability), ``orders`` and ``revenue`` over ``horizon_days``, on the table's index.

    ``table``: a behaviour table with what ``value`` says over the learners' own horizon beside it.
    """
    said = learners.forecast(table)
    if horizon_days == learners.horizon_days:
        return said
    far = value.features(table, horizon_days)
    churn = expit(_log_odds(said["churn"]) + far[LOG_ODDS] - table[LOG_ODDS])
    per_buyer: pd.Series[float] = said["orders"] / np.maximum(1.0 - said["churn"], NEAREST)
    growth = (1.0 + further_by_value_model(far)) / (1.0 + further_by_value_model(table))
    revenue = said["revenue"] * np.exp(_log_revenue(far) - _log_revenue(table))
    orders = (1.0 - churn) * np.maximum(per_buyer * growth, 1.0)
    return pd.DataFrame({"churn": churn, "orders": orders, "revenue": revenue}, index=table.index)


def log_odds_beyond(
    horizon_days: int, learners: Learners, value: Valuation, table: pd.DataFrame
) -> Array | float:
    """Return what the way from the learners' horizon to ``horizon_days`` adds to log-odds, (rows,); or 0."""
    if horizon_days == learners.horizon_days:
        return 0.0
    beyond = value.features(table, horizon_days)[LOG_ODDS] - table[LOG_ODDS]
    return beyond.to_numpy(np.float64)


def _log_odds(probability: pd.Series[float]) -> pd.Series[float]:
    return pd.Series(logit(probability.clip(NEAREST, 1.0 - NEAREST)), index=probability.index)


def _log_revenue(said: pd.DataFrame) -> pd.Series[float]:
    return said[LOG_ORDERS] + said[LOG_SPEND]
