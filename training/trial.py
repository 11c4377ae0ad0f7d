"""One purchase model tried on a held-out stretch: fitted on what came before, judged on what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.errors import ConvergenceError, NotEnoughDataError
from training.metrics import METRICS
from training.models.customer_value import value_interval
from training.models.glm import Array
from training.models.purchases import PurchaseModel
from training.models.value import ValueModel, paid_history
from training.stretches import Stretch

__all__ = ["Trial", "tried"]

READINGS = 4
COVERAGE = 0.8
SMALLEST = 1e-300


@dataclass(frozen=True)
class Trial:
    """How one model did on one stretch; ``log_likelihoods``: of each customer's purchases, in nats."""

    log_likelihoods: Array
    tracking_error: float
    gini: float
    bias: float
    coverage_80_purchases: float
    coverage_80_value: float

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood of all customers."""
        return float(self.log_likelihoods.sum())

    @classmethod
    def of(cls, value: ValueModel, stretch: Stretch) -> Trial:
        """Judge what ``value``, fitted before the stretch, says of it."""
        customers, days = stretch.customers, stretch.window.horizon_days
        seen, ahead = value.history(customers), value.ahead(customers, days)
        chances = value.orders.purchase_count_pmf(stretch.orders, ahead, *seen)
        expected = value.expected_orders(customers, days)
        fewest, most = value.orders.purchase_interval(COVERAGE, ahead, *seen)
        revenue = expected * value.expected_spend(customers)
        low, high = _revenue_interval(value, stretch, revenue)
        return cls(
            log_likelihoods=np.log(np.maximum(chances, SMALLEST)),
            tracking_error=_tracking_error(value, stretch),
            gini=METRICS["gini"].of(stretch.revenue, revenue),
            bias=METRICS["bias_orders"].of(stretch.orders, expected),
            coverage_80_purchases=_share_within(fewest, stretch.orders, most),
            coverage_80_value=_share_within(low, stretch.revenue, high),
        )


def tried(family: type[PurchaseModel], stretches: Sequence[Stretch]) -> list[Trial] | str:
    """Return the model's trials, one a stretch; where it cannot be fitted before one, why."""
    trials = []
    for stretch in stretches:
        try:
            value = ValueModel.fit(stretch.customers, family, stretch.season)
        except (NotEnoughDataError, ConvergenceError) as lack:
            return f"not fitted at {stretch.window.as_of}: {lack.what}"
        trials.append(Trial.of(value, stretch))
    return trials


def _tracking_error(value: ValueModel, stretch: Stretch) -> float:
    """Return the mean distance of the predicted from the seen cumulative purchases, over all that were seen.

    Both are read at the end of each quarter of the stretch.
    """
    seen = stretch.daily.cumsum()
    if seen[-1] == 0:
        return float("nan")
    ends = np.unique(np.ceil(np.arange(1, READINGS + 1) * seen.size / READINGS).astype(int))
    predicted = np.array([value.expected_orders(stretch.customers, end).sum() for end in ends.tolist()])
    return float(np.abs(predicted - seen[ends - 1]).mean() / seen[-1])


def _revenue_interval(value: ValueModel, stretch: Stretch, revenue: Array) -> tuple[Array, Array]:
    """Return the ends of each customer's 80 % interval of net revenue, about the ``revenue`` expected."""
    customers, days = stretch.customers, stretch.window.horizon_days
    if value.spend is None:
        return revenue, revenue
    told = value_interval(
        value.orders,
        value.spend,
        value.history(customers),
        *paid_history(customers),
        horizon_days=float(value.ahead(customers, days)),
        expected=revenue,
        buys=1.0 - value.probability_no_order(customers, days),
        coverage=COVERAGE,
    )
    return told.low, told.high


def _share_within(low: Array, seen: Array, high: Array) -> float:
    return float(((low <= seen) & (seen <= high)).mean())
