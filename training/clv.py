"""Customer lifetime value: expected gross margin over a horizon, discounted, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from training.frames import Table
from training.models.customer_value import value_interval
from training.models.glm import Array
from training.models.subscription_value import Valuation
from training.models.value import ValueModel, paid_history
from training.policy import Policy

LONGEST_WAIT_DAYS = 730
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
    value: ValueModel, behaviour: Table, forecast: Prediction, margin_rate: float, policy: Policy
) -> tuple[Array, Array, Array]:
    """Return (expected, low, high) discounted margin over ``clv_horizon_days``; an 80 % interval.

    Within the churn horizon the forecast's revenue counts; after it, the value model's, corrected as the
    forecast corrects it within. No order at all has the value model's probability (raised to the forecast's
    hazard); what those who order are worth is spread as the value model says, about the mean so corrected.
    ``behaviour`` is the table of one moment.
    """
    history = value.history(behaviour)
    spend = value.expected_spend(behaviour)
    by_value_model = spend * value.expected_orders(behaviour, forecast.horizon_days)
    correction = forecast.revenue / np.maximum(by_value_model, 1e-9)
    within, whole = (
        value.discounted_orders(behaviour, days, policy.annual_discount_rate)
        for days in (min(forecast.horizon_days, policy.clv_horizon_days), policy.clv_horizon_days)
    )
    after = np.maximum(whole - within, 0.0) * np.clip(correction, 1.0 / FARTHEST_TAIL, FARTHEST_TAIL)
    revenue = spend * (within * correction + after)
    if value.spend is None:
        return revenue, revenue, revenue
    none = value.probability_no_order(behaviour, policy.clv_horizon_days)
    told = value_interval(
        value.orders,
        value.spend,
        history,
        *paid_history(behaviour),
        horizon_days=float(value.ahead(behaviour, policy.clv_horizon_days)),
        expected=revenue,
        buys=1.0 - none ** hazard_ratio(value, behaviour, forecast),
    )
    ends = margin_rate * told.low, margin_rate * told.high
    return margin_rate * told.expected, np.minimum(*ends), np.maximum(*ends)


def hazard_ratio(value: ValueModel, behaviour: Table, forecast: Prediction) -> Array:
    """Return k: the value model's P(no order in the horizon), to the power k, is the forecast's."""
    own = value.probability_no_order(behaviour, forecast.horizon_days)
    return np.asarray(np.log(np.clip(forecast.churn_probability, 1e-5, 1.0 - 1e-5)) / np.log(own))


def margin_rate(value: Valuation | None, policy: Policy) -> tuple[float, bool]:
    """Return the margin per unit of net revenue, recorded if any is, and whether it had to be assumed."""
    if value is not None and value.margin_share is not None:
        return value.margin_share, False
    return (1.0, True) if policy.margin_rate is None else (policy.margin_rate, False)


def order_dates(days: Array, as_of: date) -> npt.NDArray[np.object_]:
    """Return the dates so many days after ``as_of``, the first of them tomorrow; None beyond two years."""
    ahead = np.maximum(np.ceil(days), 1.0)
    known = ahead <= LONGEST_WAIT_DAYS
    return np.array(
        [as_of + timedelta(days=int(d)) if k else None for d, k in zip(ahead, known, strict=True)],
        dtype=object,
    )
