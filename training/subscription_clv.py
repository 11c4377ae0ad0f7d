"""What a running contract is worth: the months that it is expected to go on, each with what it brings."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from features.period import DAYS_PER_MONTH
from training.clv import FARTHEST_TAIL, LONGEST_WAIT_DAYS, Prediction, order_dates
from training.frames import Table, column, known
from training.models.discounting import force_of_discount
from training.models.glm import Array
from training.models.subscription_value import SubscriptionValue
from training.policy import Policy

__all__ = ["next_bills", "subscription_lifetime_value"]

GRID = 24
SMALLEST = 1e-9
TENTH, NINE_TENTHS = 0.1, 0.9


def subscription_lifetime_value(
    value: SubscriptionValue,
    behaviour: Table,
    forecast: Prediction,
    margin_rate: float,
    policy: Policy,
) -> tuple[Array, Array, Array]:
    """Return (expected, low, high) discounted margin over ``clv_horizon_days``; an 80 % interval.

    Each customer's survival is sBG's, raised to the power that meets the forecast at the end of the churn
    horizon (proportional hazards); beyond it that power is held within fourfold. Within the horizon the
    forecast's revenue counts. The interval is that of the month in which the contract ends.
    """
    horizon, whole = forecast.horizon_days, policy.clv_horizon_days
    rate, near = policy.annual_discount_rate, min(horizon, whole)
    power = _power(value, behaviour, forecast)
    held = np.clip(power, 1.0 / FARTHEST_TAIL, FARTHEST_TAIL)
    share = value.bills(behaviour, 0.0, near, annual_rate=rate, hazard_ratio=power) / np.maximum(
        value.bills(behaviour, 0.0, horizon, hazard_ratio=power), SMALLEST
    )
    stays = 1.0 - forecast.churn_probability
    scale = stays / value.survival(behaviour, horizon) ** held
    after = scale * value.bills(behaviour, near, max(near, whole), annual_rate=rate, hazard_ratio=held)
    within = np.where(share > 0, forecast.revenue * share, forecast.revenue * (near / horizon))
    expected = margin_rate * (within + value.expected_spend(behaviour) * after)
    month = value.monthly_revenue(behaviour)
    low, high = (
        margin_rate * month * _worth_of_days(days, rate)
        for days in _days_until(value, behaviour, horizon, whole, power=power, held=held, scale=scale)
    )
    return expected, np.minimum(low, expected), np.maximum(high, expected)


def next_bills(
    value: SubscriptionValue, behaviour: Table, forecast: Prediction, as_of: date
) -> npt.NDArray[np.object_]:
    """Return the day of each customer's next bill (or order, at their pace); null for who rather leaves."""
    days = DAYS_PER_MONTH / value.monthly_orders(behaviour)
    if value.billed:
        days = known(column(behaviour, "days_to_monthly_renewal"), DAYS_PER_MONTH)
    stays = forecast.churn_probability <= 1.0 / 2.0
    return order_dates(np.where(stays, days, LONGEST_WAIT_DAYS + 1.0), as_of)


def _power(value: SubscriptionValue, behaviour: Table, forecast: Prediction) -> Array:
    """Return k: sBG's survival of the horizon, to the power k, is the forecast's."""
    own = value.probability_no_order(behaviour, forecast.horizon_days)
    return np.asarray(np.log1p(-np.clip(forecast.churn_probability, 1e-5, 1.0 - 1e-5)) / np.log1p(-own))


def _days_until(
    value: SubscriptionValue,
    behaviour: Table,
    horizon: int,
    whole: int,
    *,
    power: Array,
    held: Array,
    scale: Array,
) -> tuple[Array, Array]:
    """Return the days by which one, and nine, in ten such contracts have ended; ``whole`` at the most."""
    days = np.linspace(0.0, whole, GRID + 1)
    runs = np.column_stack(
        [
            value.survival(behaviour, day) ** power
            if day <= horizon
            else scale * value.survival(behaviour, day) ** held
            for day in days
        ]
    )
    return _crossing(runs, days, NINE_TENTHS), _crossing(runs, days, TENTH)


def _crossing(runs: Array, days: Array, level: float) -> Array:
    """Return the day on which each falling row of ``runs`` passes ``level``; the last where it does not."""
    after = np.argmax(runs < level, axis=1)
    rows = np.arange(len(runs))
    before = np.maximum(after - 1, 0)
    above, below = runs[rows, before], runs[rows, after]
    way = np.clip((above - level) / np.maximum(above - below, 1e-12), 0.0, 1.0)
    crossed = days[before] + way * (days[after] - days[before])
    return np.asarray(np.where((runs < level).any(axis=1), crossed, days[-1]))


def _worth_of_days(days: Array, annual_rate: float) -> Array:
    """Return the months in so many days from now, discounted."""
    force = force_of_discount(annual_rate, 1.0)
    counted = -np.expm1(-force * days) / force if force > 0 else days
    return np.asarray(counted / DAYS_PER_MONTH)
