"""What the value model alone says: one row a customer, or one a horizon for a customer not yet seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from training.clv import Prediction, lifetime_value, margin_rate, order_dates
from training.models.value import ValueModel
from training.policy import Policy

__all__ = ["HORIZONS_DAYS", "customer_table", "newcomer_table"]

COVERAGE = 0.8
HORIZONS_DAYS = (28, 91, 182, 365, 730)
"""The ages at which a customer not yet seen is looked at, unless others are asked for."""


def customer_table(value: ValueModel, customers: pd.DataFrame, as_of: date, policy: Policy) -> pd.DataFrame:
    """Return what is to be expected of each of ``customers`` in the ``clv_horizon_days`` after ``as_of``.

    ``customers`` is a table as `known_customers` returns it; the rows keep its order.

    - ``customer_id``, ``p_alive``
    - ``expected_purchases``, between ``purchases_low`` and ``purchases_high`` with a probability of 80 %;
      ``p_no_purchase``: that there is none
    - ``expected_date_of_next_order``: by which one is as likely as not; null beyond two years
    - ``expected_spend``: on a purchase, net of refunds
    - ``revenue_clv``, ``margin_clv``: spend and margin to come, discounted to ``as_of`` by exact days, each
      with the ends of an 80 % interval (``…_low``, ``…_high``). In currency units
    """
    days = policy.clv_horizon_days
    history, ahead = value.history(customers), value.ahead(customers, days)
    expected, none = value.expected_orders(customers, days), value.probability_no_order(customers, days)
    fewest, most = value.orders.purchase_interval(COVERAGE, ahead, *history)
    spend = value.expected_spend(customers)
    said = Prediction(days, none, expected, expected * spend)
    revenue = np.stack(lifetime_value(value, customers, said, 1.0, policy))
    rate, _ = margin_rate(value, policy)
    margin = rate * revenue if rate >= 0 else rate * revenue[[0, 2, 1]]
    half = np.full(len(customers), 0.5)
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy(),
            "p_alive": value.probability_alive(customers),
            "expected_purchases": expected,
            "purchases_low": fewest,
            "purchases_high": most,
            "p_no_purchase": none,
            "expected_date_of_next_order": order_dates(value.days_until(customers, half), as_of),
            "expected_spend": spend,
            **_interval("revenue_clv", revenue),
            **_interval("margin_clv", margin),
        }
    )


def newcomer_table(
    value: ValueModel, as_of: date, policy: Policy, horizons_days: Iterable[int] = HORIZONS_DAYS
) -> pd.DataFrame:
    """Return the same for a customer whose first order is still to come, one row for each horizon after it.

    ``days`` stands in place of customer_id; ``p_alive`` is at the horizon's end. Purchases and value are
    those after the first order, which is worth ``expected_spend`` itself.
    """
    newcomer = _newcomer(as_of)
    rows = []
    for days in horizons_days:
        row = customer_table(value, newcomer, as_of, replace(policy, clv_horizon_days=days))
        ahead = value.ahead(newcomer, days)
        row["p_alive"] = value.orders.probability_still_alive(ahead, *value.history(newcomer))
        row.insert(0, "days", days)
        rows.append(row.drop(columns=["customer_id", "expected_date_of_next_order"]))
    return pd.concat(rows, ignore_index=True)


def _newcomer(as_of: date) -> pd.DataFrame:
    """Return a customer who has just bought for the first time, for a sum that is not known yet."""
    nothing = ("days_since_first_order", "days_since_last_order", "paid_orders", "gross_spend", "net_revenue")
    known = {"customer_id": [""], "as_of": pd.Timestamp(as_of), "orders": 1.0, **dict.fromkeys(nothing, 0.0)}
    return pd.DataFrame(known | {"mean_order_value": np.nan, "margin_total": np.nan})


def _interval(name: str, told: np.ndarray) -> dict[str, np.ndarray]:
    return {name: told[0], f"{name}_low": told[1], f"{name}_high": told[2]}
