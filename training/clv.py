"""Customer lifetime value: expected gross margin over a horizon, discounted, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from training.models.glm import Array
from training.models.value import ValueModel, purchase_history
from training.policy import Policy

LOW, HIGH = 0.10, 0.90
FARTHEST_TAIL = (
    4.0  # beyond the churn horizon the learners' correction of the value model holds, up to fourfold
)


@dataclass(frozen=True)
class Prediction:
    """What the models say for the churn horizon: P(no order), orders, net revenue, each (customers,)."""

    horizon_days: int
    churn_probability: Array
    orders: Array
    revenue: Array


def lifetime_value(
    value: ValueModel, behaviour: pd.DataFrame, forecast: Prediction, margin_rate: float, policy: Policy
) -> tuple[Array, Array, Array]:
    """Return (expected, low, high) discounted margin over ``clv_horizon_days``; an 80 % interval.

    Within the churn horizon the forecast's revenue counts; after it, the value model's, corrected as the
    forecast corrects it within. The interval: no order at all with the value model's probability (raised to
    the forecast's hazard), else a gamma distribution with the mean and variance of a random number of
    random orders.
    """
    history = purchase_history(behaviour)
    spend = value.expected_spend(behaviour)
    near = min(forecast.horizon_days, policy.clv_horizon_days)
    by_value_model = spend * value.expected_orders(behaviour, forecast.horizon_days)
    correction = forecast.revenue / np.maximum(by_value_model, 1e-9)
    discounted_near = value.orders.discounted_purchases(near, policy.annual_discount_rate, *history)
    discounted_far = value.orders.discounted_purchases(
        policy.clv_horizon_days, policy.annual_discount_rate, *history
    )
    far = np.maximum(discounted_far - discounted_near, 0.0) * np.clip(
        correction, 1.0 / FARTHEST_TAIL, FARTHEST_TAIL
    )
    expected = margin_rate * spend * (discounted_near * correction + far)

    no_order = value.probability_no_order(behaviour, policy.clv_horizon_days) ** hazard_ratio(
        value, behaviour, forecast
    )
    undiscounted = value.expected_orders(behaviour, policy.clv_horizon_days)
    orders = undiscounted * forecast.orders / value.expected_orders(behaviour, forecast.horizon_days)
    low, high = (expected * _quantile(value, behaviour, no_order, orders, level) for level in (LOW, HIGH))
    return expected, np.minimum(low, expected), np.maximum(high, expected)


def hazard_ratio(value: ValueModel, behaviour: pd.DataFrame, forecast: Prediction) -> Array:
    """Return k: the value model's P(no order in the horizon), to the power k, is the forecast's."""
    own = value.probability_no_order(behaviour, forecast.horizon_days)
    return np.asarray(np.log(np.clip(forecast.churn_probability, 1e-5, 1.0 - 1e-5)) / np.log(own))


def _quantile(
    value: ValueModel, behaviour: pd.DataFrame, no_order: Array, orders: Array, level: float
) -> Array:
    """Return the quantile of value, in units of its mean: 0 where no order is as likely as that."""
    x, _, _ = purchase_history(behaviour)
    given_any = np.maximum(orders / (1.0 - no_order), 1.0)
    further = given_any - 1.0
    count_variance = further + further**2 / (value.orders.r + x)
    if value.spend is None:
        within, between = 0.0, np.zeros(len(behaviour))
    else:
        p, q = value.spend.p, value.spend.q
        within = 1.0 / p
        between = 1.0 / np.maximum(q + p * behaviour["paid_orders"].to_numpy(np.float64) - 2.0, 0.5)
    squared_cv = (
        count_variance / given_any**2 + within / given_any + between * (1.0 + count_variance / given_any**2)
    )
    shape = 1.0 / np.maximum(squared_cv, 1e-6)
    rest = np.clip((level - no_order) / (1.0 - no_order), 0.0, 1.0)
    return np.asarray(gammaincinv(shape, rest) / shape / (1.0 - no_order))
