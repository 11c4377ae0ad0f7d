"""Held-out stretches of the past: what was known of customers before each, and what they did in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from features.behaviour.history import customer_days, valid_at
from features.histories import purchase_histories
from features.labels import outcomes_panel
from features.tables import Tables
from features.window import Window
from training.models.glm import Array
from training.panel import as_frame, lead_days

__all__ = ["SHORTEST_DAYS", "Stretch", "held_out", "held_out_windows", "known_customers"]

SHORTEST_DAYS = 7
MOST_STRETCHES = 4
MOST_CUSTOMERS = 10_000


@dataclass(frozen=True)
class Stretch:
    """A held-out ``window``, and the customers known before it.

    ``customers``: `known_customers` at its moment. ``orders`` and ``revenue`` (net of refunds): what each of
    them did in it. ``daily``: their orders on each of its days.
    """

    window: Window
    customers: pd.DataFrame
    orders: Array
    revenue: Array
    daily: Array


def held_out_windows(first_day: date, last_day: date, horizon_days: int) -> list[Window]:
    """Return windows that end by ``last_day``, newest first: side by side, ``MOST_STRETCHES`` at the most.

    Each leaves half its length (four weeks at least) for a history before it. Where not one of
    ``horizon_days`` does, the last third of the history is held out; nothing where that is under a week.

    >>> [str(window.as_of) for window in held_out_windows(date(1997, 1, 1), date(1998, 3, 31), 91)]
    ['1997-12-30', '1997-09-30', '1997-07-01', '1997-04-01']
    >>> held_out_windows(date(1997, 1, 1), date(1997, 3, 31), 91)
    [Window(as_of=datetime.date(1997, 3, 3), horizon_days=28)]
    """
    length = (last_day - first_day).days
    count = min((length - lead_days(horizon_days)) // horizon_days, MOST_STRETCHES)
    if count < 1:
        third = length // 3
        held = timedelta(days=third)
        return [Window(last_day - held, third)] if SHORTEST_DAYS <= third < horizon_days else []
    return [Window(last_day - timedelta(days=k * horizon_days), horizon_days) for k in range(1, count + 1)]


def known_customers(tables: Tables, as_of: date) -> pd.DataFrame:
    """Return `purchase_histories` under the names of the behaviour table, as the value model takes them."""
    known = as_frame(purchase_histories(tables, as_of))
    return pd.DataFrame(
        {
            "customer_id": known["customer_id"],
            "as_of": pd.Timestamp(as_of),
            "orders": known["x"] + 1,
            "days_since_first_order": known["T"],
            "days_since_last_order": known["T"] - known["t_x"],
            "paid_orders": known["paid_orders"],
            "mean_order_value": known["mean_value"],
            "gross_spend": known["gross"],
            "net_revenue": known["gross"] - known["refund"],
            "margin_total": known["margin"],
        }
    )


def held_out(tables: Tables, windows: Sequence[Window], *, known_by: date) -> list[Stretch]:
    """Return what customers did in ``windows`` as known by ``known_by``; windows of nobody are left out.

    Of more than ``MOST_CUSTOMERS`` so many are taken, evenly by their ids.
    """
    if not windows:
        return []
    truth = as_frame(outcomes_panel(tables, windows, known_by=known_by)).set_index("as_of")
    stretches = []
    for window in windows:
        customers = known_customers(tables, window.as_of)
        if customers.empty:
            continue
        if len(customers) > MOST_CUSTOMERS:
            even = np.linspace(0, len(customers) - 1, MOST_CUSTOMERS).astype(np.int64)
            customers = customers.iloc[even].reset_index(drop=True)
        did = truth.loc[[pd.Timestamp(window.as_of)]].set_index("customer_id")
        did = did.reindex(customers["customer_id"])
        orders, revenue = (did[name].to_numpy(np.float64) for name in ("orders", "revenue"))
        daily = _daily(tables, window, customers[["customer_id"]], known_by)
        stretches.append(Stretch(window, customers, orders, revenue, daily))
    return stretches


def _daily(tables: Tables, window: Window, customers: pd.DataFrame, known_by: date) -> Array:
    """Return the orders on each day of the window by ``customers``."""
    days = customer_days(tables)
    within = days.purchase & days.day.between(window.outcome_start, window.outcome_end)
    bought = days.filter(within & valid_at(days, known_by)).semi_join(ibis.memtable(customers), "customer_id")
    daily = np.zeros(window.horizon_days)
    for row in bought.group_by("day").aggregate(orders=bought.count()).to_pyarrow().to_pylist():
        daily[(row["day"] - window.outcome_start).days] = row["orders"]
    return daily
