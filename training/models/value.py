"""What a customer is worth: BG/NBD says how many orders to expect, Gamma-Gamma how large.

It is the whole model where history is short, and elsewhere the base that the learners start from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from training.errors import NotEnoughDataError
from training.models.bgnbd import BGNBD
from training.models.gammagamma import GammaGamma
from training.models.glm import Array

VALUE_FEATURES = ("btyd_log_odds_no_order", "btyd_log_orders", "btyd_log_spend")
SMALLEST = 1e-5
REFUND_ORDERS = 3.0
FEWEST_CUSTOMERS = 10


@dataclass(frozen=True)
class ValueModel:
    """``orders`` (BG/NBD) × ``spend`` (Gamma-Gamma; None: ``mean_spend`` for everyone) × ``net_share``.

    ``net_share``: revenue net of refunds per unit of gross spend, over everyone. ``margin_share``: recorded
    margin per unit of net revenue, None where none is recorded.
    """

    orders: BGNBD
    spend: GammaGamma | None
    mean_spend: float
    net_share: float
    margin_share: float | None

    @classmethod
    def fit(cls, behaviour: pd.DataFrame) -> Self:
        """Fit to a behaviour table of one moment. Raises ``NotEnoughDataError``."""
        if len(behaviour) < FEWEST_CUSTOMERS:
            raise NotEnoughDataError(
                f"{len(behaviour)} known customers are too few for any model.",
                mend=f"Wait for {FEWEST_CUSTOMERS}, or load more of the history.",
            )
        x, t_x, t = purchase_history(behaviour)
        paid = behaviour["paid_orders"].to_numpy(np.float64)
        mean_value = _mean_order_value(behaviour)
        gross = float(behaviour["gross_spend"].sum())
        net = float(behaviour["net_revenue"].sum())
        margin = behaviour["margin_total"]
        try:
            spend = GammaGamma.fit(paid[paid > 0], mean_value[paid > 0])
        except NotEnoughDataError:
            spend = None
        return cls(
            orders=BGNBD.fit(x, t_x, t),
            spend=spend,
            mean_spend=gross / max(float(paid.sum()), 1.0),
            net_share=float(np.clip(net / gross, 0.0, 1.0)) if gross > 0 else 0.0,
            margin_share=float(np.clip(margin.sum() / net, -1.0, 1.0))
            if margin.notna().any() and net > 0
            else None,
        )

    def probability_alive(self, behaviour: pd.DataFrame) -> Array:
        """Return P(alive at the moment), (customers,)."""
        return self.orders.probability_alive(*purchase_history(behaviour))

    def probability_no_order(self, behaviour: pd.DataFrame, horizon_days: float) -> Array:
        """Return P(no purchase in the horizon), (customers,), within 1e-5 of 0 and 1."""
        probability = self.orders.probability_no_purchase(horizon_days, *purchase_history(behaviour))
        return np.clip(probability, SMALLEST, 1.0 - SMALLEST)

    def expected_orders(self, behaviour: pd.DataFrame, horizon_days: float) -> Array:
        """Return expected purchase days in the horizon, (customers,)."""
        return np.maximum(
            self.orders.expected_purchases(horizon_days, *purchase_history(behaviour)), SMALLEST
        )

    def expected_spend(self, behaviour: pd.DataFrame) -> Array:
        """Return expected revenue per order, net of refunds, (customers,).

        What a customer gives back counts as far as it is known: the population's share of spend that is kept
        weighs as much as ``REFUND_ORDERS`` orders of average size.
        """
        paid = behaviour["paid_orders"].to_numpy(np.float64)
        if self.spend is None:
            gross = np.full(len(behaviour), self.mean_spend)
        else:
            gross = self.spend.expected_value(paid, _mean_order_value(behaviour))
        prior = REFUND_ORDERS * max(self.mean_spend, SMALLEST)
        kept = np.maximum(behaviour["net_revenue"].to_numpy(np.float64), 0.0) + prior * self.net_share
        return np.asarray(gross * kept / (behaviour["gross_spend"].to_numpy(np.float64) + prior))

    def features(self, behaviour: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        """Return ``VALUE_FEATURES`` for the learners: what this model says, on scales that suit a line."""
        none = self.probability_no_order(behaviour, horizon_days)
        return pd.DataFrame(
            {
                "btyd_log_odds_no_order": np.log(none / (1.0 - none)),
                "btyd_log_orders": np.log(self.expected_orders(behaviour, horizon_days)),
                "btyd_log_spend": np.log(np.maximum(self.expected_spend(behaviour), SMALLEST)),
            },
            index=behaviour.index,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, ready for JSON."""
        return {
            "orders": json.loads(self.orders.to_json()),
            "spend": None if self.spend is None else json.loads(self.spend.to_json()),
            "mean_spend": self.mean_spend,
            "net_share": self.net_share,
            "margin_share": self.margin_share,
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        return cls(
            orders=BGNBD.from_json(json.dumps(kept["orders"])),
            spend=None if kept["spend"] is None else GammaGamma.from_json(json.dumps(kept["spend"])),
            mean_spend=kept["mean_spend"],
            net_share=kept["net_share"],
            margin_share=kept["margin_share"],
        )


def _mean_order_value(behaviour: pd.DataFrame) -> Array:
    return behaviour["mean_order_value"].fillna(0.0).to_numpy(np.float64)


def purchase_history(behaviour: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Return the papers' (x, t_x, T): repeat purchase days, age at the last of them, age; in days."""
    age = behaviour["days_since_first_order"].to_numpy(np.float64)
    return (
        behaviour["orders"].to_numpy(np.float64) - 1.0,
        age - behaviour["days_since_last_order"].to_numpy(np.float64),
        age,
    )
