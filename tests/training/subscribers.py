"""A made-up business of subscribers whose truth is known: who pays little and complains leaves sooner."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from features.sources import tables_from_frame
from features.tables import Tables

FIRST_DAY = np.datetime64("2024-01-01")
DAYS, SEEN = 600, 516
FEES = {"basic": 10.0, "plus": 30.0}
MONTHLY_HAZARD = {"basic": 0.16, "plus": 0.04}


@cache
def a_business(customers: int = 700, seed: int = 11) -> Tables:
    """Return subscriptions, contacts that precede many an end, and customers as they stood on day ``SEEN``.

    One of their attributes is asked of leavers alone, another is a former model's score.
    """
    draw = np.random.default_rng(seed)
    start = draw.integers(0, DAYS - 30, customers)
    plan = np.where(draw.random(customers) < 0.5, "basic", "plus")
    hazard = np.array([MONTHLY_HAZARD[one] for one in plan])
    end = start + np.ceil(draw.exponential(30.4 / hazard)).astype(int)
    over = end < DAYS
    ids = np.array([f"s-{number:04x}" for number in draw.permutation(customers)])
    subscriptions = pd.DataFrame(
        {
            "customer_id": ids,
            "started_at": FIRST_DAY + start.astype("timedelta64[D]"),
            "ended_at": pd.Series(FIRST_DAY + end.astype("timedelta64[D]")).where(over),
            "monthly_amount": [FEES[one] for one in plan],
        }
    )
    complains = over & (draw.random(customers) < 0.5)
    contacts = pd.DataFrame(
        {
            "customer_id": ids[complains],
            "opened_at": FIRST_DAY + np.maximum(end - 20, start)[complains].astype("timedelta64[D]"),
        }
    )
    people = pd.DataFrame(
        {
            "customer_id": ids,
            "Tariff": np.char.capitalize(plan.astype(str)),
            "Churn Score": np.where(over, 80, 20) + draw.integers(0, 15, customers),
            "Survey": np.where(end <= SEEN, "done", "none"),
        }
    )
    return tables_from_frame(
        None,
        others={"subscriptions": subscriptions, "interactions": contacts, "customers": people},
        zone="UTC",
        currency="USD",
    )


def a_shop_beside(orders_per_month: float, customers: int = 1500, seed: int = 5) -> Tables:
    """Return contracts that run, and what their holders buy meanwhile, each at a rate about the mean."""
    draw = np.random.default_rng(seed)
    start = draw.integers(0, SEEN - 30, customers)
    ids = np.array([f"s-{number:04x}" for number in draw.permutation(customers)])
    rate = orders_per_month * draw.gamma(2.0, 0.5, customers)
    count = draw.poisson(rate * (DAYS - start) / 30.4)
    day = start.repeat(count) + draw.random(count.sum()) * (DAYS - start).repeat(count)
    frame = pd.DataFrame(
        {
            "customer_id": ids.repeat(count),
            "timestamp": FIRST_DAY + day.astype("timedelta64[D]"),
            "amount": draw.lognormal(3.0, 0.5, count.sum()).round(2),
        }
    )
    ended = pd.Series(FIRST_DAY + np.timedelta64(SEEN, "D"), index=range(customers)).where(
        np.arange(customers) < 40
    )
    contracts = pd.DataFrame(
        {"customer_id": ids, "started_at": FIRST_DAY + start.astype("timedelta64[D]"), "ended_at": ended}
    )
    others = {"subscriptions": contracts}
    return tables_from_frame(frame, others=others, zone="UTC", currency="USD", contract=True)
