"""What was learned over a shorter horizon than the one asked for, carried on by the lifetime-value model.

That model knows how silence, orders and revenue grow with the days; the learners know by how much a customer
departs from it. So the departure, in log-odds of leaving and in logarithms of orders and revenue, is taken
over as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import expit, logit

from training.clv import Prediction
from training.frames import Table, column
from training.learners import Learners
from training.models.amounts import further_by_value_model
from training.models.glm import Array
from training.models.subscription_value import Valuation
from training.models.value import VALUE_FEATURES

__all__ = ["forecast_over", "log_odds_beyond"]

LOG_ODDS, LOG_ORDERS, LOG_SPEND = VALUE_FEATURES
NEAREST = 1e-12


def forecast_over(horizon_days: int, learners: Learners, value: Valuation, table: Table) -> Prediction:
    """Return P(no order), orders and revenue over ``horizon_days`` for each row of ``table``.

    ``table``: a behaviour table with what ``value`` says over the learners' own horizon beside it.
    """
    said = learners.forecast(table)
    if horizon_days == learners.horizon_days:
        return said
    far = value.features(table, horizon_days)
    near = {name: column(table, name) for name in VALUE_FEATURES}
    probability = np.clip(said.churn_probability, NEAREST, 1.0 - NEAREST)
    churn = expit(logit(probability) + far[LOG_ODDS] - near[LOG_ODDS])
    per_buyer = said.orders / np.maximum(1.0 - said.churn_probability, NEAREST)
    growth = (1.0 + further_by_value_model(far)) / (1.0 + further_by_value_model(near))
    revenue = said.revenue * np.exp(_log_revenue(far) - _log_revenue(near))
    orders = (1.0 - churn) * np.maximum(per_buyer * growth, 1.0)
    return Prediction(horizon_days, churn, orders, revenue)


def log_odds_beyond(horizon_days: int, learners: Learners, value: Valuation, table: Table) -> Array | float:
    """Return what the way from the learners' horizon to ``horizon_days`` adds to log-odds, (rows,); or 0."""
    if horizon_days == learners.horizon_days:
        return 0.0
    return value.features(table, horizon_days)[LOG_ODDS] - column(table, LOG_ODDS)


def _log_revenue(said: Mapping[str, Array]) -> Array:
    return said[LOG_ORDERS] + said[LOG_SPEND]
